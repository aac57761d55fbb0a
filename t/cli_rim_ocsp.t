# ioattest rim --ocsp: a responder of ours, whose answers "openssl ocsp" makes,
# is asked about each certificate of a manifest but the root.

use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/lib";

use File::Temp ();
use IO::Socket::INET ();
use Test::More;

use IoattestCli qw( cli put slurp );
use IoattestRim qw( answer is_built manifest rim );

my $text = manifest();

plan skip_all => 'all cases: ioattest was built without libxml2'
    if !is_built();
plan skip_all => 'all cases: ioattest was built without libcurl'
    if (cli('rim', '--ocsp', 'http://127.0.0.1:1/', '/dev/null'))[2]
        =~ /built without libcurl/;

my $dir = File::Temp->newdir('ioattest-ocsp-XXXXXX', TMPDIR => 1);

# Answers as many requests as there are functions: each gets the request and
# returns head and body, or the body alone.
sub responder {
    my (@answers) = @_;

    my $server = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 8,
        ReuseAddr => 1) or die "no socket: $!\n";
    my $port = $server->sockport;
    my $pid = fork // die "fork: $!\n";
    return ($pid, "http://127.0.0.1:$port/") if $pid;

    for my $answer (@answers) {
        my $client = $server->accept;
        my $got = '';
        while ($got !~ /\r\n\r\n/) {
            sysread $client, $got, 4096, length $got or last;
        }
        my ($head, $body) = split /\r\n\r\n/, $got, 2;
        my ($length) = $head =~ /^Content-Length: (\d+)/mi;
        while (length $body < $length) {
            sysread $client, $body, 4096, length $body or last;
        }
        open my $seen, '>>', "$dir/seen";
        print {$seen} $head =~ m{^(POST / HTTP).*^(Content-Type: \S+)}ms
            ? "$1 $2\n" : "$head\n";
        close $seen;
        my @said = $answer->($body);
        unshift @said, 'HTTP/1.1 200 OK' if @said < 2;
        print {$client} "$said[0]\r\nContent-Length: " . length($said[1])
            . "\r\nConnection: close\r\n\r\n$said[1]";
        close $client;
    }
    exit 0;
}

sub asked {
    my (@answers) = @_;

    unlink "$dir/seen";
    my ($pid, $url) = responder(@answers);
    my @said = rim($text, ocsp => $url);
    kill 'TERM', $pid;
    waitpid $pid, 0;
    my @seen = -e "$dir/seen" ? split /\n/, slurp("$dir/seen") : ();
    return (@said, scalar @seen, @seen);
}

sub of {
    my ($name, @how) = @_;
    return sub { answer($_[0], $name, @how) };
}

my ($leaf, $issuer) = (of('leaf', 'good'), of('issuer', 'good'));

my ($status, $out, $err, $n, @seen) = asked(
    sub { my $said = $leaf->(@_); put("$dir/leaf", $said); return $said },
    sub { my $said = $issuer->(@_); put("$dir/issuer", $said); return $said });
is("$status $err", '0 ', 'both are good');
like($out, qr/"kind":"driver"/, '... it is written');
is_deeply(\@seen,
    [('POST / HTTP Content-Type: application/ocsp-request') x 2],
    '... after two questions');

for my $case (
    [ 'a revoked leaf', 1, qr/certificate 0, "Test leaf", was revoked: keyC/,
      of('leaf', 'keyCompromise') ],
    [ 'a leaf on hold', 1, qr/certificate 0, .* is on certificateHold/,
      of('leaf', 'certificateHold') ],
    [ 'a leaf that nobody knows', 1, qr/certificate 0, .* is unknown to the/,
      of('leaf', 'unknown') ],
    [ 'a revoked issuer', 2, qr/certificate 1, "Test issuer", was revoked/,
      $leaf, of('issuer', 'caCompromise') ],
    [ 'no answer about the issuer', 1,
      qr/no OCSP answer about certificate 1, "Test issuer"/, $leaf ],
    [ 'an answer of another authority', 1, qr/does not count/,
      of('leaf', 'good', by => 'strange') ],
    [ 'an answer about another certificate', 1, qr/does not count/,
      sub { return slurp("$dir/issuer") } ],
    [ 'an answer to the question before', 1, qr/does not count: [^\n]*nonce/,
      sub { return slurp("$dir/leaf") } ],
    [ 'a status of 500', 1, qr/no answer of an OCSP responder/,
      sub { return ('HTTP/1.1 500 Oops', answer($_[0], 'leaf', 'good')) } ],
    [ 'no OCSP at all', 1, qr/does not count/, sub { return '<html>' } ],
    [ 'too much', 1, qr/no answer of an OCSP responder/,
      sub { return 'x' x 20_000 } ],
) {
    my ($name, $count, $like, @answers) = @$case;

    ($status, $out, $err, $n) = asked(@answers);
    is($status, 1, "$name: refused");
    like($err, $like, '... says why');
    is($out, qq({"version":1,"rims":[]}\n), '... nothing of it is written');
    is($n, $count, "... after $count");
}

# --- usage ---

for my $url ('ftp://127.0.0.1/', 'nothing', 'http://me:you@127.0.0.1/') {
    ($status, $out, $err) = rim($text, ocsp => $url);
    is($status, 1, "$url: refused");
    like($err, qr/--ocsp (?:must begin with http|has a user|is not a URL)/,
         '... says why');
}

done_testing();
