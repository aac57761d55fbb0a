# scripts/fetch-roots.sh, with a server here in the makers' place: what is right
# is written, and anything wrong changes no file.

use strict;
use warnings;

use Cwd qw( abs_path );
use File::Temp qw( tempdir );
use FindBin ();
use lib "$FindBin::Bin/lib";

use IO::Socket::INET ();
use Test::More;

use IoattestCli qw( cli put slurp );

my $top = abs_path("$FindBin::Bin/..");
my $dir = tempdir(CLEANUP => 1);
my $script = "$top/scripts/fetch-roots.sh";
my $kept = "$FindBin::Bin/data/roots";

# what the makers' sites have, by path

my %site = (
    '/intel/Intel_SGX_Provisioning_Certification_RootCA.pem' => ['intel'],
    map({ ("/amd/vcek/v1/$_/cert_chain" => ["ask-\L$_", "ark-\L$_"],
           "/amd/vlek/v1/$_/cert_chain" => ["asvk-\L$_", "ark-\L$_"]) }
        qw( Milan Genoa Turin )),
    '/nvidia/guest_tools/gpu_verifiers/local_gpu_verifier/src/verifier/certs/'
        . 'verifier_device_root.pem' => ['nvidia'],
);

$_ = join '', map { slurp("$kept/$_.pem") } @$_ for values %site;

my %now;

my $listen = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 16,
                                   ReuseAddr => 1) or die "listen: $@";
my $port = $listen->sockport;

