# ioattest report: replies of the simulated machines, verified and refused,
# with and without what the makers' services say; usage.

use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/lib";

use File::Temp qw( tempdir );
use JSON::PP ();
use Test::More;

use IoattestCli qw( cli get put saved slurp );
use IoattestSim ();

my $sim = IoattestSim->start(machines => 1, evidence => 1);
my $nonce = 'c3' x 32;     # not 5a, which the simulator's wrong ones are
my @roots = ('--cpu-roots', $ENV{TEST_NGINX_SIM_CPU_ROOTS},
             '--gpu-roots', $ENV{TEST_NGINX_SIM_GPU_ROOTS});

# A reply of the machine so set, in a file.
sub reply {
    my (%set) = @_;

    $sim->reset;
    $sim->set(gpus => 1, report_data => 'address-nonce', %set);
    return saved($sim->fetch('POST', '/v1/private/attestation',
        { model_id => 'any', nonce => $nonce }));
}

# The checks that doc/checks.md names; <n> is a number, <document> a word.
my $root = "$FindBin::Bin/..";
my %documented = map { $_ => 1 } map {
    my $name = $_;
    $name =~ /<document>/
        ? map { $name =~ s/<document>/$_/r } qw( tcb_info qe_identity )
        : $name;
} slurp("$root/doc/checks.md") =~ /^\| `([^`]+)` \|/mg;

sub undocumented {
    my ($text) = @_;

    return join ' ', grep { !$documented{s/^gpu\.\d+\./gpu.<n>./r} }
        $text =~ /^(?:passed|failed|not made) +([^:\n]+)/mg;
}

sub judged {
    my ($reason, $name, $file, @more) = @_;

    my ($status, $out, $err) = cli('report', $file, '--nonce', $nonce,
                                   @roots, @more);
    subtest "$reason: $name" => sub {
        is($status, $reason eq 'verified' ? 0 : 1, 'status');
        like($out, qr/\A$reason\n/, 'first line');
        is($err, '', 'nothing to complain of');
        is(undocumented($out), '', 'every check is documented');
    };
    return $out;
}

sub unreadable {
    my ($like, $name, @arguments) = @_;

    my ($status, $out, $err) = cli('report', @arguments);
    return subtest "usage: $name" => sub {
        is($status, 2, 'status');
        is($out, '', 'no verdict');
        like($err, qr/\Aioattest: [^\n]*$like[^\n]*\n\z/, 'one sentence');
    };
}

# --- verified ---------------------------------------------------------------

# a file of its own: those of saved() are written over

my $dir = tempdir(CLEANUP => 1);
my $good = "$dir/reply";
put($good, slurp(reply(evidence => 'tdx')));
my $out = judged('verified', 'TDX and a GPU', $good);
like($out, qr/^  signer_bound: yes$/m, 'the signer is bound');
like($out, qr/^  cpu: tdx$/m, 'the kind: TDX');
like($out, qr/^    mr_td: $ENV{TEST_NGINX_SIM_MR_TD}$/mi, 'the register');
like($out, qr/^not made  tdx\.tcb_status/m, 'what was not looked at');
unlike($out, qr/^failed/m, 'nothing failed');

my (undef, $json) = cli('report', $good, '--nonce', $nonce, @roots, '--json');
my $verdict = JSON::PP->new->decode($json);
is($verdict->{verdict}, 'verified', 'JSON');
is($verdict->{proved}{gpus}, 1, 'JSON: GPUs');
is($verdict->{proved}{signing_address}, lc $sim->address(0), 'JSON: signer');
cmp_ok(scalar @{ $verdict->{checks} }, '>', 10, 'JSON: checks');
isnt(undocumented("passed    tdx.other: x\n"), '', 'a check without a name');

my ($status, $none) = cli('report', $good, '--nonce', $nonce, '--cpu', 'off',
                             '--gpu', 'off');
is($status, 0, 'no roots: status');
like($none, qr/^not made  cpu\.evidence/m, 'no roots: CPU');
like($none, qr/^not made  gpu\.evidence/m, 'no roots: GPU');
like($none, qr/^  signer_bound: no$/m, 'no roots: not bound');

# --- refused ----------------------------------------------------------------

($status, $out) = cli('report', $good, '--nonce', '00' x 32, @roots);
is($status, 1, 'another nonce: status');
like($out, qr/\Anonce_mismatch\n/, 'another nonce');

judged('report_data_mismatch', 'layout', $good, '--report-data', 'nonce');
judged('cpu_evidence_invalid', 'another kind', $good, '--cpu', 'sev-snp');
judged('cpu_evidence_invalid', 'years later', $good, '--at',
    '2120-01-01T00:00:00Z');
judged('measurement_mismatch', 'policy', $good, '--policy',
    saved('{"tdx":{"mr_td":["' . '00' x 48 . '"]}}'));
judged('image_digest_mismatch', 'policy', $good, '--policy',
    saved('{"image_digests":["sha256:' . '00' x 32 . '"]}'));
judged('attestation_malformed', 'no JSON', saved('{'));

# --- what Intel says --------------------------------------------------------

put("$dir/jwks.json", '{"keys":[]}');
$out = judged('attestation_unavailable', 'none of the documents', $good,
    '--collateral', $dir);
like($out, qr/^The attestation of the model, or a document that its/m,
    'not the attestation alone is spoken of');
like($out, qr/file: tcb_info\.json/, 'the file is named');
my ($fmspc) = $out =~ m{(/tdx/certification/v4/tcb\?fmspc=\w+)};
ok($fmspc, 'and where it comes from');

my ($head, $body) = get($sim->port, $fmspc // '/');
my ($chain) = $head =~ /^TCB-Info-Issuer-Chain: (.*?)\r?$/mi;
put("$dir/tcb_info.json", $body);
put("$dir/tcb_info_chain.pem", "$chain");
($head, $body) = get($sim->port, '/tdx/certification/v4/qe/identity');
($chain) = $head =~ /^SGX-Enclave-Identity-Issuer-Chain: (.*?)\r?$/mi;
(my $pem = $chain) =~ s/%(..)/chr hex $1/ge;
put("$dir/qe_identity.json", $body);
put("$dir/qe_identity_chain.pem", $pem);
put("$dir/pck_crl.der",
    (get($sim->port, '/sgx/certification/v4/pckcrl?ca=platform&encoding=der')
    )[1]);
put("$dir/root_crl.der", (get($sim->port, '/IntelSGXRootCA.der'))[1]);

$out = judged('verified', 'with collateral', $good, '--collateral', $dir);
like($out, qr/^  tcb_status: UpToDate$/m, 'TCB status');
like($out, qr/^  ppid: [0-9a-f]{32}$/m, 'PPID');
like($out, qr/^  fmspc: a0b06f000000$/m, 'FMSPC');
for my $crl ([ pck_crl => "the CRL of PCK certificates", '<html>',
               'it is HTML or XML' ],
             [ root_crl => "the CRL of Intel's root", 'x',
               'it is neither DER nor PEM' ],
             [ root_crl => "the CRL of Intel's root", "0\x82", 'it is cut' ])
{
    my ($file, $name, $bytes, $why) = @$crl;
    my $kept = slurp("$dir/$file.der");
    put("$dir/$file.der", $bytes);
    like(judged('cpu_evidence_invalid', "$file: $why", $good, '--collateral',
                $dir), qr/^failed +tdx\.crls: \Q$name cannot be read: $why/m,
        'which list, and why');
    put("$dir/$file.der", $kept);
}

put("$dir/tcb_info.json", slurp("$dir/tcb_info.json") . 'x');
$out = judged('tcb_rejected', 'altered TCB info', $good, '--collateral', $dir);
unlike($out, qr/below the accepted level/, 'the firmware may be good');

# --- other machines ---------------------------------------------------------

$out = judged('verified', 'SEV-SNP', reply(evidence => 'snp',
                                           snp_certs => JSON::PP::true));
like($out, qr/^  cpu: sev-snp$/m, 'the kind');
like($out, qr/^    measurement: $ENV{TEST_NGINX_SIM_MEASUREMENT}$/mi,
    'the measurement');

my $expect = $sim->expect;
for my $name (qw( gpu_nonce gpu_signature gpu_root gpu_chain_4 gpu_switch
                  gpu_evidence_missing gpu_base64 ))
{
    judged($expect->{$name}{reason}, $name,
        reply(evidence => 'tdx', attest => $name));
}
for my $name (qw( snp_debug snp_signature snp_root snp_data_nonce
                  snp_committed snp_truncated ))
{
    judged($expect->{$name}{reason}, $name, reply(evidence => 'snp',
        snp_certs => JSON::PP::true, attest => $name));
}

# --- files and their names --------------------------------------------------

my $text;
my ($marked) = cli('report', '--nonce', $nonce, '--cpu-roots',
    saved("\xef\xbb\xbf" . slurp($roots[1])), @roots[2, 3], '--', $good);
is($marked, 0, 'a byte order mark before the roots, and "--" before FILE');
put("-r.json", slurp($good));
my ($dashed) = cli('report', '--nonce', $nonce, @roots, '--', '-r.json');
is($dashed, 0, 'a name that begins with a dash');
unlink '-r.json';
(undef, $text) = cli('inspect', '--json', saved(slurp($good)
    =~ s/"image_digest":\s*"[^"]*"/"image_digest":"a\xc2\x9b\xe2\x80\xaeb"/r));
like($text, qr/"a\\u009b\\u202eb"/, 'JSON that no terminal obeys');

# --- usage ------------------------------------------------------------------

unreadable('FILE', 'no file', '--nonce', $nonce);
unreadable('--nonce is missing', 'no nonce', $good);
unreadable('64 hex digits', 'short nonce', $good, '--nonce', '00');
unreadable('twice', 'two files', $good, $good, '--nonce', $nonce);
unreadable('cannot open', 'no such file', "$dir/none", '--nonce', $nonce,
    @roots);
unreadable('holds no roots', 'no roots', $good, '--nonce', $nonce,
    '--cpu-roots', saved('x'), '--gpu', 'off');
unreadable('would not be read', 'a root that is passed over', $good,
    '--nonce', $nonce, @roots[2, 3], '--cpu-roots',
    saved(slurp($roots[1]) . "-----BEGIN TRUSTED CERTIFICATE-----\n"));
unreadable('line 1 would not be read: "-----BEGIN X509 CERTIFICATE-----" is',
    'its label and line', $good, '--nonce', $nonce, @roots[2, 3],
    '--cpu-roots', saved("-----BEGIN X509 CERTIFICATE-----\n"
                         . slurp($roots[1])));
unreadable('line \d+ holds bytes that are no text', 'DER behind PEM', $good,
    '--nonce', $nonce, @roots[2, 3], '--cpu-roots',
    saved(slurp($roots[1]) . "0\x82\1\2\0"));
my ($commented) = cli('report', $good, '--nonce', $nonce, '--cpu-roots',
    saved("# begin: certificates of M\xc3\xbcller\n\nsubject=CN = a root\n"
          . slurp($roots[1]) . "\n# the end\n"), @roots[2, 3]);
is($commented, 0, 'comments and subjects between roots');
unreadable('cannot open', 'no such collateral', $good, '--nonce', $nonce,
    @roots, '--collateral', "$dir/none");
mkdir "$dir/empty";
unreadable("no document is in \Q$dir\E/empty", 'an empty directory', $good,
    '--nonce', $nonce, @roots, '--collateral', "$dir/empty");
unreadable('cannot open', 'empty collateral', $good, '--nonce', $nonce,
    @roots, '--collateral', '');
unreadable('cannot open .*\?\?\[2J', 'a name that a terminal would obey',
    "$dir/\xc2\x9b\xe2\x80\xae[2J", '--nonce', $nonce, @roots);
unreadable('CPU evidence would not be verified', 'nothing to go by', $good,
    '--nonce', $nonce);
unreadable('CPU evidence would not be verified', 'GPU off alone', $good,
    '--nonce', $nonce, '--gpu', 'off');
unreadable('CPU evidence would not be verified', 'GPU roots alone', $good,
    '--nonce', $nonce, @roots[2, 3]);
unreadable('GPU evidence would not be verified', 'CPU off alone', $good,
    '--nonce', $nonce, '--cpu', 'off');
unreadable('GPU evidence would not be verified', 'CPU roots alone', $good,
    '--nonce', $nonce, @roots[0, 1]);
my ($alone) = cli('report', $good, '--nonce', $nonce, @roots[0, 1],
    '--gpu', 'off');
is($alone, 0, 'CPU evidence alone, and said');
unreadable('tdx\.mr_tx', 'policy', $good, '--nonce', $nonce, @roots,
    '--policy', saved('{"tdx":{"mr_tx":[]}}'));
unreadable('--at', 'a time', $good, '--nonce', $nonce, '--at', 'now');
unreadable('--collateral', 'NRAS', $good, '--nonce', $nonce, '--gpu', 'nras');

done_testing();
