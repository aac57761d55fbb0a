# Bytes and lines of streams changed on their way: readers see
# exactly what is signed of a stream that verifies, and no end of one that does
# not.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use IoattestStreams;

IoattestStreams::run('bytes', 5000);
