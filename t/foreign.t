# Answers of content handlers that are no HTTP upstream of nginx's: an API that
# speaks no HTTP, Lua, njs, Perl.  They are refused, with a header, and do not
# stall or break the connection of anybody.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp ();
use Test::More;

use IoattestNginx;
use IoattestSim;

my $port = ($ENV{TEST_NGINX_PORT} || 1984) + 1;
my $modules = '/usr/lib/nginx/modules';
my $prompt = '{"model":"Qwen/Qwen3-32B","prompt":"hello"}';

IoattestSim->start(machines => 1);

my $dir = File::Temp->newdir('ioattest-js-XXXXXX', TMPDIR => 1);
chmod 0755, "$dir";

# the files of each module, and what it does in a location
my %language = (
    lua => {
        files => ['ndk_http_module.so', 'ngx_http_lua_module.so'],
        say => 'content_by_lua_block { ngx.say("leaked") }',
        capture => 'content_by_lua_block {
            ngx.req.read_body()
            local r = ngx.location.capture("/plain/completions",
                { method = ngx.HTTP_POST, body = ngx.req.get_body_data() })
            ngx.print(r.body, "leaked") }',
        later => 'content_by_lua_block {
            ngx.say("leaked") ngx.flush(true) ngx.sleep(0.05)
            ngx.say("leaked") ngx.eof() ngx.sleep(0.05) }',
        flush => 'content_by_lua_block { ngx.flush(true) ngx.say("leaked") }',
        event => 'content_by_lua_block {
            ngx.header.content_type = "text/event-stream"
            ngx.print("data: leaked\n\ndata: [DONE]\n\n") }',
        exit => 'content_by_lua_block {
            ngx.say("leaked") ngx.exit(ngx.HTTP_INTERNAL_SERVER_ERROR) }',
    },
    js => {
        files => ['ngx_http_js_module.so'],
        say => 'js_content main.say;',
        bare => 'js_content main.bare;',
        ret => 'js_content main.ret;',
        capture => 'js_content main.capture;',
        fetch => 'js_content main.fetch;',
        later => 'js_content main.later;',
    },
    perl => {
        files => ['ngx_http_perl_module.so'],
        say => q{perl 'sub { my $r = shift;
            $r->send_http_header("text/html");
            $r->print("leaked"); return OK; }';},
    },
);

open my $out, '>', "$dir/prompt" or die "prompt: $!\n";
print {$out} $prompt;
close $out;

open $out, '>', "$dir/main.js" or die "main.js: $!\n";
print {$out} <<"EOF";
function say(r) {
    r.status = 200; r.sendHeader(); r.send('leaked'); r.finish();
}
function bare(r) { r.send('leaked'); r.finish(); }
function ret(r) { r.return(200, 'leaked'); }
function capture(r) {
    r.subrequest('/plain/completions',
                 { method: 'POST', body: r.requestText })
        .then(reply => r.return(200, reply.responseText + 'leaked'));
}
function fetch(r) {
    ngx.fetch('http://127.0.0.1:$ENV{TEST_NGINX_SIM_PORT}/v1/models')
        .then(reply => reply.text())
        .then(text => r.return(200, text + 'leaked'));
}
function later(r) {
    r.status = 200; r.sendHeader();
    setTimeout(() => { r.send('leaked'); r.finish(); }, 50);
}
function first(r) {
    r.subrequest('/plain/completions',
                 { method: 'POST', body: r.requestText })
        .then(() => r.internalRedirect('\@good'));
}
export default { say, bare, ret, capture, fetch, later, first };
EOF
close $out;


# nginx does not load what was built for another one.
sub loads {
    my @files = map { "$modules/$_" } @{ $_[0]{files} };
    return 0 if grep { !-f } @files;

    my $binary = $ENV{TEST_NGINX_BINARY} || 'nginx';
    my $conf = File::Temp->new(SUFFIX => '.conf', TMPDIR => 1);
    print {$conf} map { "load_module $_;\n" } @files;
    print {$conf} "pid $dir/pid; error_log stderr; events { }\n";
    close $conf;
    return system("$binary -t -c $conf >/dev/null 2>&1") == 0;
}


my @there = grep { loads($language{$_}) } sort keys %language;

# [module, what, configuration]
my @places = map {
    my $name = $_;
    map { [$name, $_, $language{$name}{$_}] }
    grep { $_ ne 'files' } sort keys %{ $language{$name} }
} @there;

# protected, as it is without that, and in a dry run
my $locations = join '', map {
    my ($name, $what, $text) = @$_;
    "location = /guarded/$name/$what { ioattest zone=io; $text }\n"
    . "location = /open/$name/$what { $text }\n"
    . "location = /dry/$name/$what {\n"
    . "    ioattest zone=io; ioattest_dry_run on; $text }\n"
    . "location = /gone/$name/$what {\n"
    . "    error_page 404 /guarded/$name/$what; return 404; }\n"
} @places;

