# Headers that a request leaves here without, and what nginx itself encodes.

use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/lib";

use Test::Nginx::Socket 'no_plan';

use IoattestSim;
use IoattestTable;
use IoattestHeaders;

IoattestSim->start(machines => 1);
add_block_preprocessor(\&IoattestSim::prepare);
add_block_preprocessor(\&IoattestTable::prepare);

no_long_string();
no_shuffle();
run_tests();

__DATA__

=== TEST 1: headers that reach the API, and that do not
--- cases eval
[[$IoattestTable::Prompt, $main::mixed, ''],
 ['GET /_sim/stats', '', "200 $main::none"],
 ['GET /_sim/stats', '', "200 $main::in_order"],
 ['GET /_sim/stats', '', '200 "(?i:content-type)",\s*"application/json"']]



=== TEST 2: which an unprotected location passes on
--- beside: location /open/ { proxy_pass http://api/v1/private/; }
--- cases eval
[["POST /open/completions\n{\"model\":\"m\"}", $main::mixed, ''],
 map { ['GET /_sim/stats', '', "200 (?i:\\[\"$_\",)"] }
     qw( accept-encoding range if-range if-match if-none-match
         if-modified-since if-unmodified-since x-request-hash )]



=== TEST 3: no header at all is wanted, or nothing but such
--- cases eval
[[$IoattestTable::Prompt, 'Range: bytes=0-3', ''],
 ['GET /_sim/stats', '', "200 $main::none"],
 [$IoattestTable::Prompt, '', '']]



=== TEST 4: with ioattest_bind off as well
--- inside: ioattest_bind off;
--- cases eval
[[$IoattestTable::Prompt, $main::mixed, ''],
 ['GET /_sim/stats', '', "200 $main::none"]]



=== TEST 5: in a dry run all of them go on
--- inside: ioattest_dry_run on;
--- cases eval
[[$IoattestTable::Prompt, $main::mixed, ''],
 ['GET /_sim/stats', '', '200 "(?i:accept-encoding)"']]



=== TEST 6: a range of a verified response is not cut out of it
--- request eval: $IoattestTable::Prompt
--- more_headers
Range: bytes=0-3
If-Modified-Since: Thu, 01 Jan 2037 00:00:00 GMT
X-Sim: validators
--- error_code: 200
--- response_headers
!Content-Range
--- response_body_like: "choices"



=== TEST 7: nginx compresses what was verified
--- inside: gzip on; gzip_types *; gzip_min_length 1;
--- request eval: $main::long
--- more_headers
Accept-Encoding: gzip
--- error_code: 200
--- response_headers
Content-Encoding: gzip
--- response_body_like: \A\x1f\x8b



=== TEST 8: but not for a client that does not ask
--- inside: gzip on; gzip_types *; gzip_min_length 1;
--- table
-
flip_body                        response_hash_mismatch



=== TEST 9: and a refusal is one, compressed or not
--- inside: gzip on; gzip_types *; gzip_min_length 1000;
--- request eval: $main::long
--- more_headers
Accept-Encoding: gzip
X-Sim: flip_body
--- error_code: 502
--- response_headers
!Content-Encoding
--- response_body_like eval: IoattestTest::code_like("response_hash_mismatch")



=== TEST 10: nginx compresses a stream
--- inside: gzip on; gzip_types *; gzip_min_length 1;
--- request eval
my $ask = $main::long; $ask =~ s/\}\z/,"stream":true}/; $ask
--- more_headers
Accept-Encoding: gzip
--- error_code: 200
--- response_headers
Content-Encoding: gzip
--- response_body_like: \A\x1f\x8b
