# How long an attestation is good for, and its renewal beside requests.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw( sleep time );

use IoattestNginx;
use IoattestSim;

IoattestSim->start(machines => 4);

# what is used after it was freed shows, with this C library
$ENV{MALLOC_PERTURB_} = 165;

my $nginx = IoattestNginx->start(workers => 1, http => <<'EOF', server => <<'EOF');
    ioattest_zone io:1m;
    ioattest_background off;
    ioattest_ssl_verify off;
    upstream api { server 127.0.0.1:$TEST_NGINX_SIM_PORT; }
EOF
        ioattest_cpu off;
        ioattest_gpu off;
        ioattest_request /_ioattest/attestation;
        ioattest_models /_ioattest/models;
        location /valid/ {
            ioattest zone=io;
            ioattest_background 1h;
            ioattest_valid 4s;
            ioattest_refresh 2s;
            proxy_pass http://api/v1/private/;
        }
        location /renew/ {
            ioattest zone=io;
            ioattest_image_digest $TEST_NGINX_SIM_DIGEST;
            ioattest_background 1h;
            ioattest_valid 60s;
            ioattest_refresh 58s;
            ioattest_timeout 2s;
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

sub ask {
    my ($path, $sim, %more) = @_;
    my ($answer) = $nginx->ask(IoattestNginx::completion(
        path => "/$path/completions", sim => $sim, %more));
    return $answer;
}

# Beside these requests the search for other machines is made, to its end.
sub settle {
    my ($path, @more) = @_;
    my ($last, $now) = (-1, 0);

    while ($now != $last) {
        $last = $now;
        ask($path, 'machine=1', @more);
        sleep 0.1;
        $now = IoattestSim::stats()->{attestations}{total};
    }

    return;
}

IoattestSim::reset();
IoattestSim::set(attest_machines => [1]);
my $count = sub { IoattestSim::stats()->{attestations}{total} };
is(ask('valid', 'machine=1')->{code}, 200, 'attested');
settle('valid');
my $known = $count->();
is(ask('valid', 'machine=1')->{code}, 200, 'and remembered');
sleep 0.1;
is($count->(), $known, 'without another attestation');
sleep 2.2;
is(ask('valid', 'machine=1')->{code}, 200, 'near the end');
$nginx->wait_for(sub { $count->() > $known });
pass('it is renewed beside the request');
IoattestSim::set(attest => 'status=500');
sleep 2.2;
is(ask('valid', 'machine=1')->{code}, 200,
   'a renewal that fails leaves the proof');
sleep 2.5;
isnt(ask('valid', 'machine=1')->{code}, 200, 'until its own end');

# a redirection into a protected location while a renewal is on its way

IoattestSim::reset();
IoattestSim::set(attest_machines => [1]);
is(ask('renew', 'machine=1')->{code}, 200, 'attested');
sleep 2.2;
IoattestSim::set(attest_delay_ms => 500);
my $moved = ask('renew', 'machine=1, accel=/renew/completions');
is($moved->{code}, 405, 'what a redirection finds is answered');
is($moved->{stuck}, 0, 'and the renewal lets go of the request');

# a renewal that takes long, and the next request of the same client

IoattestSim::reset();
IoattestSim::set(attest_machines => [1]);
is(ask('renew', 'machine=1')->{code}, 200, 'attested');
sleep 4.2;
IoattestSim::reset('stats');
IoattestSim::set(attest => 'hang');

# Two requests on one connection, and what the header of each answer says.
sub heads {
    my $request = IoattestNginx::completion(path => '/renew/completions',
                                            sim => 'machine=1');
    my ($socket, @heads) = ($nginx->connect);

    $request =~ s/Connection: close\r\n//;

    for (1 .. 2) {
        my ($head, $body, $length) = ('', '');
        print {$socket} $request;
        $socket->flush;

        while (my $line = <$socket>) {
            last if $line eq "\r\n";
            $length = $1 if $line =~ /^Content-Length: (\d+)/i;
            $head .= $line;
        }

        read $socket, $body, $length // 0;
        push @heads, $head;
    }

    return @heads;
}

my $from = time;
my @heads = heads();

cmp_ok(IoattestSim::stats()->{attestations}{total}, '>', 0,
       'a renewal that hangs');
like($heads[$_], qr{^HTTP/1.1 200 .*^Connection: keep-alive}ms,
     'leaves the connection to its client') for 0, 1;
cmp_ok(time - $from, '<', 0.9, 'and delays nothing on it');

# the client leaves, and the renewal goes on

IoattestSim::reset();
IoattestSim::set(attest_machines => [1]);
my @other = (model => 'Qwen/Qwen3-32B');
sleep 2.5;
is(ask('renew', 'machine=1', @other)->{code}, 200, 'attested');
settle('renew', @other);
sleep 2.2;
my $before = $nginx->status->{zones}[0]{attestations}{verified};
IoattestSim::set(attest_delay_ms => 300);
is(ask('renew', 'machine=1', @other)->{code}, 200, 'while it is renewed');
ok($nginx->wait_for(sub {
    $nginx->status->{zones}[0]{attestations}{verified} > $before
}), 'which outlives the connection of that request');

is_deeply([$nginx->log =~ /^(.*\[(?:alert|crit|emerg)\].*)$/mg], [],
          'nothing alarming in the log');

done_testing();
