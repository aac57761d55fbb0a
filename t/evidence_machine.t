# Which machine: gpu.ueid of the policy; ids of processor and GPUs in status,
# log and report. An address on another machine: evidence_moved.t.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Digest::SHA qw( sha256_hex );
use File::Temp ();
use JSON::PP ();
use Math::BigInt ();
use MIME::Base64 qw( decode_base64 );
use Test::More;

use IoattestCli qw( cli saved );
use IoattestEvidence;
use IoattestNginx;
use IoattestSim;

my $sim = IoattestSim->start(machines => 1, evidence => 1);
my $ppid = substr sha256_hex('ppid machine 0'), 0, 32;
my %good = (evidence => 'tdx', gpus => 2);
my $nonce = 'a7' x 32;

sub reply {
    IoattestSim::reset();
    IoattestSim::set({ @_ });
    return $sim->fetch('POST', '/v1/private/attestation',
        { model_id => 'any', nonce => $nonce });
}

# By openssl: the serial numbers of the leaves.
sub ueids {
    my ($reply) = @_;
    my @found;

    for my $gpu (@{ JSON::PP->new->decode($reply)->{gpu}{evidence_list} }) {
        my $pem = File::Temp->new;
        print {$pem} decode_base64($gpu->{certificate});
        close $pem;
        my ($hex) = `openssl x509 -noout -serial -in $pem` =~ /=(\w+)/;
        push @found, Math::BigInt->from_hex($hex)->bstr;
    }
    return sort @found;
}

my $good = reply(%good);
my @ueids = ueids($good);
is(scalar @ueids, 2, 'two GPUs');

# --- the tool ---------------------------------------------------------------

my @judge = ('report', saved($good), '--nonce', $nonce, '--cpu-roots',
    $ENV{TEST_NGINX_SIM_CPU_ROOTS}, '--gpu-roots',
    $ENV{TEST_NGINX_SIM_GPU_ROOTS});
my ($status, $out) = cli(@judge);
is($status, 0, 'report: verified');
like($out, qr/^    ueid: $_$/m, "report: $_") for @ueids;
like($out, qr/^  ppid: $ppid$/m, 'report: PPID');
(undef, $out) = cli(@judge, '--json');
my $proved = JSON::PP->new->decode($out)->{proved};
is_deeply([ map { $_->{ueid} } @{ $proved->{ueids} } ], \@ueids,
    'report: JSON');
(undef, $out) = cli('inspect', saved($good), '--json');
my @shown = map { $_->{gpu}{ueid} // () }
    @{ JSON::PP->new->decode($out)->{evidence} };
is_deeply([ sort @shown ], \@ueids, 'inspect: of what nobody verified');

# --- the policy -------------------------------------------------------------

sub listed {
    return 'ioattest_policy '
        . IoattestEvidence::file({ gpu => { ueid => [@_] } });
}

my $nginx = IoattestEvidence::gateway(server => join '',
    IoattestEvidence::location('both', listed(@ueids, '7')),
    IoattestEvidence::location('one', listed($ueids[0], '7')),
    IoattestEvidence::location('none', listed('7')),
    IoattestEvidence::location('nras', listed(@ueids),
        IoattestEvidence::service('nras', 'good')),
    IoattestEvidence::location('nras-one', listed($ueids[1]),
        IoattestEvidence::service('nras', 'one')));

for my $case ([ 'both', '' ], [ 'one', 'gpu.ueid' ], [ 'none', 'gpu.ueid' ],
              [ 'nras', '' ], [ 'nras-one', 'gpu.ueid' ]) {
    my ($path, $check) = @$case;
    IoattestEvidence::walk($nginx, { name => "list-$path", path => $path,
        check => $check, reason => $check ? 'measurement_mismatch' : '',
        settings => \%good });
}

my ($line) = grep { /attested 0x.*"list-both"/ } split /\n/, $nginx->log;
like($line, qr/, ppid $ppid, ueids @ueids(?:,|$)/,
    'the log says which machine it is');

sub machine {
    my ($id) = @_;
    my ($found) = grep { $_->{model_id} eq $id }
        map { @{ $_->{machines} } } @{ $nginx->status->{zones} };
    return $found;
}

my $both = machine('list-both');
is($both->{ppid}, $ppid, 'status: PPID');
is($both->{chip_id}, undef, 'status: no chip id');
is_deeply($both->{ueids}, \@ueids, 'status: UEIDs');
is_deeply(machine('list-nras')->{ueids}, \@ueids, 'status: by NVIDIA');

is_deeply(IoattestEvidence::alarms($nginx), [], 'nothing alarming in the log');

done_testing();
