# contrib/nginx/ioattest-clients.conf, in the ten lines of doc/operate.md: what
# clients of OpenAI's API get through it, by HTTP/1.1, HTTP/2 and, where nginx
# and curl have it, HTTP/3, and pages of other origins.

use strict;
use warnings;

use Cwd qw( abs_path );
use FindBin ();
use lib "$FindBin::Bin/lib";

use JSON::PP qw( decode_json encode_json );
use Test::More;

use IoattestCli qw( put slurp );
use IoattestSim;
use IoattestSite;

plan skip_all => 'there is no curl'
    if system('curl --version >/dev/null 2>&1') != 0;

my $top = abs_path("$FindBin::Bin/..");
my $operate = slurp("$top/doc/operate.md");
my $site = IoattestSite->new;
my ($dir, $one, $two) = @{$site}{qw( dir one two )};
my $model = $IoattestSite::model;

cmp_ok(scalar(grep { /\S/ } split /\n/, $site->{text}), '<=', 11,
       'a site is ten lines, and one with a key');

my @versions = qw( http1.1 http2 );
if ($IoattestSite::http3 && `curl --version` =~ /^Features:.* HTTP3\b/m) {
    push @versions, 'http3-only';
} else {
    diag('HTTP/3 is not tried: nginx or curl is without it');
}

