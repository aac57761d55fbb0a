# Directives: bad values, and what is missing.

use strict;
use warnings;

use Test::Nginx::Socket 'no_plan';

no_long_string();
run_tests();

__DATA__

=== TEST 1: ioattest_dry_run maybe
--- http_config
    ioattest_zone io:256k;
--- config
    location /p/ {
        ioattest zone=io;
        ioattest_cpu off;
        ioattest_gpu off;
        ioattest_request /a;
        ioattest_dry_run maybe;
    }
--- must_die
--- error_log
invalid value "maybe" in "ioattest_dry_run" directive, expected "on" or "off"


=== TEST 2: ioattest_pass_errors 1
--- http_config
    ioattest_zone io:256k;
--- config
    location /p/ {
        ioattest zone=io;
        ioattest_cpu off;
        ioattest_gpu off;
        ioattest_request /a;
        ioattest_pass_errors 1;
    }
--- must_die
--- error_log
invalid value "1" in "ioattest_pass_errors" directive, expected "on" or "off"


=== TEST 3: ioattest_valid 0
--- http_config
    ioattest_zone io:256k;
--- config
    location /p/ {
        ioattest zone=io;
        ioattest_cpu off;
        ioattest_gpu off;
        ioattest_request /a;
        ioattest_valid 0;
    }
--- must_die
--- error_log
invalid value "0" in "ioattest_valid" directive, expected a time between 1s and 1d


=== TEST 4: ioattest_valid soon
--- http_config
    ioattest_zone io:256k;
--- config
    location /p/ {
        ioattest zone=io;
        ioattest_cpu off;
        ioattest_gpu off;
        ioattest_request /a;
        ioattest_valid soon;
    }
--- must_die
--- error_log
invalid value "soon" in "ioattest_valid" directive, expected a time


=== TEST 5: ioattest_refresh 2x
--- http_config
    ioattest_zone io:256k;
--- config
    location /p/ {
        ioattest zone=io;
        ioattest_cpu off;
        ioattest_gpu off;
        ioattest_request /a;
        ioattest_refresh 2x;
    }
--- must_die
--- error_log
invalid value "2x" in "ioattest_refresh" directive, expected "off" or a time of 1d or less


=== TEST 6: ioattest_attempts -1
--- http_config
    ioattest_zone io:256k;
--- config
    location /p/ {
        ioattest zone=io;
        ioattest_cpu off;
        ioattest_gpu off;
        ioattest_request /a;
        ioattest_attempts -1;
    }
--- must_die
--- error_log
invalid value "-1" in "ioattest_attempts" directive, expected "auto" or a number between 0 and 1024


=== TEST 7: ioattest_attempts 1025
--- http_config
    ioattest_zone io:256k;
--- config
    location /p/ {
        ioattest zone=io;
        ioattest_cpu off;
        ioattest_gpu off;
        ioattest_request /a;
        ioattest_attempts 1025;
    }
--- must_die
--- error_log
invalid value "1025" in "ioattest_attempts" directive, expected "auto" or a number between 0 and 1024


=== TEST 8: ioattest_timeout 0
--- http_config
    ioattest_zone io:256k;
--- config
    location /p/ {
        ioattest zone=io;
        ioattest_cpu off;
        ioattest_gpu off;
        ioattest_request /a;
        ioattest_timeout 0;
    }
--- must_die
--- error_log
invalid value "0" in "ioattest_timeout" directive, expected a time between 1ms and 10m


=== TEST 9: ioattest_fail_timeout 61s
--- http_config
    ioattest_zone io:256k;
--- config
    location /p/ {
        ioattest zone=io;
        ioattest_cpu off;
        ioattest_gpu off;
        ioattest_request /a;
        ioattest_fail_timeout 61s;
    }
--- must_die
--- error_log
invalid value "61s" in "ioattest_fail_timeout" directive, expected a time of 60s or less


=== TEST 10: ioattest_buffer_size 1k
--- http_config
    ioattest_zone io:256k;
--- config
    location /p/ {
        ioattest zone=io;
        ioattest_cpu off;
        ioattest_gpu off;
        ioattest_request /a;
        ioattest_buffer_size 1k;
    }
