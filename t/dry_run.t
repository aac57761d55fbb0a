# A dry run alters nothing, counts and logs; and answers that are errors of the
# API's, unsigned, with ioattest_pass_errors and without it.

use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/lib";

use Test::Nginx::Socket 'no_plan';

use IoattestSim;
use IoattestTable;

IoattestSim->start(machines => 4);
add_block_preprocessor(\&IoattestSim::prepare);
add_block_preprocessor(\&IoattestTable::prepare);

our $nobody = $IoattestTable::Prompt =~ s{Qwen/Qwen3-32B}{nobody}r;

no_long_string();
no_shuffle();
run_tests();

__DATA__

=== TEST 1: nothing is refused, and what would be is counted
--- inside: ioattest_dry_run on;
--- table
machine=0
machine=0, sig_flip=1
machine=0, no_signature          200 echo
--- cases eval
[[$main::nobody, "", ""]]
--- status
"rejected":\{\}
"dry_run_would_reject":3\b



=== TEST 2: and logged
--- inside: ioattest_dry_run on;
--- table
machine=0, sig_flip=1
--- error_log
would refuse signature_mismatch



=== TEST 3: without the dry run it is refused
--- table
machine=0, sig_flip=1            signature_mismatch
--- cases eval
[[$main::nobody, "", "model_unknown"]]



=== TEST 4: an unsigned error passes, and nothing else that is unsigned
--- table
status=429, unsigned             429
machine=0, status=429, sig_flip=1  signature_mismatch
status=302, unsigned             no_signature
status=204, unsigned             no_signature



=== TEST 5: with ioattest_pass_errors off it does not
--- inside: ioattest_pass_errors off;
--- table
status=429, unsigned             no_signature
