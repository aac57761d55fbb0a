# Event streams: they flow, their end waits for the verdict, and what does not
# verify ends in an error.  Every way that a stream may come, over HTTP/1.1
# and HTTP/2, buffered and not, from a known and from an unknown signer.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw( sleep time );

use IoattestNginx;
use IoattestSim;
use IoattestStream qw( made );

IoattestSim->start(machines => 2);

my $port = ($ENV{TEST_NGINX_PORT} || 1984) + 1;

my %where = (
    '/tail/' => '',
    '/pass/' => 'ioattest_signature_event pass;',
    '/direct/' => 'proxy_buffering off;',
    '/hold/' => 'ioattest_stream hold;',
    '/holdpass/' => 'ioattest_stream hold; ioattest_signature_event pass;',
    '/small/' => 'ioattest_buffer_size 16k;',
    '/off/' => 'ioattest_bind off;',
    '/dry/' => 'ioattest_dry_run on;',
    '/page/' => 'ioattest_stream hold; error_page 502 /refused.html;',
    '/slow/' => 'send_timeout 1s; ioattest_timeout 5s;',
);
my $server = <<'EOF';
        ioattest_cpu off;
        ioattest_gpu off;
        ioattest_bind both;
        ioattest_attempts 40;
        ioattest_fail_timeout 0;
        ioattest_request /_ioattest/attestation;
        ioattest_models /_ioattest/models;
        location = /refused.html { return 200 "a page for people"; }
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
        location = /status { ioattest_status; }
EOF

$server .= "        location $_ { ioattest zone=io; $where{$_} "
           . "proxy_pass http://api/v1/private/; }\n" for sort keys %where;

my $nginx = IoattestNginx->start(server => $server, http => <<"EOF");
    ioattest_zone io:1m;
    ioattest_background off;
    ioattest_ssl_verify off;
    upstream api { server 127.0.0.1:\$TEST_NGINX_SIM_PORT; keepalive 8; }
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    log_format verdict '\$request_id \$status \$ioattest_verdict '
                       '\$ioattest_reason';
    access_log logs/verdict.log verdict;
    server {
        listen 127.0.0.1:$port http2;
$server
    }
EOF

