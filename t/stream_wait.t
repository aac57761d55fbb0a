# A stream that has begun and whose signer must be attested first: heartbeats
# keep its connection alive until the verdict falls, over HTTP/1.1 and HTTP/2.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw( time );

use IoattestNginx;
use IoattestSim;
use IoattestStream qw( made );

IoattestSim->start(machines => 2);

my $port = ($ENV{TEST_NGINX_PORT} || 1984) + 1;

my $server = <<'EOF';
        ioattest_cpu off;
        ioattest_gpu off;
        ioattest_fail_timeout 0;
        ioattest_timeout 25s;
        send_timeout 2s;
        ioattest_request /_ioattest/attestation;
        ioattest_models /_ioattest/models;
        location /plain/ { proxy_buffering off;
                           proxy_pass http://api/v1/private/; }
        location = /_ioattest/attestation {
            internal;
            proxy_pass http://api/v1/private/attestation;
        }
        location = /_ioattest/models {
            internal;
            proxy_pass http://api/v1/models;
        }
        location /tail/ { ioattest zone=io;
                          proxy_pass http://api/v1/private/; }
        location /dry/ { ioattest zone=io; ioattest_dry_run on;
                         proxy_pass http://api/v1/private/; }
EOF

my $nginx = IoattestNginx->start(server => $server, http => <<"EOF");
    ioattest_zone io:1m;
    ioattest_background off;
    ioattest_ssl_verify off;
    upstream api { server 127.0.0.1:\$TEST_NGINX_SIM_PORT; keepalive 8; }
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    server {
        listen 127.0.0.1:$port http2;
$server
    }
EOF

my $ask = '{"model":"meta-llama/Llama-3.3-70B-Instruct","messages":[],'
          . '"stream":true}';

sub curl {
    my @more = @_;
    my $pid = open my $out, '-|', 'curl', '-sN', '-m', 28, '-d', $ask,
        '-H', 'Content-Type: application/json', @more;
    defined $pid or plan skip_all => 'curl is not there';
    return $out;
}

sub body {
    my ($out) = @_;
    local $/;
    return scalar <$out> // '';
}

my $http1 = "http://127.0.0.1:$nginx->{port}";

my @http2 = ('--http2-prior-knowledge',
             "http://127.0.0.1:$port/tail/completions");

# met once, by each server, so that the gate is open; then its key is another

like(body(curl(@$_)), qr/^data: \[DONE\]\n\n\z/m, 'met')
    for ["$http1/tail/completions"], \@http2;
IoattestSim::set(generation => 1, attest_machines => [0],
                 completion_machines => [0], attest_delay_ms => 17_000);

my $came = body(curl("$http1/plain/completions"));
my $want = made($came);
my $start = time;

my @waiting = map { curl(@$_) }
    ["$http1/tail/completions"],
    \@http2,
    ["$http1/dry/completions"];

my ($one, $two, $dry) = map { body($_) } @waiting;

cmp_ok(time - $start, '>', 16, 'the attestation was waited for');

for (['HTTP/1.1', $one], ['HTTP/2', $two]) {
    my ($http, $got) = @$_;
    my $beats = ($got =~ s/^:\n//mg) || 0;
    is($beats, 1, "one heartbeat in 17 seconds, $http");
    is($got, $want, '... and the stream is whole');
}

is($dry, $came, 'a dry run adds none');

is_deeply([$nginx->log =~ /^(.*\[(?:alert|crit|emerg)\].*)$/mg], [],
          'no alert');

done_testing();
