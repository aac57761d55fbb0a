# Interim statuses: an answer of status 1xx is refused, signed or not, and no
# early hint passes, whatever the verdict will be.  A dry run keeps framing and
# headers as they are.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Socket::INET;
use Test::More;

use IoattestNginx;
use IoattestSim;

IoattestSim->start(machines => 1);

my ($version) = `@{[ $ENV{TEST_NGINX_BINARY} || 'nginx' ]} -v 2>&1`
    =~ m{nginx/1\.(\d+)\.};
my $hints = ($version // 0) >= 29;

# An API that sends early hints before what the simulator answers.

my $api = IO::Socket::INET->new(Listen => 8, LocalAddr => '127.0.0.1')
    or die "listen: $!\n";
my $port = $api->sockport;
my $sim = $ENV{TEST_NGINX_SIM_PORT};
my $pid = fork // die "fork: $!\n";

if ($pid == 0) {
    while (my $client = $api->accept) {
        my ($head, $body, $length) = ('', '', 0);
        $head .= readline $client until $head =~ /\r\n\r\n\z/;
        ($length) = $head =~ /^content-length: (\d+)/mi;
        read $client, $body, $length;
        my $up = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$sim")
            or die "simulator: $!\n";
        $head =~ s/^connection:.*\r\n//mi;
        $head =~ s/\r\n\r\n\z/\r\nConnection: close\r\n\r\n/;
        print {$up} $head, $body;
        print {$client} "HTTP/1.1 103 Early Hints\r\nLink: </evil>\r\n"
            . "Set-Cookie: evil=1\r\n\r\n";
        print {$client} $_ while <$up>;
        close $client;
    }
    exit 0;
}

close $api;

my $early = $hints ? 'early_hints 1;' : '';
my $nginx = IoattestNginx->start(workers => 1, http => <<'EOF',
    ioattest_zone io:1m;
    ioattest_background off;
    upstream api { server 127.0.0.1:$TEST_NGINX_SIM_PORT; }
    proxy_http_version 1.1;
EOF
    server => <<"EOF");
        ioattest_trust \$TEST_NGINX_SIM_ADDRESS_0;
        location /on/ { ioattest zone=io;
                        proxy_pass http://api/v1/private/; }
        location /off/ { ioattest zone=io; ioattest_bind off;
                         proxy_pass http://api/v1/private/; }
        location /dry/ { ioattest zone=io; ioattest_dry_run on;
                         proxy_force_ranges on;
                         proxy_pass http://api/v1/private/; }
        location /hints/ { ioattest zone=io; $early
                           proxy_pass http://127.0.0.1:$port/v1/private/; }
        location /plain/ { $early
                           proxy_pass http://127.0.0.1:$port/v1/private/; }
EOF

my $model = '"model":"meta-llama/Llama-3.3-70B-Instruct","messages":[]';

# All that comes on a connection which the request asks to be closed.
sub ask {
    my ($path, $more, $body) = @_;
    my $socket = $nginx->connect;
    $body //= "{$model}";
    print {$socket} "POST $path HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        . "Content-Type: application/json\r\n$more" . 'Content-Length: '
        . length($body) . "\r\n\r\n$body";
    local $/;
    return scalar <$socket>;
}

# signed, and yet no answer

like(ask('/on/completions', ''), qr{\AHTTP/1.1 200 }, 'status 200 verifies');

for my $status (100, 102, 103, 199) {
    for my $path (qw( /on/ /off/ )) {
        my $got = ask("${path}completions", "X-Sim: status=$status\r\n");
        like($got, qr{\AHTTP/1.1 502 .*"code":"}s, "$path: $status");
    }
}

# a dry run: the part that nginx makes has the length that it says

my $part = ask('/dry/completions', "Range: bytes=0-1\r\n");
my ($length) = $part =~ /^Content-Length: (\d+)/mi;
my ($body) = $part =~ /\r\n\r\n(.*)/s;
like($part, qr{\AHTTP/1.1 206 }, 'a range in a dry run');
is(length $body, $length, '... is as long as it says');

my $stream = ask('/dry/completions', "X-Sim: length\r\n",
                 qq({$model,"stream":true}));
like($stream, qr{\AHTTP/1.1 200 .*^Content-Length: \d+.*\[DONE\]}msi,
     'a stream in a dry run keeps its length');

# early hints

SKIP: {
    skip 'early hints are of nginx 1.29', 4 if !$hints;

    like(ask('/plain/completions', "Early: 1\r\n"), qr{\AHTTP/1.1 103 },
         'nginx passes early hints on');

    for (['verified', ''], ['refused', "X-Sim: tamper=1\r\n"]) {
        my ($name, $sim) = @$_;
        my $got = ask('/hints/completions', $sim);
        unlike($got, qr/evil|HTTP\/1.1 103/, "none pass, $name");
        last if $name eq 'refused';
        like($got, qr{\AHTTP/1.1 200 }, '... and the answer does');
    }
}

is_deeply([$nginx->log =~ /^(.*\[(?:alert|crit|emerg)\].*)$/mg], [],
          'no alert');

kill 'TERM', $pid;
done_testing();