my $model = 'meta-llama/Llama-3.3-70B-Instruct';
my $ask = qq({"model":"$model","messages":[{"role":"user","content":"hi"}],)
          . '"stream":true}';

# A machine that nobody has met, and will be met when it is attested.

my $key = 0;

sub stranger {
    IoattestSim::set(generation => ++$key, attest_machines => [0],
                     completion_machines => [0]);
    return;
}

# curl: code and body.

sub curl {
    my ($url, @more) = @_;
    my $pid = open my $out, '-|', 'curl', '-sN', '-m', 15, '-w',
        "\n%{http_code}", '-H', 'Content-Type: application/json', @more, $url;
    defined $pid or plan skip_all => 'curl is not there';
    local $/;
    my ($body, $code) = <$out> =~ /^(.*)\n(\d+)$/s;
    return ($code // 0, $body // '');
}

my %http = ('HTTP/1.1' => ["http://127.0.0.1:$nginx->{port}", '--http1.1'],
            'HTTP/2' => ["http://127.0.0.1:$port",
                         '--http2-prior-knowledge']);

sub stream {
    my ($path, $sim, $http, $request) = @_;
    my ($url, $opt) = @{ $http{$http // 'HTTP/1.1'} };
    return curl("$url${path}completions", $opt, '-d', $request // $ask,
                $sim ? ('-H', "X-Sim: $sim") : ());
}

# what verifies is made anew, of what its signature covers alone

stranger();

for my $sim ('', qw( crlf comments event_names multi_data empty_data
                     stream_unicode split_line=7 every_byte done_split
                     done_with_last done_never event_last event_first
                     event_cut=7 one_chunk after_done ping_after_done
                     no_final_newline one_piece close_delimited http10
                     stream_empty two_spaces ), 'size=300000',
                     'chunks=2000', 'size=100000, split_line=1000')
{
    my (undef, $came) = stream('/plain/', $sim);

    like($came, qr/event: signature/, "'$sim' is signed");

    for my $http (sort keys %http) {
        for my $path ($http eq 'HTTP/2' ? qw( /direct/ /pass/ )
                                        : qw( /tail/ /hold/ /pass/
                                              /holdpass/ ))
        {
            my ($code, $got) = stream($path, $sim, $http);
            my $want = made($came, pass => !!($path =~ /pass/), digest => 1,
                            held => !!($path =~ /hold/));
            ok($code == 200 && $got eq $want, "'$sim', $path, $http")
                or diag "$code " . length($got) . ' of ' . length($want)
                        . "\n" . substr $got, -400;
        }
    }
}

# what vLLM sends comes out byte for byte, but for the event

{
    my (undef, $came) = stream('/plain/', 'event_last');
    (my $want = $came) =~ s/event: signature\ndata: .*\n\n//;

    for my $path (qw( /tail/ /hold/ )) {
        is((stream($path, 'event_last'))[1], $want, "vLLM's form, $path");
    }
}

# so is what a stranger signed, who is attested then and there

for my $sim ('', 'event_first', 'size=300000', 'split_line=7') {
    for my $path (qw( /tail/ /direct/ /hold/ /pass/ /dry/ )) {
        for my $http (sort keys %http) {
            stranger();
            my (undef, $came) = stream('/plain/', $sim);
            my ($code, $got) = stream($path, $sim, $http);
            my $want = $path eq '/dry/' ? $came
                     : made($came, pass => $path eq '/pass/', digest => 1,
                            held => $path eq '/hold/');
            ok($code == 200 && $got eq $want,
               "'$sim' of a stranger, $path, $http")
                or diag "$code " . length($got) . "\n" . substr $got, -300;
        }
    }
}

# what does not verify ends in an error

my %refused = (
    'tamper_line=2' => 'response_hash_mismatch',
    'drop_line=1' => 'response_hash_mismatch',
    'swap_lines=1' => 'response_hash_mismatch',
    'dup_line=1' => 'response_hash_mismatch',
    'space_line=1' => 'response_hash_mismatch',
    'request_hash' => 'request_hash_mismatch',
    'no_event' => 'stream_unsigned',
    'stop_before_done' => 'stream_truncated',
    'stop_mid_line' => 'stream_truncated',
    'stop=0' => 'stream_truncated',
    'stop=2' => 'stream_truncated',
    'no_last_chunk' => 'stream_truncated',
    'two_events' => 'stream_ambiguous',
    'smuggle_no_space=1' => 'stream_ambiguous',
    'smuggle_cr=1' => 'stream_ambiguous',
    'smuggle_done=1' => 'stream_ambiguous',
    'smuggle_done_no_space=1' => 'stream_ambiguous',
    'smuggle_event=1' => 'stream_ambiguous',
    'data_after_done' => 'stream_ambiguous',
    'bom' => 'stream_ambiguous',
    'event_bad_json' => 'malformed_signature',
    'event_cut_off' => 'malformed_signature',
    'sig_flip=3' => 'signature_mismatch|malformed_signature',
    'algo=ed25519' => 'unsupported_algorithm',
    'text_short' => 'malformed_text',
    'digest_other' => 'image_digest_mismatch',
    'forged' => 'untrusted_address',
    'gzip' => 'encoded_body',
);

for my $sim (sort keys %refused) {
    for my $path (qw( /tail/ /direct/ /hold/ )) {
        for my $http ($path eq '/direct/' ? 'HTTP/2' : 'HTTP/1.1') {
            my ($code, $body) = stream($path, $sim, $http);
            my $like = qr/"code":"(?:$refused{$sim})"\}\}/;

            if ($path eq '/hold/' || $sim eq 'gzip') {
                like("$code $body", qr/^502 \{"error".*$like$/,
                     "$sim, $path, $http");

            } else {
                like($body, qr/(?:^|\n\n)event: error\ndata: .*$like\n\n\z/,
                     "$sim, $path, $http");
                unlike($body, qr/^event: sig|^data: ?\[DONE/m,
                       "... and no end of it was shown");
            }
        }
    }

    my (undef, $want) = stream('/plain/', $sim);
    my $before = $nginx->status->{dry_run_would_reject};
    my ($code, $body) = stream('/dry/', $sim);
    ok($body eq $want, "$sim passes in a dry run")
        or diag substr($body, -300);
    is($nginx->status->{dry_run_would_reject}, $before + 1, '... and counts');
}

# bind off: whose stream it is, and no more

for my $sim ('tamper_line=2', 'drop_line=1') {
    my (undef, $came) = stream('/plain/', $sim);
    my ($code, $got) = stream('/off/', $sim);
    ok($code == 200 && $got eq made($came), "$sim, bind off");
}

like((stream('/off/', 'forged'))[1], qr/"untrusted_address"/,
     'forged, bind off');

# streams that nobody asked for are held, whatever ioattest_stream says

(my $unasked = $ask) =~ s/,"stream":true//;

for my $request ($unasked, $ask =~ s/true/false/r) {
    my ($code, $body) = stream('/tail/', 'event_stream', 'HTTP/1.1',
                               $request);
    my (undef, $came) = stream('/plain/', 'event_stream', 'HTTP/1.1',
                               $request);
    ok($code == 200 && $body eq made($came) && $body =~ /DONE/,
       'unasked, and verified');

    ($code, $body) = stream('/tail/', 'event_stream, tamper_line=1',
                            'HTTP/1.1', $request);
    like("$code $body", qr/^502 \{.*"response_hash_mismatch"/,
         'unasked, and changed: not a byte of it');
}

is((stream('/tail/', 'no_stream'))[0], 200, 'one JSON body in its place');
is((stream('/page/', 'tamper_line=1'))[1], 'a page for people',
   'held, refused, and an error page');

# most that is kept

like((stream('/small/', 'event_first, size=70000'))[1],
     qr/\A\s*event: error\ndata: .*"body_too_large"/,
     'an end that is too large is refused');
is((stream('/small/', 'size=70000'))[0], 200, 'what flows may be larger');

# the first event comes at once, and the rest as it comes

for my $path (qw( /tail/ /direct/ )) {
    my $socket = $nginx->connect;
    my $start = time;
    my ($first, $seen, $got) = (0, 0, '');

    print {$socket} "POST ${path}completions HTTP/1.1\r\nHost: x\r\n"
        . "Connection: close\r\nX-Sim: piece_delay=150\r\n"
        . 'Content-Length: ' . length($ask) . "\r\n\r\n$ask";

    while (sysread $socket, $got, 65_536, length $got) {
        $first ||= time - $start if $got =~ /data: \{.*\}\r?\n\r?\n/;
        $seen++;
    }

    my $all = time - $start;
    cmp_ok($first, '<', $all / 2, "$path: the first event is not held back");
    cmp_ok($seen, '>=', 4, '... nor are those after it');
}

# several streams on one connection, and none after one that was refused

{
    my $socket = $nginx->connect;
    my $request = "POST /tail/completions HTTP/1.1\r\nHost: x\r\nX-Sim: %s\r\n"
                  . 'Content-Length: ' . length($ask) . "\r\n\r\n$ask";
    my $got = '';

    printf {$socket} $request x 3, '', '', 'no_event';
    printf {$socket} $request, '';
    1 while sysread $socket, $got, 65_536, length $got;

    is(() = $got =~ /data: \[DONE\]/g, 2, 'two streams on one connection');
    like($got, qr/stream_unsigned[^\r\n]*\n\n\r\n0\r\n\r\n\z/,
         'the one that is refused is the last');
}

# a client that reads slowly, and one that leaves

stranger();

{
    my (undef, $came) = stream('/plain/', 'size=3000000');
    my $want = made($came);
    my $socket = $nginx->connect;
    my $got = '';

    print {$socket} "POST /slow/completions HTTP/1.0\r\nHost: x\r\n"
        . "X-Sim: size=3000000\r\nContent-Length: " . length($ask)
        . "\r\n\r\n$ask";

    sleep 0.5;
    while (sysread $socket, $got, 65_536, length $got) {
        sleep 0.01;
    }

    $got =~ s/^.*?\r\n\r\n//s;
    ok($got eq $want, 'a slow client has all of it')
        or diag length($got) . ' of ' . length $want;
}

for my $sim ('piece_delay=100', 'size=3000000', 'hang', 'event_first, '
             . 'piece_delay=50')
{
    stranger();
    my $socket = $nginx->connect;
    print {$socket} "POST /tail/completions HTTP/1.1\r\nHost: x\r\n"
        . "X-Sim: $sim\r\nContent-Length: " . length($ask) . "\r\n\r\n$ask";
    sleep 0.15;
    close $socket;
}

sleep 0.3;
is((stream('/tail/'))[0], 200, 'clients that leave do no harm');

is_deeply([$nginx->log =~ /^(.*\[(?:alert|crit|emerg)\].*)$/mg], [],
          'no alert');

done_testing();
