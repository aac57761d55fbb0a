# ioattest attest: asks an API over TLS and saves what it says. The key is in
# no argument and goes to nobody else; what is not an attestation is not saved.

use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/lib";

use File::Temp qw( tempdir );
use JSON::PP ();
use Test::More;
use Time::HiRes qw( time );

use IoattestCli qw( cli put slurp );
use IoattestSim ();
use IoattestTls ();

plan skip_all => 'all cases: ioattest was built without libcurl'
    if (cli('attest', '--url', 'https://x', '--model-id', 'x', '--timeout',
            'x'))[2] =~ /built without libcurl/;

my $sim = IoattestSim->start(machines => 1, evidence => 1);
my $tls = IoattestTls->new;
my $tmp = tempdir(CLEANUP => 1);
my $log = "$tmp/log";
my $certificate = $tls->certificate('api', 'localhost');
my $python = $ENV{IOATTEST_PYTHON} // '/usr/bin/python3';

my $server = open my $said, '-|', $python, "$FindBin::Bin/lib/attest_server.py",
    "$certificate.pem", "$certificate.key", 'http://127.0.0.1:' . $sim->port,
    $log or die "$python: $!";
chomp(my $port = readline($said) // die 'the server did not start');

# it names $said too, which would else be closed, and waited for, before
END {
    local ($?, $!);
    if ($server) {
        kill 'KILL', $server;
        close $said;
    }
}

$ENV{no_proxy} = 'localhost,127.0.0.1';
delete $ENV{IOATTEST_KEY};
$sim->set(evidence => 'tdx', gpus => 1);

# In: path. The tool's answer; what it sent, if anything.
sub asked {
    my ($path, @more) = @_;

    unlink $log;
    my @got = cli('attest', '--url', "https://localhost:$port/$path",
        '--model-id', 'a "model"', '--ca', $tls->ca('api'), '--out',
        "$tmp/reply", @more);
    my @sent = -e $log ? map { JSON::PP::decode_json($_) } split /\n/,
        slurp($log) : ();
    return (@got, \@sent);
}

sub nothing_saved {
    my ($name) = @_;

    ok(!-e "$tmp/reply" && !-e "$tmp/reply.nonce", "$name: nothing is saved");
    unlink "$tmp/reply", "$tmp/reply.nonce";
    return;
}

sub header {
    my ($sent, $name) = @_;

    return [map { $_->[1] } grep { lc $_->[0] eq $name }
        @{ $sent->{headers} }];
}

sub failed {
    my ($path, $like, $name, @more) = @_;

    my ($status, $out, $err, $sent) = asked($path, @more);
    is($status, 1, "$name: status");
    like($out . $err, $like, "$name: why");
    nothing_saved($name);
    return $sent;
}

sub usage {
    my ($like, $name, @arguments) = @_;

    unlink $log;
    my ($status, $out, $err) = cli('attest', @arguments);
    is($status, 2, "$name: status");
    like($err, qr/\Aioattest: [^\n]*$like[^\n]*\n\z/, "$name: why");
    ok(!-e $log, "$name: nothing is sent");
    return;
}

# --- saved --------------------------------------------------------------------

my ($status, $out, $err, $sent) = asked('ok');
is($status, 0, 'saved: status') or diag($out, $err);
is($err, '', 'saved: nothing to complain of');
like($out, qr/\Asaved, and not verified\n/, 'saved: what it is');
like($out, qr{^reply: \Q$tmp\E/reply$}m, 'saved: where');
like($out, qr/^next: ioattest report /m, 'saved: what to run next');
like(slurp("$tmp/reply.nonce"), qr/\A[0-9a-f]{64}\n\z/, 'the nonce');
is(scalar @$sent, 1, 'one request');
is($sent->[0]{method}, 'POST', 'a POST');
is_deeply(JSON::PP::decode_json($sent->[0]{body}),
    { model_id => 'a "model"', nonce => slurp("$tmp/reply.nonce") =~ s/\n//r },
    'with model and nonce');
is_deeply(header($sent->[0], 'content-type'), ['application/json'], 'JSON');
is_deeply(header($sent->[0], 'authorization'), [], 'without a key');

my @report = ('report', "$tmp/reply", '--nonce-file', "$tmp/reply.nonce",
    '--cpu-roots', $ENV{TEST_NGINX_SIM_CPU_ROOTS}, '--gpu-roots',
    $ENV{TEST_NGINX_SIM_GPU_ROOTS});
like((cli(@report))[1], qr/\Averified\n/, 'what comes next');
is((cli('pin', "$tmp/reply", @report[4 .. 7]))[0], 0, 'and after that');
is((cli(@report, '--nonce', '00' x 32))[0], 2, 'one nonce, not two');

my $first = slurp("$tmp/reply.nonce");
put("$tmp/keep", slurp("$tmp/reply"));
usage('is there already', 'it was saved before', '--url',
    "https://localhost:$port/ok", '--model-id', 'x', '--out', "$tmp/reply");
is(slurp("$tmp/reply"), slurp("$tmp/keep"), 'and is as it was');
unlink "$tmp/reply";
usage('reply\.nonce is there already', 'so is a nonce', '--url',
    "https://localhost:$port/ok", '--model-id', 'x', '--out', "$tmp/reply");
unlink "$tmp/reply.nonce";
asked('ok');
isnt(slurp("$tmp/reply.nonce"), $first, 'each time another nonce');
unlink "$tmp/reply", "$tmp/reply.nonce";

# --- the key ------------------------------------------------------------------

put("$tmp/key", "io-file-key\n");
(undef, $out, $err, $sent) = asked('ok', '--key-file', "$tmp/key");
is_deeply(header($sent->[0], 'authorization'), ['Bearer io-file-key'],
    'a key of a file');
unlike($out . $err, qr/io-file-key/, 'and it is not shown');
unlink "$tmp/reply", "$tmp/reply.nonce";

{
    local $ENV{IOATTEST_KEY} = 'io-variable-key';
    (undef, undef, undef, $sent) = asked('ok');
    is_deeply(header($sent->[0], 'authorization'), ['Bearer io-variable-key'],
        'a key of the environment');
    unlink "$tmp/reply", "$tmp/reply.nonce";

    (undef, undef, undef, $sent) = asked('ok', '--key-file', "$tmp/key");
    is_deeply(header($sent->[0], 'authorization'), ['Bearer io-file-key'],
        'the file goes before');
    unlink "$tmp/reply", "$tmp/reply.nonce";

    $sent = failed('moved', qr/status 307, a redirect, which is not followed/,
        'a redirect');
    is_deeply([map { $_->{path} } @$sent], ['/moved'], 'the key goes no further');
}

my @url = ('--url', "https://localhost:$port/ok", '--model-id', 'x', '--out',
           "$tmp/reply", '--ca', $tls->ca('api'));
usage('a key is not an argument', 'a key in the command line', @url, '--key',
    'io-key');
usage('not an argument', 'and another way', @url, '--key=io-key');
for my $key ("a b", "Bearer x", "a\r\nX-Other: b", '', "\n") {
    put("$tmp/key", $key);
    usage('key does not hold a key alone', 'a key that is none: '
        . ($key =~ s/\s/_/gr), @url, '--key-file', "$tmp/key");
}
put("$tmp/key", 'x' x 4097);
usage('has more than', 'a file that is no key', @url, '--key-file',
    "$tmp/key");
usage('cannot open', 'no file', @url, '--key-file', "$tmp/none");
nothing_saved('usage');

# --- TLS ----------------------------------------------------------------------

($status, undef, $err) = cli('attest', @url[0 .. 5], '--ca',
    $tls->ca('other'));
is($status, 1, 'another CA: status');
like($err, qr/certificate/i, 'another CA: why');
($status, undef, $err) = cli('attest', @url[0 .. 5]);
is($status, 1, "the system's CAs: status");
($status, undef, $err) = cli('attest', '--url', "https://127.0.0.1:$port/ok",
    @url[2 .. 7]);
is($status, 1, 'another name: status');
like($err, qr/127\.0\.0\.1|name/i, 'another name: why');
nothing_saved('TLS');
for my $scheme (qw( http ftp file )) {
    my ($got, undef, $why) = cli('attest', '--url',
        "$scheme://localhost:$port/ok", @url[2 .. 7]);
    is($got, 1, "$scheme: status");
    like($why, qr{must begin with https://|is not a URL}, "$scheme: why");
}
($status, undef, $err) = cli('attest', '--url',
    "https://io-key\@localhost:$port/ok", @url[2 .. 7]);
is($status, 1, 'a key in the URL: status');
like($err, qr/user or a password/, 'a key in the URL: why');
nothing_saved('other URLs');
ok(!-e $log || slurp($log) !~ /io-key/, 'none of them was sent');

# --- replies ------------------------------------------------------------------

failed('refused', qr/status 401\nit said: .*no \\x1b\[2J such key/,
    'a refusal');
failed('other', qr/not an attestation/, 'something else');
failed('large', qr/more than 1048576 bytes/, 'a large reply');
failed('endless', qr/more than 1048576 bytes/, 'one without a length');
failed('short', qr/\Aioattest: ./, 'one that ends early');
my $begun = time;
failed('slow', qr/time/i, 'a slow one', '--timeout', '1');
cmp_ok(time - $begun, '<', 4, 'in time');

# --- usage --------------------------------------------------------------------

usage('--url is missing', 'no URL', '--model-id', 'x');
usage('--model-id is missing', 'no model', '--url', 'https://x');
usage('--model-id is UTF-8', 'no model id', @url[0, 1], '--model-id', '',
    @url[4 .. 7]);
usage('--model-id is UTF-8', 'a long one', @url[0, 1], '--model-id', 'x' x 129,
    @url[4 .. 7]);
usage('--model-id is UTF-8', 'one that is not UTF-8', @url[0, 1],
    '--model-id', "\xff", @url[4 .. 7]);
usage('--timeout is 1 to 600', "a time of $_", @url, '--timeout', $_)
    for '0', '601', 'x', '5s', '';
nothing_saved('usage');
like((cli('attest', '--help'))[1], qr/\Ausage: ioattest attest /, 'help');

done_testing();
