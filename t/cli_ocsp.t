# ioattest report --gpu-ocsp: answers of "openssl ocsp" about NVIDIA's recorded
# board that is on certificateHold.  Its evidence is what it sent; the keys of
# its chain's authorities are ours, since nobody else can answer for NVIDIA's.
#
#   IOATTEST_EVIDENCE   where the evidence is, else ../shared/evidence

use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/lib";

use File::Temp qw( tempdir );
use Test::More;

use IoattestCli qw( cli put slurp );

my $shared = $ENV{IOATTEST_EVIDENCE} // "$FindBin::Bin/../../shared/evidence";
my $board = "$shared/NVIDIA+attestation-sdk/common-test-data"
    . '/serialized_test_evidence/hopper_evidence_cert_hold.json';
my $dir = tempdir(CLEANUP => 1);

plan skip_all => "no recorded evidence at $shared" if !-e $board;

# The twin with these answers, and what openssl says of them itself.
my ($made, $nonce) = (0);

sub twin {
    my (@how) = @_;

    my $at = "$dir/" . ++$made;
    my @said = split /\n/, `python3 -W ignore $FindBin::Bin/lib/recorded/twin.py $board $at @how`;
    $nonce = shift @said;
    return ($at, join '; ', @said);
}

sub report {
    my ($at, @more) = @_;

    my ($status, $out, $err) = cli('report', "$at/reply.json", '--nonce',
        $nonce, '--cpu', 'off', '--gpu-roots', "$at/root.pem", '--collateral',
        "$at/answers", @more);
    diag($err) if $err ne '';
    return ($status, $out);
}

my @case = (
    ['not revoked', [], 'good; good; good', 'verified', 'verified',
     qr/passed +gpu\.0\.revocation: 3 certificates are not revoked/],
    ['on hold', ['1=certificateHold'], 'revoked; good; good', 'revoked',
     'verified', qr/failed +gpu\.hold: a certificate is on certificateHold/],
    ['revoked', ['1=keyCompromise'], 'revoked; good; good', 'revoked',
     'revoked', qr/"GH100 A01 GSP BROM", was revoked \d+ days ago: keyComp/],
    ['its provisioner revoked', ['2=cessationOfOperation'],
     'good; revoked; good', 'revoked', 'revoked', qr/certificate 2/],
    ['unknown', ['3=-'], 'good; good; unknown', 'gpu_evidence_invalid',
     'gpu_evidence_invalid', qr/"NVIDIA GH100 Identity", is unknown/],
);

for my $case (@case) {
    my ($name, $how, $openssl, $on, $accept, $like) = @$case;
    my ($at, $said) = twin(@$how);
    my $i = 0;

    subtest $name => sub {
        is($said, join('; ', map { ++$i . " verified $_" }
                                 split /; /, $openssl),
           'openssl verifies its answers and reads the same');

        my ($status, $out) = report($at, '--gpu-ocsp', 'on');
        like($out, qr/\A$on\n/, "on: $on");
        like($out, $like, 'and says why');
        is($status, $on eq 'verified' ? 0 : 1, 'status');

        (undef, $out) = report($at, '--gpu-ocsp', 'accept_hold');
        like($out, qr/\A$accept\n/, "accept_hold: $accept");

        ($status, $out) = report($at);
        is($status, 0, 'not asked: verified');
        like($out, qr/not made +gpu\.0\.revocation: OCSP is not asked/,
             'which is said');
    };
}

# answers that are not there, or not about this board

my ($at) = twin();
my ($other) = twin();

my ($status, $out) = report($at, '--gpu-ocsp', 'on', '--at',
                            '2031-01-01T00:00:00Z');
like($out, qr/\Aattestation_unavailable\n/, 'an answer of years ago');
like($out, qr/does not count: its signer's certificate is not valid now/,
     'is named');

for my $i (1 .. 3) {
    my $file = "$at/answers/ocsp_0_$i.der";
    my $kept = slurp($file);

    put($file, slurp("$other/answers/ocsp_0_$i.der"));
    ($status, $out) = report($at, '--gpu-ocsp', 'on');
    like($out, qr/\Aattestation_unavailable\n/,
         "$i: signed for another authority of the same name");

    unlink $file;
    ($status, $out) = report($at, '--gpu-ocsp', 'on');
    like($out, qr/\Aattestation_unavailable\n/, "$i: no answer is a refusal");
    like($out, qr/ocsp_0_$i\.der/, 'the file that is missing is named');
    unlike($out, qr/ocsp_0_[^$i]\.der/, 'and no other');
    put($file, $kept);
}

# the bytes of one, each changed

my $file = "$at/answers/ocsp_0_1.der";
my $bytes = slurp($file);
my @passed;

for (my $i = 0; $i < length $bytes; $i += 97) {
    my $changed = $bytes;
    substr($changed, $i, 1) ^= "\x01";
    put($file, $changed);
    ($status) = report($at, '--gpu-ocsp', 'on');
    push @passed, $i if $status == 0;
}

is("@passed", '', 'no byte may be changed');

# what cannot be asked for

for my $usage (['--gpu-ocsp', 'yes'], ['--gpu-ocsp', 'on', '--gpu', 'off']) {
    my ($st, undef, $err) = cli('report', "$at/reply.json", '--nonce', $nonce,
        '--cpu', 'off', '--gpu-roots', "$at/root.pem", '--collateral',
        "$at/answers", @$usage);
    is($st, 2, "@$usage: usage");
    like($err, qr/--gpu-ocsp/, 'is complained of');
}

done_testing();
