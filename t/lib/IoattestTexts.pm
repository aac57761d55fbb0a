# Answers signed in the raw and the body form; seen by blocks as functions and
# variables of main.

package main;

use strict;
use warnings;

use Digest::SHA qw( sha256_hex );

our $name = 'Qwen/Qwen3-32B';
our $asked = qq({"model":"$name","prompt":"hello"});
our $path = "POST /v1/private/completions\n";
our $said = '{"choices": [ 1.50, "\u00e9" ]}';
our $events = "data: {\"choices\":[]}\n\ndata: [DONE]\n\n";


sub escaped {
    my ($text) = @_;
    $text =~ s/([^A-Za-z0-9])/sprintf '%%%02x', ord $1/ge;
    return $text;
}


sub raw_text {
    my ($asked, $said, $model) = @_;
    return (defined $model ? "$model:" : '') . sha256_hex($asked) . ':'
           . sha256_hex($said);
}


# One case: what is asked and said, what is signed, and what is seen.
sub signed {
    my ($said, $text, $seen, $more, $asked) = @_;

    return [$path . ($asked // $main::asked),
            'X-Sim: signed_text=' . escaped($text) . ', body='
            . escaped($said) . ($more ? ", $more" : ''), $seen];
}


sub raw {
    my ($seen, %arg) = @_;
    my $asked = $arg{asked} // $main::asked;
    my $said = $arg{said} // $main::said;

    return signed($said, raw_text($arg{of_asked} // $asked,
                                  $arg{of_said} // $said, $arg{model}),
                  $seen, $arg{more}, $asked);
}


sub body {
    my ($seen, %arg) = @_;
    my $said = $arg{said} // $main::said;

    return signed($said, $arg{of_said} // $said, $seen, $arg{more});
}


1;
