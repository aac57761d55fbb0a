# Ways around the gate and the verdict: caches and slices.

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

=== TEST 1: proxy_cache is refused
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



=== TEST 2: so is an answer that another location has cached
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



=== TEST 3: nor does a stale one take an error's place
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



=== TEST 4: what is refused is not stored
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



=== TEST 5: slice fetches no second slice
--- inside: slice 10; proxy_set_header Range $slice_range;
--- request eval: $main::prompt
--- more_headers
X-Sim: range
--- ignore_response
--- error_log eval
qr/refused no_signature: .*slice must be off/
--- no_error_log eval
[qr/slice subrequest: "bytes=10-19"/, qr/\[alert\]/]



=== TEST 6: and does not disturb a response that is whole
--- inside: slice 10; proxy_set_header Range $slice_range;
--- table
-
flip_body                        response_hash_mismatch



=== TEST 7: add_before_body
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
