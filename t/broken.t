# Responses that break off in a way that no filter of nginx's is told of: they
# are refused, logged and counted like those that just end.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp ();
use Test::More;

use IoattestNginx;
use IoattestSim;

IoattestSim->start(machines => 1);

my $port = ($ENV{TEST_NGINX_PORT} || 1984) + 1;
my $prompt = '{"model":"Qwen/Qwen3-32B","prompt":"hello"}';

my $server = <<'EOF';
        ioattest_trust $TEST_NGINX_SIM_ADDRESS_0;
        ioattest_cpu off;
        ioattest_gpu off;
        location /v1/private/ { ioattest zone=io; proxy_pass http://api; }
        location /direct/ {
            ioattest zone=io;
            proxy_buffering off;
            proxy_pass http://api/v1/private/;
        }
        location /hold/ {
            ioattest zone=io;
            ioattest_stream hold;
            proxy_pass http://api/v1/private/;
        }
        location /dry/ {
            ioattest zone=io;
            ioattest_dry_run on;
            proxy_pass http://api/v1/private/;
        }
        location /page/ {
            ioattest zone=io;
            error_page 502 =503 /sorry;
            proxy_pass http://api/v1/private/;
        }
        location = /sorry { return 503 "sorry"; }
        location = /status { ioattest_status; }
EOF

my $nginx = IoattestNginx->start(workers => 1, server => $server,
    http => <<"EOF");
    ioattest_zone io:1m;
    ioattest_background off;
    upstream api { server 127.0.0.1:\$TEST_NGINX_SIM_PORT; }
    proxy_http_version 1.1;
    log_format verdicts '\$uri \$status \$ioattest_verdict \$ioattest_reason';
    access_log logs/verdicts.log verdicts;
    server {
        listen 127.0.0.1:$port http2;
$server
    }
EOF


sub ask {
    my ($where, $sim, $stream) = @_;
    my $request = IoattestNginx::completion(path => "/$where/completions",
        model => 'Qwen/Qwen3-32B', sim => $sim);
    if ($stream) {
        $request =~ s/\{"model":/{"stream":true,"model":/;
        $request =~ s/Content-Length: (\d+)/'Content-Length: ' . ($1 + 14)/e;
    }
    return ($nginx->ask($request))[0];
}


sub count {
    my ($reason) = @_;
    return $nginx->status->{zones}[0]{responses}{rejected}{$reason} // 0;
}


# What the access log says, once it says it.
sub logged {
    my ($line) = @_;
    return eval {
        $nginx->wait_for(sub {
            open my $in, '<', "$nginx->{root}/logs/verdicts.log" or return 0;
            return grep { $_ eq "$line\n" } <$in>;
        });
    };
}


sub broken {
    my ($where, $sim, $stream, $reason, $what) = @_;
    my $before = count($reason);
    my $log = length $nginx->log;
    my $got = ask($where, $sim, $stream);
    my $flows = $stream && $where ne 'hold';
    is($got->{code}, $flows ? 200 : 502, "$what: the status");
    is($got->{reason}, $reason, 'the reason');
    ok(!$got->{stuck}, 'an end');
    unlike($got->{body}, qr/\[DONE\]/, 'which is not that of a stream');
    is(count($reason) - $before, 1, 'counted once');
    my @lines = substr($nginx->log, $log) =~ /ioattest: refused (\w+)/g;
    is("@lines", $reason, 'logged once');
    ok(logged("/$where/completions $got->{code} rejected $reason"),
       'in the access log as well');
    return;
}


my $bad = 'pieces=50, bad_chunk';

for my $where ('v1/private', 'direct') {
    broken($where, "$bad=$_", 0, 'response_hash_mismatch',
           "$where, an invalid chunk after $_") for 0, 1, 3, 100;
    broken($where, "$bad=3, mid_delay=100", 0, 'response_hash_mismatch',
           "$where, one that comes later");
    broken($where, "size=200000, pieces=5000, bad_chunk=30", 0,
           'response_hash_mismatch', "$where, in a large response");
    broken($where, "bad_chunk=$_, piece_delay=5", 1, 'stream_truncated',
           "$where, in a stream, after $_") for 0, 2;
    broken($where, 'chunks=2000, bad_chunk=1500', 1, 'stream_truncated',
           "$where, in a long stream");
}

broken('hold', 'bad_chunk=2', 1, 'stream_truncated', 'a stream that is held');

my $page = ask('page', "$bad=2");
is("$page->{code} $page->{body}", '503 sorry', 'error_page is honoured');

my $dry = ask('dry', "$bad=3");
is($dry->{code}, 200, 'a dry run passes what there is');
unlike($dry->{body}, qr/^0\r\n/m, 'and no end');
like($nginx->log, qr/would refuse response_hash_mismatch/, 'and says so');

is(ask($_, 'pieces=50, chunked')->{code}, 200, "$_: chunks that are valid")
    for 'v1/private', 'direct';
like(ask($_, 'chunks=100', 1)->{body}, qr/\[DONE\]/, "$_: in a stream")
    for 'v1/private', 'direct', 'hold';

my $data = File::Temp->new(TMPDIR => 1);
print {$data} $prompt;
close $data;
my $got = `nghttp -v -t 5 -d $data -H 'content-type: application/json' \\
           -H 'x-sim: pieces=50, bad_chunk=2' \\
           http://127.0.0.1:$port/v1/private/completions`;
like($got, qr/:status: 502.*"code":"response_hash_mismatch"/s, 'over HTTP/2');
unlike($got, qr/RST_STREAM/, 'in peace');

# a client that goes is not the API's fault

my $before = $nginx->status->{zones}[0]{responses}{rejected};
my $socket = $nginx->connect;
print {$socket} IoattestNginx::completion(model => 'Qwen/Qwen3-32B',
                                          sim => 'mid_delay=3000');
$socket->flush;
select undef, undef, undef, 0.3;
close $socket;
ok(logged('/v1/private/completions 499 - '), 'a client that has gone')
    || diag(`tail -3 $nginx->{root}/logs/verdicts.log`);
is_deeply($nginx->status->{zones}[0]{responses}{rejected}, $before,
          'is not counted');

unlike($nginx->log, qr/\[(?:alert|crit|emerg)\]/, 'no alarm in the log');

done_testing();
