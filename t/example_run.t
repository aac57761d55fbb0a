# conf.example, and README.md's configurations, with a simulated API
# behind TLS in the place of what they name: they attest, by verified TLS
# alone, and leave other servers as they are.

use strict;
use warnings;

use Cwd qw(abs_path);
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use IoattestCli qw( slurp );
use IoattestDocs qw( blocks );
use IoattestEvidence;
use IoattestNginx;
use IoattestSim;
use IoattestTls;

IoattestSim->start(machines => 2, evidence => 1);

my $top = abs_path("$FindBin::Bin/..");
my $tls = IoattestTls->new;
my $ca = $tls->ca('public');
my $policy = IoattestEvidence::file(IoattestEvidence::policy(1));
my ($port, $service, $other) = map { IoattestTls::port($_) } 1 .. 3;

sub text {
    my ($file, $part) = @_;

    open my $in, '<', "$top/$file" or die "$file: $!\n";
    local $/;
    my ($text) = <$in> =~ $part or die "$file has no configuration\n";
    return $text;
}

my $conf = text('conf.example', qr/^http \{\n(.*)^\}\n\z/ms);
my ($ten, $first) = map { $_->{text} } blocks(slurp("$top/README.md"));

# the ten lines, with what they include in its place

my $clients = slurp("$top/contrib/nginx/ioattest-clients.conf");
cmp_ok(scalar(grep { /\S/ } split /\n/, $ten), '<=', 10, 'ten lines');
my $vendors = slurp("$top/contrib/nginx/ioattest-vendors.conf");
$ten =~ s{^ *include ioattest/ioattest-clients\.conf;$}{$clients$vendors}m
    or die "README.md does not begin with ten lines\n";

# what stands for addresses and files there

my @stand_in = (
    [qr/listen 127\.0\.0\.1:8080/, "listen 127.0.0.1:$port"],
    [qr/server (?:192\.0\.2\.1|api\.intelligence\.io\.net):443/,
     "server 127.0.0.1:$service"],
    [qr/https:\/\/(?:192\.0\.2\.\d+|[\w.]+\.com)\//,
     "https://127.0.0.1:$service/"],
    [qr/\/etc\/ssl\/certs\/ca-certificates\.crt/, $ca],
    [qr/ioattest\/cpu-roots\.pem/, $ENV{TEST_NGINX_SIM_CPU_ROOTS}],
    [qr/ioattest\/nvidia-root\.pem/, $ENV{TEST_NGINX_SIM_GPU_ROOTS}],
    [qr/ioattest\/policy\.json/, $policy],
);

for my $pair (@stand_in) {
    my ($what, $by) = @$pair;
    cmp_ok($conf =~ s/$what/$by/g, '>', 0, "conf.example has $what");
    s/$what/$by/g for $first, $ten;
}

my $names = join ' ', qw( api.intelligence.io.net kdsintf.amd.com
    api.trustedservices.intel.com certificates.trustedservices.intel.com
    nras.attestation.nvidia.com );

my $seen = "127.0.0.1:$other";

sub started {
    my ($by, $text) = @_;

    return IoattestNginx->start(workers => 1,
        http => $tls->server(port => 2, ca => $by, name => $names) . <<"EOT"
    server {
        listen $seen;
        return 200 "\$http_host\\n";
    }
$text
EOT
        , server => "        location / { proxy_pass http://$seen; }\n");
}

sub ask {
    my ($nginx, $path) = @_;
    my $of = bless { %$nginx, port => $port }, ref $nginx;
    my ($answer) = $of->ask(IoattestNginx::completion(path => $path));
    return ($of, join ' ', grep { length } $answer->{code},
                                           $answer->{reason});
}

IoattestSim::set({ evidence => 'tdx', gpus => 1 });

my $nginx = started('public', $conf);
my ($gateway, $said) = ask($nginx);
is($said, 200, 'a request') or diag($nginx->log);

my ($answer) = $gateway->ask("GET /ioattest_status HTTP/1.1\r\nHost: x\r\n"
                             . "Connection: close\r\n\r\n");
like($answer->{body}, qr/"signer_bound":false,"via_tls":true/,
     'TLS alone vouches for the signer, and was verified');
ok(IoattestSim::wait_for(sub { $_[0]{services}{collateral} == 6 }),
   'with Intel\'s collateral, and that to come');

($answer) = $nginx->ask("GET / HTTP/1.1\r\nHost: mine\r\n"
                        . "Connection: close\r\n\r\n");
is($answer->{body}, "$seen\n", 'another server sends what it sent');
ok($nginx->stop, 'nginx goes quietly');

my $clients_path = '/v1/chat/completions';
for my $case (['what README.md begins with', $ten, $clients_path],
              ['the same written out', $first]) {
    my ($name, $text, @path) = @$case;
    IoattestSim::reset();
    IoattestSim::set({ evidence => 'tdx', gpus => 1 });
    $nginx = started('public', $text);
    (undef, $said) = ask($nginx, @path);
    is($said, 200, $name) or diag($nginx->log);
    like($nginx->log, qr/signer bound by TLS to the API alone/,
         "$name: by TLS as well");
    is(IoattestSim::stats()->{services}{collateral}, @path ? 4 : 0,
       "$name: Intel's collateral");
    $nginx->stop;
}

# the same, before somebody who is not the API

$nginx = started('somebody', $conf);
(undef, $said) = ask($nginx);
is($said, '502 attestation_unavailable', 'another CA');
$nginx->stop;

for my $careless ($conf, $first, $ten) {
    $careless =~ s/(proxy_ssl_verify +)on;/$1off;/
        or die "no proxy_ssl_verify there\n";
    $nginx = started('somebody', $careless);
    (undef, $said) = ask($nginx, $careless eq $ten ? $clients_path : ());
    is($said, '502 attestation_insecure', 'and where nobody looks');
    $nginx->stop;
}

done_testing();
