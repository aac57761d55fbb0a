# ioattest pin: a policy from saved replies. It accepts the replies that it was
# made from and machines like them, refuses others, and says whose value is
# whose.

use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/lib";

use File::Temp qw( tempdir );
use JSON::PP ();
use Test::More;

use IoattestCli qw( cli put saved slurp );
use IoattestSim ();

my $sim = IoattestSim->start(machines => 4, evidence => 1);
my $nonce = 'c3' x 32;
my $tmp = tempdir(CLEANUP => 1);
my @roots = ('--cpu-roots', $ENV{TEST_NGINX_SIM_CPU_ROOTS},
             '--gpu-roots', $ENV{TEST_NGINX_SIM_GPU_ROOTS});

# Saves the reply of a machine, and its nonce as ioattest attest does.
sub reply {
    my ($name, $machine, %set) = @_;

    $sim->reset;
    $sim->set(evidence => 'tdx', gpus => 1, report_data => 'address-nonce',
              snp_certs => JSON::PP::true, attest_machines => [$machine],
              %set);
    put("$tmp/$name", $sim->fetch('POST', '/v1/private/attestation',
        { model_id => 'any', nonce => $nonce }));
    put("$tmp/$name.nonce", "$nonce\n");
    return "$tmp/$name";
}

# The policy of some replies, in a file; and as it reads.
sub pinned {
    my ($name, @arguments) = @_;

    my ($status, $out, $err) = cli('pin', @arguments, @roots);
    is($status, 0, "$name: written") or diag($err);
    like($err, qr/\Aioattest: trust on first use: /, "$name: what it is");
    my $file = "$tmp/$name.policy";
    put($file, $out);
    return ($file, JSON::PP::decode_json($out));
}

# In: check, the one that fails, or "" for none.
sub judged {
    my ($name, $policy, $reply, $check) = @_;

    my (undef, $out) = cli('report', $reply, '--nonce', $nonce, @roots,
                           '--policy', $policy);
    is(join(' ', $out =~ /^failed +([^:\n]+)/mg), $check, $name);
    is($out =~ /\Averified\n/ ? 1 : 0, $check eq '' ? 1 : 0,
       "$name: the verdict");
    return;
}

sub refused {
    my ($like, $name, $want, @arguments) = @_;

    my ($status, $out, $err) = cli('pin', @arguments);
    is($status, $want, "$name: status");
    is($out, '', "$name: no policy");
    like($err, $like, "$name: why");
    return;
}

# --- one machine --------------------------------------------------------------

my $one = reply('one.json', 0);
my ($file, $policy) = pinned('one', $one);
my @registers = qw( mr_td mr_seam mr_config_id rtmr0 rtmr1 rtmr2 rtmr3 fmspc );
is_deeply([sort keys %{ $policy->{tdx} }], [sort 'comment', @registers],
    'what of TDX');
is(lc $policy->{tdx}{mr_td}[0], lc $ENV{TEST_NGINX_SIM_MR_TD}, 'the register');
is_deeply($policy->{image_digests}, [$ENV{TEST_NGINX_SIM_DIGEST}], 'the image');
is_deeply([@{ $policy->{gpu} }{qw( arch modes count )}],
    [['HOPPER'], ['single'], 1], 'what of GPUs');
is(scalar @{ $policy->{gpu}{$_} }, 1, $_)
    for qw( driver_versions vbios_versions );
like($policy->{comment}, qr/trust on first use/, 'it says what it is');
like($policy->{comment}, qr/from replies that verified: \Q$one\E\./,
    'and where from');
like($policy->{tdx}{comment}, qr/rtmr3 is the same in all\./, 'all agree');
like($policy->{tdx}{comment}, qr/ppid is not pinned: see --machines\./,
    'which machine is not asked');

judged('its own reply', $file, $one, '');
judged('another machine that runs the same', $file,
    reply('two.json', 1, image_digest => $ENV{TEST_NGINX_SIM_DIGEST}), '');
judged('another image', $file, reply('image.json', 0,
    image_digest => 'sha256:' . '11' x 32), 'reply.image_digest');
for my $register (qw( mr_td mr_seam rtmr0 rtmr3 mr_config_id )) {
    judged("another $register", $file,
        reply('x.json', 0, attest => "tdx_$register"), "tdx.$register");
}
judged('two GPUs', $file, reply('x.json', 0, gpus => 2), 'gpu.count');
judged('another driver', $file, reply('x.json', 0, gpu_driver => '575.1.2'),
    'gpu.driver_versions');
judged('another VBIOS', $file, reply('x.json', 0,
    gpu_vbios => '96.00.11.00.01'), 'gpu.vbios_versions');
judged('another mode', $file, reply('x.json', 0, gpus => 1,
    gpu_features => 'mpt'), 'gpu.modes');
judged('the other kind of CPU', $file, reply('snp.json', 0,
    evidence => 'snp'), 'sev_snp.measurement');

# --- several ------------------------------------------------------------------

