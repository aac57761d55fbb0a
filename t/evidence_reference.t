# ioattest_gpu_reference: a GPU that measures what NVIDIA published passes, and
# no other; what nginx says of the file at start; the same by ioattest report,
# and real evidence beside NVIDIA's real manifests.
#
#   IOATTEST_EVIDENCE   where real evidence is, else ../shared/evidence

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp qw( tempdir );
use JSON::PP ();
use MIME::Base64 qw( decode_base64 encode_base64 );
use Test::More;

use IoattestCli qw( cli put slurp );
use IoattestEvidence;
use IoattestNginx;
use IoattestReference;
use IoattestSim;

my $sim = IoattestSim->start(machines => 1, evidence => 1);
my $JSON = JSON::PP->new->canonical;
my $nonce = 'c3' x 32;
my %good = (evidence => 'tdx', gpus => 2);

IoattestSim::set(\%good);
my $reply = $sim->fetch('POST', '/v1/private/attestation',
    { model_id => 'any', nonce => $nonce });
my %seen = IoattestReference::seen(decode_base64(
    $JSON->decode($reply)->{gpu}{evidence_list}[0]{evidence}));

# A file; change is done to the two manifests first.
sub made {
    my ($change, %arg) = @_;

    my @rims = IoattestReference::rims(%seen, %arg);
    $change->(@rims) if $change;
    return IoattestReference::file(@rims);
}

sub reference { return IoattestEvidence::file(made(@_)) }

my $zero = '0' x 96;
my %files = (
    good => reference(),
    measured => reference(sub {
        @{ $_[0]{measurements} }{ 7, 22 } = ([$zero], [$zero]);
        $_[1]{measurements}{9} = [$zero];
    }),
    driver => reference(sub { $_[0]{rim} = '1.2';
        $_[0]{id} = 'NV_GPU_DRIVER_GH100_1.2' }),
    board => reference(sub { $_[1]{id} =~ s/VBIOS_\w+?_/VBIOS_9999_/ }),
    nvdec => reference(sub { $_[0]{measurements}{35} = [$zero] }),
    ended => reference(sub { $_->{not_after} = IoattestReference::day(-20)
        for @_ }),
);
my $strict = IoattestEvidence::file({ gpu => { reference_expired => '10d' } });

my $nginx = IoattestEvidence::gateway(server => join('',
    (map { IoattestEvidence::location($_,
        "ioattest_gpu_reference $files{$_}") } sort keys %files),
    IoattestEvidence::location('none'),
    IoattestEvidence::location('strict', "ioattest_policy $strict",
        "ioattest_gpu_reference $files{ended}")));

sub logged { return join "\n", $nginx->log =~
    /attestation of model "\Q$_[0]\E" failed: ([^\n]*)/g }

for my $path (qw( good nvdec ended none )) {
    IoattestSim::set(\%good);
    is(IoattestEvidence::said($nginx, $path, "ok-$path"), 200,
        "accepted: $path");
}

my %machine = map { $_->{model_id} => $_ }
    map { @{ $_->{machines} } } @{ $nginx->status->{zones} };
is($machine{"ok-$_"}{reference}, $_ eq 'none' ? JSON::PP::false
    : JSON::PP::true, "status: $_") for qw( good none );

my %why = (
    measured => qr/gpu\.0\.measurements.*differ: 7 9 22\b/,
    driver => qr/gpu\.0\.driver_reference.*NV_GPU_DRIVER_GH100_5\S+ is not in/,
    board => qr/gpu\.0\.vbios_reference.*NV_GPU_VBIOS_1010_0205_862_\w+ is not/,
    strict => qr/gpu\.0\.driver_reference.*NV_GPU_DRIVER_\S+ has expired/,
);
for my $path (sort keys %why) {
    IoattestEvidence::walk($nginx, { name => "bad-$path", path => $path,
        check => $why{$path} =~ /(gpu\\.0\\.\w+)/ ? $1 =~ s/\\//gr : '',
        reason => 'measurement_mismatch', settings => \%good });
    like(logged("bad-$path"), $why{$path}, "the log says why: $path");
}
# versioned records are compared by the same rules

for my $case ([ 'good', '' ], [ 'measured', 'measurement_mismatch' ],
              [ 'board', 'measurement_mismatch' ], [ 'nvdec', '' ]) {
    my ($path, $reason) = @$case;
    IoattestEvidence::walk($nginx, { name => "new-$path", path => $path,
        reason => $reason, check => $path eq 'board' ? 'gpu.0.vbios_reference'
                                    : 'gpu.0.measurements',
        settings => { %good, gpu_records => 'versioned' } });
}
like(logged('new-measured'), $why{measured}, 'the log names the same ones');

