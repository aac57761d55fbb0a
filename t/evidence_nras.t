# NVIDIA's attestation service: everything that can be wrong with its answers.
# What the zone keeps of it: evidence_fetched.t.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use IoattestEvidence;
use IoattestNginx;
use IoattestSim;

IoattestSim->start(machines => 1, evidence => 1);

my @table = IoattestEvidence::table(
    sub { my $kind = $_[0]{kind}; grep { $_ eq $kind } qw( nras jwks ) });

# What is accepted is kept for the next, so each of these has a location.

my @harmless = map { $_->[0] } grep { $_->[1]{reason} eq '' } @table;

my $nginx = IoattestEvidence::gateway(workers => 2, server => join '', map {
    IoattestEvidence::location("nras-$_",
                               IoattestEvidence::service('nras', $_))
} @harmless, 'wrong');

my %good = (evidence => 'tdx', gpus => 1);

my @cases = map {
    my ($name, $entry) = @$_;
    +{ name => $name, reason => $entry->{reason},
       path => 'nras-' . ($entry->{reason} eq '' ? $name : 'wrong'),
       settings => { %good, gpus => 2, $entry->{kind} => $name } };
} @table;

cmp_ok(scalar @cases, '>=', 45, 'the table has them');
IoattestEvidence::walk($nginx, @cases);

IoattestSim::reset();
IoattestSim::set(\%good);
is(IoattestEvidence::said($nginx, 'nras-wrong', 'good'), 200,
   'good answers are accepted there');

is_deeply(IoattestEvidence::alarms($nginx), [],
          'nothing alarming in the log');
ok($nginx->stop, 'nginx goes quietly');
unlike($nginx->log, qr/open socket/, 'and leaves no socket open');

done_testing();
