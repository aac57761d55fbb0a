# Responses that the API encodes unasked.

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

=== TEST 1: responses that are encoded, or say so
--- table
gzip                             encoded_body
gzip_lie                         encoded_body
gzip_lie=br                      encoded_body
gzip_lie=identity%2c%20gzip      encoded_body
gzip_lie=                        encoded_body
gzip_lie=identity
gzip_lie=Identity
hdr=Content-Encoding:identity, gzip  encoded_body
gzip_lie=identity, flip_body     response_hash_mismatch
-



=== TEST 2: and streams
--- ask eval
my $ask = $IoattestTable::Prompt; $ask =~ s/\}\z/,"stream":true}/; $ask
--- table
gzip                             encoded_body
gzip_lie                         encoded_body
gzip_lie=identity                200 \[DONE\]



=== TEST 3: with ioattest_bind off they pass as they come
--- inside: ioattest_bind off;
--- table
gzip                             200 \A\x1f\x8b
gzip_lie
gzip, sig_flip                   signature_mismatch



=== TEST 4: but not streams, whose signature is inside
--- inside: ioattest_bind off;
--- ask eval
my $ask = $IoattestTable::Prompt; $ask =~ s/\}\z/,"stream":true}/; $ask
--- table
gzip                             encoded_body
-                                200 \[DONE\]



=== TEST 5: gunzip does not come before the verdict
--- inside: gunzip on;
--- table
gzip                             encoded_body
-



=== TEST 6: a location that asks for gzip itself
--- inside: proxy_set_header Accept-Encoding gzip;
--- cases eval
[[$IoattestTable::Prompt, 'X-Sim: gzip', 'encoded_body'],
 [$IoattestTable::Prompt, '', ''],
 ['GET /_sim/stats', '', '200 "(?i:accept-encoding)",\s*"gzip"']]



=== TEST 7: what to look at is in the log
--- inside: proxy_set_header Accept-Encoding gzip;
--- request eval: $IoattestTable::Prompt
--- more_headers
X-Sim: gzip
--- error_code: 502
--- error_log eval
qr/refused encoded_body: .*proxy_set_header Accept-Encoding/



=== TEST 8: unsigned errors may be encoded
--- table
error=429, gzip                  429 \A\x1f\x8b
status=429, gzip                 encoded_body
