# Recordings of the agent, changed in all these ways: readers see exactly what
# is signed of a stream that verifies, and no end of one that does not.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use IoattestStreams;

my $vectors = $ENV{IOATTEST_VECTORS} // "$FindBin::Bin/../../shared/vectors";

plan skip_all => "108 recorded streams skipped: $vectors is not there"
    if !-d "$vectors/agent";

IoattestStreams::run('recorded', 5000);
