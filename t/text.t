# ioattest_text raw: hashes of the bytes as they passed.

use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/lib";

use Digest::SHA qw( sha256_hex );
use Test::Nginx::Socket 'no_plan';

use IoattestSim;
use IoattestTable;
use IoattestTexts;

IoattestSim->start(machines => 1);
add_block_preprocessor(\&IoattestSim::prepare);
add_block_preprocessor(\&IoattestTable::prepare);

no_long_string();
no_shuffle();
run_tests();

__DATA__

=== TEST 1: raw: hashes of the bytes, with a model's name or none
--- outside: log_format io "$ioattest_request_sha256";
--- inside: ioattest_text raw;
--- cases eval
[main::raw(''),
 main::raw('', model => $main::name),
 main::raw('', said => 'no JSON: "choices"', more => 'chunked'),
 main::raw('', said => "$main::said\n"),
 main::raw('', more => 'every_byte'),
 main::raw('response_hash_mismatch', of_said => "$main::said "),
 main::raw('response_hash_mismatch', more => 'flip_body'),
 main::raw('response_hash_mismatch', more => 'trailing=%20'),
 main::raw('response_hash_mismatch', more => 'truncate=1'),
 main::raw('response_hash_mismatch', more => 'empty_body'),
 main::raw('response_hash_mismatch', model => $main::name,
           of_said => "$main::said\n"),
 main::raw('encoded_body', more => 'gzip'),
 main::raw('signature_mismatch', more => 'text_digit'),
 main::raw('malformed_text', more => 'text_short'),
 main::raw('no_signature', more => 'unsigned'),
 main::signed($main::said, main::sha256_hex($main::said), 'malformed_text'),
 main::raw('')]
--- status
"requests":\{"match":6,"mismatch":0,"unknown":0\}
"response_hash_mismatch":6



=== TEST 2: raw: an answer of the agent's form does not fit
--- inside: ioattest_text raw;
--- table
-                                response_hash_mismatch
signed_model                     response_hash_mismatch



=== TEST 3: agent: and one of these does not fit the agent's
--- cases eval
[main::raw('response_hash_mismatch'),
 main::raw('malformed_text', model => $main::name)]



=== TEST 4: raw: statuses without a body
--- inside: ioattest_text raw;
--- cases eval
[main::raw('204', said => '', more => 'status=204'),
 main::raw('200 \A\z', said => ''),
 main::raw('response_hash_mismatch', more => 'status=204')]



=== TEST 5: raw: another request
--- outside: log_format io "$ioattest_request_sha256";
--- inside: ioattest_text raw;
--- cases eval
[main::raw('', of_asked => 'another'),
 main::raw('', model => 'another/model'),
 main::raw('')]
--- status
"requests":\{"match":1,"mismatch":2,"unknown":0\}



=== TEST 6: raw: ioattest_bind both
--- inside: ioattest_text raw; ioattest_bind both;
--- cases eval
[main::raw(''),
 main::raw('', model => $main::name),
 main::raw('', asked => qq({ "model" : "$main::name" })),
 main::raw('', asked => qq({"model":"$main::name","n":"1","x":1,"x":2})),
 main::raw('request_hash_mismatch', of_asked => "$main::asked\n"),
 main::raw('request_hash_mismatch', model => 'another/model'),
 main::raw('malformed_text', model => ''),
 main::raw('request_hash_mismatch', model => "$main::name "),
 main::raw('request_hash_mismatch', model => lc $main::name),
 main::raw('response_hash_mismatch', model => 'another/model',
           more => 'flip_body')]
--- status
"requests":\{"match":4,"mismatch":4,"unknown":0\}



=== TEST 7: raw: coded requests have no hash that is foretold
--- inside: ioattest_text raw; ioattest_bind both; ioattest_model Qwen/Qwen3-32B;
--- cases eval
[[$main::path . $main::asked, 'Content-Encoding: gzip', 'request_ambiguous']]
--- stats
"paths":\{(?:,?"/v1/(?:models|private/attestation)":\d+)*\},



=== TEST 8: raw: ioattest_model is the name that is compared
--- inside: ioattest_text raw; ioattest_bind both; ioattest_model Qwen/Qwen3-32B;
--- cases eval
[main::raw('', model => $main::name, asked => '{"prompt":"no model"}'),
 main::raw('request_hash_mismatch', model => 'another/model',
           asked => '{"model":"another/model"}')]



=== TEST 9: raw: a request that is spooled
--- inside
ioattest_text raw;
ioattest_bind both;
client_body_buffer_size 4k;
client_max_body_size 2m;
--- cases eval
my $asked = qq({"model":"$main::name","prompt":") . 'x' x 1_500_000 . '"}';
[main::raw('', asked => $asked),
 main::raw('request_hash_mismatch', asked => $asked, of_asked => "${asked}x")]



=== TEST 10: raw: streams are held whole
--- inside: ioattest_text raw;
--- cases eval
my $type = 'no_stream, content_type=text/event-stream, pieces=5';
my $asked = qq({"model":"$main::name","stream":true});
[main::raw('', said => $main::events, more => $type, asked => $asked),
 main::raw('response_hash_mismatch', said => $main::events, asked => $asked,
           more => "$type, trailing=x"),
 main::raw('response_hash_mismatch', said => $main::events, asked => $asked,
           more => "$type, flip_body")]



=== TEST 11: raw: with ioattest_bind off a changed body passes
--- inside: ioattest_text raw; ioattest_bind off;
--- cases eval
[main::raw('200 behind\z', more => 'trailing=behind'),
 main::raw('signature_mismatch', more => 'sig_flip')]



=== TEST 12: where nothing is attested no name of a model is needed
--- beside
location /trusting/ {
    ioattest zone=io;
    ioattest_trust $TEST_NGINX_SIM_ADDRESS_0;
    ioattest_model $http_x_none;
    proxy_pass http://api/v1/private/;
}
--- request eval
"POST /trusting/completions\n$main::asked"
--- response_body_like: choices
