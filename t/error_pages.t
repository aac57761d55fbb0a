# The page of an error that is an upstream's answer: it is judged as any other,
# whatever status error_page gives it and however nginx came to the error.

use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/lib";

use Test::Nginx::Socket 'no_plan';

use IoattestSim;
use IoattestTable;

IoattestSim->start(machines => 1);
add_block_preprocessor(\&IoattestSim::prepare);
add_block_preprocessor(\&IoattestTable::prepare);

our ($body) = $IoattestTable::Prompt =~ /\n(.*)/;

my $guard = <<'EOF';
    ioattest zone=io;
    ioattest_trust $TEST_NGINX_SIM_ADDRESS_0;
    ioattest_cpu off;
    ioattest_gpu off;
EOF

# error_page makes a GET of a POST
our $inside = 'proxy_method POST;';
our $named = "location \@named { $guard proxy_method POST;\n"
    . "rewrite ^ /v1/private/completions break; proxy_pass http://api; }\n";
our $guarded = $guard;

# an answer of each kind, and the status that an error_page gives
sub answers {
    my ($path, $status) = @_;

    my $ask = "POST $path\n$body";
    my $error = $status =~ /^[45]/ ? "$status simulated" : 'no_signature';
    $error = '500 simulated' if !$status;
    my $good = $status || 200;

    return ([$ask, '', "$good \"choices\""],
            [$ask, 'X-Sim: unsigned', 'no_signature'],
            [$ask, 'X-Sim: unsigned, status=206', 'no_signature'],
            [$ask, 'X-Sim: unsigned, status=302', 'no_signature'],
            [$ask, 'X-Sim: flip_body', 'response_hash_mismatch'],
            [$ask, 'X-Sim: error=500', $error],
            [$ask, 'X-Sim: status=103', 'no_signature'],
            [$ask, 'X-Sim: upgrade', 'no_signature'],
            [$ask, '', "$good \"choices\""]);
}


no_long_string();
no_shuffle();
run_tests();

__DATA__

=== TEST 1: the status of the error, another one, and the answer's own
--- inside eval: $main::inside
--- beside
location = /a { error_page 404 /v1/private/completions; return 404; }
location = /b { error_page 404 =200 /v1/private/completions; return 404; }
location = /c { error_page 404 = /v1/private/completions; return 404; }
location = /d { error_page 404 =503 /v1/private/completions; return 404; }
--- cases eval
[main::answers('/a', 404), main::answers('/b', 200), main::answers('/c', ''),
 main::answers('/d', 503)]



=== TEST 2: a named location
--- beside eval
$main::named . <<'EOF'
location = /a { error_page 404 @named; return 404; }
location = /b { error_page 404 =200 @named; return 404; }
location = /c { error_page 404 = @named; return 404; }
EOF
--- cases eval
[main::answers('/a', 404), main::answers('/b', 200), main::answers('/c', '')]



=== TEST 3: access, a file, a method, try_files, auth_request
--- inside eval: $main::inside
--- beside eval
$main::named . <<'EOF'
location = /deny { deny all; error_page 403 /v1/private/completions; }
location = /file { alias html/a.txt; error_page 405 @named; }
location = /try {
    error_page 404 /v1/private/completions;
    try_files /none =404;
}
location = /auth {
    auth_request /no;
    error_page 401 /v1/private/completions;
}
location = /no { return 401; }
EOF
--- user_files
>>> a.txt
a page
--- cases eval
[main::answers('/deny', 403), main::answers('/file', 405),
 main::answers('/try', 404), main::answers('/auth', 401)]



=== TEST 4: one error after another, and an upstream that is not there
--- inside eval: $main::inside
--- beside
location = /first {
    recursive_error_pages on;
    error_page 404 /second;
    return 404;
}
location = /second {
    recursive_error_pages on;
    error_page 410 /v1/private/completions;
    return 410;
}
location = /dead {
    error_page 502 /v1/private/completions;
    proxy_pass http://127.0.0.1:1;
}
--- cases eval
[main::answers('/first', 410), main::answers('/dead', 502)]



=== TEST 5: an unprotected API's error, and a protected one's
--- inside eval: $main::inside
--- beside eval
$main::named . <<'EOF' . "location = /closed { $main::guarded" . <<'EOF'
location = /open {
    error_page 404 @named;
    proxy_intercept_errors on;
    proxy_pass http://api/nowhere;
}
EOF
    error_page 404 /v1/private/completions;
    proxy_intercept_errors on;
    proxy_pass http://api/nowhere;
}
EOF
--- cases eval
[main::answers('/open', 404), main::answers('/closed', 404)]



=== TEST 6: a stream is held where its status is no 200
--- inside eval: $main::inside
--- beside
location = /a { error_page 404 /v1/private/completions; return 404; }
location = /b { error_page 404 =200 /v1/private/completions; return 404; }
--- cases eval
my ($a, $b) = map { "POST $_\n" . $main::body =~ s/\{/{"stream":true,/r }
              qw( /a /b );
[[$a, '', '404 \[DONE\]'],
 [$a, 'X-Sim: tamper_line=1', 'response_hash_mismatch'],
 [$b, '', '200 \[DONE\]'],
 [$b, 'X-Sim: tamper_line=1', '200 \Adata: .*response_hash_mismatch']]



=== TEST 7: what nginx has itself remains the page of an error
--- inside: try_files /none =404;
--- beside eval
my $guard = $main::guarded;
<<"EOF"
location = /file { error_page 404 /page; return 404; }
location = /page { $guard alias html/a.txt; }
location = /index { error_page 404 /dir/; return 404; }
location /dir/ { $guard index a.txt; alias html/; }
location = /text { error_page 404 /said; return 404; }
location = /said { $guard return 410 "said"; }
location = /none { error_page 404 /missing; return 404; }
location = /missing { $guard alias html/missing; }
EOF
--- user_files
>>> a.txt
a page
--- cases eval
my $body = $main::body;
[["POST /file\n$body", '', '404 \Aa page'],
 ["POST /index\n$body", '', '404 \Aa page'],
 ["POST /text\n$body", '', '404 \Asaid\z'],
 ["POST /none\n$body", '', '404 Not Found'],
 ["POST /page\n$body", '', '405'],
 [$IoattestTable::Prompt, '', '404 Not Found']]



=== TEST 8: a dry run lets all of it pass, and counts what it would refuse
--- inside eval: $main::inside . 'ioattest_dry_run on;'
--- beside
location = /a { error_page 404 /v1/private/completions; return 404; }
location = /b { error_page 404 =200 /v1/private/completions; return 404; }
--- cases eval
my ($a, $b) = map { "POST $_\n$main::body" } qw( /a /b );
[[$a, '', '404 "choices"'],
 [$a, 'X-Sim: unsigned', '404 "choices"'],
 [$a, 'X-Sim: error=500', '404 simulated'],
 [$b, 'X-Sim: error=500', '200 simulated'],
 ['GET /status', '', '200 "verified":1,"unsigned":1,"rejected":\{\}']]
--- status
"dry_run_would_reject":2\b
