# Documents of other services that end before a machine is attested again are
# fetched anew while they still count, so that no trust ends with them; nobody
# waits for that, and nothing depends on it.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw( sleep );
use Time::Local qw( timegm );

use IoattestClock;
use IoattestEvidence;
use IoattestFleet;
use IoattestLoad;
use IoattestNginx;
use IoattestSim;

# s: for how long documents count, and later ones; how much of it passes
my ($life, $later, $refresh, $passed) = (300, 100_000, 150, 200);

my @cases = qw( up down hang revoked );

IoattestSim->start(machines => 1, per_machine_ports => 0, evidence => 1);

# a prefix for each: what is kept of one is unknown to the others

my $services = join '', map { <<"EOF" } @cases;
        location ~ ^/_$_/(.*)\$ {
            internal;
            proxy_pass http://api/\$1\$is_args\$args;
        }
EOF

my $clock = IoattestClock->new;
my $nginx = $clock->under(sub { IoattestFleet::gateway(
    evidence => 1, no_list => 1, key => 'Bearer gw', workers => 1,
    server => $services,
    http => ['ioattest_cpu tdx', 'ioattest_gpu off',
             'ioattest_cpu_trusted_certificate $TEST_NGINX_SIM_CPU_ROOTS',
             'ioattest_valid 1h', "ioattest_refresh ${refresh}s",
             'ioattest_timeout 1s'],
    locations => { map { $_ => ["ioattest_collateral /_$_/"] } @cases }) });

my $clock_at = 0;

sub elapse { return $clock->pass($clock_at += $_[0]) }

sub ask {
    my ($case, $model) = @_;
    return IoattestLoad::run(rate => 10, seconds => 0.5,
                             models => $model // "m-$case",
                             path => "/$case/completions");
}

sub asked { return IoattestSim::stats()->{services}{collateral} // 0 }

sub trusted { return values %{ IoattestFleet::trusted($nginx, "m-$_[0]") } }

# s from now, by nginx's clock, until the machine's trust ends
sub left {
    my ($case) = @_;
    my ($machine) = trusted($case) or return -1;
    my ($y, $mo, $d, $h, $mi, $s) = $machine->{expires_at} =~ /(\d+)/g;
    return timegm($s, $mi, $h, $d, $mo - 1, $y) - time - $clock_at;
}

sub settings {
    my (%set) = @_;
    IoattestSim::set({ evidence => 'tdx', gpus => 0, collateral_life => $life,
                       %set });
    return;
}

for my $case (@cases) {
    IoattestSim::reset();
    settings(collateral_life => $life + $clock_at);
    is(scalar(IoattestLoad::refused(ask($case))), 0, "$case: trusted");
    is(asked(), 4, "$case: each document is asked for");
    cmp_ok(left($case), '<', $life + 5,
           "$case: the machine is trusted until the first ends");

    ok(IoattestFleet::until_true(sub {
        IoattestFleet::model($nginx, "m-$case")->{in_flight} == 0 }, 5),
       "$case: nothing is in flight");
    IoattestSim::reset('stats');
    settings(collateral_life => $later,
             $case eq 'down' ? (collateral => 'error=503')
             : $case eq 'hang' ? (collateral => 'hang')
             : $case eq 'revoked' ? (collateral => 'crl_pck') : ());
    elapse($passed);

    if ($case eq 'up') {
        ok(IoattestFleet::until_true(sub { left($case) > $life }, 10),
           'up: without a request it is trusted for longer');
        is(asked(), 4, 'up: by documents that were fetched once');

    } else {
        ok(IoattestFleet::until_true(sub { asked() >= 4 }, 10),
           "$case: newer ones are asked for");
        sleep 1.5;

        # where there is none at its place, a list is asked for at another

        my $n = asked();
        cmp_ok($n, '<=', 5, "$case: once");
        cmp_ok(IoattestSim::stats()->{attestations}{total}, '<=', 4,
               "$case: few attestations");
        my @other = ask($case, "too-$case");
        is_deeply(IoattestLoad::codes(@other),
                  { ($case eq 'revoked' ? '502 revoked' : 200)
                    => scalar @other },
                  "$case: another model with the same documents");
        sleep 0.3;
        is(asked(), $n, "$case: they are not asked for again and again");
        my @rows = ask($case);
        IoattestFleet::all_well("$case: while they do not come", @rows);
        is(scalar(IoattestLoad::waited(@rows)), 0, "$case: nobody waits");
        is(scalar(trusted($case)), 1, "$case: it is trusted as before");
        unlike($nginx->log, qr/attestation of model "m-$case" failed/,
               "$case: no attestation has failed");

        settings(collateral => '', collateral_life => $later)
            if $case ne 'revoked';
    }

    # after the end of the first ones

    elapse($life);
    my @rows = ask($case);

    if ($case eq 'revoked') {
        is_deeply(IoattestLoad::codes(@rows), { '502 revoked' => scalar @rows },
                  'revoked: after their end it is refused');
        like($nginx->log, qr/\[warn\].*ioattest:\sattestation\sof\smodel\s
                             "m-revoked":\snewer\sdocuments\srefuse\sits\s
                             .*\srevoked,\scheck\s"tdx\.pck_chain/x,
             'revoked: which was told before');
        next;
    }

    IoattestFleet::all_well("$case: after their end", @rows);
    next if $case ne 'up';
    is(scalar(IoattestLoad::waited(@rows)), 0,
       "$case: nobody waits after their end");
}

IoattestFleet::finish($nginx);
done_testing();
