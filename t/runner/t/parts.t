# The runner's parts, without an nginx.

use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/..";

use Test::More;

use Test::Nginx::Runner::Filter ();
use Test::Nginx::Runner::Request ();
use Test::Nginx::Runner::Response ();
use Test::Nginx::Runner::Skip ();
use Test::Nginx::Runner::Spec ();
use Test::Nginx::Util ();


# Blocks

my $text = <<'END';
text before the first block is nothing

|=== TEST 1: one
what it is about

|--- config

    location / { }

|--- request: GET /a
|--- error_code_like: ^(2|3): x
|--- response_body eval
"a\r\n" . "b"
|--- response_headers chomp
X: y
|--- must_die

|=== TEST 2
|--- SKIP
|--- config
|=== TEST 3
|--- config -trim

x

|--- LAST
|=== TEST 4
|--- config
END

$text =~ s/^\|//mg;

my $blocks = Test::Nginx::Runner::Spec::choose(
    Test::Nginx::Runner::Spec::parse($text));
$_->run_filters for @$blocks;

is scalar @$blocks, 2, 'SKIP leaves a block out, LAST ends the file';

my $block = $blocks->[0];

is $block->name, 'TEST 1: one', 'name';
like $block->description, qr/what it is about/, 'description';
is $block->config, "    location / { }\n", 'empty lines around text go';
is $block->request, 'GET /a', 'text on the line';
is $block->error_code_like, '^(2|3): x', 'a colon in text on the line';
is $block->response_body, "a\r\nb", 'eval';
is $block->response_headers, 'X: y', 'chomp';
is $block->must_die, '', 'a section with nothing in it is there';
is $block->raw_request, undef, 'a section that is not there is undef';
is scalar(my @none = $block->raw_request), 0, 'and an empty list';
is $blocks->[1]->config, "\nx\n\n", 'a filter taken away';

$text .= "=== TEST 5\n--- ONLY\n";
$blocks = Test::Nginx::Runner::Spec::choose(
    grep { $_->name ne 'TEST 3' } Test::Nginx::Runner::Spec::parse($text));
is join(' ', map { $_->name } @$blocks), 'TEST 5', 'ONLY';

is_deeply [Test::Nginx::Runner::Filter::apply('lines', "a\nb\n")],
    ["a\n", "b\n"], 'filter lines';
is_deeply [Test::Nginx::Runner::Filter::apply('split=,', 'a,b')],
    ['a', 'b'], 'filter split';
is Test::Nginx::Runner::Filter::apply('escape', 'a\tb\\\\'), "a\tb\\",
    'filter escape';
like 'xAy', Test::Nginx::Runner::Filter::apply('regexp=i', 'xay'),
    'filter regexp';


# Requests

sub built {
    my ($request, $headers, $connection) = @_;

    return map { $_->{value} } Test::Nginx::Runner::Request::build(
        'test', $request, $headers // '', $connection // 'close');
}

my $head = "Host: localhost\r\nConnection: close\r\n";

is_deeply [built('GET /x')], ["GET /x HTTP/1.1\r\n$head\r\n"], 'plain request';
is_deeply [built('GET')], ["GET / HTTP/1.1\r\n$head\r\n"], 'no URL';
is_deeply [built("GET /x HTTP/1.0\n")], ["GET /x HTTP/1.0\r\n$head\r\n"],
    'version';
is_deeply [built("POST /x\nhello\n")],
    ["POST /x HTTP/1.1\r\n${head}Content-Length: 5\r\n\r\nhello"], 'body';
is_deeply [built("POST /x\nhello\n", "Content-Length: 9\r\n")],
    ["POST /x HTTP/1.1\r\n${head}Content-Length: 9\r\n\r\nhello\n"],
    'body with a length of its own stays as it is';
is_deeply [built("POST /x\n0\r\n\r\n", "Transfer-Encoding: chunked\r\n")],
    ["POST /x HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
    'chunked body';
is_deeply [built('GET /x', "host: a\r\nConnection: upgrade\r\n")],
    ["GET /x HTTP/1.1\r\nhost: a\r\nConnection: upgrade\r\n\r\n"],
    'headers given are not put in';
is_deeply [built(['GET /x HT', "TP/1.1\r\n"])],
    ['GET /x HT', "TP/1.1\r\n$head\r\n"], 'packets within the line';
is_deeply [built(["POST /x\nhel", 'lo'])],
    ["POST /x HTTP/1.1\r\n${head}Content-Length: 5\r\n\r\nhel", 'lo'],
    'packets within the body';
is_deeply [built(["POST /x\n", 'hello'])],
    ["POST /x HTTP/1.1\r\n${head}Content-Length: 5\r\n\r\n", 'hello'],
    'packets at the head and the body';


# Responses

sub parsed {
    my ($bytes, $is_head) = @_;

    return Test::Nginx::Runner::Response->parse('test', $bytes, $is_head);
}

my ($response, $rest) = parsed("HTTP/1.1 200 OK\r\nA: 1\r\na: 2\r\n"
    . "Content-Length: 2\r\n\r\nabHTTP/1.1");

is $response->code, 200, 'code';
is $response->header('a'), '1, 2', 'headers of one name';
is $response->header('b'), undef, 'header that is not there';
is $response->content, 'ab', 'body up to its length';
is $rest, 'HTTP/1.1', 'bytes after it';

($response, $rest) = parsed("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked"
    . "\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\nT: x\r\n\r\nnext");

is $response->content, 'abc0123456789', 'chunked body with a trailer';
is $rest, 'next', 'bytes after the last chunk';

($response) = parsed("HTTP/2 304 \r\nx: y\r\n\r\n");
is $response->code, 304, 'no reason phrase';

($response) = parsed('');
is $response->code, undef, 'no response';


# The rest

is Test::Nginx::Util::parse_time('500ms'), 0.5, 'milliseconds';
is Test::Nginx::Util::parse_time('2s'), 2, 'seconds';
is Test::Nginx::Util::parse_time(0.1), 0.1, 'a plain number';
is_deeply Test::Nginx::Util::parse_headers("A: b: c\n!D\nE:\n"),
    { A => 'b: c', D => undef, E => '' }, 'expected headers';

$Test::Nginx::Util::NginxVersion = Test::Nginx::Util::version_number(1, 25, 1);

my %skips = ('> 1.25.0' => 1, '>= 1.25.1' => 1, '< 1.25.1' => 0,
             '<= 1.9.9' => 0, '< 1.26.0 : reason' => 1);

for my $spec (sort keys %skips) {
    my ($tests) = Test::Nginx::Runner::Skip::skip_nginx(undef, "3: $spec");
    is defined $tests ? $tests : 0, $skips{$spec} ? 3 : 0, "skip_nginx $spec";
}

my ($tests) = Test::Nginx::Runner::Skip::skip_nginx2(
    undef, '2: < 1.20.0 or > 1.25.0');
is $tests, 2, 'skip_nginx2';

done_testing;
