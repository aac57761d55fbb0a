# Before the first prompt leaves: how many attestations a crowd costs, what
# happens while one hangs, and how often a model that cannot be attested is
# tried.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use List::Util qw( max min );
use Test::More;
use Time::HiRes qw( sleep );

use IoattestFleet;
use IoattestLoad;
use IoattestNginx;
use IoattestSim;

IoattestSim->start(machines => 10, per_machine_ports => 0);

my $own = 'ioattest_authorization "Bearer gw"';
my $nginx = IoattestFleet::gateway(
    no_list => 1,
    locations => {
        'own' => [$own, IoattestFleet::apart(1)],
        'callers' => [IoattestFleet::apart(2)],
        'hung' => ['ioattest_timeout 2500ms', 'ioattest_fail_timeout 30s',
                   IoattestFleet::apart(3)],
        'down' => ['ioattest_fail_timeout 1s', IoattestFleet::apart(4)],
        'wrong' => ['ioattest_fail_timeout 500ms', IoattestFleet::apart(5)],
        'timer' => [$own, 'ioattest_fail_timeout 500ms',
                    IoattestFleet::apart(6)],
        'wait' => ['ioattest_wait 1s', 'ioattest_fail_timeout 30s',
                   IoattestFleet::apart(7)],
    });

# one machine opens the gate for a hundred

