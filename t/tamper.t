# Each way to tamper with a signature or an attestation is refused by its
# reason, beside the same answer left alone.

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

    location /unlisted/ {
        ioattest zone=io;
        ioattest_cpu off;
        ioattest_gpu off;
        ioattest_request /_ioattest/unlisted;

        # a variable that is set is shared with the subrequest
        set $attest $http_x_attest;

        proxy_hide_header signature;
        proxy_hide_header text;
        proxy_pass http://api/v1/private/;
    }

    location = /_ioattest/unlisted {
        internal;
        proxy_set_header Connection "";
        proxy_set_header X-Sim-Attest $attest;
        proxy_pass http://api/v1/private/attestation;
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

# A row is what the simulator does and what becomes of it; an empty reason: the
# answer is verified.

our @Signature = (
    ['', ''],
    ['sig_0x', ''],
    ['sig_upper', ''],
    ['sig_v01', ''],
    ['address_lower', ''],
    ['no_signature', 'no_signature'],
    ['drop=text', 'no_signature'],
    ['drop=signature', 'no_signature'],
    ['drop=signing_address', 'no_signature'],
    ['drop=signing_algo', 'no_signature'],
    ['algo', 'unsupported_algorithm'],
    ['empty=signing_algo', 'unsupported_algorithm'],
    ['dup=text', 'malformed_signature'],
    ['dup=signature', 'malformed_signature'],
    ['dup=signing_address', 'malformed_signature'],
    ['dup=signing_algo', 'malformed_signature'],
    ['dup=image_digest', 'malformed_signature'],
    ['dup_other=signature', 'malformed_signature'],
    ['dup_first=text', 'malformed_signature'],
    ['empty=signature', 'malformed_signature'],
    ['sig_0X', 'malformed_signature'],
    ['sig_0x0x', 'malformed_signature'],
    ['sig_nonhex', 'malformed_signature'],
    ['sig_short', 'malformed_signature'],
    ['sig_long', 'malformed_signature'],
    ['sig_odd', 'malformed_signature'],
    ['sig_space', 'malformed_signature'],
    ['sig_compact', 'malformed_signature'],
    ['sig_v=2', 'malformed_signature'],
    ['sig_v=29', 'malformed_signature'],
    ['sig_v=35', 'malformed_signature'],
    ['high_s', 'malformed_signature'],
    ['r_zero', 'malformed_signature'],
    ['s_zero', 'malformed_signature'],
    ['r_n', 'malformed_signature'],
    ['r_big', 'malformed_signature'],
    ['s_n', 'malformed_signature'],
    ['s_big', 'malformed_signature'],
    ['sig_zero', 'malformed_signature'],
    ['address_short', 'malformed_signature'],
    ['address_long', 'malformed_signature'],
    ['address_no0x', 'malformed_signature'],
    ['address_nonhex', 'malformed_signature'],
    ['empty=signing_address', 'malformed_signature'],
    ['empty=text', 'malformed_text'],
    ['signed_upper', 'malformed_text'],
    ['signed_short', 'malformed_text'],
    ['signed_long', 'malformed_text'],
    ['signed_space', 'malformed_text'],
    ['signed_half', 'malformed_text'],
    ['signed_model', 'malformed_text'],
    ['text_colon', 'malformed_text'],
    ['sig_flip=0', 'signature_mismatch'],
    ['sig_flip=300', 'signature_mismatch'],
    ['sig_parity', 'signature_mismatch'],
    ['sig_no_prefix', 'signature_mismatch'],
    ['sig_sha256', 'signature_mismatch'],
    ['sig_other_text', 'signature_mismatch'],
    ['text_digit', 'signature_mismatch'],
    ['text_swap', 'signature_mismatch'],
    ['address_of=1', 'signature_mismatch'],
    ['address_zero', 'signature_mismatch'],
    ['wrong_signer', 'signature_mismatch'],
    ['digest_missing', 'image_digest_mismatch'],
    ['digest_other', 'image_digest_mismatch'],
    ['digest_upper', 'image_digest_mismatch'],
    ['digest_short', 'image_digest_mismatch'],
    ['empty=image_digest', 'image_digest_mismatch'],
);

our @Attestation = (
    ['', ''],
    ['nonce_upper', ''],
    ['address_lower', ''],
    ['nonce_wrong', 'nonce_mismatch'],
    ['nonce_prefix', 'nonce_mismatch'],
    ['nonce_last', 'nonce_mismatch'],
    ['nonce_0x', 'nonce_mismatch'],
    ['nonce_short', 'nonce_mismatch'],
    ['nonce_long', 'nonce_mismatch'],
    ['nonce_zero', 'nonce_mismatch'],
    ['nonce_empty', 'nonce_mismatch'],
    ['nonce_missing', 'attestation_malformed'],
    ['nonce_number', 'attestation_malformed'],
    ['nonce_null', 'attestation_malformed'],
    ['address_missing', 'attestation_malformed'],
    ['address_short', 'attestation_malformed'],
    ['address_long', 'attestation_malformed'],
    ['address_no0x', 'attestation_malformed'],
    ['address_nonhex', 'attestation_malformed'],
    ['address_number', 'attestation_malformed'],
    ['address_nul', 'attestation_malformed'],
    ['digest_number', 'attestation_malformed'],
    ['digest_long', 'attestation_malformed'],
    ['dup_nonce', 'attestation_malformed'],
    ['dup_address', 'attestation_malformed'],
    ['dup_escaped', 'attestation_malformed'],
    ['array', 'attestation_malformed'],
    ['deep', 'attestation_malformed'],
    ['big', 'attestation_malformed'],
    ['bad_utf8', 'attestation_malformed'],
    ['cut_json', 'attestation_malformed'],
    ['not_json', 'attestation_malformed'],
    ['empty_body', 'attestation_malformed'],
    ['trailing', 'attestation_malformed'],
    ['gzip', 'attestation_malformed'],
    ['truncate', 'attestation_malformed'],
    ['status=500', 'attestation_unavailable'],
    ['status=503', 'attestation_unavailable'],
    ['status=404', 'attestation_unavailable'],
    ['close', 'attestation_unavailable'],
);

# A model of its own for each attestation: failures are remembered.
our @Models = map { "m$_" } 0 .. $#Attestation;

sub row_body {
    my ($reason) = @_;
    return $reason eq '' ? qr/echo: hello/ : qr/"code":"$reason"/;
}

sub row_code { $_[0] eq '' ? 200 : 502 }

no_long_string();
no_shuffle();
run_tests();

__DATA__

=== TEST 1: signatures of a response
--- http_config eval: $::HttpConfig
--- config eval: $::Config
--- request eval
[map { $::Ask } @::Signature]
--- more_headers eval
[map { $::Json . ($_->[0] ne '' ? "\nX-Sim: $_->[0], machine=0" : "\nX-Sim: machine=0") } @::Signature]
--- error_code eval
[map { ::row_code($_->[1]) } @::Signature]
--- response_body_like eval
[map { ::row_body($_->[1]) } @::Signature]
--- timeout: 20


=== TEST 2: attestations: what fails is refused before the API sees a prompt
--- http_config eval: $::HttpConfig
--- config eval: $::Config
--- request eval
[(map {
    "POST /unlisted/completions\n"
    . "{\"model\":\"$::Models[$_]\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}"
 } 0 .. $#::Attestation), "GET /_sim/stats"]
--- more_headers eval
[(map { "$::Json\nX-Sim: machine=0\nX-Attest: machine=0"
        . ($_->[0] ne '' ? ", $_->[0]" : '') } @::Attestation), ""]
--- error_code eval
[(map { ::row_code($_->[1]) } @::Attestation), 200]
--- response_body_like eval
my $good = grep { $_->[1] eq '' } @::Attestation;
[(map { ::row_body($_->[1]) } @::Attestation),
 qr/"completions":\{"total":$good,/]
--- timeout: 20
