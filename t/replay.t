# ioattest_replay: a signed text is good for one answer.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw( sleep );

use IoattestNginx;
use IoattestSim;

IoattestSim->start(machines => 2);

sub text {
    my (%arg) = @_;
    my $window = $arg{window} // '';

    return (http => <<'EOF', server => <<"EOF");
    ioattest_zone io:1m;
    ioattest_background off;
    ioattest_ssl_verify off;
    ioattest_zone tiny:64k;
    ioattest_zone trial:1m;
    ioattest_zone plain:1m;
    upstream api { server 127.0.0.1:$TEST_NGINX_SIM_PORT; keepalive 16; }
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    ioattest_cpu off;
    ioattest_gpu off;
    ioattest_request /_ioattest/attestation;
    ioattest_models /_ioattest/models;
EOF
        location /plain/ {
            ioattest zone=plain;
            $window
            proxy_pass http://api/v1/private/;
        }
        location /open/ { ioattest zone=io; proxy_pass http://api/v1/private/; }
        location /once/ {
            ioattest zone=io;
            ioattest_replay 60s;
            proxy_pass http://api/v1/private/;
        }
        location /both/ {
            ioattest zone=io;
            ioattest_replay 60s;
            ioattest_bind both;
            proxy_pass http://api/v1/private/;
        }
        location /unbound/ {
            ioattest zone=io;
            ioattest_replay 60s;
            ioattest_bind off;
            proxy_pass http://api/v1/private/;
        }
        location /hold/ {
            ioattest zone=io;
            ioattest_replay 60s;
            ioattest_stream hold;
            proxy_pass http://api/v1/private/;
        }
        location /second/ {
            ioattest zone=io;
            ioattest_replay 1s;
            proxy_pass http://api/v1/private/;
        }
        location /tiny/ {
            ioattest zone=tiny;
            ioattest_replay 1h;
            proxy_pass http://api/v1/private/;
        }
        location /trial/ {
            ioattest zone=trial;
            ioattest_replay 60s;
            ioattest_dry_run on;
            proxy_pass http://api/v1/private/;
        }
        location = /_ioattest/attestation {
            internal;
            proxy_pass http://api/v1/private/attestation;
        }
        location = /_ioattest/models {
            internal;
            proxy_pass http://api/v1/models;
        }
        location = /status { ioattest_status; }
        location = /metrics { ioattest_status prometheus; }
EOF
}

my $nginx = IoattestNginx->start(workers => 4, text());


sub request {
    my ($where, $text, $sim) = @_;
    return IoattestNginx::completion(path => "/$where/completions",
        text => $text, sim => join ', ', 'machine=0', $sim // ());
}


sub stream {
    my $request = request(@_);
    $request =~ s/\{"model":/{"stream":true,"model":/;
    my $body = length($request) - index($request, "\r\n\r\n") - 4;
    $request =~ s/Content-Length: \d+/Content-Length: $body/;
    return $request;
}


# 200, or the reason of the refusal.
sub ask {
    my @seen = map { $_->{code} == 200 && !$_->{reason} ? 200 : $_->{reason} }
               $nginx->ask(@_);
    return wantarray ? @seen : $seen[0];
}


sub zone {
    my ($name) = @_;
    my ($zone) = grep { $_->{name} eq $name } @{$nginx->status->{zones}};
    return $zone;
}


# a text that comes again

is(ask(request('open', 'again')), 200, 'off by default') for 1 .. 2;
is(zone('io')->{replay}{used}, 0, 'nothing is kept for it');

# the window's share is taken when the zone is laid out

cmp_ok(zone($_)->{replay}{size}, '>', 100, "room from the start: $_")
    for qw( io tiny trial );
is(zone('plain')->{replay}{size}, 0, 'none where no location has a window');

is(ask(request('once', 'first')), 200, 'a new text');
my ($answer) = $nginx->ask(request('once', 'first'));
is($answer->{code}, 502, 'the same text again');
is($answer->{reason}, 'replayed', 'is refused');
unlike($answer->{head} . $answer->{body}, qr/^signature|signing_|echo/m,
       'and nothing of it is seen');
like($nginx->log, qr/ioattest: refused replayed: /, 'but logged');
is(ask(request('once', 'second')), 200, 'another text');
is(ask(request('once', 'other', 'replay_last')), 'replayed',
   'an older answer to another prompt');
is(ask(request('once', 'first', 'machine=1')), 'replayed',
   'by another machine: it is the text that counts');
is(ask(request('open', 'first')), 200, 'where it is off, it passes');

my $replay = zone('io')->{replay};
is($replay->{used}, 2, 'the status says how many are kept');
cmp_ok($replay->{size}, '>', 1000, 'and how many could be');
is($replay->{evictions}, 0, 'none has been dropped');
is(zone('io')->{responses}{rejected}{replayed}, 3, 'refusals count');

# every way to a verdict

is(ask(request('both', 'both')), 200, 'with ioattest_bind both');
is(ask(request('both', 'both')), 'replayed', 'once');
is(ask(request('unbound', 'unbound')), 200, 'with ioattest_bind off');
is(ask(request('unbound', 'unbound')), 'replayed', 'once');
is(ask(request('once', 'unbound')), 'replayed', 'a zone has one window');

for my $where (qw( once hold )) {
    is(ask(stream($where, "stream $where")), 200, "a stream, $where");
    ($answer) = $nginx->ask(stream($where, "stream $where"));
    is($answer->{reason}, 'replayed', 'is good for one answer');
    unlike($answer->{body}, qr/\[DONE\]/, 'and does not end as it should');
}
is($answer->{code}, 502, 'the one that was held is a refusal');

IoattestSim::set(generation => { 0 => 1 });
is(ask(request('once', 'new machine')), 200,
   'a signer that is attested for its answer');
is(ask(request('once', 'new machine')), 'replayed', 'is no way around');
IoattestSim::reset();

# what was refused is not noted

for my $sim (qw( flip_body sig_flip text_digit truncate )) {
    isnt(ask(request('once', "refused $sim", $sim)), 200, "$sim");
    is(ask(request('once', "refused $sim")), 200, 'the genuine one passes');
}
is(ask(request('both', 'asked', 'request_hash=' . 'ab' x 32)),
   'request_hash_mismatch', 'another request');
is(ask(request('once', 'asked', 'request_hash=' . 'ab' x 32)), 200,
   'its text passes where that does not matter');
is(ask(stream('once', 'stream refused', 'tamper_line')),
   'response_hash_mismatch', 'a stream that was altered');
is(ask(stream('once', 'stream refused')), 200, 'the genuine one passes');

# workers

my @seen = ask(map { request('once', 'all at once') } 1 .. 40);
is(scalar(grep { $_ eq '200' } @seen), 1, 'of 40 at once one passes');
is(scalar(grep { $_ eq 'replayed' } @seen), 39, 'over four workers');

$nginx->reload;
is(ask(request('once', 'first')), 'replayed', 'a reload forgets nothing');

# the time

is(ask(request('second', 'timed')), 200, 'for a second');
is(ask(request('second', 'timed')), 'replayed', 'it is refused');
sleep 1.1;
is(ask(request('second', 'timed')), 200, 'after that it passes');
is(ask(request('second', 'timed')), 'replayed', 'once');
is(ask(request('once', 'timed')), 'replayed',
   'a longer window sees it all the same');

# a small zone

is(ask(request('tiny', 'n0')), 200, 'a small zone');
my $size = zone('tiny')->{replay}{size};
cmp_ok($size, '>', 100, 'keeps some');
cmp_ok($size, '<', 1000, 'and not too many');

my $bad = grep { ask(request('tiny', "n$_")) ne '200' } 1 .. $size - 1;
is($bad, 0, 'it takes as many as it says');
is(zone('tiny')->{replay}{used}, $size, 'it is full');
is(zone('tiny')->{replay}{evictions}, 0, 'nothing was dropped');
is(ask(request('tiny', 'n0')), 'replayed', 'the oldest is known');
is(ask(request('tiny', 'one more')), 200, 'one more');
is(ask(request('tiny', 'n1')), 'replayed', 'the second oldest is known');
is(ask(request('tiny', 'n' . ($size - 1))), 'replayed', 'the latest as well');
is(ask(request('tiny', 'n0')), 200, 'the oldest had to go');
is(ask(request('tiny', 'n1')), 200, 'and then the next');
is(ask(request('tiny', 'one more')), 'replayed', 'in the order of coming');
$replay = zone('tiny')->{replay};
is($replay->{used}, $size, 'it stays full');
is($replay->{evictions}, 3, 'what went before its time is counted');
my ($page) = $nginx->ask("GET /metrics HTTP/1.1\r\nHost: localhost\r\n"
                         . "Connection: close\r\n\r\n");
like($page->{body}, qr/^ioattest_replay_evictions_total\{zone="tiny"\} 3$/m,
     'in the metrics too');

# a dry run

is(ask(request('trial', 'trial')), 200, 'a dry run') for 1 .. 3;
is(zone('trial')->{replay}{used}, 1, 'notes texts');
is(zone('trial')->{dry_run_would_reject}, 2, 'and counts');
like($nginx->log, qr/would refuse replayed/, 'and logs');

# a configuration that is the first to have a window

is(ask(request('plain', 'before')), 200, 'a zone without a window');
my $machines = @{zone('plain')->{machines}};
$nginx->configure(text(window => 'ioattest_replay 60s;'));
$nginx->reload;
$nginx->wait_for(sub { $nginx->workers == 4 });
cmp_ok(zone('plain')->{replay}{size}, '>', 1000, 'a reload makes room');
is(scalar @{zone('plain')->{machines}}, $machines, 'and keeps what is there');
is(ask(request('plain', 'after')), 200, 'a new text');
is(ask(request('plain', 'after')), 'replayed', 'the same text again');

unlike($nginx->log, qr/\[(?:alert|crit|emerg)\]/, 'no alarm in the log');

done_testing();
