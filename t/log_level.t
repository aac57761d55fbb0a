# What was attested and what changed in a policy is in the log at the level that
# an error_log has which names none, "error"; and not where errors are hidden.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use IoattestEvidence;
use IoattestFleet;
use IoattestSim;

IoattestSim->start(machines => 1, evidence => 1);

my $good = IoattestSim::evidence()->{tdx};
my $policy = IoattestEvidence::file({});

my %lines = (
    attested => qr/\[notice\] .* ioattest: attested 0x[0-9a-f]{40} for model/,
    searched => qr/\[notice\] .* ioattest: model "\w+": 1 machine known/,
    refused =>
        qr/\[warn\] .* ioattest: attestation of model "\w+" failed: cpu_evid/,
    tightened => qr/\[notice\] .* ioattest: policy ".*": \+ tdx\.mr_seam /,
    loosened => qr/\[warn\] .* ioattest: policy ".*": - tdx\.mr_td .*let through/,
    resized => qr/\[warn\] .* ioattest zone "io" has another size now/,
);

for my $level (qw( error crit )) {
    my $times = $level eq 'error' ? 1 : 0;

    my %arg = (level => $level, server =>
        IoattestEvidence::location('v1/private', "ioattest_policy $policy",
            'ioattest_collateral /_pcs/', 'ioattest_gpu off',
            'ioattest_background 1h',
            'ioattest_authorization "Bearer own"'));

    IoattestSim::set({ evidence => 'tdx', attest => '' });
    IoattestEvidence::rewrite($policy, { tdx => { mr_td => [$good->{mr_td}] } });

    my $nginx = IoattestEvidence::gateway(%arg);
    my $said = sub { IoattestEvidence::said($nginx, 'v1/private', $_[0]) };

    is($said->('m'), 200, "$level: a machine is attested");
    ok(IoattestFleet::settled($nginx, 1, 8, 'm'),
       "$level: and again and again, which is no news");

    IoattestSim::set({ attest => 'tdx_signature' });
    like($said->('other'), qr/^502 /, "$level: its evidence is bad");
    IoattestSim::set({ attest => '' });

    IoattestEvidence::rewrite($policy,
                              { tdx => { mr_seam => [$good->{mr_seam}] } });
    $nginx->reload;

    my %text = IoattestEvidence::texts(%arg);
    $text{http} =~ s/io:4m/io:8m/;
    $nginx->configure(%text);
    $nginx->reload;

    my $log = $nginx->log;

    for my $what (sort keys %lines) {
        my @found = $log =~ /^(.*$lines{$what}.*)$/mg;
        is(scalar @found, $times, "$level: $what");
    }

    is(scalar(() = $log =~ /\[info\]/g), 0, "$level: no more than that");
    is_deeply(IoattestEvidence::alarms($nginx), [], "$level: no alarm");
    $nginx->stop;
}

done_testing();
