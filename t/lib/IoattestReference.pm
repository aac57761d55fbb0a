package IoattestReference;

# Files of reference values, made of what a GPU's evidence says.
#
#   my %seen = IoattestReference::seen($evidence);      # SPDM bytes
#   my $json = IoattestReference::file(IoattestReference::rims(%seen));

use strict;
use warnings;

use JSON::PP ();
use POSIX qw( strftime );

my $JSON = JSON::PP->new->canonical;

# What H100's manifests have.
my %indices = (driver => [7, 21 .. 40], vbios => [0 .. 6, 8 .. 12]);

# Measurements as manifests count them, and records by type.
sub seen {
    my ($bytes) = @_;
    my (%values, %records);
    my $at = 45;

    for (1 .. ord substr $bytes, 41, 1) {
        my ($index, $size) = unpack 'C x3 x v', substr $bytes, $at, 7;
        $values{$index - 1} = unpack 'H*', substr $bytes, $at + 7, $size;
        $at += 7 + $size;
    }

    my $end = $at + 34 + unpack 'v', substr $bytes, $at + 32, 2;
    for ($at += 34; $at < $end;) {
        my ($type, $size) = unpack 'vv', substr $bytes, $at, 4;
        $records{$type} = substr $bytes, $at + 4, $size;
        $at += 4 + $size;
    }

    return (values => \%values, records => \%records);
}

sub day { return strftime('%Y-%m-%dT%H:%M:%SZ', gmtime time + 86400 * $_[0]) }

# The manifests of a Hopper GPU's driver and VBIOS; sets of each, and of all.
sub rims {
    my (%arg) = @_;
    my %values = %{ $arg{values} };
    my %word = map { $_ => $arg{records}{$_} =~ s/\0//gr } 3, 15, 17, 18;
    my @b = map { sprintf '%02X', $_ } unpack 'C5', $arg{records}{6};
    my $vbios = join '.', @b[3, 2, 1, 0, 4];
    my %of = (
        driver => { rim => $word{3}, id => "NV_GPU_DRIVER_GH100_$word{3}" },
        vbios => { rim => $vbios, id => join '_', 'NV_GPU_VBIOS',
            @word{17, 18, 15}, $vbios =~ s/\.//gr });

    return map { my $kind = $_; +{
        kind => $kind, chip => 'GH100', %{ $of{$kind} },
        sha256 => $kind eq 'driver' ? 'd' x 64 : 'f' x 64,
        not_after => day(365), min_svn => {},
        measurements => { map { $_ => [ $values{$_} ] }
            @{ $indices{$kind} } },
        %{ $arg{$kind} // {} },
    } } qw( driver vbios );
}

# A file of one driver that no GPU has.
sub example {
    my ($value) = @_;

    return file({ kind => 'driver', chip => 'GH100', rim => '1.0',
        id => 'NV_GPU_DRIVER_GH100_1.0', sha256 => '0' x 64,
        not_after => day(365), min_svn => {},
        measurements => { 7 => [ "$value" x 96 ] } });
}

sub file { return $JSON->encode({ version => 1, rims => [ @_ ] }) }

1;
