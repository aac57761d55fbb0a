# ioattest_report_data auto: a fleet is upgraded machine by machine to evidence
# that binds the signing address.  Nobody is refused meanwhile, and when all
# do so, less is not taken any more.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw( sleep );

use IoattestFleet;
use IoattestLoad;
use IoattestSim;

IoattestSim->start(machines => 5, per_machine_ports => 0, evidence => 1);

my ($good, $directives) = IoattestFleet::evidence();
my $model = $IoattestFleet::MODEL;
my $nginx = IoattestFleet::gateway(
    evidence => 1, no_list => 1, key => 'Bearer gw',
    http => [@$directives, 'ioattest_valid 3s', 'ioattest_wait 5s',
             'ioattest_fail_timeout 1s']);

my (%layout, %generation);
sub deploy {
    my ($machine, $layout) = @_;
    $layout{$machine} = $layout;
    $generation{$machine}++;
    IoattestSim::set(report_data => { %layout, '*' => 'nonce' },
                     generation => { %generation });
    return;
}

sub bound {
    my $trusted = IoattestFleet::trusted($nginx);
    return join '', map {
        my $row = $trusted->{$_};
        !$row ? '-' : $row->{signer_bound} ? 'B' : 'n'
    } IoattestFleet::addresses();
}

IoattestSim::set({ %$good, balance => 'random', attest_delay_ms => 30 });
IoattestFleet::all_well('before', IoattestLoad::run(rate => 15, seconds => 1));
ok(IoattestFleet::settled($nginx, 5, 5), 'before: all are known');
is(bound(), 'nnnnn', 'before: none is bound by hardware');

# one after the other gets new software, and a new key with it

my $load = IoattestLoad->start(rate => 15, seconds => 7);
for my $machine (0 .. 4) {
    deploy($machine, 'address-nonce');
    sleep 0.9;
    is(substr(bound(), $machine, 1), 'B', "machine $machine is upgraded");
}
IoattestFleet::all_well('a rolling upgrade', $load->rows);

# all bound, as the end of a search has shown: the way back is closed

ok(IoattestFleet::until_true(sub {
    my $row = IoattestFleet::model($nginx);
    return ($row->{known} // 0) == 5 && ($row->{census} // '') ne 'search'
           && bound() eq 'BBBBB' }, 8), 'all are bound, and known');
IoattestSim::reset('stats');
deploy(3, 'nonce');
my @rows = IoattestFleet::machines(IoattestLoad::run(rate => 20, seconds => 2));
my @back = grep { ($_->{machine} // -1) == 3 } @rows;
cmp_ok(scalar @back, '>', 0, 'a machine goes back');
is_deeply([grep { !/^502 (?:report_data_mismatch|untrusted_address)$/ }
           keys %{ IoattestLoad::codes(@back) }], [],
          'and none of its answers passes')
    or diag(explain(IoattestLoad::codes(@back)));
IoattestFleet::all_well('the others', grep { ($_->{machine} // -1) != 3 } @rows);
my ($refused) = @{ IoattestFleet::model($nginx)->{refused} || [] };
is($refused->{reason}, 'report_data_mismatch', 'the status says why');

# and forward again
deploy(3, 'address-nonce');
sleep 2.5;
IoattestFleet::all_well('forward again',
                        IoattestLoad::run(rate => 20, seconds => 1));

# one address, once bound, is not taken unbound, whatever the others show

IoattestSim::reset();
IoattestSim::set({ %$good, machines => 2, balance => 'random',
                   attest_delay_ms => 10,
                   report_data => { 0 => 'address-nonce', '*' => 'nonce' } });
IoattestFleet::all_well('mixed', IoattestLoad::run(
    rate => 15, seconds => 1, models => 'mixed'));
is_deeply([sort map { $_->{signer_bound} ? 'bound' : 'not' }
           values %{ IoattestFleet::trusted($nginx, 'mixed') }],
          ['bound', 'not'], 'mixed: one of each');
IoattestSim::set(report_data => { '*' => 'nonce' });
sleep 3.5;
@rows = IoattestFleet::machines(IoattestLoad::run(
    rate => 15, seconds => 1, models => 'mixed', timeout => 12));
is(scalar(grep { $_->{status} == 200 && $_->{machine} == 0 } @rows), 0,
   'mixed: who was bound does not get less');
IoattestFleet::all_well('mixed: the other',
                        grep { ($_->{machine} // -1) == 1 } @rows);

IoattestFleet::finish($nginx);
done_testing();
