# What is forged in a stream, before OpenAI's client: it ends in an error, and
# no finish and nothing of the event is seen; beside it what the client does
# without a gateway.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use IoattestClient;
use IoattestNginx;
use IoattestSim;

my $client = IoattestClient->start('client.mjs', 'openai');

IoattestSim->start(machines => 4);
my $nginx = IoattestNginx->start(workers => 2, http => IoattestClient::http(),
                                 server => IoattestClient::locations());


sub ask {
    my ($place, @sims) = @_;

    my @requests = map { +{
        how => 'stream', options => { maxRetries => 0 },
        base_url => "http://127.0.0.1:$nginx->{port}/$place",
        headers => { 'X-Sim' => "chunks=8, $_" },
        params => { model => 'meta-llama/Llama-3.3-70B-Instruct',
                    messages => [{ role => 'user', content => 'hello' }] },
    } } @sims;
    my @results = $client->ask(@requests);

    # a stream that is refused ends with its connection, which the client may
    # have taken for the next request already
    my @again = grep {
        my $error = $results[$_]{error};
        $error && $error->{class} eq 'APIConnectionError'
            && !$results[$_]{chunks}
    } 0 .. $#results;

    @results[@again] = $client->ask(@requests[@again]) if @again;
    return map { [$sims[$_], $results[$_]] } 0 .. $#results;
}


my $tokens = join '', map { "token$_ " } 0 .. 7;

for (ask('plain', 'forge_finish=4, stop_clean=6', 'event_member=choices')) {
    my ($sim, $r) = @$_;
    is($r->{error}, undef, "without a gateway, $sim: no error");
    is($r->{finish}, 'stop', '... and a finish');
    like($r->{content}, qr/leaked/, '... and what was forged')
        if $sim =~ /event/;
}

for my $place (qw( tail/drop hold/drop tail/pass hold/pass )) {
    for (ask($place, 'comments', 'crlf', 'event_first', 'every_byte',
             'done_never', 'no_final_newline'))
    {
        my ($sim, $r) = @$_;
        is_deeply([@{$r}{qw( content finish error )}],
                  [$tokens, 'stop', undef], "$place, $sim") or diag explain $r;
    }

    for (ask($place, map { /=/ ? $_ : "$_=4" } qw(
                 tamper_line tamper_line=9 drop_line swap_lines forge_finish
                 forge_tool forge_tool_finish forge_escaped forge_double
                 event_member=choices event_member=tool_calls
                 event_member=error event_member=object event_member=type )))
    {
        my ($sim, $r) = @$_;
        my $code = $sim =~ /event/ ? 'malformed_signature'
                                   : 'response_hash_mismatch';
        is($r->{error}{code}, $code, "$place, $sim: an error");
        is($r->{finish}, undef, '... and no finish');
        unlike($r->{content}, qr/leaked/, '... and nothing of the event');
    }
}

is_deeply([$nginx->log =~ /^(.*\[(?:alert|crit|emerg)\].*)$/mg], [],
          'nothing alarming in the log');

$client->stop;
done_testing();