my $driver = reply('driver.json', 1, gpu_driver => '575.1.2', gpus => 2);
($file, $policy) = pinned('both', $one, $driver);
is(scalar @{ $policy->{gpu}{driver_versions} }, 2, 'any of two drivers');
my $whose = "\\S+ \\(\Q$one\E\\); 575\\.1\\.2 \\(\Q$driver\E\\)";
like($policy->{gpu}{comment},
    qr/driver_versions differs, any of these will do: $whose\./,
    'whose is whose');
ok(!exists $policy->{gpu}{count}, 'numbers that differ are not pinned');
like($policy->{gpu}{comment}, qr/count is not pinned: 1 \(\Q$one\E\); 2 \(/,
    'and it says so');
like($policy->{gpu}{comment}, qr/arch is the same in all\./, 'others are');
judged('the one', $file, $one, '');
judged('the other', $file, $driver, '');
judged('neither', $file, reply('x.json', 0, gpu_driver => '575.1.3'),
    'gpu.driver_versions');

my $register = reply('rtmr3.json', 1, attest => 'tdx_rtmr3',
    image_digest => $ENV{TEST_NGINX_SIM_DIGEST});
($file, $policy) = pinned('registers', $one, $register);
is(scalar @{ $policy->{tdx}{rtmr3} }, 2, 'any of two registers');
like($policy->{tdx}{comment},
    qr/rtmr3 differs, any of these will do: [0-9a-f]{32}\.\.\. \(\Q$one\E\); /,
    'long values are cut in the comment');
judged('the register', $file, $register, '');

my $snp = reply('snp.json', 2, evidence => 'snp');
($file, $policy) = pinned('kinds', $one, $snp);
judged('of two kinds: TDX', $file, $one, '');
judged('of two kinds: SEV-SNP', $file, $snp, '');
is_deeply([sort keys %{ $policy->{sev_snp} }],
    [sort qw( comment measurement host_data vmpl products )], 'of SEV-SNP');
judged('another measurement', $file, reply('x.json', 2, evidence => 'snp',
    attest => 'snp_measurement'), 'sev_snp.measurement');
judged('another product', $file, reply('x.json', 2, evidence => 'snp',
    snp_product => 'Genoa'), 'sev_snp.products');

my $mute = reply('mute.json', 1);
put($mute, slurp($mute) =~ s/,?\s*"image_digest":\s*"[^"]*"//r);
(undef, $policy) = pinned('mute', $one, $mute);
ok(!exists $policy->{image_digests}, 'not all name an image');
like($policy->{comment},
    qr/image_digests is not pinned: \S+ \(\Q$one\E\); none \(\Q$mute\E\)\./,
    'and which do not');

# --- which machines -----------------------------------------------------------

($file, $policy) = pinned('machines', '--machines', $one, $snp);
like($policy->{tdx}{ppid}[0], qr/\A[0-9a-f]{32}\z/, 'a PPID');
is_deeply($policy->{sev_snp}{chip_id},
    [$sim->evidence->{machines}[2]{chip_id}], "a chip's id");
like($policy->{gpu}{ueid}[0], qr/\A\d{20,49}\z/, "a GPU's UEID");
is(scalar @{ $policy->{gpu}{ueid} }, 2, 'one of each');
judged('this machine', $file, $one, '');
judged('with the GPU of another', $file, reply('x.json', 0,
    image_digest => $ENV{TEST_NGINX_SIM_DIGEST}, gpu_hardware => { 0 => 3 }),
    'gpu.ueid');
judged('that one', $file, $snp, '');
judged('another one that runs the same', $file, reply('x.json', 1,
    image_digest => $ENV{TEST_NGINX_SIM_DIGEST}), 'tdx.ppid');
judged('another chip', $file, reply('x.json', 3, evidence => 'snp',
    image_digest => slurp($snp) =~ s/.*"image_digest":\s*"([^"]*)".*/$1/sr),
    'sev_snp.chip_id');
refused(qr/vlek\.json does not name its machine/, 'a VLEK', 1, '--machines',
    reply('vlek.json', 2, evidence => 'snp', snp_signer => 'vlek'), @roots);

# A VLEK says nothing of the chip that its report names: what was written would
# refuse the reply that it was made from.
my $made = qx{PYTHONPATH=$FindBin::Bin/lib/sim python3 -c '
from evidence import snp
report = snp.Report(2, bytes.fromhex("@{[substr $sim->address(2), 2]}")
                    + bytes(12) + bytes.fromhex("$nonce"), 3, "Milan", "vlek",
                    True)
report.chip_field = report.chip
print(report.build().hex(), end="")'};
my $vlek = reply('vlek.json', 2, cpu_quote => $made);
($file) = pinned('vlek', $vlek);
judged('a VLEK', $file, $vlek, '');
refused(qr/vlek\.json: measurement_mismatch: sev_snp\.chip_id: /,
    'a VLEK with a chip', 1, '--machines', $vlek, @roots);

# --- rules --------------------------------------------------------------------

my $rules = "$tmp/rules";
put($rules, '{"tdx": {"tcb_status": ["UpToDate", "unknown"], "tcb_grace": "2d",
    "advisories_allowed": ["INTEL-SA-1"], "sept_ve_disable": false},
    "sev_snp": {"min_tcb": {"Genoa": {"snp": 3, "tee": 0},
                            "Turin": {"fmc": 1}},
        "platform_info": {"refuse": ["tio"]}, "policy": {"require": ["smt"]}},
    "gpu": {"modes": ["single", "protected-pcie"],
            "reference_expired": "1d"}}');
