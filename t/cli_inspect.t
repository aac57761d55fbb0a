# ioattest inspect: what is shown of evidence, made and real, in all forms
# that it is found in; what is not readable.
#
#   IOATTEST_EVIDENCE   where real evidence is, else ../shared/evidence

use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/lib";

use File::Temp qw( tempdir );
use JSON::PP ();
use MIME::Base64 qw( decode_base64 encode_base64 );
use Test::More;

use IoattestCli qw( cli saved slurp );
use IoattestSim ();

my $sim = IoattestSim->start(machines => 1, evidence => 1);
my $nonce = 'c3' x 32;
my $JSON = JSON::PP->new->canonical;
my $real = $ENV{IOATTEST_EVIDENCE} // "$FindBin::Bin/../../shared/evidence";
my $dir = tempdir(CLEANUP => 1);

# A reply of the machine so set.
sub reply {
    my (%set) = @_;

    $sim->reset;
    $sim->set(gpus => 1, report_data => 'address-nonce', %set);
    return $sim->fetch('POST', '/v1/private/attestation',
        { model_id => 'any', nonce => $nonce });
}

# What is shown of bytes, as JSON was read; the status must be as wanted.
sub shown {
    my ($bytes, $want) = @_;

    my ($status, $out, $err) = cli('inspect', saved($bytes), '--json');
    is($status, $want // 0, 'status') or diag($err);
    like($out, qr/\A\{"verified":false,[^\n]+\}\n\z/, 'one line of JSON');
    return $JSON->decode($out);
}

# The same as text, which a terminal may see.
sub text {
    my ($bytes) = @_;

    my (undef, $out) = cli('inspect', saved($bytes));
    like($out, qr/\ANothing is verified here: /, 'the first line says so');
    unlike($out, qr/[^\n\x20-\x7e]/, 'printable ASCII');
    return $out;
}

sub unreadable {
    my ($like, $name, @arguments) = @_;

    my ($status, $out, $err) = cli(@arguments);
    return subtest "not readable: $name" => sub {
        is($status, 2, 'status');
        is($out, '', 'nothing is shown');
        like($err, qr/\Aioattest: [^\n]*$like[^\n]*\n\z/, 'one sentence');
    };
}

sub put {
    my ($name, $bytes) = @_;

    open my $out, '>:raw', "$dir/$name" or die "$name: $!";
    print $out $bytes;
    close $out or die "$name: $!";
    return "$dir/$name";
}

# --- a reply ----------------------------------------------------------------

my $good = reply(evidence => 'tdx', quote_version => 4);
my $reply = $JSON->decode($good);
my $quote = pack 'H*', $reply->{cpu}{quote};
my $all = shown($good);
is($all->{format}, 'JSON', 'format');
is($all->{said}{nonce}, $nonce, 'the nonce that is said');
is($all->{said}{signing_address}, $reply->{signing_address}, 'the signer');
is($all->{said}{image_digest}, $reply->{image_digest}, 'the image');
is($all->{said}{gpu_arch}, $reply->{gpu}{arch}, 'the architecture');
is_deeply([ map { "$_->{from}: $_->{kind}" } @{ $all->{evidence} } ],
    [ 'cpu.quote: TDX quote', 'gpu.evidence_list[0]: GPU evidence' ],
    'evidence');
my ($tdx, $gpu) = @{ $all->{evidence} };

# at their places: 48 bytes of header before the body
my %places = (
    tee_tcb_svn => [0, 16], mr_seam => [16, 48], mrsigner_seam => [64, 48],
    seam_attributes => [112, 8], mr_td => [136, 48],
    mr_config_id => [184, 48], mr_owner => [232, 48],
    mr_owner_config => [280, 48], rtmr0 => [328, 48], rtmr1 => [376, 48],
    rtmr2 => [424, 48], rtmr3 => [472, 48], report_data => [520, 64],
);
is($tdx->{$_}, unpack('H*', substr $quote, 48 + $places{$_}[0],
    $places{$_}[1]), $_) for sort keys %places;
is($tdx->{td_attributes}, sprintf('0x%016x', unpack 'Q<',
    substr $quote, 48 + 120, 8), 'td_attributes');
is($tdx->{xfam}, sprintf('0x%016x', unpack 'Q<', substr $quote, 48 + 128, 8),
    'xfam');
is($tdx->{version}, 4, 'version');
is($tdx->{trailing}, 70, 'bytes behind');
is($tdx->{length} + 70, length $quote, 'length');
ok(!$tdx->{td_attributes_bits}{debug}, 'not in debug mode');
ok($tdx->{td_attributes_bits}{sept_ve_disable}, 'SEPT_VE_DISABLE');
is($tdx->{report_data_holds}, 'address-nonce', 'report data');
like($tdx->{pck}{ppid}, qr/\A[0-9a-f]{32}\z/, 'PPID');
like($tdx->{pck}{fmspc}, qr/\A[0-9a-f]{12}\z/, 'FMSPC');
is($tdx->{pck}{ca}, 'platform', 'the CA');
is($tdx->{certificates}[0]{subject}, 'Intel SGX PCK Certificate', 'leaf');
is(scalar @{ $tdx->{certificates} }, 3, 'certificates');
is($tdx->{qe}{isvprodid}, 2, 'the quoting enclave');

# measurements: blocks of 7 bytes and 48 each, from 45 on
my $spdm = decode_base64($reply->{gpu}{evidence_list}[0]{evidence});
is($gpu->{nonce}, $nonce, 'GPU: nonce');
ok($gpu->{nonce_as_said}, 'GPU: as it is said');
is($gpu->{measurements_count}, 64, 'GPU: measurements');
is($gpu->{measurements}{ unpack 'C', substr $spdm, 45 + 55 * $_, 1 },
    unpack('H*', substr $spdm, 45 + 55 * $_ + 7, 48), "GPU: block $_")
    for 0, 1, 63;
is($gpu->{gpu}{arch}, 'HOPPER', 'GPU: architecture');
is($gpu->{fwid}, $gpu->{gpu}{fwid}, 'GPU: firmware, twice');
like($gpu->{driver}, qr/\A[0-9.]+\z/, 'GPU: driver');
like($gpu->{vbios}, qr/\A(?:[0-9A-F]{2}\.){4}[0-9A-F]{2}\z/, 'GPU: VBIOS');
is($gpu->{feature_flag}, 'SPT', 'GPU: feature flag');
is(scalar @{ $gpu->{certificates} }, 5, 'GPU: certificates');

my $out = text($good);
like($out, qr/^  mr_td: $tdx->{mr_td}$/m, 'text: a register');
like($out, qr/^    debug: no$/m, 'text: a bit');
like($out, qr/^  kind: GPU evidence$/m, 'text: a GPU');

# --- report data ------------------------------------------------------------

is(shown(reply(evidence => 'tdx', report_data => 'nonce'))
    ->{evidence}[0]{report_data_holds}, 'nonce', 'nonce alone');
my %other = (%$reply, nonce => '00' x 32);
$all = shown($JSON->encode(\%other));
is($all->{evidence}[0]{report_data_holds}, 'neither', 'another nonce');
ok(!$all->{evidence}[1]{nonce_as_said}, 'another nonce: GPU');
%other = (%$reply, signing_address => '0x' . '11' x 20);
is(shown($JSON->encode(\%other))->{evidence}[0]{report_data_holds},
    'neither', 'another address');
ok(!exists shown($quote)->{evidence}[0]{report_data_holds},
    'nothing to compare with');

# --- one quote in every form ------------------------------------------------

my $hex = unpack 'H*', $quote;
my $base64 = encode_base64($quote, '');
my $url = $base64 =~ tr{+/=}{-_}dr;
my $binary = shown($quote);
is($binary->{format}, 'binary', 'binary');
my %forms = (
    'hex' => [hex => $hex], 'upper case' => [hex => uc $hex],
    '0x' => [hex => "0x$hex\n"],
    'lines of hex' => [hex => $hex =~ s/(.{64})/$1\r\n/gr],
    'base64' => [base64 => $base64],
    'lines of base64' => [base64 => encode_base64($quote)],
    'base64url' => [base64 => $url],
    'base64 without padding' => [base64 => $base64 =~ s/=+\z//r],
    'a JSON string' => [JSON => qq("$hex")],
);
for my $form (sort keys %forms) {
    my $got = shown($forms{$form}[1]);
    is(delete $got->{format}, $forms{$form}[0], "$form: format");
    is_deeply($got, {
        map { $_ => $binary->{$_} } grep { $_ ne 'format' } keys %$binary },
        "$form: the same");
}

my @octets = unpack 'C*', $quote;
my %members = (
    'quote' => { quote => $hex, event_log => '[]' },
    'intel_quote' => { intel_quote => $base64 },
    'report' => { report => \@octets },
    '[0].quote' => [ { quote => $hex } ],
    'gateway_attestation.quote' => { gateway_attestation =>
        { quote => $hex } },
    'model_attestations[1].intel_quote' => { model_attestations =>
        [ {}, { intel_quote => $hex } ] },
);
for my $from (sort keys %members) {
    my $got = shown($JSON->encode($members{$from}))->{evidence};
    is(delete $got->[0]{from}, $from, "$from: from");
    delete $got->[0]{encoding};
    is_deeply($got, $binary->{evidence}, "$from: the same");
}

my ($status, $piped) = cli(\$quote, 'inspect', '-', '--json');
is_deeply($JSON->decode($piped), $binary, 'standard input');

# --- an envelope ------------------------------------------------------------

my $found = shown("\0\1two" . $quote)->{evidence}[0];
is($found->{offset}, 5, 'an offset');
like($found->{found}, qr/search/, 'is told');
is($found->{mr_td}, $tdx->{mr_td}, 'and the quote is the same');
is(scalar @{ shown("\0$quote\0$quote")->{evidence} }, 2, 'two are found');
is(shown($quote)->{evidence}[0]{offset}, 0, 'none in front');

# --- other machines ---------------------------------------------------------

my $five = shown(reply(evidence => 'tdx', quote_version => 5,
    td_body => '1.5', gpus => 0))->{evidence}[0];
is($five->{version}, 5, 'version 5');
is($five->{body_type}, 'TD 1.5', 'TD 1.5');
like($five->{mr_servicetd}, qr/\A0{96}\z/, 'mr_servicetd');
ok(exists $five->{tee_tcb_svn2}, 'tee_tcb_svn2');
$all = shown(reply(evidence => 'tdx', attest => 'tdx_debug'));
ok($all->{evidence}[0]{td_attributes_bits}{debug}, 'debug mode');

my $snp = reply(evidence => 'snp', snp_product => 'Turin', gpus => 0);
my $bytes = pack 'H*', $JSON->decode($snp)->{cpu}{quote};
my $report = shown($snp)->{evidence}[0];
is($report->{kind}, 'SEV-SNP report', 'a report');
my %fields = (
    measurement => [0x90, 48], host_data => [0xc0, 32],
    report_data => [0x50, 64], family_id => [0x10, 16],
    image_id => [0x20, 16], id_key_digest => [0xe0, 48],
    author_key_digest => [0x110, 48], report_id => [0x140, 32],
    chip_id => [0x1a0, 64], fms => [0x188, 3],
);
is($report->{$_}, unpack('H*', substr $bytes, $fields{$_}[0],
    $fields{$_}[1]), "SNP: $_") for sort keys %fields;
my %level;
@level{qw( fmc bootloader tee snp microcode )}
    = map { $_ + 0 } (unpack 'C8', substr $bytes, 0x180, 8)[0, 1, 2, 3, 7];
is_deeply($report->{reported_tcb}, \%level, 'SNP: TCB in the order of Turin');
is($report->{product}, 'Turin', 'SNP: product');
is($report->{signing_key}, 'VCEK', 'SNP: signing key');
is($report->{policy}, sprintf('0x%016x', unpack 'Q<', substr $bytes, 8, 8),
    'SNP: policy');
is($report->{report_data_holds}, 'address-nonce', 'SNP: report data');
ok(!$report->{policy_bits}{debug}, 'SNP: not in debug mode');

$all = shown(reply(evidence => 'snp', attest => 'snp_debug', gpus => 0));
ok($all->{evidence}[0]{policy_bits}{debug}, 'SNP: debug mode');
$report = shown(reply(evidence => 'snp', snp_certs => JSON::PP::true,
    gpus => 0))->{evidence}[0];
is($report->{table_vcek}{certificates}[0]{subject}, 'SEV-VCEK',
    'SNP: a table behind it');
is($report->{table_vcek}{amd}{chip_id}, $report->{chip_id},
    'SNP: of the same chip');
ok(!exists $report->{reported_tcb}{fmc}, 'SNP: TCB of Milan');
is(shown(substr($bytes, 0, 1184) . "\1" x 9)->{evidence}[0]{trailing}, 9,
    'SNP: other bytes behind it');
is(shown(substr($bytes, 0, 1184) . "\0" x 48)->{evidence}[0]{trailing}, 48,
    'SNP: zeros behind it are no table');

$all = shown(reply(evidence => 'tdx', gpus => 8, gpu_features => 'ppcie'));
is(scalar @{ $all->{evidence} }, 9, 'eight GPUs');
is($all->{evidence}[8]{feature_flag}, 'PPCIE', 'the mode');
$all = shown(reply(evidence => 'tdx'))->{evidence}[1];
is($all->{opaque_format}, 'unversioned', 'records of older drivers');
my $new = shown(reply(evidence => 'tdx', gpu_records => 'versioned'))
    ->{evidence}[1];
is($new->{opaque_format}, 'NVDAOD 2.0.0', 'versioned records');
is($new->{$_}, $all->{$_}, "which say the same: $_")
    for qw( driver vbios feature_flag protected_pcie nvdec0 fwid project );
is($new->{fsp_ucode_svn}, 0, 'what they alone have');
is($new->{other_records}, 0, 'each has a name');
$new = shown(reply(evidence => 'tdx', attest => 'gpu_records_newer'))
    ->{evidence}[1];
is($new->{opaque_format}, 'NVDAOD 3.0.0', 'a newer version');
like($new->{opaque_unread}, qr/a newer format, update ioattest/, 'and why');
ok(!exists $new->{driver} && $new->{opaque} =~ /\A0600860008/,
    'of which nothing is read');
is($new->{measurements_count}, 64, 'but what stands before it');

$all = shown(reply(evidence => 'tdx', gpu_arch => 'BLACKWELL'));
is($all->{evidence}[1]{gpu}{arch}, 'BLACKWELL', 'the leaf says what it is');
is($all->{said}{gpu_arch}, 'HOPPER', 'whatever the reply says');

my %near = (intel_quote => $hex, request_nonce => $nonce,
    signing_address => $reply->{signing_address},
    nvidia_payload => $JSON->encode($reply->{gpu}));
$all = shown($JSON->encode(\%near));
is($all->{evidence}[0]{report_data_holds}, 'address-nonce',
    'a nonce by another name');
is($all->{evidence}[1]{from}, 'nvidia_payload.evidence_list[0]',
    'JSON in JSON');
%near = (nvidia_payload => $JSON->encode(\%near));
unreadable('under a name that is known', 'JSON in JSON in JSON', 'inspect',
    saved($JSON->encode(\%near)));

$all = shown(reply(evidence => 'tdx', attest => 'gpu_switch'));
ok((grep { $_->{kind} eq 'NVSwitch evidence'
    && $_->{note} =~ /does not accept/ } @{ $all->{evidence} }),
    'a switch is named');

# --- a policy of what was shown ---------------------------------------------

my $file = put('reply', $good);
my @judge = ('report', $file, '--nonce', $nonce, '--cpu-roots',
    $ENV{TEST_NGINX_SIM_CPU_ROOTS}, '--gpu', 'off', '--policy');
my ($shown) = text($good) =~ /^  mr_td: (\w+)$/m;
($status) = cli(@judge, saved(qq({"tdx":{"mr_td":["$shown"]}})));
is($status, 0, 'the register that was shown is accepted');
$shown =~ s/\A(.)/$1 eq '0' ? '1' : '0'/e;
($status) = cli(@judge, saved(qq({"tdx":{"mr_td":["$shown"]}})));
is($status, 1, 'another is not');

# --- hostile ----------------------------------------------------------------

%other = (%$reply, image_digest => "\e[2J\x{9b}31m\"\nverified",
    gpu => undef);
$out = text(JSON::PP->new->utf8->encode(\%other));
like($out, qr/image_digest: \\x1b\[2J.*verified$/m, 'control bytes');
%other = (%$reply, cpu => { quote => "no \e device" });
my $error;
($status, $out, $error) = cli('inspect', saved($JSON->encode(\%other)));
is($status, 2, 'a sentence for a quote: status');
like($out, qr/^  text: no \\x1b device$/m, 'what stands there');
like($out, qr/^  kind: GPU evidence$/m, 'and the rest');
like($error, qr/\A[^\n]*cpu\.quote is neither[^\n]*\n\z/, 'is complained of');

($status, $out, $error) = cli('inspect', saved($JSON->encode(
    [ map { { quote => $hex } } 1 .. 65 ])));
is($status, 2, 'too many: status');
like($out, qr/^left_out: 1$/m, 'too many: counted');
like($error, qr/more than 64/, 'too many: said');

%other = (%$reply, cpu => undef, gpu => undef);
$out = text($JSON->encode(\%other));
like($out, qr/^no evidence$/m, 'a reply without evidence');

# --- not readable -----------------------------------------------------------

unreadable('empty', 'an empty file', 'inspect', saved(''));
unreadable('neither hex', 'text', 'inspect', saved('hello, world'));
unreadable('neither a TDX', 'garbage', 'inspect', saved("\0\xff" x 3000));
unreadable('neither a TDX', 'hex of nothing', 'inspect', saved('00' x 2000));
unreadable('begins like a TDX quote, but: truncated', 'half a quote',
    'inspect', saved(substr $hex, 0, 1000));
unreadable('shorter than 1184', 'half a report', 'inspect',
    saved(substr $bytes, 0, 1183));
unreadable('begins like GPU', 'half of GPU evidence', 'inspect',
    saved(substr $spdm, 0, 4000));
unreadable('under a name', 'other JSON', 'inspect', saved('{"a":[1]}'));
unreadable('like JSON', 'half of JSON', 'inspect', saved('{"quote":"04'));
unreadable('like JSON', 'deep JSON', 'inspect', saved('[' x 5000));
unreadable('like PEM', 'half of PEM', 'inspect',
    saved('-----BEGIN CERTIFICATE-----'));
unreadable('more than', 'too long', 'inspect', saved('0' x 1048577));
unreadable('cannot open', 'no such file', 'inspect', "$dir/none");
unreadable('FILE', 'no file', 'inspect');
unreadable('twice', 'two files', 'inspect', $file, $file);
unreadable('--nonce', 'an option of others', 'inspect', $file, '--nonce',
    $nonce);
($status, $out) = cli('inspect', '--help');
is($status, 0, 'help: status');
like($out, qr/Nothing is verified/, 'help');
# --- real evidence ----------------------------------------------------------

# file, how many and what; what is known of the first
my @real = (
    [ 'Phala-Network+dcap-qvl/sample/tdx_quote', '1 TDX quote',
        pck => { fmspc => 'b0c06f000000' }, trailing => 70 ],
    [ 'Phala-Network+dcap-qvl/sample/tdx-quote.hex', '1 TDX quote',
        pck => { fmspc => 'b0c06f000000' } ],
    [ 'Phala-Network+dcap-qvl/sample/tdx_quote_outdated', '1 TDX quote',
        version => 5, pck => { fmspc => '90c06f000000' }, trailing => 0 ],
    [ 'Phala-Network+dcap-qvl/sample/sgx_quote', '1 SGX quote', version => 3,
        note => 'the gateway does not accept it',
        pck => { fmspc => '00a067110000' } ],
    [ 'google+go-tdx-guest/testing/testdata/quote_v5_sample.dat',
        '1 TDX quote', version => 5, body_type => 'TD 1.5' ],
    [ 'google+go-tdx-guest/testing/testdata/tdx_prod_quote_SPR_E4.dat',
        '1 TDX quote', td_attributes_bits => { pks => JSON::PP::true } ],
    [ 'confidential-containers+trustee/deps/verifier/test_data/'
        . 'tdx_quote_4.dat', '1 TDX quote',
        td_attributes_bits => { debug => JSON::PP::true } ],
    [ 'Dstack-TEE+dstack/dstack/guest-agent/fixtures/attestation.bin',
        '1 TDX quote', offset => 4, report_data => '0' x 128 ],
    [ 'Dstack-TEE+dstack/dstack/verifier/fixtures/quote-report.json',
        '1 TDX quote', report_data => '1234' . '0' x 124,
        pck => { fmspc => '90c06f000000' } ],
    [ 'derived/nearai-vllm-proxy-nras/dstack_quote.json', '1 TDX quote',
        report_data => '01' x 64 ],
    [ 'Dstack-TEE+dstack/dstack/dstack-attest/tests/sev_snp_attestation.bin',
        '1 SEV-SNP report', offset => 4, version => 3, product => 'Milan',
        report_data => unpack('H*', 'attest-test-fixture-2026') . '0' x 80 ],
    [ 'confidential-containers+trustee/deps/verifier/test_data/az-snp-vtpm/'
        . 'hcl-report.bin', '1 SEV-SNP report', offset => 32, version => 2 ],
    [ 'confidential-containers+trustee/deps/verifier/test_data/az-snp-vtpm/'
        . 'evidence-genoa.json', '1 SEV-SNP report', offset => 32,
        product => 'Genoa', policy => '0x000000000003001f' ],
    [ 'confidential-containers+trustee/deps/verifier/test_data/snp/'
        . 'test-vlek-report.bin', '1 SEV-SNP report', signing_key => 'VLEK',
        vmpl => 1, chip_id => '0' x 128 ],
    [ 'scrtlabs+secretvm-verify/test-data/amd_cpu_quote.txt',
        '1 SEV-SNP report', fms => '191101' ],
    [ 'virtee+sev/tests/certs_data/report_milan.hex', '1 SEV-SNP report',
        version => 2, policy => '0x0000000000030000' ],
    [ 'scrtlabs+secretvm-verify/test-data/gpu_attest.txt', '1 GPU evidence',
        gpu => { arch => 'HOPPER' }, measurements_count => 64 ],
    [ 'NVIDIA+nvtrust/guest_tools/ppcie-verifier-sdk-cpp/tests/data/'
        . 'gpu_evidence.json', '8 GPU evidence', nonce => '4760e30534a062135'
        . '7d458b1a7936551b5dc4cd1e69718adf7ed9fb0252a537e' ],
    [ 'NVIDIA+attestation-sdk/common-test-data/serialized_test_evidence/'
        . 'switch_evidence_ls10.json', '1 NVSwitch evidence',
        measurements_count => 31, vbios => '96.10.55.00.01' ],
    [ 'NVIDIA+attestation-sdk/nv-attestation-sdk-cpp/unit-tests/testdata/'
        . 'sample_attestation_data/gpu/blackwellAttestationReport.txt',
        '1 GPU evidence', driver => '575.32' ],
    [ 'confidential-containers+trustee/deps/verifier/test_data/nvidia/'
        . 'hopper_coco_report1.txt', '1 GPU evidence', trailing => 1,
        driver => '580.95.05' ],
    [ 'NVIDIA+attestation-sdk/nv-attestation-sdk-cpp/unit-tests/testdata/'
        . 'sample_attestation_data/gpu/blackwellCertChain.txt',
        '1 certificates', gpu => { arch => 'BLACKWELL', chip => 'GB100' } ],
    [ 'virtee+sev/tests/certs_data/vcek_turin.der', '1 certificates',
        amd => { product => 'Turin', signing_key => 'VCEK' } ],
);

# 1 where got has all that want has.
sub has {
    my ($got, %want) = @_;

    for my $name (keys %want) {
        my ($one, $two) = ($got->{$name}, $want{$name});
        return 0 if !defined $one;
        return 0 if ref $two eq 'HASH' ? !has($one, %$two) : $one ne $two;
    }
    return 1;
}

SKIP: {
    my @there = grep { -r "$real/$_->[0]" } @real;
    my $absent = @real - @there;
    skip "real evidence: all $absent cases, none is at $real", 1 if !@there;
    diag("real evidence: $absent cases are absent") if $absent;

    for my $case (@there) {
        my ($name, $what, %want) = @$case;
        my $bytes = slurp("$real/$name");
        my $got = shown($bytes);
        my $first = $got->{evidence}[0];
        is(@{ $got->{evidence} } . " $first->{kind}", $what, $name);
        ok(has($first, %want), "$name: what it says")
            or diag(explain($first));
        text($bytes);
    }
}

done_testing();
