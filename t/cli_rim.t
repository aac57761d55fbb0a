# ioattest rim: manifests that are taken, replies of NVIDIA's service, several
# files at once, and NVIDIA's own manifests where they are there.
#
#   IOATTEST_EVIDENCE   where real evidence is, else ../shared/evidence

use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/lib";

use Cwd ();
use Digest::SHA qw( sha256_hex );
use File::Find qw( find );
use File::Temp qw( tempdir );
use JSON::PP ();
use MIME::Base64 qw( encode_base64 );
use Test::More;

use IoattestCli qw( cli put slurp );
use IoattestRim qw( is_built manifest refused resource root_pem
    signed_by_xmlsec1 taken xmlsec1 );

my $JSON = JSON::PP->new->canonical;
my $dir = tempdir(CLEANUP => 1);
my $hash = 'ab' x 48;

sub measured { return manifest(resources => [ @_ ]) }

plan skip_all => 'all cases: ioattest was built without libxml2'
    if !is_built();

# --- what is taken ------------------------------------------------------------

my $text = manifest();
my $good = taken('a driver', $text);
my $second = xmlsec1($text, root_pem());
is($good->{kind}, 'driver', 'kind');
is($good->{id}, 'NV_GPU_DRIVER_GH100_545.00', 'id');
is($good->{sha256}, sha256_hex($text), 'SHA-256');
is_deeply($good->{measurements}, { 7 => [ '07' x 48 ],
    21 => [ '15' x 48, 'a5' x 48 ] }, 'active measurements alone');
is_deeply($good->{min_svn}, {}, 'no least version');
like($good->{not_after}, qr/\A20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ\z/, 'expiry');
isnt(taken('a shorter leaf', manifest(leaf => 'short'))->{not_after},
    $good->{not_after}, 'the first certificate to end');
is(taken('Blackwell', manifest(product => 'GB100', version => '590.16'))->{id},
    'NV_GPU_CC_DRIVER_GB100_590.16', 'id');

my %vbios = (version => '96.00.5e.00.01', resources => [ resource(9, '09' x 48) ]);
my $id = 'NV_GPU_VBIOS_1010_0200_882_96005E0001';
for my $name ("$id.xml", '1010_0200_882_96005E0001_PROD.swidtag',
    '1010_0200_882_96005e0001.xml')
{
    my $rim = taken($name, manifest(%vbios), name => $name);
    is_deeply([ @$rim{qw( kind id rim )} ], [ 'vbios', $id,
        '96.00.5E.00.01' ], 'what it is of');
}
for my $name ('manifest.xml', '1010_0200_96005E0001.xml',
    'NV_GPU_VBIOS_1010_0200_882_96005E0002.xml', "x_$id.xml",
    "${id}F.xml")
{
    refused("a VBIOS named $name", '(board|version)', manifest(%vbios),
        name => $name);
}

SKIP: {
    my $other = signed_by_xmlsec1();
    skip 'no xmlsec1: 2 cases, and its second opinion', 2 if !defined $other;
    taken('signed by xmlsec1', $other);
    is($second, 1, 'xmlsec1 takes what is taken here');
}

# --- the reply of NVIDIA's service --------------------------------------------

sub reply {
    my ($rim, %set) = @_;

    return $JSON->encode({ id => 'NV_GPU_DRIVER_GH100_545.00',
        rim => encode_base64($rim, ''), sha256 => sha256_hex($rim),
        rim_format => 'SWID', %set });
}

is(taken('a reply', reply($text))->{id}, $good->{id}, 'id');
taken('SHA-256 of base64', reply($text,
    sha256 => sha256_hex(encode_base64($text, ''))));
refused('another SHA-256', 'sha256', reply($text, sha256 => '0' x 64));
refused('another id', 'answered', reply($text,
    id => 'NV_GPU_DRIVER_GH100_546.00'));
refused('a driver as a board', 'answered', reply($text, id => $id));
refused('a board as another', 'version', reply(manifest(%vbios),
    id => 'NV_GPU_VBIOS_1010_0200_882_96005E0002'));
refused('a board with a tail', 'version', reply(manifest(%vbios),
    id => "${id}_PROD"));
my $newer = 'a newer format, update ioattest';
my %cose = ('signed' => "\xd9\x01\xf6\xd2", 'plain' => "\xd9\x01\xf5\xa0",
    'of an array' => "\x84\x43\xa1");
my $cose = "\xd2\x84\x43\xa1\x01\x26";
refused('a format that is not known', "rim_format is CoRIM: $newer",
    reply($cose, rim_format => 'CoRIM'));
refused('a CoRIM that is called SWID', "it is a CoRIM: $newer", reply($cose));
refused("a CoRIM: $_", "it is a CoRIM: $newer", $cose{$_}) for sort keys %cose;
taken('a name of the format that is not known, and a manifest', reply($text,
    rim_format => 'swidtag'));