is_deeply(IoattestEvidence::alarms($nginx), [], 'nothing alarming in the log');

# --- what nginx -t says of a file ---------------------------------------------

sub starts {
    $nginx->configure(IoattestEvidence::texts(server => join '', @_));
    my $command = join ' ', map { "'$_'" } $nginx->command('-t');
    return scalar `$command 2>&1`;
}

sub with {
    my ($text, @lines) = @_;
    return starts(IoattestEvidence::location('x', 'ioattest_gpu_reference '
        . IoattestEvidence::file($text), @lines));
}

my $warn = qr/\[warn\] "ioattest_gpu local" compares no measurement/;
like(starts(IoattestEvidence::location('x')), $warn, 'none is given');
unlike(starts(IoattestEvidence::location('x', 'ioattest_gpu off')), $warn,
    'and no GPU is asked for');
unlike(starts("ioattest_gpu_reference $files{good};",
    IoattestEvidence::location('x'), IoattestEvidence::location('y')),
    qr/\Q$warn\E|emerg/, 'of a server, for its locations');
unlike(with(made()), qr/emerg|expire/, 'a good file');
like(with(made(sub { $_[0]{not_after} = IoattestReference::day(29.9) })),
    qr/\[warn\] manifest "NV_GPU_DRIVER_GH100_\S+" in .* expires in 29 days/,
    'a month before it ends');
unlike(with(made(sub { $_->{not_after} = IoattestReference::day(30.1) for @_ })),
    qr/expire/, 'and not earlier');
like(with(made(sub { $_[1]{not_after} = IoattestReference::day(-3.5) })),
    qr/\[warn\] manifest "NV_GPU_VBIOS_\S+" in .* expired 3 days ago/, 'after');
like(with('{}'), qr/\[emerg\].*found: line 1: version must be 1/, 'no file');
like(with(made(sub { $_[0]{more} = 1 })), qr/\[emerg\].*more is not known/,
    'an unknown member');
like(with(made(sub { $_[0]{measurements}{9} = [$zero] })),
    qr/\[emerg\].*measurement 9 is in NV_\S+ and in NV_/, 'an index in both');
like(with(made(), "ioattest_gpu_reference $files{good}"),
    qr/\[emerg\].*"ioattest_gpu_reference" directive is duplicate/, 'twice');
like(starts(IoattestEvidence::location('x',
    'ioattest_gpu_reference /nowhere')), qr/\[emerg\].*nowhere" failed/,
    'a missing file');

# --- ioattest report ------------------------------------------------------------

my $dir = tempdir(CLEANUP => 1);
my @roots = ('--cpu', 'off', '--gpu-roots', $ENV{TEST_NGINX_SIM_GPU_ROOTS});

sub report {
    my ($text, $file, @more) = @_;

    put("$dir/reply", $text);
    my ($status, $out, $err) = cli('report', "$dir/reply", '--nonce', $nonce,
        '--json', @roots, $file ? ('--gpu-reference', $file) : (), @more);
    is($err, '', 'nothing on standard error');
    my $said = $JSON->decode($out);
    my %checks = map { $_->{name} => "$_->{verdict}: $_->{detail}" }
        @{ $said->{checks} };
    return ($status, \%checks, $said);
}

my ($status, $checks, $said) = report($reply, $files{good});
is($status, 0, 'verified');
like($checks->{"gpu.$_.measurements"}, qr/\Apassed: 32 compared\z/,
    "GPU $_") for 0, 1;
ok($said->{proved}{gpu_reference}, 'proved');
($status, $checks, $said) = report($reply, $files{measured});
is($status, 1, 'refused');
is($said->{reason}, 'measurement_mismatch', 'reason');
is($checks->{"gpu.$_.measurements"}, 'failed: 32 compared, differ: 7 9 22',
    "both GPUs are looked at: $_") for 0, 1;
my $soon = IoattestReference::day(-20) =~ s/T.*//r;
my $until = IoattestReference::day(10) =~ s/T.*//r;
($status, $checks, $said) = report($reply, $files{ended});
like($said->{proved}{expires}, qr/\A$until/,
    "a manifest of $soon counts for 30 days, and so long is it proved");
($status, $checks, $said) = report($reply, undef);
is($status, 0, 'without a file');
like($checks->{'gpu.reference'}, qr/\Anot made: /, 'it is said');
ok(!$said->{proved}{gpu_reference}, 'and not proved');
my (undef, undef, $err) = cli('report', "$dir/reply", '--nonce', $nonce,
    @roots, '--gpu-reference', $strict);
