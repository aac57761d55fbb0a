# What a maker says in a form that is newer than what is known here: refused,
# in words that send nobody to the machine's firmware.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use IoattestCli qw( cli saved );
use IoattestEvidence;
use IoattestSim;

my $sim = IoattestSim->start(machines => 1, evidence => 1);

my %certs = (evidence => 'snp', gpus => 1, snp_certs => JSON::PP::true);
my %tdx = (evidence => 'tdx', gpus => 1);
my $newer = 'a newer format, update ioattest';

my $nginx = IoattestEvidence::gateway(server => join '',
    IoattestEvidence::location('any'),
    map { IoattestEvidence::location($_, IoattestEvidence::service($_, $_)) }
    qw( collateral nras ));

# fault, reason, check, what its detail begins with, setting, location

my @cases = (
    [ snp_version_6 => 'cpu_evidence_invalid', 'cpu.kind',
      'SEV-SNP report, its version is above 5', attest => 'any' ],
    [ snp_policy_high => 'cpu_evidence_invalid', 'sev_snp.layout',
      'not a report of versions 2 to 5, or bits', attest => 'any' ],
    [ snp_mbz_208 => 'cpu_evidence_invalid', 'sev_snp.layout',
      'not a report of versions 2 to 5, or bits', attest => 'any' ],
    [ tdx_version_6 => 'cpu_evidence_invalid', 'tdx.layout',
      'version is above 5', attest => 'any' ],
    [ tdx_key_type => 'cpu_evidence_invalid', 'tdx.layout',
      'type of the attestation key', attest => 'any' ],
    [ tdx_body_newer => 'cpu_evidence_invalid', 'tdx.layout',
      'body is above TD 1.5', attest => 'any' ],
    [ gpu_request_version => 'gpu_evidence_invalid', 'gpu.0.layout',
      'its SPDM version is above 1.1', attest => 'any' ],
    [ gpu_response_version => 'gpu_evidence_invalid', 'gpu.0.layout',
      'its SPDM version is above 1.1', attest => 'any' ],
    [ gpu_records_newer => 'gpu_evidence_invalid', 'gpu.0.layout',
      'opaque data NVDAOD 3.0.0', attest => 'any' ],
    [ gpu_chip_next => 'gpu_evidence_invalid', 'gpu.0.chip', 'GR100',
      attest => 'any' ],
    [ gpu_feature => 'gpu_evidence_invalid', 'gpu.0.mode',
      'a mode that is not known', attest => 'any' ],
    [ tcb_version_newer => 'tcb_rejected', 'tdx.tcb_info.version', '4',
      collateral => 'collateral' ],
    [ qe_version_newer => 'tcb_rejected', 'tdx.qe_identity.version', '4',
      collateral => 'collateral' ],
    [ nras_version_newer => 'gpu_evidence_invalid', 'nras.version',
      'overall', nras => 'nras' ],
);

sub settings {
    my ($name, $setting) = @_;

    return { $name =~ /^snp/ ? %certs : %tdx, $setting => $name };
}

for my $case (@cases) {
    my ($name, $reason, $check, $begins, $setting, $path) = @$case;

    IoattestSim::reset();
    IoattestSim::set(settings($name, $setting));
    is(IoattestEvidence::said($nginx, $path, $name), "502 $reason", $name);
    IoattestEvidence::settle($nginx);
    like($nginx->log, qr/"$name"\ failed:\ $reason,\ check\ "\Q$check\E":
                         \ \Q$begins\E[^"]*:\ \Q$newer\E/x, 'and the log');
}

# the same words in the tool

my $nonce = 'c3' x 32;

for my $case (grep { $_->[5] eq 'any' } @cases) {
    my ($name, $reason, $check, $begins) = @$case;

    IoattestSim::reset();
    IoattestSim::set({ %{ settings($name, 'attest') },
                       report_data => 'address-nonce' });
    my ($status, $out) = cli('report',
        saved($sim->fetch('POST', '/v1/private/attestation',
                          { model_id => 'any', nonce => $nonce })),
        '--nonce', $nonce, '--cpu-roots', $ENV{TEST_NGINX_SIM_CPU_ROOTS},
        '--gpu-roots', $ENV{TEST_NGINX_SIM_GPU_ROOTS});
    is($status, 1, "report: $name");
    like($out, qr/\A$reason\n.*^failed\s+\Q$check: $begins\E.*\Q$newer\E$/ms,
         'and its words');
}

# what is wrong and not newer has none of them

for my $wrong ([ snp => 'snp_version_1' ], [ snp => 'snp_policy_17' ],
               [ snp => 'snp_algorithm_0' ],
               [ tdx => 'tdx_version_3' ], [ tdx => 'tdx_tee_type' ],
               [ tdx => 'tdx_body_type' ], [ tdx => 'gpu_request_code' ],
               [ tdx => 'gpu_response_code' ], [ tdx => 'gpu_switch' ])
{
    my ($kind, $name) = @$wrong;

    IoattestSim::reset();
    IoattestSim::set(settings($name, 'attest'));
    like(IoattestEvidence::said($nginx, 'any', $name), qr/^502 /, $name);
    IoattestEvidence::settle($nginx);
    unlike($nginx->log, qr/"$name" failed:[^\n]*update ioattest/,
           'and not newer');
}

is_deeply(IoattestEvidence::alarms($nginx), [],
          'nothing alarming in the log');

done_testing();
