# Texts that nginx puts before and behind a response (add_before_body,
# add_after_body), each from a service that takes its time: an answer that is
# shown and the JSON of a refusal come whole, and the connection goes on.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Socket::INET;
use Test::More;
use Time::HiRes qw( sleep );

use IoattestNginx;
use IoattestSim;

IoattestSim->start(machines => 1);

# the service of the texts: "NAME", and "/slow/NAME" some time after

my $texts = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 64,
                                  ReuseAddr => 1) or die "no socket: $!\n";
my $pid = fork // die "fork: $!\n";
if ($pid == 0) {
    $SIG{CHLD} = 'IGNORE';
    while (my $client = $texts->accept) {
        next if fork;
        sysread $client, my $request, 4096;
        my ($slow, $name) = $request =~ m{^GET (/slow)?/(\w+)};
        sleep 0.3 if $slow;
        syswrite $client, "HTTP/1.0 200 OK\r\nContent-Length: "
                          . length($name) . "\r\n\r\n$name";
        exit 0;
    }
    exit 0;
}
my $port = $texts->sockport;
close $texts;

my @places = map { my $b = $_; map { [$b, $_] } '', '/BEHIND', '/slow/BEHIND' }
             '', '/BEFORE', '/slow/BEFORE';

my $locations = '';
for my $i (1 .. $#places) {
    my ($before, $behind) = @{ $places[$i] };
    for my $hold (qw( tail hold )) {
        $locations .= "location /$hold$i/ {\n"
            . "    ioattest zone=io;\n    ioattest_stream $hold;\n"
            . "    addition_types *;\n"
            . ($before ? "    add_before_body $before;\n" : '')
            . ($behind ? "    add_after_body $behind;\n" : '')
            . "    proxy_pass http://api/v1/private/;\n}\n";
    }
}

my $nginx = IoattestNginx->start(workers => 1, http => <<'EOF', server => <<"EOF");
    ioattest_zone io:1m;
    ioattest_background off;
    upstream api { server 127.0.0.1:$TEST_NGINX_SIM_PORT; }
EOF
        ioattest_models off;
        ioattest_model_id x;
        ioattest_trust \$TEST_NGINX_SIM_ADDRESS_0;
        ioattest_cpu off;
        ioattest_gpu off;
        client_max_body_size 8k;
        $locations
        location /slow/ { proxy_pass http://127.0.0.1:$port; }
        location /BEFORE { proxy_pass http://127.0.0.1:$port; }
        location /BEHIND { proxy_pass http://127.0.0.1:$port; }
        location /next { return 200 "next"; }
EOF

my (@requests, @names, @wanted);

for my $i (1 .. $#places) {
    my ($before, $behind) = map { s{.*/}{}r } @{ $places[$i] };

    for my $case (['an answer', 'hold', '', 0, 200],
                  ['a stream', 'tail', 'chunks=4', 1, 200],
                  ['a stream', 'hold', 'chunks=4', 1, 200],
                  ['a wrong stream', 'tail', 'chunks=4, text_flip', 1, 200],
                  ['a wrong answer', 'hold', 'text_flip', 0, 502],
                  ['a wrong stream', 'hold', 'chunks=4, text_flip', 1, 502])
    {
        my ($name, $hold, $sim, $stream, $code) = @$case;
        my $request = IoattestNginx::completion(
            path => "/$hold$i/completions", sim => $sim);
        if ($stream) {
            $request =~ s/\{"model":/{"stream":true,"model":/;
            $request =~ s/Content-Length: (\d+)/'Content-Length: ' . ($1 + 14)/e;
        }
        $request =~ s/Connection: close\r\n//;
        push @requests, $request . "GET /next HTTP/1.1\r\nHost: localhost\r\n"
                                 . "Connection: close\r\n\r\n";
        push @names, "$name ($hold), '$places[$i][0]', '$places[$i][1]'";
        push @wanted, [$code, $before, $behind, $sim =~ /flip/];
    }
}

my @got = $nginx->ask(@requests);

for my $i (0 .. $#got) {
    my ($code, $before, $behind, $wrong) = @{ $wanted[$i] };

    is($got[$i]{code}, $code, $names[$i]);
    is($got[$i]{stuck}, 0, '... ends');

    if ($code == 502) {

        # nginx adds texts to a status of 200 alone
        my ($length) = $got[$i]{head} =~ /^Content-Length: (\d+)/m;
        my $next = substr $got[$i]{body}, $length // 0;
        like($next, qr/^HTTP.*\r\n\r\nnext$/s, '... and the next request');
        next;
    }

    my ($text, $next) = chunks($got[$i]{body});
    my $end = $wrong ? 'event: error\ndata: \{.*\}\}\n\n'
                     : '(?:\}|data: \[DONE\]\n\n)';
    like($text, qr/^$before.*$end$behind$/s, '... whole');

    # a stream that was refused ends its connection
    like($next, $wrong ? qr/^$/ : qr/^HTTP.*\r\n\r\nnext$/s,
         '... and the next request');
}

# -> the body that came in chunks, and what follows it

sub chunks {
    my ($raw) = @_;
    my $text = '';

    while ($raw =~ s/^([0-9a-f]+)\r\n//) {
        my $n = hex $1;
        $text .= substr $raw, 0, $n, '';
        $raw =~ s/^\r\n// or return ("$text (broken)", $raw);
        return ($text, $raw) if $n == 0;
    }

    return ("$text (broken)", $raw);
}

kill 'TERM', $pid;
waitpid $pid, 0;
$nginx->stop;
is_deeply([$nginx->log =~ /^(.*\[(?:alert|crit|emerg)\].*)$/mg], [],
          'nothing alarming in the log');
done_testing();
