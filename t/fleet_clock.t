# The wall clock is set an hour on, or back: no machine loses trust for it, and
# none keeps trust that its evidence has not.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP ();
use Test::More;
use Time::HiRes qw( sleep );

use IoattestClock;
use IoattestFleet;
use IoattestLoad;
use IoattestSim;

IoattestSim->start(machines => 3, per_machine_ports => 0, evidence => 1);

my $clock = IoattestClock->new;
my $services = <<'EOF';
        location ~ ^/_pcs/(.*)$ {
            internal;
            proxy_pass http://api/$1$is_args$args;
        }
        location ~ ^/_ends/(.*)$ {
            internal;
            proxy_pass http://api/$1$is_args$args;
        }
EOF
my $nginx = $clock->under(sub { IoattestFleet::gateway(
    evidence => 1, no_list => 1, server => $services, http => [
        'ioattest_cpu tdx', 'ioattest_gpu off',
        'ioattest_cpu_trusted_certificate $TEST_NGINX_SIM_CPU_ROOTS',
        'ioattest_fail_timeout 1s', 'ioattest_background off'],
    locations => {
        'long' => ['ioattest_collateral /_pcs/'],
        'short' => ['ioattest_collateral /_pcs/', 'ioattest_valid 3s',
                    IoattestFleet::apart(1),
                    'ioattest_authorization "Bearer gw"'],
        'ends' => ['ioattest_collateral /_ends/'],
        'replay' => ['ioattest_collateral /_pcs/', 'ioattest_replay 60s'],
        'list' => ['ioattest_collateral /_pcs/', IoattestFleet::apart(2),
                   'ioattest_models /_ioattest/models',
                   'ioattest_valid 1m'],
    }) });

my $hour = 3600;
my %set = (evidence => 'tdx', gpus => 0, balance => 'random');

sub ask {
    my ($path, %more) = @_;
    return IoattestLoad::run(rate => 0, count => 6, models => $path,
                             path => "/$path/completions", %more);
}

sub quiet {
    my ($what, $path) = @_;
    IoattestSim::reset('stats');
    my @rows = ask($path);
    IoattestFleet::all_well($what, @rows);
    is(scalar(IoattestLoad::waited(@rows)), 0, "$what: nobody waits");
    is(IoattestFleet::attestations($path), 0, "$what: nothing is attested anew");
    return;
}

sub at {
    my ($seconds) = @_;
    $clock->shift($seconds);
    sleep 0.1;
    return;
}

# no trust is lost

IoattestSim::set(\%set);
IoattestLoad::run(rate => 20, seconds => 1, models => 'long',
                  path => '/long/completions');
ok(IoattestFleet::until_true(sub {
    IoattestLoad::run(rate => 0, count => 8, models => 'long',
                      path => '/long/completions');
    keys %{ IoattestFleet::trusted($nginx, 'long') } == 3 }, 5),
   'three machines are trusted');
quiet('before', 'long');
for my $step ($hour, 0, -$hour, $hour) {
    at($step);
    quiet("the clock at $step s", 'long');
}

# nor is it kept longer than it was to be: the clock goes back, and time on

at(0);
my @rows = ask('short');
IoattestFleet::all_well('short', @rows);
at(-$hour);
sleep 3.5;
IoattestSim::reset();
IoattestSim::set({ %set, attest => 'reset' });
is_deeply(IoattestLoad::codes(ask('short')),
          { '502 attestation_unavailable' => 6 },
          'an hour back: trust ends when it was to end');

# a pause after a failure is as long as it was
IoattestSim::set(attest => '');
at(-2 * $hour);
ok(IoattestFleet::until_true(sub {
    !IoattestLoad::refused(ask('short')) }, 6),
   'another hour back: the next try is not an hour away');
at(0);

# the end of what Intel has signed is the end of trust

IoattestSim::reset();
IoattestSim::set({ %set, collateral_life => $hour / 2 });
IoattestFleet::all_well('evidence for half an hour', ask('ends'));
at($hour);
is_deeply([grep { !/^502 (?:tcb_rejected|cpu_evidence_invalid)$/ }
           keys %{ IoattestLoad::codes(ask('ends')) }], [],
          'an hour on: it has ended')
    or diag(explain(IoattestLoad::codes(ask('ends'))));
at(0);
ok(IoattestFleet::until_true(sub { !IoattestLoad::refused(ask('ends')) }, 8),
   'and back: it has not');

# a replay is one for as long as was said

sub same {
    my ($row) = IoattestLoad::run(rate => 0, count => 1, models => 'replay',
        path => '/replay/completions', prompt => 'same');
    return IoattestLoad::code($row);
}

IoattestSim::set({ %set, machines => 1 });
is(same(), '200', 'replay: first');
is(same(), '502 replayed', 'replay: again');
at($hour);
is(same(), '502 replayed', 'replay: an hour on, it still is one');
at(-$hour);
is(same(), '502 replayed', 'replay: an hour back, too');
$clock->pass(61);
sleep 0.1;
is(same(), '200', 'replay: and not longer');
at(0);

# the models list

IoattestSim::set(list => ['list']);
IoattestFleet::all_well('the list', ask('list'));
for my $step ($hour, -$hour) {
    IoattestSim::reset('stats');
    at($step);
    IoattestFleet::all_well("the list, clock at $step", ask('list'));
    is(IoattestSim::stats()->{models}{total}, 0,
       "the list, clock at $step: is not asked for again");
}
at(0);

IoattestFleet::finish($nginx);
done_testing();
