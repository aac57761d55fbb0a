# The status page and the metrics: their forms, and who gets which.

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

=== TEST 1: metrics
--- table
-
--- metrics
(?m)^ioattest_responses_total\{zone="io",verdict="verified",reason=""\} 1$
(?m)^ioattest_verify_seconds_count\{zone="io"\} \d+$



=== TEST 2: and their type
--- request
GET /metrics
--- response_headers
Content-Type: text/plain; version=0.0.4; charset=utf-8



=== TEST 3: metrics by Accept, else JSON
--- request eval
["GET /status", "GET /status"]
--- more_headers eval
["Accept: text/plain;version=0.0.4", "Accept: */*"]
--- response_body_like eval
[qr/^# HELP/, qr/^\{"version"/]



=== TEST 4: POST is not allowed, HEAD is
--- request eval
["POST /status", "HEAD /status"]
--- error_code eval
[405, 200]



=== TEST 5: every zone is there
--- outside
ioattest_zone tiny:32k;
ioattest_zone idle:32k;
--- table
--- status
\A\{(?:(?!"name":).)*(?:"name":"\w+"(?:(?!"name":).)*){3}\z


=== TEST 6: a name that a terminal would obey
--- inside
ioattest_model "ab‮cä";
ioattest_model_id id-of-it;
--- table
-
--- status
"model":"a\?+b\?+cä"
