# What a caller does wrong has a status of the caller's, and is told why.

use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/lib";

use Test::Nginx::Socket 'no_plan';

use IoattestSim;
use IoattestTable;
use IoattestTest ();
use IoattestRequests;

IoattestSim->start(machines => 1);
add_block_preprocessor(\&IoattestSim::prepare);
add_block_preprocessor(\&IoattestTable::prepare);

our ($path, $model);

# What request_ambiguous says behind its colon, for a body.

our @causes = (
    ["{$model,$model}", 'a duplicate key'],
    ["{$model,\"x\":\"\xff\"}", 'not UTF-8'],
    ["\xff\xfe{\0}\0", 'not UTF-8'],
    ["model=x", 'not JSON'],
    ["{$model", 'not JSON'],
    ['[]', 'not a JSON object'],
    ['{"model":"\\ud800"}', 'a lone surrogate'],
    ['{"model":"a\\u0000"}', 'a null character'],
    ["{$model,\"x\":NaN}", 'a number that is malformed, too large or too long'],
    ["{$model,\"x\":" . ('[' x 10240), 'nested too deep'],
);

our @both = (
    ["{$model,\"prompt\":1,\"prompt\":2}", 'a duplicate key'],
    ["{$model,\"prompt\":\"\\ud800\"}", 'a lone surrogate'],
    ["{$model,\"x\":" . ('[' x 64) . (']' x 64) . '}', 'nested too deep'],
    ["{$model,\"max_tokens\":\"5\"}", 'a string for a number in max_tokens'],
    ["{$model,\"temperature\":\"0.5\"}",
     'a string for a number in temperature'],
    ["{$model,\"n\":true}", 'a bool for a number in n'],
    ["{$model,\"max_tokens\":1.5}", 'not a whole number in max_tokens'],
    ["{$model,\"stream\":1}", 'not a bool in stream'],
    ["{$model,\"messages\":\"secret-prompt\"}", 'not an array in messages'],
    ['{"model":5}', 'not a string in model'],
);

our $json = 'Content-Type: application/json';

sub told {
    return map { [$path . $_->[0], $json, "400 \\A\\{\"error\":\\{\"message\":"
        . "\"The request can be read in more than one way: $_->[1]\\.\","
        . '.*"code":"request_ambiguous"'] } @_;
}

our $none = IoattestTest::none_sent();
our $cors = 'if ($request_method = OPTIONS) { add_header '
    . 'Access-Control-Allow-Origin *; return 204; }';

no_long_string();
no_shuffle();
run_tests();

__DATA__

=== TEST 1: each cause, in every mode
--- cases eval: [main::told(@main::causes)]
--- stats eval: $main::none



=== TEST 2: and with ioattest_bind off
--- inside: ioattest_bind off;
--- cases eval: [main::told(@main::causes)]
--- stats eval: $main::none



=== TEST 3: with ioattest_bind both also what the agent would coerce
--- inside: ioattest_bind both;
--- cases eval: [main::told(@main::causes, @main::both)]
--- stats eval: $main::none
--- no_error_log
secret-prompt
[alert]



=== TEST 4: without it that passes
--- cases eval
[main::all('', map { $_->[0] } grep { $_->[1] !~ /array|whole|not a string|surrogate/ }
               @main::both)]



=== TEST 5: a coded body says so
--- cases eval
[[$main::path . $main::simple, 'Content-Encoding: gzip',
  '400 more than one way: a body with a Content-Encoding\.'],
 [$main::path . $main::simple, 'Content-Encoding: identity', '']]



=== TEST 6: a larger body than ioattest_buffer_size, with ioattest_bind both
--- inside: ioattest_bind both; ioattest_buffer_size 8k;
--- cases eval
[[$main::path . "{$main::model,\"prompt\":\"" . ('x' x 8300) . '"}', $main::json,
  'request_too_large'],
 [$main::path . "{$main::model,\"prompt\":\"" . ("\xc3\xa9" x 3000) . '"}',
  $main::json, 'request_too_large'],
 [$main::path . "{$main::model,\"prompt\":\"" . ('x' x 7800) . '"}', $main::json,
  ''],
 [$main::path . $main::simple, $main::json, '']]
