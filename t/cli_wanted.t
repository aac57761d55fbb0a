# ioattest report with a policy: what it wants of evidence that is genuine, one
# member at a time. Each is tried both ways, and refuses by its check alone.

use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/lib";

use File::Temp qw( tempdir );
use JSON::PP ();
use Test::More;

use IoattestCli qw( cli put );
use IoattestFaults ();
use IoattestSim ();

my $sim = IoattestSim->start(machines => 1, evidence => 1);
my $dir = tempdir(CLEANUP => 1);
my $json = JSON::PP->new->canonical;
my $no = 'measurement_mismatch';

my %tdx = (evidence => 'tdx', gpus => 0);
my %snp = (evidence => 'snp', gpus => 0, snp_certs => JSON::PP::true);
my %gpu = (evidence => 'tdx', gpus => 2);
my %ppcie = (%gpu, gpus => 8, gpu_features => 'ppcie');
my $chip = $sim->evidence->{machines}[0]{chip_id};
my $fmspc = lc $sim->evidence->{fmspc};

# The machine; the policy that it fits; one that it does not; the check that
# says so; and the reason, unless it is the usual one.
my @wanted = (
    [ \%tdx, { tdx => { fmspc => [$fmspc] } },
      { tdx => { fmspc => ['00' x 6] } }, 'tdx.fmspc' ],
    [ \%tdx, {}, { tdx => { ppid => ['00' x 16] } }, 'tdx.ppid' ],
    [ \%tdx, {}, { tdx => { min_evaluation => 1 } }, 'tdx.min_evaluation',
      'tcb_rejected' ],

    [ \%snp, { sev_snp => { products => ['Milan'] } },
      { sev_snp => { products => [qw( Genoa Turin )] } },
      'sev_snp.products' ],
    [ \%snp, { sev_snp => { chip_id => [$chip] } },
      { sev_snp => { chip_id => ['00' x 64] } }, 'sev_snp.chip_id' ],
    [ \%snp, { sev_snp => { platform_info => { require => ['alias_check'] } } },
      { sev_snp => { platform_info => { require => ['ciphertext_hiding'] } } },
      'sev_snp.platform_info.require' ],
    [ \%snp, { sev_snp => { platform_info => { refuse => ['rapl_dis'] } } },
      { sev_snp => { platform_info => { refuse => ['smt'] } } },
      'sev_snp.platform_info.refuse' ],
    [ \%snp, { sev_snp => { policy => { require => ['smt'] } } },
      { sev_snp => { policy => { require => ['single_socket'] } } },
      'sev_snp.policy.require' ],
    [ \%snp, { sev_snp => { policy => { refuse => ['cxl'] } } },
      { sev_snp => { policy => { refuse => ['smt'] } } },
      'sev_snp.policy.refuse' ],
    [ { %snp, attest => 'snp_uncommitted_build' },
      { sev_snp => { provisional => JSON::PP::true } },
      { sev_snp => { provisional => JSON::PP::false } },
      'sev_snp.provisional', 'tcb_rejected' ],
    [ \%snp, { sev_snp => { vmpl => 0 } }, { sev_snp => { vmpl => 1 } },
      'sev_snp.vmpl' ],
    (map { my $svn = $_;
        [ \%snp, { sev_snp => { min_tcb => { Milan => { $svn => 0 },
                                             Genoa => { $svn => 255 } } } },
          { sev_snp => { min_tcb => { Milan => { $svn => 255 },
                                      Genoa => { $svn => 0 } } } },
          "sev_snp.min_tcb.$svn", 'tcb_rejected' ]
    } qw( bootloader tee snp microcode )),
    [ { %snp, snp_product => 'Turin' },
      { sev_snp => { min_tcb => { Turin => { fmc => 1 } } } },
      { sev_snp => { min_tcb => { Turin => { fmc => 2 } } } },
      'sev_snp.min_tcb.fmc', 'tcb_rejected' ],

    [ \%gpu, { gpu => { modes => ['single'] } },
      { gpu => { modes => ['multi', 'protected-pcie'] } }, 'gpu.modes' ],
    [ \%gpu, { gpu => { count => 2 } }, { gpu => { count => 1 } },
      'gpu.count' ],
    [ \%gpu, {}, { gpu => { ueid => ['7'] } }, 'gpu.ueid' ],
    [ \%ppcie, { gpu => { modes => ['protected-pcie'] } }, {}, 'gpu.modes' ],
    [ { %ppcie, gpus => 7 }, undef,
      { gpu => { modes => ['protected-pcie'] } }, 'gpu.switches' ],
);

my @by = map { [$_, 'local'] } @wanted;
push @by, map { [$_, 'nras'] } grep { $_->[3] =~ /^gpu/ } @wanted;

for my $case (@by) {
    my ($wanted, $gpu) = @$case;
    my ($set, $fits, $not, $check, $reason) = @$wanted;
    my @told = IoattestFaults::told($sim, $dir, $set, $gpu);
    my $name = $check . ($gpu eq 'nras' ? ' by nras' : '');

    for my $policy (grep { defined } $fits, $not) {
        put("$dir/policy", $json->encode($policy));
        is(IoattestFaults::verdict(@told, '--policy', "$dir/policy"),
           $policy == $not ? join(' ', 1, $reason // $no, $check)
                           : '0 verified',
           $policy == $not ? "$name: not" : "$name: fits");
    }
}

# what nobody has attested is said

IoattestFaults::told($sim, $dir, \%ppcie, 'local');
put("$dir/policy", '{"gpu":{"modes":["protected-pcie"]}}');
for my $gpu (qw( local nras )) {
    my (undef, $out) = cli('report',
        IoattestFaults::told($sim, $dir, \%ppcie, $gpu), '--policy',
        "$dir/policy");
    like($out, qr/^not made +gpu\.switch_evidence: NVSwitches not attested$/m,
         "$gpu: the list of checks says it");
    like($out, qr/^ +nvswitches: not attested$/m, "$gpu: what is proved too");
}

done_testing();
