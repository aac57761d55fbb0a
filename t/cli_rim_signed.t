# ioattest rim: signatures, certificates, and what a manifest that is signed
# says of measurements.

use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/lib";

use Test::More;

use IoattestRim qw( is_built manifest refused resource taken );

my $text = manifest();

plan skip_all => 'all cases: ioattest was built without libxml2'
    if !is_built();

# --- signatures and certificates ------------------------------------------------

my $wide = 'r and s of 48 bytes';
refused('r and s in 95 bytes', $wide, manifest(raw => sub {
    return substr pack('a48', $_[0]) . $_[1] . "\0" x 48, 0, 95 }));
refused('r and s in 97 bytes', $wide, manifest(raw => sub {
    return "\0" . pack 'a48a48', @_[0, 1] }));
refused('r and s as DER', "(?:$wide|signature is not)", manifest(raw => sub {
    return $_[2] }));
refused('no s', 'signature is not', manifest(raw => sub {
    return pack 'a48x48', $_[0] }));
refused('zeros', 'signature is not', manifest(raw => sub { return "\0" x 96 }));
refused('a signature of another leaf', 'signature is not', manifest(
    signature => sub { return $_[0] =~ s{<ds:X509Certificate>.*}{}sr
        . manifest(leaf => 'short') =~ s{.*<ds:X509Data>}{}sr
            =~ s{(</ds:Signature>).*}{$1}sr }), second => 0);
refused('the root of others', 'pinned root', $text, root => 'strange',
    second => 0);
refused('a chain of others', 'pinned root', manifest(leaf => 'other'),
    second => 0);
refused('a CA signs', 'chain', manifest(leaf => 'ca'));
refused('a key that is for agreement', 'pinned root',
    manifest(leaf => 'encipher'));
refused('a key that is for nothing', 'not for signing',
    manifest(leaf => 'bare'));
refused('an RSA key', $wide, manifest(leaf => 'rsa'));
refused('a key on P-256', 'signature is not', manifest(leaf => 'p256'));
refused('expired', 'dates', manifest(leaf => 'short'),
    time => '2035-01-01T00:00:00Z');
refused('not yet valid', 'dates', $text, time => '2020-01-01T00:00:00Z');
refused('no certificate', 'no certificate', manifest(signature => sub {
    return $_[0] =~ s{<ds:X509Certificate>.*</ds:X509Certificate>}{}sr }));
refused('the leaf alone', 'pinned root', manifest(signature => sub {
    return $_[0] =~ s{(</ds:X509Certificate>).*(</ds:X509Data>)}{$1$2}sr }));
refused('nine certificates', 'more than 8', manifest(signature => sub {
    return $_[0] =~ s{(<ds:X509Certificate>.*</ds:X509Certificate>)}
        {$1$1$1}sr }));
refused('a certificate that is none', 'certificate 0 cannot be read',
    manifest(signature => sub { return $_[0]
        =~ s{(<ds:X509Certificate>)[^<]*}{$1AAAA}r }));

# --- what Meta and Payload say ---------------------------------------------------

refused('another maker', 'not NVIDIA', manifest(maker => '5704'), second => 1);
refused('no maker', 'not NVIDIA', manifest(maker => undef));
refused('not of a GPU', 'not of a GPU', manifest(edition => 'SWITCH'));
refused('no product', 'product', manifest(product => undef));
refused('a product of another kind', 'product', manifest(product => 'LS10'));
refused("version $_", 'version', manifest(version => $_))
    for '', '545', '545.', '.5', '545..1', '545.0a', '5' x 32;

sub measured { return manifest(resources => [ @_ ]) }

my $hash = 'ab' x 48;
my %bad = (type => 'File', index => 64, active => 'true', alternatives => 2,
    size => 32);
for my $name (sort keys %bad) {
    refused("$name $bad{$name}", 'measurement|newer format',
        measured(resource(7, $hash, { $name => $bad{$name} })), second => 1);
}
for my $name (qw( index active alternatives size name )) {
    refused("no $name", 'measurement',
        measured(resource(7, $hash, { $name => undef })));
}
refused('an index twice', 'index 7 stands there twice', measured(
    resource(7, $hash, { active => 'False' }), resource(7, $hash)),
    second => 1);
refused("index $_", 'measurement|newer', measured(resource($_, $hash)))
    for '07', '-1', '7 ', '0x7', '1000', '';
refused('an attribute that is not known', 'known form', measured(
    resource(7, $hash, { minSvn => 3 })));
refused('a hash more than alternatives', 'known form', measured(
    resource(7, $hash, $hash, { alternatives => 1 })));
refused('no alternatives', 'known form', measured(
    resource(7, $hash, { alternatives => 0 })));
refused('nine alternatives', 'known form', measured(resource(7, ($hash) x 9)));
refused('94 digits', 'known form', measured(resource(7, 'ab' x 47)));
refused('98 digits', 'known form', measured(resource(7, 'ab' x 49)));
refused('no hex', 'known form', measured(resource(7, 'xy' x 48)));
refused('nothing that counts', 'no measurement', measured(
    resource(7, $hash, { active => 'False' })));
is_deeply(taken('upper case', measured(resource(7, 'AB' x 48)))->{measurements},
    { 7 => [ $hash ] }, 'as lower case');
is(scalar @{ taken('eight alternatives', measured(
    resource(7, ($hash) x 8)))->{measurements}{7} }, 8, 'all of them');

done_testing();
