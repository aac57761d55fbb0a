# The models list.

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

our $stats = "GET /_sim/stats";
our $once = qr/"models":\s*\{"total":\s*1,/;

no_long_string();
no_shuffle();
run_tests();

__DATA__

=== TEST 1: not attestable, unknown, and one that passes
--- request eval
[$main::path . '{"model":"acme/plain-7b"}', $main::path . '{"model":"x"}',
 $main::prompt]
--- error_code eval
[403, 404, 200]
--- response_body_like eval
[IoattestTest::code_like("model_not_attestable"),
 IoattestTest::code_like("model_unknown"), qr/"choices"/]



=== TEST 2: invented names do not flood the API
--- request eval
[(map { $main::path . qq({"model":"invented-$_"}) } 1 .. 40), $main::stats]
--- error_code eval
[(404) x 40, 200]
--- response_body_like eval
[(IoattestTest::code_like("model_unknown")) x 40, $main::once]



=== TEST 3: not without ioattest_fail_timeout either
--- inside: ioattest_fail_timeout 0;
--- request eval
[$main::path . '{"model":"invented-1"}', $main::stats]
--- error_code eval
[404, 200]
--- response_body_like eval
[IoattestTest::code_like("model_unknown"), $main::once]



=== TEST 4: a failing list is fetched once per ioattest_fail_timeout
--- sim: {"models": "error=500", "models_times": 1}
--- request eval
[($main::prompt) x 3, $main::stats]
--- error_code eval
[502, 502, 502, 200]
--- response_body_like eval
[(IoattestTest::code_like("attestation_unavailable")) x 3, $main::once]



=== TEST 5: a malformed list
--- sim: {"models": "cut_json"}
--- request eval
[$main::prompt, "GET /_sim/stats"]
--- error_code eval
[502, 200]
--- response_body_like eval
[IoattestTest::code_like("attestation_malformed"), $main::none]



=== TEST 6: supports_attestation "true" is not true
--- sim: {"models": "attestable_string"}
--- request eval: $main::prompt
--- error_code: 403
--- response_body_like eval: IoattestTest::code_like("model_not_attestable")
