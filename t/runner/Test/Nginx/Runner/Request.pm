package Test::Nginx::Runner::Request;

# Turns a block's request sections into bytes for the wire.
#
# requests() returns one list of packets for each connection to make; a packet
# is { value => bytes, delay_before => seconds or undef }.

use strict;
use warnings;

use Test::Nginx::Util qw( bail_out expand_env_in_text );


sub requests {
    my ($block) = @_;

    return raw($block) if defined $block->raw_request;
    return pipelined($block) if $block->pipelined_requests;

    my $name = $block->name;
    my $request = $block->request;

    if (!defined $request) {
        bail_out("$name - there is no request");
    }

    if (!ref $request) {
        # comments and empty lines may stand before a request in plain text
        1 while $request =~ s/\A\s+|\A\#[^\n]*\n//;

        my $headers = headers_for($block, 0);
        return [ build($name, $request, $headers, 'close') ];
    }

    if (ref $request ne 'ARRAY') {
        bail_out("$name - a request is a string or an array");
    }

    my @list;

    for my $i (0 .. $#$request) {
        my $headers = headers_for($block, $i);
        push @list, [ build($name, $request->[$i], $headers, 'close') ];
    }

    return @list;
}


sub raw {
    my ($block) = @_;

    my $raw = $block->raw_request;
    my @packets = ref $raw eq 'ARRAY' ? @$raw : ($raw);

    return [ map { ref $_ ? $_ : { value => $_ } } @packets ];
}


sub pipelined {
    my ($block) = @_;

    my $name = $block->name;
    my $requests = $block->pipelined_requests;

    if (ref $requests ne 'ARRAY') {
        bail_out("$name - pipelined_requests is not an array");
    }

    my $bytes = '';

    for my $i (0 .. $#$requests) {
        my $text = expand_env_in_text($requests->[$i], $name);
        my $connection = $i == $#$requests ? 'close' : 'keep-alive';

        $bytes .= join '', map { $_->{value} }
            build($name, $text, headers_for($block, $i), $connection);
    }

    return [ { value => $bytes } ];
}


# What --- more_headers holds for the request: lines of ours, ending in CRLF.

sub headers_for {
    my ($block, $i) = @_;

    my $more = $block->more_headers // '';

    if (ref $more eq 'ARRAY') {
        $more = $more->[$i]
            // bail_out($block->name, " - more_headers has nothing for "
                        . "request $i");
    }

    my $lines = '';

    for my $line (split /\n+/, $more) {
        next if $line =~ /^\s*\#/;

        my ($key, $value) = split /:\s*/, $line, 2;
        $lines .= $key . ': ' . ($value // '') . "\r\n";
    }

    return $lines;
}


# A request is "METHOD [URL [VERSION]]", then lines of a body: as one string,
# or as an array of packets. What is left out is put in, and the packets' ends
# stay where they were in the text.

sub build {
    my ($name, $request, $headers, $connection) = @_;

    my @packets = ref $request eq 'ARRAY' ? @$request : ($request);
    my @texts = map { ref $_ ? $_->{value} : $_ } @packets;
    my $text = join '', @texts;

    my $map = parse($name, $text, $headers, $connection);
    my ($source, $sent, @built) = (0, 0);

    for my $i (0 .. $#packets) {
        $source += length $texts[$i];

        my $end = $i == $#packets ? length $map->{bytes} : place($map, $source);

        push @built, {
            value => substr($map->{bytes}, $sent, $end - $sent),
            delay_before => ref $packets[$i] ? $packets[$i]{delay_before}
                                             : undef,
        };

        $sent = $end;
    }

    return @built;
}


# Returns the bytes, and for each part of the text (method, URL, version, body)
# where it was in the text and where it is in the bytes.

sub parse {
    my ($name, $text, $headers, $connection) = @_;

    my ($line, $body) = $text =~ /\A([^\n]*\n?)(.*)\z/s;

    if ($line !~ /^\s*(\S+)(?: +(\S+))?(?: +(\S+))?\s*$/) {
        bail_out("$name - not a request line: \"$line\"");
    }

    my @words = ($1, $2, $3);
    my @at = ($-[1], $-[2] // $+[1], $-[3] // $+[2] // $+[1]);
    my @default = ('', '/', 'HTTP/1.1');
    my @part;
    my $bytes = '';

    for my $i (0 .. 2) {
        push @part, {
            source => $at[$i],
            length => length($words[$i] // ''),
            target => length($bytes),
        };
        $bytes .= ($words[$i] // $default[$i]) . ($i < 2 ? ' ' : "\r\n");
    }

    my $body_at = length $line;

    if (length $body
        && $headers !~ /^Transfer-Encoding: chunked\r$/mi
        && $headers !~ /^Content-Length:/m)
    {
        $body_at += length $1 if $body =~ s/\A(\s+)//;
        $body =~ s/\s+\z//;
        $headers .= 'Content-Length: ' . length($body) . "\r\n";
    }

    if ($headers !~ /^Host:/mi) {
        $bytes .= "Host: $Test::Nginx::Util::ServerName\r\n";
    }

    if ($headers !~ /^Connection/mi) {
        $bytes .= "Connection: $connection\r\n";
    }

    $bytes .= "$headers\r\n";

    push @part, {
        source => $body_at,
        length => length $body,
        target => length $bytes,
    };

    return { bytes => $bytes . $body, parts => \@part };
}


# The place in the bytes that stands for a place in the text: within a part it
# is as far from the part's start, and past a part it is where the next begins.

sub place {
    my ($map, $source) = @_;

    for my $part (@{ $map->{parts} }) {
        my $into = $source - $part->{source};

        next if $part->{length} == 0;
        return $part->{target} if $into <= 0;
        return $part->{target} + $into if $into < $part->{length};
    }

    return length $map->{bytes};
}

1;
