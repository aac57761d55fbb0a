# More machines than ioattest_parallel can keep attested: it is said, once.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use IoattestFleet;
use IoattestLoad;
use IoattestSim;

IoattestSim->start(machines => 12, per_machine_ports => 0);

# k < 6.9 m L / R: 6.9 * 12 * 0.2 / 1 = 17
my $nginx = IoattestFleet::gateway(
    no_list => 1, key => 'Bearer gw', workers => 1,
    http => ['ioattest_valid 4s', 'ioattest_parallel 2']);

IoattestSim::set(balance => 'random', attest_delay_ms => 200);
my $load = IoattestLoad->start(rate => 10, seconds => 12);
ok(IoattestFleet::until_true(sub {
    my $row = IoattestFleet::model($nginx) || {};
    ($row->{census} // '') eq 'behind' }, 12),
   'the census is behind');
IoattestFleet::all_well('behind', $load->rows);
my @lines = $nginx->log =~ /^(.*\[warn\].*ioattest_parallel.*)$/mg;
is(scalar @lines, 1, 'one warning');
my ($number) = ($lines[0] // '') =~ /ioattest_parallel\D*(\d+)/;
cmp_ok($number // 0, '>', 8, 'it names a number that can');
cmp_ok($number // 0, '<', 40, 'and no wild one');

IoattestFleet::finish($nginx);
done_testing();
