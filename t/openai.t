# OpenAI's own client, unchanged but for its base URL: what verifies reaches
# it, and what is refused it throws as an error of its own with our code.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use IPC::Open2 qw( open2 );
use JSON::PP ();

use IoattestNginx;
use IoattestSim;

# The client is no part of this repository: scripts/test.sh fetches it, and
# sets IOATTEST_NEED_CLIENT so that its absence cannot go by unseen.

my $dir = "$FindBin::Bin/../build/client";
my $ascii = JSON::PP->new->ascii->canonical;

sub go_without {
    my ($why) = @_;

    plan skip_all => $why if !$ENV{IOATTEST_NEED_CLIENT};
    fail("OpenAI's client can be used");
    diag "$why; without npm: IOATTEST_NO_CLIENT=1 sh scripts/test.sh";
    done_testing();
    exit;
}

plan skip_all => 'IOATTEST_NO_CLIENT is set' if $ENV{IOATTEST_NO_CLIENT};
go_without('there is no node: see "scripts/deps.sh client"')
    if system('node --version >/dev/null 2>&1') != 0;
go_without("OpenAI's client is not installed: see t/client/install.sh")
    if !-e "$dir/node_modules/openai/package.json";

my $pid = open2(my $from, my $to, 'node', "$FindBin::Bin/client/client.mjs",
                $dir);
