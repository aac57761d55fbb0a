# No more attestations in flight than ioattest_parallel for a model, and four
# times as many in all: over two workers, through reloads, and when a worker
# is killed with some in its hands.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw( sleep );

use IoattestFleet;
use IoattestLoad;
use IoattestSim;

IoattestSim->start(machines => 12, per_machine_ports => 0);

my $nginx = IoattestFleet::gateway(
    no_list => 1, key => 'Bearer gw', http => ['ioattest_parallel 3', 'ioattest_wait 4s']);

# machines that change keys all the time keep a search going

my $generation = 0;
sub churn {
    my ($seconds) = @_;
    for (1 .. $seconds * 4) {
        IoattestSim::set(generation => ++$generation);
        sleep 0.25;
    }
    return;
}

# rows of flights that overlap a moment
sub in_flight {
    my ($at, @flights) = @_;
    return scalar grep { $_->{start} <= $at && ($_->{end} // 1e9) > $at }
           @flights;
}

IoattestSim::set(balance => 'random', attest_delay_ms => 300);
my $load = IoattestLoad->start(rate => 10, seconds => 9, models => 'one',
                               connections => 'new');
churn(2);
my $seen = IoattestSim::flights();
is($seen->{peaks}{one}, 3, 'two workers: as many as ioattest_parallel, no more');

$nginx->reload;
churn(1);
$nginx->reload;
churn(1);
is(IoattestSim::flights()->{peaks}{one}, 3, 'through reloads: no more');

# a worker dies with attestations in flight

IoattestSim::set(attest_delay_ms => 600);
churn(1);
my $victim = $nginx->kill_worker;
ok($victim, 'a worker is killed');
churn(1);
is(IoattestSim::flights()->{peaks}{one}, 3, 'after a death: no more');
my $since = IoattestSim::flights()->{now};
churn(2);
my @later = grep { $_->{start} > $since } IoattestFleet::flights();
is((sort { $b <=> $a } map { in_flight($_->{start} + 0.001, @later) } @later)[0],
   3, 'after a death: and no fewer');

# both die
IoattestSim::set(attest_delay_ms => 300);
kill KILL => $nginx->workers;
$nginx->wait_for(sub { $nginx->workers == 2 });
churn(1);
$load->rows;
is(IoattestSim::flights()->{peaks}{one}, 3, 'after two deaths: no more');
IoattestSim::reset('stats');
my @rows = IoattestLoad::run(rate => 10, seconds => 1, models => 'one');
IoattestFleet::all_well('after deaths', @rows);

# over all models

IoattestSim::reset();
IoattestSim::set(balance => 'random', machines => 3, attest_delay_ms => 300);
my @models = map { "many-$_" } 1 .. 8;
@rows = IoattestLoad::run(rate => 40, seconds => 3, models => \@models,
                          connections => 'new');
IoattestFleet::all_well('eight models', @rows);
$seen = IoattestSim::flights();
cmp_ok($seen->{peak}, '<=', 4 * 3, 'eight models: four times as many in all');
cmp_ok($seen->{peak}, '>', 2 * 3, 'eight models: and more than those of two');
is_deeply([grep { $_ > 3 } values %{ $seen->{peaks} }], [],
          'eight models: none has more than its own');

# a client's draws go before those of the census: eight searches are on, and
# somebody asks for a ninth model

my $busy = IoattestLoad->start(rate => 40, seconds => 2, models => \@models,
                               connections => 'new');
IoattestSim::set(generation => ++$generation);
sleep 0.7;
@rows = IoattestLoad::run(rate => 0, count => 1, models => 'ninth');
IoattestFleet::all_well('a ninth model', @rows);
cmp_ok(IoattestLoad::longest(@rows), '<', 3 * 3 * 0.3,
       'a ninth model: does not stand behind their searches');
$busy->rows;

IoattestFleet::finish($nginx, qr/exited on signal 9|was locked by/);
done_testing();
