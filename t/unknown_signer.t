# A response whose signer is not known is held while a machine is attested:
# every framing, size and protocol; bodies of requests likewise.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw( sleep time );

use IoattestNginx;
use IoattestSim;

IoattestSim->start(machines => 2);

my $port = ($ENV{TEST_NGINX_PORT} || 1984) + 1;

my $server = <<'EOF';
        client_body_buffer_size 8k;
        send_timeout 1s;
        ioattest_cpu off;
        ioattest_gpu off;
        ioattest_request /_ioattest/attestation;
        ioattest_models /_ioattest/models;
        location /v1/private/ { ioattest zone=io; proxy_pass http://api; }
        location /direct/ {
            ioattest zone=io;
            proxy_buffering off;
            proxy_request_buffering off;
            proxy_pass http://api/v1/private/;
        }
        location /small/ {
            ioattest zone=io;
            ioattest_buffer_size 64k;
            proxy_pass http://api/v1/private/;
        }
        location /page/ {
            ioattest zone=io;
            error_page 502 /refused.html;
            proxy_pass http://api/v1/private/;
        }
        location /named/ {
            ioattest zone=io;
            error_page 502 = @elsewhere;
            proxy_pass http://api/v1/private/;
        }
        location = /refused.html { return 200 "a page for people"; }
        location @elsewhere {
            rewrite ^ /v1/models break;
            proxy_method GET;
            proxy_pass_request_body off;
            proxy_set_header Content-Length "";
            proxy_pass http://api;
        }
        location /plain/ { proxy_pass http://api/v1/private/; }
        location = /_ioattest/attestation {
            internal;
            proxy_pass http://api/v1/private/attestation;
        }
        location = /_ioattest/models {
            internal;
            proxy_pass http://api/v1/models;
        }
EOF

my $nginx = IoattestNginx->start(server => $server, http => <<"EOF");
    ioattest_zone io:1m;
    ioattest_background off;
    ioattest_ssl_verify off;
    client_max_body_size 16m;
    upstream api { server 127.0.0.1:\$TEST_NGINX_SIM_PORT; keepalive 8; }
    proxy_http_version 1.1;
    server {
        listen 127.0.0.1:$port http2;
$server
    }
EOF

my $key = 0;

# A machine that nobody has met, and will be met when it is attested.

sub stranger {
    IoattestSim::reset('set');
    IoattestSim::set(generation => ++$key, attest_machines => [0],
                     completion_machines => [0], @_);
    return;
}

# curl, for HTTP/2, chunked requests and the like: code and body.

sub curl {
    my ($url, @more) = @_;
    my $pid = open my $out, '-|', 'curl', '-s', '-m', 15, '-w', "\n%{http_code}",
                    '-H', 'Content-Type: application/json', @more, $url;
    defined $pid or plan skip_all => 'curl is not there';
    local $/;
    my ($body, $code) = <$out> =~ /^(.*)\n(\d+)$/s;
    return ($code // 0, $body // '');
}

my $ask = '{"model":"meta-llama/Llama-3.3-70B-Instruct",'
          . '"messages":[{"role":"user","content":"hello"}]}';

# Forged signers spend a model's attempts: they have a model of their own.
my $other = $ask;
$other =~ s{meta-llama/Llama-3.3-70B-Instruct}{Qwen/Qwen3-32B};

my @two = (["http://127.0.0.1:$nginx->{port}", '--http1.1'],
           ["http://127.0.0.1:$port", '--http2-prior-knowledge']);

for my $size (1, 10, 70_000, 1_000_000) {
    for my $framing (qw( length chunked close_delimited )) {
        my $sim = "X-Sim: size=$size, $framing";
        my ($code, $want) = curl("$two[0][0]/plain/completions", '-d', $ask,
                                 '-H', $sim);

        for my $two (@two) {
            for my $path (qw( v1/private direct )) {
                stranger();
                my ($code, $got) = curl("$two->[0]/$path/completions",
                                        $two->[1], '-d', $ask, '-H', $sim);
                ok($code == 200 && $got eq $want,
                   "$size bytes, $framing, $path, $two->[1]")
                    or diag "$code, " . length($got) . ' of ' . length $want;
            }
        }
    }
}

# refused after it was held

for my $two (@two) {
    stranger();
    my ($code, $body) = curl("$two->[0]/v1/private/completions", $two->[1],
                             '-d', $other,
                             '-H', 'X-Sim: forged, size=70000');
    like("$code $body", qr/^502 \{"error":.*"code":"untrusted_address"/,
         "a forged signer, $two->[1]");

    for my $how (qw( truncate no_last_chunk length_more )) {
        stranger();
        ($code, $body) = curl("$two->[0]/v1/private/completions", $two->[1],
                              '-d', $ask, '-H', "X-Sim: size=70000, $how");
        like("$code $body", qr/^502 \{"error"/, "an upstream that stops, "
             . "$how, $two->[1]");
    }

    for my $framing (qw( length chunked )) {
        stranger();
        ($code, $body) = curl("$two->[0]/small/completions", $two->[1],
                              '-d', $ask,
                              '-H', "X-Sim: size=900000, $framing");
        like("$code $body", qr/^502 .*"code":"body_too_large"/,
             "too large to be held, $framing, $two->[1]");
    }

    stranger();
    ($code, $body) = curl("$two->[0]/page/completions", $two->[1],
                          '-d', $other, '-H', 'X-Sim: forged');
    is("$code $body", '502 a page for people', "error_page, $two->[1]");

    stranger();
    ($code, $body) = curl("$two->[0]/named/completions", $two->[1],
                          '-d', $other, '-H', 'X-Sim: forged');
    like("$code $body", qr/^200 .*"supports_attestation"/s,
         "error_page, named and proxied, $two->[1]");

    # longer than send_timeout

    stranger(attest_delay_ms => 1500);
    ($code, $body) = curl("$two->[0]/v1/private/completions", $two->[1],
                          '-d', $ask);
    like("$code $body", qr/^200 .*echo: hello/, "a slow attestation, "
         . $two->[1]);

    # bodies of requests

    my $long = $ask;
    my $pad = 'x' x 2_000_000;
    $long =~ s/hello/hello","pad":"$pad/;
    my $file = "$nginx->{root}/long.json";
    open my $out, '>', $file or die "$file: $!\n";
    print $out $long;
    close $out;

    stranger();
    ($code, $body) = curl("$two->[0]/v1/private/completions", $two->[1],
                          '--data-binary', "\@$file");
    like("$code $body", qr/^200 .*echo: hello/,
         "a prompt that is spooled, $two->[1]");
    my %seen = map { lc $_->[0] => $_->[1] }
               @{IoattestSim::stats()->{last}{completion}{headers}};
    is($seen{'content-length'}, length $long, 'arrives whole');

    stranger();
    ($code, $body) = curl("$two->[0]/direct/completions", $two->[1],
                          '--data-binary', "\@$file");
    like("$code $body", qr/^200 .*echo: hello/,
         "a prompt that is not to be buffered, $two->[1]");
}

for my $header ('Transfer-Encoding: chunked', 'Expect: 100-continue') {
    stranger();
    my ($code, $body) = curl("$two[0][0]/v1/private/completions", '--http1.1',
                             '-H', $header, '-d', $ask);
    like("$code $body", qr/^200 .*echo: hello/, $header);
}

# the connection goes on

stranger();
my ($code, $body) = curl("$two[0][0]/v1/private/completions", '--http1.1',
    '-d', $other, '-H', 'X-Sim: forged',
    "$two[0][0]/v1/private/completions", '--next', '-s', '-w', "\n%{num_connects}",
    '-H', 'Content-Type: application/json', '-d', $ask,
    "$two[0][0]/v1/private/completions");
is($code, 0, 'keepalive after a refusal: no second connection');

# a client that leaves while its response is held

stranger(attest_delay_ms => 800);
my $socket = $nginx->connect;
print {$socket} IoattestNginx::completion();
$socket->flush;
sleep 0.3;
close $socket;
sleep 0.2;
stranger();
is(($nginx->ask(IoattestNginx::completion()))[0]{code}, 200,
   'who comes after a client that left is served');

is_deeply([$nginx->log =~ /^(.*\[(?:alert|crit|emerg)\].*)$/mg], [],
          'nothing alarming in the log');
ok($nginx->stop, 'nginx goes quietly');
unlike($nginx->log, qr/open socket/, 'and leaves no socket open');

done_testing();
