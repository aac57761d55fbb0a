# Whose key attestations and the models list are asked with, and what becomes
# of one that the API refuses.

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
        . "location = /metrics { ioattest_status prometheus; }\n"
        . ($block->beside // '')) if !defined $block->config;

    # no key is in a log line
    $block->set_value('no_error_log', "[alert]\nsecret\n")
        if !defined $block->no_error_log;
});

our $prompt = "POST /v1/private/completions\n"
    . '{"model":"Qwen/Qwen3-32B","prompt":"hello"}';
our $stats = "GET /_sim/stats";
our $metrics = "GET /metrics";
our $good = "Authorization: Bearer secret-good";
our $passes = qr/"choices"/;

sub refused { return IoattestTest::code_like('attestation_refused') }

# For counts of attestations, and of prompts that were sent.
sub counts {
    my ($attested, $sent) = @_;
    return qr/"attestations":\s*\{"total":\s*$attested,.*
              "completions":\s*\{"total":\s*$sent,/sx;
}

log_level('info');
no_long_string();
no_shuffle();
run_tests();

__DATA__

=== TEST 1: a missing key is its caller's own: no prompt is sent, others pass
--- sim: {"keys": {"Bearer secret-good": {}}}
--- request eval
[$main::prompt, $main::stats, $main::prompt, $main::stats]
--- more_headers eval
["", "", $main::good, ""]
--- error_code eval
[401, 200, 200, 200]
--- response_headers eval
["Content-Type: application/json\nRetry-After:\nx-should-retry:", "",
 "Content-Type: application/json", ""]
--- response_body_like eval
[main::refused(), qr{"paths":\{(?:,?"/v1/(?:models|private/attestation)":\d+)*\},}, $main::passes,
 main::counts(1, 1)]



=== TEST 2: the statuses that are passed on, and those that are not
--- sim eval
'{"keys": {"Bearer secret-good": {}, ' . join(", ", map {
    qq("Bearer secret-$_": {"attest": $_}) }
    400 .. 404, 409, 422, 429, 451, 499) . '}}'
--- request eval
[($main::prompt) x 11, $main::stats]
--- more_headers eval
[(map { "Authorization: Bearer secret-$_" } 400 .. 404, 409, 422, 429, 451,
  499, "good"), ""]
--- error_code eval
[502, 401, 402, 403, 502, 502, 502, 429, 502, 502, 200, 200]
--- response_body_like eval
[(main::refused()) x 10, $main::passes, main::counts(11, 1)]



=== TEST 3: a retry after 403 mends nothing, after the others it may
--- sim: {"keys": {"Bearer a": 403, "Bearer b": {"attest": 403}, "Bearer c": {"attest": 429}, "Bearer d": {"attest": 404}, "Bearer e": {"attest": 402}}}
--- request eval
[($main::prompt) x 5]
--- more_headers eval
[map { "Authorization: Bearer $_" } "a" .. "e"]
--- error_code eval
[403, 403, 429, 502, 402]
--- response_headers eval
[("x-should-retry: false") x 2, ("x-should-retry:") x 3]
--- response_body_like eval
[(main::refused()) x 5]



=== TEST 4: Retry-After is passed on where it is 1 to 3600 in digits, once
--- sim eval
my @forms = (7, 1, 3600, 0, 3601, -1, "+7", "7.5", "0x7", "7s", "", " ",
             "Wed, 21 Oct 2037 07:28:00 GMT", "9" x 40);
'{"keys": {' . join(", ", (map {
    qq("Bearer k$_": {"attest": 429, "headers": [["Retry-After", "$forms[$_]"]]})
} 0 .. $#forms),
'"Bearer k14": {"attest": 429, "headers": [["Retry-After", "7"], ["retry-after", "8"]]}',
'"Bearer k15": {"attest": 401, "headers": [["Retry-After", "9"], ["Set-Cookie", "leaked"]]}') . '}}'
--- request eval
[($main::prompt) x 16, $main::stats]
--- more_headers eval
[(map { "Authorization: Bearer k$_" } 0 .. 15), ""]
--- error_code eval
[(429) x 15, 401, 200]
--- response_headers eval
[(map { "Retry-After: $_" } 7, 1, 3600), ("Retry-After:") x 12,
 "Retry-After: 9\nSet-Cookie:", ""]
--- response_body_like eval
[(main::refused()) x 16, main::counts(16, 0)]



=== TEST 5: a key rests after 429, and no other does
--- sim: {"keys": {"Bearer secret-a": {"attest": 429, "headers": [["Retry-After", "30"]]}, "Bearer secret-b": {"attest": 429}, "Bearer secret-good": {}}}
--- request eval
[($main::prompt) x 5, $main::stats, ($main::prompt) x 3, $main::stats]
--- more_headers eval
[(map { "Authorization: Bearer secret-$_" } qw( a a a b b )), "",
 (map { "Authorization: Bearer secret-$_" } qw( good a b )), ""]
--- error_code eval
[(429) x 5, 200, 200, 200, 200, 200]
--- response_headers_like eval
["Retry-After: 30", "Retry-After: (?:29|30)", "Retry-After: (?:29|30)", "",
 "", "", "", "", "", ""]
--- response_body_like eval
[(main::refused()) x 5, main::counts(2, 0), ($main::passes) x 3,
 main::counts(3, 3)]



=== TEST 6: a key of the gateway's own that is refused is remembered
--- inside: ioattest_authorization "Bearer secret-own";
--- beside
location /other/ {
    ioattest zone=io;
    ioattest_request /_attestation;
    ioattest_models /_models;
    ioattest_cpu off;
    ioattest_gpu off;
    ioattest_authorization "Bearer secret-good";
    proxy_pass http://api/v1/private/;
}
--- sim: {"keys": {"Bearer secret-own": {"attest": 401, "headers": [["Retry-After", "7"]]}, "Bearer secret-good": {}}}
--- request eval
[($main::prompt) x 3, $main::metrics, $main::stats,
 $main::prompt =~ s{/v1/private/}{/other/}r, $main::prompt, $main::metrics]
--- more_headers eval
["", "Authorization: P", $main::good, "", "", ($main::good) x 2, ""]
--- error_code eval
[502, 502, 502, 200, 200, 200, 200, 200]
--- response_headers eval
[("Retry-After:\nx-should-retry:") x 3, ("") x 5]
--- response_body_like eval
[(main::refused()) x 3, qr/^ioattest_key_refused_total\{zone="io"\} 1$/m,
 main::counts(1, 0), ($main::passes) x 2,
 qr/^ioattest_key_refused_total\{zone="io"\} 1$/m]



=== TEST 7: a client's header is not looked for in what was sent
--- inside: ioattest_authorization "Bearer secret-own";
--- sim: {"keys": {"Bearer secret-own": {"attest": 404}}}
--- request eval
[($main::prompt) x 20, $main::stats]
--- more_headers eval
[("Authorization: P") x 20, ""]
--- error_code eval
[(502) x 20, 200]
--- response_body_like eval
[(IoattestTest::code_like("attestation_unavailable")) x 20,
 main::counts("(?:[3-9]|10)", 0)]



=== TEST 8: what is sent: the value, with variables, and to the API alone
--- inside: ioattest_authorization "Bearer $http_x_key";
--- sim: {"keys": {"Bearer one": {}, "Bearer two": {"attest": 403}}}
--- request eval
[($main::prompt) x 2, $main::stats]
--- more_headers eval
["X-Key: two\nAuthorization: Bearer one", "X-Key: one\nAuthorization: Bearer one", ""]
--- error_code eval
[403, 200, 200]
--- response_body_like eval
[main::refused(), $main::passes,
 qr/"attestations":.*"keys":\{"Bearer two":1,"Bearer one":1\}.*"completions"/s]



=== TEST 9: own: a value with variables that is the gateway's
--- outside: map $host $secret { default "Bearer secret-own"; }
--- inside: ioattest_authorization $secret own;
--- sim: {"keys": {"Bearer secret-own": {"attest": 402}}}
--- request eval
[($main::prompt) x 3, $main::stats]
--- more_headers eval
[("Authorization: Bearer secret-own") x 3, ""]
--- error_code eval
[502, 502, 502, 200]
--- response_body_like eval
[(main::refused()) x 3, main::counts(1, 0)]



=== TEST 10: a value that would be two headers is not sent
--- outside: map $host $io_key { default "Bearer secret-good\r\nX-More: leaked"; }
--- inside: ioattest_authorization $io_key;
--- sim: {"keys": {"Bearer secret-good": {}}}
--- request eval
[$main::prompt, $main::stats]
--- error_code eval
[401, 200]
--- response_body_like eval
[main::refused(), qr/\A(?!.*leaked)/s]



=== TEST 11: the models list: a caller's refusal is no outcome for others
--- sim: {"keys": {"Bearer secret-a": {"models": 401}, "Bearer secret-b": {"models": 429, "headers": [["Retry-After", "5"]]}, "Bearer secret-c": {"models": 404}, "Bearer secret-good": {}}}
--- request eval
[($main::prompt) x 6, $main::stats]
--- more_headers eval
["", (map { "Authorization: Bearer secret-$_" } qw( a b b c good )), ""]
--- error_code eval
[401, 401, 429, 429, 502, 200, 200]
--- response_headers_like eval
["", "", "Retry-After: 5", "Retry-After: [45]", "", "", ""]
--- response_body_like eval
[(main::refused()) x 5, $main::passes,
 qr/"models":\{"total":5,.*"refused":|"refused":.*"models":\{"total":5,/s]



=== TEST 12: a 4xx of nginx itself is no word of the API
--- config eval
IoattestTest::gateway() =~ s{(location = /_attestation)}{$1_gone}r
--- request eval
[($main::prompt) x 2]
--- error_code eval
[502, 502]
--- response_body_like eval
[(IoattestTest::code_like("attestation_unavailable")) x 2]



=== TEST 13: nor is one that nginx makes of another answer
--- config eval
IoattestTest::gateway() . 'location = /denied { return 403; }'
--- sim: {"attest": "accel=/denied", "attest_times": 3}
--- request eval
[($main::prompt) x 2, $main::stats]
--- error_code eval
[502, 502, 200]
--- response_body_like eval
[(IoattestTest::code_like("attestation_unavailable")) x 2,
 main::counts(3, 0)]



=== TEST 14: a dry run refuses nobody
--- inside: ioattest_dry_run on;
--- sim: {"keys": {"Bearer secret-a": {"attest": 429}}}
--- request eval
[($main::prompt) x 2]
--- more_headers eval
[("Authorization: Bearer secret-a") x 2]
--- error_code eval
[200, 200]



=== TEST 15: proxy_set_header in the internal location wins, and misleads
--- config eval
IoattestTest::gateway() =~ s{(location = /_attestation \{)}
    {$1 proxy_set_header Authorization "Bearer secret-own";}r
--- sim: {"keys": {"Bearer secret-own": {"attest": 401}, "Bearer secret-good": {}}}
--- request eval
[($main::prompt) x 2]
--- more_headers eval
[$main::good, "Authorization: Bearer secret-b"]
--- error_code eval
[401, 401]
--- response_body_like eval
[(main::refused()) x 2]



=== TEST 16: it is inherited, and replaced, with what it says of whose it is
--- outside: ioattest_authorization "Bearer secret-own";
--- beside
location /callers/ {
    ioattest zone=io;
    ioattest_request /_attestation;
    ioattest_cpu off;
    ioattest_gpu off;
    ioattest_authorization $http_authorization;
    proxy_pass http://api/v1/private/;
}
--- sim: {"keys": {"Bearer secret-own": {"models": 403}, "Bearer secret-b": {"attest": 403}}}
--- request eval
[$main::prompt, $main::prompt =~ s{/v1/private/}{/callers/}r]
--- more_headers eval
[("Authorization: Bearer secret-b") x 2]
--- error_code eval
[502, 403]
--- response_body_like eval
[(main::refused()) x 2]
