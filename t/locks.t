# The watch over locks that make lockcheck builds can fail: a lock that was
# forgotten, and one that is taken twice, end the worker; the module as it is
# has neither.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use IoattestNginx;
use IoattestSim;

my $dir = "$FindBin::Bin/../build/lockcheck";

plan skip_all => 'no watched module: make lockcheck'
    if grep { !-f "$dir/$_.so" } qw( good unlocked twice );

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

done_testing();
