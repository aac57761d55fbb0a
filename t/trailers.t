# Trailers are behind what was signed: no verified response has any, and no
# refused one.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use IoattestNginx;
use IoattestSim;

my $binary = $ENV{TEST_NGINX_BINARY} || 'nginx';
my ($major, $minor, $patch) = `$binary -v 2>&1` =~ m{/(\d+)\.(\d+)\.(\d+)};

plan skip_all => 'proxy_pass_trailers is of nginx 1.27.2'
    if $major * 1_000_000 + $minor * 1_000 + $patch < 1_027_002;

IoattestSim->start(machines => 1);

my $nginx = IoattestNginx->start(workers => 1, http => <<'EOF', server => <<'EOF');
    ioattest_zone io:1m;
    ioattest_background off;
    ioattest_ssl_verify off;
    upstream api { server 127.0.0.1:$TEST_NGINX_SIM_PORT; }
    proxy_http_version 1.1;
    proxy_set_header Connection te;
    proxy_set_header TE trailers;
    proxy_pass_trailers on;
EOF
        location /v1/private/ {
            ioattest zone=io;
            ioattest_trust $TEST_NGINX_SIM_ADDRESS_0;
            ioattest_cpu off;
            ioattest_gpu off;
            proxy_pass http://api;
        }
        location /open/ { proxy_pass http://api/v1/private/; }
EOF


sub ask {
    my ($where, $stream, $bad) = @_;
    my $request = IoattestNginx::completion(path => "/$where/completions",
        sim => 'chunked, trailers' . ($bad // ''));
    if ($stream) {
        $request =~ s/\{"model":/{"stream":true,"model":/;
        my $body = length($request) - index($request, "\r\n\r\n") - 4;
        $request =~ s/Content-Length: \d+/Content-Length: $body/;
    }
    $request =~ s/\r\n/\r\nTE: trailers\r\n/;
    return ($nginx->ask($request))[0];
}


for my $stream (0, 1) {
    my $what = $stream ? 'a stream' : 'an answer';
    like(ask('open', $stream)->{body}, qr/leaked/, "$what has trailers");
    my $answer = ask('v1/private', $stream);
    is($answer->{code}, 200, "$what that is verified");
    like($answer->{body}, qr/choices/, 'is there');
    unlike($answer->{body}, qr/leaked/, 'and has none');
    $answer = ask('v1/private', $stream,
                  $stream ? ', tamper_line=1' : ', flip_body');
    is($answer->{reason}, 'response_hash_mismatch', "$what that is refused");
    unlike($answer->{body}, qr/leaked/, 'has none either');
}

unlike($nginx->log, qr/\[(?:alert|crit|emerg)\]/, 'no alarm in the log');

done_testing();
