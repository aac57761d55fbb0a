# A cold start and a change of all keys with 20 machines behind a random
# balancer: nothing honest is refused, and the search for machines ends.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw( sleep );

use IoattestFleet;
use IoattestLoad;
use IoattestSim;

IoattestSim->start(machines => 20, per_machine_ports => 0);
my %ids = map { $_->{name} => $_->{model_id} }
          @{ IoattestSim::machines()->{models} };

my $nginx = IoattestFleet::gateway(
    locations => {
        'callers' => ['ioattest_authorization $http_authorization',
                      IoattestFleet::apart(1)],
        'own' => ['ioattest_authorization "Bearer gw"',
                  IoattestFleet::apart(2)],
    });

# what an attestation takes, in seconds
my $takes = 0.1;

# a search ends after 16 draws a machine and 64, at the latest
sub most { return 16 * $_[0] + 64 + 8 }

my $generation = 0;

for my $path (qw( own callers )) {
    IoattestSim::reset();
    my $model = $path eq 'own' ? $IoattestFleet::MODEL
                               : $IoattestFleet::OTHER;
    my %load = (rate => 12, path => "/$path/completions", models => $model,
                keys => ['Bearer one', 'Bearer two']);

    # new keys make strangers of all machines for the second round, too
    for my $when ('cold', 'new keys') {
        my $what = "$path, $when";
        my $known = $when eq 'cold' ? 20 : 40;

        IoattestSim::reset('stats');
        IoattestSim::set(balance => 'random', seed => ++$generation,
                         attest_delay_ms => $takes * 1000,
                         generation => $generation);

        my @rows = IoattestLoad::run(%load, seconds => 3);
        IoattestFleet::all_well($what, @rows);

        # 45 seconds where an attestation takes 2
        cmp_ok(IoattestLoad::longest(@rows), '<', 22.5 * $takes * 3,
               "$what: the longest wait");
        is(scalar(grep { $_->{closed} } @rows), 0,
           "$what: no connection is closed for an attestation");

        next if $path eq 'callers' && $when eq 'cold';

        my @more;
        my $row = IoattestFleet::until_true(sub {

            # without a key of the gateway's own only requests go on with it
            push @more, IoattestLoad::run(%load, rate => 0, count => 8)
                if $path eq 'callers';
            return IoattestFleet::settled($nginx, $known, 0.3, $model);
        }, 12);
        ok($row, "$what: the search ends");
        is($row->{known} // 0, $known, "$what: with all machines known");

        # the other path's model goes on in the background
        my $draws = IoattestFleet::attestations($ids{$model});
        cmp_ok($draws, '<=', most($known), "$what: after $draws draws");
        cmp_ok($draws, '>=', 5 * 20 + 5, "$what: and not before it is sure");

        sleep 0.5;
        my @then = IoattestLoad::run(%load, rate => 40, count => 20);
        IoattestFleet::all_well("$what, then", @more, @then);
        is(scalar(IoattestLoad::waited(@then)), 0,
           "$what: nobody waits when it has ended");
        # but by the watch of a fleet that changed, every 1.9 seconds
        cmp_ok(IoattestFleet::attestations($ids{$model}), '<=', $draws + 1,
               "$what: and nothing more is drawn");
    }
}

IoattestFleet::finish($nginx);
done_testing();
