# Ways around the gate and the verdict: redirections and subrequests.

use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/lib";

use Test::Nginx::Socket 'no_plan';

use IoattestSim;
use IoattestTable;

IoattestSim->start(machines => 1);
add_block_preprocessor(\&IoattestSim::prepare);
add_block_preprocessor(\&IoattestTable::prepare);

our $path = "POST /v1/private/completions\n";
our $prompt = $path . '{"model":"Qwen/Qwen3-32B","prompt":"hello"}';
our $none = qr/"paths":\s*\{(?![^}]*completions)/;

no_long_string();
no_shuffle();
run_tests();

__DATA__

=== TEST 1: X-Accel-Redirect to a static file, a named and a proxied location
--- beside
location /other/ { internal; return 200 "leaked"; }
location @named { return 200 "leaked"; }
location /static/ { alias html/; }
location /proxied/ { proxy_pass http://api/v1/models; }
--- user_files
>>> a.txt
leaked
--- request eval
[($main::prompt) x 4]
--- more_headers eval
[map { "X-Sim: accel=$_" } "/other/", "\@named", "/static/a.txt", "/proxied/"]
--- error_code eval
[(502) x 4]
--- response_body_unlike eval
[(qr/leaked|model_id/) x 4]



=== TEST 2: unsigned statuses; the signed answer passes
--- request eval
[($main::prompt) x 7]
--- more_headers eval
[(map { "X-Sim: unsigned, status=$_" } 200, 201, 206, 302), "X-Sim: upgrade",
 "X-Sim: redirect=/x, unsigned", ""]
--- error_code eval
[(502) x 6, 200]



=== TEST 3: HEAD is refused before anything is sent
--- request eval
["HEAD /v1/private/completions", "GET /_sim/stats"]
--- error_code eval
[405, 200]
--- response_body_like eval
[qr/\A\z/, $main::none]



=== TEST 4: SSI and auth_request into a protected location
--- beside
location /auth { auth_request /v1/private/completions; alias html/a.txt; }
location /ssi/ { ssi on; ssi_types *; alias html/; }
--- user_files
>>> ssi.txt
[<!--# include virtual="/v1/private/completions" -->]
--- request eval
["GET /ssi/ssi.txt", "GET /auth", "GET /_sim/stats"]
--- error_code eval
[200, 500, 200]
--- response_body_like eval
[qr/\A\[(?!.*choices)/s, qr/500/, $main::none]



=== TEST 5: proxy_store is refused
--- inside: proxy_store on;
--- request eval: $main::prompt
--- error_code: 502
--- response_body_like eval: IoattestTest::code_like("no_signature")



=== TEST 6: proxy_intercept_errors and unsigned errors
--- inside: ioattest_pass_errors off;
--- request eval
[($main::prompt) x 2]
--- more_headers eval
["X-Sim: error=404", ""]
--- error_code eval
[502, 200]



=== TEST 7: mirror into a protected location sends nothing
--- beside
location /open { mirror /v1/private/completions; proxy_pass http://api/v1/models; }
--- request eval
["GET /open", "GET /_sim/stats"]
--- response_body_like eval
[qr/model_id/, $main::none]



=== TEST 8: X-Accel-Redirect that is ignored harms nobody
--- inside: proxy_ignore_headers X-Accel-Redirect;
--- beside: location /other/ { internal; return 200 "leaked"; }
--- table
accel=/other/
accel=/other/, unsigned          no_signature
accel=/other/, flip_body         response_hash_mismatch



=== TEST 9: a redirection into a protected location goes through its gate
--- beside
location /again/ {
    ioattest zone=io;
    ioattest_request /_attestation;
    ioattest_models /_models;
    ioattest_cpu off;
    ioattest_gpu off;
    proxy_method POST;
    proxy_set_header X-Sim $arg_sim;
    proxy_pass http://api/v1/private/;
}
--- table
accel=/again/completions
accel=/again/completions?sim=flip_body   response_hash_mismatch
accel=/again/completions?sim=unsigned    no_signature
