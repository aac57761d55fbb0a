# Ways around the gate and the verdict.

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
our $none = qr/"completions":\s*\{"total":\s*0\b/;

no_long_string();
no_shuffle();
run_tests();

__DATA__

=== TEST 1: X-Accel-Redirect to a static file, a named and a proxied location
--- beside
location /other/ { internal; return 200 "leaked"; }
location @named { return 200 "leaked"; }
location /static/ { alias html/; }
location /proxied/ { proxy_pass http://api/v1/models; }
--- user_files
>>> a.txt
leaked
--- request eval
[($main::prompt) x 4]
--- more_headers eval
[map { "X-Sim: accel=$_" } "/other/", "\@named", "/static/a.txt", "/proxied/"]
--- error_code eval
[(502) x 4]
--- response_body_unlike eval
[(qr/leaked|model_id/) x 4]



=== TEST 2: unsigned statuses; the signed answer passes
--- request eval
[($main::prompt) x 7]
--- more_headers eval
[(map { "X-Sim: unsigned, status=$_" } 200, 201, 206, 302), "X-Sim: upgrade",
 "X-Sim: redirect=/x, unsigned", ""]
--- error_code eval
[(502) x 6, 200]



=== TEST 3: HEAD is refused before anything is sent
--- request eval
["HEAD /v1/private/completions", "GET /_sim/stats"]
--- error_code eval
[502, 200]
--- response_body_like eval
[qr/\A\z/, $main::none]



=== TEST 4: SSI and auth_request into a protected location
--- beside
location /auth { auth_request /v1/private/completions; alias html/a.txt; }
location /ssi/ { ssi on; ssi_types *; alias html/; }
--- user_files
>>> ssi.txt
[<!--# include virtual="/v1/private/completions" -->]
--- request eval
["GET /ssi/ssi.txt", "GET /auth", "GET /_sim/stats"]
--- error_code eval
[200, 500, 200]
--- response_body_like eval
[qr/\A\[(?!.*choices)/s, qr/500/, $main::none]



=== TEST 5: proxy_store is refused
--- inside: proxy_store on;
--- request eval: $main::prompt
--- error_code: 502
--- response_body_like eval: IoattestTest::code_like("no_signature")



=== TEST 6: proxy_intercept_errors and unsigned errors
--- inside: ioattest_pass_errors off;
--- request eval
[($main::prompt) x 2]
--- more_headers eval
["X-Sim: error=404", ""]
--- error_code eval
[502, 200]



=== TEST 7: mirror into a protected location sends nothing
--- beside
location /open { mirror /v1/private/completions; proxy_pass http://api/v1/models; }
--- request eval
["GET /open", "GET /_sim/stats"]
--- response_body_like eval
[qr/model_id/, $main::none]



=== TEST 8: X-Accel-Redirect that is ignored harms nobody
--- inside: proxy_ignore_headers X-Accel-Redirect;
--- beside: location /other/ { internal; return 200 "leaked"; }
--- table
accel=/other/
accel=/other/, unsigned          no_signature
accel=/other/, flip_body         response_hash_mismatch



=== TEST 9: a redirection into a protected location goes through its gate
--- beside
location /again/ {
    ioattest zone=io;
    ioattest_request /_attestation;
    ioattest_models /_models;
    ioattest_cpu off;
    ioattest_gpu off;
    proxy_method POST;
    proxy_set_header X-Sim $arg_sim;
    proxy_pass http://api/v1/private/;
}
--- table
accel=/again/completions
accel=/again/completions?sim=flip_body   response_hash_mismatch
accel=/again/completions?sim=unsigned    no_signature



=== TEST 10: proxy_cache is refused
--- outside: proxy_cache_path cache keys_zone=c:1m;
--- inside
proxy_cache c;
proxy_cache_methods POST;
proxy_cache_key $uri;
proxy_cache_valid 200 1h;
--- table
-                                no_signature
-                                no_signature
chunked                          no_signature



=== TEST 11: so is an answer that another location has cached
--- outside: proxy_cache_path cache keys_zone=c:1m;
--- inside
proxy_cache c;
proxy_cache_methods POST;
proxy_cache_key key;
--- beside
location /open/ {
    proxy_cache c;
    proxy_cache_methods POST;
    proxy_cache_key key;
    proxy_cache_valid any 1h;
    add_header X-Cache $upstream_cache_status;
    proxy_pass http://api/v1/private/;
}
location /same/ {
    proxy_cache c;
    proxy_cache_methods POST;
    proxy_cache_key key;
    proxy_pass http://api/v1/private/;
}
--- cases eval
my $body = $main::prompt; $body =~ s{.*\n}{};
[["POST /open/completions\n$body", '', ''],
 ["POST /same/completions\n$body", 'X-Sim: error=404', ''],
 [$main::prompt, '', 'no_signature'],
 ['GET /_sim/stats', '', '200 "completions":\{"total":1,']]



=== TEST 12: nor does a stale one take an error's place
--- outside: proxy_cache_path cache keys_zone=c:1m;
--- inside
proxy_cache c;
proxy_cache_methods POST;
proxy_cache_key key;
proxy_cache_use_stale http_500 error;
--- beside
location /open/ {
    proxy_cache c;
    proxy_cache_methods POST;
    proxy_cache_key key;
    proxy_cache_valid any 1s;
    proxy_pass http://api/v1/private/;
}
location /slow/ { proxy_pass http://api/v1/private/; }
location /stale/ {
    proxy_cache c;
    proxy_cache_methods POST;
    proxy_cache_key key;
    proxy_cache_use_stale http_500;
    proxy_pass http://api/v1/private/;
}
--- cases eval
my $body = $main::prompt; $body =~ s{.*\n}{};
[["POST /open/completions\n$body", '', ''],
 ["POST /slow/completions\n$body", 'X-Sim: delay=2100', ''],
 ["POST /stale/completions\n$body", 'X-Sim: error=500', ''],
 [$main::prompt, 'X-Sim: error=500', 'no_signature']]



=== TEST 13: what is refused is not stored
--- inside: proxy_store on;
--- beside
location /open/ { proxy_store on; proxy_pass http://api/v1/private/; }
location /stored/ { alias html/; }
--- cases eval
my $body = $main::prompt; $body =~ s{.*\n}{};
[[$main::prompt, '', 'no_signature'],
 ['GET /stored/v1/private/completions', '', '404'],
 ["POST /open/completions\n$body", '', ''],
 ['GET /stored/open/completions', '', '']]



=== TEST 14: slice fetches no second slice
--- inside: slice 10; proxy_set_header Range $slice_range;
--- request eval: $main::prompt
--- more_headers
X-Sim: range
--- ignore_response
--- error_log eval
qr/refused no_signature: subrequest "[^"]+" into a protected location/
--- no_error_log eval
[qr/slice subrequest: "bytes=20-29"/, qr/\[alert\]/]



=== TEST 15: and does not disturb a response that is whole
--- inside: slice 10; proxy_set_header Range $slice_range;
--- table
-
flip_body                        response_hash_mismatch



=== TEST 16: add_before_body
--- beside
location /add/ {
    addition_types *;
    add_before_body /v1/private/completions;
    alias html/;
}
location /plain/ {
    addition_types *;
    add_before_body /add/b.txt;
    alias html/;
}
--- user_files
>>> a.txt
one
>>> b.txt
two
--- cases eval
[['GET /add/a.txt', '', '200 \A(?!.*choices)'],
 ['GET /plain/a.txt', '', '200 two.*one'],
 ['GET /_sim/stats', '', "200 $main::none"]]



=== TEST 17: auth_request and mirror of a protected location's own
--- inside: auth_request /auth; mirror /mirror;
--- beside
location = /auth { internal; return 204; }
location = /mirror { internal; proxy_pass http://api/v1/models; }
--- table
-
flip_body                        response_hash_mismatch



=== TEST 18: an answer from the location itself, and an error
--- inside
if ($http_x_case = return) { return 200 "leaked"; }
if ($http_x_case = empty) { return 204; }
if ($http_x_case = redirect) { return 302 /elsewhere; }
if ($http_x_case = deny) { return 403; }
--- beside
location = /file {
    ioattest zone=io;
    ioattest_trust $TEST_NGINX_SIM_ADDRESS_0;
    ioattest_cpu off;
    ioattest_gpu off;
    alias html/a.txt;
}
--- user_files
>>> a.txt
leaked
--- cases eval
[(map { [$main::prompt, "X-Case: $_->[0]", $_->[1]] }
  ['return', 'no_signature'], ['empty', 'no_signature'], ['redirect', '302'],
  ['deny', '403'], ['', '']),
 ['GET /file', '', 'no_signature']]



=== TEST 19: try_files
--- beside
location /file/ {
    ioattest zone=io;
    ioattest_trust $TEST_NGINX_SIM_ADDRESS_0;
    ioattest_cpu off;
    ioattest_gpu off;
    try_files /a.txt =404;
}
location /named/ {
    ioattest zone=io;
    ioattest_trust $TEST_NGINX_SIM_ADDRESS_0;
    ioattest_cpu off;
    ioattest_gpu off;
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



=== TEST 20: proxy_intercept_errors: a page of nginx's own, and one of the API's
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



=== TEST 21: error_page 502 may lead to a place that is not protected
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



=== TEST 22: post_action of a protected location
--- inside: post_action /after;
--- beside: location = /after { internal; proxy_pass http://api/v1/models; }
--- table
-
flip_body                        response_hash_mismatch
-



=== TEST 23: and into one, of which no client sees anything
--- beside
location = /open {
    post_action /v1/private/completions;
    proxy_pass http://api/v1/private/completions?;
}
--- cases eval
my $body = $main::prompt; $body =~ s{.*\n}{};
[["POST /open\n$body", '', ''], ["POST /open\n$body", 'X-Sim: unsigned', '']]