refused('no base64', 'base64', reply($text, rim => '!'));
refused('no rim', 'missing', '{"id":"a"}');
refused('half of a reply', 'JSON', '{"id":"a",');
refused('an id with bytes of none', 'bytes', reply($text, id => "a\nb"));

# --- several --------------------------------------------------------------------

put("$dir/$_->[0].xml", $_->[1]) for [ one => $text ],
    [ again => measured(resource(7, '77' x 48)) ], [ $id => manifest(%vbios) ],
    [ clash => measured(resource(9, $hash)) ], [ bad => 'x' ];
my @several = ('rim', '--root', root_pem());
my ($status, $out, $err) = cli(@several, map { "$dir/$_.xml" }
    'one', 'again', $id, 'one');
is("$status $err", '0 ', 'two of one id, and a VBIOS');
is_deeply([ map { $_->{id} } @{ $JSON->decode($out)->{rims} } ],
    [ ($good->{id}) x 2, $id ], 'the same file counts once');
($status, $out, $err) = cli(@several, map { "$dir/$_.xml" } 'bad', 'one');
is($status, 1, 'one is bad');
like($err, qr/\Aioattest: \Q$dir\E\/bad\.xml: [^\n]+\n\z/, 'it is named');
is(scalar @{ $JSON->decode($out)->{rims} }, 1, 'the other is written');
($status, $out, $err) = cli(@several, map { "$dir/$_.xml" } $id, 'clash');
is($status, 1, 'a driver and a VBIOS of one index');
like($err, qr/clash\.xml: measurement 9 is that of a driver and of a VBIOS/,
    'named');

mkdir "$dir/dash";
put("$dir/dash/-d.xml", $text);
($status, $out) = cli('rim', '--root', root_pem(), '--', "$dir/one.xml",
    '--time');
is($status, 2, 'behind "--" an option is a name, of no file');
{
    my $back = Cwd::getcwd();
    chdir "$dir/dash";
    ($status, $out, $err) = cli('rim', '--root', root_pem(), '--', '-d.xml');
    chdir $back;
}
is("$status $err", '0 ', 'a name that begins with a dash');

for my $case ([ 'no file', 'FILE' ], [ 'no such file', 'cannot open',
    "$dir/absent" ], [ 'no such root', 'cannot open', '--root',
    "$dir/absent", "$dir/one.xml" ], [ 'a root that is none', 'no roots',
    '--root', "$dir/bad.xml", "$dir/one.xml" ], [ 'a time that is none',
    '--time', '--time', 'now', "$dir/one.xml" ], [ 'a value too few',
    'needs a value', '--time' ], [ 'an option twice', 'twice', '--time',
    '2026-01-01T00:00:00Z', '--time', '2026-01-01T00:00:00Z' ],
    [ 'an option that is none', 'unknown', '--all' ])
{
    my ($name, $like, @arguments) = @$case;
    my ($st, $written, $said) = cli('rim', @arguments);
    is("$st $written", '2 ', "usage: $name");
    like($said, qr/\Aioattest: [^\n]*$like[^\n]*\n\z/, 'one sentence');
}
like((cli('rim', '--help'))[1], qr/\Ausage: ioattest rim /, '--help');

# --- NVIDIA's own ---------------------------------------------------------------

my $real = $ENV{IOATTEST_EVIDENCE} // "$FindBin::Bin/../../shared/evidence";
my %verdicts = (
    'incorrect_cert_chain_driver_rim.xml' => 'pinned root',
    'incorrect_signature_driver_rim.xml' => 'signature is not',
    'NV_GPU_DRIVER_GH100_535.86.09_measurement_mismatch.xml' => 'digest',
    'NV_GPU_DRIVER_GH100_570.124.03_expired.xml' => 'dates',
);
my @real;
find(sub { push @real, $File::Find::name if /\.(?:swidtag|xml)\z/ }, $real)
    if -d $real;

SKIP: {
    skip "NVIDIA's manifests: all cases, none is at $real", 1 if !@real;

    for my $path (sort @real) {
        my $name = $path =~ s{.*/}{}r;
        my @at = ('--time', '2025-06-10T00:00:00Z');
        my ($st, undef, $said) = cli('rim', @at, $path);
        my $want = $name =~ /NV_SWITCH/ ? 'digest' : $verdicts{$name};
        is($st, defined $want ? 1 : 0, $name);
        like($said, defined $want ? qr/$want/ : qr/\A\z/, 'why');

        my $changed = slurp($path) =~ s/(Hash0="[0-9a-f]{95})(.)/
            $1 . ($2 eq '0' ? '1' : '0')/er;
        put("$dir/$name", $changed);
        is((cli('rim', @at, "$dir/$name"))[0], 1, 'with one digit changed');
        is((cli('rim', @at, '--root', root_pem(), $path))[0], 1,
            'under a root of ours');
    }
}

done_testing();
