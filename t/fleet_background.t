# Attestations that nobody asks for: ioattest_prewarm, ioattest_background, a
# reload with another policy, and what is not attested without a client.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw( sleep );

use IoattestFleet;
use IoattestLoad;
use IoattestSim;

my @models = qw( warm kept idle brief callers -plain );
IoattestSim->start(machines => 4, per_machine_ports => 0, models => \@models);

my %ids = map { $_->{name} => $_->{model_id} }
          @{ IoattestSim::machines()->{models} };
my $digest = $ENV{TEST_NGINX_SIM_DIGEST};
my $own = 'ioattest_authorization "Bearer gw"';
my $valid = 3;

# each location is a policy of its own
sub policy { return "ioattest_image_digest $digest sha256:" . $_[0] x 64 }

my %texts = (
    http => ["ioattest_valid ${valid}s"],
    locations => {
        'warm' => [$own, policy(1), 'ioattest_background off',
                   'ioattest_prewarm warm missing'],
        'kept' => [$own, policy(2)],
        'idle' => [$own, policy(3), 'ioattest_background off'],
        'brief' => [$own, policy(4), 'ioattest_background 2s'],
        'callers' => [policy(5)],
    });

IoattestSim::set(balance => 'random', attest_delay_ms => 50);
my $nginx = IoattestFleet::gateway(%texts);

sub count { return IoattestSim::stats()->{attestations}{models} }

# from the start on, without a request

ok(IoattestFleet::settled($nginx, 4, 6, 'warm'),
   'prewarm: all machines are known before anybody asks');
is_deeply([keys %{ count() }], [$ids{warm}], 'prewarm: of this model alone');
is(IoattestSim::stats()->{completions}{total}, 0, 'prewarm: nobody has asked');
ok(IoattestFleet::until_true(sub { $nginx->log =~ /"missing"/ }, 5),
   'prewarm: a name that is not in the list is logged');
my @rows = IoattestLoad::run(rate => 0, count => 20, models => 'warm',
                             path => '/warm/completions');
IoattestFleet::all_well('prewarm', @rows);
is(scalar(IoattestLoad::waited(@rows)), 0, 'prewarm: the first do not wait');

# one request each, then a quiet time; callers' with a request now and then

for my $name (qw( kept idle brief callers )) {
    IoattestFleet::all_well($name, IoattestLoad::run(
        rate => 0, count => 8, models => $name, path => "/$name/completions",
        keys => 'Bearer one'));
}
ok(IoattestFleet::settled($nginx, 4, 6, $_), "$_: machines are known")
    for qw( kept brief );

sleep 2.5;
IoattestSim::reset('stats');
sleep 2 * $valid;
my $count = count();

cmp_ok($count->{ $ids{warm} } // 0, '>=', 8,
       'prewarm: kept, though ioattest_background is off');
cmp_ok($count->{ $ids{kept} } // 0, '>=', 8, 'kept for an hour by default');
is($count->{ $ids{idle} } // 0, 0, 'ioattest_background off: not kept');
is($count->{ $ids{brief} } // 0, 0,
   'ioattest_background 2s: dropped when nobody has asked for so long');
is($count->{ $ids{callers} } // 0, 0,
   'a key of a caller\'s is not used when he has gone');
is_deeply([keys %{ IoattestSim::stats()->{attestations}{keys} }],
          ['Bearer gw'], 'the key is the gateway\'s own');

@rows = IoattestLoad::run(rate => 0, count => 8, models => 'kept',
                          path => '/kept/completions');
IoattestFleet::all_well('kept', @rows);
is(scalar(IoattestLoad::waited(@rows)), 0, 'kept: nobody waits');
@rows = IoattestLoad::run(rate => 0, count => 8, models => 'idle',
                          path => '/idle/completions');
IoattestFleet::all_well('idle', @rows);
cmp_ok(scalar(IoattestLoad::waited(@rows)), '>', 0, 'idle: its first waits');

# a reload with another policy: nobody is trusted, nobody has to ask

is(scalar(() = $nginx->log =~ /"missing"/g), 1,
   'prewarm: that name is logged once');

IoattestLoad::run(rate => 0, count => 1, models => 'kept',
                  path => '/kept/completions');
IoattestSim::reset('stats');
my %new = (%texts, locations => { %{ $texts{locations} },
    'kept' => [$own, policy(6)] });
$nginx->configure(IoattestFleet::texts(%new));
$nginx->reload;
ok(IoattestFleet::until_true(sub { (count()->{ $ids{kept} } // 0) >= 40 }, 8),
   'a reload: the census starts without a client');
is(IoattestSim::stats()->{completions}{total}, 0, 'a reload: nobody has asked');
@rows = IoattestLoad::run(rate => 0, count => 20, models => 'kept',
                          path => '/kept/completions');
IoattestFleet::all_well('a reload', @rows);
is(scalar(IoattestLoad::waited(@rows)), 0, 'a reload: nobody waits');

# what cannot be

for my $wrong (['without a key of its own',
                'callers' => [policy(5), 'ioattest_prewarm warm']],
               ['with an id that has variables', 'warm' => [
                $own, 'ioattest_prewarm warm', 'ioattest_model_id $arg_id']])
{
    my ($what, $name, $lines) = @$wrong;
    my $size = length $nginx->log;
    $nginx->configure(IoattestFleet::texts(%texts,
        locations => { $name => $lines }));
    system($nginx->command('-t', '-q'));
    isnt($?, 0, "prewarm $what is refused");
    like(substr($nginx->log, $size), qr/\[emerg\].*ioattest_prewarm/,
         "prewarm $what: by name");
}
$nginx->configure(IoattestFleet::texts(%new));

IoattestFleet::finish($nginx, qr/\[emerg\].*ioattest_prewarm/);
done_testing();
