# Every recording of the agent through the gateway: what it signed passes, a
# JSON body byte for byte and a stream made anew, and nothing else does.

use strict;
use warnings;

use FindBin;
use Test::More;

use lib "$FindBin::Bin/lib";
use IoattestNginx;

my $replay = "$FindBin::Bin/lib/recorded/replay.py";
my $python = $ENV{IOATTEST_PYTHON} // '/usr/bin/python3';
my $vectors = $ENV{IOATTEST_VECTORS} // "$FindBin::Bin/../../shared/vectors";

if (!-d "$vectors/agent") {
    plan skip_all => "700 recordings skipped: $vectors is not there";
}

# the library says which requests have no hash
$ENV{CORE_DIR} //= "$FindBin::Bin/../build/core";

my @addresses = split ' ', `$python $replay addresses`;
my $pid = open my $api, '-|', $python, $replay, 'serve'
    or die "$python: $!\n";
my ($port) = readline($api) =~ /^ready (\d+)/ or die "no port\n";

my %modes = (
    tail => '',
    hold => 'ioattest_stream hold;',
    both => 'ioattest_bind both;',
);
my $server = '';

for my $i (0 .. $#addresses) {
    for my $mode (sort keys %modes) {
        $server .= <<"EOF";
        location /$i/$mode/ {
            ioattest zone=io;
            ioattest_trust $addresses[$i];
            $modes{$mode}
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_pass http://api/;
        }
EOF
    }
}

my $nginx = IoattestNginx->start(workers => 1, server => $server,
    http => "    ioattest_zone io:1m;\n    ioattest_ssl_verify off;\n"
            . "    client_max_body_size 8m;\n"
            . "    client_body_buffer_size 64k;\n"
            . "    upstream api { server 127.0.0.1:$port; keepalive 8; }\n");

open my $run, '-|', $python, $replay, 'drive', $nginx->{port},
    sort keys %modes or die "$python: $!\n";

my $ran = 0;

while (my $line = readline $run) {
    chomp $line;

    if ($line =~ /^(not )?ok (.*)/) {
        $ran++;
        ok(!$1, $2);

    } else {
        note($line);
    }
}

ok(close $run, 'the client came to its end');
cmp_ok($ran, '>=', 3 * 500, 'all recordings were asked for');
is_deeply([$nginx->log =~ /^(.*\[(?:alert|crit|emerg)\].*)$/mg], [],
          'no alert');

kill 'TERM', $pid;
done_testing();
