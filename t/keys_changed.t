# The gateway's own key, by a variable, is refused by the API: it rests, and is
# replaced while it does.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw( sleep time );

use IoattestFleet;
use IoattestSim;

my $KEPT = $IoattestFleet::OTHER;
my $NUMBER = '        location = /number { return 200 $connection; }' . "\n";

IoattestSim->start(machines => 2, per_machine_ports => 0);

sub lists { return IoattestSim::stats()->{models} }

sub number {
    my ($nginx) = @_;
    return IoattestFleet::text($nginx, '/number');
}

IoattestSim::set(keys => { 'Bearer old' => 401, '*' => {} });

my $end = int((time + 10) / 10) * 10 + 10;
my @old = map { sprintf '"~^%d" "Bearer old";', $end / 10 - $_ } 1, 2;

my $nginx = IoattestFleet::gateway(server => $NUMBER,
    http => ["map \$msec \$gw { @old default 'Bearer new'; } #",
             'ioattest_authorization $gw own',
             "ioattest_prewarm $KEPT"]);
ok(IoattestFleet::until_true(sub { lists()->{total} }, 5),
   'refused: it was tried');
sleep 0.5;
my $from = number($nginx);
sleep 5;
cmp_ok(number($nginx) - $from, '<=', 6, 'refused: no connection for nothing');
cmp_ok(time, '<', $end, 'refused: the key is the old one all the time');
is(lists()->{total}, 1, 'refused: it is not used again');
is(scalar(() = $nginx->log =~ /own key, which is not used for 60000 ms/g), 1,
   'refused: which the log says');

sleep $end - time if $end > time;
ok(IoattestFleet::settled($nginx, 2, 4 + 5, $KEPT),
   'replaced: the new key is used long before the minute is over');
cmp_ok(time - $end, '<', 15, 'replaced: within seconds');
is(lists()->{keys}{'Bearer old'}, 1, 'replaced: the old one is not');
IoattestFleet::finish($nginx);

done_testing();
