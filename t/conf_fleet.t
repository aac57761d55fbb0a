# Directives of attestation in the background: bad values, duplicates, what is
# missing, and what is inherited.

use strict;
use warnings;

use Test::Nginx::Socket 'no_plan';

no_root_location();
no_long_string();
run_tests();

__DATA__

=== TEST 1: ioattest_wait 0
--- config
    location /p/ { ioattest_wait 0; }
--- must_die
--- error_log
invalid value "0" in "ioattest_wait" directive, expected a time between 1ms and 1h


=== TEST 2: ioattest_wait 2h
--- config
    location /p/ { ioattest_wait 2h; }
--- must_die
--- error_log
invalid value "2h" in "ioattest_wait" directive, expected a time between 1ms and 1h


=== TEST 3: ioattest_wait long
--- config
    location /p/ { ioattest_wait long; }
--- must_die
--- error_log
invalid value "long" in "ioattest_wait" directive, expected a time between 1ms and 1h


=== TEST 4: ioattest_parallel 0
--- config
    location /p/ { ioattest_parallel 0; }
--- must_die
--- error_log
invalid value "0" in "ioattest_parallel" directive, expected a number between 1 and 32


=== TEST 5: ioattest_parallel 33
--- config
    location /p/ { ioattest_parallel 33; }
--- must_die
--- error_log
invalid value "33" in "ioattest_parallel" directive, expected a number between 1 and 32


=== TEST 6: ioattest_parallel auto
--- config
    location /p/ { ioattest_parallel auto; }
--- must_die
--- error_log
invalid value "auto" in "ioattest_parallel" directive, expected a number between 1 and 32


=== TEST 7: ioattest_background 8d
--- config
    location /p/ { ioattest_background 8d; }
--- must_die
--- error_log
invalid value "8d" in "ioattest_background" directive, expected "off" or a time of 7d or less


=== TEST 8: ioattest_background on
--- config
    location /p/ { ioattest_background on; }
--- must_die
--- error_log
invalid value "on" in "ioattest_background" directive, expected "off" or a time of 7d or less


=== TEST 9: ioattest_pool some
--- config
    location /p/ { ioattest_pool some; }
--- must_die
--- error_log
invalid value "some" in "ioattest_pool" directive, expected "any" or "all"


=== TEST 10: ioattest_attempts few
--- config
    location /p/ { ioattest_attempts few; }
--- must_die
--- error_log
invalid value "few" in "ioattest_attempts" directive, expected "auto" or a number between 0 and 1024


=== TEST 11: ioattest_refresh 2d
--- config
    location /p/ { ioattest_refresh 2d; }
--- must_die
--- error_log
invalid value "2d" in "ioattest_refresh" directive, expected "off" or a time of 1d or less


=== TEST 12: ioattest_prewarm ""
--- config
    location /p/ { ioattest_prewarm ""; }
--- must_die
--- error_log
invalid value "" in "ioattest_prewarm" directive, expected names of models, as clients send them


=== TEST 13: ioattest_prewarm with a name that is too long
--- config
    location /p/ { ioattest_prewarm good xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; }
--- must_die
--- error_log
invalid value "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" in "ioattest_prewarm" directive, expected names of models, as clients send them


=== TEST 14: ioattest_wait twice
--- config
    location /p/ { ioattest_wait 10s; ioattest_wait 10s; }
--- must_die
--- error_log
"ioattest_wait" directive is duplicate


=== TEST 15: ioattest_parallel twice
--- config
    location /p/ { ioattest_parallel 4; ioattest_parallel 4; }
--- must_die
--- error_log
"ioattest_parallel" directive is duplicate


=== TEST 16: ioattest_background twice
--- config
    location /p/ { ioattest_background off; ioattest_background off; }
--- must_die
--- error_log
"ioattest_background" directive is duplicate


=== TEST 17: ioattest_pool twice
--- config
    location /p/ { ioattest_pool any; ioattest_pool any; }
--- must_die
--- error_log
"ioattest_pool" directive is duplicate


=== TEST 18: ioattest_attempts twice
--- config
    location /p/ { ioattest_attempts auto; ioattest_attempts auto; }
--- must_die
--- error_log
"ioattest_attempts" directive is duplicate


=== TEST 19: ioattest_refresh twice
--- config
    location /p/ { ioattest_refresh off; ioattest_refresh off; }
--- must_die
--- error_log
"ioattest_refresh" directive is duplicate


=== TEST 20: ioattest_prewarm twice
--- config
    location /p/ { ioattest_prewarm m; ioattest_prewarm m; }
--- must_die
--- error_log
"ioattest_prewarm" directive is duplicate


=== TEST 21: ioattest_authorization twice
--- config
    location /p/ { ioattest_authorization "Bearer a"; ioattest_authorization "Bearer a"; }
--- must_die
--- error_log
"ioattest_authorization" directive is duplicate


