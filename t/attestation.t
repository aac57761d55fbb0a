# Every way for an attestation to fail: its reason, and no prompt sent.

use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/lib";

use Test::Nginx::Socket 'no_plan';

use IoattestEvidence;
use IoattestSim;
use IoattestTest qw( http_config gateway code_like cases );

IoattestSim->start(machines => 1);
add_block_preprocessor(\&IoattestSim::prepare);
add_block_preprocessor(sub {
    my ($block) = @_;
    $block->set_value('http_config', http_config());
    $block->set_value('config', $block->config // gateway($block->inside));
});

# Policies that ask for the machine's image, and for another one.
our @images = map { IoattestEvidence::file({ image_digests => [$_] }) }
    $ENV{TEST_NGINX_SIM_DIGEST}, 'sha256:' . '0' x 64;

# Each case has a model of its own: a failure is remembered for one model.
# Of a client's request nothing reaches the attestation but its key, which
# carries the case.

our $cases_config = IoattestTest::sim_control() . <<'END';
    location /v1/private/ {
        ioattest zone=io;
        ioattest_authorization $http_x_case;
        ioattest_request /_attestation;
        ioattest_model $http_x_model;
        ioattest_cpu off;
        ioattest_gpu off;
        proxy_pass http://api;
    }
    location = /_attestation {
        internal;
        proxy_set_header X-Sim-Attest $http_authorization;
        proxy_set_header Authorization "";
        proxy_read_timeout 500ms;
        proxy_pass http://api/v1/private/attestation;
    }
END

our @cases = cases(<<'END');
nonce_wrong            nonce_mismatch
nonce_prefix           nonce_mismatch
nonce_last             nonce_mismatch
nonce_0x               nonce_mismatch
nonce_short            nonce_mismatch
nonce_long             nonce_mismatch
nonce_space            nonce_mismatch
nonce_nonhex           nonce_mismatch
nonce_zero             nonce_mismatch
nonce_empty            nonce_mismatch
nonce_null             attestation_malformed
nonce_number           attestation_malformed
nonce_array            attestation_malformed
nonce_missing          attestation_malformed
address_no0x           attestation_malformed
address_0X             attestation_malformed
address_short          attestation_malformed
address_long           attestation_malformed
address_odd            attestation_malformed
address_nonhex         attestation_malformed
address_space          attestation_malformed
address_empty          attestation_malformed
address_null           attestation_malformed
address_number         attestation_malformed
address_array          attestation_malformed
address_nul            attestation_malformed
address_missing        attestation_malformed
digest_control         attestation_malformed
digest_space           attestation_malformed
digest_long            attestation_malformed
digest_empty           attestation_malformed
digest_number          attestation_malformed
digest_array           attestation_malformed
cpu_string             attestation_malformed
cpu_array              attestation_malformed
gpu_string             attestation_malformed
gpu_array              attestation_malformed
array                  attestation_malformed
dup_nonce              attestation_malformed
dup_nonce_first        attestation_malformed
dup_address            attestation_malformed
dup_address_first      attestation_malformed
dup_digest             attestation_malformed
dup_escaped            attestation_malformed
dup_same               attestation_malformed
key_case               attestation_malformed
deep                   attestation_malformed
big                    attestation_malformed
bad_utf8               attestation_malformed
cut_json               attestation_malformed
not_json               attestation_malformed
empty_body             attestation_malformed
trailing=x             attestation_malformed
leading=x              attestation_malformed
bom_body               attestation_malformed
error=500              attestation_unavailable
error=503              attestation_unavailable
error=404              attestation_refused
redirect               attestation_unavailable
close                  attestation_unavailable
reset                  attestation_unavailable
hang                   attestation_timeout
bad_status_line        attestation_unavailable
END

our $prompt = "POST /v1/private/completions\n"
    . '{"model":"Qwen/Qwen3-32B","prompt":"hello"}';
our $none = IoattestTest::none_sent();

our @headers = map { "X-Case: $_->[0]\nX-Model: m-$_->[0]" } @cases;
our @bodies = map { code_like($_->[1]) } @cases;

no_long_string();
no_shuffle();
run_tests();

__DATA__

=== TEST 1: each misbehaviour has its reason, and no prompt is sent
--- config eval: $main::cases_config
--- request eval
[(map { $main::prompt } @main::cases), "GET /_sim/stats"]
--- more_headers eval
[@main::headers, ""]
--- error_code eval
[(map { 502 } @main::cases), 200]
--- response_body_like eval
[@main::bodies, $main::none]
--- timeout: 10



=== TEST 2: what is well made passes, and the prompt is sent
--- config eval: $main::cases_config
--- request eval
[($main::prompt) x 7, "GET /_sim/stats"]
--- more_headers eval
[(map { "X-Case: $_\nX-Model: ok-$_" } qw( nonce_upper address_lower
    address_upper spaced extra big_below key_escaped )), ""]
--- error_code eval
[(200) x 8]
--- response_body_like eval
[(qr/"choices"/) x 7, qr/"completions":\s*\{"total":\s*7\b/]



=== TEST 3: the image digest is not the configured one
--- inside: ioattest_image_digest sha256:0000000000000000000000000000000000000000000000000000000000000000;
--- request eval
[$main::prompt, "GET /_sim/stats"]
--- error_code eval
[502, 200]
--- response_body_like eval
[IoattestTest::code_like("image_digest_mismatch"), $main::none]



=== TEST 4: the image digest is the configured one
--- inside: ioattest_image_digest $TEST_NGINX_SIM_DIGEST;
--- request eval: $main::prompt
--- response_body_like: "choices"



=== TEST 5: a 4xx of a caller's own key ends that caller's request alone
--- request eval
[($main::prompt) x 2, "GET /_sim/stats"]
--- more_headers eval
["Authorization: Bearer badattest", "Authorization: Bearer good", ""]
--- error_code eval
[401, 200, 200]
--- response_body_like eval
[IoattestTest::code_like("attestation_refused"), qr/"choices"/,
 qr/"completions":\s*\{"total":\s*1\b/]



=== TEST 6: three that bring no answer are remembered for ioattest_fail_timeout
--- sim: {"attest": "nonce_wrong", "attest_times": 3}
--- request eval
[($main::prompt) x 2, "GET /_sim/stats"]
--- error_code eval
[502, 502, 200]
--- response_body_like eval
[(IoattestTest::code_like("nonce_mismatch")) x 2,
 qr/"attestations":\s*\{"total":\s*3\b/]



=== TEST 7: and are forgotten after it
--- inside: ioattest_fail_timeout 1ms;
--- sim: {"attest": "nonce_wrong", "attest_times": 3}
--- request eval
[($main::prompt) x 2]
--- error_code eval
[502, 200]
--- response_body_like eval
[IoattestTest::code_like("nonce_mismatch"), qr/"choices"/]



=== TEST 8: one or two are no refusal: the request goes on to the next
--- inside: ioattest_fail_timeout 60s;
--- sim: {"attest": "nonce_wrong", "attest_times": 2}
--- request eval
[$main::prompt, "GET /_sim/stats"]
--- error_code eval
[200, 200]
--- response_body_like eval
[qr/"choices"/, qr/"attestations":\s*\{"total":\s*3\b/]



=== TEST 9: the control: whatever else is sent is seen
--- config eval: $main::cases_config . 'location /plain/ { proxy_pass http://api/; }'
--- request eval
["GET /plain/v1/private/completions", "GET /_sim/stats"]
--- error_code eval
[405, 200]
--- response_body_unlike eval
[qr/"choices"/, $main::none]



=== TEST 10: the image digest is not that of the policy file
--- inside eval: "ioattest_policy $main::images[1];"
--- request eval
[$main::prompt, "GET /_sim/stats"]
--- error_code eval
[502, 200]
--- response_body_like eval
[IoattestTest::code_like("image_digest_mismatch"), $main::none]



=== TEST 11: the image digest is that of the policy file
--- inside eval: "ioattest_policy $main::images[0];"
--- request eval: $main::prompt
--- response_body_like: "choices"
