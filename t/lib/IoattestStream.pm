package IoattestStream;

# What leaves the gateway of an event stream, written down from the stream as
# it came.

use strict;
use warnings;

use Exporter qw( import );

our @EXPORT_OK = qw( made );


# made($stream, pass => 1, digest => 1, held => 1)
#
# Every hashed line as an event of its own, a bare colon for a comment, at the
# end the signature event with pass (its image digest with digest), and
# [DONE].  In the held end heartbeats come before what is held, unless all of
# it is held: held.
sub made {
    my ($stream, %arg) = @_;
    my ($event, $done, $holding) = ('', '', $arg{held});
    my ($shown, $held) = ('', '');

    # the event is cut out, and where it stood holding begins
    my $at = length $stream;

    if ($stream =~ s/event: signature\ndata: (\{.*\})\n\n//) {
        $at = $-[0];
        $event = "event: signature\ndata: {"
            . join(', ', map { qq("$_->[0]": "$_->[1]") }
                         grep { $_->[0] ne 'image_digest' || $arg{digest} }
                         map { $1 =~ /"($_)": "([^"]*)"/ ? [$1, $2] : () }
                         qw( text signature signing_address signing_algo
                             image_digest ))
            . "}\n\n";
    }

    while ($stream =~ /([^\n]*)(?:\n|\z)/g) {
        my ($line, $end) = ($1, $+[0]);
        $line =~ s/\r\z//;
        $holding ||= $end > $at;

        if ($line =~ /\Adata: ?\[DONE\]\z/) {
            $done = "data: [DONE]\n\n";
            $holding = 1;

        } elsif ($line =~ /\Adata: (.*)\z/s) {
            $holding ||= ends($1);
            ${ $holding ? \$held : \$shown } .= "$line\n\n";

        } elsif ($line =~ /\A:/) {
            ${ $arg{held} ? \$held : \$shown } .= ":\n";
        }

        last if $end == length $stream;
    }

    return $shown . $held . ($arg{pass} ? $event : '') . $done;
}


# Near enough for the streams of these tests, which are written compactly.
sub ends {
    my ($value) = @_;
    return $value !~ /\A\{.*\}\z/s
        || $value =~ /"(?:finish_reason|tool_calls|function_call)":
                       (?!null|""|\[\]|\{\})/x;
}


1;
