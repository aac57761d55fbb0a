# Keys: what the API says of one caller's is nobody else's matter.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use List::Util qw( max );
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

my @good = map { "Bearer good$_" } 1 .. 3;
my $generation = 0;
my %passed = map { $_ => $_ } 401, 402, 403, 429;

# Four callers, the key of one of whom is refused or makes the API fail, while
# all machines are strangers.

for my $bad (401, 402, 403, 404, 429, 'error=500', 'reset', 'hang') {
    my $what = "a key with $bad";

    IoattestSim::reset();
    IoattestSim::set(
        balance => 'random', attest_delay_ms => 30,
        generation => ++$generation,
        keys => { 'Bearer bad' => { attest => $bad }, '*' => {} });
    my @rows = IoattestLoad::run(rate => 32, count => 40,
                                 keys => ['Bearer bad', @good]);
    my @others = grep { $_->{key} ne 'Bearer bad' } @rows;
    my @its = grep { $_->{key} eq 'Bearer bad' } @rows;

    IoattestFleet::all_well("$what: the others", @others);
    cmp_ok(IoattestLoad::longest(@others), '<', 3,
           "$what: the others do not wait for it");
    my $allowed = $passed{$bad} ? "200|$bad attestation_refused"
                : $bad eq '404' ? '200|502 attestation_refused'
                : '200|502 attestation_(?:unavailable|timeout)';
    is_deeply([grep { !/^(?:$allowed)$/ } keys %{ IoattestLoad::codes(@its) }],
              [], "$what: its own answers")
        or diag(explain(IoattestLoad::codes(@its)));
}

# cold, alone: the caller learns what the API says of his key

for my $bad (401, 402, 403, 429) {
    IoattestSim::reset();
    IoattestSim::set(keys => { "Bearer bad$bad" => {
        attest => $bad, headers => [['Retry-After', '7']] }, '*' => {} });
    $nginx->configure(IoattestFleet::texts(
        http => ["ioattest_image_digest sha256:" . $bad x 21 . '0'],
        locations => { 'v1/private' => [] }));
    $nginx->reload;
    sleep 0.3;
    my ($row) = IoattestLoad::run(rate => 0, count => 1,
                                  keys => "Bearer bad$bad",
                                  models => $IoattestFleet::OTHER);
    is(IoattestLoad::code($row), "$bad attestation_refused",
       "a caller whose key has $bad is told so");
    is(IoattestSim::stats()->{completions}{total}, 0,
       "$bad: and nothing is sent");
}

# A crowd with bad keys, and one with a good one: he gets in within a few
# rounds of what is in flight at once.

$nginx->configure(IoattestFleet::texts(
    no_list => 1, locations => {
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
