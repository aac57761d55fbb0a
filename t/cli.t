# ioattest response: what it verifies, each reason of a refusal, usage.
# The samples in t/data/cli are signed with a key of the tests' own.

use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/lib";

use JSON::PP ();
use Test::More;

use IoattestCli qw( cli sample saved slurp );

chomp(my $address = slurp(sample('address')));
my $stranger = '0x' . '11' x 20;

# What a run is made of; a test alters some of it.
my %json = map { $_ => slurp(sample("json.$_")) } qw( headers body request );
my %stream = map { $_ => slurp(sample("stream.$_")) }
    qw( headers body request );
my %raw = (text => 'raw',
    map { $_ => slurp(sample("raw.$_")) } qw( signature body request ));
my %text = (text => 'body',
    map { $_ => slurp(sample("text.$_")) } qw( headers body ));

sub arguments {
    my (%case) = @_;

    my @list = ('response');
    for my $name (qw( headers signature body request )) {
        push @list, "--$name", saved($case{$name}) if defined $case{$name};
    }
    push @list, '--text', $case{text} if $case{text};
    push @list, '--stream' if $case{stream};
    return (@list, '--address', $case{address} // $address);
}

# The first line says all; explanations follow.
sub verified {
    my ($name, %case) = @_;

    my ($status, $out, $err) = cli(arguments(%case));
    return subtest $name => sub {
        is($status, 0, 'status');
        like($out, qr/\Averified\n/, 'verdict');
        is($err, '', 'nothing to complain of');
    };
}

sub refused {
    my ($reason, $name, %case) = @_;

    my ($status, $out, $err) = cli(arguments(%case));
    return subtest "$reason: $name" => sub {
        is($status, 1, 'status');
        like($out, qr/\A$reason\n/, 'reason');
        is($err, '', 'nothing to complain of');
    };
}

sub unreadable {
    my ($like, $name, @arguments) = @_;

    my ($status, $out, $err) = cli(@arguments);
    return subtest "usage: $name" => sub {
        is($status, 2, 'status');
        is($out, '', 'no verdict');
        like($err, qr/\Aioattest: [^\n]*$like[^\n]*\n\z/, 'one sentence');
    };
}

# one member of a case altered
sub with {
    my ($case, $what, $change) = @_;

    my %new = %$case;
    my $old = $new{$what};
    local $_ = $old;
    $change->();
    die "nothing was changed in $what" if $_ eq $old;
    $new{$what} = $_;
    return %new;
}

sub without {
    my ($case, @what) = @_;

    my %new = %$case;
    delete @new{@what};
    return %new;
}

# --- verified ---------------------------------------------------------------

verified('JSON', %json);
verified('JSON, its request not given', without(\%json, 'request'));
verified('event stream', %stream);
verified('event stream without headers', without(\%stream, 'headers'),
    stream => 1);
verified('raw', %raw);
verified('raw, no model in the text', %raw,
    signature => slurp(sample('raw-no-model.signature')));
verified('the body is the text', %text);
verified('the body is the text, which is in a header too',
    with(\%text, 'headers',
        sub { s/^signing_algo/text: $text{body}\r\n$&/m }));
verified('signature in a file, agent', without(\%json, 'headers'),
    signature => JSON::PP->new->encode({
        $json{headers} =~ /^(text|sign\w+|image_digest): (.*)\r$/mg
    }));
verified('address in lower case', %json, address => lc $address);
verified('line feeds alone', with(\%json, 'headers', sub { s/\r//g }));
verified('no blank line at the end',
    with(\%json, 'headers', sub { s/\r\n\r\n\z// }));
verified('names in capitals', with(\%json, 'headers',
    sub { s/^([\w-]+):/\U$1:/mg }));
verified('white space around values', with(\%json, 'headers',
    sub { s/^([\w-]+): (.*)\r/$1:\t $2 \t\r/mg }));
verified('HTTP/2', with(\%json, 'headers',
    sub { s{\AHTTP/1.1 200 OK}{HTTP/2 200 } }));
verified('Content-Encoding: identity', with(\%json, 'headers',
    sub { s/^text:/Content-Encoding: Identity\r\ntext:/m }));
verified('100 Continue, a proxy and a redirect before', %json,
    headers => "HTTP/1.1 200 Connection established\r\n\r\n"
    . "HTTP/1.1 100 Continue\r\n\r\n"
    . "HTTP/1.1 307 See there\r\nlocation: /\r\ntext: a\r\n b\r\n"
    . "content-encoding: gzip\r\ncontent-type: text/event-stream\r\n\r\n"
    . $json{headers});
verified('trailers behind', %json,
    headers => "$json{headers}text: x\r\nsignature: y\r\n\r\n");
verified('event stream, its type in capitals', with(\%stream, 'headers',
    sub { s{text/event-stream; charset=utf-8}{Text/Event-Stream} }));
verified('the same JSON, written otherwise', %json,
    with(\%json, 'body', sub { s/, "/ ,\n"/g }));

{
    my ($status, $out) = cli(arguments(%json, address => $stranger),
        "--address=$address");
    is($status, 0, 'one of two addresses, --name=value');
    like($out, qr/\Averified\n/, 'verdict');
    like($out, qr/^signing_address: \Q\L$address\E\E$/m, 'signer');
    like($out, qr/^request: match$/m, 'request');
    like($out, qr/^request_sha256: [0-9a-f]{64}$/m, 'hash of the request');
    like($out, qr/^response_sha256: [0-9a-f]{64}$/m, 'hash of the response');
    like($out, qr/^image_digest: sha256:[0-9a-f]{64} \(not covered by /m,
        'image digest');
    ($status, $out) = cli(arguments(without(\%json, 'request')));
    like($out, qr/^request: not given$/m, 'request not given');
    like($out, qr/^signed_request_sha256: [0-9a-f]{64}$/m,
        'the signed hash of it');
}

# --- refused ----------------------------------------------------------------

refused('untrusted_address', 'another', %json, address => $stranger);
refused('untrusted_address', 'another, stream', %stream,
    address => $stranger);

my $digest = 'sha256:' . '0' x 64;
my ($named) = $json{headers} =~ /^image_digest: (.*)\r$/m;

{
    my ($status, $out) = cli(arguments(%json), '--image-digest', $digest,
        '--image-digest', $named);
    is("$status " . substr($out, 0, 9), "0 verified\n", 'image digest');
    for (['another', \%json], ['none', { with(\%json, 'headers',
        sub { s/^image_digest.*\n//m }) }], ['another, stream', \%stream])
    {
        ($status, $out) = cli(arguments(%{ $_->[1] }),
            '--image-digest', $_->[0] eq 'none' ? $named : $digest);
        is($status, 1, "image digest: $_->[0]");
        like($out, qr/\Aimage_digest_mismatch\n/, 'reason');
    }
}

for my $coding ('gzip', 'identity, gzip', '') {
    refused('encoded_body', "\"$coding\"", with(\%json, 'headers',
        sub { s/^text:/content-encoding: $coding\r\ntext:/m }));
}

for my $name (qw( text signature signing_address signing_algo )) {
    refused('no_signature', "no $name", with(\%json, 'headers',
        sub { s/^$name:.*\n//m }));
}

refused('no_signature', "an error, status $_", %json,
    headers => "HTTP/1.1 $_ No\r\ncontent-type: application/json\r\n\r\n")
    for 400, 404, 500;
refused('no_signature', 'an error, as an event stream', %stream,
    headers => "HTTP/2 503\r\ncontent-type: text/event-stream\r\n\r\n");
refused('no_signature', 'another protocol', with(\%json, 'headers',
    sub { s/200 OK/101 Switching Protocols/ }));
refused('no_signature', 'the last block has none', %json,
    headers => "$json{headers}HTTP/1.1 200 OK\r\n\r\n");
refused('no_signature', 'text/plain: an event is not looked for', %stream,
    headers => "HTTP/2 200\r\ncontent-type: text/plain\r\n\r\n");
refused('no_signature', 'body as text, no header', %text,
    headers => "HTTP/2 200\r\n\r\n");
refused('no_signature', 'an answer of another kind', %raw,
    signature => '{"error":{"message":"not found"}}');

refused('unsupported_algorithm', 'ed25519', with(\%json, 'headers',
    sub { s/ecdsa/ed25519/ }));
refused('unsupported_algorithm', 'capitals', with(\%raw, 'signature',
    sub { s/ecdsa/ECDSA/ }));

for my $name (qw( text signature signing_address signing_algo image_digest ))
{
    refused('malformed_signature', "$name twice", with(\%json, 'headers',
        sub { s/^($name:.*\n)/$1\U$1/m }));
}
refused('malformed_signature', 'a header that goes on', with(\%json,
    'headers', sub { s/^(text: \w+:)/$1\r\n /m }));
refused('malformed_signature', 'another header that goes on', with(\%json,
    'headers', sub { s/^(date: \w+,)/$1\r\n\t/m }));
refused('malformed_signature', 'short', with(\%json, 'headers',
    sub { s/^(signature: \w+)\w\w/$1/m }));
refused('malformed_signature', 'empty', with(\%json, 'headers',
    sub { s/^(signature:).*\r/$1\r/m }));
refused('malformed_signature', "file: $_->[0]", %raw, signature => $_->[1])
    for ['not JSON', '<html>'], ['empty', ''], ['list', '[]'],
        ['number', '{"text":1}'], ['null', '{"signature":null}'],
        ['twice', '{"text":"a","te\u0078t":"b"}'],
        ['more behind', "$raw{signature} x"];
refused('malformed_signature', 'event is not JSON', with(\%stream, 'body',
    sub { s/^(event: signature\ndata: )\{/$1/m }));

refused('malformed_text', 'capital', with(\%json, 'headers',
    sub { s/^(text: )(\w+)/$1\U$2/m }));
refused('malformed_text', 'a model, with --text agent',
    without(\%raw, 'text'));
refused('signature_mismatch', 'text', with(\%json, 'headers',
    sub { s/^(text: .*)(.)\r$/$1 . ($2 eq '0' ? '1' : '0') . "\r"/me }));
refused('signature_mismatch', 'address', with(\%json, 'headers',
    sub { s/^(signing_address: ).*\r/$1$stranger\r/m }),
    address => $stranger);
refused('signature_mismatch', 'body as text', with(\%text, 'body',
    sub { s/itself/myself/ }));

refused('response_hash_mismatch', 'a letter', with(\%json, 'body',
    sub { s/1,80/1,81/ }));
refused('response_hash_mismatch', 'not JSON', %json, body => 'hello');
refused('response_hash_mismatch', 'empty', %json, body => '');
refused('response_hash_mismatch', 'bytes behind', %json,
    body => $json{body} . '{}');
refused('response_hash_mismatch', 'event stream', with(\%stream, 'body',
    sub { s/1,80/1,81/ }));
refused('response_hash_mismatch', 'raw, one more line feed', %raw,
    body => "$raw{body}\n");
refused('response_hash_mismatch', 'body as text, another text in a header',
    with(\%text, 'headers', sub { s/^signing_algo/text: x\r\n$&/m }));

refused('stream_unsigned', 'no event', with(\%stream, 'body',
    sub { s/^event: signature\n.*\n\n//m }));
refused('stream_truncated', 'neither event nor end', with(\%stream, 'body',
    sub { s/^event: signature\n.*//ms }));
refused('stream_ambiguous', 'two events', with(\%stream, 'body',
    sub { s/^(event: signature\n.*\n\n)/$1$1/m }));
refused('stream_ambiguous', 'data that is not hashed', with(\%stream, 'body',
    sub { s/^event: signature/data:{}\n\n$&/m }));

refused('request_hash_mismatch', 'a letter', with(\%json, 'request',
    sub { s/und/oder/ }));
refused('request_hash_mismatch', 'stream', %stream,
    request => $json{request});
refused('request_hash_mismatch', 'raw, a space', %raw,
    request => "$raw{request} ");
refused('request_hash_mismatch', 'raw, another model in the text', %raw,
    signature => slurp(sample('raw-other-model.signature')));
refused('request_ambiguous', $_->[0], %json, request => $_->[1])
    for ['a key twice', '{"model":"a","model":"a"}'], ['not JSON', 'x'],
        ['empty', ''], ['not UTF-8', "{\"model\":\"\xff\"}"],
        ['coerced', '{"model":"a","messages":[],"n":"1"}'];

# --- JSON -------------------------------------------------------------------

{
    my ($status, $out) = cli(arguments(%json), '--json');
    my $v = JSON::PP::decode_json($out);
    is($status, 0, 'JSON: status');
    is_deeply([@$v{qw( verdict reason request text signing_address )}],
        ['verified', '', 'match', 'agent', lc $address], 'JSON: verified');
    is($v->{$_}, $v->{"signed_$_"}, "JSON: $_")
        for qw( request_sha256 response_sha256 );
    is($out =~ tr/\n//, 1, 'JSON: one line');

    ($status, $out) = cli(
        arguments(with(\%raw, 'request', sub { s/Ma/ma/ })), '--json');
    $v = JSON::PP::decode_json($out);
    is($status, 1, 'JSON: status of a refusal');
    is_deeply([@$v{qw( verdict reason request signed_model )}],
        [qw( refused request_hash_mismatch mismatch Qwen/Qwen3-32B )],
        'JSON: refused');
    isnt($v->{request_sha256}, $v->{signed_request_sha256}, 'JSON: hashes');

    my %odd = with(\%json, 'headers',
        sub { s/^(image_digest: ).*\r/$1\x9b31m"\\\r/m });
    ($status, $out) = cli(arguments(%odd), '--json');
    is(JSON::PP::decode_json($out)->{image_digest}, "\x{fffd}31m\"\\",
        'JSON: a value that is not UTF-8');
    ($status, $out) = cli(arguments(%odd));
    like($out, qr/^image_digest: \\x9b31m"\\x5c /m,
        'nothing that would steer a terminal');
}

# --- usage ------------------------------------------------------------------

for (['--help'], ['response', '--help'], ['response', '--body', 'x', '--help'])
{
    my ($status, $out, $err) = cli(@$_);
    is("$status $err", '0 ', "@$_");
    like($out, qr/^usage: ioattest /, "@$_: usage");
}

{
    my ($status, $out) = cli('response', '--help');
    like($out, qr/$_\b/, "--help documents $_")
        for qw( --headers --signature --stream --body --request --address
                --image-digest --text --json --help --version );
    like($out, qr/^Exit status: 0 verified, 1 refused, 2 /m, 'and the end');
    like((cli('--help'))[1], qr/^  response /m, '--help names the command');
    is((cli('--version'))[1], (cli('response', '--version'))[1], '--version');
    my $src = "$FindBin::Bin/../src";
    my ($version) = slurp("$src/core/attest/ioattest.h")
        =~ /define IOA_VERSION\s+"(.*)"/;
    like(slurp("$src/nginx/request/ngx_http_ioattest_conf.h"),
         qr/define NGX_HTTP_IOATTEST_VERSION\s+IOA_VERSION$/m,
         'the module has the library\'s version');
    is((cli('--version'))[1], "ioattest $version\n", 'as the module has it');
    ($status, $out, my $err) = cli();
    is("$status $out", '2 ', 'no command');
    like($err, qr/^usage:/, 'and usage');
}

my %at = map { $_ => sample("json.$_") } qw( headers body request );
my @good = ('response', map({ ("--$_", $at{$_}) } qw( headers body request )),
    '--address', $address);

unreadable('unknown command', 'unknown command', 'verify');
unreadable('unknown option', 'unknown option', @good, '--adress', 'x');
unreadable('unknown option', 'an option cut short', @good, '--js');
unreadable('unknown argument', 'an argument', @good, 'x');
unreadable('--json takes no value', 'a value too many', @good, '--json=1');
unreadable('--text needs a value', 'a value too few', @good, '--text');
unreadable('--address needs a value', 'an option for a value',
    'response', '--address', '--json');
unreadable('--body is given twice', 'twice', @good, '--body', 'x');
unreadable('more than 64', 'too many addresses', @good,
    map { "--address=$address" } 1 .. 64);
unreadable('--address is missing', 'no address', @good[0 .. 6]);
unreadable('40 hex digits', 'address', @good[0 .. 6], '--address', $_)
    for '', substr($address, 2), $address . '0', substr($address, 0, 41),
        '0x' . 'g' x 40;
unreadable('64 lower-case', 'image digest', @good, '--image-digest', $_)
    for '', substr($digest, 7), "${digest}0", uc $digest;
unreadable('--body is missing', 'no body', @good[0 .. 2],
    '--address', $address);
unreadable('one of --headers', 'no signature', 'response',
    '--body', $at{body}, '--address', $address);
unreadable('only one of --headers', 'two signatures', @good,
    '--signature', $at{body});
unreadable('only one of --headers', 'headers and stream', @good, '--stream');
unreadable('--text is agent', 'form', @good, '--text', 'Agent');
unreadable('--stream is of --text agent', 'stream, raw', 'response',
    '--stream', '--text', 'raw', '--body', 'x', '--address', $address);
unreadable('--request cannot be checked', 'request, body', @good,
    '--text', 'body');
unreadable('No such file', "no such $_", do {
    my $name = $_;
    map { $_ eq $at{$name} ? "$_.none" : $_ } @good
}) for qw( headers body request );
unreadable('Is a directory', 'directory', @good[0 .. 3], $FindBin::Bin,
    '--address', $address);
unreadable('standard input', 'standard input twice', @good[0 .. 1], '-',
    '--body', '-', '--address', $address);

my $case = 0;
for ('', "\r\n", '{}', "text: x\r\n\r\n", "HTTP/1.1\r\n\r\n",
    "HTTP/1.1 20\r\n\r\n", "HTTP/1.1 2000\r\n\r\n", "HTTP/x 200\r\n\r\n",
    "HTTP/1.1 200 OK\r\nno header\r\n\r\n", "HTTP/2 200\r\n: x\r\n\r\n",
    "HTTP/2 200\r\ntext : x\r\n\r\n", "HTTP/2 200\r\na: b\0c\r\n\r\n",
    "HTTP/2 200\r\na: b\rtext: c\r\n\r\n")
{
    $case++;
    unreadable('line \d', "headers, case $case",
        arguments(%json, headers => $_));
}

unreadable('has more than 1048576 bytes', 'large headers',
    arguments(%json, headers => "HTTP/2 200\r\n" . 'a' x 1048576));
unreadable('has more than 1048576 bytes', 'large signature',
    arguments(%raw, signature => ' ' x 1048577));

{
    my ($status, $out) = cli(\$json{body}, @good[0 .. 2], '--body', '-',
        @good[5 .. $#good]);
    is("$status " . substr($out, 0, 9), "0 verified\n", 'standard input');
    SKIP: {
        skip 'no /dev/full', 1 if !-c '/dev/full';
        $status = system('sh', '-c', 'exec "$@" >/dev/full 2>/dev/null', 'sh',
            split(' ', $ENV{IOATTEST_TOOL}
                // "$FindBin::Bin/../build/ioattest"), @good);
        is($status >> 8, 2, 'a verdict that could not be written');
    }
}

done_testing();
