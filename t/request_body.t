# ioattest_bind both: bodies of every size and framing, and the variables.

use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/lib";

use Digest::SHA qw( sha256_hex );
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

=== TEST 1: a body of 3 MB that nginx spools to a file
--- inside
ioattest_bind both;
client_max_body_size 8m;
client_body_buffer_size 16k;
--- cases eval
[main::all('', "{$main::model,\"prompt\":\"" . ("x \\u00e9" x 400_000) . '"}',
           "{$main::model,\"prompt\":\"" . ("x" x 3_000_000) . '"}'),
 main::all('request_ambiguous',
           "{$main::model,\"prompt\":\"" . ("x" x 3_000_000) . '","n":"1"}')]
--- status
"requests":\{"match":2,"mismatch":0,"unknown":0\}



=== TEST 2: ioattest_buffer_size bounds the request as well
--- inside: ioattest_bind both; ioattest_buffer_size 64k;
--- cases eval
[main::all('', "{$main::model,\"prompt\":\"" . ("x" x 60_000) . '"}'),
 main::all('request_too_large',
           "{$main::model,\"prompt\":\"" . ("x" x 70_000) . '"}',
           "{$main::model,\"prompt\":\"" . ("\xc3\xa9" x 12_000) . '"}')]
--- stats
"completions":\{"total":1,



=== TEST 3: a chunked request
--- inside: ioattest_bind both;
--- raw_request eval
CORE::join "\r\n", 'POST /v1/private/completions HTTP/1.1', 'Host: localhost',
    'Connection: close', 'Transfer-Encoding: chunked', '',
    (map { (sprintf('%x', length $_), $_) } $main::simple =~ /.{1,7}/g), '0',
    '', ''
--- error_code: 200
--- response_body_like: "choices"
--- no_error_log
[error]



=== TEST 4: proxy_request_buffering off, and a body kept in a file
--- inside
ioattest_bind both;
proxy_request_buffering off;
client_body_in_file_only clean;
--- table
-
request_hash                     request_hash_mismatch



=== TEST 5: ioattest_model does not make a request less ambiguous
--- inside: ioattest_bind both; ioattest_model Qwen/Qwen3-32B;
--- cases eval
[main::all('', $main::simple, '{"prompt":"no model"}'),
 main::all('request_ambiguous', '{"model":5}', "{$main::model,$main::model}")]
--- stats
"completions":\{"total":2,



=== TEST 6: $ioattest_request_sha256 and $ioattest_response_sha256
--- outside eval: $main::log
--- inside eval: $main::seen
--- request eval: $main::path . $main::simple
--- more_headers
X-Sim: content=ok
--- response_headers eval
"X-Request-Sha256: $main::simple_request
X-Response-Sha256: $main::simple_response"
--- access_log eval
"q=$main::simple_request p=$main::simple_response;"



=== TEST 7: of a stream, known when it is logged
--- outside eval: $main::log
--- inside eval: $main::seen
--- request eval: $main::path . "{$main::model,\"prompt\":\"\",\"stream\":true}"
--- response_headers eval
'X-Request-Sha256: ' . Digest::SHA::sha256_hex(
    "{$main::model,\"stream\":true,\"prompt\":\"\"}") . "\nX-Response-Sha256: "
--- access_log eval
qr/q=[0-9a-f]{64} p=[0-9a-f]{64};/



=== TEST 8: of a request that cannot be foretold
--- outside eval: $main::log
--- inside eval: $main::seen
--- request eval: $main::path . "{$main::model,\"prompt\":\"\",\"n\":\"1\"}"
--- access_log eval
qr/q= p=[0-9a-f]{64};/



=== TEST 9: with ioattest_bind off
--- outside eval: $main::log
--- inside eval: "ioattest_bind off; $main::seen"
--- request eval: $main::path . $main::simple
--- access_log
q= p=;
