# A stream through a filter below the module that makes subrequests: what comes
# behind an include that takes its time is shown all the same.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Socket::INET;
use Test::More;
use Time::HiRes qw( sleep );

use IoattestNginx;
use IoattestSim;

# The model's name is in every event.
my $model = "<!--# include virtual='/slow' -->";

IoattestSim->start(machines => 1, models => [$model]);

# what is included, some time after it was asked for

my $slow = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 16,
                                 ReuseAddr => 1) or die "no socket: $!\n";
my $pid = fork // die "fork: $!\n";
if ($pid == 0) {
    while (my $client = $slow->accept) {
        sysread $client, my $request, 4096;
        sleep 0.4;
        syswrite $client, "HTTP/1.0 200 OK\r\nContent-Length: 8\r\n\r\nINCLUDED";
        close $client;
    }
    exit 0;
}
my $port = $slow->sockport;
close $slow;

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
        location /v1/private/ {
            ioattest zone=io;
            ssi on;
            ssi_types *;
            proxy_pass http://api;
        }
        location = /slow { proxy_pass http://127.0.0.1:$port; }
EOF

for my $sim ('chunks=1', 'chunks=4') {
    my $request = IoattestNginx::completion(
        path => '/v1/private/completions', model => $model, sim => $sim);
    $request =~ s/\{"model":/{"stream":true,"model":/;
    $request =~ s/Content-Length: (\d+)/'Content-Length: ' . ($1 + 14)/e;

    my ($got) = $nginx->ask($request);
    is($got->{code}, 200, "$sim: verified");
    like($got->{body}, qr/INCLUDED/, 'what is included is there');
    like($got->{body}, qr/data: \[DONE\]\s+0\s*\z/, 'and the end of the stream');
}

kill 'TERM', $pid;
waitpid $pid, 0;
$nginx->stop;
is_deeply([$nginx->log =~ /^(.*\[(?:alert|crit|emerg)\].*)$/mg], [],
          'nothing alarming in the log');
done_testing();