--- must_die
--- error_log
invalid value "1k" in "ioattest_buffer_size" directive, expected a size between 4k and 1g


=== TEST 11: ioattest_buffer_size big
--- http_config
    ioattest_zone io:256k;
--- config
    location /p/ {
        ioattest zone=io;
        ioattest_cpu off;
        ioattest_gpu off;
        ioattest_request /a;
        ioattest_buffer_size big;
    }
--- must_die
--- error_log
invalid value "big" in "ioattest_buffer_size" directive, expected a size


=== TEST 12: ioattest_models models
--- http_config
    ioattest_zone io:256k;
--- config
    location /p/ {
        ioattest zone=io;
        ioattest_cpu off;
        ioattest_gpu off;
        ioattest_request /a;
        ioattest_models models;
    }
--- must_die
--- error_log
invalid value "models" in "ioattest_models" directive, expected "off" or the path of an internal location


=== TEST 13: ioattest_image_digest sha256:12
--- http_config
    ioattest_zone io:256k;
--- config
    location /p/ {
        ioattest zone=io;
        ioattest_cpu off;
        ioattest_gpu off;
        ioattest_request /a;
        ioattest_image_digest sha256:12;
    }
--- must_die
--- error_log
invalid value "sha256:12" in "ioattest_image_digest" directive, expected sha256: and 64 lower-case hex digits


=== TEST 14: ioattest_trust 0x12
--- http_config
    ioattest_zone io:256k;
--- config
    location /p/ {
        ioattest zone=io;
        ioattest_cpu off;
        ioattest_gpu off;
        ioattest_request /a;
        ioattest_trust 0x12;
    }
--- must_die
--- error_log
invalid value "0x12" in "ioattest_trust" directive, expected 0x and 40 hex digits


=== TEST 15: ioattest_model ""
--- http_config
    ioattest_zone io:256k;
--- config
    location /p/ {
        ioattest zone=io;
        ioattest_cpu off;
        ioattest_gpu off;
        ioattest_request /a;
        ioattest_model "";
    }
--- must_die
--- error_log
invalid value "" in "ioattest_model" directive, expected a name


=== TEST 16: ioattest_model_id ""
--- http_config
    ioattest_zone io:256k;
--- config
    location /p/ {
        ioattest zone=io;
        ioattest_cpu off;
        ioattest_gpu off;
        ioattest_request /a;
        ioattest_model_id "";
    }
--- must_die
--- error_log
invalid value "" in "ioattest_model_id" directive, expected a name


=== TEST 17: ioattest_request not a path
--- http_config
    ioattest_zone io:256k;
--- config
    location /p/ {
        ioattest zone=io;
        ioattest_cpu off;
        ioattest_gpu off;
        ioattest_request here;
    }
--- must_die
--- error_log
invalid value "here" in "ioattest_request" directive, expected the path


=== TEST 18: ioattest_request with a variable
--- http_config
    ioattest_zone io:256k;
--- config
    location /p/ {
        ioattest zone=io;
        ioattest_cpu off;
        ioattest_gpu off;
        ioattest_request /a$uri;
    }
--- must_die
--- error_log
in "ioattest_request" directive, expected the path


=== TEST 19: ioattest_cpu unknown
--- http_config
    ioattest_zone io:256k;
--- config
    location /p/ {
        ioattest zone=io;
        ioattest_request /a;
        ioattest_gpu off;
        ioattest_cpu sgx;
    }
--- must_die
--- error_log
invalid value "sgx" in "ioattest_cpu" directive, expected "off" alone, or "tdx" and "sev-snp"


=== TEST 20: ioattest_cpu off with another
--- http_config
    ioattest_zone io:256k;
--- config
    location /p/ {
        ioattest zone=io;
        ioattest_request /a;
        ioattest_gpu off;
        ioattest_cpu off tdx;
    }
--- must_die
--- error_log
in "ioattest_cpu" directive, expected "off" alone


=== TEST 21: ioattest_gpu unknown
--- http_config
    ioattest_zone io:256k;
--- config
    location /p/ {
        ioattest zone=io;
        ioattest_request /a;
        ioattest_cpu off;
        ioattest_gpu amd;
    }
