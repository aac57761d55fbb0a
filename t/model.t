# Which model a request is for.

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

our @ambiguous = (
    join('', map { "$_\0" } split //, '{"model":"Qwen/Qwen3-32B"}'),
    'model=Qwen/Qwen3-32B',
    '{"model":"Qwen/Qwen3-32B"}{"model":"Qwen/Qwen3-32B"}',
    '{"model":"Qwen/Qwen3-32B"}x',
    '{"model":"Qwen/Qwen3-32B","model":"Qwen/Qwen3-32B"}',
    '{"model":"Qwen/Qwen3-32B","mod\u0065l":"acme/plain-7b"}',
    '{"model":"Qwen/Qwen3-32B","\u006dodel":null}',
    '["model"]',
    '{"model":"Qwen/Qwen3-32B"',
    "{\"model\":\"Qwen/\xff\"}",
);
our @unknown = ('{}', '{"model":null}', '{"model":7}', '{"model":""}',
    '{"model":["Qwen/Qwen3-32B"]}', '{"x":{"model":"Qwen/Qwen3-32B"}}',
    '{"model":"none/such"}', '');
our @plain = ('{"model":"Qwen/Qwen3-32B"}',
    "\xef\xbb\xbf" . '{"model":"Qwen/Qwen3-32B"}', '{"mod\u0065l":"Qwen\/Qwen3-32B"}',
    '{"x":{"model":"y"},"model":"Qwen/Qwen3-32B"}');

no_long_string();
no_shuffle();
run_tests();

__DATA__

=== TEST 1: ambiguous bodies are refused with 400, and none is sent
--- request eval
[(map { $main::path . $_ } @main::ambiguous), "GET /_sim/stats"]
--- error_code eval
[(map { 400 } @main::ambiguous), 200]
--- response_body_like eval
[(map { IoattestTest::code_like("request_ambiguous") } @main::ambiguous),
 $main::none]



=== TEST 2: no model, or one that is not listed
--- request eval
[(map { $main::path . $_ } @main::unknown), "GET /_sim/stats"]
--- error_code eval
[(map { 404 } @main::unknown), 200]
--- response_body_like eval
[(map { IoattestTest::code_like("model_unknown") } @main::unknown),
 $main::none]



=== TEST 3: plain bodies pass
--- request eval
[map { $main::path . $_ } @main::plain]
--- response_body_like eval
[map { qr/"choices"/ } @main::plain]



=== TEST 4: a coded body is refused, identity is no coding
--- request eval
[($main::prompt) x 3]
--- more_headers eval
["Content-Encoding: gzip", "Content-Encoding: identity", ""]
--- error_code eval
[400, 200, 200]
--- response_body_like eval
[IoattestTest::code_like("request_ambiguous"), qr/"choices"/, qr/"choices"/]



=== TEST 5: a body in a temporary file
--- inside: client_body_buffer_size 1k; client_max_body_size 8m;
--- request eval
[$main::path . '{"prompt":"' . ("x" x 2000000) . '","model":"Qwen/Qwen3-32B"}',
 $main::path . '{"model":"Qwen/Qwen3-32B","prompt":"' . ("x" x 2000000)
 . '","model":"x"}']
--- error_code eval
[200, 400]
--- response_body_like eval
[qr/"choices"/, IoattestTest::code_like("request_ambiguous")]
--- timeout: 10



=== TEST 6: the model is named by variables, the agent sees no prompt
--- inside: ioattest_model $http_x_model; ioattest_model_id id-$http_x_model;
--- request eval
[($main::prompt) x 2, "GET /_sim/stats"]
--- more_headers eval
["X-Model: a", "", ""]
--- error_code eval
[200, 404, 200]
--- response_body_like eval
[qr/"choices"/, IoattestTest::code_like("model_unknown"),
 qr/"last":\{"attest":(?:(?!hello|"completion").)*"model_id\\":\\"id-a\\"/s]
