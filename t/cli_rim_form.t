# ioattest rim: every way in which a manifest that was changed, or is signed
# and has the form of none, is refused.

use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/lib";

use MIME::Base64 qw( encode_base64 );
use Test::More;

use IoattestCli qw( cli );
use IoattestRim qw( asked is_built manifest refused resource rim root_pem
    taken );

my $text = manifest();

plan skip_all => 'all cases: ioattest was built without libxml2'
    if !is_built();

# --- what was changed -----------------------------------------------------------

sub changed { my ($from, $to) = @_; return (after => sub {
    return $_[0] =~ s/$from/$to/r }) }

refused('one digit', 'digest', manifest(changed('"0707', '"0708')),
    second => 0);
refused('another version', 'digest', manifest(changed('545.00', '545.01')),
    second => 0);
refused('a second Payload', 'two elements Payload', manifest(changed(
    '<ds:Signature', '<ns0:Payload></ns0:Payload><ds:Signature')),
    second => 0);
refused('a namespace declared anew', 'digest', manifest(changed(
    '<ns0:Payload>', '<ns0:Payload xmlns:x="urn:x">')), second => 0);
refused('a prefix of another namespace', 'namespace|SoftwareIdentity|known',
    manifest(changed('xmlns:ns0="[^"]*"', 'xmlns:ns0="urn:x"')));
refused('another digest', 'digest', manifest(changed(
    'DigestValue>....', 'DigestValue>AAAA')), second => 0);
refused('a digest of 47 bytes', '48 bytes', manifest(info => sub {
    return $_[0] =~ s/(DigestValue>)[^<]*/$1 . encode_base64('a' x 47, '')/er }));
refused('a changed SignedInfo', 'signature', manifest(changed(
    '<ds:SignedInfo>', '<ds:SignedInfo xmlns:x="urn:x">')), second => 0);

# --- what is signed, and has the form of none ------------------------------------

my $inner = '<ns0:Payload></ns0:Payload>';
my %after = ('Object' => [ '(</ds:Signature>)', "<ds:Object>$inner</ds:Object>" ],
    'KeyInfo' => [ '(</ds:KeyInfo>)', $inner ],
    'X509Data' => [ '(</ds:X509Data>)', $inner ]);
