# What a client and the log see of a refusal.

use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/lib";

use Test::Nginx::Socket 'no_plan';

use IoattestSim;
use IoattestTest qw( http_config gateway code_like );

IoattestSim->start(machines => 1);
add_block_preprocessor(\&IoattestSim::prepare);
add_block_preprocessor(sub {
    my ($block) = @_;
    $block->set_value('http_config', http_config() . ($block->outside // ''));
    $block->set_value('config', gateway($block->inside)
        . ($block->beside // '')) if !defined $block->config;
});

our $path = "POST /v1/private/completions\n";
our $prompt = $path . '{"model":"Qwen/Qwen3-32B","prompt":"hello"}';
our $none = IoattestTest::none_sent();

no_long_string();
no_shuffle();
run_tests();

__DATA__

=== TEST 1: shape and headers, nothing leaks, one line is logged
--- sim: {"completion": ["sig_flip", "evil_headers"]}
--- request eval: $main::prompt
--- more_headers: Authorization: Bearer secret-key
--- error_code: 502
--- response_headers
Content-Type: application/json
x-should-retry:
Set-Cookie:
signature:
text:
Refresh:
Link:
--- response_body_like eval: IoattestTest::code_like("signature_mismatch")
--- grep_error_log eval: qr/\[error\][^\n]*ioattest: refused \w+|\[error\][^\n]*(?:secret-key|hello)/
--- grep_error_log_out eval: qr/\A\[error\][^\n]*refused signature_mismatch\n\z/



=== TEST 2: so has one of an attestation
--- sim: {"attest": "nonce_wrong"}
--- request eval
[$main::prompt, "GET /_sim/stats"]
--- error_code eval
[502, 200]
--- response_headers eval
["x-should-retry:", ""]
--- response_body_like eval
[IoattestTest::code_like("nonce_mismatch"), $main::none]



=== TEST 3: error_page named and with a status of its own
--- sim: {"completion": "sig_flip"}
--- inside: error_page 502 = @sorry;
--- beside
location @sorry { return 503 "sorry $ioattest_reason\n"; }
--- request eval: $main::prompt
--- error_code: 503
--- response_body
sorry signature_mismatch



=== TEST 4: the connection is kept
--- sim: {"completion": "sig_flip", "completion_times": 1}
--- pipelined_requests eval
[($main::prompt) x 2]
--- error_code eval
[502, 200]
--- response_body_like eval
[IoattestTest::code_like("signature_mismatch"), qr/"choices"/]



=== TEST 5: what no other machine mends says so
--- sim: {"completion": "gzip"}
--- request eval: $main::prompt
--- error_code: 502
--- response_headers
x-should-retry: false
--- response_body_like eval: IoattestTest::code_like("encoded_body")
