# Keys: a crowd of callers whose keys are refused, and the gateway's own.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw( sleep );

use IoattestFleet;
use IoattestLoad;
use IoattestNginx;
use IoattestSim;

IoattestSim->start(machines => 6, per_machine_ports => 0);

my $nginx = IoattestFleet::gateway(
    http => ['ioattest_fail_timeout 2s', 'ioattest_timeout 2s',
             'ioattest_wait 10s'],
    locations => { 'v1/private' => [] });

my $generation = 0;

# A crowd with bad keys, and one with a good one: he gets in within a few
# rounds of what is in flight at once.

$nginx->configure(IoattestFleet::texts(
    no_list => 1, http => ['ioattest_wait 5s'], locations => {
        'v1/private' => [],
        'own' => ['ioattest_authorization "Bearer gw"',
                  "ioattest_image_digest $ENV{TEST_NGINX_SIM_DIGEST} "
                  . 'sha256:' . '2' x 64],
        'shop' => ['ioattest_authorization "Bearer shop"',
                   "ioattest_image_digest $ENV{TEST_NGINX_SIM_DIGEST}"],
    }));
$nginx->reload;
sleep 0.3;
IoattestSim::reset();
IoattestSim::set(balance => 'random', attest_delay_ms => 200,
                 keys => { 'Bearer good' => {}, '*' => { attest => 401 } });
my @crowd = map { IoattestLoad->start(
    rate => 40, seconds => 3, models => 'crowd', prompt => "crowd$_",
    keys => [map { "Bearer x$_-" . int rand 1e9 } 1 .. 60]) } 1 .. 2;
sleep 0.6;
my ($one) = IoattestLoad::run(rate => 0, count => 1, models => 'crowd',
                              keys => 'Bearer good');
is($one->{status}, 200, 'a good key amid a crowd of bad ones gets in');
cmp_ok($one->{wait}, '<', 20 * 0.2, 'within a few rounds');
is_deeply([grep { !/^(?:200|401 attestation_refused|502 attestation_timeout)$/ }
           map { keys %{ IoattestLoad::codes($_->rows) } } @crowd], [],
          'the crowd is told of its own keys');

# 60 at the very same time, the good one last

IoattestSim::set(keys => { 'Bearer good' => {}, '*' => { attest => 401 } });
my @rows = IoattestLoad::run(rate => 0, count => 61, models => 'crowd2', keys => [
    (map { "Bearer y$_-" . int rand 1e9 } 1 .. 60), 'Bearer good']);
is($rows[-1]{status}, 200, 'the last of 61 at once gets in');
cmp_ok($rows[-1]{wait}, '<', 30 * 0.2, 'the last of 61: after those before');

# the gateway's own key is refused: remembered, but another's is not touched

IoattestSim::reset();
IoattestSim::set(balance => 'random', keys => { '*' => {} });
IoattestFleet::all_well('own key', IoattestLoad::run(
    rate => 20, count => 20, models => 'own', path => '/own/completions',
    keys => 'Bearer one'));
IoattestFleet::settled($nginx, 6, 4, 'own');

IoattestSim::reset();
IoattestSim::set(balance => 'random', generation => { 0 => ++$generation },
                 keys => { 'Bearer gw' => { attest => 401 }, '*' => {} });
@rows = IoattestLoad::run(rate => 0, count => 4, models => 'refused',
                          path => '/own/completions', keys => 'Bearer one');
is_deeply(IoattestLoad::codes(@rows), { '502 attestation_refused' => 4 },
          'own key refused: 502');
IoattestSim::reset('stats');
@rows = IoattestLoad::run(rate => 10, count => 10, models => 'refused',
                          path => '/own/completions', keys => 'Bearer one');
is_deeply(IoattestLoad::codes(@rows), { '502 attestation_refused' => 10 },
          'own key refused: remembered');
is(IoattestFleet::attestations('refused'), 0,
   'own key refused: nothing is drawn');
@rows = IoattestFleet::machines(IoattestLoad::run(
    rate => 20, count => 12, models => 'own', path => '/own/completions',
    keys => 'Bearer one'));
IoattestFleet::all_well('own key refused: trusted machines stay',
                        grep { ($_->{machine} // -1) != 0 } @rows);
IoattestFleet::all_well('own key refused: another location\'s key',
    IoattestLoad::run(rate => 0, count => 4, models => 'shop',
                      path => '/shop/completions', keys => 'Bearer one'));
like($nginx->log, qr/\[error\].*ioattest_authorization/,
     'own key refused: the log says so');
like(IoattestFleet::text($nginx, '/metrics'),
     qr/^ioattest_key_refused_total\S* [1-9]/m,
     'own key refused: a metric counts it');
unlike($nginx->log, qr/Bearer|good1/, 'no key is in the log');

IoattestFleet::finish($nginx);
done_testing();
