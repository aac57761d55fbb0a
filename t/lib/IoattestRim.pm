package IoattestRim;

# Makes reference manifests as NVIDIA's are, signed under a PKI of our own.
# The text is written in canonical form (C14N 1.1), so that the digest is
# that of the text itself; xmlsec1, where it is there, is asked about that.
#
#   manifest(%set)      the text; all of these may be left out
#
#   product, version, maker, edition      what Meta says
#   resources           a list of { index, active, values, ... }
#   document            a function that changes the text before it is digested
#   info                the same of SignedInfo, before it is signed
#   signature           of the Signature element, which nothing signs
#   after               of the whole text
#   leaf                leaf, short, ca, encipher, rsa, p256, other
#   raw                 a function that makes a SignatureValue of r, s and DER

use strict;
use warnings;

use Digest::SHA qw( sha384 );
use Exporter qw( import );
use File::Temp qw( tempdir );
use IPC::Open3 qw( open3 );
use JSON::PP ();
use MIME::Base64 qw( encode_base64 );
use Test::More;

use IoattestCli qw( cli put slurp );

our @EXPORT_OK = qw( answer asked is_built manifest refused resource rim
    root_pem signed_by_xmlsec1 taken xmlsec1 );

my $dir = tempdir(CLEANUP => 1);
my $SWID = 'http://standards.iso.org/iso/19770/-2/2015/schema.xsd';
my $HASH = 'http://www.w3.org/2001/04/xmlenc#sha384';
my $DSIG = 'http://www.w3.org/2000/09/xmldsig#';
my $TCG = 'https://trustedcomputinggroup.org/resource/'
    . 'tcg-reference-integrity-manifest-rim-information-model/';
my %spaces = (ns0 => $SWID, ns2 => $HASH);
my @spaces = (qq(xmlns="$SWID"), map { qq(xmlns:$_="$spaces{$_}") }
    sort keys %spaces);

sub run {
    my ($in, @command) = @_;

    my $pid = open3(my $to, my $from, undef, @command);
    binmode $_ for $to, $from;
    print {$to} $in;
    close $to;
    local $/;
    my $out = readline $from;
    waitpid $pid, 0;
    die "@command: $out" if $?;
    return $out;
}

my %extensions = (
    ca => "basicConstraints=critical,CA:TRUE\n"
        . "keyUsage=critical,keyCertSign,cRLSign\n",
    sign => "basicConstraints=critical,CA:FALSE\n"
        . "keyUsage=critical,digitalSignature\n",
    bare => "basicConstraints=critical,CA:FALSE\n",
    encipher => "basicConstraints=critical,CA:FALSE\n"
        . "keyUsage=critical,keyAgreement\n",
);

# A certificate and its key; issuer undef for one of its own.
sub certificate {
    my ($name, $issuer, $kind, $days, @key) = @_;

    my $ext = "[v3]\n$extensions{$kind}subjectKeyIdentifier=hash\n"
        . "authorityKeyIdentifier=keyid\n";
    put("$dir/$name.cnf", $ext);
    @key = ('-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-384')
        if !@key;
    run('', 'openssl', 'genpkey', @key, '-out', "$dir/$name.key");
    run('', 'openssl', 'req', '-new', '-key', "$dir/$name.key", '-subj',
        "/CN=Test $name", '-out', "$dir/$name.csr");
    run('', 'openssl', 'x509', '-req', '-in', "$dir/$name.csr", '-sha384',
        '-days', $days, '-extfile', "$dir/$name.cnf", '-extensions', 'v3',
        '-set_serial', int(1 + rand 1e9), '-out', "$dir/$name.pem",
        $issuer ? ('-CA', "$dir/$issuer.pem", '-CAkey', "$dir/$issuer.key")
            : ('-signkey', "$dir/$name.key"));
    return;
}

my %made;
my %kinds = (
    root => [ undef, 'ca', 3650 ],
    issuer => [ 'root', 'ca', 3650 ],
    leaf => [ 'issuer', 'sign', 3650 ],
    short => [ 'issuer', 'sign', 10 ],
    ca => [ 'issuer', 'ca', 3650 ],
    encipher => [ 'issuer', 'encipher', 3650 ],
    bare => [ 'issuer', 'bare', 3650 ],
    rsa => [ 'issuer', 'sign', 3650, '-algorithm', 'RSA', '-pkeyopt',
        'rsa_keygen_bits:2048' ],
    p256 => [ 'issuer', 'sign', 3650, '-algorithm', 'EC', '-pkeyopt',
        'ec_paramgen_curve:P-256' ],
    strange => [ undef, 'ca', 3650 ],
    other => [ 'strange', 'sign', 3650 ],
);