like($err, qr/--gpu-reference \S+: line 1: gpu is not known\n\z/, 'no file');

# --- real evidence, real manifests ------------------------------------------------

my $real = $ENV{IOATTEST_EVIDENCE} // "$FindBin::Bin/../../shared/evidence";
my $sdk = "$real/NVIDIA+attestation-sdk/nv-attestation-sdk-cpp/unit-tests/"
    . 'testdata/sample_attestation_data/gpu';
my $samples = "$real/NVIDIA+nvtrust/guest_tools/gpu_verifiers/"
    . 'local_gpu_verifier/src/verifier/samples';
my $go = "$real/confidentsecurity+go-nvtrust/pkg/gonvtrust/mocks";

sub base64 {
    my ($text) = @_;

    return $text =~ /\A\s*(?:[0-9a-fA-F]\s*)+\z/
        ? encode_base64(pack('H*', $text =~ s/\s//gr), '')
        : $text =~ /\A-----BEGIN/ ? encode_base64($text, '')
        : $text =~ s/\s//gr;
}

# What ioattest report says of evidence and one manifest of NVIDIA's, the
# other kind's made of the evidence.
sub compared {
    my ($report, $chain, $manifest) = @_;

    my ($status, $out, $err) = cli('rim', '--time', '2025-06-10T00:00:00Z',
        $manifest);
    is("$status $err", '0 ', 'the manifest verifies') or return '';
    my ($rim) = @{ $JSON->decode($out)->{rims} };
    my $evidence = base64(slurp($report));
    my %is = IoattestReference::seen(decode_base64($evidence));
    my ($other) = grep { $_->{kind} ne $rim->{kind} }
        IoattestReference::rims(%is);
    put("$dir/real.json", IoattestReference::file($rim, $other));
    put("$dir/reply", $JSON->encode({
        nonce => unpack('H*', substr decode_base64($evidence), 4, 32),
        signing_address => '0x' . '1' x 40, gpu => { evidence_list => [
            { evidence => $evidence, certificate => base64(slurp($chain)) },
        ] },
    }));
    (undef, $out) = cli('report', "$dir/reply", '--nonce',
        unpack('H*', substr decode_base64($evidence), 4, 32), '--json',
        '--cpu', 'off', '--gpu-roots',
        "$real/derived/roots/nvidia_device_identity_ca.pem",
        '--gpu-reference', "$dir/real.json", '--at', '2025-06-10T00:00:00Z');
    my %checks = map { $_->{name} => "$_->{verdict}: $_->{detail}" }
        @{ $JSON->decode($out)->{checks} };
    return join ', ', map { $checks{"gpu.0.$_"} // 'absent' }
        "$rim->{kind}_reference", 'measurements';
}

my $board = '1010_0200_882_96005E0001';
my @real = (
    [ qr/passed: 32 compared\z/, "$go/attestationReport.txt",
        "$go/gpuAkCertChain.txt", "$samples/Driver_RIM_test_no_gpu.swidtag" ],
    [ qr/differ: 1 2 3 9\z/, "$go/attestationReport.txt",
        "$go/gpuAkCertChain.txt", "$samples/${board}_PROD.swidtag" ],
    [ qr/passed: 32 compared\z/, "$sdk/hopperAttestationReport.txt",
        "$sdk/hopperCertChain.txt", "$samples/${board}_PROD.swidtag" ],
    [ qr/differ: 9\z/, "$sdk/hopperAttestationReport.txt",
        "$sdk/hopperCertChain.txt", "$sdk/../../sample_rims/"
        . "NV_GPU_VBIOS_${board}_measurement_mismatch.xml" ],
    [ qr/\Afailed: NV_GPU_VBIOS_\S+ is not in the reference file, not made/,
        "$sdk/hopperAttestationReport.txt", "$sdk/hopperCertChain.txt",
        "$samples/1010_0205_862_9600740020_PROD.swidtag" ],
);

SKIP: {
    skip "real evidence: all " . @real . " cases, none is at $real", 1
        if grep { !-e } map { @$_[1 .. 3] } @real;
    skip 'real evidence: ioattest was built without libxml2', 1
        if (cli('rim', "$dir/none"))[2] =~ /built without/;
    like(compared(@$_[1 .. 3]), $_->[0], $_->[3] =~ s{.*/}{}r) for @real;
}

done_testing();
