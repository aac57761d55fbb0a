# Signature events moved, changed, doubled: readers see
# exactly what is signed of a stream that verifies, and no end of one that does
# not.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use IoattestStreams;

IoattestStreams::run('event', 5000);
