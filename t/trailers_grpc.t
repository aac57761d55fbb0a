# Trailers over grpc_pass, which hands them on unasked: neither a verified nor
# a refused response, or stream, has any.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp ();
use Test::More;

use IoattestNginx;
use IoattestSim;

IoattestSim->start(machines => 1);

my $api = ($ENV{TEST_NGINX_PORT} || 1984) + 1;
my $h2 = $api + 1;

my $server = <<"EOF";
        ioattest_trust \$TEST_NGINX_SIM_ADDRESS_0;
        ioattest_cpu off;
        ioattest_gpu off;
        location /v1/private/ { ioattest zone=io; grpc_pass 127.0.0.1:$api; }
        location /hold/ {
            ioattest zone=io;
            ioattest_stream hold;
            rewrite ^/hold/(.*) /v1/private/\$1 break;
            grpc_pass 127.0.0.1:$api;
        }
        location /unbound/ {
            ioattest zone=io;
            ioattest_bind off;
            rewrite ^/unbound/(.*) /v1/private/\$1 break;
            grpc_pass 127.0.0.1:$api;
        }
        location /own/ {
            ioattest zone=io;
            add_trailer X-Own own;
            rewrite ^/own/(.*) /v1/private/\$1 break;
            grpc_pass 127.0.0.1:$api;
        }
        location /dry/ {
            ioattest zone=io;
            ioattest_dry_run on;
            rewrite ^/dry/(.*) /v1/private/\$1 break;
            grpc_pass 127.0.0.1:$api;
        }
        location /plain/ {
            rewrite ^/plain/(.*) /v1/private/\$1 break;
            grpc_pass 127.0.0.1:$api;
        }
EOF

# an API that speaks HTTP/2, of nginx and the simulated one
my $nginx = IoattestNginx->start(workers => 1, server => $server,
    http => <<"EOF");
    ioattest_zone io:1m;
    ioattest_background off;
    proxy_http_version 1.1;
    server {
        listen 127.0.0.1:$api http2;
        add_trailer X-Leak leaked always;
        location / { proxy_pass http://127.0.0.1:\$TEST_NGINX_SIM_PORT; }
    }
    server {
        listen 127.0.0.1:$h2 http2;
$server
    }
EOF

my $prompt = '{"stream":true,"model":"Qwen/Qwen3-32B","prompt":"hello"}';
my $data = File::Temp->new(TMPDIR => 1);


sub ask {
    my ($where, $sim, $stream) = @_;
    my $request = IoattestNginx::completion(path => "/$where/completions",
        model => 'Qwen/Qwen3-32B', sim => $sim);
    if ($stream) {
        $request =~ s/\{"model":/{"stream":true,"model":/;
        $request =~ s/Content-Length: (\d+)/'Content-Length: ' . ($1 + 14)/e;
    }
    $request =~ s/\r\n/\r\nTE: trailers\r\n/;
    return ($nginx->ask($request))[0];
}


sub ask2 {
    my ($where, $sim, $stream) = @_;
    open my $out, '>', "$data" or die "$data: $!\n";
    print {$out} $stream ? $prompt : $prompt =~ s/"stream":true,//r;
    close $out;
    my $got = `nghttp -v -t 5 -d $data -H 'content-type: application/json' \\
               -H 'te: trailers' -H 'x-sim: $sim' \\
               http://127.0.0.1:$h2/$where/completions`;
    return join "\n", $got =~ /^(?!.*send ).*/mg;
}


for my $stream (0, 1) {
    my $what = $stream ? 'a stream' : 'an answer';
    my $sim = $stream ? 'pieces=100' : 'chunked';
    my $bad = $stream ? 'tamper_line=1' : 'chunked, flip_body';
    my $reason = 'response_hash_mismatch';

    like(ask('plain', $sim, $stream)->{body}, qr/leaked/,
         "$what has trailers");
    like(ask('dry', $sim, $stream)->{body}, qr/leaked/, 'in a dry run too');
    like(ask2('plain', $sim, $stream), qr/leaked/, 'and over HTTP/2');

    for my $where ('v1/private', 'hold', 'unbound') {
        my $got = ask($where, $sim, $stream);
        like($got->{body}, qr/choices/, "$what, /$where/: is there");
        unlike($got->{body}, qr/leaked/, 'and has none');
        $got = ask2($where, $sim, $stream);
        like($got, qr/choices/, 'over HTTP/2');
        unlike($got, qr/leaked/, 'likewise');
    }

    for my $where ('v1/private', 'hold') {
        my $got = ask($where, $bad, $stream);
        is($got->{reason}, $reason, "$what, /$where/, that is refused");
        unlike("$got->{head}\r\n$got->{body}", qr/leaked|trailer/i,
               'has none');
        $got = ask2($where, $bad, $stream);
        like($got, qr/"code":"$reason"/, 'over HTTP/2');
        unlike($got, qr/leaked/, 'likewise');
    }
}

my $own = ask('own', '', 1);
like($own->{body}, qr/^x-own: own\r?$/mi, 'the location has its own trailer');
unlike($own->{body}, qr/leaked/, 'and none of the API');

unlike($nginx->log, qr/\[(?:alert|crit|emerg)\]/, 'no alarm in the log');

done_testing();
