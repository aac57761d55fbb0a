# Every way to tamper with the headers of a signature, and its reason.

use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/lib";

use Test::Nginx::Socket 'no_plan';

use IoattestSim;
use IoattestTest qw( http_config gateway code_like cases );

IoattestSim->start(machines => 1);
add_block_preprocessor(\&IoattestSim::prepare);
add_block_preprocessor(sub {
    my ($block) = @_;
    $block->set_value('http_config', http_config());
    $block->set_value('config', gateway($block->inside // ''))
        if !defined $block->config;
});

# A good answer goes before each tampered one and after the last.

our $prompt = "POST /v1/private/completions\n"
    . '{"model":"Qwen/Qwen3-32B","prompt":"hello"}';

our @cases = cases(<<'END');
drop=text              no_signature
drop=signature         no_signature
drop=signing_address   no_signature
drop=signing_algo      no_signature
no_signature           no_signature
unsigned               no_signature
trailer_seal           no_signature
dup=text               malformed_signature
dup=signature          malformed_signature
dup=signing_address    malformed_signature
dup=signing_algo       malformed_signature
dup_other=text         malformed_signature
dup_first=text         malformed_signature
dup_other=signature    malformed_signature
dup_first=signature    malformed_signature
digest_dup             malformed_signature
empty=signature        malformed_signature
empty=signing_address  malformed_signature
empty=text             malformed_text
empty=signing_algo     unsupported_algorithm
algo                   unsupported_algorithm
algo=ECDSA             unsupported_algorithm
sig_nonhex             malformed_signature
sig_short              malformed_signature
sig_long               malformed_signature
sig_odd                malformed_signature
sig_huge=2000          malformed_signature
sig_0x0x               malformed_signature
sig_space              malformed_signature
sig_compact            malformed_signature
sig_flip               signature_mismatch
sig_other_text         signature_mismatch
sig_no_prefix          signature_mismatch
sig_sha256             signature_mismatch
sig_parity             signature_mismatch
wrong_signer           signature_mismatch
text_digit             signature_mismatch
text_swap              signature_mismatch
text_upper             malformed_text
text_short             malformed_text
text_long              malformed_text
text_space             malformed_text
text_trailing          malformed_text
text_colon             malformed_text
signed_upper           malformed_text
signed_short           malformed_text
signed_long            malformed_text
signed_space           malformed_text
signed_half            malformed_text
signed_model           malformed_text
address_short          malformed_signature
address_long           malformed_signature
address_no0x           malformed_signature
address_nonhex         malformed_signature
address_zero           signature_mismatch
digest_other           image_digest_mismatch
digest_upper           image_digest_mismatch
digest_short           image_digest_mismatch
digest_missing         image_digest_mismatch
sig_0x
sig_upper
sig_v01
address_lower
address_upper
field_case
text_tab               malformed_text
none
END

our @sim = map { $_->[0] eq 'none' ? '' : "X-Sim: $_->[0]" } @cases;
our @code = map { $_->[1] ? 502 : 200 } @cases;
our @body = map { $_->[1] ? code_like($_->[1]) : qr/"choices"/ } @cases;

no_long_string();
no_shuffle();
run_tests();

__DATA__

=== TEST 1: tampered headers, each with its reason
--- request eval
[map { $main::prompt } @main::cases]
--- more_headers eval
\@main::sim
--- error_code eval
\@main::code
--- response_body_like eval
\@main::body
--- timeout: 10



=== TEST 2: proxy_hide_header on all five still verifies
--- inside
proxy_hide_header text;
proxy_hide_header signature;
proxy_hide_header signing_address;
proxy_hide_header signing_algo;
proxy_hide_header image_digest;
--- request eval
[($main::prompt) x 3]
--- more_headers eval
["", "X-Sim: sig_flip", "X-Sim: digest_other"]
--- error_code eval
[200, 502, 502]
--- response_body_like eval
[qr/"choices"/, IoattestTest::code_like("signature_mismatch"),
 IoattestTest::code_like("image_digest_mismatch")]
--- response_headers eval
[("signature:
signing_address:
text:
image_digest:") x 3]



=== TEST 3: an address that is trusted as it is: the images that are listed
--- inside
ioattest_trust $TEST_NGINX_SIM_ADDRESS_0;
ioattest_image_digest $TEST_NGINX_SIM_DIGEST;
--- request eval
[($main::prompt) x 3]
--- more_headers eval
["", "X-Sim: digest_other", "X-Sim: digest_missing"]
--- error_code eval
[200, 502, 502]
--- response_body_like eval
[qr/"choices"/, (IoattestTest::code_like("image_digest_mismatch")) x 2]
