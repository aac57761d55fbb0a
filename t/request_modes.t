# What becomes of a request's hash in each mode: refused, counted, passed.

use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/lib";

use Test::Nginx::Socket 'no_plan';

use IoattestSim;
use IoattestTable;
use IoattestRequests;

IoattestSim->start(machines => 1);
add_block_preprocessor(\&IoattestSim::prepare);
add_block_preprocessor(\&IoattestTable::prepare);

no_long_string();
no_shuffle();
run_tests();

__DATA__

=== TEST 1: an API that signs another request
--- inside: ioattest_bind both;
--- table
-
request_hash                     request_hash_mismatch
swap_hashes                      response_hash_mismatch
request_hash, flip_body          response_hash_mismatch
request_hash, sig_flip           signature_mismatch
-
--- status
"requests":\{"match":2,"mismatch":1,"unknown":0\}



=== TEST 2: with ioattest_bind response it passes and is counted
--- outside: log_format io "$ioattest_request_sha256";
--- table
-
request_hash
-
--- status
"requests":\{"match":2,"mismatch":1,"unknown":0\}
--- metrics
ioattest_requests_total\{zone="io",[^}]*mismatch[^}]*\} 1



=== TEST 3: with a dry run as well
--- inside: ioattest_bind both; ioattest_dry_run on;
--- table
-
request_hash
--- status
"requests":\{"match":1,"mismatch":1,"unknown":0\}
"dry_run_would_reject":1\b



=== TEST 4: a dry run sends what is ambiguous
--- inside: ioattest_bind both; ioattest_dry_run on;
--- cases eval: [main::all('', "{$main::model,\"max_tokens\":\"5\"}")]
--- status
"dry_run_would_reject":1\b



=== TEST 5: streams, both ways of passing them on
--- inside: ioattest_bind both;
--- ask eval: $main::path . "{$main::model,\"prompt\":\"hello\",\"stream\":true}"
--- table
-                                200 data: \[DONE\]
request_hash                     200 event: error\n.*"request_hash_mismatch"
response_hash                    200 event: error\n.*"response_hash_mismatch"
no_stream
--- status
"requests":\{"match":2,"mismatch":1,"unknown":0\}



=== TEST 6: streams that are held
--- inside: ioattest_bind both; ioattest_stream hold;
--- ask eval: $main::path . "{$main::model,\"prompt\":\"hello\",\"stream\":true}"
--- table
-                                200 data: \[DONE\]
request_hash                     request_hash_mismatch
response_hash                    response_hash_mismatch