# What curl gets: status, head and body.
my $how = 'http1.1';
sub curl {
    my ($path, @more) = @_;

    my @where = $how eq 'http1.1' ? ("http://127.0.0.1:$one$path")
        : ('--cacert', $site->{ca}, '--resolve', "gateway.test:$two:127.0.0.1",
           "https://gateway.test:$two$path");
    unlink "$dir/head", "$dir/body";
    system('curl', '-s', "--$how", '-m', 20, '-D', "$dir/head",
           '-o', "$dir/body", @more, @where);
    my $head = -e "$dir/head" ? slurp("$dir/head") : '';
    my ($status) = $head =~ m{.*^HTTP/\S+ (\d+)}ms;
    return ($status // 0, $head, -e "$dir/body" ? slurp("$dir/body") : '');
}

sub post {
    my ($path, $params, @more) = @_;
    my $text = ref $more[0] ? ${ shift @more } : 'hello';
    my $body = encode_json({ model => $model,
        messages => [{ role => 'user', content => 'TEXT' }], %$params });

    put("$dir/request", $body =~ s/TEXT/$text/r);
    return curl($path, '-d', "\@$dir/request",
                '-H', 'Content-Type: application/json', @more);
}

sub code {
    my ($body) = @_;
    return eval { decode_json($body)->{error}{code} } // "not JSON: $body";
}

my @page = ('-H', 'Origin: https://app.example.com');
my @preflight = ('-X', 'OPTIONS', '-H', 'Access-Control-Request-Method: POST',
                 '-H', 'Access-Control-Request-Headers: authorization,x-a');
my $chat = '/v1/chat/completions';

my $nginx = $site->start('');
for my $version (@versions) {
    $how = $version;

    my ($status, $head, $body) = post($chat, {});
    is($status, 200, "$how: a completion") or diag($body, $nginx->log);
    like($head, qr{\AHTTP/\Q@{[ $how =~ /([\d.]+)/ ]}\E }, 'by that version');
    like($body, qr/echo: hello/, 'and its text');
    unlike($head, qr/^access-control-allow-origin/mi, 'for no page of others');

    ($status, $head, $body) = post($chat, { stream => JSON::PP::true });
    is($status, 200, "$how: a stream");
    like($head, qr{^content-type: text/event-stream}mi, 'of its type');
    like($body, qr/data: \[DONE\]\s*\z/, 'to its end');
    unlike($body, qr/event: signature/, 'without what clients fail on');

    ($status, undef, $body) = post($chat, {}, '-H', 'X-Sim: flip_body');
    is("$status " . code($body), '502 response_hash_mismatch',
       "$how: a changed answer is refused");

    ($status, undef, $body) = post($chat, { model => 'example/not-attestable' });
    is("$status " . code($body), '403 model_not_attestable',
       "$how: a model that cannot be attested");

    # sizes: an image, and more than the gateway takes
    for my $case ([3, 200], [34, 413]) {
        my ($size, $code) = @$case;
        # over HTTP/3 nginx answers and resets the stream while curl still
        # sends, and curl sometimes sees the reset alone
        for (1 .. ($how =~ /http3/ ? 5 : 1)) {
            ($status) = post($chat, {}, \('x' x ($size * 1_000_000)));
            last if $status;
        }
        is($status, $code, "$how: a prompt of $size MB");
    }

    for my $path ('/v1/completions', '/v1/embeddings', '/v1/nothing') {
        ($status, undef, $body) = post($path, {});
        is("$status " . code($body), '404 not_found', "$how: no $path");
    }
    for my $path ('/_ioattest/attestation', '/_ioattest/models') {
        ($status) = post($path, {});
        is($status, 404, "$how: $path is the gateway's own");
    }

    # nobody may read from a page, unless the site says so
    ($status, $head) = curl($chat, @preflight, @page);
    is($status, 204, "$how: a preflight");
    unlike($head, qr/^access-control-allow-origin/mi, 'which allows nothing');
}
unlike($nginx->log, qr/buffered to a temporary file/,
       'no prompt was in a file');

# the list: the script of doc/operate.md writes it

for my $version (@versions) {
    $how = $version;
    my ($status, $head, $body) = curl('/v1/models', @page);
    is("$status " . code($body), '404 not_found',
       "$how: no list before it is written");
    like($head, qr{^content-type: application/json}mi, 'as JSON');
}

like($operate, qr{contrib/nginx/refresh-models\.sh}, 'a script writes it');

SKIP: {
    skip 'there is no jq', 10 if system('jq --version >/dev/null 2>&1') != 0;

    my $api = "http://127.0.0.1:$ENV{TEST_NGINX_SIM_PORT}";
    my $refresh = "sh $top/contrib/nginx/refresh-models.sh $dir/models.json "
                . "$dir/key.conf";

    is(system("IOATTEST_API_URL=$api $refresh"), 0, 'it runs');
    like(encode_json(IoattestSim::stats()->{last}{models}{headers}),
         qr{^(?=.*"Bearer KEY").*"curl/}, 'with the gateway\'s key');
    my ($status, $head, $body) = curl('/v1/models');
    is($status, 200, 'the list');
    like($head, qr{^content-type: application/json}mi, 'is JSON');
    is_deeply([map { $_->{id} } @{ decode_json($body)->{data} }], [$model],
              'of the models that can be attested');

    put("$dir/v1/models", '{"data":[]}') if mkdir "$dir/v1";
    for my $bad ("$api/nowhere", "file://$dir") {
        isnt(system("IOATTEST_API_URL=$bad $refresh 2>/dev/null"), 0,
             'it can fail');
        is((curl('/v1/models'))[2], $body, 'and then replaces nothing');
    }
    is_deeply([glob "$dir/models.json?*"], [], 'and leaves nothing');
}
$nginx->stop;

# pages of some origins

for my $after ('set $io_origin https://app.example.com;',
               'set $io_origin $our_origins;') {
    $nginx = $site->start($after);
    for my $version (@versions) {
        $how = $version;
        my ($status, $head) = curl($chat, @preflight, @page);
        is($status, 204, "$how: a preflight");
        is(join(' ', $head =~ /^access-control-allow-origin: (\S+)/mig),
           'https://app.example.com', 'from its page, said once');
        like($head, qr/^access-control-allow-methods: POST/mi, 'may POST');
        like($head, qr/^access-control-allow-headers: authorization,x-a/mi,
             'and send its headers');

        for my $case ([200, []], [502, ['-H', 'X-Sim: flip_body']]) {
            my ($code, $more) = @$case;
            ($status, $head) = post($chat, {}, @page, @$more);
            is($status, $code, "$how: a page's request");
            is(join(' ', $head =~ /^access-control-allow-origin: (\S+)/mig),
               'https://app.example.com', 'the page can read the answer');
            unlike($head, qr/^x-saw-origin/mi, 'of which the API knows not');
        }

        (undef, $head) = curl($chat, @preflight,
                              '-H', 'Origin: https://evil.example.com');
        unlike($head, qr/^access-control-allow-origin: .*evil/mi,
               'no page of others');
    }
    $nginx->stop;
}

is_deeply([$nginx->log =~ /^(.*\[(?:alert|crit|emerg)\].*)$/mg], [],
          'nothing alarming in the log');

done_testing();
