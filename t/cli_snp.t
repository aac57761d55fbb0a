# ioattest report of SEV-SNP: what it lacks, where that comes from, and what
# the report says of the machine.

use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/lib";

use File::Temp qw( tempdir );
use JSON::PP ();
use Test::More;

use IoattestCli qw( attested cli get put );
use IoattestSim ();

my $sim = IoattestSim->start(machines => 1, evidence => 1);
my $nonce = 'c3' x 32;
my $tmp = tempdir(CLEANUP => 1);
my $reply = "$tmp/reply";

sub machine { return attested($sim, $reply, $nonce, evidence => 'snp', @_) }

sub report {
    my (@more) = @_;

    my ($status, $out, $err) = cli('report', $reply, '--nonce', $nonce,
        '--cpu-roots', $ENV{TEST_NGINX_SIM_CPU_ROOTS}, '--gpu', 'off',
        '--json', @more);
    is($err, '', 'nothing to complain of');
    return JSON::PP::decode_json($out);
}

my $kds = qr{https://kdsintf\.amd\.com/vcek/v1};
my $rest = qr{\w+\?\S*blSPL=\d+&teeSPL=\d+&snpSPL=\d+&ucodeSPL=\d+};

# no certificate of the key, and nobody was asked for one

machine();
my $said = report();
is($said->{reason}, 'cpu_evidence_missing', 'no VCEK');
is(scalar @{$said->{missing}}, 1, 'one file is missing');
is($said->{missing}[0]{file}, 'vcek.der', 'which is named');
like($said->{missing}[0]{from}, qr{\A$kds/Milan/$rest\z},
     'and where it comes from, whole');
is($said->{missing}[0]{or_from}, undef, 'and from nowhere else');

machine(snp_product => 'Turin');
like(report()->{missing}[0]{from},
     qr{\A$kds/Turin/\w{16}\?fmcSPL=1&blSPL=4&.*&ucodeSPL=217\z}, "a Turin's");

machine(snp_version => 2);
$said = report();
like($said->{missing}[0]{from}, qr{\A$kds/Milan/$rest\z}, 'version 2: Milan');
like($said->{missing}[0]{or_from}, qr{\A$kds/Genoa/$rest\z}, 'or Genoa');

# it is there, and what is missing then is the list of what is revoked

machine();
my $dir = "$tmp/files";
mkdir $dir or die "$dir: $!\n";
my ($path) = report()->{missing}[0]{from} =~ m{amd\.com(/.*)};
put("$dir/vcek.der", (get($sim->port, $path))[1]);
$said = report('--collateral', $dir);
is("$said->{reason} $said->{missing}[0]{file}",
   'attestation_unavailable amd_crl.der', 'no CRL');
put("$dir/amd_crl.der", '');
$said = report('--collateral', $dir);
isnt($said->{verdict}, 'verified', 'an empty file is no CRL');
put("$dir/amd_crl.der", (get($sim->port, '/vcek/v1/Milan/crl'))[1]);
$said = report('--collateral', $dir);
is($said->{verdict}, 'verified', 'with both it verifies');

# what is proved

my $is = $sim->evidence->{machines}[0];
my $proved = $said->{proved}{measurements};
is($proved->{product}, 'Milan', 'the product');
is($proved->{chip_id}, $is->{chip_id}, "the chip's id");
is($proved->{platform_info}, '0x0000000000000027', 'PLATFORM_INFO')
    or diag(explain($proved));
ok($proved->{platform_info_bits}{alias_check}, 'bit by bit');
is(join(' ', sort keys %{ $proved->{platform_info_bits} }),
    'alias_check ciphertext_hiding ecc rapl_dis smt tio tsme',
    'by the names that the policy takes');
is($proved->{policy}, '0x0000000000030000', "the guest's policy");
ok(!$proved->{policy_bits}{debug}, 'bit by bit');
ok(exists $proved->{policy_bits}{cxl}, 'and so of these');

# another product's floor says nothing of this one

my $policy = "$tmp/policy";
my %floor = (verified => '{"Turin":{"fmc":9}}',
             tcb_rejected => '{"Milan":{"snp":255}}');
for my $want (sort keys %floor) {
    put($policy, qq({"sev_snp":{"min_tcb":$floor{$want}}}));
    $said = report('--collateral', $dir, '--policy', $policy);
    is($said->{reason} || $said->{verdict}, $want,
       "min_tcb: $want");
}

put($policy, '{"sev_snp":{"min_tcb":{"snp":3}}}');
my ($status, $out, $err) = cli('report', $reply, '--nonce', $nonce,
    '--cpu-roots', $ENV{TEST_NGINX_SIM_CPU_ROOTS}, '--gpu', 'off',
    '--policy', $policy);
is($status, 2, 'a flat min_tcb is refused');
like($err, qr/min_tcb\.snp is not known: each product .*"Genoa": \{"snp"/,
     'and it is said how to write it');

done_testing();
