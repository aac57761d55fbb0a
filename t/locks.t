# The watch over locks that make lockcheck builds can fail: a lock that was
# forgotten, and one that is taken twice, end the worker; the module as it is
# has neither.  Nor does it call more than look-ups in memory while it holds one.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use IoattestNginx;
use IoattestSim;

my $dir = "$FindBin::Bin/../build/lockcheck";

plan skip_all => 'no watched module: make lockcheck'
    if grep { !-f "$dir/$_.so" } qw( good unlocked twice slow );

IoattestSim->start(machines => 1);

for (['good', ''], ['unlocked', qr/^lockcheck: \w+_locked\(\) at depth 0 in /m],
     ['twice', qr/^lockcheck: ngx_shmtx_lock\(\) at depth 1 in /m])
{
    my ($name, $says) = @$_;

    local $ENV{TEST_NGINX_LOAD_MODULES} = "$dir/$name.so";
    my $nginx = IoattestNginx->start(workers => 1, http => <<'EOF',
    ioattest_zone io:1m;
    ioattest_ssl_verify off;
EOF
        server => <<'EOF');
        location /v1/private/ {
            ioattest zone=io;
            ioattest_cpu off;
            ioattest_gpu off;
            ioattest_request /_attestation;
            ioattest_model_id x;
            proxy_pass http://127.0.0.1:$TEST_NGINX_SIM_PORT;
        }
        location = /_attestation {
            internal;
            proxy_pass http://127.0.0.1:$TEST_NGINX_SIM_PORT/v1/private/attestation;
        }
EOF
    my ($answer) = $nginx->ask(IoattestNginx::completion());
    my $log = $nginx->log;

    if ($says) {
        is($answer->{code}, 0, "$name: the worker ends");
        like($log, $says, '... and says where');

    } else {
        is($answer->{code}, 200, "$name: an answer");
        unlike($log, qr/lockcheck:|\[alert\]/, '... and no complaint');
    }

    $nginx->stop;
}

# what is called with a lock, read from the code

for (['good', '', 0], ['slow', qr/^\w+_store_lock calls usleep$/m, 1]) {
    my ($name, $says, $status) = @$_;

    my $said = qx("$FindBin::Bin/../scripts/held.py" "$dir/$name.so" 2>&1);
    is($? >> 8, $status, "$name: what is called with a lock");
    $says ? like($said, $says, '... and it says what')
          : is($said, '', '... is as it has to be');
}

done_testing();
