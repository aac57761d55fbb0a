# Mutated event streams as OpenAI's client sees them: the chunks that were
# signed and no others, an error where a stream does not verify, and no finish
# before it.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use IoattestClient;
use IoattestStreams;

my $client = IoattestClient->start('chunks.mjs', 'openai');
my $at_once = 20;


sub was_not_answered {
    my ($result) = @_;

    my $error = $result->{error} // return 0;
    return $error->{class} eq 'APIConnectionError' && !$result->{seen};
}


# A stream that is refused ends with its connection, which the client may have
# taken for the next request already: that one is made again.

sub ask {
    my (@requests) = @_;

    my @results = $client->ask(@requests);
    my @again = grep { was_not_answered($results[$_]) } 0 .. $#results;

    @results[@again] = $client->ask(@requests[@again]) if @again;
    return @results;
}


sub verified {
    my ($want, $mode, $r) = @_;

    if ($r->{readable} < @{ $want->{values} }) {
        # signed, but nothing that this client can read
        return $r->{error} && $r->{seen} == $r->{readable} ? undef
               : 'it read what it cannot read';
    }

    return 'an error' if $r->{error};
    return 'chunks are missing' if $r->{seen} < $r->{readable};

    my @members = map { join ',', sort keys %$_ } @{ $r->{more} };
    my @event = map { join ',', sort split ' ', $_ }
        'text signature signing_address signing_algo'
        . ($want->{path} eq 'one' ? ' image_digest' : '');

    return "@members" eq ($mode =~ /pass/ ? "@event" : '') ? undef
           : 'chunks that were not signed';
}


sub refused {
    my ($want, $mode, $r) = @_;

    my $error = $r->{error} // return 'no error';
    my $held = $mode =~ /hold/;

    return 'a finish' if defined $r->{finish};
    return 'chunks of what is held' if $held && $r->{seen};
    return 'chunks that were not signed' if @{ $r->{more} };
    return 'another status' if $held && ($error->{status} // 0) != 502;

    # one of the chunks may itself say that there was an error
    return if !$held && $r->{seen} == $r->{readable}
              && $r->{readable} < @{ $want->{values} };

    my $code = $error->{code} // 'none';
    return (grep { $_ eq $code } @{ $want->{faults} }) ? undef
           : "refused with $code";
}


my %ran;

for my $theme (qw( bytes signed event )) {
    my $streams = IoattestStreams->serve($theme, 120);
    my $base = "http://127.0.0.1:$streams->{nginx}{port}";
    my $list = $streams->list;
    my %bad;

    for my $mode (qw( tail-drop tail-pass hold-drop hold-pass )) {
        my @rest = @$list;

        while (my @some = splice @rest, 0, $at_once) {
            my @results = ask(map { +{
                base_url => "$base/$mode/$_->{path}/$_->{number}",
                values => $_->{values},
            } } @some);

            for my $i (0 .. $#some) {
                my ($want, $r) = ($some[$i], $results[$i]);
                my $kind = @{ $want->{faults} } ? 'refused' : 'verified';
                my $why = !$r->{same} ? 'another chunk'
                    : $kind eq 'refused' ? refused($want, $mode, $r)
                                         : verified($want, $mode, $r);

                $ran{$mode}{$kind}++;
                next if !$why;
                diag "seed $streams->{seed}, $theme $want->{number}, $mode: "
                     . "$why; done to it: $want->{done}" if $bad{$mode}++ < 3;
            }
        }

        is($bad{$mode} // 0, 0, "$theme, $mode: each as it should be");
    }

    $streams->stop;
    $streams->{nginx}->stop;
}

cmp_ok($ran{$_}{verified}, '>', 60, "$_: enough that verify"),
cmp_ok($ran{$_}{refused}, '>', 60, '... and that do not') for sort keys %ran;

$client->stop;
done_testing();
