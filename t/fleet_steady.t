# Once the machines are known, attestation is nobody's business: requests do
# not wait while proofs end and are renewed, nor after a quiet time, nor for
# the models list.  And it costs what it should.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw( sleep );

use IoattestFleet;
use IoattestLoad;
use IoattestSim;

IoattestSim->start(machines => 8, per_machine_ports => 0);

my $valid = 3;
my $nginx = IoattestFleet::gateway(
    key => 'Bearer gw', http => ["ioattest_valid ${valid}s"]);

IoattestSim::set(balance => 'random', attest_delay_ms => 60,
                 models_delay_ms => 400);
IoattestFleet::all_well('cold', IoattestLoad::run(rate => 12, seconds => 2));
ok(IoattestFleet::settled($nginx, 8, 8), 'all machines are known');

# three lives of a proof

my $status = $nginx->status;
my $waited = $status->{requests_waited};
my $list = IoattestSim::stats()->{models}{total};
IoattestSim::reset('stats');

my @rows = IoattestLoad::run(rate => 12, seconds => 3 * $valid);
IoattestFleet::all_well('steady', @rows);

# at most 0.1 % in the long run; of so few, one may be the odd one
cmp_ok(scalar(IoattestLoad::waited(@rows)), '<=', 1, 'steady: nobody waits');
is($nginx->status->{requests_waited} - $waited,
   scalar(IoattestLoad::waited(@rows)), 'steady: the status counts who waited');
is(scalar(grep { $_->{ms} > 380 } @rows), 0,
   'steady: nor for the models list');

my $draws = IoattestFleet::attestations();
my $life = $draws / 3;
cmp_ok($life, '>=', 8, "steady: $draws draws renew all machines");
cmp_ok($life, '<=', 2 * 29, 'steady: and not at twice the price (29 a life)');

# nobody asks, for longer than a proof lives

sleep $valid * 1.5;
IoattestSim::reset('stats');
@rows = IoattestLoad::run(rate => 0, count => 40);
IoattestFleet::all_well('after a quiet time', @rows);
is(scalar(IoattestLoad::waited(@rows)), 0, 'after a quiet time: nobody waits');
is(scalar(grep { $_->{ms} > 380 } @rows), 0,
   'after a quiet time: nor for the models list');

# machines that go are given up, without a word to anybody

IoattestSim::set(machines => 4);
sleep 2 * $valid;
@rows = IoattestLoad::run(rate => 12, seconds => 1);
IoattestFleet::all_well('machines that have gone', @rows);
is(scalar(IoattestLoad::waited(@rows)), 0,
   'machines that have gone: nobody waits');
is(scalar(keys %{ IoattestFleet::trusted($nginx) }), 4,
   'machines that have gone: they are trusted no more');

IoattestFleet::finish($nginx);
done_testing();
