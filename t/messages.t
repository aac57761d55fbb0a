# What the log says of an attestation that failed for a document: which one,
# what is wrong with it, and what the clock has to do with it.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP ();
use Test::More;

use IoattestEvidence;
use IoattestSim;

IoattestSim->start(machines => 1, evidence => 1);

my $nginx = IoattestEvidence::gateway(server => join '',
    IoattestEvidence::location('any', 'ioattest_cpu off'),
    IoattestEvidence::location('kds', 'ioattest_amd_kds /_kds-m/',
                               'ioattest_gpu off'),
    IoattestEvidence::location('certs', 'ioattest_gpu off'),
    IoattestEvidence::location('advised',
        IoattestEvidence::service('collateral', 'advised')),
    IoattestEvidence::location('collateral',
        IoattestEvidence::service('collateral', 'collateral')));

my $date = qr/20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ/;
my $stale = qr/$date, and now it is $date: is the clock right\? If so, a newer/;
my $early = qr/$date, and now it is $date: is the clock right\?/;
my %tdx = (evidence => 'tdx', gpus => 1);
my %snp = (evidence => 'snp', gpus => 1);

for my $case (
    [ collateral => { %tdx, collateral => 'tcb_expired' }, 'tcb_rejected',
      'tdx.tcb_info.next_update', $stale ],
    [ collateral => { %tdx, collateral => 'qe_expired' }, 'tcb_rejected',
      'tdx.qe_identity.next_update', $stale ],
    [ collateral => { %tdx, collateral => 'tcb_future' }, 'tcb_rejected',
      'tdx.tcb_info.issue_date', $early ],
    [ collateral => { %tdx, collateral => 'crl_pck_garbage' },
      'cpu_evidence_invalid', 'tdx.crls',
      qr/the CRL of PCK certificates cannot be read: it is / ],
    [ collateral => { %tdx, collateral => 'crl_root_garbage' },
      'cpu_evidence_invalid', 'tdx.crls',
      qr/the CRL of Intel's root cannot be read: it is / ],
    [ kds => { %snp, kds => 'kds_crl_html' }, 'cpu_evidence_invalid',
      'sev_snp.crl', qr/AMD's CRL cannot be read: it is HTML or XML/ ],
    [ any => { %tdx, gpus => 17 }, 'gpu_evidence_invalid', 'gpu.number',
      qr/at least 17, and 16 is the most/ ])
{
    my ($path, $settings, $reason, $check, $words) = @$case;
    my $name = join '-', 'case', $check, $path, $settings->{collateral} // '';

    IoattestSim::reset();
    IoattestSim::set($settings);
    is(IoattestEvidence::said($nginx, $path, $name), "502 $reason", $name);
    IoattestEvidence::settle($nginx);
    like($nginx->log, qr/"\Q$name\E"\ failed:\ $reason,
                         \ check\ "\Q$check\E":\ $words/x, 'and the log');
}

# a list that is longer than what is shown ends with a sign of it

IoattestSim::reset();
IoattestSim::set({ %tdx, collateral => 'tcb_advisories' });
is(IoattestEvidence::said($nginx, 'advised', 'advised'), 200,
   'many advisories');
my ($shown) = JSON::PP->new->canonical->encode($nginx->status)
    =~ /"advisories":\[("INTEL[^\]]*)\]/;
like($shown // '', qr/\A(?:"INTEL-SA-\d{5}",){13}"\.\.\."\z/, 'are cut, and it shows');

# the sentences of a refusal accuse nothing that may be good

IoattestSim::reset();
IoattestSim::set(\%snp);
is(IoattestEvidence::said($nginx, 'certs', 'no-key'),
   '502 cpu_evidence_missing', 'no certificate of the key');
like($nginx->log, qr/refused cpu_evidence_missing: [^"]*, or no certificate of the key that signed it/,
     'which may be all that is missing');
like($nginx->log, qr/refused tcb_rejected: [^"]*, or what its maker says of levels cannot be used/,
     'and firmware may be good where a document is not');

is_deeply(IoattestEvidence::alarms($nginx), [],
          'nothing alarming in the log');

done_testing();
