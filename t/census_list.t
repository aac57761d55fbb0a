# The models list while nobody asks: it is read anew for what is in use, and
# not again and again for a name of "ioattest_prewarm" that it lacks.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw( sleep );

use IoattestFleet;
use IoattestLoad;
use IoattestSim;

IoattestSim->start(machines => 1, per_machine_ports => 0,
                   models => [qw( kept late )]);

sub lists { return IoattestSim::stats()->{models}{total} }

# what is in use

my $nginx = IoattestFleet::gateway(key => 'Bearer gw',
    http => ['ioattest_valid 3s', 'ioattest_fail_timeout 1s']);

my %ask = (rate => 0, count => 4, models => 'kept');
IoattestFleet::all_well('in use', IoattestLoad::run(%ask));
is(lists(), 1, 'in use: the list is read');

IoattestSim::reset('stats');
sleep 7;
cmp_ok(lists(), '>=', 2, 'in use: it is read anew while nobody asks');
cmp_ok(lists(), '<=', 5, 'in use: before it has ended, and no more often');

IoattestSim::set(models_delay_ms => 1000);
my @rows = IoattestLoad::run(%ask);
IoattestFleet::all_well('in use, after a quiet time', @rows);
is(scalar(IoattestLoad::waited(@rows)), 0, 'in use: nobody waits for it');
IoattestFleet::finish($nginx);

# where the id is given no list is needed

my ($id) = map { $_->{model_id} } grep { $_->{name} eq 'kept' }
           @{ IoattestSim::machines()->{models} };
IoattestSim::reset();
$nginx = IoattestFleet::gateway(key => 'Bearer gw',
    http => ['ioattest_valid 3s', "ioattest_model_id $id"]);
IoattestFleet::all_well('an id', IoattestLoad::run(%ask));
sleep 2;
cmp_ok(IoattestFleet::attestations(), '>=', 1, 'an id: it is attested');
is(lists(), 0, 'an id: no list is read');
IoattestFleet::finish($nginx);

# a name that the list lacks

IoattestSim::reset();
$nginx = IoattestFleet::gateway(key => 'Bearer gw',
    http => ['ioattest_fail_timeout 1s', 'ioattest_prewarm missing kept']);
ok(IoattestFleet::until_true(sub { $nginx->log =~ /"missing"/ }, 5),
   'missing: it is logged');
my $line = 'model "missing" of "ioattest_prewarm" is not attested: '
           . 'model_unknown';
like($nginx->log, qr/\[warn\].*\Q$line\E/, 'missing: why');
ok(IoattestFleet::settled($nginx, 1, 5, 'kept'), 'missing: another is kept');
like($nginx->log, qr/model "kept": 1 machine known, /,
     'missing: and the log says what its search has found');

IoattestSim::reset('stats');
sleep 4;
is(lists(), 0, 'missing: the list is not read for it again and again');
is(scalar(() = $nginx->log =~ /"missing"/g), 1,
   'missing: one of two workers speaks, once');
IoattestFleet::finish($nginx);

done_testing();
