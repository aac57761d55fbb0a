# Headers that nobody has signed: those that would have the signed bytes read
# as something else, and those that nginx itself obeys.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Digest::SHA qw( sha256_hex );
use Test::More;
use Time::HiRes qw( time );

use IoattestNginx;
use IoattestSim;

IoattestSim->start(machines => 1);

my $nginx = IoattestNginx->start(workers => 1, http => <<'EOF', server => <<'EOF');
    ioattest_zone io:1m;
    ioattest_background off;
    upstream api { server 127.0.0.1:$TEST_NGINX_SIM_PORT; }
    proxy_http_version 1.1;
    charset_map koi8-r utf-8 { 80 E29480; }
EOF
        ioattest_trust $TEST_NGINX_SIM_ADDRESS_0;
        ioattest_cpu off;
        ioattest_gpu off;
        location /v1/private/ { ioattest zone=io; proxy_pass http://api; }
        location /hold/ {
            ioattest zone=io;
            ioattest_stream hold;
            proxy_pass http://api/v1/private/;
        }
        location /unbound/ {
            ioattest zone=io;
            ioattest_bind off;
            proxy_pass http://api/v1/private/;
        }
        location /raw/ {
            ioattest zone=io;
            ioattest_text raw;
            proxy_pass http://api/v1/private/;
        }
        location /dry/ {
            ioattest zone=io;
            ioattest_dry_run on;
            proxy_pass http://api/v1/private/;
        }
        location /own/ {
            ioattest zone=io;
            charset utf-8;
            charset_types application/json;
            add_header Set-Cookie own=1;
            add_header Link </own>;
            proxy_pass http://api/v1/private/;
        }
        location /rate/ {
            ioattest zone=io;
            limit_rate 300;
            proxy_pass http://api/v1/private/;
        }
        location /set/ {
            ioattest zone=io;
            set $limit_rate 300;
            proxy_pass http://api/v1/private/;
        }
        location /direct/ {
            ioattest zone=io;
            proxy_buffering off;
            proxy_pass http://api/v1/private/;
        }
        location /plain/ { proxy_pass http://api/v1/private/; }
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


sub type {
    my ($got) = @_;
    return join '|', $got->{head} =~ /^content-type:\s*(.*?)\r?$/mgi;
}


# what is dropped, and what is not

my @dropped = qw( Content-Disposition Content-Location Location Refresh Link
                  Set-Cookie Clear-Site-Data Alt-Svc ETag Last-Modified Digest
                  Content-MD5 Trailer );
my %value = ('Last-Modified' => 'Mon, 03 Nov 2025 10:00:00 GMT');
my @sent = map { my $n = $_; my $v = $value{$n} // '"leaked"'; $v =~ s/,/%2c/g;
                 (map { "hdr=$_:$v" } $n, uc $n) } @dropped;
my $evil = join ', ', @sent, 'hdr=X-Kept:kept', 'hdr=Cache-Control:no-store',
           'hdr=Content-Language:en';
my $pattern = join '|', @dropped;

sub dropped {
    my ($where, $sim, $stream, $what) = @_;
    my $got = ask($where, $sim ? "$evil, $sim" : $evil, $stream);
    is($got->{code}, 200, "$what: verified");
    unlike($got->{head}, qr/^(?:$pattern):/mi, 'none of the headers is there');
    like($got->{head}, qr/^X-Kept: kept/m, 'others are');
    like($got->{head}, qr/^Content-Language: en/m, 'of nginx as well');
    return $got;
}

my $plain = ask('plain', $evil);
for my $name (@dropped) {
    like($plain->{head}, qr/^$name:/mi, "nginx hands $name on");
}

dropped('v1/private', '', 0, 'an answer');
dropped('direct', 'chunked', 0, 'one that is not buffered');
dropped('unbound', '', 0, 'one that is not compared');
dropped('v1/private', '', 1, 'a stream');
dropped('hold', '', 1, 'a stream that is held');
dropped('v1/private', 'event_stream', 0, 'a stream that nobody asked for');

my $said = '"choices"';
my $text = sha256_hex('x') . ':' . sha256_hex($said);
dropped('raw', "signed_text=$text, body=$said", 0, 'raw text');

# the words behind the status

sub words {
    my ($where, $sim, $stream) = @_;
    return ask($where, $sim, $stream)->{head} =~ s/\r?\n.*//sr;
}

is(words('plain', 'reason=Evil'), 'HTTP/1.1 200 Evil', 'nginx hands words on');
is(words('v1/private', 'reason=Evil'), 'HTTP/1.1 200 OK', 'not of an answer');
is(words('v1/private', 'reason=Evil', 1), 'HTTP/1.1 200 OK', 'nor a stream');
is(words('hold', 'reason=Evil', 1), 'HTTP/1.1 200 OK', 'nor one held');
is(words('dry', 'reason=Evil'), 'HTTP/1.1 200 Evil', 'a dry run does');
is(words('v1/private', 'error=404, reason=Nowhere'), 'HTTP/1.1 404 Nowhere',
   'and an error that passes is as it is');

my $own = ask('own', $evil);
like($own->{head}, qr/^Set-Cookie: own=1\r/m, 'a header of the location');
like($own->{head}, qr{^Link: </own>\r?$}m, 'and another one');
unlike($own->{head}, qr/leaked/, 'but none of the API');

my $dry = ask('dry', $evil);
is(scalar(() = $dry->{head} =~ /^(?:$pattern):/mgi),
   scalar(() = $plain->{head} =~ /^(?:$pattern):/mgi),
   'a dry run drops nothing');
like(ask('v1/private', "error=404, hdr=ETag:kept")->{head}, qr/^ETag: kept/mi,
     'an error that passes is passed as it is');

# the type, and how it is to be read

my $json = 'content_type=application/json; charset=utf-7';
my $events = 'content_type=text/event-stream; charset=utf-7';

is(type(ask('plain', $json)), 'application/json; charset=utf-7',
   'nginx hands a charset on');
is(type(ask('v1/private', $json)), 'application/json', 'JSON is UTF-8');
is(type(ask('unbound', $json)), 'application/json', 'not compared, likewise');
is(type(ask('v1/private', 'content_type=text/html')), 'application/json',
   'and not HTML');
is(type(ask('v1/private', 'content_type=')), 'application/json',
   'nor nothing');
is(type(ask('v1/private', $events, 1)), 'text/event-stream; charset=utf-8',
   'nor is a stream another one');
is(type(ask('hold', $events, 1)), 'text/event-stream; charset=utf-8',
   'one that is held');
is(type(ask('own', $json)), 'application/json; charset=utf-8',
   'the location has its own word');
is(type(ask('dry', $json)), 'application/json; charset=utf-7', 'a dry run');
is(type(ask('raw', "$json, signed_text=$text, body=$said")),
   'application/json; charset=utf-7', 'raw text may be of any type');

my $accel = 'hdr=X-Accel-Charset:koi8-r';
like(type(ask('plain', $accel)), qr/koi8-r/, 'nginx heeds X-Accel-Charset');
is(type(ask('v1/private', $accel)), 'application/json', 'not here');
is(type(ask('v1/private', $accel, 1)), 'text/event-stream; charset=utf-8',
   'nor for a stream');

# X-Accel-Limit-Rate

sub seconds {
    my ($where, $sim) = @_;
    my $start = time;
    my $got = ask($where, $sim);
    return (time - $start, $got);
}

my ($took, $got);
for my $where ('v1/private', 'direct') {
    for my $what ('unsigned', 'flip_body', 'gzip_lie', '') {
        ($took, $got) = seconds($where, "$what, hdr=X-Accel-Limit-Rate:100");
        is($got->{code}, $what ? 502 : 200, "$where, " . ($what || 'verified'));
        cmp_ok($took, '<', 0.9, 'X-Accel-Limit-Rate does not slow it');
    }
}

($took) = seconds('plain', 'error=404, hdr=X-Accel-Limit-Rate:100');
cmp_ok($took, '>=', 1, 'nginx heeds it');
for my $where ('rate', 'set') {
    ($took, $got) = seconds($where, 'size=900, hdr=X-Accel-Limit-Rate:0');
    is($got->{code}, 200, "/$where/ has a rate of its own");
    cmp_ok($took, '>=', 1, 'which stays');
}

unlike($nginx->log, qr/\[(?:alert|crit|emerg)\]/, 'no alarm in the log');

done_testing();
