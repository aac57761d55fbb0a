# Many requests, many machines: single flight, the unknown signer, reloads,
# workers that are killed.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw( sleep );

use IoattestNginx;
use IoattestSim;

IoattestSim->start(machines => 8);

my $http = <<'EOF';
    ioattest_zone io:1m;
    ioattest_background off;
    ioattest_ssl_verify off;
    upstream api { server 127.0.0.1:$TEST_NGINX_SIM_PORT; keepalive 16; }
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    ioattest_cpu off;
    ioattest_gpu off;
    ioattest_request /_ioattest/attestation;
    ioattest_models /_ioattest/models;
EOF

my $server = <<'EOF';
        location /v1/private/ { ioattest zone=io; proxy_pass http://api; }
        location /few/ {
            ioattest zone=io;
            ioattest_attempts 3;
            ioattest_fail_timeout 60s;
            proxy_pass http://api/v1/private/;
        }
        location /short/ {
            ioattest zone=io;
            ioattest_timeout 400ms;
            ioattest_wait 1s;
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
EOF

my $nginx = IoattestNginx->start(http => $http, server => $server);

# 200 first requests at once

IoattestSim::set(attest_delay_ms => 20);
my @answers = $nginx->ask(map { IoattestNginx::completion(text => "n$_") }
                          1 .. 200);
is(scalar(grep { $_->{code} == 200 } @answers), 200,
   '200 first requests over 2 workers against 8 machines are verified');

my $stats = IoattestSim::stats();
cmp_ok($stats->{attestations}{total}, '<=', 16,
       'with 8 attestations, and those under way as the last machine is met');
is(scalar keys %{$stats->{attestations}{machines}}, 8,
   'each machine is attested');
is(scalar(grep { $answers[$_ - 1]{body} !~ /echo: n$_"/ } 1 .. 200), 0,
   'each client has its own answer');

# all are known now

IoattestSim::reset('stats');
@answers = map { $nginx->ask(IoattestNginx::completion()) } 1 .. 100;
is(scalar(grep { $_->{code} == 200 } @answers), 100, '100 more requests');
is(IoattestSim::stats()->{attestations}{total}, 0, 'need no attestation');

my $status = $nginx->status;
is(scalar @{$status->{zones}[0]{machines}}, 8, 'the status has 8 machines');
is($status->{responses}{verified}, 300, 'and 300 responses');
is($status->{zones}[0]{leases}, 0, 'and no lease');
is_deeply([map { $_->{in_flight} } @{$status->{zones}[0]{models}}], [0],
          'of one model, and no attestation of it is under way');

# forged signers: a few attestations, and the known are not disturbed

IoattestSim::reset();
@answers = $nginx->ask(map {
    IoattestNginx::completion(path => '/few/completions',
                              sim => $_ % 2 ? 'forged' : '')
} 1 .. 40);
is(scalar(grep { $_->{code} == 200 } @answers), 20,
   'known signers pass beside forged ones');
is(scalar(grep { $_->{reason} eq 'untrusted_address' } @answers), 20,
   'forged signers are refused');
cmp_ok(IoattestSim::stats()->{attestations}{total}, '<=', 3,
       'and cost no more attestations than ioattest_attempts');

# an API that hangs, on either side of the prompt

IoattestSim::reset();
IoattestSim::set(attest => 'hang');
my ($answer) = $nginx->ask(IoattestNginx::completion(
    path => '/short/completions', model => 'Qwen/Qwen3-32B'));
is($answer->{reason}, 'attestation_timeout', 'a hanging API, before');
is(IoattestSim::stats()->{completions}{total}, 0, 'no prompt has left');

IoattestSim::set(generation => { 0 => 1 });
($answer) = $nginx->ask(IoattestNginx::completion(
    path => '/short/completions', sim => 'machine=0'));
is($answer->{reason}, 'attestation_timeout', 'a hanging API, after');
IoattestSim::reset();

# reloads and kills under load

my $child = fork // die "fork: $!\n";
if ($child == 0) {
    my $bad = 0;
    for (1 .. 40) {
        my @got = $nginx->ask(map {
            IoattestNginx::completion(sim => $_ % 4 ? '' : 'sig_flip=9')
        } 1 .. 16);
        for my $i (0 .. 15) {
            my $tampered = ($i + 1) % 4 == 0;
            $bad |= 1 if $tampered && $got[$i]{code} == 200;
            $bad |= 2 if !$tampered && $got[$i]{code} == 502
                         && $got[$i]{reason} !~ /^$/;
            $bad |= 4 if $got[$i]{stuck};
        }
    }
    require POSIX;
    POSIX::_exit($bad);
}

for my $i (1 .. 5) {
    sleep 0.2;
    $nginx->reload;
    $nginx->kill_worker if $i == 2 || $i == 4;
}
waitpid $child, 0;
my $bad = $? >> 8;
ok(!($bad & 1), 'no tampered response passed through reloads and kills');
ok(!($bad & 2), 'no good one was refused');
ok(!($bad & 4), 'no request was stuck');

IoattestSim::reset('stats');
@answers = $nginx->ask((IoattestNginx::completion(sim => 'machine=3')) x 20);
is(scalar(grep { $_->{code} == 200 } @answers), 20, 'afterwards all is well');
SKIP: {
    # a worker that is killed while it changes the zone leaves it empty
    skip 'a worker died holding the zone', 1
        if $nginx->status->{zones}[0]{resets};

    is(IoattestSim::stats()->{attestations}{total}, 0,
       'a reload keeps what was attested');
}

# a worker that dies in the middle of an attestation

IoattestSim::reset();
IoattestSim::set(attest_delay_ms => 700);
$child = fork // die "fork: $!\n";
if ($child == 0) {
    $nginx->ask((IoattestNginx::completion(model => 'fresh')) x 1);
    require POSIX;
    POSIX::_exit(0);
}
sleep 0.3;
kill KILL => $_ for $nginx->workers;
waitpid $child, 0;
$nginx->wait_for(sub { $nginx->workers == 2 });
my $before = time;
($answer) = $nginx->ask(IoattestNginx::completion());
is($answer->{code}, 200, 'after all workers have died');
cmp_ok(time - $before, '<', 5, 'nobody waits for a dead one');

# another policy finds nothing old

my $digest = $ENV{TEST_NGINX_SIM_DIGEST};
IoattestSim::reset();
$nginx->configure(http => "$http    ioattest_image_digest $digest;\n",
                  server => $server);
$nginx->reload;
sleep 0.3;
($answer) = $nginx->ask(IoattestNginx::completion(sim => 'machine=0'));
is($answer->{code}, 200, 'a stricter policy that the machine fulfils');
cmp_ok(IoattestSim::stats()->{attestations}{total}, '>=', 1,
       'has it attested anew');

my $log = $nginx->log;
my @alerts = grep { !/exited on signal 9|was locked by/ }
             $log =~ /^(.*\[(?:alert|crit|emerg)\].*)$/mg;
is_deeply(\@alerts, [], 'nothing alarming in the log');

ok($nginx->stop, 'nginx goes quietly');
unlike($nginx->log, qr/open socket/, 'and leaves no socket open');

done_testing();
