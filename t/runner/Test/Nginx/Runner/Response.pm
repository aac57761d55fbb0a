package Test::Nginx::Runner::Response;

# A response as it came, taken apart.

use strict;
use warnings;

use Test::More ();


sub new {
    my ($class, %self) = @_;

    return bless { headers => [], content => '', raw_headers => '', %self },
        $class;
}


# Takes one response off the bytes. Returns it and the bytes after it; where
# they make no sense it fails a test and returns nothing.

sub parse {
    my ($class, $name, $bytes, $is_head) = @_;

    my $self = $class->new;

    if ($bytes =~ /(.*?\r\n)\r\n/s) {
        $self->{raw_headers} = $1;
    }

    my ($head, $body) = split /\r?\n\r?\n/, $bytes, 2;
    my ($status, @lines) = split /\r?\n/, $head // '';

    if (($status // '') =~ m{^HTTP/[\d.]+\s+(\d+)}) {
        $self->{code} = $1;
    }

    for my $line (@lines) {
        if ($line =~ /^[ \t]+(.*)/ && @{ $self->{headers} }) {
            $self->{headers}[-1][1] .= " $1";

        } elsif ($line =~ /^([^\s:]+)[ \t]*:[ \t]*(.*?)[ \t]*$/) {
            push @{ $self->{headers} }, [$1, $2];
        }
    }

    $self->{content} = $body // '';

    my $code = $self->{code} // 0;
    return $self if $code == 304 || $code == 101;

    my $rest;

    if (($self->header('Transfer-Encoding') // '') eq 'chunked') {
        $rest = $self->dechunk($name);
        return if !defined $rest;

    } elsif (($self->header('Content-Length') // '') =~ /^(\d+)$/) {
        $rest = $self->cut_at($name, $1, $is_head);
    }

    return ($self, $rest);
}


sub cut_at {
    my ($self, $name, $length, $is_head) = @_;

    my $got = length $self->{content};

    if ($got < $length) {
        if (!$is_head) {
            warn "WARNING: $name - the response body ends early: ",
                 "$got of $length bytes\n";
        }
        return '';
    }

    return substr $self->{content}, $length, $got, '';
}


sub dechunk {
    my ($self, $name) = @_;

    my $raw = $self->{content};
    my $body = '';

    while ($raw =~ /\G[ \t]*([[:xdigit:]]+)[ \t]*(?:;[^\r\n]*)?\r\n/gc) {
        my $size = hex $1;
        my $at = pos $raw;

        if ($size == 0) {
            # trailers, one a line, then an empty line
            if ($raw !~ /\G(?:[^\r\n]+\r\n)*\r\n/gc) {
                return broken($name, 'no empty line after the last chunk');
            }

            $self->{content} = $body;
            return substr $raw, pos $raw;
        }

        if (length($raw) < $at + $size + 2) {
            return broken($name, 'a chunk is shorter than it says');
        }

        if (substr($raw, $at + $size, 2) ne "\r\n") {
            return broken($name, 'no CRLF after a chunk');
        }

        $body .= substr $raw, $at, $size;
        pos($raw) = $at + $size + 2;
    }

    return broken($name, 'no last chunk');
}


sub broken {
    my ($name, $what) = @_;

    Test::More::fail("$name - invalid chunked body: $what");
    return;
}


sub code {
    my ($self) = @_;

    return $self->{code};
}


sub raw_headers {
    my ($self) = @_;

    return $self->{raw_headers};
}


# All headers of the name, with ", " between them; undef where there is none.

sub header {
    my ($self, $name) = @_;

    my @values = map { $_->[1] }
                 grep { lc $_->[0] eq lc $name } @{ $self->{headers} };

    return @values ? join ', ', @values : undef;
}


sub content {
    my ($self, @new) = @_;

    $self->{content} = $new[0] if @new;
    return $self->{content};
}

1;
