#!/usr/bin/perl

# Writes the manual pages of the command line tool, and of the script that gets
# roots, of what they say to --help: help and manual are one text.
#
#   man.pl TOOL DIR       DIR/ioattest.1, DIR/ioattest-COMMAND.1 for each
#                         command that "TOOL --help" lists, and
#                         DIR/ioattest-fetch-roots.1
#
# The help of a command is made of blocks with an empty line between them. The
# first is its usage; a line of two spaces and a word begins an option, and what
# is indented further belongs to it; "Commands:", "Files:", "Environment:" and
# "Exit status:" begin sections of the page, and anything else is a paragraph.

use strict;
use warnings;

use FindBin ();
use POSIX qw( strftime );

@ARGV == 2 or die "usage: man.pl TOOL DIR\n";
my ($tool, $dir) = @ARGV;

# What a program prints; an argument is a word that it listed itself.
sub said {
    my (@command) = @_;

    open my $in, '-|', @command or die "$command[0]: $!\n";
    local $/;
    my $text = <$in>;
    close $in or die "@command: it failed\n";
    return $text;
}

# For troff: no line is a request, and a hyphen can be copied.
sub plain {
    my ($text) = @_;

    $text =~ s/\\/\\e/g;
    $text =~ s/-/\\-/g;
    $text =~ s/^(?=[.'])/\\&/mg;
    return $text;
}

# "--nonce HEX": the words that are typed in bold, what stands for others in
# italics.
sub term {
    my ($text) = @_;

    return join '', map {
        /\A[A-Z]{2,}\z/  ? '\fI' . plain($_) . '\fR'
        : /\A[\w-]+\z/   ? '\fB' . plain($_) . '\fR'
        :                  plain($_)
    } split /([^\w-]+)/, $text;
}

# One option, or one command: its term and the lines that say what it is.
sub item {
    my ($first, @more) = @_;

    $first =~ s/\A  (\S+(?: \S+)*)(?:\s{2,}(.*))?\z/$1/s
        or die "no option: \"$first\"\n";
    my @said = defined $2 ? ($2) : ();
    my ($margin) = map { length } ($more[0] // '') =~ /\A(\s*)/;
    push @said, map { /\A\s{$margin}(.*)\z/s ? $1 : s/\A\s+//r } @more;

    my $text = plain(join "\n", @said);
    $text = ".nf\n$text\n.fi" if grep { /\S\s{2,}\S/ } @said;
    return '.TP' . "\n" . term($first) . "\n$text" . (@said ? "\n" : '');
}

# The lines of a block as troff; and the section that it belongs to, if it says
# so or is of options alone.
sub block {
    my ($in, @lines) = @_;
    my $out = '';

    if ($lines[0] =~ s/\A(Commands|Files|Environment|Exit status):\s*//) {
        $in = uc $1;
        shift @lines if $lines[0] eq '';
    } elsif (grep { /\A  \S/ } @lines) {
        $in = 'OPTIONS';
    } elsif ($in ne 'DESCRIPTION') {
        $in = 'NOTES';
    }

    my @text;
    push @text, shift @lines while @lines && $lines[0] !~ /\A  \S/;
    $out .= ".PP\n" . plain(join "\n", @text) . "\n" if @text;

    while (@lines) {
        my @item = (shift @lines);
        push @item, shift @lines while @lines && $lines[0] =~ /\A   /;
        $out .= item(@item);
    }

    return ($in, $out);
}

sub page {
    my ($name, $summary, $help, $version, @others) = @_;
    my ($usage, @blocks) = split /\n\n/, $help =~ s/\n\z//r;

    $usage =~ s/\Ausage: // or die "$name: the help has no usage\n";
    $usage =~ s/^ {7}//mg;

    my $date = strftime('%Y-%m-%d',
                        gmtime($ENV{SOURCE_DATE_EPOCH} // time));
    my $page = sprintf(qq{.\\" Made by scripts/man.pl of "%s --help".\n}
        . qq{.TH %s 1 %s "ioattest %s" "ioattest"\n.SH NAME\n%s \\- %s\n}
        . qq{.SH SYNOPSIS\n.nf\n%s\n.fi\n},
        $name =~ tr/-/ /r, plain(uc $name), $date, $version, plain($name),
        plain($summary), join "\n", map { term($_) } split /\n/, $usage);

    my ($in, $last) = ('DESCRIPTION', '');
    for my $block (@blocks) {
        my $text;
        ($in, $text) = block($in, split /\n/, $block);
        $page .= ".SH $in\n" if $in ne $last;
        $page .= $text;
        $last = $in;
    }

    return $page . ".SH SEE ALSO\n"
           . join(",\n", map { '.BR ' . plain($_) . ' (1)' } @others)
             =~ s/\(1\),/(1),/gr . "\n";
}

sub put {
    my ($path, $text) = @_;

    open my $out, '>', $path or die "$path: $!\n";
    print $out $text;
    close $out or die "$path: $!\n";
    return;
}

# The first sentence that has a line of its own.
sub about {
    my ($help) = @_;
    my ($about) = $help =~ /\n\n([A-Z][^\n]*)\.\n\n/
        or die "no sentence says what it does\n";
    return lcfirst $about;
}

my $help = said($tool, '--help');
my ($version) = said($tool, '--version') =~ /\Aioattest (\S+)\n\z/
    or die "$tool: no version\n";
my ($listed) = $help =~ /^Commands:\n((?:  .*\n)+)/m
    or die "$tool: no commands\n";
my %summary = $listed =~ /^  (\w+) +(.*)$/mg;
my @pages = map { "ioattest-$_" } sort keys %summary;
my $roots = 'ioattest-fetch-roots';

put("$dir/ioattest.1", page('ioattest', about($help), $help, $version,
                            @pages, $roots));

for my $command (sort keys %summary) {
    my $name = "ioattest-$command";
    put("$dir/$name.1", page($name, $summary{$command},
        said($tool, $command, '--help'), $version, 'ioattest',
        grep { $_ ne $name } @pages));
}

$help = said('sh', "$FindBin::Bin/fetch-roots.sh", '--help');
put("$dir/$roots.1", page($roots, about($help), $help, $version,
                          qw( ioattest curl openssl )));
