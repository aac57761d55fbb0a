# A dry run alters nothing, the request's headers either; what comes of them
# is not what would have come.

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

our @headers = ('Accept-Encoding: gzip', 'Range: bytes=0-9',
    'If-None-Match: x', 'If-Match: x', 'X-Request-Hash: 00',
    'If-Modified-Since: Mon, 01 Jan 2024 00:00:00 GMT',
    'If-Unmodified-Since: Mon, 01 Jan 2024 00:00:00 GMT',
    'If-Range: x');

no_long_string();
no_shuffle();
run_tests();

__DATA__

=== TEST 1: the API sees each header that a client sends
--- inside: ioattest_dry_run on;
--- cases eval
[map { my ($name, $value) = /^(.*?): (.*)/;
       ([$IoattestTable::Prompt, $_, ''],
        ['GET /_sim/stats', '', '200 ' . "\"completion\":(?:(?!\"models\").)*\"(?i:$name)\", ?\"\Q$value\E\""]) }
 @main::headers]



=== TEST 2: and none of them where it is no trial
--- cases eval
[map { my ($name) = /^(.*?):/;
       ([$IoattestTable::Prompt, $_, ''],
        ['GET /_sim/stats', '', "200 \\A(?!.*\"(?i:$name)\", ?\")"]) }
 @main::headers]



=== TEST 3: a coded answer to who asks for one is not judged
--- inside: ioattest_dry_run on;
--- ask_headers: Accept-Encoding: gzip
--- table
gzip                             200 \A\x1f\x8b
-
--- status
"verified":1,"unsigned":0,"rejected":\{\}
"dry_run_would_reject":0\b



=== TEST 4: to who does not, it is
--- inside: ioattest_dry_run on;
--- table
gzip                             200 \A\x1f\x8b
--- status
"dry_run_would_reject":1\b



=== TEST 5: nor is part of an answer
--- inside: ioattest_dry_run on;
--- cases eval
[[$IoattestTable::Prompt, "Range: bytes=0-9\nX-Sim: status=206, flip_body", '206'],
 [$IoattestTable::Prompt, "Range: bytes=0-9\nX-Sim: flip_body", '200'],
 [$IoattestTable::Prompt, 'X-Sim: status=206, flip_body', '206']]
--- status
"dry_run_would_reject":2\b



=== TEST 6: a trial, and no trial, with what validates an answer
--- inside: ioattest_dry_run on;
--- ask_headers: If-None-Match: "sim"
--- table
validators
-
--- status
"dry_run_would_reject":0\b
