# TDX quotes: everything that can be wrong with one, also what Intel's
# collateral says of it.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use IoattestEvidence;
use IoattestNginx;
use IoattestSim;

IoattestSim->start(machines => 1, evidence => 1);

my $policy = IoattestEvidence::file(IoattestEvidence::policy(1));

my $nginx = IoattestEvidence::gateway(
    server => join('',
        IoattestEvidence::location('any'),
        IoattestEvidence::location('policy', "ioattest_policy $policy"),
        IoattestEvidence::location('collateral',
                                   'ioattest_collateral /_pcs/'),
        IoattestEvidence::location('before', 'ioattest_gpu off')));

my %good = (evidence => 'tdx', gpus => 1);

# what is good is accepted, or the rest would say nothing

for my $path (qw( any policy collateral )) {
    IoattestSim::set(\%good);
    is(IoattestEvidence::said($nginx, $path, "good-$path"), 200,
       "good evidence is accepted: $path");
}

my @cases;

for my $pair (IoattestEvidence::table(sub { $_[0]{kind} eq 'tdx' })) {
    my ($name, $entry) = @$pair;
    my $needs = $entry->{needs};

    push @cases, {
        name => $name, reason => $entry->{reason},
        path => $needs eq '' || $needs eq 'bound' ? 'any' : $needs,
        settings => { %good, attest => $name,
                      $needs eq 'bound'
                      ? (report_data => 'address-nonce') : () },
    };
}

cmp_ok(scalar @cases, '>=', 80, 'the table has them');

# a model that has been seen with its address bound by hardware

IoattestSim::set({ %good, report_data => 'address-nonce' });
is(IoattestEvidence::said($nginx, 'before', 'tdx_data_downgrade'), 200,
   'a model whose address is bound');

IoattestEvidence::walk($nginx, @cases);

is_deeply(IoattestEvidence::alarms($nginx), [],
          'nothing alarming in the log');

done_testing();