my $about = $ascii->decode(readline($from) // die "the client died\n");
note "openai $about->{openai}, node $about->{node}";

my $model = 'meta-llama/Llama-3.3-70B-Instruct';

# Forged signers spend a model's attempts: they have a model of their own.
my $other = 'Qwen/Qwen3-32B';

IoattestSim->start(machines => 4);

my $locations = '';
for my $stream (qw( tail hold )) {
    for my $event (qw( pass drop )) {
        for my $bind (qw( response both )) {
            $locations .= <<"EOF";
        location /$stream/$event/$bind/ {
            ioattest zone=io;
            ioattest_stream $stream;
            ioattest_signature_event $event;
            ioattest_bind $bind;
            proxy_pass http://api/v1/private/;
        }
EOF
        }
    }
}

my $nginx = IoattestNginx->start(workers => 2, http => <<'EOF',
    ioattest_zone io:1m;
    ioattest_background off;
    ioattest_ssl_verify off;
    upstream api { server 127.0.0.1:$TEST_NGINX_SIM_PORT; keepalive 8; }
    proxy_http_version 1.1;
    proxy_set_header Connection "";
EOF
    server => <<"EOF");
        ioattest_cpu off;
        ioattest_gpu off;
        ioattest_request /_ioattest/attestation;
        ioattest_models /_ioattest/models;
$locations
        location = /_ioattest/attestation {
            internal;
            proxy_pass http://api/v1/private/attestation;
        }
        location = /_ioattest/models {
            internal;
            proxy_pass http://api/v1/models;
        }
        location = /status { ioattest_status; }
EOF


# One request for ask_all(): how, the location, X-Sim, and its members.

sub request {
    my ($how, $place, $sim, %params) = @_;
    my $options = delete $params{options} // { maxRetries => 0 };

    return {
        how => $how,
        base_url => "http://127.0.0.1:$nginx->{port}/$place",
        headers => $sim ? { 'X-Sim' => $sim } : {},
        options => $options,
        params => {
            model => $model,
            messages => [{ role => 'user', content => 'hello' }],
            %params,
        },
    };
}


sub results {
    my (@requests) = @_;

    print {$to} $ascii->encode(\@requests), "\n";
    $to->flush;
    return @{ $ascii->decode(readline($from) // die "the client died\n") };
}


sub was_not_answered {
    my ($result) = @_;

    my $error = $result->{error} // return 0;
    return $error->{class} eq 'APIConnectionError' && !$result->{chunks};
}


# Results of requests that are made all at once.  A stream that is refused ends
# with its connection, which the client may have taken for the next request
# already; its own retries, most often off here, would mend that.

sub ask_all {
    my (@requests) = @_;

    my @results = results(@requests);
    my @again = grep { was_not_answered($results[$_]) } 0 .. $#results;

    @results[@again] = results(@requests[@again]) if @again;
    return @results;
}


sub ask {
    my ($result) = ask_all(request(@_));
    return $result;
}


sub refused {
    my ($result, $class, $status, $code, $name) = @_;
    my $error = $result->{error} // {};

    is_deeply([@{$error}{qw( class status code type )}, !!$error->{api}],
              [$class, $status, $code, 'attestation_error', !!1],
              "$name: $class, $code") or diag explain $result;
    return;
}


sub completions {
    return IoattestSim::stats()->{completions}{total};
}


my $tokens = join '', map { "token$_ " } 0 .. 9;

for my $stream (qw( tail hold )) {
    for my $event (qw( pass drop )) {
        my $place = "$stream/$event/both";
        my $name = "$stream, event $event";

        my $r = ask('create', $place);
        is_deeply([@{$r}{qw( content finish model error )}],
                  ['echo: hello', 'stop', $model, undef],
                  "$name: a completion") or diag explain $r;

        $r = ask('stream', $place, 'chunks=10');
        is_deeply([@{$r}{qw( content finish model error )}],
                  [$tokens, 'stop', $model, undef],
                  "$name: a stream") or diag explain $r;
        is($r->{chunks}, 12, "$name: all of its chunks");

        is(join(' ', map { join ',', sort keys %$_ } @{$r->{others}}),
           $event eq 'drop' ? ''
               : 'image_digest,signature,signing_address,signing_algo,text',
           "$name: chunks without choices");

        # the client's own accumulation wants choices in every chunk

        $r = ask('helper', $place, 'chunks=10');
        is($r->{error} ? $r->{error}{class} : $r->{content},
           $event eq 'drop' ? $tokens : 'OpenAIError',
           "$name: put together by the client") or diag explain $r;

        my @all = ask_all(map {
            request('stream', $place, '',
                    messages => [{ role => 'user',
                                   content => "prompt number $_" }])
        } 1 .. 20);
        is_deeply([map { $_->{error} // $_->{content} } @all],
                  [map { "echo: prompt number $_" } 1 .. 20],
                  "$name: twenty streams at once");
    }
}

# what of a stream comes when

my $slow = 'chunks=6, piece_delay=100';
cmp_ok(ask('stream', 'tail/drop/both', $slow)->{spread}, '>', 300,
       'tail: chunks come as they are sent');
cmp_ok(ask('stream', 'hold/drop/both', $slow)->{spread}, '<', 300,
       'hold: they come when all is verified');

# requests as this client writes them, whose hash has to be foretold

my @requests = (
    ['integers', temperature => 0, top_p => 1, max_tokens => 5, n => 1,
     presence_penalty => -2, seed => 9_007_199_254_740_991],
    ['fractions', temperature => 0.7, top_p => 0.95, frequency_penalty => 0.1],
    ['tiny', temperature => 0.0000001],
    ['no ASCII', messages => [{ role => 'user',
                                content => "caf\x{e9} \x{1f600} \"\\\n/" }]],
    ['parts', messages => [{ role => 'user', content =>
        [{ type => 'text', text => 'hi' }] }], stop => ['a', 'b']],
    ['a tool', tools => [{ type => 'function', function => { name => 'f',
        parameters => { type => 'object', properties => {} } } }]],
    ['nulls', stop => undef, user => undef],
    ['options', stream_options => { include_usage => JSON::PP::true },
     response_format => { type => 'json_object' }],
);

for my $case (@requests) {
    my ($name, @params) = @$case;
    my @all = ask_all(request('create', 'hold/drop/both', '', @params),
                      request('stream', 'tail/drop/both', '', @params));
    is_deeply([map { $_->{error} } @all], [undef, undef],
              "bind both: $name") or diag explain \@all;
    is($all[0]{content}, $all[1]{content}, "bind both: $name: what is said");
}

my $count = $nginx->status->{requests};
is($count->{mismatch}, 0, 'no request hash differs');
is($count->{unknown}, 0, 'each is known');
is($count->{match}, completions(), 'and compared');

# refusals

my @whole = qw( InternalServerError 502 );

for my $stream (qw( tail hold )) {
    my $place = "$stream/drop/both";

    # a completion is held in either mode

    for my $case (['flip_body', 'response_hash_mismatch'],
                  ['response_hash', 'response_hash_mismatch'],
                  ['request_hash', 'request_hash_mismatch'],
                  ['no_signature', 'no_signature'],
                  ['sig_flip=9', 'signature_mismatch'],
                  ['forged', 'untrusted_address', model => $other])
    {
        my ($sim, $code, @params) = @$case;
        my $r = ask('create', $place, $sim, @params);
        refused($r, @whole, $code, "$stream: a completion, $sim");
        is($r->{content}, '', 'and none of its text');
    }

    # a stream that has begun ends with an event, one that is held has a status

    my @how = $stream eq 'tail' ? ('APIError', undef) : @whole;

    for my $case (['tamper_line', 'response_hash_mismatch'],
                  ['drop_line=4', 'response_hash_mismatch'],
                  ['request_hash', 'request_hash_mismatch'],
                  ['sig_flip=9', 'signature_mismatch'],
                  ['no_event', 'stream_unsigned'],
                  ['stop_before_done', 'stream_truncated'],
                  ['stop_mid_line', 'stream_truncated'],
                  ['smuggle_no_space', 'stream_ambiguous'],
                  ['two_events', 'stream_ambiguous'],
                  ['forged', 'untrusted_address', model => $other])
    {
        my ($sim, $code, @params) = @$case;
        my $r = ask('stream', $place, "chunks=10, $sim", @params);
        refused($r, @how, $code, "$stream: a stream, $sim");

        if ($stream eq 'hold') {
            is($r->{chunks}, 0, 'and none of it');

        } else {
            cmp_ok($r->{chunks}, '>', 0, 'after what was passed on');
        }

        unlike($r->{content}, qr/leaked/, 'and nothing that is not signed');
    }

    my @errors = map { $_->{error} // {} } ask_all(map {
        request('stream', $place, "chunks=10, truncate=$_")
    } map { 97 * $_ } 1 .. 30);
    my @thrown = map { join ' ', map { $_ // '-' } @{$_}{qw( class code )} }
                 @errors;
    is_deeply([grep { !/^$how[0] (stream_truncated|malformed_signature)$/ }
               @thrown], [], "$stream: wherever it is cut");

    my $r = ask('helper', $place, 'chunks=10, tamper_line');
    is($r->{error}{code}, 'response_hash_mismatch',
       "$stream: one that the client puts together fails with the code");

    for my $how (qw( create stream )) {
        my $before = completions();
        refused(ask($how, $place, '', max_tokens => '5'),
                'BadRequestError', 400, 'request_ambiguous',
                "$stream: $how, what the agent would coerce");
        refused(ask($how, $place, '', messages =>
                    [{ role => 'user', content => "\x{d83d}" }]),
                'BadRequestError', 400, 'request_ambiguous',
                "$stream: $how, half of a character");
        refused(ask($how, $place, '', model => 'nobody'),
                'NotFoundError', 404, 'model_unknown',
                "$stream: $how, an unknown model");
        is(completions(), $before, 'of which nothing was sent');

        my $r = ask($how, "$stream/drop/response", '', max_tokens => '5');
        is($r->{content}, 'echo: hello', 'bind response: it passes');
    }

    $r = ask('stream', $place, 'error=429');
    is_deeply([@{$r->{error}}{qw( class status code )}],
              ['RateLimitError', 429, undef],
              "$stream: an error of the API's own stays that");
}

# retries, of which the client makes two unless told otherwise

for my $how (qw( create stream )) {
    my $before = completions();
    refused(ask($how, 'hold/drop/both', 'request_hash', options => {}),
            @whole, 'request_hash_mismatch', "$how: what a retry cannot mend");
    is(completions(), $before + 1, 'is not tried again');

    $before = completions();
    refused(ask($how, 'hold/drop/both', 'sig_flip=9', options => {}), @whole,
            'signature_mismatch', "$how: what another machine may");
    is(completions(), $before + 3, 'is');
}

IoattestSim::set(completion => 'no_event', completion_times => 1);
my $before = completions();
my $mended = ask('stream', 'hold/drop/both', '', options => {});
is($mended->{content}, 'echo: hello', 'what a retry may mend is tried again');
is(completions(), $before + 2, 'once');

is_deeply([$nginx->log =~ /^(.*\[(?:alert|crit|emerg)\].*)$/mg], [],
          'nothing alarming in the log');

close $to;
waitpid $pid, 0;
is($?, 0, 'the client ends well');

done_testing();
