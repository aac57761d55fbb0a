# ioattest report --collateral: Intel's as one JSON object, files that stand
# beside it, and CRLs as PEM.

use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/lib";

use File::Temp qw( tempdir );
use JSON::PP ();
use MIME::Base64 qw( encode_base64 );
use Test::More;

use IoattestCli qw( attested cli get put saved slurp );
use IoattestSim ();

my $sim = IoattestSim->start(machines => 1, evidence => 1);
my $nonce = 'c3' x 32;
my $tmp = tempdir(CLEANUP => 1);
my $reply = "$tmp/reply";

sub machine { return attested($sim, $reply, $nonce, @_) }

sub report {
    my ($path) = @_;

    return cli('report', $reply, '--nonce', $nonce, '--cpu-roots',
        $ENV{TEST_NGINX_SIM_CPU_ROOTS}, '--gpu', 'off', '--collateral', $path);
}

sub judged {
    my ($reason, $name, $path, $like) = @_;

    my ($status, $out, $err) = report($path);
    return subtest "$reason: $name" => sub {
        is($status, $reason eq 'verified' ? 0 : 1, 'status');
        like($out, qr/\A$reason\n/, 'first line');
        is($err, '', 'nothing to complain of');
        like($out, $like, 'and what more') if $like;
    };
}

sub unreadable {
    my ($like, $name, $path) = @_;

    my ($status, $out, $err) = report($path);
    return subtest "usage: $name" => sub {
        is($status, 2, 'status');
        is($out, '', 'no verdict');
        like($err, qr/\Aioattest: [^\n]*$like[^\n]*\n\z/, 'one sentence');
    };
}

# The object's text, the signature, and the chain as PEM.
sub signed {
    my ($path, $member, $header) = @_;

    my ($head, $body) = get($sim->port, $path);
    my ($chain) = $head =~ /^$header: (.*?)\r?$/mi;
    $chain =~ s/%(..)/chr hex $1/ge;
    my ($text, $signature)
        = $body =~ /\A\{"$member":(.*),"signature":"(\w+)"\}\z/s;
    return ($text, $signature, $chain);
}

sub pem {
    my ($der) = @_;

    return "-----BEGIN X509 CRL-----\n" . encode_base64($der)
        . "-----END X509 CRL-----\n";
}

my $JSON = JSON::PP->new->canonical;

# collateral.json in a directory of its own: with what is given changed.
my $n = 0;
sub collateral {
    my ($all, %but) = @_;

    my $dir = "$tmp/" . $n++;
    mkdir $dir or die "$dir: $!";
    my %now = (%$all, %but);
    delete @now{ grep { !defined $but{$_} } keys %but };
    (my $text = $JSON->encode(\%now)) =~ s/"a null"/null/g;
    put("$dir/collateral.json", $text);
    return $dir;
}

machine(evidence => 'tdx');

# a directory without any document is a usage error
put("$tmp/jwks.json", '{"keys":[]}');
my ($fmspc) = (report($tmp))[1] =~ /tcb\?fmspc=(\w+)/;
my %all;
@all{qw( tcb_info tcb_info_signature tcb_info_issuer_chain )}
    = signed("/tdx/certification/v4/tcb?fmspc=$fmspc", 'tcbInfo',
             'TCB-Info-Issuer-Chain');
@all{qw( qe_identity qe_identity_signature qe_identity_issuer_chain )}
    = signed('/tdx/certification/v4/qe/identity', 'enclaveIdentity',
             'SGX-Enclave-Identity-Issuer-Chain');
my $crl = (get($sim->port,
    '/sgx/certification/v4/pckcrl?ca=platform&encoding=der'))[1];
my $root_crl = (get($sim->port, '/IntelSGXRootCA.der'))[1];
@all{qw( pck_crl root_ca_crl )} = (unpack('H*', $crl), unpack('H*', $root_crl));
$all{pck_crl_issuer_chain} = 'is not looked at';

# --- one object -------------------------------------------------------------

my $dir = collateral(\%all);
judged('verified', 'in a directory', $dir, qr/^  tcb_status: UpToDate$/m);
judged('verified', 'a file', "$dir/collateral.json",
    qr/^  tcb_status: UpToDate$/m);
judged('verified', 'CRLs as PEM', collateral(\%all, pck_crl => pem($crl),
    root_ca_crl => pem($root_crl)));
judged('verified', 'members that are not known', collateral(\%all,
    pck_certificate_chain => undef, version => 3));

# Intel's whole answers, as its own library takes them
my %whole = (
    tcb_info => "{\"tcbInfo\":$all{tcb_info},\"signature\":"
        . "\"$all{tcb_info_signature}\"}",
    qe_identity => "{\"enclaveIdentity\":$all{qe_identity},\"signature\":"
        . "\"$all{qe_identity_signature}\"}",
    tcb_info_signature => undef, qe_identity_signature => undef);
