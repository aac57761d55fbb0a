# ioattest_pool all: no prompt leaves while a machine of the model has shown
# evidence that is wrong.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw( sleep );

use IoattestFleet;
use IoattestLoad;
use IoattestSim;

IoattestSim->start(machines => 4, per_machine_ports => 0);

my $digest = $ENV{TEST_NGINX_SIM_DIGEST};
my $nginx = IoattestFleet::gateway(
    no_list => 1, key => 'Bearer gw',
    http => ["ioattest_image_digest $digest", 'ioattest_valid 4s',
             'ioattest_fail_timeout 500ms'],
    locations => { 'any' => [], 'all' => ['ioattest_pool all'] });
my $reason = 'image_digest_mismatch';

sub ask {
    my ($path, $model) = @_;
    return IoattestLoad::run(rate => 0, count => 8, models => $model,
                             path => "/$path/completions");
}

sub closed {
    my ($what, @rows) = @_;
    is_deeply(IoattestLoad::codes(@rows), { "502 $reason" => scalar @rows },
              "$what: refused, for what the machine has shown");
    return;
}

sub sent { return IoattestSim::stats()->{completions}{total} }

sub opens {
    my ($what, $model) = @_;
    ok(IoattestFleet::until_true(sub {
        !grep { $_->{status} != 200 } ask('all', $model) }, 8),
       "$what: it opens");
    return;
}

# all good

IoattestSim::set(balance => 'random', attest_delay_ms => 20);
IoattestFleet::all_well('all good', ask('all', 'good'));

# one of four is bad

IoattestSim::reset();
IoattestSim::set(balance => 'random', attest_delay_ms => 20,
                 completion_machines => [0, 1, 3],
                 attest_of => { 2 => 'digest_other' });
IoattestFleet::all_well('any, one is bad', ask('any', 'mended'));
ok(IoattestFleet::settled($nginx, 3, 5, 'mended'), 'the search has ended');
IoattestSim::reset('stats');
closed('all, one is bad', ask('all', 'mended'));
is(sent(), 0, 'all, one is bad: and no prompt has left');
IoattestFleet::all_well('any goes on', ask('any', 'mended'));
my $bad = (IoattestFleet::addresses())[2];
like($nginx->log, qr/^(?=.*\Q$reason\E).*\Q$bad\E/mi, 'the log names the machine');

# it is mended: whoever was refused has been met since
IoattestSim::set(attest_of => undef);
opens('all, mended', 'mended');
IoattestFleet::all_well('all, mended', ask('all', 'mended'));
ok(IoattestFleet::until_true(sub {
    ask('all', 'mended');
    !@{ IoattestFleet::model($nginx, 'mended')->{refused} } }, 12),
   'all, mended: the status has none that was refused');

# it goes away: ioattest_valid without another refusal

IoattestSim::set(attest_of => { 2 => 'digest_other' });
IoattestFleet::all_well('any, one is bad again', ask('any', 'gone'));
ok(IoattestFleet::settled($nginx, 3, 5, 'gone'), 'the search has ended again');
closed('all, one is bad again', ask('all', 'gone'));
IoattestSim::set(attest_machines => [0, 1, 3]);
sleep 1.5;
closed('all, it has gone, for now', ask('all', 'gone'));
opens('all, it has gone', 'gone');

IoattestFleet::finish($nginx);
done_testing();
