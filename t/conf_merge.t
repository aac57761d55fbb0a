# Directives: duplicates, good values, inheritance.

use strict;
use warnings;

use Test::Nginx::Socket 'no_plan';

no_root_location();
no_long_string();
run_tests();

__DATA__

=== TEST 1: ioattest twice
--- http_config
    ioattest_zone io:256k;
    ioattest_ssl_verify off;
--- config
    location /p/ {
        ioattest zone=io;
        ioattest zone=io;
    }
--- must_die
--- error_log
"ioattest" directive is duplicate


=== TEST 2: ioattest_dry_run twice
--- http_config

--- config
    location /p/ {
        ioattest_dry_run on;
        ioattest_dry_run on;
    }
--- must_die
--- error_log
"ioattest_dry_run" directive is duplicate


=== TEST 3: ioattest_pass_errors twice
--- http_config

--- config
    location /p/ {
        ioattest_pass_errors on;
        ioattest_pass_errors on;
    }
--- must_die
--- error_log
"ioattest_pass_errors" directive is duplicate


=== TEST 4: ioattest_request twice
--- http_config

--- config
    location /p/ {
        ioattest_request /b;
        ioattest_request /b;
    }
--- must_die
--- error_log
"ioattest_request" directive is duplicate


=== TEST 5: ioattest_models twice
--- http_config

--- config
    location /p/ {
        ioattest_models off;
        ioattest_models off;
    }
--- must_die
--- error_log
"ioattest_models" directive is duplicate


=== TEST 6: ioattest_model twice
--- http_config

--- config
    location /p/ {
        ioattest_model m;
        ioattest_model m;
    }
--- must_die
--- error_log
"ioattest_model" directive is duplicate


=== TEST 7: ioattest_model_id twice
--- http_config

--- config
    location /p/ {
        ioattest_model_id m;
        ioattest_model_id m;
    }
--- must_die
--- error_log
"ioattest_model_id" directive is duplicate


=== TEST 8: ioattest_valid twice
--- http_config

--- config
    location /p/ {
        ioattest_valid 1m;
        ioattest_valid 1m;
    }
--- must_die
--- error_log
"ioattest_valid" directive is duplicate


=== TEST 9: ioattest_refresh twice
--- http_config

--- config
    location /p/ {
        ioattest_refresh 1s;
        ioattest_refresh 1s;
    }
--- must_die
--- error_log
"ioattest_refresh" directive is duplicate


=== TEST 10: ioattest_attempts twice
--- http_config

--- config
    location /p/ {
        ioattest_attempts 1;
        ioattest_attempts 1;
    }
--- must_die
--- error_log
"ioattest_attempts" directive is duplicate


=== TEST 11: ioattest_timeout twice
--- http_config

--- config
    location /p/ {
        ioattest_timeout 1s;
        ioattest_timeout 1s;
    }
--- must_die
--- error_log
"ioattest_timeout" directive is duplicate


=== TEST 12: ioattest_fail_timeout twice
--- http_config

--- config
    location /p/ {
        ioattest_fail_timeout 1s;
        ioattest_fail_timeout 1s;
    }
--- must_die
--- error_log
"ioattest_fail_timeout" directive is duplicate


=== TEST 13: ioattest_buffer_size twice
--- http_config

--- config
    location /p/ {
        ioattest_buffer_size 1m;
        ioattest_buffer_size 1m;
    }
--- must_die
--- error_log
"ioattest_buffer_size" directive is duplicate


=== TEST 14: ioattest_cpu twice
--- http_config

--- config
    location /p/ {
        ioattest_cpu off;
        ioattest_cpu off;
    }
--- must_die
--- error_log
"ioattest_cpu" directive is duplicate


=== TEST 15: ioattest_gpu twice
--- http_config

--- config
    location /p/ {
        ioattest_gpu off;
        ioattest_gpu off;
    }
--- must_die
--- error_log
"ioattest_gpu" directive is duplicate


=== TEST 16: ioattest_image_digest twice
--- http_config

--- config
    location /p/ {
        ioattest_image_digest sha256:0000000000000000000000000000000000000000000000000000000000000000;
        ioattest_image_digest sha256:0000000000000000000000000000000000000000000000000000000000000000;
    }
--- must_die
--- error_log
"ioattest_image_digest" directive is duplicate


=== TEST 17: ioattest_trust twice
--- http_config

--- config
    location /p/ {
        ioattest_trust 0x1111111111111111111111111111111111111111;
        ioattest_trust 0x1111111111111111111111111111111111111111;
    }
--- must_die
--- error_log
"ioattest_trust" directive is duplicate


=== TEST 18: ioattest_status twice
--- http_config

--- config
    location /p/ {
        ioattest_status json;
        ioattest_status json;
    }
--- must_die
--- error_log
"ioattest_status" directive is duplicate


=== TEST 19: every directive with a good value
--- http_config
    ioattest_zone io:256k;
--- config
    location /p/ {
        ioattest zone=io;
        ioattest_cpu off;
        ioattest_gpu off;
        ioattest_request /a;
        ioattest_dry_run on;
        ioattest_pass_errors off;
        ioattest_models /m;
        ioattest_model $http_x_model;
        ioattest_model_id $http_x_id;
        ioattest_valid 1d;
        ioattest_refresh 0;
        ioattest_attempts 0;
        ioattest_timeout 1ms;
        ioattest_fail_timeout 0;
        ioattest_buffer_size 4k;
        ioattest_image_digest sha256:0000000000000000000000000000000000000000000000000000000000000000 sha256:ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff;
        ioattest_trust 0xaBaBaBaBaBaBaBaBaBaBaBaBaBaBaBaBaBaBaBaB;
    }
    location = /status { ioattest_status; }
--- request
GET /status
--- error_code: 200


=== TEST 20: what a server says its locations inherit; one says off
--- http_config
    ioattest_zone io:256k;
    ioattest_cpu off;
    ioattest_gpu off;
--- config
    ioattest zone=io;
    ioattest_request /a;
    location /p/ { proxy_pass http://127.0.0.1:1; }
    location = /free { ioattest off; return 200 "free"; }
    location = /status { ioattest_status; }
--- request
GET /status
--- error_code: 200


=== TEST 21: a server may leave to its locations what they need
--- http_config
    ioattest_zone io:256k;
--- config
    ioattest zone=io;
    location / { ioattest off; }
    location /p/ { ioattest_request /a; ioattest_cpu off; ioattest_gpu off; }
    location = /status { ioattest_status; }
--- request
GET /status
--- error_code: 200


=== TEST 22: ioattest_trust needs nothing else
--- http_config
    ioattest_zone io:256k;
--- config
    location /p/ { ioattest zone=io; ioattest_trust 0x1111111111111111111111111111111111111111; }
    location = /status { ioattest_status; }
--- request
GET /status
--- error_code: 200


=== TEST 23: a refresh that is not less than the validity is cut, with a warning
--- http_config
    ioattest_zone io:256k;
--- config
    location /p/ {
        ioattest zone=io;
        ioattest_cpu off;
        ioattest_gpu off;
        ioattest_request /a;
        ioattest_valid 10s;
        ioattest_refresh 10s;
    }
    location = /status { ioattest_status; }
--- request
GET /status
--- error_code: 200
