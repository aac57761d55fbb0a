# ioattest_bind both: requests whose hash is foretold, and others.

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

=== TEST 1: requests whose hash is foretold
--- inside: ioattest_bind both;
--- cases eval: [main::all('', @main::fine)]
--- status eval: '"requests":\{"match":' . @main::fine . ',"mismatch":0,"unknown":0\}'
--- metrics eval: 'ioattest_requests_total\{zone="io",[^}]*"match"[^}]*\} ' . @main::fine . "\n"



=== TEST 2: requests whose hash is not are refused before anything is sent
--- inside: ioattest_bind both;
--- cases eval: [main::all('request_ambiguous', '', @main::ambiguous, @main::model)]
--- stats
"paths":\{(?:,?"/v1/(?:models|private/attestation)":\d+)*\},
"attestations":\{"total":0,
--- status eval
'"rejected":\{"request_ambiguous":' . (1 + @main::ambiguous + @main::model) . '\}'



=== TEST 3: the refusal in full
--- inside: ioattest_bind both; add_header X-Reason $ioattest_reason always;
--- request eval: $main::path . "{$main::model,\"max_tokens\":\"5\"}"
--- error_code: 400
--- response_headers
Content-Type: application/json
X-Reason: request_ambiguous
x-should-retry: false
--- response_body_like eval: IoattestTest::code_like("request_ambiguous")
--- error_log
ioattest: refused request_ambiguous



=== TEST 4: without ioattest_bind both they are sent, and counted as unknown
--- outside: log_format io "$ioattest_request_sha256";
--- cases eval
[main::all('', grep { !/NaN|Infinity|ud800|1e400|"x":9{4301}/ }
               grep { !/"messages":[{"]|max_tokens":1[.e]|"n":\{|temperature":\[|logprobs":5/ }
               grep { !/stream":(?:1|"true")/ } @main::ambiguous),
 main::all('', $main::simple)]
--- status
"requests":\{"match":1,"mismatch":0,"unknown":(?!0)\d+\}



=== TEST 5: what the agent itself refuses is an error of its own
--- cases eval
[main::all('422 detail', map { "{$main::model,$_}" } '"max_tokens":1.5',
           '"n":{}', '"messages":{}', '"messages":"hello"', '"logprobs":5')]
--- stats
"completions":\{"total":5,



=== TEST 6: no mode sends a body of which the model cannot be told
--- cases eval
[main::all('request_ambiguous', @main::model),
 main::all('model_unknown', '', '{"prompt":1}', '{"model":5}')]
--- stats
"paths":\{(?:,?"/v1/(?:models|private/attestation)":\d+)*\},



=== TEST 7: coded bodies
--- inside: ioattest_bind both;
--- cases eval
[[$main::path . $main::simple, 'Content-Encoding: gzip', 'request_ambiguous'],
 [$main::path . $main::simple, 'content-encoding: br', 'request_ambiguous'],
 [$main::path . $main::simple, 'Content-Encoding: identity, gzip',
  'request_ambiguous'],
 [$main::path . $main::simple, 'Content-Encoding:', 'request_ambiguous'],
 [$main::path . $main::simple, "Content-Encoding: identity\nContent-Encoding: gzip",
  'request_ambiguous'],
 [$main::path . $main::simple, 'Content-Encoding: identity', ''],
 [$main::path . $main::simple, '', '']]
--- stats
"completions":\{"total":2,
