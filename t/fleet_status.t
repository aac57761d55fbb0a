# What the status and the metrics say of many machines.

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
    http => ["ioattest_image_digest $digest"],
    locations => { 'v1/private' => [] });

sub zone { return $nginx->status->{zones}[0] }

my $stamp = qr/\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\z/;

# while a search goes on

IoattestSim::set(balance => 'random', attest_delay_ms => 150,
                 attest_of => { 3 => 'digest_other' });
my $load = IoattestLoad->start(rate => 20, seconds => 2, models => 'all');
ok(IoattestFleet::until_true(sub {
    my $row = IoattestFleet::model($nginx, 'all');
    return $row && $row->{census} eq 'search' && $row->{in_flight} > 1
           && $row->{in_flight} <= 8 }, 3),
   'a search, with attestations in flight');
my @rows = $load->rows;
my $row = IoattestFleet::settled($nginx, 3, 5, 'all');
ok($row, 'the search ends');

# when it has ended

IoattestFleet::until_true(sub {
    !IoattestFleet::model($nginx, 'all')->{in_flight} }, 2);
$row = IoattestFleet::model($nginx, 'all');
is($row->{known}, 3, 'known');
is($row->{in_flight}, 0, 'in_flight');
is($row->{census}, 'idle', 'census');
like($row->{last_new}, $stamp, 'last_new');
like($row->{policy}, qr/\A[0-9a-f]{8}\z/, 'policy');
ok(defined $row->{server}, 'server');
cmp_ok($row->{draws}, '>=', 5, 'draws since the last new one');
my $bound = $row->{draws} > 7 ? 7 / $row->{draws} : 1;
cmp_ok(abs($row->{unseen_below} - $bound), '<', 0.01, 'unseen_below: 7 / draws');
cmp_ok($row->{refused_share}, '>', 0.02, 'refused_share');
cmp_ok($row->{refused_share}, '<', 0.7, 'refused_share, less than all');
is(scalar @{ $row->{refused} }, 1, 'refused: one');
is(lc $row->{refused}[0]{address}, (IoattestFleet::addresses())[3],
   'refused: its address');
is($row->{refused}[0]{reason}, 'image_digest_mismatch', 'refused: why');
like($row->{refused}[0]{at}, $stamp, 'refused: when');

# counts agree with what the API has seen

my $status = $nginx->status;
my $draws = IoattestFleet::attestations();
my $by = $status->{attestations}{trigger};
is($by->{gate} + $by->{signer} + $by->{background}, $draws,
   "attestations by trigger: $draws in all");
is($by->{gate}, 1, 'attestations by trigger: one opened the gate');
my $refused = $status->{attestations}{rejected}{image_digest_mismatch};
is($status->{attestations}{verified} + $refused, $draws,
   'attestations by outcome');
is($refused, IoattestSim::stats()->{attestations}{machines}{3},
   'refused ones are the bad machine\'s');
# one that has waited for less than a millisecond is in no row
cmp_ok($status->{requests_waited} - IoattestLoad::waited(@rows), '>=', 0,
       'requests_waited: those that waited');
cmp_ok($status->{requests_waited} - IoattestLoad::waited(@rows), '<=', 2,
       'requests_waited: and nobody else');

# each machine counts its own answers

IoattestFleet::machines(@rows);
my $trusted = IoattestFleet::trusted($nginx, 'all');
my @address = IoattestFleet::addresses();
for my $machine (0 .. 2) {
    is($trusted->{ $address[$machine] }{verified},
       scalar(grep { $_->{status} == 200 && $_->{machine} == $machine } @rows),
       "machine $machine: its answers");
    like($trusted->{ $address[$machine] }{expires_at}, $stamp,
         "machine $machine: expires_at");
}

# the metrics say the same

IoattestSim::reset();
my $metrics = IoattestFleet::text($nginx, '/metrics');
my $labels = qr/\{(?=[^}]*model="all")(?=[^}]*policy="[0-9a-f]{8}")/;
like($metrics, qr/^ioattest_model_machines$labels[^}]*\} 3$/m,
     'metrics: machines of a model');
like($metrics, qr/^ioattest_model_unseen_ratio$labels[^}]*\} (?:0\.\d+|1)/m,
     'metrics: unseen');
like($metrics, qr/^ioattest_machine_expires_seconds$labels[^}]*\} \d+/m,
     'metrics: the next to expire');
like($metrics, qr/^ioattest_key_refused_total\S* 0$/m, 'metrics: keys refused');
like($metrics, qr/^ioattest_wait_seconds_count\S* \d+$/m, 'metrics: waits');
like($metrics, qr/^ioattest_attestations_total\{[^}]*reason="revoked"[^}]*\} 0$/m,
     'metrics: all reasons from the start');
is(scalar(() = $metrics =~ /^# TYPE ioattest_model_machines /mg), 1,
   'metrics: each has one TYPE');

IoattestFleet::finish($nginx);
done_testing();
