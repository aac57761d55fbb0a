# Ways around the gate and the verdict: nginx's own answers and redirections.

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

our $path = "POST /v1/private/completions\n";
our $prompt = $path . '{"model":"Qwen/Qwen3-32B","prompt":"hello"}';
our $none = qr/"paths":\s*\{(?![^}]*completions)/;

no_long_string();
no_shuffle();
run_tests();

__DATA__

=== TEST 1: auth_request and mirror of a protected location's own
--- inside: auth_request /auth; mirror /mirror;
--- beside
location = /auth { internal; return 204; }
location = /mirror { internal; proxy_pass http://api/v1/models; }
--- table
-
flip_body                        response_hash_mismatch



=== TEST 2: what nginx itself answers before the gate passes, a file does not
--- inside
if ($http_x_case = return) { return 200 "own"; }
if ($http_x_case = empty) { return 204; }
if ($http_x_case = redirect) { return 302 /elsewhere; }
if ($http_x_case = deny) { return 403; }
--- beside
location = /file {
    ioattest zone=io;
    ioattest_trust $TEST_NGINX_SIM_ADDRESS_0;
    ioattest_cpu off;
    ioattest_gpu off;
    ioattest_text raw;
    alias html/a.txt;
}
--- user_files
>>> a.txt
leaked
--- cases eval
[(map { [$main::prompt, "X-Case: $_->[0]", $_->[1]] }
  ['return', '200 \\Aown\\z'], ['empty', '204'], ['redirect', '302'],
  ['deny', '403'], ['', '']),
 ['GET /file', '', 'no_signature']]



=== TEST 3: try_files
--- beside
location /file/ {
    ioattest zone=io;
    ioattest_trust $TEST_NGINX_SIM_ADDRESS_0;
    ioattest_cpu off;
    ioattest_gpu off;
    ioattest_text raw;
    try_files /a.txt =404;
}
location /named/ {
    ioattest zone=io;
    ioattest_trust $TEST_NGINX_SIM_ADDRESS_0;
    ioattest_cpu off;
    ioattest_gpu off;
    ioattest_text raw;
    try_files /none @open;
}
location /gated/ {
    rewrite ^/gated/(.*) /v1/private/$1 break;
    try_files /none @gated;
}
location @open { rewrite ^ /v1/models break; proxy_pass http://api; }
location @gated {
    ioattest zone=io;
    ioattest_trust $TEST_NGINX_SIM_ADDRESS_0;
    ioattest_cpu off;
    ioattest_gpu off;
    proxy_pass http://api;
}
--- user_files
>>> a.txt
leaked
--- cases eval
my $body = $main::prompt; $body =~ s{.*\n}{};
[['GET /file/x', '', 'no_signature'],
 ['GET /named/x', '', 'no_signature'],
 ["POST /gated/completions\n$body", '', ''],
 ["POST /gated/completions\n$body", 'X-Sim: flip_body',
  'response_hash_mismatch']]



=== TEST 4: proxy_intercept_errors: a page of nginx's own, and one of the API's
--- inside
proxy_intercept_errors on;
error_page 404 /sorry;
error_page 429 = @elsewhere;
error_page 500 =200 /sorry.txt;
--- beside
location = /sorry { return 404 "sorry"; }
location = /sorry.txt { alias html/sorry.txt; }
location @elsewhere {
    rewrite ^ /v1/models break;
    proxy_method GET;
    proxy_pass http://api;
}
--- user_files
>>> sorry.txt
"choices" of nginx's own
--- table
-
error=404                        404 \Asorry\z
error=429                        502 (?!.*supports_attestation)
status=404                       404 \Asorry\z
flip_body                        response_hash_mismatch
-



=== TEST 5: error_page 502 may lead to a place that is not protected
--- inside: error_page 502 = @elsewhere;
--- beside
location @elsewhere {
    rewrite ^ /v1/models break;
    proxy_method GET;
    proxy_pass http://api;
}
--- table
flip_body                        200 supports_attestation
-



=== TEST 6: post_action of a protected location
--- inside: post_action /after;
--- beside: location = /after { internal; proxy_pass http://api/v1/models; }
--- table
-
flip_body                        response_hash_mismatch
-



=== TEST 7: and into one: no prompt leaves that way
--- beside
location = /open {
    post_action /v1/private/completions;
    proxy_method GET;
    proxy_pass http://api/v1/models;
}
--- request eval
my $body = $main::prompt; $body =~ s{.*\n}{};
["POST /open\n$body", "GET /_sim/stats"]
--- response_body_like eval
[qr/./, $main::none]
