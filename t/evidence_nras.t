# NVIDIA's attestation service: everything that can be wrong with its answers.
# What the zone keeps of it: evidence_fetched.t.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use IoattestEvidence;

cmp_ok(IoattestEvidence::service_faults('nras', {}, qw( nras jwks )),
       '>=', 45, 'the table has them');

done_testing();
