# The response that passes is the one that was signed: changed bodies, framings,
# statuses, sizes, and what a dry run makes of it.

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

no_long_string();
no_shuffle();
run_tests();

__DATA__

=== TEST 1: a body that is not the one that was signed
--- table
-
flip_body                        response_hash_mismatch
flip_body=0                      response_hash_mismatch
flip_body=800                    response_hash_mismatch
response_hash                    response_hash_mismatch
trailing                         response_hash_mismatch
trailing=%7b%7d                  response_hash_mismatch
trailing=%00                     response_hash_mismatch
leading=x                        response_hash_mismatch
body=%7b%7d                      response_hash_mismatch
body=                            response_hash_mismatch
empty_body                       response_hash_mismatch
empty_body, chunked              response_hash_mismatch
not_json                         response_hash_mismatch
body_dup_key                     response_hash_mismatch
bom_body                         response_hash_mismatch
length_less                      response_hash_mismatch
swap_hashes                      response_hash_mismatch
body=%22ok%22                    response_hash_mismatch
-
--- status
"rejected":\{"response_hash_mismatch":18\}



=== TEST 2: what is refused above passes with ioattest_bind off
--- inside: ioattest_bind off;
--- table
flip_body=8                      200
response_hash
trailing=behind                  200 behind\z
body=%7b%7d                      200 \A\{\}\z
empty_body                       200 \A\z
not_json                         200 <html
body_dup_key
gzip                             200 \A\x1f\x8b
gzip_lie
sig_flip                         signature_mismatch
--- status
"rejected":\{"signature_mismatch":1\}
"requests":\{"match":0,"mismatch":0,"unknown":0\}



=== TEST 3: the same value, written otherwise
--- table
minify
pretty
raw_utf8, json_unicode           200 \xc3
raw_utf8, minify, json_unicode
json_unicode
json_surrogate
json_nan
json_floats
json_spaces
json_deep=60
json_scalar                      200 \A"ok"\z
trailing=%20%0a
leading=%20%0d%0a%09
json_unicode, flip_body          response_hash_mismatch
json_spaces, flip_body           response_hash_mismatch
minify, flip_body                response_hash_mismatch
pretty, trailing=x               response_hash_mismatch



=== TEST 4: every framing
--- table
chunked
length
close_delimited
http10
every_byte
bytewise=0
pieces=7
no_keepalive
size=200000
size=200000, chunked, pieces=1000
size=200000, close_delimited
chunked, flip_body               response_hash_mismatch
close_delimited, flip_body       response_hash_mismatch
http10, flip_body                response_hash_mismatch
every_byte, flip_body            response_hash_mismatch
pieces=7, flip_body              response_hash_mismatch
size=200000, flip_body           response_hash_mismatch
-



=== TEST 5: every framing, unbuffered
--- inside: proxy_buffering off;
--- table
chunked
length
close_delimited
http10
every_byte
pieces=7
size=200000
chunked, flip_body               response_hash_mismatch
length, flip_body                response_hash_mismatch
close_delimited, flip_body       response_hash_mismatch
truncate                         response_hash_mismatch
size=200000, flip_body           response_hash_mismatch
-



=== TEST 6: a body that is cut off
--- table
truncate                         response_hash_mismatch
truncate=1                       response_hash_mismatch
chunked, truncate                response_hash_mismatch
chunked, no_last_chunk           response_hash_mismatch
length_more                      response_hash_mismatch
close_delimited, stop=0          response_hash_mismatch
pieces=100, stop=2               response_hash_mismatch
pieces=100, stop_clean=2         response_hash_mismatch
-



=== TEST 7: a refusal has nothing of what came
--- request eval: $IoattestTable::Prompt
--- more_headers
X-Sim: flip_body, evil_headers, cookie, provenance, validators
--- error_code: 502
--- response_headers
Content-Type: application/json
x-should-retry:
--- response_body_like eval: IoattestTest::code_like("response_hash_mismatch")
--- raw_response_headers_unlike: (?i)leaked|^(?:text|signature|signing_\w+|image_digest|etag|last-modified|set-cookie|vllm\w*):
--- error_log
ioattest: refused response_hash_mismatch



=== TEST 8: which the same answer has where it verifies
--- request eval: $IoattestTable::Prompt
--- more_headers
X-Sim: evil_headers
--- raw_response_headers_like: X-Sim-Leak: leaked
--- raw_response_headers_unlike: (?i)set-cookie|refresh|^link
--- no_error_log
[alert]
[error]



=== TEST 9: error_page 502 serves a refusal
--- inside: error_page 502 =503 /sorry;
--- beside: location = /sorry { return 503 "sorry"; }
--- table
flip_body                        503 \Asorry\z
-



=== TEST 10: statuses that are signed
--- table
status=201                       201 "choices"
status=299                       299 "choices"
status=404                       404 "choices"
status=500                       500 "choices"
status=204                       response_hash_mismatch
status=304                       response_hash_mismatch
range                            response_hash_mismatch
status=206                       206 "choices"
status=404, flip_body            response_hash_mismatch
status=500, empty_body           response_hash_mismatch
-



=== TEST 11: a 204 has no body to be bound
--- inside: ioattest_bind off;
--- table
status=204                       204
status=304                       304
range                            206 \A.{10}\z
-



=== TEST 12: ioattest_buffer_size, to the byte
--- inside: ioattest_buffer_size 8k;
--- table
size=8192
size=8193                        body_too_large
size=8192, chunked
size=8193, chunked               body_too_large
size=8192, close_delimited
size=8193, close_delimited       body_too_large
size=8192, every_byte
size=100000, chunked             body_too_large
size=8193, flip_body             body_too_large
size=8192, flip_body             response_hash_mismatch
-
--- status
"rejected":\{"response_hash_mismatch":1,"body_too_large":5\}



=== TEST 13: a dry run alters nothing, and counts
--- inside
ioattest_dry_run on;
ioattest_buffer_size 8k;
--- table
flip_body=8                      200
trailing=behind                  200 behind\z
body=%7b%7d                      200 \A\{\}\z
empty_body                       200 \A\z
not_json                         200 <html
gzip                             200 \A\x1f\x8b
gzip_lie
size=8193                        200 \A.{8193}\z
size=8193, chunked               200 \A.{8193}\z
size=100000, chunked             200 \A(?:.{50000}){2}\z
status=204                       204
-
--- status
"rejected":\{\}
"dry_run_would_reject":11\b



=== TEST 14: a dry run keeps the headers of what it would refuse
--- inside: ioattest_dry_run on;
--- request eval: $IoattestTable::Prompt
--- more_headers
X-Sim: flip_body=8, cookie
--- raw_response_headers_like: (?is)signing_address: 0x.*leaked|leaked.*signing_address: 0x
--- error_log
ioattest: would refuse response_hash_mismatch