for my $path (qw( own callers )) {
    IoattestSim::reset();
    IoattestSim::set(balance => 'random', attest_delay_ms => 500);
    my @rows = IoattestLoad::run(rate => 0, count => 100, models => "c-$path",
                                 path => "/$path/completions");
    IoattestFleet::all_well("$path: 100 at once", @rows);
    my @flights = IoattestFleet::flights("c-$path");
    my $first = min map { $_->{end} // 1e9 } @flights;

    # a second later another is made, where this machine is slow
    my $second = 0.9 + min map { $_->{start} } @flights;
    is(scalar(grep { $_->{start} < min $first, $second } @flights), 1,
       "$path: 100 at once: one attestation opens the gate");
}

# a client that leaves takes nothing with it

IoattestSim::reset();
IoattestSim::set(machines => 1, attest_delay_ms => 500);
my ($left) = IoattestLoad::run(rate => 0, count => 1, models => 'leaves',
                               path => '/callers/completions', leave_ms => 150);
is($left->{error}, 'left', 'a client leaves');
ok(IoattestFleet::until_true(sub {
    %{ IoattestFleet::trusted($nginx, 'leaves') } }, 3),
   'a client that leaves: its attestation counts all the same');
my @rows = IoattestLoad::run(rate => 0, count => 5, models => 'leaves',
                             path => '/callers/completions');
IoattestFleet::all_well('a client that leaves: the next', @rows);
is(scalar(IoattestLoad::waited(@rows)), 0,
   'a client that leaves: nobody else has to wait');
is((IoattestFleet::flights('leaves'))[0]{how}, 200,
   'a client that leaves: the API could answer');

# the first attestation hangs: another is made each second

IoattestSim::reset();
IoattestFleet::quiet(0.3, 5);
IoattestSim::set(balance => 'random', attest => 'hang', attest_times => 1);
@rows = IoattestLoad::run(rate => 0, count => 10, models => 'second',
                          path => '/callers/completions');
IoattestFleet::all_well('the first hangs', @rows);
cmp_ok(IoattestLoad::longest(@rows), '<', 3, 'the first hangs: not for long');
my @starts = sort { $a <=> $b } map { $_->{start} }
             IoattestFleet::flights('second');
cmp_ok($starts[1] - $starts[0], '>', 0.5, 'the second is a second later');

# all hang: one more a second, all slots after the first outcome, then the end

IoattestSim::reset();
IoattestSim::set(attest => 'hang');
@rows = IoattestLoad::run(rate => 0, count => 20, models => 'hung',
                          path => '/hung/completions');
is_deeply(IoattestLoad::codes(@rows), { '502 attestation_timeout' => 20 },
          'all hang: the reason');
my @flights = IoattestFleet::flights('hung');
my $first = $flights[0]{start};
my $early = grep { $_->{start} < $first + 2.2 } @flights;
cmp_ok($early, '>=', 2, 'all hang: more than one is made');
cmp_ok($early, '<=', 3, 'all hang: but not all slots before an outcome');
cmp_ok(IoattestSim::flights()->{peaks}{hung}, '<=', 8, 'all hang: no more than 8');
is(IoattestSim::stats()->{completions}{total}, 0, 'all hang: nothing is sent');
IoattestSim::reset('stats');
@rows = IoattestLoad::run(rate => 0, count => 20, models => 'hung',
                          path => '/hung/completions');
is_deeply(IoattestLoad::codes(@rows), { '502 attestation_timeout' => 20 },
          'all hang: the next are refused');
cmp_ok(max(map { $_->{ms} } @rows), '<', 1000, 'all hang: at once');
is(IoattestFleet::attestations('hung'), 0, 'all hang: and ask nobody');

# ioattest_wait is over before

IoattestSim::reset();
IoattestSim::set(attest => 'hang');
@rows = IoattestLoad::run(rate => 0, count => 3, models => 'wait',
                          path => '/wait/completions');
is_deeply(IoattestLoad::codes(@rows), { '502 attestation_timeout' => 3 },
          'ioattest_wait is over: the reason');
cmp_ok(max(map { $_->{ms} } @rows), '<', 3000, 'ioattest_wait is over: soon');
cmp_ok(min(map { $_->{ms} } @rows), '>', 900, 'ioattest_wait is over: not before');

# no answer at all: a few tries, then one each ioattest_fail_timeout

IoattestSim::reset();
IoattestSim::set(attest => 'reset');
@rows = IoattestLoad::run(rate => 10, seconds => 4, models => 'down',
                          path => '/down/completions');
is_deeply(IoattestLoad::codes(@rows), { '502 attestation_unavailable' => 40 },
          'no answer: the reason');
my @bursts = IoattestFleet::bursts(0.5, IoattestFleet::flights('down'));
cmp_ok(scalar @bursts, '>=', 3, 'no answer: it is tried again');
cmp_ok(scalar @bursts, '<=', 5, 'no answer: at the pace that was set');
IoattestSim::set(attest => '');
sleep 1.1;
IoattestFleet::all_well('no answer: and then there is one',
    IoattestLoad::run(rate => 0, count => 10, models => 'down',
                      path => '/down/completions'));

# evidence that is wrong: eight in a row, then ever more seldom

IoattestSim::reset();
IoattestSim::set(attest => 'digest_other', attest_delay_ms => 10);
@rows = IoattestLoad::run(rate => 10, seconds => 5, models => 'wrong',
                          path => '/wrong/completions');
is_deeply(IoattestLoad::codes(@rows), { '502 image_digest_mismatch' => 50 },
          'all refused: the reason');
is(IoattestSim::stats()->{completions}{total}, 0, 'all refused: nothing is sent');
@flights = IoattestFleet::flights('wrong');
@bursts = IoattestFleet::bursts(0.35, @flights);
cmp_ok(scalar @{ $bursts[0] }, '>=', 8, 'all refused: eight first');
cmp_ok(scalar @bursts, '>=', 3, 'all refused: it is tried again');
cmp_ok(scalar @bursts, '<=', 5, 'all refused: at twice the pause each time');

# the gateway's own key tries by itself

IoattestSim::reset();
IoattestSim::set(attest => 'reset');
IoattestLoad::run(rate => 0, count => 1, models => 'timer',
                  path => '/timer/completions');
IoattestSim::reset();
ok(IoattestFleet::until_true(sub {
    %{ IoattestFleet::trusted($nginx, 'timer') } }, 4),
   'the timer tries again, without a request');
@rows = IoattestLoad::run(rate => 0, count => 10, models => 'timer',
                          path => '/timer/completions');
IoattestFleet::all_well('the timer', @rows);
is(scalar(IoattestLoad::waited(@rows)), 0, 'the timer: nobody waits then');

IoattestFleet::finish($nginx);
done_testing();
