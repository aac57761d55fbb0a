# What AMD's key service and a policy say of SEV-SNP reports that are true: a
# list of what is revoked that is not to be had, and whom an operator wants.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use IoattestEvidence;
use IoattestNginx;
use IoattestSim;

IoattestSim->start(machines => 1, evidence => 1);

my $kds = 'ioattest_amd_kds /_kds';

# Who is wanted: a policy that takes the machine, and one that does not.

my $is = IoattestSim::evidence()->{machines}[0];
my %wanted = (
    products => [{ products => ['Milan'] }, { products => ['Genoa'] }],
    chip_id => [{ chip_id => [$is->{chip_id}, 'a' x 128] },
                { chip_id => ['a' x 128] }],
    platform_info => [
        { platform_info => { require => ['alias_check'], refuse => ['tio'] } },
        { platform_info => { require => ['tio'] } }],
    policy => [{ policy => { refuse => ['cxl'] } },
               { policy => { refuse => ['smt'] } }],
    min_tcb => [{ min_tcb => { Genoa => { snp => 255 } } },
                { min_tcb => { Milan => { snp => 255 } } }],
);
my %check = (map({ $_ => $_ } keys %wanted),
             platform_info => 'platform_info.require',
             policy => 'policy.refuse', min_tcb => 'min_tcb.snp');

my $wanted = '';
for my $name (sort keys %wanted) {
    for my $i (0, 1) {
        my $file = IoattestEvidence::file({ sev_snp => $wanted{$name}[$i] });
        $wanted .= IoattestEvidence::location("$name-$i",
                                              "ioattest_policy $file");
    }
}

my $committed = IoattestEvidence::file(
    { sev_snp => { provisional => JSON::PP::false } });
$wanted .= IoattestEvidence::location('committed', "ioattest_policy $committed")
           . IoattestEvidence::location('any');

my $nginx = IoattestEvidence::gateway(
    workers => 2,
    server => join('', $wanted,
        IoattestEvidence::location('list', "$kds/"),
        IoattestEvidence::location('mirror', "$kds/ no_crl"),
        # what stands around a location holds in it
        IoattestEvidence::location('mirror', "$kds/ no_crl")
            =~ s{mirror}{outer}r =~ s/\}\n\z/location \/outer\/in\/ {
            proxy_pass http:\/\/api\/v1\/private\/; } }\n/r,
        IoattestEvidence::location('late', "$kds-late/"),
        IoattestEvidence::location('gone', "$kds-gone/")));

my %good = (evidence => 'snp', gpus => 1, snp_certs => JSON::PP::true);

sub said {
    return IoattestEvidence::said($nginx, @_);
}

sub asked { return IoattestSim::stats()->{services}{kds} }

# a service without a list: nobody knows what is revoked

IoattestSim::set({ %good, kds => 'status=404' });
is(said('list', 'none-1'), '502 attestation_unavailable',
   'AMD has no list of what is revoked');
is(asked(), 1, 'as it says');
is(IoattestSim::stats()->{completions}{total}, 0, 'nothing is sent');
like($nginx->log, qr{\[error\].*"/_kds//vcek/v1/Milan/crl" has no CRL.*"no_crl"},
     'the log says what to do');
is(IoattestEvidence::failed_check($nginx, 'none-1'),
   'attestation_unavailable, check "sev_snp.crl"', 'and names the check');

is(said('list', "none-$_"), '502 attestation_unavailable', "and again: $_")
    for 2 .. 6;
is(asked(), 1, 'what it said is kept, in all workers');

# a mirror, of which it is known

is(said('mirror', "mirror-$_"), 200, "a mirror without a list: $_")
    for 1 .. 4;
is(asked(), 2, 'asked once: the other said it under another policy');
like($nginx->log, qr{\[warn\].*/Milan/crl" has no CRL: .* is not checked},
     'the log says so');
is(said('outer/in', 'inherited'), 200, 'and so in what it holds');
is(said('list', 'none-7'), '502 attestation_unavailable',
   'which is for that location alone');

# what is false is called so, list or no list

IoattestSim::set({ %good, kds => 'status=404', attest => 'snp_signature' });
is(said($_, "false-$_"), '502 cpu_evidence_invalid', "a false report: $_")
    for qw( list mirror );

# firmware that runs and is not committed, where the policy minds

IoattestSim::set({ %good, attest => q{} });
is(said('committed', 'committed'), 200, 'firmware that is committed');
IoattestSim::set({ %good, attest => 'snp_uncommitted_build' });
is(said('any', 'running'), 200, 'other firmware, where nobody minds');
is(said('committed', 'running'), '502 tcb_rejected', 'and where it is refused');
is(IoattestEvidence::failed_check($nginx, 'running'),
   'tcb_rejected, check "sev_snp.provisional"', 'by that check');

# another failure is no answer, and is not kept

IoattestSim::reset();
IoattestSim::set({ %good, kds => 'status=503' });
is(said('late', 'late-1'), '502 attestation_unavailable', 'no answer');
IoattestSim::set({ kds => '' });
is(said('late', 'late-2'), 200, 'and one, at once');

# a list that was there is not forgotten

IoattestSim::reset();
IoattestSim::set({ %good, attest => q{} });
is(said('gone', 'gone-1'), 200, 'a list that is there');
IoattestSim::set({ %good, kds => 'status=404' });
is(said('gone', 'gone-2'), 200, 'and is there no more');

# whom an operator wants

IoattestSim::reset();
IoattestSim::set({ %good, attest => q{} });
for my $name (sort keys %wanted) {
    my $reason = $name eq 'min_tcb' ? 'tcb_rejected' : 'measurement_mismatch';

    is(said("$name-0", "$name-fits"), 200, "$name: the machine is wanted");
    is(said("$name-1", "$name-not"), "502 $reason", "$name: it is not");
    is(IoattestEvidence::failed_check($nginx, "$name-not"),
       qq{$reason, check "sev_snp.$check{$name}"}, 'and the log says why');
}

# a report that no guest asked for

IoattestSim::set({ %good, attest => 'snp_vmpl_host' });
is(said('products-0', 'host'), '502 cpu_evidence_invalid',
   'a VMPL that no guest has');
is(IoattestEvidence::failed_check($nginx, 'host'),
   'cpu_evidence_invalid, check "sev_snp.vmpl_range"', 'is named');

is_deeply(IoattestEvidence::alarms($nginx), [],
          'nothing alarming in the log');

done_testing();
