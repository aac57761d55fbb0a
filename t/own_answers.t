# What is nginx's own answer and what is an upstream's: after a redirection
# for an error, from a cache, by conditions of the request's, and in a server
# whose protection is not complete.

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

our $body = '{"model":"Qwen/Qwen3-32B","prompt":"hello"}';
our $prompt = "POST /v1/private/completions\n$body";

# A protected location that an error leads to, by name.
our $gated = <<'END';
ioattest zone=io;
ioattest_request /_attestation;
ioattest_models /_models;
ioattest_cpu off;
ioattest_gpu off;
ioattest_pass_errors off;
rewrite ^ /v1/private/completions break;
proxy_pass http://api;
END

no_long_string();
no_shuffle();
run_tests();

__DATA__

=== TEST 1: an error leads into a protected location: its upstream is no page
--- beside eval
"location /gone/ { error_page 404 \@gated; return 404; }
location \@gated { $main::gated }"
--- cases eval
[(map { ["POST /gone/x\n$main::body", "X-Sim: $_->[0]", $_->[1]] }
  ['flip_body', 'response_hash_mismatch'],
  ['sig_flip=3', 'signature_mismatch'],
  ['wrong_signer', 'signature_mismatch'],
  ['unsigned', 'no_signature'],
  ['error=500', 'no_signature'],
  ['chunked, flip_body', 'response_hash_mismatch']),
 ["POST /gone/x\n$main::body", '', '404 "choices"']]



=== TEST 2: and one of what a cache has is none either
--- outside: proxy_cache_path cache keys_zone=c:1m;
--- beside eval
my $cache = 'proxy_cache c; proxy_cache_methods POST; proxy_cache_key key;';
"location /gone/ { error_page 404 \@gated; return 404; }
location \@gated { $cache $main::gated }
location /open/ {
    $cache
    proxy_cache_valid any 1h;
    add_header X-Cache \$upstream_cache_status;
    proxy_pass http://api/v1/private/;
}"
--- cases eval
[["POST /open/completions\n$main::body", 'X-Sim: unsigned, body=leaked',
  '200 leaked'],
 ["POST /open/completions\n$main::body", 'X-Sim: error=500', '200 leaked'],
 ["POST /gone/x\n$main::body", '', 'no_signature'],
 ["POST /gone/x\n$main::body", '', 'no_signature']]



=== TEST 3: nothing is made of a verified answer for a condition
--- cases eval
[map { [$main::prompt, "$_\nX-Sim: validators", ''],
       [$main::prompt, "$_\nX-Sim: validators, flip_body",
        'response_hash_mismatch'] }
 'If-Match: "other"', 'If-None-Match: "sim"', 'If-None-Match: *',
 'If-Unmodified-Since: Mon, 01 Jan 2001 00:00:00 GMT',
 'If-Modified-Since: Mon, 03 Nov 2025 10:00:00 GMT']



=== TEST 4: nor of a stream
--- ask eval
my $ask = $main::prompt; $ask =~ s/\}\z/,"stream":true}/; $ask
--- ask_headers
If-Match: "other"
If-None-Match: *
--- table
validators                       200 data: \[DONE\]
-                                200 data: \[DONE\]



=== TEST 5: nor of a file, which has no signature either
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
[map { ['GET /file', $_, 'no_signature'] }
 '', 'If-Match: "other"', 'If-None-Match: *',
 'If-Unmodified-Since: Mon, 01 Jan 2001 00:00:00 GMT',
 'If-Modified-Since: Mon, 03 Nov 2036 10:00:00 GMT']



=== TEST 6: a server that is protected and lacks what attestation needs
--- outside
server {
    listen $TEST_NGINX_SERVER_PORT;
    server_name lacks.test;
    ioattest zone=io;
    root html;
    location /v1/private/ {
        ioattest_trust $TEST_NGINX_SIM_ADDRESS_0;
        proxy_pass http://api;
    }
}
--- user_files
>>> a.txt
leaked
--- cases eval
[["POST /else\n$main::body", 'Host: lacks.test', 'attestation_unavailable'],
 ["POST /a.txt\n$main::body", 'Host: lacks.test', 'attestation_unavailable'],
 ['GET /_sim/stats', '', '200 "requests":0,'],
 [$main::prompt, 'Host: lacks.test', '']]



=== TEST 7: and one that lacks roots alone asks nobody either
--- outside
server {
    listen $TEST_NGINX_SERVER_PORT;
    server_name lacks.test;
    ioattest zone=io;
    ioattest_request /_attestation;
    ioattest_model any;
    location = /_attestation {
        internal;
        ioattest off;
        proxy_pass http://api/v1/private/attestation;
    }
}
--- cases eval
[["POST /else\n$main::body", 'Host: lacks.test', 'attestation_unavailable'],
 ['GET /_sim/stats', '', '200 "requests":0,']]



=== TEST 8: the log says why
--- outside
server {
    listen $TEST_NGINX_SERVER_PORT;
    server_name lacks.test;
    ioattest zone=io;
}
--- cases eval
[["POST /else\n$main::body", 'Host: lacks.test', 'attestation_unavailable']]
--- error_log
no location of this server matches
