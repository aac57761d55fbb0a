# A kept connection that the API closes as an attestation, or what it needs,
# goes out: asked once more, with another nonce.

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

=== TEST 1: closed without a byte: asked once more, by another nonce
--- sim: {"attest": "close", "attest_times": 1}
--- table
-
-
--- stats
"attestations":\{"total":2,
"nonces_unique":2,
--- status
"attestations":\{"verified":1,"rejected":\{\},



=== TEST 2: reset without a byte
--- sim: {"attest": "reset", "attest_times": 1}
--- table
-
--- stats
"attestations":\{"total":2,
"nonces_unique":2,



=== TEST 3: once, and no more; three that fail are a refusal
--- sim: {"attest": "close", "attest_times": 4}
--- inside: ioattest_fail_timeout 60s;
--- table
-                          attestation_unavailable
-                          attestation_unavailable
--- stats
"attestations":\{"total":4,
"paths":\{(?:,?"/v1/(?:models|private/attestation)":\d+)*\},
--- status
"attestations":\{"verified":0,"rejected":\{"attestation_unavailable":3\},
"leases":0



=== TEST 4: a connection that was not kept says something of the API
--- sim: {"attest": "close", "attest_times": 3, "models": "no_keepalive"}
--- table
-                          attestation_unavailable
--- stats
"attestations":\{"total":3,
"paths":\{(?:,?"/v1/(?:models|private/attestation)":\d+)*\},



=== TEST 5: and so does a part of an answer
--- sim: {"attest": "truncate", "attest_times": 3}
--- table
-                          attestation_malformed
--- stats
"attestations":\{"total":3,
"paths":\{(?:,?"/v1/(?:models|private/attestation)":\d+)*\},



=== TEST 6: an error is an answer
--- sim: {"attest": "status=502", "attest_times": 3}
--- table
-                          attestation_unavailable
--- stats
"attestations":\{"total":3,
