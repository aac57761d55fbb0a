# ioattest report: every fault of Intel's collateral that the simulator knows fails
# at the one check that is meant.

use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/lib";
use Test::More;

use IoattestFaults;

cmp_ok(IoattestFaults::walk('collateral'), '>=', 90, 'the table has them');

done_testing();
