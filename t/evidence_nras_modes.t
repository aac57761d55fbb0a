# NVIDIA's attestation service does not say in which mode a GPU is: that is read
# from the evidence which the service was sent, and judged as without it.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use IoattestEvidence;
use IoattestSim;

my $ppcie = IoattestEvidence::file({ gpu => { modes => ['protected-pcie'] } });
my @cases = (
    [ 'any', { gpu_features => 'mpt' }, '' ],
    [ 'any', { gpus => 8, gpu_features => 'ppcie' }, 'gpu.modes' ],
    [ 'ppcie', { gpus => 8, gpu_features => 'ppcie' }, '' ],
    [ 'ppcie', { gpus => 7, gpu_features => 'ppcie' }, 'gpu.switches' ],
    [ 'ppcie', { gpus => 8, gpu_features => 'ppcie',
                 attest => 'gpu_switches' }, 'gpu.switches' ],
    [ 'ppcie', {}, 'gpu.modes' ],
    [ 'any', { attest => 'gpu_alike' }, 'gpu.alike' ],
    [ 'any', { attest => 'gpu_signature' }, 'gpu.0.signature' ],
    [ 'any', { attest => 'gpu_nonce=1' }, 'gpu.1.nonce' ],
    [ 'any', { attest => 'gpu_records_newer' }, 'gpu.0.layout' ],
);

IoattestSim->start(machines => 1, evidence => 1);

my $nginx = IoattestEvidence::gateway(server => join '',
    IoattestEvidence::location('any',
        IoattestEvidence::service('nras', 'any')),
    IoattestEvidence::location('ppcie', "ioattest_policy $ppcie",
        IoattestEvidence::service('nras', 'ppcie')));
my $n = 0;

IoattestEvidence::walk($nginx, map {
    my ($path, $how, $check) = @$_;
    +{ name => 'mode-' . ++$n, path => $path, check => $check,
       reason => $check eq '' ? '' : $check =~ /^gpu\.\d/
                 ? 'gpu_evidence_invalid' : 'measurement_mismatch',
       settings => { evidence => 'tdx', gpus => 2, %$how } };
} @cases);

like($nginx->log, qr/attested 0x.*"mode-3".*, NVSwitches not attested/,
     'the log says what was not attested');

my ($machine) = grep { ($_->{gpu}{mode} // '') eq 'protected-pcie' }
                map { @{$_->{machines}} } @{$nginx->status->{zones}};
is($machine->{gpu}{nvswitches}, 'not attested', 'and so does the status');

is_deeply(IoattestEvidence::alarms($nginx), [],
          'nothing alarming in the log');

done_testing();