sub made {
    my ($name) = @_;

    if (!$made{$name}++) {
        made($kinds{$name}[0]) if $kinds{$name}[0];
        certificate($name, @{ $kinds{$name} });
    }
    return;
}

# The path of a root.
sub root_pem {
    my ($name) = @_;

    made($name //= 'root');
    return "$dir/$name.pem";
}

sub chain {
    my ($leaf) = @_;

    my $text = '';
    for (my $name = $leaf; $name; $name = $kinds{$name}[0]) {
        made($name);
        slurp("$dir/$name.pem") =~ /-----BEGIN CERTIFICATE-----\n(.*?)-----/s
            or die $name;
        $text .= "<ds:X509Certificate>$1</ds:X509Certificate>";
    }
    return $text;
}

# A measurement: its index, its values, and attributes that are otherwise.
sub resource {
    my ($index, @values) = @_;

    my $other = ref $values[-1] ? pop @values : {};
    my %set = (active => 'True', alternatives => scalar @values,
        index => $index, name => "Measurement_$index", size => 48,
        type => 'Measurement', %$other);
    my $text = '<ns0:Resource ' . join ' ',
        map { qq($_="$set{$_}") } grep { defined $set{$_} } sort keys %set;
    $text .= qq( ns2:Hash$_="$values[$_]") for 0 .. $#values;
    return "$text></ns0:Resource>";
}

# r and s, of what OpenSSL writes.
sub numbers {
    my ($der) = @_;

    my (undef, undef, $n) = unpack 'C C x C', $der;
    my $r = substr $der, 4, $n;
    my $s = substr $der, 6 + $n;
    return map { s/\A\0+//r } $r, $s;
}

sub padded {
    my ($number, $length) = @_;

    return ("\0" x ($length - length $number)) . $number;
}

sub signed_info {
    my ($digest) = @_;

    my $more = 'http://www.w3.org/2001/04/xmldsig-more';
    my $c14n = 'http://www.w3.org/2006/12/xml-c14n11';
    return '<ds:CanonicalizationMethod'
        . qq( Algorithm="$c14n"></ds:CanonicalizationMethod>)
        . qq(<ds:SignatureMethod Algorithm="$more#ecdsa-sha384">)
        . '</ds:SignatureMethod><ds:Reference URI=""><ds:Transforms>'
        . qq(<ds:Transform Algorithm="${DSIG}enveloped-signature">)
        . qq(</ds:Transform><ds:Transform Algorithm="$c14n"></ds:Transform>)
        . qq(</ds:Transforms><ds:DigestMethod Algorithm="$more#sha384">)
        . "</ds:DigestMethod><ds:DigestValue>$digest</ds:DigestValue>"
        . '</ds:Reference>';
}

# The document without its signature, which stands in the place of a NUL.
sub document {
    my (%set) = @_;

    my $meta = join ' ', map { defined $_->[1] ? qq($_->[0]="$_->[1]") : () }
        [ colloquialVersion => $set{version} ], [ edition => $set{edition} ],
        [ product => $set{product} ],
        [ 'ns1:FirmwareManufacturerId' => $set{maker} ];
    my $text = '<SoftwareIdentity ' . join(' ', @spaces)
        . qq( corpus="false" name="GH100" tagId="t">\n)
        . qq(<ns0:Entity name="N" role="softwareCreator"></ns0:Entity>\n)
        . qq(<ns0:Meta xmlns:ns1="$TCG" $meta></ns0:Meta>\n)
        . join("\n", '<ns0:Payload>', @{ $set{resources} },
            '</ns0:Payload>') . "\n\0</SoftwareIdentity>";
    return $set{document} ? $set{document}->($text) : $text;
}

sub manifest {
    my (%set) = @_;

    my $leaf = $set{leaf} // 'leaf';
    $set{product} = 'GH100' if !exists $set{product};
    $set{version} = '545.00' if !exists $set{version};
    $set{maker} = '5703' if !exists $set{maker};
    $set{edition} = 'GPU' if !exists $set{edition};
    $set{resources} //= [ resource(0, '00' x 48, { active => 'False' }),
        resource(7, '07' x 48), resource(21, '15' x 48, 'a5' x 48) ];

    my $text = document(%set);
    my $digest = encode_base64(sha384($text =~ s/\0//r), '');
    my $info = signed_info($digest);
    $info = $set{info}->($info) if $set{info};
    my $names = join ' ', $spaces[0], qq(xmlns:ds="$DSIG"),
        @spaces[1 .. 2];
    made($leaf);
    my $der = run("<ds:SignedInfo $names>$info</ds:SignedInfo>", 'openssl',
        'dgst', '-sha384', '-sign', "$dir/$leaf.key");
    my ($r, $s) = $leaf eq 'rsa' ? ("\0", $der) : numbers($der);
    my $value = $set{raw} ? $set{raw}->($r, $s, $der)
        : $leaf eq 'rsa' ? $der : padded($r, 48) . padded($s, 48);

    my $signature = qq(<ds:Signature xmlns:ds="$DSIG"><ds:SignedInfo>$info)
        . '</ds:SignedInfo><ds:SignatureValue>' . encode_base64($value)
        . '</ds:SignatureValue><ds:KeyInfo><ds:X509Data>' . chain($leaf)
        . '</ds:X509Data></ds:KeyInfo></ds:Signature>';
    $signature = $set{signature}->($signature) if $set{signature};
    $text =~ s/\0/$signature/;
    return $set{after} ? $set{after}->($text) : $text;
}

# What xmlsec1 says: 1, 0; undef where it is not there.
my ($xmlsec1) = grep { -x } map { "$_/xmlsec1" } split /:/, $ENV{PATH};

sub xmlsec1 {
    my ($text, $root, $time) = @_;

    return if !$xmlsec1;
    put("$dir/second", $text);
    my $out = eval {
        run('', $xmlsec1, '--verify', '--trusted-pem', $root,
            '--enabled-reference-uris', 'empty',
            $time ? ('--verification-gmt-time', $time) : (),
            "$dir/second");
    };
    return defined $out ? 1 : 0;
}

# The same manifest signed by xmlsec1.
sub signed_by_xmlsec1 {
    my (%set) = @_;

    return if !$xmlsec1;
    my $text = manifest(%set, signature => sub {
        return $_[0] =~ s{(<ds:DigestValue>)[^<]*}{$1}r
            =~ s{(<ds:SignatureValue>)[^<]*}{$1}r;
    });
    put("$dir/template", $text);
    run('', $xmlsec1, '--sign', '--privkey-pem', "$dir/leaf.key",
        '--enabled-reference-uris', 'empty', '--output', "$dir/signed",
        "$dir/template");
    return slurp("$dir/signed");
}

# --- what the tool says ---

# 1 where the tool reads manifests.
sub is_built {
    return (cli('rim', "$dir/none"))[2] !~ /built without libxml2/;
}

my $asked = 0;

# How often xmlsec1 had a say.
sub asked { return $asked }

sub rim {
    my ($text, %set) = @_;

    my $path = "$dir/" . ($set{name} // 'manifest.xml');
    put($path, $text);
    return cli('rim', '--root', root_pem($set{root}),
        $set{time} ? ('--time', $set{time}) : (),
        $set{ocsp} ? ('--ocsp', $set{ocsp}) : (), $path);
}

# What "openssl ocsp" answers to a request about a certificate that name's
# issuer has made.  how: good, unknown, or the reason of a revocation; by: who
# signs, else the issuer; more: options.
sub answer {
    my ($request, $name, $how, %set) = @_;

    my $issuer = $kinds{$name}[0];
    my $by = $set{by} // $issuer;
    made($by);
    my ($serial) = run('', 'openssl', 'x509', '-in', "$dir/$name.pem",
        '-noout', '-serial') =~ /serial=(\w+)/;
    my $revoked = $how eq 'good' ? "V\t350101000000Z\t\t"
        : "R\t350101000000Z\t250101000000Z,$how\t";
    put("$dir/index", $how eq 'unknown' ? ''
        : "$revoked$serial\tunknown\t/CN=Test $name\n");
    put("$dir/request", $request);
    run('', 'openssl', 'ocsp', '-index', "$dir/index", '-reqin',
        "$dir/request", '-CA', "$dir/$issuer.pem", '-rsigner', "$dir/$by.pem",
        '-rkey', "$dir/$by.key", '-ndays', 1, @{ $set{more} // [] },
        '-respout', "$dir/answer");
    return slurp("$dir/answer");
}

# What is read of a manifest that is taken.
sub taken {
    my ($name, $text, %set) = @_;

    my ($status, $out, $err) = rim($text, %set);
    is("$status $err", '0 ', "taken: $name") or return {};
    return JSON::PP->new->decode($out)->{rims}[0];
}

# second: what xmlsec1 says of it, where that is the question.
sub refused {
    my ($name, $like, $text, %set) = @_;

    return subtest "refused: $name" => sub {
        my ($status, $out, $err) = rim($text, %set);
        is($status, 1, 'status');
        like($err, qr/\Aioattest: \S+: [^\n]*$like[^\n]*\n\z/, 'why');
        is($out, qq({"version":1,"rims":[]}\n), 'nothing of it is written');
        return if !defined $set{second};
        my $second = xmlsec1($text, root_pem($set{root}));
        return if !defined $second;
        $asked++;
        is($second, $set{second}, 'xmlsec1');
    };
}

1;
