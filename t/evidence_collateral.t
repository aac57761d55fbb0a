# Intel's collateral: everything that can be wrong with it.
# What the zone keeps of it: evidence_fetched.t.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use IoattestEvidence;

# The quote is judged before the documents, and its chain needs the root's list
# too; lists that cannot be read are found before either.

my %decided = (crl_root_garbage => 'cpu_evidence_invalid',
               map { ("crl_root_$_" => 'cpu_evidence_invalid') }
               qw( expired future issuer signature ));

cmp_ok(IoattestEvidence::service_faults('collateral', \%decided,
                                        'collateral'),
       '>=', 85, 'the table has them');

done_testing();