($file, $policy) = pinned('rules', $one, '--policy', $rules);
is_deeply($policy->{tdx}{tcb_status}, ['UpToDate', 'unknown'], 'statuses');
is_deeply([@{ $policy->{tdx} }{qw( tcb_grace advisories_allowed )}],
    ['172800s', ['INTEL-SA-1']], 'grace, advisories');
ok(!$policy->{tdx}{sept_ve_disable}, 'attribute');
is_deeply($policy->{sev_snp}{min_tcb},
    { Genoa => { tee => 0, snp => 3 }, Turin => { fmc => 1 } }, 'minimums');
is_deeply([@{ $policy->{sev_snp} }{qw( platform_info policy )}],
    [{ require => [], refuse => ['tio'] }, { require => ['smt'],
                                             refuse => [] }], 'bits');
is($policy->{gpu}{reference_expired}, '86400s', 'reference values');
is_deeply($policy->{gpu}{modes}, ['single'], 'what was seen is narrower');

my $switched = reply('ppcie.json', 0, gpus => 8, gpu_features => 'ppcie');
refused(qr/ppcie\.json: measurement_mismatch: gpu\.modes: /,
    'a mode that nobody asked for', 1, $switched, @roots);
($file, $policy) = pinned('ppcie', $switched, '--policy', $rules);
is_deeply($policy->{gpu}{modes}, ['protected-pcie'], 'one that was asked for');
judged('protected PCIe', $file, $switched, '');

put($rules, '{"tdx": {"ppid": ["' . slurp("$tmp/machines.policy")
    =~ s/.*"ppid": \["(\w+)".*/$1/sr . '"]}}');
refused(qr/--policy says tdx\.ppid = \w+, and no reply says/,
    'a rule that would be lost', 1, $one, @roots, '--policy', $rules);
(undef, $policy) = pinned('kept', $one, '--machines', '--policy', $rules);
is(scalar @{ $policy->{tdx}{ppid} }, 1, 'the same rule, kept');

# --- refused ------------------------------------------------------------------

my $bad = reply('bad.json', 1, attest => 'tdx_debug');
refused(qr/\Aioattest: \Q$bad\E: cpu_evidence_invalid: tdx\.debug[^\n]*\n\z/,
    'one is refused', 1, $one, $bad, @roots);
refused(qr/bad\.json: .*\n.*bad\.json: /, 'each is named', 1, $bad, $bad,
    @roots);
refused(qr/nonce_mismatch/, 'another nonce', 1, $one, '--nonce', '00' x 32,
    @roots);
refused(qr/cannot open \Q$tmp\E\/x\.json\.nonce/, 'no nonce', 2,
    do { reply('x.json', 0); unlink "$tmp/x.json.nonce"; "$tmp/x.json" },
    @roots);
my ($status) = cli('pin', "$tmp/x.json", '--nonce', $nonce, @roots);
is($status, 0, 'a nonce that is given');
refused(qr/64 hex digits/, 'no hex', 2, $one, '--nonce', 'x', @roots);
refused(qr/the nonce in \S+ is 64/, 'no hex in its file', 2,
    do { put("$tmp/x.json.nonce", "x\n"); "$tmp/x.json" }, @roots);
refused(qr/for each REPLY/, 'a nonce too few', 2, $one, $snp, '--nonce',
    $nonce, @roots);
refused(qr/REPLY, a saved reply, is missing/, 'nothing', 2, @roots);
refused(qr/--cpu off/, 'nothing verified', 2, $one, '--cpu', 'off',
    @roots[2, 3]);
refused(qr/GPU evidence would not be verified/, 'GPUs', 2, $one, @roots[0, 1]);
refused(qr/more than 64/, 'too many', 2, ($one) x 65, @roots);

# --- names --------------------------------------------------------------------

my $odd = "$tmp/a\"b\\c\x1b\xe2\x80\xae.json";
put($odd, slurp($one));
put("$odd.nonce", $nonce);
(undef, $policy) = pinned('names', $odd);
like($policy->{comment}, qr/a"b\\c\?\?\.json/, 'a name that is odd');

my (undef, $out) = cli('pin', $one, @roots[0, 1], '--gpu', 'off');
like(JSON::PP::decode_json($out)->{gpu}{comment}, qr/was not verified/,
    'GPUs that nobody looked at');
like((cli('pin', '--help'))[1], qr/\Ausage: ioattest pin /, 'help');

done_testing();
