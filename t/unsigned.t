# Ways on which an unsigned answer, or a part of it, could reach a client:
# statuses that are no error, and redirections of the API's.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use IoattestNginx;
use IoattestSim;

IoattestSim->start(machines => 1);

my $nginx = IoattestNginx->start(workers => 1, http => <<'EOF', server => <<'EOF');
    ioattest_zone io:1m;
    ioattest_background off;
    upstream api { server 127.0.0.1:$TEST_NGINX_SIM_PORT; }
    proxy_http_version 1.1;
    log_format verdicts "$uri $status $ioattest_verdict $ioattest_reason";
    access_log logs/verdicts.log verdicts;
EOF
        ioattest_trust $TEST_NGINX_SIM_ADDRESS_0;
        ioattest_cpu off;
        ioattest_gpu off;

        if ($uri = /early) { return 302 /elsewhere; }

        location /v1/private/ { ioattest zone=io; proxy_pass http://api; }
        location /dry/ {
            ioattest zone=io;
            ioattest_dry_run on;
            proxy_pass http://api/v1/private/;
        }
        location /ignored/ {
            ioattest zone=io;
            proxy_ignore_headers X-Accel-Redirect;
            proxy_pass http://api/v1/private/;
        }
        location /caught/ {
            ioattest zone=io;
            proxy_intercept_errors on;
            error_page 404 /sorry.txt;
            error_page 500 =200 /sorry.txt;
            proxy_pass http://api/v1/private/;
        }
        location /dead/ { ioattest zone=io; proxy_pass http://127.0.0.1:1; }
        location /slow/ {
            ioattest zone=io;
            proxy_read_timeout 200ms;
            proxy_pass http://api/v1/private/;
        }
        location /small/ {
            ioattest zone=io;
            client_max_body_size 10;
            proxy_pass http://api/v1/private/;
        }
        location /plain/ { proxy_pass http://api/v1/private/; }

        # where the API may send a request
        location /gone/ { return 301 /elsewhere; }
        location @gone { return 301 /elsewhere; }
        location /missing/ { internal; }
        location /page/ { error_page 404 =200 /sorry.txt; }
        location /down/ { proxy_pass http://127.0.0.1:1; }
        location /other/ { proxy_pass http://api/v1/models; }
        location /sorry/ {
            error_page 502 =503 /sorry.txt;
            return 301 /elsewhere;
        }
        location @again {
            ioattest zone=io;
            proxy_set_header X-Sim "";
            proxy_pass http://api;
        }
        location @again_bad {
            ioattest zone=io;
            proxy_set_header X-Sim flip_body;
            proxy_pass http://api;
        }
        location @again_down {
            ioattest zone=io;
            proxy_pass http://127.0.0.1:1;
        }
        location /again/gone/ {
            ioattest zone=io;
            return 301 /elsewhere;
        }
        location /file/ {
            ioattest zone=io;
            ioattest_text raw;
            ioattest_bind off;
            alias html/;
        }
        location = /status { ioattest_status; }
EOF

open my $out, '>', "$nginx->{root}/html/sorry.txt" or die "sorry.txt: $!\n";
print {$out} 'sorry';
close $out;


sub ask {
    my ($where, $sim) = @_;
    return ($nginx->ask(IoattestNginx::completion(
        path => "/$where/completions", model => 'Qwen/Qwen3-32B',
        sim => $sim)))[0];
}


sub responses { return $nginx->status->{zones}[0]{responses} }


# Refused, logged, counted, and nothing of the API's is in it.
sub refused {
    my ($where, $sim, $what) = @_;
    my $before = responses()->{rejected}{no_signature} // 0;
    my $log = length $nginx->log;
    my $got = ask($where, $sim);
    is($got->{code}, 502, "$what: the status");
    like($got->{body}, qr/\A\{"error":\{[^{}]*"code":"no_signature"\}\}\z/,
         'our body');
    unlike($got->{head}, qr/leaked|elsewhere/, 'nothing in the header');
    is(responses()->{rejected}{no_signature} - $before, 1, 'counted once');
    my @lines = substr($nginx->log, $log) =~ /ioattest: refused (\w+)/g;
    is("@lines", 'no_signature', 'logged once');
    return;
}


sub passes {
    my ($where, $sim, $code, $like, $what) = @_;
    my $got = ask($where, $sim);
    is($got->{code}, $code, "$what: the status");
    like("$got->{head}\r\n\r\n$got->{body}", $like, 'what it is');
    return;
}


# an error is 400 to 599

refused('v1/private', "unsigned, status=$_", "status $_")
    for 600, 601, 700, 999, 399, 200;
passes('v1/private', "error=$_", $_, qr/simulated error/, "error $_")
    for 400, 404, 503, 599;
passes('plain', 'status=600', 600, qr/choices/, 'nginx passes a 600');

# X-Accel-Redirect

my $evil = 'unsigned, hdr=Set-Cookie:leaked=1, hdr=Location:/leaked,'
           . ' hdr=Refresh:0;url=/leaked';

refused('v1/private', "accel=$_, $evil", "X-Accel-Redirect to $_")
    for qw( /gone/x @gone /missing/x /page/x /down/x /other/x /early
            /sorry.txt @nosuch /../../x /again/gone/x );
refused('v1/private', "accel=/gone/x, hdr=Set-Cookie:leaked=1",
        'what is signed may not redirect either');
refused('caught', "accel=/gone/x, status=404, $evil",
        'an error that redirects');

my $cookie = ask('plain', "accel=/gone/x, $evil");
like("$cookie->{code} $cookie->{head}", qr/^301 .*leaked=1/s,
     'nginx hands the cookie on');
passes('dry', "accel=/gone/x, $evil", 301, qr/leaked=1/, 'a dry run');
passes('ignored', 'accel=/gone/x', 200, qr/choices/, 'one that is ignored');
refused('ignored', "accel=/gone/x, unsigned", 'ignored, and unsigned');

my $sorry = ask('v1/private', "accel=/sorry/x, $evil");
is("$sorry->{code} $sorry->{body}", '503 sorry', 'error_page is honoured');

# into a location with a gate of its own

my $again = ask('v1/private', "accel=\@again, $evil");
is($again->{code}, 200, 'to another protected location');
like($again->{body}, qr/choices/, 'whose answer is verified');
unlike($again->{head}, qr/leaked/, 'and has nothing of the first one');
$again = ask('v1/private', "accel=\@again_bad, $evil");
is("$again->{code} $again->{reason}", '502 response_hash_mismatch',
   'or refused');
$again = ask('v1/private', "accel=\@again_down, $evil");
like("$again->{code} $again->{body}", qr/^502 <html>/, 'or down');
unlike($again->{head}, qr/leaked/, 'and has nothing of the first one');

refused('plain', 'accel=/file/sorry.txt',
        'a file, with the signature of what redirected to it');

# answers that are nginx's own

passes('caught', "error=404", 404, qr/sorry\z/, 'a page for an error');
passes('caught', 'error=500', 200, qr/sorry\z/, 'with another status');
passes('dead', '', 502, qr/<html>/, 'an API that is down');
passes('slow', 'hang', 504, qr/<html>/, 'one that does not answer');
passes('small', '', 413, qr/<html>/, 'a request too large');
passes('v1/private', '', 200, qr/choices/, 'an answer');

unlike($nginx->log, qr/\[(?:alert|crit|emerg)\]/, 'no alarm in the log');

done_testing();