for my $place (sort keys %after) {
    my ($from, $what) = @{ $after{$place} };
    refused("a Payload in the signature's $place",
        'elements of its signature|X509Data holds',
        manifest(signature => sub { return $_[0] =~ s/$from/$what$1/r }));
}
refused('the signature within Payload', 'known|missing|measurements',
    manifest(document => sub { return $_[0]
        =~ s/\0//r =~ s{(</ns0:Payload>)}{\0$1}r }));
refused('the whole in another root', 'no SoftwareIdentity|digest|known',
    manifest(after => sub { return "<x>$_[0]</x>" }));
refused('an old one within a new one', 'known|digest',
    manifest(after => sub { return $_[0] =~ s{<ns0:Entity}
        {$text<ns0:Entity}r }));
refused('two signatures', 'two elements', manifest(signature => sub {
    return $_[0] . $_[0] }));
refused('no signature', 'missing', manifest(signature => sub { return '' }));
refused('elements in another order', 'elements of its signature',
    manifest(signature => sub { return $_[0] =~ s{(<ds:SignatureValue>.*
        </ds:SignatureValue>)(<ds:KeyInfo>.*</ds:KeyInfo>)}{$2$1}xsr }));

my @dtd = ('a document type' => '<!DOCTYPE x>', 'entities' =>
    '<!DOCTYPE x [<!ENTITY a "a">]>', 'a comment' => '<!-- -->');
while (my ($name, $head) = splice @dtd, 0, 2) {
    refused("$name before it", 'document type', manifest(after => sub {
        return "$head$_[0]" }));
}
refused('a comment in it', 'document type', manifest(changed('<ns0:Payload>',
    '<ns0:Payload><!-- -->')), second => 1);
refused('a comment in the digest', 'document type', manifest(changed(
    '(DigestValue>..)', 'DigestValue><!-- -->')));
refused('CDATA', 'document type', manifest(changed('<ns0:Payload>',
    '<ns0:Payload><![CDATA[ ]]>')));
refused('a processing instruction', 'more than elements', manifest(document =>
    sub { return $_[0] =~ s/<ns0:Payload>/<ns0:Payload><?x y?>/r }),
    second => 1);
refused('text', 'text outside', manifest(document => sub {
    return $_[0] =~ s/<ns0:Payload>/<ns0:Payload>text/r }), second => 1);
refused('a NUL', 'NUL', "$text\0");
refused('UTF-16', 'NUL', pack 'v*', map ord, split //, $text);
refused('half of it', 'well formed', substr $text, 0, 1000);
refused('something behind it', 'well formed', "$text<x/>");
refused('an attribute twice', 'well formed', manifest(changed('index="7"',
    'index="7" index="8"')));
refused('the same by two prefixes', 'well formed', manifest(changed(
    '(<ns0:Resource)', '<ns0:Resource xmlns:b="http://www.w3.org/2001/04/'
    . 'xmlenc#sha384" b:Hash0="0"')));
refused('more than 1 MiB', '1048576', $text . ' ' x (1 << 20));
is((rim($text . ' ' x (3 << 20)))[0], 2, 'more than can be one: not read');
refused('an element that is not known', 'x is not known', manifest(document =>
    sub { return $_[0] =~ s{<ns0:Payload>}{<ns0:x></ns0:x><ns0:Payload>}r }),
    second => 1);

my $more = 'http://www.w3.org/2001/04/xmldsig-more';
my %info = (
    'URI #x' => [ 'whole document', 'URI=""', 'URI="#x"' ],
    'no URI' => [ 'whole document', ' URI=""', '' ],
    'an Id of the Reference' => [ 'whole document', 'URI=""', 'Id="a" URI=""' ],
    'two References' => [ 'exactly one', '(<ds:Reference.*</ds:Reference>)' ],
    'RSA' => [ 'signature method', "$more#ecdsa-sha384", "$more#rsa-sha384" ],
    'ECDSA with SHA-256' => [ 'signature method', "$more#ecdsa-sha384",
        "$more#ecdsa-sha256" ],
    'HMAC' => [ 'signature method', "$more#ecdsa-sha384",
        "$more#hmac-sha384" ],
    'SHA-1' => [ 'digest is not', "$more#sha384",
        'http://www.w3.org/2000/09/xmldsig#sha1' ],
    'a name that goes on' => [ 'digest is not', "$more#sha384",
        "$more#sha384x" ],
    'C14N 1.0' => [ 'canonicalization', '(<ds:Canonicalization\S*) \S*"',
        '<ds:CanonicalizationMethod '
        . 'Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"' ],
    'with comments' => [ 'canonicalization', 'c14n11"', 'c14n11#WithComments"' ],
    'one transform' => [ 'transforms', '(<ds:Transform [^>]*enveloped[^>]*>'
        . '</ds:Transform>)', '' ],
    'three transforms' => [ 'transforms', '(</ds:Transforms>)',
        qq(<ds:Transform Algorithm="${more}x"></ds:Transform>)
        . '</ds:Transforms>' ],
    'XPath' => [ 'transforms', 'xmldsig#enveloped-signature',
        'http://www.w3.org/TR/1999/REC-xpath-19991116' ],
);
for my $name (sort keys %info) {
    my ($why, $from, $to) = @{ $info{$name} };
    refused($name, $why, manifest(info => sub {
        return defined $to ? $_[0] =~ s/$from/$to/sr
            : $_[0] =~ s/$from/$1$1/sr }));
}

diag('no xmlsec1: no case has its second opinion') if !asked();
done_testing();