# A child answers, of a file of what there is now; as a proxy too.
my $server = fork // die "fork: $!";
if (!$server) {
    local $SIG{PIPE} = 'IGNORE';        # one reply is more than curl takes
    while (my $client = $listen->accept) {
        my ($line) = readline($client) =~ /\AGET (\S+) / or next;
        while (defined(my $head = readline $client)) {
            last if $head =~ /\A\r?\n\z/;
        }
        my ($host) = $line =~ s{\Ahttp://([^/]*)}{} ? $1 : '';
        my $path = "$dir/site/" . $line =~ tr{/}{+}r;
        my $body = -e $path ? slurp($path) : undef;
        open my $log, '>>', "$dir/asked" or die $!;
        print {$log} "$host $line\n";
        close $log;
        print {$client} defined $body
            ? "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: "
              . length($body) . "\r\n\r\n$body"
            : "HTTP/1.1 404 Not Found\r\nConnection: close\r\n"
              . "Content-Length: 0\r\n\r\n";
        close $client;
    }
    exit 0;
}
close $listen;

END {
    my $status = $?;
    if ($server && $server != 0) { kill 'TERM', $server; waitpid $server, 0 }
    $? = $status;
}

sub serve {
    my (%change) = @_;

    mkdir "$dir/site";
    unlink glob "$dir/site/*";
    %now = (%site, %change);
    for my $path (keys %now) {
        put("$dir/site/" . $path =~ tr{/}{+}r, $now{$path})
            if defined $now{$path};
    }
    unlink "$dir/asked";
    return;
}

sub fetch {
    my ($to, %env) = @_;

    local %ENV = (%ENV, no_proxy => '*',
                  map({ ("IOATTEST_\U$_\E_URL"
                         => "http://127.0.0.1:$port/$_") }
                      qw( intel amd nvidia )), %env);
    my $said = `sh $script $to 2>&1`;
    return ($? >> 8, $said);
}

my @files = qw( cpu-roots.pem nvidia-root.pem );
my ($nvidia) = grep { m{/nvidia/} } keys %site;

serve();
my ($status, $said) = fetch("$dir/new/roots");
is($status, 0, 'all is as it should be') or diag($said);
is_deeply([sort map { m{([^/]*)\z} } glob "$dir/new/roots/*"], [@files],
          'two files, named as in conf.example');

my $cpu = slurp("$dir/new/roots/cpu-roots.pem");
is(() = $cpu =~ /BEGIN CERTIFICATE/g, 10, 'each certificate once');
is(() = slurp("$dir/new/roots/nvidia-root.pem") =~ /BEGIN CERTIFICATE/g, 1,
   'and NVIDIA\'s');

# the gateway's own reader takes them: what is wrong is the reply alone

my $reply = "$dir/reply.json";
put($reply, '{}');
my ($code, $out, $err) = cli('report', $reply, '--nonce', '0' x 64,
    '--cpu-roots', "$dir/new/roots/cpu-roots.pem",
    '--gpu-roots', "$dir/new/roots/nvidia-root.pem");
is("$code $err", '1 ', 'both files are read as roots');

my ($page) = slurp("$top/doc/evidence.md") =~ /(\| certificate \|.*?)\n\n/s;
for my $print (slurp($script) =~ /^  A?[A-Z]*RK-\w+ (\w{64})$|CA (\w{64})$/mg) {
    next if !defined $print;
    like($page, qr/`$print`/, "doc/evidence.md has $print");
}

# What is wrong, and what is said of it. Files that are there stay.

my $old = "$dir/old";
mkdir $old;
put("$old/$_", "as before\n") for @files;

# Each run has a fault in several places, and each of them has to be told of:
# [what it is, path, what is there, what is said].
sub refused {
    my (@faults) = @_;

    serve(map { $_->[1] => $_->[2] } @faults);
    my ($code, $said) = fetch($old);
    return subtest "refused: " . join(', ', map { $_->[0] } @faults) => sub {
        is($code, 1, 'status');
        like($said, qr/^fetch-roots\.sh: no file was written$/m, 'and that');
        like($said, qr/^fetch-roots\.sh: \S*\Q$_->[1]\E: $_->[3]/m, $_->[0])
            for @faults;
        is(() = $said =~ /^fetch-roots\.sh:/mg, 1 + @faults, 'no more faults');
        is(slurp("$old/$_"), "as before\n", "$_ is as it was") for @files;
        is_deeply([glob "$old/*.new"], [], 'nothing is left');
    };
}

my $other = slurp("$kept/other.pem");
my ($flipped) = map { s/(.*)MII/$1MIJ/sr } $site{$nvidia};
my ($milan, $genoa, $turin) = map { "/amd/vcek/v1/$_/cert_chain" }
    qw( Milan Genoa Turin );
my ($intel) = grep { m{/intel/} } keys %site;
my $unexpected = qr/a certificate that is not expected.*?\n.*: refused/;
my $not_just = qr/that is not just certificates/;

refused(['another certificate', $nvidia, $other, $unexpected]);
refused(['one more certificate', $milan, "$site{$milan}$other", $unexpected],
        ['one byte of it', $nvidia, $flipped, $unexpected],
        ['one is missing', $genoa, slurp("$kept/ark-genoa.pem"),
         qr/ASK-Genoa is not there/],
        ['a page of a proxy', $intel, "<html>Sign in</html>\n", $not_just],
        ['not found', $turin, undef, qr/not fetched/]);
refused(['a right one of another place', $nvidia, slurp("$kept/ark-milan.pem"),
         $unexpected],
        ['none', $intel, '', $not_just],
        ['a page around it', $milan, "$site{$milan}<html>\n", $not_just],
        ['half of it', $genoa, substr($site{$genoa}, 0, 300), $not_just],
        ['more than a certificate has', $turin, $site{$turin} x 200,
         qr/not fetched/]);

# through a proxy, as curl takes it

serve();
($status, $said) = fetch("$dir/proxied",
    IOATTEST_INTEL_URL => 'http://intel.test/intel', no_proxy => '',
    http_proxy => "http://127.0.0.1:$port");
is($status, 0, 'by a proxy') or diag($said);
like(slurp("$dir/asked"), qr{^intel\.test /intel/}m, 'which was asked');

is(system("sh $script --wrong 2>/dev/null") >> 8, 2, 'usage');
is(system("sh $script a b 2>/dev/null") >> 8, 2, 'one directory');

my $hand = `sh $script --by-hand`;
for my $print (slurp($script) =~ /(\b[0-9a-f]{64}\b)/g) {
    like($hand, qr/\Q$print\E/, "--by-hand has $print");
}

done_testing();
