package Test::Nginx::Runner::Spec;

# Reads a test file's blocks: "=== name", then sections "--- name filters"
# with lines of text after them, or "--- name filters: text" on one line.

use strict;
use warnings;

use Test::More ();

use Test::Nginx::Runner::Filter ();

our $BlockDelimiter = '===';
our $DataDelimiter  = '---';
our @Filters        = qw( norm trim );
our %FiltersMap;
our $FiltersDelay   = 0;

my $blocks;


sub delimiters {
    my ($block, $data) = @_;

    $BlockDelimiter = $block || '===';
    $DataDelimiter  = $data  || '---';
}


sub filters {
    my (@args) = @_;

    if (ref $args[0] eq 'HASH') {
        %FiltersMap = %{ $args[0] };
        return;
    }

    push @Filters, @args;
}


sub text {
    no warnings 'once';

    return '' if !defined fileno(main::DATA);

    local $/;
    return scalar(<main::DATA>) // '';
}


# All blocks, or those that have the section: their number, or in list context
# the blocks themselves with their filters applied.

sub blocks {
    my ($section) = @_;

    $blocks //= choose(parse(text()));

    my @found = defined $section
        ? grep { $_->has_section($section) } @$blocks
        : @$blocks;

    return scalar @found if !wantarray;

    if (!$FiltersDelay) {
        $_->run_filters for @found;
    }

    return @found;
}


sub parse {
    my ($text) = @_;

    my (@found, $block, $section);

    for my $line ($text =~ /[^\n]*\n|[^\n]+\z/g) {

        if ($line =~ /^\Q$BlockDelimiter\E[ \t]*(.*)/) {
            $block = Test::Nginx::Runner::Spec::Block->new($1);
            undef $section;
            push @found, $block;
            next;
        }

        next if !$block;

        if ($line =~ /^\Q$DataDelimiter\E +\(?(\w+)\)? *(.*)/) {
            $section = $block->add_section($1, $2);
            next;
        }

        if ($section) {
            $section->{text} .= $line;

        } else {
            $block->{description} .= $line;
        }
    }

    return @found;
}


sub choose {
    my (@all) = @_;

    my @chosen;

    for my $block (@all) {
        $block->settle;

        if ($block->has_section('ONLY')) {
            Test::More::diag("only the block with --- ONLY is run");
            return [$block];
        }

        next if $block->has_section('SKIP');

        push @chosen, $block;
        last if $block->has_section('LAST');
    }

    return \@chosen;
}


package Test::Nginx::Runner::Spec::Block;

use strict;
use warnings;

our $AUTOLOAD;


sub new {
    my ($class, $name) = @_;

    return bless {
        description => '',
        sections    => [],
        values      => { name => [$name] },
        filtered    => 0,
    }, $class;
}


sub add_section {
    my ($self, $name, $rest) = @_;

    my $section = { name => $name, filters => $rest, text => '' };

    if ($rest =~ /^(.*?)\s*:(?:\s+(.*?))?\s*$/) {
        @$section{qw( filters inline )} = ($1, $2 // '');
    }

    push @{ $self->{sections} }, $section;
    return $section;
}


# Sections that are given twice: the last one counts.

sub settle {
    my ($self) = @_;

    for my $section (@{ $self->{sections} }) {
        my $name = $section->{name};

        if (defined $section->{inline} && $section->{text} =~ /\S/) {
            die $self->name, ": lines after \"--- $name: ...\"\n";
        }

        $self->set_value($name, $section->{inline} // $section->{text});
    }

    if ($self->{description} !~ /\S/) {
        $self->{description} = $self->name;
    }
}


sub run_filters {
    my ($self) = @_;

    return if $self->{filtered}++;

    my %seen;

    for my $section (reverse @{ $self->{sections} }) {
        $section->{stale} = $seen{ $section->{name} }++;
    }

    for my $section (grep { !$_->{stale} } @{ $self->{sections} }) {
        my $name = $section->{name};

        for my $filter (filter_names($section)) {
            my @values = $self->$name;
            $self->set_value($name,
                Test::Nginx::Runner::Filter::apply($filter, @values));
        }
    }
}


# "-name" takes a filter away, "+name" has it run last.

sub filter_names {
    my ($section) = @_;

    my $map = $FiltersMap{ $section->{name} } // [];
    my (@names, @last);

    for my $name (@Filters, ref $map ? @$map : $map,
                  split ' ', $section->{filters})
    {
        if ($name =~ /^-(.+)/) {
            my $gone = $1;
            @names = grep { $_ ne $gone } @names;

        } elsif ($name =~ /^\+(.+)/) {
            push @last, $1;

        } else {
            push @names, $name;
        }
    }

    return @names, @last;
}


sub set_value {
    my ($self, $name, @values) = @_;

    $self->{values}{$name} = [@values];
    return;
}


sub has_section {
    my ($self, $name) = @_;

    return exists $self->{values}{$name};
}


sub description {
    my ($self) = @_;

    return $self->{description};
}


# $block->config and so on: a section's value, undef where there is none.

sub AUTOLOAD {
    my ($self) = @_;

    my ($name) = $AUTOLOAD =~ /(\w+)$/;
    return if $name eq 'DESTROY';

    my $values = $self->{values}{$name};
    return wantarray ? @{ $values // [] } : $values && $values->[0];
}

1;
