# A client that reads nothing holds the API back, whatever a stream is made
# of: lines that fit a buffer, lines that two buffers share, heartbeats.  What
# the API could send, and how much memory the worker took, is measured.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Select;
use IO::Socket::INET;
use Test::More;
use Time::HiRes qw( sleep time );

use IoattestNginx;

my $most_sent = 24 * 1024 * 1024;       # what the sockets' buffers take
my $most_grown = 8 * 1024;              # kB

sub line {
    my ($n) = @_;
    return 'data: {"c":"' . 'x' x $n . "\",\"finish_reason\":null}\n\n";
}

my %stream = (
    '/small' => line(100) x 400,
    '/shared' => line(5000) x 8,
    '/beats' => ": keepalive\n" x 4000,
);

# The API: a process that sends until nobody takes anything any more, and
# writes down how much that was.

my $api = IO::Socket::INET->new(Listen => 8, LocalAddr => '127.0.0.1')
    or die "listen: $!\n";
my $port = $api->sockport;

pipe my $told, my $tell or die "pipe: $!\n";

my $pid = fork // die "fork: $!\n";

if ($pid == 0) {
    close $told;
    $tell->autoflush(1);

    while (my $client = $api->accept) {
        my $head = '';
        while ($head !~ /\r\n\r\n/) {
            sysread $client, $head, 65_536, length $head or last;
        }
        my ($path) = $head =~ m{^POST (\S+)};
        my ($sent, $at) = (0, 0);
        my $data = $stream{$path};
        my $select = IO::Select->new($client);

        syswrite $client, "HTTP/1.1 200 OK\r\nContent-Type: "
                          . "text/event-stream\r\nConnection: close\r\n\r\n";
        $client->blocking(0);

        while ($sent < 100 * 1024 * 1024 && $select->can_write(1)) {
            my $n = syswrite $client, $data, 65_536, $at;
            defined $n or last;
            $sent += $n;
            $at = ($at + $n) % length $data;
        }

        print {$tell} "$sent\n";
        close $client;
    }
    exit 0;
}

close $tell;
close $api;

my $nginx = IoattestNginx->start(workers => 1, http => <<'EOF',
    ioattest_zone io:1m;
    ioattest_background off;
    proxy_http_version 1.1;
EOF
    server => <<"EOF");
        location / {
            ioattest zone=io;
            ioattest_trust 0x0000000000000000000000000000000000000001;
            proxy_buffer_size 4k;
            proxy_buffers 4 4k;
            proxy_busy_buffers_size 4k;
            proxy_pass http://127.0.0.1:$port;
        }
EOF

sub rss {
    my ($worker) = $nginx->workers;
    open my $in, '<', "/proc/$worker/status" or return 0;
    return (join '', <$in>) =~ /VmRSS:\s+(\d+)/ ? $1 : 0;
}

my $ask = '{"stream":true}';

for my $path (sort keys %stream) {
    my $socket = IO::Socket::INET->new(Proto => 'tcp') or die "socket: $!\n";
    setsockopt $socket, SOL_SOCKET, SO_RCVBUF, 4096;
    $socket->connect(pack_sockaddr_in($nginx->{port}, inet_aton('127.0.0.1')))
        or die "connect: $!\n";

    my $before = rss();
    syswrite $socket, "POST $path HTTP/1.1\r\nHost: x\r\nContent-Length: "
                      . length($ask) . "\r\n\r\n$ask";

    my $sent = readline $told;
    chomp $sent;
    my $grown = rss() - $before;

    cmp_ok($sent, '>', 16_384, "$path: the stream flows");
    cmp_ok($sent, '<', $most_sent, "$path: and the API is held back");
    cmp_ok($grown, '<', $most_grown, "$path: the worker does not grow");
    close $socket;
}

is_deeply([$nginx->log =~ /^(.*\[(?:alert|crit|emerg)\].*)$/mg], [],
          'no alert');

kill 'TERM', $pid;
done_testing();
