# A machine whose evidence was bad and is mended, beside good ones.

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
        'patient' => ['ioattest_fail_timeout 20s', IoattestFleet::apart(3)],
        'hasty' => ['ioattest_fail_timeout 1s', IoattestFleet::apart(3)],
    });

# A machine that is mended comes back, though it was noted as bad.

my ($model) = $models[3];
my %load = (rate => 15, models => $model, path => '/short/completions');

IoattestSim::reset();
IoattestSim::set({ %$good, machines => 4, balance => 'random',
                   attest_delay_ms => 50,
                   attest_of => { 2 => 'snp_measurement' } });
IoattestLoad::run(%load, seconds => 2);
ok(IoattestFleet::settled($nginx, 3, 6, $model), 'a bad one was noted');

IoattestSim::set(attest_of => undef);
my $before = length $nginx->log;
my @rows = IoattestFleet::machines(IoattestLoad::run(%load, seconds => 5));
is_deeply(IoattestLoad::codes(grep { $_->{machine} != 2 } @rows),
          { 200 => scalar grep { $_->{machine} != 2 } @rows },
          'mended: the others notice nothing');
my @last = grep { $_->{machine} == 2 && $_->{at} > 4 } @rows;
is_deeply(IoattestLoad::codes(@last), { 200 => scalar @last },
          'mended: its answers pass in the end');
my $row = IoattestFleet::model($nginx, $model);
is_deeply($row->{refused}, [], 'mended: it is noted no more');
my @lines = substr($nginx->log, $before) =~ /\[notice\].*"\Q$model\E".*again/g;
is(scalar @lines, 1, 'mended: one line says so');

# Locations that share what was proved share the pause after a failure too:
# it is the shortest, whichever of them has asked.

IoattestSim::reset();
IoattestSim::set({ %$good, machines => 1,
                   attest_of => { '*' => 'snp_measurement' } });
my %one = (rate => 1, seconds => 1, models => $models[0],
           path => '/patient/completions');
is_deeply(IoattestLoad::codes(IoattestLoad::run(%one)),
          { '502 measurement_mismatch' => 1 },
          'shared pause: refused');
IoattestSim::set(attest_of => undef);
sleep(1.5);
is_deeply(IoattestLoad::codes(IoattestLoad::run(%one)), { 200 => 1 },
          'shared pause: the shortest counts');

IoattestFleet::finish($nginx);
done_testing();
