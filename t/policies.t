# doc/policies: each example loads, a machine that fits it passes, and one that
# does not fails by that check alone.

use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/lib";

use File::Basename qw( basename );
use File::Temp qw( tempdir );
use JSON::PP ();
use Test::More;

use IoattestCli qw( cli get put slurp );
use IoattestSim ();

my $folder = "$FindBin::Bin/../doc/policies";
my $sim = IoattestSim->start(machines => 3, evidence => 1);
my $nonce = 'c3' x 32;
my $tmp = tempdir(CLEANUP => 1);
my $json = JSON::PP->new->canonical;
my @roots = ('--cpu-roots', $ENV{TEST_NGINX_SIM_CPU_ROOTS});
my @gpu_roots = ('--gpu-roots', $ENV{TEST_NGINX_SIM_GPU_ROOTS});
my %tried;

# A reply of machine 0 so set.
sub reply {
    my (%set) = @_;

    $sim->reset;
    $sim->set(evidence => 'tdx', gpus => 0, report_data => 'address-nonce',
              snp_certs => JSON::PP::true, attest_machines => [0], %set);
    put("$tmp/reply", $sim->fetch('POST', '/v1/private/attestation',
        { model_id => 'any', nonce => $nonce }));
    return;
}

# What Intel says of it, with the simulator's fault.
sub collateral {
    my ($fault) = @_;

    $sim->set(collateral => $fault);
    for (['tcb_info', 'tdx/certification/v4/tcb?fmspc='
             . $sim->evidence->{fmspc}],
         ['qe_identity', 'tdx/certification/v4/qe/identity'])
    {
        my ($head, $body) = get($sim->port, "/$_->[1]");
        my ($chain) = $head =~ /^[\w-]+-Issuer-Chain: (.*?)\r?$/mi;
        put("$tmp/$_->[0].json", $body);
        put("$tmp/$_->[0]_chain.pem", $chain);
    }
    put("$tmp/pck_crl.der", (get($sim->port,
        '/sgx/certification/v4/pckcrl?ca=platform&encoding=der'))[1]);
    put("$tmp/root_crl.der", (get($sim->port, '/IntelSGXRootCA.der'))[1]);
    return ('--collateral', $tmp);
}

# In: change, made to the example before; checks, those that fail.
sub judged {
    my ($name, $change, $checks, @more) = @_;

    my $policy = JSON::PP::decode_json(slurp("$folder/$name.json"));
    $change->($policy) if $change;
    put("$tmp/policy", $json->encode($policy));
    push @more, $tried{$name . ' gpu'} ? @gpu_roots : ('--gpu', 'off');
    my ($status, $out, $err) = cli('report', "$tmp/reply", '--nonce', $nonce,
        @roots, '--policy', "$tmp/policy", @more);
    is($err, '', "$name: it loads");
    is(join(' ', $out =~ /^failed +([^:\n]+)/mg), $checks,
       "$name: " . ($checks || 'passes'));
    is($status, $checks eq '' ? 0 : 1, "$name: the verdict");
    $tried{$name}{$checks eq '' ? 'passes' : $_}++
        for $checks eq '' ? '' : split ' ', $checks;
    return;
}

# --- software -----------------------------------------------------------------

my $good = $sim->evidence;
my $fits = sub {
    my ($policy) = @_;

    $policy->{image_digests} = [$ENV{TEST_NGINX_SIM_DIGEST}];
    for (qw( mr_td rtmr0 rtmr1 rtmr2 )) {
        $policy->{tdx}{$_} = [$good->{tdx}{$_}];
    }
    $policy->{sev_snp}{measurement} = [$good->{sev_snp}{measurement}];
};

reply();
judged('measured', $fits, '');
judged('measured', undef, 'reply.image_digest');
for my $register (qw( mr_td rtmr0 rtmr1 rtmr2 )) {
    reply(attest => "tdx_$register");
    judged('measured', $fits, "tdx.$register");
}
reply(evidence => 'snp');
judged('measured', $fits, '');
reply(evidence => 'snp', attest => 'snp_measurement');
judged('measured', $fits, 'sev_snp.measurement');

# --- machines -----------------------------------------------------------------

# What the tool proves of it goes into the example, behind the zeros.
my $known = sub {
    my ($policy) = @_;

    my $out = (cli('report', "$tmp/reply", '--nonce', $nonce, @roots,
                   @gpu_roots))[1];
    $policy->{tdx}{ppid}[1] = $1 if $out =~ /^  ppid: (\w+)$/m;
    $policy->{gpu}{ueid} = ['0', $out =~ /^    ueid: (\d+)$/mg];
    $policy->{sev_snp}{chip_id}[1] = $good->{machines}[0]{chip_id};
};
my %saved;
my $as_before = sub { %{$_[0]} = %{ JSON::PP::decode_json($saved{text}) } };

