# ioattest response: members that the API's front added to the request, given
# with --request-defaults, or found out.

use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/lib";

use IO::Socket::INET ();
use JSON::PP ();
use Test::More;

use IoattestCli qw( cli put saved );
use IoattestSim;

IoattestSim->start(machines => 1);

my $port = $ENV{TEST_NGINX_SIM_PORT};
my $address = $ENV{TEST_NGINX_SIM_ADDRESS_0};
my $path = saved('');

# A response that the simulated API signed, saved as curl does.
sub asked {
    my ($request, $sim) = @_;

    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $port) or die "connect: $@";
    print {$socket} "POST /v1/private/completions HTTP/1.0\r\nX-Sim: $sim\r\n"
        . "Content-Type: application/json\r\nContent-Length: "
        . length($request) . "\r\n\r\n$request";
    local $/;
    my ($head, $body) = split /\r\n\r\n/, readline($socket), 2;
    return ('response', '--headers', saved("$head\r\n\r\n"), '--body',
        saved($body), '--request', saved($request), '--address', $address);
}

sub front {
    my ($members) = @_;

    return 'front=' . $members =~ s/([^\w.])/sprintf '%%%02x', ord $1/ger;
}

my $plain = '{"model":"Qwen/Qwen3-32B","prompt":"hello"}';
my $sampling = '"temperature":0.7,"top_p":1,"frequency_penalty":0,'
    . '"presence_penalty":0,"n":1,"logprobs":false';
my $tools = '"tool_choice":"none","parallel_tool_calls":false';
my $usage = '"stream_options":{"include_usage":true}';

for (map { "{$_}" } "$sampling,$tools,$usage", "$sampling,$usage,$tools",
    $sampling, "$sampling,$tools", "$sampling,$usage", $usage, $tools,
    "$tools,$usage", "$usage,$tools")
{
    my @saved = asked($plain, front($_));
    my ($status, $out) = cli(@saved, '--json');
    my $verdict = JSON::PP::decode_json($out);
    is("$status $verdict->{reason}", '1 request_hash_mismatch',
        "$_: still refused");
    is($verdict->{added}, $_, 'and explained');
    like($verdict->{detail}, qr/matches with the front's defaults/,
        'in a sentence');
    ($status, $out) = cli(@saved, '--request-defaults', saved($verdict->{added}));
    like("$status $out", qr/\A0 verified\n.*^request: match$/ms,
        'which verifies it');
}

# What the request has itself is not added.
{
    my @saved = asked('{"model":"Qwen/Qwen3-32B","prompt":"hello","top_p":0.5,'
        . '"stream_options":{"include_usage":false}}', 'front');
    my ($status, $out) = cli(@saved, '--json');
    is(JSON::PP::decode_json($out)->{added}, "{$sampling,$tools,$usage}",
        'members that are there stay');
}

my @front = asked($plain, front('{"seed":7}'));
my ($status, $out, $err) = cli(@front, '--json');
my $verdict = JSON::PP::decode_json($out);
is($verdict->{added}, undef, 'a member that nobody knows');
like($verdict->{detail}, qr/does not match with the front's defaults either/,
    'is not explained');
($status, $out) = cli(@front, '--request-defaults', saved('{"seed":7}'));
is($status, 0, 'but may be given');

my @same = asked($plain, '');
($status, $out) = cli(@same, '--request-defaults', saved('{"seed":7}'));
like("$status $out",
    qr/\A1 request_hash_mismatch\n.*matches without --request-defaults/s,
    'an API that adds nothing');
is((cli(@same))[0], 0, 'and without the option');

# Usage.
for ([['--request-defaults', saved('{"n":1,' . "\n" . '"n":2}')],
        'line 2: member "n" is duplicate'],
    [['--request-defaults', saved('{"model":"m"}')],
        'line 1: model: cannot be a default'],
    [['--request-defaults', "$path.none"], 'No such file'],
    [['--request-defaults', saved('{}'), '--text', 'raw'], 'needs --request'])
{
    my ($options, $like) = @$_;
    ($status, $out, $err) = cli(@same, @$options);
    is("$status $out", '2 ', "$like: usage");
    like($err, qr/\Aioattest: [^\n]*\Q$like\E[^\n]*\n\z/, 'in one sentence');
}
like((cli(@same[0 .. 4], @same[7, 8], '--request-defaults', saved('{}')))[2],
    qr/needs --request/, 'without a request');
like((cli('response', '--help'))[1], qr/^  --request-defaults FILE$/m,
    '--help documents it');

done_testing();