=== TEST 22: a key that is empty is not taken
--- config
    location /p/ { ioattest_authorization ""; }
--- must_die
--- error_log
"ioattest_authorization" directive has an invalid value, expected that of an Authorization header
--- no_error_log
[alert]


=== TEST 23: a key that is not taken is not shown
--- config
    location /p/ { ioattest_authorization "Bearer sesame"; }
--- must_die
--- error_log
"ioattest_authorization" directive has an invalid value, expected that of an Authorization header
--- no_error_log
sesame


=== TEST 24: a second value that is not "own"
--- config
    location /p/ { ioattest_authorization "Bearer sesame" mine; }
--- must_die
--- error_log
"ioattest_authorization" directive has an invalid second value, expected "own" or nothing
--- no_error_log
sesame


=== TEST 25: ioattest_prewarm without a key of the gateway's own
--- http_config
    ioattest_zone io:256k;
--- config
    location /p/ {
        ioattest zone=io;
        ioattest_cpu off;
        ioattest_gpu off;
        ioattest_request /a;
        ioattest_prewarm m;
    }
--- must_die
--- error_log eval
qr/"ioattest_prewarm" needs a key of the gateway's own, see "ioattest_authorization" in \S+nginx\.conf:\d+/


=== TEST 26: nor is a caller's key one
--- http_config
    ioattest_zone io:256k;
--- config
    location /p/ {
        ioattest zone=io;
        ioattest_cpu off;
        ioattest_gpu off;
        ioattest_request /a;
        ioattest_authorization $http_authorization;
        ioattest_prewarm m;
    }
--- must_die
--- error_log eval
qr/"ioattest_prewarm" needs a key of the gateway's own, see "ioattest_authorization" in \S+nginx\.conf:\d+/


=== TEST 27: ioattest_prewarm where the model_id is made of variables
--- http_config
    ioattest_zone io:256k;
--- config
    location /p/ {
        ioattest zone=io;
        ioattest_cpu off;
        ioattest_gpu off;
        ioattest_request /a;
        ioattest_authorization "Bearer a";
        ioattest_model_id $arg_id;
        ioattest_prewarm m;
    }
--- must_die
--- error_log eval
qr/"ioattest_prewarm" needs an "ioattest_model_id" without variables in \S+nginx\.conf:\d+/


=== TEST 28: ioattest_prewarm that no location uses
--- http_config
    ioattest_zone io:256k;
--- config
    location /p/ {
        ioattest zone=io;
        ioattest_cpu off;
        ioattest_gpu off;
        ioattest_request /a;
        ioattest_authorization "Bearer a";
    }
    location /q/ { ioattest_authorization "Bearer a"; ioattest_prewarm m; }
--- must_die
--- error_log eval
qr/"ioattest_prewarm" needs a location with "ioattest" on that it applies to in \S+nginx\.conf:\d+/


=== TEST 29: ioattest_prewarm where ioattest is off
--- http_config
    ioattest_zone io:256k;
--- config
    location /p/ {
        ioattest zone=io;
        ioattest_cpu off;
        ioattest_gpu off;
        ioattest_request /a;
        ioattest_authorization "Bearer a";
    }
    location /q/ { ioattest off; ioattest_prewarm m; }
--- must_die
--- error_log eval
qr/"ioattest_prewarm" needs a location with "ioattest" on that it applies to in \S+nginx\.conf:\d+/


=== TEST 30: each is taken in http, server and location
--- http_config
    ioattest_zone io:256k;
    ioattest_cpu off;
    ioattest_gpu off;
    ioattest_wait 10s;
    ioattest_parallel 2;
    ioattest_background off;
    ioattest_pool all;
    ioattest_attempts auto;
    ioattest_refresh 1m;
    ioattest_authorization "Bearer a";
--- config
    ioattest_wait 20s;
    ioattest_parallel 32;
    ioattest_background 10m;
    ioattest_pool any;
    ioattest_refresh off;
    location /p/ {
        ioattest zone=io;
        ioattest_request /a;
        ioattest_wait 1h;
        ioattest_parallel 1;
        ioattest_background 7d;
        ioattest_pool all;
        ioattest_attempts 0;
        ioattest_refresh 0;
        ioattest_prewarm one "two words" three;
        ioattest_authorization $http_x own;
    }
    location = /status { ioattest_status; }
--- request
GET /status
--- error_code: 200


=== TEST 31: names that one location inherits and another has a key for
--- http_config
    ioattest_zone io:256k;
    ioattest_cpu off;
    ioattest_gpu off;
--- config
    ioattest_prewarm m;
    location /p/ { ioattest zone=io; ioattest_request /a; }
    location /q/ {
        ioattest zone=io;
        ioattest_request /a;
        ioattest_authorization "Bearer a";
    }
    location = /status { ioattest_status; }
--- request
GET /status
--- error_code: 200
