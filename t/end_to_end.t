# The way of a request from end to end: attested, sent, verified, answered.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::Socket 'no_plan';
use IoattestSim;

IoattestSim->start(machines => 4);
add_block_preprocessor(\&IoattestSim::prepare);

our $HttpConfig = <<'_EOC_';
    ioattest_zone io:1m;
    ioattest_background off;
    ioattest_parallel 1;
    ioattest_ssl_verify off;

    upstream api {
        server 127.0.0.1:$TEST_NGINX_SIM_PORT;
        keepalive 8;
    }

    proxy_http_version 1.1;
    proxy_set_header Connection "";
_EOC_

our $Config = <<'_EOC_';
    location /v1/private/ {
        ioattest zone=io;
        ioattest_cpu off;
        ioattest_gpu off;
        ioattest_request /_ioattest/attestation;
        ioattest_models /_ioattest/models;
        add_header X-Verdict $ioattest_verdict always;
        add_header X-Reason $ioattest_reason always;
        proxy_pass http://api;
    }

    location /plain/ {
        proxy_pass http://api/v1/private/;
    }

    location = /_ioattest/attestation {
        internal;
        proxy_pass http://api/v1/private/attestation;
    }

    location = /_ioattest/models {
        internal;
        proxy_pass http://api/v1/models;
    }

    location /_sim/ {
        proxy_pass http://api;
    }

    location = /status {
        ioattest_status;
    }
_EOC_

our $Ask = <<'_EOC_';
POST /v1/private/completions
{"model":"meta-llama/Llama-3.3-70B-Instruct","messages":[{"role":"user","content":"hello"}]}
_EOC_
chomp $Ask;

our $Json = "Content-Type: application/json";

no_long_string();
no_shuffle();
run_tests();

__DATA__

=== TEST 1: a prompt goes out after an attestation, its answer is verified
--- http_config eval: $::HttpConfig
--- config eval: $::Config
--- request eval: $::Ask
--- more_headers eval: $::Json
--- error_code: 200
--- response_body_like: echo: hello
--- response_headers
X-Verdict: verified
--- raw_response_headers_like: signing_algo: ecdsa
--- no_error_log
[error]
[alert]


=== TEST 2: the same answer, with one bit of its signature flipped, is refused
--- http_config eval: $::HttpConfig
--- config eval: $::Config
--- request eval: $::Ask
--- more_headers eval: "$::Json\nX-Sim: sig_flip=77"
--- error_code: 502
--- response_body_like: ^\{"error":\{"message":"[^"]+","type":"attestation_error","param":null,"code":"signature_mismatch"\}\}$
--- response_headers
Content-Type: application/json
X-Verdict: rejected
X-Reason: signature_mismatch
!x-should-retry
--- raw_response_headers_unlike: (?m)^(?:signature|signing_address|text):
--- error_log
ioattest: refused signature_mismatch
--- no_error_log
[alert]


=== TEST 3: without the module it would have passed
--- http_config eval: $::HttpConfig
--- config eval: $::Config
--- request eval
my $ask = $::Ask; $ask =~ s{/v1/private}{/plain}; $ask
--- more_headers eval: "$::Json\nX-Sim: sig_flip=77"
--- error_code: 200
--- response_body_like: echo: hello


=== TEST 4: an attestation that fails: the API never sees the prompt
--- sim
{"attest": "nonce_wrong"}
--- http_config eval: $::HttpConfig
--- config eval: $::Config
--- request eval
[$::Ask, "GET /_sim/stats"]
--- more_headers eval
[$::Json, ""]
--- error_code eval
[502, 200]
--- response_body_like eval
[qr/"code":"nonce_mismatch"/, qr{"paths":\{(?:,?"/v1/(?:models|private/attestation)":\d+)*\},}]


=== TEST 5: many answers, one attestation; a machine not met before is attested when it answers
--- sim
{"completion_machines": [0, 0, 0, 1, 0, 1], "attest_machines": [0, 1, 2, 3]}
--- http_config eval: $::HttpConfig
--- config eval: $::Config
--- request eval
[($::Ask) x 3, "GET /_sim/stats", ($::Ask) x 3, "GET /_sim/stats"]
--- more_headers eval
[($::Json) x 3, "", ($::Json) x 3, ""]
--- error_code eval
[(200) x 8]
--- response_body_like eval
[(qr/echo: hello/) x 3, qr/"attestations":\{"total":1,/,
 (qr/echo: hello/) x 3, qr/"attestations":\{"total":2,/]
--- no_error_log
[error]


=== TEST 6: a forged signer is looked for, and refused
--- sim
{"completion": "forged"}
--- http_config eval: $::HttpConfig
--- config eval: $::Config
--- request eval: $::Ask
--- more_headers eval: $::Json
--- error_code: 502
--- response_body_like: "code":"untrusted_address"
--- response_headers
X-Reason: untrusted_address
!x-should-retry


=== TEST 7: the status page counts what was sent
--- http_config eval: $::HttpConfig
--- config eval: $::Config
--- request eval
[$::Ask, $::Ask, "GET /status"]
--- more_headers eval
[$::Json, "$::Json\nX-Sim: no_signature", ""]
--- error_code eval
[200, 502, 200]
--- response_body_like eval
[qr/echo/, qr/"code":"no_signature"/,
 qr/"responses":\{"verified":1,"unsigned":0,"rejected":\{"no_signature":1\}\},"attestations":\{"verified":1,"rejected":\{\},/]
