# Vercel's AI SDK, unchanged but for its base URL, in two versions: honest
# streams finish, forged ones end in an error and run no tool.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use IoattestClient;
use IoattestNginx;
use IoattestSim;

my $client = IoattestClient->start('ai.mjs', 'ai');

my $model = 'meta-llama/Llama-3.3-70B-Instruct';

IoattestSim->start(machines => 4);
my $nginx = IoattestNginx->start(workers => 2, http => IoattestClient::http(),
                                 server => IoattestClient::locations());


# A stream that is refused ends with its connection, which the client may have
# taken for the next request already: that one is made again.

sub was_not_answered {
    my ($result) = @_;

    my $error = $result->{errors}[0] // return 0;
    return $result->{text} eq '' && !$error->{status}
           && $error->{message} =~ /Cannot connect|fetch failed|terminated/;
}


# Results by version, for each of the given misbehaviours.

sub ask {
    my ($place, @sims) = @_;

    my @requests = map {
        my $sdk = $_;
        map { +{ sdk => $sdk, model => $model, headers => { 'X-Sim' => $_ },
                 base_url => "http://127.0.0.1:$nginx->{port}/$place" } } @sims
    } qw( ai ai-5 );
    my @results = $client->ask(@requests);
    my @again = grep { was_not_answered($results[$_]) } 0 .. $#results;

    @results[@again] = $client->ask(@requests[@again]) if @again;

    return map { [$requests[$_]{sdk}, $requests[$_]{headers}{'X-Sim'},
                  $results[$_]] } 0 .. $#results;
}


sub finished {
    my ($name, $result, $finish, $text, $ran) = @_;

    is_deeply([@{$result}{qw( finish reason errors thrown ran )}],
              [$finish, $finish, [], undef, $ran // []], "$name: $finish")
        or diag explain $result;
    is($result->{text}, $text, "$name: its text") if defined $text;
    return;
}


my $tokens = join '', map { "token$_ " } 0 .. 7;
my $paid = [{ to => 'somebody' }];
my $slow = 'piece_delay=15';

# what these clients do by themselves, when nobody looks at the signature

for (ask('plain', "chunks=8, no_event, drop_line=4")) {
    my ($sdk, $sim, $r) = @$_;
    finished("without a gateway, $sdk, a chunk is missing", $r, 'stop');
    isnt($r->{text}, $tokens, '... of another text');
}

for (ask('plain', "chunks=8, no_event, forge_tool=4, stop_clean=6, $slow")) {
    my ($sdk, $sim, $r) = @$_;
    is_deeply($r->{ran}, $sdk eq 'ai-5' ? $paid : [],
              "without a gateway, $sdk: a forged tool call in mid-stream");
}

for (ask('plain', 'chunks=8, no_event, forge_tool_finish=4')) {
    my ($sdk, $sim, $r) = @$_;
    is_deeply($r->{ran}, $paid, "without a gateway, $sdk: and its finish");
}

for (ask('plain', 'chunks=8, event_member=choices')) {
    my ($sdk, $sim, $r) = @$_;
    like($r->{text}, qr/leaked/,
         "without a gateway, $sdk: an event that is read as a chunk");
}

# honest streams

for my $place (qw( tail/drop hold/drop )) {
    for (ask($place, map { "chunks=8$_" } '', ', comments', ', crlf',
             ', event_names', ', event_first', ', every_byte', ', one_chunk',
             ', done_never', ', done_no_space', ', no_final_newline',
             ", $slow"))
    {
        my ($sdk, $sim, $r) = @$_;
        finished("$place, $sdk, '$sim'", $r, 'stop', $tokens, []);
    }

    for (ask($place, 'tool_call', "tool_call, $slow")) {
        my ($sdk, $sim, $r) = @$_;
        finished("$place, $sdk, '$sim'", $r, 'tool-calls', undef, $paid);
    }
}

# forged ones: each ends in an error, and no tool is run

my @forged = (
    'tamper_line=1', 'tamper_line=4', 'tamper_line=9', 'drop_line=4',
    'swap_lines=4', 'dup_line=4', 'smuggle_data=4', 'forge_finish=4',
    'forge_tool=4', 'forge_tool_finish=4', 'forge_escaped=4',
    'forge_double=4', 'event_member=choices', 'event_member=tool_calls',
    'event_member=error', 'event_member=object', 'event_member=type',
    'no_event', 'two_events', 'sig_flip=9', 'request_hash', 'forged',
    'smuggle_no_space=4', 'smuggle_done=4', 'smuggle_cr=4',
    'data_after_done', 'stop_before_done', 'stop_mid_line', 'no_last_chunk',
    'tool_call, sig_flip=9', 'tool_call, request_hash',
    'tool_call, drop_line=0',
);

for my $place (qw( tail/drop hold/drop )) {
    my $tail = $place =~ /tail/;

    for (ask($place, map { ("chunks=8, $_", $tail ? "chunks=8, $_, $slow"
                                                  : ()) } @forged))
    {
        my ($sdk, $sim, $r) = @$_;
        my $errors = @{ $r->{errors} };
        my $finish = $r->{finish} // 'none';

        # what is shown before the end is not verified
        $r->{text} =~ s/leaked// if $sim =~ /smuggle_data/;

        ok($errors && !@{ $r->{ran} } && $finish =~ /^(?:error|none)$/
           && $r->{text} !~ /leaked/,
           "$place, $sdk, '$sim': an error, no finish, no tool")
            or diag explain $r;

        is($r->{errors}[0]{status}, $tail ? undef : 502,
           '... of the stream, or of its status');
        is($r->{text}, '', '... and no text') if !$tail;
    }
}

is_deeply([$nginx->log =~ /^(.*\[(?:alert|crit|emerg)\].*)$/mg], [],
          'nothing alarming in the log');

$client->stop;
done_testing();
