# What the zone keeps of Intel's and AMD's documents, and for how long: they
# are asked for again when their time in the zone is over, not before.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use IoattestClock;
use IoattestEvidence;
use IoattestNginx;
use IoattestSim;

my $HOUR = 3600;
my $DAY = 24 * $HOUR;

IoattestSim->start(machines => 1, evidence => 1);

my @rest = ('ioattest_gpu off', 'ioattest_refresh 0');
my $clock = IoattestClock->new;
my $nginx = $clock->under(sub {
    IoattestEvidence::gateway(workers => 1, server => join '',
        IoattestEvidence::location('tdx', 'ioattest_collateral /_pcs/',
                                   @rest),
        IoattestEvidence::location('snp', 'ioattest_amd_kds /_kds/', @rest));
});

my $n = 0;

# Another model each time: a machine that is attested by itself. How many
# documents were asked for, and which.
sub asked {
    my ($path, $passed, %set) = @_;

    IoattestEvidence::settle($nginx);
    $clock->pass($passed);
    IoattestSim::reset();
    IoattestSim::set(evidence => $path, %set);

    my $said = IoattestEvidence::said($nginx, $path, 'model-' . $n++);
    my $stats = IoattestSim::stats();
    my %of = map { $_ => $stats->{paths}{$_} }
             grep { m{/certification/|/IntelSGX|/vcek/} }
             keys %{$stats->{paths}};
    my $crl = delete $of{'/vcek/v1/Milan/crl'} // 0;
    my $all = 0;
    $all += $_ for values %of;

    return $path eq 'snp' ? "$said, $all certificates, $crl lists"
                          : "$said, $all documents";
}

is(asked('tdx', 0), '200, 4 documents', 'Intel: at first all are asked for');
is(asked('tdx', 0), '200, 0 documents', 'and then kept');
is(asked('snp', 0), '200, 1 certificates, 1 lists', 'AMD: at first both');
is(asked('snp', 0), '200, 0 certificates, 0 lists', 'and then kept');

is(asked('tdx', 6 * $HOUR - 60), '200, 0 documents', 'Intel: almost 6 hours');
is(asked('tdx', 6 * $HOUR + 60), '200, 4 documents', '6 hours: anew');
is(asked('tdx', 6 * $HOUR + 60), '200, 0 documents', 'and kept again');
is(asked('snp', 6 * $HOUR + 60), '200, 0 certificates, 1 lists',
   'AMD: the list is asked for anew, the certificate is not');

is(asked('snp', 7 * $DAY + 60), '200, 1 certificates, 1 lists',
   'a week: the certificate too');
is(asked('tdx', 7 * $DAY + 60), '200, 4 documents', 'Intel: a week');

# The wall clock says nothing of what is kept.

my $past = 7 * $DAY + 7 * $HOUR;

$clock->shift(-$HOUR);
is(asked('tdx', $past), '200, 4 documents',
   'a clock set back keeps nothing longer');
$clock->shift(7 * $HOUR);
is(asked('tdx', $past), '200, 0 documents',
   'one set forward renews nothing');
$clock->shift(0);

# What is no good is asked for again at once, and what is good and refuses a
# machine after a while.

$past += 7 * $HOUR;
like(asked('tdx', $past, collateral => 'tcb_signature'),
     qr/^502 tcb_rejected, /, 'a document that nobody signed');
is(asked('tdx', $past, collateral => 'tcb_status_out_of_date'),
   '502 tcb_rejected, 4 documents', 'is asked for again at once');
is(asked('tdx', $past), '502 tcb_rejected, 0 documents',
   'a platform that is out of date: not within a minute');
is(asked('tdx', $past + 61), '200, 2 documents',
   'then what Intel says of it is asked for again');

# A service that is down: what was kept is used while it is good of itself.

$clock->pass(8 * $DAY);
IoattestSim::reset();
IoattestSim::set(evidence => 'tdx', collateral => 'error=503');
is(IoattestEvidence::said($nginx, 'tdx', 'down'), 200,
   'Intel does not answer: what was kept is used');

$clock->pass(40 * $DAY);
like(IoattestEvidence::said($nginx, 'tdx', 'down-long'),
     qr/^502 (?:attestation_unavailable|cpu_evidence_invalid)\z/,
     'but not beyond its own end');
is(IoattestSim::stats()->{completions}{total}, 1,
   'and no prompt is sent then');

is_deeply(IoattestEvidence::alarms($nginx), [], 'nothing alarming in the log');
ok($nginx->stop, 'nginx goes quietly');

done_testing();