judged('verified', 'whole answers', collateral(\%all, %whole));
(my $changed = $whole{tcb_info}) =~ s/UpToDate/OutOfDate/;
judged('tcb_rejected', 'a whole answer that was changed',
    collateral(\%all, %whole, tcb_info => $changed),
    qr/^failed +tdx\.tcb_info\.signature/m);
judged('attestation_unavailable', 'a whole answer without its chain',
    collateral(\%all, %whole, tcb_info_issuer_chain => undef),
    qr/file: tcb_info\.json and /);

for my $name (qw( tcb_info qe_identity )) {
    (my $spaced = $all{$name}) =~ s/,/, /;
    judged('tcb_rejected', "$name in another form",
        collateral(\%all, $name => $spaced),
        qr/^failed +tdx\.$name\.signature/m);
    (my $signature = $all{$name . '_signature'}) =~ tr/0-7/1-70/;
    judged('tcb_rejected', "${name}_signature of something else",
        collateral(\%all, $name . '_signature' => $signature),
        qr/^failed +tdx\.$name\.signature/m);
    judged('tcb_rejected', "$name with a member behind it",
        collateral(\%all, $name => "$all{$name},\"signature\":\"00\""),
        qr/^failed +tdx\.$name\.form/m);
    for my $part ('', '_signature', '_issuer_chain') {
        for my $none (undef, '', 'a null') {
            judged('attestation_unavailable', "no $name$part",
                collateral(\%all, "$name$part" => $none),
                qr/file: \Q$name\E\.json and /);
        }
    }
}
judged('attestation_unavailable', 'no pck_crl',
    collateral(\%all, pck_crl => undef), qr/file: pck_crl\.der$/m);
judged('attestation_unavailable', 'no root_ca_crl',
    collateral(\%all, root_ca_crl => undef), qr/file: root_crl\.der$/m);
judged('cpu_evidence_invalid', 'half a CRL', collateral(\%all,
    pck_crl => substr $all{pck_crl}, 2));
judged('cpu_evidence_invalid', 'one CRL for the other', collateral(\%all,
    pck_crl => $all{root_ca_crl}));

# --- files of their own -----------------------------------------------------

$dir = collateral(\%all, pck_crl => undef, root_ca_crl => undef);
put("$dir/pck_crl.pem", pem($crl));
put("$dir/root_crl.der", $root_crl);
judged('verified', 'CRLs beside it', $dir);
put("$dir/pck_crl.der", 'x');
judged('cpu_evidence_invalid', '.der goes before .pem', $dir,
    qr/^failed +tdx\.crls/m);

$dir = collateral(\%all);
put("$dir/pck_crl.der", 'x');
judged('cpu_evidence_invalid', 'a file goes before the object', $dir,
    qr/^failed +tdx\.crls/m);
$dir = collateral(\%all);
put("$dir/tcb_info.json", 'x');
judged('verified', 'half of two files is none', $dir);
$dir = collateral(\%all);
put("$dir/qe_identity_chain.pem", 'x');
judged('verified', 'the other half is none', $dir);

# --- SEV-SNP ----------------------------------------------------------------

machine(evidence => 'snp');
$dir = collateral(\%all);
my ($vcek) = (report($dir))[1] =~ m{(/vcek/v1/\w+/\w+\?\S+)};
my ($product) = $vcek =~ m{/v1/(\w+)/};
my $certificate = encode_base64((get($sim->port, $vcek))[1]);
put("$dir/amd_crl.pem",
    pem((get($sim->port, "/vcek/v1/$product/crl"))[1]));
judged('attestation_unavailable', 'the VCEK is named', $dir,
    qr/file: vcek\.der$/m);
put("$dir/vcek.pem", "-----BEGIN CERTIFICATE-----\n$certificate"
    . "-----END CERTIFICATE-----\n");
judged('verified', "AMD's as PEM", $dir);

# --- usage ------------------------------------------------------------------

machine(evidence => 'tdx');
unreadable('not a JSON object', 'no JSON', saved('{'));
unreadable('not a JSON object', 'a list', saved('[]'));
unreadable('not a JSON object', 'a member twice', saved('{"a":1,"a":1}'));
for my $name (grep { $_ ne 'pck_crl_issuer_chain' } sort keys %all) {
    unreadable("\"$name\" is not a string", $name,
        collateral(\%all, $name => { a => 1 }));
}
for my $name (qw( tcb_info_signature qe_identity_signature )) {
    unreadable("\"$name\" is not 128 hex digits", $name,
        collateral(\%all, $name => "\"" . substr $all{$name}, 1));
}

done_testing();
