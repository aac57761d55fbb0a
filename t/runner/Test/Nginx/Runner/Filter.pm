package Test::Nginx::Runner::Filter;

# The filters that a section's header may name.

use strict;
use warnings;

my %filter = (
    append   => sub { my ($arg, @in) = @_; map { $_ . $arg } @in },
    array    => sub { my ($arg, @in) = @_; [@in] },
    chomp    => sub { my ($arg, @in) = @_; chomp @in; @in },
    chop     => sub { my ($arg, @in) = @_; chop @in; @in },
    escape   => \&escape,
    eval     => \&eval_perl,
    hash     => sub { my ($arg, @in) = @_; +{@in} },
    join     => sub { my ($arg, @in) = @_; join $arg // '', @in },
    lines    => sub { my ($arg, $in) = @_; $in =~ /^(.*\n?)/gm },
    norm     => \&norm,
    prepend  => sub { my ($arg, @in) = @_; map { $arg . $_ } @in },
    read_file => \&read_file,
    regexp   => \&regexp,
    split    => sub { my ($arg, $in) = @_; split_text($arg, $in) },
    trim     => \&trim,
    unchomp  => sub { my ($arg, @in) = @_; map { "$_\n" } @in },

    base64_decode => sub {
        my ($arg, $in) = @_;
        require MIME::Base64;
        return MIME::Base64::decode_base64($in);
    },

    base64_encode => sub {
        my ($arg, $in) = @_;
        require MIME::Base64;
        return MIME::Base64::encode_base64($in);
    },
);


# A function of the test file's main package goes before a filter of ours; it
# may return the new value or change $_.

sub apply {
    my ($spec, @in) = @_;

    my ($name, $arg) = split /=/, $spec, 2;

    if (my $own = main->can($name)) {
        local $_ = join '', map { $_ // '' } @in;
        my @out = $own->(@in);

        if (!@out || (@out == 1 && defined $out[0] && $out[0] =~ /^\d*$/)) {
            @out = ($_);
        }

        return @out;
    }

    my $code = $filter{$name}
        or die "there is no filter \"$name\" in this runner\n";

    if (defined $arg) {
        $arg =~ s/\\s/ /g;
        $arg =~ s/\\n/\n/g;
        $arg =~ s/\\t/\t/g;
    }

    return $code->($arg, @in);
}


sub norm {
    my ($arg, $text) = @_;

    $text //= '';
    $text =~ s/\r\n?/\n/g;
    return $text;
}


# Empty lines at both ends go, the last line keeps its newline.

sub trim {
    my ($arg, @in) = @_;

    for my $text (@in) {
        $text =~ s/\A(?:[ \t]*\n)+//;
        $text =~ s/(?<=\n)\s+\z//;
    }

    return @in;
}


sub escape {
    my ($arg, $text) = @_;

    my %plain = (n => "\n", r => "\r", t => "\t", 0 => "\0", e => "\e");

    $text =~ s/\\(.)/$plain{$1} \/\/ $1/ge;
    return $text;
}


sub eval_perl {
    my ($arg, $code) = @_;

    my @out = eval $code;

    if ($@) {
        warn "an eval filter failed: $@";
        return $@;
    }

    return @out;
}


sub read_file {
    my ($arg, $name) = @_;

    chomp $name;
    open my $in, '<', $name or die "cannot open $name: $!\n";

    local $/;
    return scalar <$in>;
}


sub regexp {
    my ($flags, $text) = @_;

    if ($text =~ /\n.*?\n/s) {
        $flags //= 'xism';

    } else {
        chomp $text;
    }

    $flags = 'u' if !length($flags // '');
    return qr/(?$flags:$text)/;
}


sub split_text {
    my ($by, $text) = @_;

    return split ' ', $text if !length($by // '');
    return split /$1/, $text if $by =~ m{^/(.*)/$};
    return split /\Q$by\E/, $text;
}

1;
