# Half of the machines have bad evidence: their answers are refused
# with their own reason, the others' never, and a search ends.  The evidence
# is real (SEV-SNP), and a policy names its measurement.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw( sleep );

use IoattestEvidence;
use IoattestFleet;
use IoattestLoad;
use IoattestSim;

IoattestSim->start(machines => 8, per_machine_ports => 0, evidence => 1);

my ($good, $directives) = IoattestFleet::evidence(IoattestEvidence::file({
    sev_snp => { measurement => [$ENV{TEST_NGINX_SIM_MEASUREMENT}] } }));

my $own = 'measurement_mismatch';
my @models = map { "bad-$_" } 1 .. 4;
my $nginx = IoattestFleet::gateway(
    evidence => 1, no_list => 1, key => 'Bearer gw',
    http => [@$directives],
    locations => {
        'long' => ['ioattest_fail_timeout 20s', IoattestFleet::apart(1)],
        'short' => ['ioattest_fail_timeout 1s', 'ioattest_wait 5s',
                    IoattestFleet::apart(2)],
    });

# Requests by the machine that answered: codes of the good, codes of the bad.
sub by_kind {
    my ($bad, @rows) = @_;
    my %bad = map { $_ => 1 } @$bad;
    IoattestFleet::machines(@rows);
    return map { my $want = $_; IoattestLoad::codes(
        grep { !$bad{ $_->{machine} // -1 } == !$want } @rows) } 0, 1;
}

for my $case ([$models[2], 4, 1, 3]) {
    my ($model, $machines, @bad) = @$case;
    my $what = scalar(@bad) . " bad of $machines";
    my $known = $machines - @bad;

    IoattestSim::reset();
    IoattestSim::set({ %$good, machines => $machines, balance => 'random',
                       seed => $machines, attest_delay_ms => 50,
                       attest_of => { map { $_ => 'snp_measurement' } @bad } });

    # the first answers of a bad one wait for a search
    my @rows = IoattestLoad::run(rate => 12, seconds => 2, models => $model,
                                 path => '/long/completions');
    my ($fine, $refused) = by_kind(\@bad, @rows);
    is_deeply([keys %$fine], [200],
              "$what: no answer of a good machine is refused")
        or diag(explain($fine));
    is_deeply([grep { !/^502 ($own|untrusted_address)$/ } keys %$refused], [],
              "$what: and none of a bad one passes")
        or diag(explain($refused));

    # evidence that is wrong is met, again and again, and ends no search
    my $row = IoattestFleet::settled($nginx, $known, 6, $model);
    ok($row, "$what: the search ends");
    is($row->{known}, $known, "$what: $known are known");
    my $draws = IoattestFleet::attestations($model);
    cmp_ok($draws, '<=', 2 * (16 * $machines + 64), "$what: $draws draws");
    is_deeply([sort map { lc $_->{address} } @{ $row->{refused} || [] }],
              [sort +(IoattestFleet::addresses())[@bad]],
              "$what: the status names who was refused");
    is_deeply([grep { $_->{reason} ne $own } @{ $row->{refused} || [] }], [],
              "$what: and why");

    # from now on: at once, by its own reason
    @rows = IoattestLoad::run(rate => 25, seconds => 2, models => $model,
                              path => '/long/completions');
    ($fine, $refused) = by_kind(\@bad, @rows);
    is_deeply([keys %$fine], [200], "$what, then: the good ones pass");
    is_deeply([keys %$refused], ["502 $own"],
              "$what, then: the reason of a bad one is its own")
        or diag(explain($refused));
    is(scalar(IoattestLoad::waited(@rows)), 0, "$what, then: nobody waits");
    is(IoattestFleet::attestations($model), $draws, "$what, then: nothing is drawn");

    my @lines = $nginx->log =~
        /\[warn\].*(?:"\Q$model\E".*\Q$own\E|\Q$own\E.*"\Q$model\E")/g;
    is(scalar @lines, scalar @bad, "$what: one warning for each");
}

IoattestFleet::finish($nginx);
done_testing();
