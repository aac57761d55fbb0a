# Locations with one policy, and other keys of the gateway's own: what one
# key may not the other does, and what both may is done once.

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
my @TIMES = ('ioattest_valid 4s', 'ioattest_fail_timeout 1s');

IoattestSim->start(machines => 2, per_machine_ports => 0);

sub used { return IoattestSim::stats()->{ $_[0] }{keys} }

sub gateway {
    my (%arg) = @_;
    return IoattestFleet::gateway(
        http => [@TIMES, @{ $arg{http} // [] }], no_list => $arg{no_list},
        locations => {
            a => ['ioattest_authorization "Bearer a"'],
            b => ['ioattest_authorization "Bearer b"', @{ $arg{b} // [] }] });
}

# Asks in the second location.
sub ask {
    my ($what, $model) = @_;
    my @rows = IoattestLoad::run(rate => 0, count => 4, models => $model,
                                 keys => 'Bearer user',
                                 path => '/b/completions');
    IoattestFleet::all_well($what, @rows);
    return scalar IoattestLoad::waited(@rows);
}

for ([401, 'with a list'], [403, 'without a list']) {
    my ($refused, $list) = @$_;
    my $what = "$refused $list";

    IoattestSim::reset();
    IoattestSim::set(keys => { 'Bearer a' => $refused, '*' => {} });
    my $nginx = gateway(no_list => $list eq 'without a list',
                        b => ["ioattest_prewarm $KEPT"]);

    ok(IoattestFleet::settled($nginx, 2, 8, $KEPT),
       "$what: the other location's key prewarms");
    is(ask($what, $KEPT), 0, "$what: nobody waits");
    unlike($nginx->log, qr/"ioattest_prewarm" is not attested/,
           "$what: and nothing is lacking");

    ask("$what, another", $IoattestFleet::MODEL);
    sleep 6;
    IoattestSim::set(models_delay_ms => 1000, attest_delay_ms => 1000);
    is(ask("$what, quiet", $IoattestFleet::MODEL), 0,
       "$what: nobody waits after a quiet time");
    my ($got) = $nginx->ask("GET /status?model=$KEPT HTTP/1.0\r\n\r\n");
    is($got->{code}, 200, "$what: a probe says so");

    cmp_ok(used('attestations')->{'Bearer a'} // 0, '<=', 8,
           "$what: the refused key rests");
    IoattestFleet::finish($nginx);
}

# Both keys work: each has its list, and one of them draws.

IoattestSim::reset();
my $nginx = gateway(http => ["ioattest_prewarm $KEPT"]);
ok(IoattestFleet::settled($nginx, 2, 8, $KEPT), 'both: all are known');
my $lists = used('models');
is_deeply([sort keys %$lists], ['Bearer a', 'Bearer b'],
          'both: each list is there before anybody asks');
IoattestSim::set(models_delay_ms => 1000);
is(ask('both', $KEPT), 0, 'both: so nobody waits for one');
IoattestSim::set(models_delay_ms => 0);
is_deeply([keys %{ used('attestations') }], ['Bearer a'],
          'both: one is enough for attestations');
cmp_ok(IoattestFleet::attestations(), '<=', 15 + 2 + 8,
       'both: which are as many as with one key');
IoattestFleet::finish($nginx);

# A model that only the second key's list has.

IoattestSim::reset();
IoattestSim::set(keys => { 'Bearer a' => { list => [$IoattestFleet::MODEL] },
                           '*' => {} });
$nginx = gateway(http => ["ioattest_prewarm $KEPT"]);
ok(IoattestFleet::settled($nginx, 2, 8, $KEPT), 'rights: all are known');
is_deeply([keys %{ used('attestations') }], ['Bearer b'],
          'rights: by the key that has the model');
IoattestFleet::finish($nginx);

# One key, and an id for each location.

IoattestSim::reset();
my %id = map { $_->{name} => $_->{model_id} }
         @{ IoattestSim::machines()->{models} };
my %kept = (a => $IoattestFleet::MODEL, b => $KEPT);
$nginx = IoattestFleet::gateway(no_list => 1, key => 'Bearer a',
    http => \@TIMES,
    locations => { map { $_ => ["ioattest_model_id $id{$kept{$_}}",
                                "ioattest_prewarm $kept{$_}"] } keys %kept });
for my $name (sort values %kept) {
    my $row = IoattestFleet::settled($nginx, 2, 8, $name);
    is($row && $row->{model_id}, $id{$name}, "ids: $name has that of its own");
}
IoattestFleet::finish($nginx);

done_testing();