my $server = <<'EOF' . $locations;
        client_body_buffer_size 16k;
        ioattest_trust $TEST_NGINX_SIM_ADDRESS_0;
        ioattest_cpu off;
        ioattest_gpu off;
        location /v1/private/ { ioattest zone=io; proxy_pass http://api; }
        location /direct/ {
            ioattest zone=io;
            proxy_buffering off;
            proxy_pass http://api/v1/private/;
        }
        location /page/ {
            ioattest zone=io;
            error_page 502 =503 /sorry;
            proxy_pass http://api/v1/private/;
        }
        location = /sorry { return 503 "sorry"; }
        location /good/ {
            ioattest zone=io;
            proxy_set_header X-Sim "";
            proxy_pass http://api/v1/private/;
        }
        location @good {
            ioattest zone=io;
            rewrite ^ /v1/private/completions break;
            proxy_pass http://api;
        }
        location /plain/ { proxy_pass http://api/v1/private/; }
        location = /status { ioattest_status; }
EOF

# ours is loaded last, as the README has it
my @load = map { map { "$modules/$_" } @{ $language{$_}{files} } } @there;
my $is_js = grep { $_ eq 'js' } @there;
my $js = $is_js ? "js_path $dir; js_import main.js;" : '';
$server .= 'location = /first { ioattest zone=io; js_content main.first; }'
    if $is_js;
push @load, split ' ', delete $ENV{TEST_NGINX_LOAD_MODULES} // '';

my $nginx = IoattestNginx->start(workers => 1, server => $server,
    main => join('', map { "load_module $_;\n" } @load), http => <<"EOF");
    ioattest_zone io:1m;
    upstream api { server 127.0.0.1:\$TEST_NGINX_SIM_PORT; }
    proxy_http_version 1.1;
    $js
    server {
        listen 127.0.0.1:$port http2;
$server
    }
EOF


sub ask {
    my ($path, $sim) = @_;
    return ($nginx->ask("POST $path HTTP/1.1\r\nHost: localhost\r\n"
        . ($sim ? "X-Sim: $sim\r\n" : '') . 'Content-Length: '
        . length($prompt) . "\r\nConnection: close\r\n\r\n$prompt"))[0];
}


# Over HTTP/2; "kept": a good request beside it, on the same connection, was
# answered, and the connection ended in peace.
sub ask2 {
    my ($path, $sim) = @_;
    my $root = "http://127.0.0.1:$port";
    open my $in, '-|', qw( nghttp -v -t 5 -d ), "$dir/prompt", '-H',
        'content-type: application/json', ($sim ? ('-H', "x-sim: $sim") : ()),
        "$root$path", "$root/good/completions" or die "nghttp: $!\n";
    my $text = do { local $/; <$in> } // '';
    close $in;

    # streams in the order of the requests
    my %of;
    push @{ $of{$1} }, $2 while $text =~ /recv \(stream_id=(\d+)\) (.*)/g;
    my ($first, $second) = sort { $a <=> $b } keys %of;
    my ($code, $good) = map { join "\n", @{ $of{$_ // 0} // [] } }
                        $first, $second;
    my ($body) = $text =~ /^(\{"error".*?\})\[/m;
    my ($status) = $code =~ /^:status: (\d+)/m;

    return { code => $status // 0,
             body => $body // $text,
             kept => $good =~ /^:status: 200/m && $text =~ /"choices"/
                     && $text !~ /RST_STREAM|recv GOAWAY/ };
}


sub count {
    my $responses = $nginx->status->{zones}[0]{responses};
    return $responses->{rejected}{no_signature} // 0;
}


sub refused {
    my ($path, $sim, $what, $one) = @_;
    my $json = qr/\A\{"error":\{[^{}]+"code":"no_signature"\}\}\z/;
    my $before = count();

    my $got = ask($path, $sim);
    is($got->{code}, 502, "$what: a status");
    ok(!$got->{stuck}, 'and an end');
    like($got->{head}, qr{\r\nContent-Type: application/json\r\n},
         'a header');
    like($got->{body}, $json, 'and our body');

    return is(count() - $before, 1, 'counted') if $one;

    $got = ask2($path, $sim);
    is($got->{code}, 502, 'a status over HTTP/2');
    like($got->{body}, $json, 'with our body');
    ok($got->{kept}, 'which does not disturb the connection');

    is(count() - $before, 2, 'both are counted');
    return;
}


is(ask('/v1/private/completions')->{code}, 200, 'a good answer');

unlike(ask('/plain/completions', 'bad_status_line')->{head},
       qr{\AHTTP/1\.1 }, 'nginx hands on what is no HTTP');

refused("/$_/completions", 'bad_status_line', "no HTTP, /$_/")
    for qw( v1/private direct );

my $page = ask('/page/completions', 'bad_status_line');
is("$page->{code} $page->{body}", '503 sorry', 'error_page is honoured there');

for my $place (@places) {
    my ($name, $what) = @$place;
    my $open = ask("/open/$name/$what");
    like("$open->{head}$open->{body}", qr/leaked/, "$name, $what, as it is");

    # Lua has no subrequests of HTTP/2 requests
    refused("/guarded/$name/$what", '', "$name, $what",
            "$name/$what" eq 'lua/capture');

    my $before = count();
    my $gone = ask("/gone/$name/$what");
    is("$gone->{code} $gone->{reason}", '502 no_signature',
       'also as the page of an error');
    is(count() - $before, 1, 'counted');

    my $dry = ask("/dry/$name/$what");
    like("$dry->{head}$dry->{body}", qr/leaked/, 'and passes in a dry run');
}

SKIP: {
    skip 'nginx has no module for js, or one of another nginx', 2 if !$is_js;

    # while it waits, the filters are called without a response
    my $before = count();
    like(ask('/first')->{body}, qr/"choices"/,
         'a subrequest does not disturb a good answer');
    is(count(), $before, 'and is not counted');
}

for my $name (sort keys %language) {
    SKIP: {
        skip "nginx has no module for $name, or one of another nginx", 1
            if !grep { $_ eq $name } @there;
        pass("$name was tried");
    }
}

is(ask('/v1/private/completions')->{code}, 200, 'a good answer afterwards');
unlike($nginx->log, qr/\[(?:alert|crit|emerg)\]/, 'no alarm in the log');

done_testing();
