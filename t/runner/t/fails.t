# What must fail fails: each of these blocks breaks one test, and that one.

use strict;
use warnings;

use FindBin ();
use lib $FindBin::Bin;

use Test::More;

use Child;

my $server = <<'END';
|--- config
location = /a { return 200 "hello\n"; add_header X-A b; }
location = /gone { proxy_pass http://127.0.0.1:1; }
location = /slow { limit_rate 1; rewrite ^ /index.html break; root html; }
END

sub fails {
    my ($what, $label, $sections, $head) = @_;

    $head //= 'use Test::Nginx::Socket "no_plan"; no_long_string();';
    my $config = $sections =~ /^\|--- config/m ? '' : $server;

    my $run = run_blocks($head, "=== TEST 1\n$config$sections");

    isnt $run->{status}, 0, "$what: exit status";
    like "@{ $run->{failed} }", $label, "$what: what failed"
        or diag $run->{said};
    is scalar @{ $run->{failed} }, 1, "$what: nothing else failed";
}

fails('status', qr/status/, <<'END');
|--- request: GET /a
|--- error_code: 201
END

fails('status of the default', qr/status/, <<'END');
|--- request: GET /none
END

fails('status pattern', qr/status/, <<'END');
|--- request: GET /a
|--- error_code_like: ^4
END

fails('body', qr/response body/, <<'END');
|--- request: GET /a
|--- response_body: hello
END

fails('a long body', qr/response body/, <<'END', <<'HEAD');
|--- config
location = /a { root html; try_files /long =404; }
|--- user_files eval
[["long", "x" x 1000]]
|--- request: GET /a
|--- response_body eval
"x" x 999
END
use Test::Nginx::Socket "no_plan";
HEAD

fails('body pattern', qr/body like/, <<'END');
|--- request: GET /a
|--- response_body_like: goodbye
END

fails('body pattern that must not match', qr/body unlike/, <<'END');
|--- request: GET /a
|--- response_body_unlike: hello
END

fails('missing header', qr/header X-B/, <<'END');
|--- request: GET /a
|--- response_headers
X-A: b
X-B: c
END

fails('header that must be absent', qr/no header x-a/, <<'END');
|--- request: GET /a
|--- response_headers
!x-a
END

fails('header pattern', qr/header X-A like/, <<'END');
|--- request: GET /a
|--- response_headers_like
X-A: [a]
END

fails('raw headers', qr/raw headers like/, <<'END');
|--- request: GET /a
|--- raw_response_headers_like: X-C
END

fails('raw headers that must not match', qr/raw headers unlike/, <<'END');
|--- request: GET /a
|--- raw_response_headers_unlike: X-A
END

fails('missing log line', qr/"no such line" is in error.log/, <<'END');
|--- request: GET /a
|--- error_log
http request line
no such line
END

fails('unwanted log line', qr/"\[error\]" is not in error.log/, <<'END');
|--- request: GET /gone
|--- error_code: 502
|--- no_error_log
[error]
[alert]
END

fails('grepped log lines', qr/grep_error_log_out/, <<'END');
|--- request: GET /gone
|--- error_code: 502
|--- grep_error_log: Connection refused
|--- grep_error_log_out
Connection refused
Connection refused
END

fails('access log', qr/is in access.log/, <<'END');
|--- request: GET /a
|--- access_log
GET /b
END

fails('log at the end', qr/is in error.log/, <<'END');
|--- request: GET /a
|--- shutdown_error_log
no such line
END

fails('nginx that must not start does', qr/does not start/, <<'END');
|--- must_die
END

fails('nginx dies in another way', qr/exit status/, <<'END');
|--- config
foo bar;
|--- must_die: 2
END

fails('nginx that must start does not', qr/nginx does not start/, <<'END');
|--- config
foo bar;
|--- request: GET /a
END

fails('silence', qr/timed out/, <<'END');
|--- request: GET /slow
|--- timeout: 100ms
|--- ignore_response
END

fails('second of two requests', qr/request 1/, <<'END');
|--- request eval
["GET /a", "GET /a"]
|--- response_body eval
["hello\n", "hello"]
END

fails('a failed assertion in the log', qr/Assertion/, <<'END');
|--- request: GET /Assertion%20x
|--- error_code: 404
END

my $run = run_blocks('use Test::Nginx::Socket tests => 3;', <<"END");
|=== TEST 1
$server
|--- request: GET /a
|--- response_body
hello
END

isnt $run->{status}, 0, 'a plan that is not kept';
like $run->{said}, qr/planned 3 tests but ran 2/, 'a plan that is not kept';

for my $section (qw( tcp_listen stap )) {
    $run = run_blocks('use Test::Nginx::Socket "no_plan";', <<"END");
|=== TEST 1
$server
|--- $section: 1234
|--- request: GET /a
END
    isnt $run->{status}, 0, "$section is not passed over";
}

done_testing;
