# What must pass passes, and counts for as many tests as it should.

use strict;
use warnings;

use FindBin ();
use lib $FindBin::Bin;

use Test::More;

use Child;

sub passes {
    my ($what, $count, $head, $blocks, %set) = @_;

    my $run = run_blocks($head, $blocks, %set);

    is $run->{status}, 0, "$what: exit status" or diag $run->{said};
    is scalar @{ $run->{passed} }, $count, "$what: number of tests";
    unlike $run->{said}, qr/WARNING/, "$what: no warning";
    return $run;
}

passes('one block', 6, 'use Test::Nginx::Socket tests => 6;', <<'END');
|=== TEST 1
|--- config
location = /a { return 200 "hello\n"; }
|--- request
GET /a
|--- response_body
hello
|--- response_headers
Content-Length: 6
!X-None
|--- no_error_log
[error]
[crit]
END

passes('all checks of a response', 2 * 13, <<'HEAD', <<'END');
use Test::Nginx::Socket;
repeat_each(2);
plan tests => repeat_each() * (blocks() * 6 + 1);
no_shuffle();
no_long_string();
$ENV{TEST_NGINX_HTML_DIR} = html_dir();
add_block_preprocessor(sub {
    my ($block) = @_;
    $block->set_value(request => "GET /f") if !defined $block->request;
});
HEAD
|=== TEST 1
|--- config
location = /f { root $TEST_NGINX_HTML_DIR; add_header X-A b; }
|--- user_files
>>> f
some text
of $TEST_NGINX_SERVER_PORT
>>> g 202001010000.00
other
|--- response_body_like: ^some text\nof \d+\n
|--- response_headers_like
X-A: [ab]
Content-Length: \d+
|--- raw_response_headers_like: X-A: b\r\n
|--- raw_response_headers_unlike: X-B
|--- error_code_like: ^20
|=== TEST 2
|--- http_config
map $uri $mapped { default yes; }
|--- main_config
worker_rlimit_nofile 512;
|--- config
location = /f { return 201 $mapped; }
|--- error_code: 201
|--- response_body: yes
|--- response_body_filters
uc
lc
|--- access_log
GET /f
|--- no_access_log
GET /none
|--- grep_error_log: request line
|--- grep_error_log_out
|--- log_level: info
|--- no_error_log eval
[qr/\[error\]/, "[alert]"]
END

passes('several requests', 10, 'use Test::Nginx::Socket "no_plan";', <<'END');
|=== TEST 1: on connections of their own
|--- config
location = /a { return 200 a$http_x_n; }
location = /b { return 404 b$http_x_n; }
|--- request eval
["GET /a", ["PO", { value => "ST /b\nab", delay_before => 0.02 }, "c"]]
|--- more_headers eval
["X-N: 1", "X-N: 2"]
|--- error_code eval
[200, 404]
|--- response_body eval
["a1", "b2"]
|=== TEST 2: on one connection
|--- config
location = /a { return 200 a; }
location = /b { return 200 b; }
|--- pipelined_requests eval
["GET /a", "GET /b", "GET /a"]
|--- response_body eval
["a", qr/b/, "a"]
END

passes('nginx that must not start', 8, <<'HEAD', <<'END');
use Test::Nginx::Socket "no_plan";
repeat_each(2);
HEAD
|=== TEST 1
|--- config
foo bar;
|--- must_die
|--- error_log
unknown directive "foo"
|=== TEST 2
|--- config
foo bar;
|--- must_die: 1
|--- no_error_log
[alert]
END

passes('a client that goes away', 6, 'use Test::Nginx::Socket "no_plan";',
       <<'END');
|=== TEST 1
|--- config
location = /s { limit_rate 1; rewrite ^ /index.html break; root html; }
|--- request
GET /s
|--- abort
|--- timeout: 100ms
|--- ignore_response
|--- wait: 0.05
|--- error_log
client prematurely closed connection
|=== TEST 2
|--- config
location = /s { return 200 ok; }
|--- raw_request eval
["GET /s HT", "TP/1.0\r\n\r\n"]
|--- raw_request_middle_delay: 0.02
|--- response_body: ok
|--- shutdown_error_log
exit
|=== TEST 3
|--- config
location = /s { return 200 ok; }
|--- raw_request
GET /s
|--- http09
|--- shutdown: 1
|--- response_body: ok
END

my $run = passes('blocks left out', 1, 'use Test::Nginx::Socket "no_plan";',
                 <<'END');
|=== TEST 1
|--- skip_nginx: 2: > 1.0.0: old enough
|--- config
|=== TEST 2
|--- skip_eval: 2: 1
|--- config
|=== TEST 3
|--- skip_eval: 2: 0
|--- config
|--- request: GET /
END
is scalar(() = $run->{said} =~ /# skip/g), 4, 'blocks left out: skipped';

for my $master (0, 1) {
    passes($master ? 'master and workers' : 'one process', 4,
           $master ? <<'HEAD' : 'use Test::Nginx::Socket "no_plan";', <<'END');
use Test::Nginx::Socket "no_plan";
master_on();
workers(2);
HEAD
|=== TEST 1
|--- config
|--- request: GET /
|--- response_body_like: It works
|=== TEST 2
|--- config
location = /env { return 200 b; }
|--- request: GET /env
|--- response_body: b
END
}

passes('by reload', 7, 'use Test::Nginx::Socket "no_plan"; no_shuffle();',
       <<'END', TEST_NGINX_USE_HUP => 1);
|=== TEST 1
|--- config
location = /a { return 200 a; }
|--- request: GET /a
|--- response_body: a
|=== TEST 2
|--- config
location = /b { return 200 b; }
|--- request: GET /b
|--- response_body: b
|=== TEST 3: goes on with what was there
|--- config
foo bar;
|--- reload_fails
|--- request: GET /b
|--- response_body: b
|--- error_log
[emerg]
END

SKIP: {
    skip 'no curl', 3 if system('curl --version >/dev/null 2>&1') != 0;

    passes('HTTP/2', 3, 'use Test::Nginx::Socket "no_plan";', <<'END');
|=== TEST 1
|--- http2
|--- config
location = /a {
    proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    proxy_set_header X-Protocol $server_protocol;
}
|--- http_config
server {
    listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    location / { return 200 "$http_x_protocol $content_length"; }
}
|--- request
POST /a
hello
|--- response_headers
Content-Length: 10
|--- response_body: HTTP/2.0 5
END
}

done_testing;
