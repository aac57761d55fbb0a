# The response that passes is the one that was signed: sizes, modes, logs.

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

=== TEST 1: error_page 502 serves a refusal
--- inside: error_page 502 =503 /sorry;
--- beside: location = /sorry { return 503 "sorry"; }
--- table
flip_body                        503 \Asorry\z
-



=== TEST 2: statuses that are signed
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



=== TEST 3: a 204 has no body to be bound
--- inside: ioattest_bind off;
--- table
status=204                       204
status=304                       304
range                            206 \A.{10}\z
-



=== TEST 4: ioattest_buffer_size, to the byte
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



=== TEST 5: a dry run alters nothing, and counts
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



=== TEST 6: a dry run keeps the headers of what it would refuse
--- inside: ioattest_dry_run on;
--- request eval: $IoattestTable::Prompt
--- more_headers
X-Sim: flip_body=8, cookie
--- raw_response_headers_like: (?is)signing_address: 0x.*leaked|leaked.*signing_address: 0x
--- error_log
ioattest: would refuse response_hash_mismatch
