# What an attestation needs of other services is asked once more, too, where
# a kept connection was closed before any byte of an answer came.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use IoattestEvidence;
use IoattestNginx;
use IoattestSim;

IoattestSim->start(machines => 1, evidence => 1);

my $nginx = IoattestEvidence::gateway(server => IoattestEvidence::location(
    'nras', 'ioattest_gpu nras', 'ioattest_cpu off', 'ioattest_nras /_nras',
    'ioattest_nras_jwks /_jwks'));

my @good = (evidence => 'tdx', gpus => 1);

sub asked {
    my ($name, $id, $seen, $count, $attested, %how) = @_;

    IoattestSim::reset();
    IoattestSim::set({ @good, %how });
    is(IoattestEvidence::said($nginx, 'nras', $id), $seen, $name);
    is(IoattestSim::stats()->{paths}{'/v4/attest/gpu'}, $count,
       "asked $count times: $name");
    is(IoattestSim::stats()->{attestations}{total}, $attested,
       "by $attested attestations: $name");
    return;
}

asked('nothing wrong', 'plain', 200, 1, 1);
asked('closed once', 'closed', 200, 2, 1, nras => 'close', nras_times => 1);
asked('reset once', 'reset', 200, 2, 1, nras => 'reset', nras_times => 1);

# three attestations that fail are a refusal, and each asks twice at most

asked('closed each time', 'twice', '502 attestation_unavailable', 6, 3,
      nras => 'close', nras_times => 6);
asked('an error', 'error', '502 attestation_unavailable', 3, 3,
      nras => 'error=500', nras_times => 3);

like($nginx->log, qr{asking "/v4/attest/gpu" again: a kept connection was closed},
     'the log says so');
my $zone = $nginx->status->{zones}[0];
is($zone->{leases}, 0, 'no lease is left');
is(scalar(@{$zone->{models}}), 5, 'each case had a model of its own');
is(scalar(grep { $_->{in_flight} != 0 } @{$zone->{models}}), 0,
   'and no attestation of one is under way');
is_deeply(IoattestEvidence::alarms($nginx), [], 'no alarm in the log');

done_testing();