--- must_die
--- error_log
invalid value "amd" in "ioattest_gpu" directive, expected "local", "nras" or "off"


=== TEST 22: ioattest neither off nor a zone
--- http_config
    ioattest_zone io:256k;
--- config
    location /p/ { ioattest on; }
--- must_die
--- error_log
invalid value "on" in "ioattest" directive, expected "off" or "zone=name"


=== TEST 23: a zone that nobody defines
--- http_config
    ioattest_zone io:256k;
--- config
    location /p/ {
        ioattest zone=other;
        ioattest_cpu off;
        ioattest_gpu off;
        ioattest_request /a;
    }
--- must_die
--- error_log
unknown zone "other" in "ioattest" directive


=== TEST 24: no location to ask at
--- http_config
    ioattest_zone io:256k;
--- config
    location /p/ {
        ioattest zone=io;
        ioattest_cpu off;
        ioattest_gpu off;
    }
--- must_die
--- error_log
"ioattest" needs "ioattest_request"


=== TEST 25: CPU evidence is not accepted unverified
--- http_config
    ioattest_zone io:256k;
--- config
    location /p/ {
        ioattest zone=io;
        ioattest_request /a;
        ioattest_gpu off;
    }
--- must_die
--- error_log
"ioattest_cpu_trusted_certificate" is needed to verify CPU evidence


=== TEST 26: GPU evidence is not accepted unverified
--- http_config
    ioattest_zone io:256k;
--- config
    location /p/ {
        ioattest zone=io;
        ioattest_request /a;
        ioattest_cpu off;
    }
--- must_die
--- error_log
"ioattest_gpu_trusted_certificate" is needed to verify GPU evidence


=== TEST 27: NVIDIA's service has to be named
--- http_config
    ioattest_zone io:256k;
--- config
    location /p/ {
        ioattest zone=io;
        ioattest_request /a;
        ioattest_cpu off;
        ioattest_gpu nras;
        ioattest_nras /n;
    }
--- must_die
--- error_log
"ioattest_gpu nras" needs "ioattest_nras" and "ioattest_nras_jwks"


=== TEST 28: zone without a size
--- http_config
    ioattest_zone io;
--- config

--- must_die
--- error_log
invalid value "io" in "ioattest_zone" directive, expected a name and a size


=== TEST 29: zone too small
--- http_config
    ioattest_zone io:8k;
--- config

--- must_die
--- error_log
expected a name and a size of 32k or more


=== TEST 30: zone twice
--- http_config
    ioattest_zone io:256k;
    ioattest_zone io:256k;
--- config

--- must_die
--- error_log
"ioattest_zone" "io" is duplicate


=== TEST 31: zone in a server
--- http_config

--- config
    ioattest_zone io:256k;
--- must_die
--- error_log
"ioattest_zone" directive is not allowed here


=== TEST 32: ioattest_status of another kind
--- http_config

--- config
    location = /s { ioattest_status xml; }
--- must_die
--- error_log
invalid value "xml" in "ioattest_status" directive, expected "json", "prometheus" or nothing


=== TEST 33: an address that nothing could hold
--- http_config
    ioattest_zone io:256k;
--- config
    location /p/ {
        ioattest zone=io;
        ioattest_request /a;
        ioattest_cpu off;
        ioattest_gpu off;
        ioattest_report_data address-nonce;
    }
--- must_die
--- error_log
"ioattest_report_data address-nonce" needs CPU evidence


=== TEST 34: ioattest_amd_kds without a CRL, and off
--- http_config
    ioattest_zone io:256k;
--- config
    location /p/ {
        ioattest_amd_kds off no_crl;
    }
--- must_die
--- error_log
invalid value "no_crl" in "ioattest_amd_kds" directive, expected "no_crl" behind a path


=== TEST 35: ioattest_amd_kds with a second word that is unknown
--- http_config
    ioattest_zone io:256k;
--- config
    location /p/ {
        ioattest_amd_kds /a no_list;
    }
--- must_die
--- error_log
invalid value "no_list" in "ioattest_amd_kds" directive, expected "no_crl" behind a path