$tried{'known-machines gpu'} = 1;
for my $kind (qw( tdx snp )) {
    my $check = $kind eq 'tdx' ? 'tdx.ppid' : 'sev_snp.chip_id';

    reply(evidence => $kind, gpus => 2);
    judged('known-machines', $known, '');
    $saved{text} = slurp("$tmp/policy");
    is(scalar @{ JSON::PP::decode_json($saved{text})->{gpu}{ueid} }, 3,
       'two GPUs and the zero');
    reply(evidence => $kind, gpus => 2, attest_machines => [1],
          gpu_hardware => { 1 => 0 });
    judged('known-machines', $as_before, $check);
    reply(evidence => $kind, gpus => 2, gpu_hardware => { 0 => 1 });
    judged('known-machines', $as_before, 'gpu.ueid');
    reply(evidence => $kind, gpus => 3);
    judged('known-machines', $as_before, 'gpu.ueid');
}

# --- Intel's statuses ---------------------------------------------------------

reply();
judged('grace-15d', undef, '', collateral('tcb_status_out_of_date,tcb_dates=14'));
judged('grace-15d', undef, 'tdx.tcb_status',
    collateral('tcb_status_out_of_date,tcb_dates=16'));
judged('up-to-date', undef, '', collateral(''));
judged('up-to-date', undef, 'tdx.tcb_status',
    collateral('tcb_status_hardening'));
judged('up-to-date', sub { $_[0]{tdx}{min_evaluation} = 65535 },
    'tdx.min_evaluation', collateral(''));

# --- SEV-SNP ------------------------------------------------------------------

for my $product (qw( Genoa Turin )) {
    reply(evidence => 'snp', snp_product => $product);
    judged('genoa-and-turin', undef, '');
}
reply(evidence => 'snp', snp_product => 'Milan');
judged('genoa-and-turin', undef, 'sev_snp.products');

# A report with other bits of PLATFORM_INFO, signed by the chip.
sub with_bits {
    my ($bits) = @_;

    my ($address) = $sim->address(0) =~ /\A0x(\w{40})\z/;
    my $made = qx{PYTHONPATH=$FindBin::Bin/lib/sim python3 -c '
from evidence import snp
report = snp.Report(0, bytes.fromhex("$address") + bytes(12)
                    + bytes.fromhex("$nonce"), certs=True)
report.platform_info = $bits
print(report.build().hex(), end="")'};
    reply(evidence => 'snp', cpu_quote => $made);
    return;
}

with_bits(0x24);
judged('checked-memory', undef, '');
for my $bits (0x20, 0x04) {
    with_bits($bits);
    judged('checked-memory', undef, 'sev_snp.platform_info.require');
}

# --- GPUs ---------------------------------------------------------------------

$tried{"$_ gpu"} = 1 for qw( protected-pcie eight-hoppers );
reply(gpus => 8, gpu_features => 'ppcie');
judged('protected-pcie', undef, '');
reply(gpus => 8);
judged('protected-pcie', undef, 'gpu.modes');
reply(gpus => 8, gpu_features => 'ppcie');
judged('protected-pcie', sub { $_[0]{gpu}{count} = 7 }, 'gpu.count');

reply(gpus => 8);
judged('eight-hoppers', undef, '');
reply(gpus => 7);
judged('eight-hoppers', undef, 'gpu.count');
reply(gpus => 8, gpu_driver => '575.1.2');
judged('eight-hoppers', undef, 'gpu.driver_versions');
reply(gpus => 8, gpu_vbios => '96.00.11.00.01');
judged('eight-hoppers', undef, 'gpu.vbios_versions');
reply(gpus => 8, gpu_arch => 'BLACKWELL', gpu_driver => '580.159.03',
      gpu_vbios => '96.00.74.00.20');
judged('eight-hoppers', undef, 'gpu.arch');

# --- all of them, and what the README says of each ----------------------------

my %said = slurp("$folder/README.md")
    =~ /^\| \[([\w-]+)\.json\].*\| ([^|]+) \|$/mg;
for my $file (sort glob "$folder/*.json") {
    my $name = basename($file, '.json');
    ok($tried{$name}{passes}, "$name: something passes");
    is(join(' ', sort grep { $_ ne 'passes' } keys %{ $tried{$name} }),
        join(' ', sort(($said{$name} // '') =~ /`([\w.]+)`/g)),
        "$name: what fails is what its row says");
}
is(scalar keys %said, scalar(my @all = glob "$folder/*.json"),
    'each has a row, and no other');

done_testing();