--- status
"rejected":\{"request_too_large":2\}
--- stats
"completions":\{"total":2,



=== TEST 7: what the log has of it
--- inside: ioattest_bind both; ioattest_buffer_size 8k;
--- request eval: $main::path . "{$main::model,\"prompt\":\"" . ('x' x 8300) . '"}'
--- error_code: 413
--- response_headers
Content-Type: application/json
x-should-retry: false
--- response_body_like eval: IoattestTest::code_like("request_too_large")
--- error_log
ioattest: refused request_too_large: The request is too large for its hash to be computed; ioattest_buffer_size is less than the request



=== TEST 8: and of a cause
--- inside: ioattest_bind both;
--- request eval: $main::path . "{$main::model,\"top_p\":\"secret-prompt\"}"
--- error_code: 400
--- error_log
ioattest: refused request_ambiguous: The request can be read in more than one way: a string for a number in top_p, model
--- no_error_log
secret-prompt



=== TEST 9: without it only the hash is missing
--- inside: ioattest_buffer_size 8k;
--- ask eval: $main::path . "{$main::model,\"max_tokens\":1,\"y\":\"" . ('x' x 8300) . '"}'
--- table
-
--- status
"requests":\{"match":0,"mismatch":0,"unknown":1\}



=== TEST 10: methods
--- cases eval
[['HEAD /v1/private/completions', '', '405 \A\z'],
 (map { ["$_ /v1/private/completions", '', '405 "code":"no_signature"'] }
      qw( GET PUT DELETE OPTIONS PATCH )),
 ["GET /v1/private/completions\n$main::simple", $main::json,
  '405 "code":"no_signature"'],
 [$main::path . $main::simple, $main::json, '']]
--- stats
"completions":\{"total":1,



=== TEST 11: and what they say
--- request: GET /v1/private/completions
--- error_code: 405
--- response_headers
Content-Type: application/json
Allow: POST
x-should-retry: false
--- response_body_like eval: IoattestTest::code_like("no_signature")
--- error_log
ioattest: refused no_signature



=== TEST 12: of HEAD with any text, of others with the agent's alone
--- inside: ioattest_text raw;
--- cases eval
[['HEAD /v1/private/completions', '', '405 \A\z'],
 ["GET /v1/private/completions\n$main::simple", $main::json,
  '405 "detail"']]



=== TEST 13: error_page for these statuses
--- inside
error_page 400 = @bad; error_page 403 404 = @model; error_page 405 = @method;
--- beside
location @bad { return 418 "bad $ioattest_reason\n"; }
location @model { return 418 "model $ioattest_reason\n"; }
location @method { return 418 "method $ioattest_reason\n"; }
--- cases eval
[[$main::path . "{$main::model,$main::model}", $main::json,
  '418 \Abad request_ambiguous\n\z'],
 [$main::path . '{"model":"nobody"}', $main::json,
  '418 \Amodel model_unknown\n\z'],
 [$main::path . '{"model":"acme/plain-7b"}', $main::json,
  '418 \Amodel model_not_attestable\n\z'],
 ['GET /v1/private/completions', '', '418 \Amethod no_signature\n\z']]



=== TEST 14: a page of the site's for 405 keeps Allow
--- inside: error_page 405 /page.html;
--- user_files
>>> page.html
a page
--- request: GET /v1/private/completions
--- error_code: 405
--- response_headers
Allow: POST
--- response_body
a page



=== TEST 15: a dry run refuses none of them
--- inside: ioattest_dry_run on; ioattest_bind both; ioattest_buffer_size 8k;
--- cases eval
[[$main::path . "{$main::model,$main::model}", $main::json, ''],
 [$main::path . '{"model":"nobody"}', $main::json, ''],
 [$main::path . '{"model":"acme/plain-7b"}', $main::json, ''],
 [$main::path . "{$main::model,\"prompt\":\"" . ('x' x 8300) . '"}', $main::json,
  ''],
 ['GET /v1/private/completions', '', '405 "detail"']]
--- status
"dry_run_would_reject":5\b



=== TEST 16: nginx's own answer before the gate passes
--- inside eval: $main::cors
--- cases eval
[['OPTIONS /v1/private/completions', '', '204 \A\z'],
 ['GET /v1/private/completions', '', '405 no_signature'],
 [$main::path . $main::simple, $main::json, '']]
--- stats
"completions":\{"total":1,
--- status
"rejected":\{"no_signature":1\}



=== TEST 17: with what it is to say
--- inside eval: $main::cors
--- request: OPTIONS /v1/private/completions
--- error_code: 204
--- response_headers
Access-Control-Allow-Origin: *
--- no_error_log
ioattest: refused



=== TEST 18: a name that is no text is an unknown model
--- inside: ioattest_model $http_x_model; ioattest_model_id $http_x_id;
--- beside
location /names/ {
    ioattest zone=io;
    ioattest_request /_attestation;
    ioattest_models off;
    ioattest_cpu off;
    ioattest_gpu off;
    ioattest_model $http_x_model;
    proxy_pass http://api/v1/private/;
}
--- cases eval
[[$main::path . $main::simple, "X-Model: a\nX-Id: b", ''],
 [$main::path . $main::simple, "X-Model: \xff\nX-Id: b", 'model_unknown'],
 [$main::path . $main::simple, "X-Model: a\nX-Id: \xc0\xaf", 'model_unknown'],
 [$main::path . $main::simple, "X-Model: a\nX-Id: \xed\xa0\x80",
  'model_unknown'],
 [$main::path . $main::simple, "X-Model: a\nX-Id: b\xc3", 'model_unknown'],
 ["POST /names/completions\n$main::simple", "X-Model: \xfe", 'model_unknown'],
 ["POST /names/completions\n$main::simple", "X-Model: caf\xc3\xa9", '']]
--- status eval
"\"rejected\":\\{\"model_unknown\":5\\}\n\"model\":\"caf\xc3\xa9\"\n\\A(?!.*[\xff\xfe])"



=== TEST 19: bytes that are no text, as a zone's name, on both pages
--- outside eval: "ioattest_zone z\xff\x01\xc3\xa9:32k;\n"
--- cases eval: [['GET /_sim/stats', '', '200']]
--- status eval: "\"name\":\"z\\?\\?\xc3\xa9\","
--- metrics eval: "zone=\"z\\?\\?\xc3\xa9\""



=== TEST 20: the size counts with any text that the request is in
--- inside: ioattest_text raw; ioattest_bind both; ioattest_buffer_size 8k;
--- cases eval
[[$main::path . "{$main::model,\"prompt\":\"" . ('x' x 8300) . '"}', $main::json,
  'request_too_large']]
--- stats eval: $main::none
