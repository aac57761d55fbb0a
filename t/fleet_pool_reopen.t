# ioattest_pool all where nothing is attested in the background: requests that
# are refused meet the machine that closed the gate, once it is good again.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw( sleep time );

use IoattestFleet;
use IoattestLoad;
use IoattestSim;

IoattestSim->start(machines => 2, per_machine_ports => 0);

my $digest = $ENV{TEST_NGINX_SIM_DIGEST};
my $nginx = IoattestFleet::gateway(
    no_list => 1,
    http => ["ioattest_image_digest $digest", 'ioattest_valid 60s',
             'ioattest_fail_timeout 300ms', 'ioattest_pool all'],
    locations => {
        'callers' => [],
        'own' => ['ioattest_authorization "Bearer gw"',
                  'ioattest_background off'] });

for my $path ('callers', 'own') {
    my $ask = sub {
        return IoattestLoad::run(rate => 20, count => 20, models => $path,
                                 path => "/$path/completions",
                                 keys => 'Bearer a');
    };
    my $refused = sub { return grep { $_->{status} != 200 } @_ };

    IoattestSim::reset();
    IoattestSim::set(machines => 2, balance => 'turns', attest_delay_ms => 20,
                     attest_of => { 1 => 'digest_other' });

    ok(IoattestFleet::until_true(sub { $refused->($ask->()) == 20 }, 6),
       "$path: one machine is bad, the gate is closed");

    IoattestSim::reset('stats');
    my $began = time;
    is($refused->($ask->()), 20, "$path: it stays so");
    my $drawn = IoattestFleet::attestations($path);
    my $most = (time() - $began) / 0.3 + 2;
    ok($drawn > 0 && $drawn <= $most,
       "$path: refused requests draw now and then: $drawn times");

    IoattestSim::set(attest_of => undef);
    ok(IoattestFleet::until_true(sub { !$refused->($ask->()) }, 8),
       "$path: the machine is good again, and the gate is open");
}

IoattestFleet::finish($nginx);
done_testing();
