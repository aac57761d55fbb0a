# ioattest report: every fault of a TDX quote that the simulator knows fails at
# the one check that is meant. Others: cli_faults_*.t.

use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/lib";
use Test::More;

use IoattestFaults;

cmp_ok(IoattestFaults::walk('tdx'), '>=', 90, 'the table has them');

done_testing();
