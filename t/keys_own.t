# The gateway's own key with variables: the background works with it as with
# one without, also where the value is never the same twice.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw( sleep );

use IoattestFleet;
use IoattestLoad;
use IoattestSim;

my $KEPT = $IoattestFleet::OTHER;

IoattestSim->start(machines => 2, per_machine_ports => 0);

sub lists { return IoattestSim::stats()->{models} }

# prewarm, by a models list

my $nginx = IoattestFleet::gateway(
    http => ['map $host $gw { default "Bearer gw"; } #',
             'ioattest_authorization $gw own', 'ioattest_valid 4s',
             "ioattest_prewarm $KEPT"]);
ok(IoattestFleet::settled($nginx, 2, 8, $KEPT), 'prewarm: all are known');
cmp_ok(lists()->{total}, '<=', 2, 'prewarm: the list is read by a worker');

my %ask = (rate => 0, count => 4);
my @rows = IoattestLoad::run(%ask, models => $KEPT);
IoattestFleet::all_well('prewarm', @rows);
is(scalar(IoattestLoad::waited(@rows)), 0, 'prewarm: and nobody waits');

# background: what is in use is kept, and its list

IoattestFleet::all_well('in use', IoattestLoad::run(%ask));
IoattestSim::reset('stats');
sleep 7;
cmp_ok(lists()->{total}, '>=', 1, 'in use: the list is read anew');
is_deeply([keys %{ lists()->{keys} }], ['Bearer gw'], 'in use: with the key');
IoattestSim::set(models_delay_ms => 1000, attest_delay_ms => 1000);
@rows = IoattestLoad::run(%ask);
IoattestFleet::all_well('in use, after a quiet time', @rows);
is(scalar(IoattestLoad::waited(@rows)), 0, 'in use: nobody waits');
IoattestFleet::finish($nginx);

# a value that is never the same twice

IoattestSim::reset();
$nginx = IoattestFleet::gateway(
    http => ['ioattest_authorization "Bearer $request_id" own',
             "ioattest_prewarm $KEPT"]);
ok(IoattestFleet::settled($nginx, 2, 8, $KEPT), 'other values: all are known');
@rows = IoattestLoad::run(%ask, models => $KEPT);
IoattestFleet::all_well('other values', @rows);
is(scalar(IoattestLoad::waited(@rows)), 0, 'other values: and nobody waits');
cmp_ok(lists()->{total}, '<=', 2, 'other values: one list serves them all');

# each of them is refused

IoattestSim::set(keys => { '*' => 401 });
IoattestSim::reset('stats');
$nginx->configure(IoattestFleet::texts(
    http => ['ioattest_authorization "Bearer $request_id" own',
             IoattestFleet::apart(1), "ioattest_prewarm $KEPT"]));
$nginx->reload;
sleep 4;
cmp_ok(lists()->{total}, '>=', 1, 'other values: the API refuses them');
cmp_ok(lists()->{total}, '<=', 6, 'other values: and is not asked in turn');
IoattestFleet::finish($nginx);

done_testing();
