# Dry run, errors that pass, trusted addresses, validity and renewal, a zone
# that is full, variables and metrics.

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

my $format = join ' ', map { "$_=\$ioattest_$_" } qw(
    verdict reason signing_address image_digest model model_id cpu gpu
    signer_bound attested wait verify_us );

my $port = ($ENV{TEST_NGINX_PORT} || 1984) + 1;

my $nginx = IoattestNginx->start(workers => 1, http => <<"EOF", server => <<'EOF');
    log_format io '\$uri $format';
    map \$ioattest_verdict \$mapped { verified good; default other; }
    ioattest_zone io:1m;
    ioattest_background off;
    ioattest_ssl_verify off;
    ioattest_zone tiny:32k;
    ioattest_zone idle:32k;
    upstream api { server 127.0.0.1:\$TEST_NGINX_SIM_PORT; }
    server {
        listen 127.0.0.1:$port;
        location / {
            ioattest zone=idle;
            ioattest_trust \$TEST_NGINX_SIM_ADDRESS_2;
            proxy_pass http://api;
        }
    }
EOF
        ioattest_cpu off;
        ioattest_gpu off;
        ioattest_request /_ioattest/attestation;
        ioattest_models /_ioattest/models;
        access_log logs/io.log io;
        location /v1/private/ {
            ioattest zone=io;
            add_header X-Mapped $mapped always;
            proxy_pass http://api;
        }
        location /dry/ {
            ioattest zone=io;
            ioattest_dry_run on;
            proxy_pass http://api/v1/private/;
        }
        location /strict/ {
            ioattest zone=io;
            ioattest_pass_errors off;
            proxy_pass http://api/v1/private/;
        }
        location /trust/ {
            ioattest zone=io;
            ioattest_trust $TEST_NGINX_SIM_FORGER;
            proxy_pass http://api/v1/private/;
        }
        location /valid/ {
            ioattest zone=tiny;
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
        location /tiny/ {
            ioattest zone=tiny;
            ioattest_models off;
            ioattest_model_id $http_x_id;
            ioattest_model any;
            proxy_pass http://api/v1/private/;
        }
        location /own/ {
            ioattest zone=io;
            ioattest_authorization "Bearer badattest";
            ioattest_report_data nonce;
            proxy_pass http://api/v1/private/;
        }
        location /plain/ { proxy_pass http://api/v1/private/; }
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

my %asked;

sub ask {
    my ($path, $sim, %more) = @_;
    $asked{$path}++;
    my ($answer) = $nginx->ask(IoattestNginx::completion(
        path => "/$path/completions", sim => $sim, %more));
    return $answer;
}

sub page {
    my ($path, $header, $method) = @_;
    my ($answer) = $nginx->ask(($method // 'GET') . " $path HTTP/1.1\r\n"
        . "Host: localhost\r\nConnection: close\r\n" . ($header // '')
        . "\r\n");
    return $answer;
}

# dry run

is(ask('dry', 'machine=0')->{code}, 200, 'dry run: a good response');
is(ask('dry', 'machine=0, sig_flip=1')->{code}, 200, 'a bad one passes');
like(ask('dry', 'machine=0, no_signature')->{body}, qr/echo/, 'unsigned too');
is(ask('dry', '', model => 'nobody')->{code}, 200, 'an unknown model too');
my $status = $nginx->status;
is($status->{dry_run_would_reject}, 3, 'and is counted');
is_deeply($status->{responses}{rejected}, {}, 'there alone');
like($nginx->log, qr/would refuse signature_mismatch/, 'and logged');
is(ask('v1/private', 'machine=0, sig_flip=1')->{code}, 502,
   'without the dry run it is refused');

# errors

is(ask('v1/private', 'status=429, unsigned')->{code}, 429,
   'an unsigned error passes');
is(ask('strict', 'status=429, unsigned')->{reason}, 'no_signature',
   'with ioattest_pass_errors off it does not');
is(ask('v1/private', 'machine=0, status=429, sig_flip=1')->{reason},
   'signature_mismatch', 'nor one that is signed badly');
is(ask('v1/private', 'status=302, unsigned')->{reason}, 'no_signature',
   'nor an unsigned redirection');
is(ask('v1/private', 'status=204, unsigned')->{reason}, 'no_signature',
   'nor an unsigned 204');

# variables

# nginx logs a request after its client has the answer.

my $last = sub {
    my ($uri) = @_;
    my @lines;

    $nginx->wait_for(sub {
        open my $in, '<', "$nginx->{root}/logs/io.log" or return;
        @lines = grep { m{^/$uri/} } <$in>;
        return @lines >= $asked{$uri};
    });

    return { map { /^(\w+)=(.*)/ ? ($1 => $2) : () } split ' ', $lines[-1] };
};

like(ask('v1/private', 'machine=0')->{head}, qr/X-Mapped: good/,
     'a map and add_header see the verdict');
my $v = $last->('v1/private');
is($v->{verdict}, 'verified', '$ioattest_verdict');
is($v->{reason}, '', '$ioattest_reason');
is($v->{signing_address}, lc $ENV{TEST_NGINX_SIM_ADDRESS_0},
   '$ioattest_signing_address');
is($v->{image_digest}, $ENV{TEST_NGINX_SIM_DIGEST}, '$ioattest_image_digest');
is($v->{model}, 'meta-llama/Llama-3.3-70B-Instruct', '$ioattest_model');
like($v->{model_id}, qr/^[0-9a-f-]{36}$/, '$ioattest_model_id');
is("$v->{cpu}$v->{gpu}$v->{signer_bound}", '--no', 'evidence is not looked at');
like($v->{attested}, qr/^\d+$/, '$ioattest_attested');
like($v->{wait}, qr/^\d+\.\d{3}$/, '$ioattest_wait');
cmp_ok($v->{verify_us}, '>', 0, '$ioattest_verify_us');

ask('v1/private', 'machine=0, no_signature');
$v = $last->('v1/private');
is("$v->{verdict} $v->{reason}", 'rejected no_signature', 'of a refusal');
ask('v1/private', 'status=429, unsigned');
is($last->('v1/private')->{verdict}, 'unsigned', 'of an error');
ask('plain', '');
is($last->('plain')->{verdict}, 'off', 'of an unprotected location');

# trusted without attestation

is(ask('trust', 'forged')->{code}, 200, 'ioattest_trust, beside machines');
is(ask('v1/private', 'forged')->{code}, 502, 'elsewhere it is not trusted');
is(ask('trust', 'forged, sig_flip=4')->{code}, 502,
   'a trusted address has to sign as well');

{
    local $nginx->{port} = $port;
    my $count = IoattestSim::stats()->{attestations}{total};
    is(ask('v1/private', 'machine=2')->{code}, 200, 'ioattest_trust alone');
    is(ask('v1/private', 'machine=1')->{reason}, 'untrusted_address',
       'another machine is refused');
    is(ask('v1/private', 'machine=2', model => 'nobody')->{code}, 200,
       'for every model');
    is(IoattestSim::stats()->{attestations}{total}, $count,
       'and nothing is attested');
}

# status and metrics

like(page('/metrics')->{body},
     qr/^ioattest_responses_total\{zone="io",verdict="verified",reason=""\} \d+$/m,
     'metrics');
like(page('/metrics')->{head}, qr{Content-Type: text/plain; version=0\.0\.4},
     'and their type');
like(page('/metrics')->{body}, qr/^ioattest_verify_seconds_count\{zone="io"\} \d+$/m,
     'a histogram');
like(page('/status', "Accept: text/plain;version=0.0.4\r\n")->{body},
     qr/^# HELP/, 'by Accept');
like(page('/status', "Accept: */*\r\n")->{body}, qr/^\{"version"/, 'else JSON');
is(page('/status', '', 'POST')->{code}, 405, 'POST is not allowed');
is(page('/status', '', 'HEAD')->{code}, 200, 'HEAD is');
is(scalar @{$nginx->status->{zones}}, 3, 'every zone is there');

# a key of the gateway's own that the API does not take is remembered

IoattestSim::reset();
my $with_key = IoattestNginx::completion(path => '/own/completions');
$with_key =~ s/\r\n/\r\nAuthorization: Bearer of-a-client\r\n/;
is(($nginx->ask($with_key))[0]{reason}, 'attestation_refused',
   'a bad key of the gateway') for 1 .. 3;
is_deeply(IoattestSim::stats()->{attestations}{keys},
          { 'Bearer badattest' => 1 }, 'is tried once');

# and one of a caller's ends that caller's request alone

IoattestSim::reset();
my $bad_key = IoattestNginx::completion(model => 'Qwen/Qwen3-32B');
$bad_key =~ s/\r\n/\r\nAuthorization: Bearer badattest\r\n/;
is(($nginx->ask($bad_key))[0]{reason}, 'attestation_refused',
   'a bad key of a caller');
is(ask('v1/private', '', model => 'Qwen/Qwen3-32B')->{code}, 200,
   'does not stand in the way of the next');

# validity and renewal

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

# a small zone

IoattestSim::reset();
my $good = 0;
for my $i (1 .. 60) {
    my $request = IoattestNginx::completion(path => '/tiny/completions');
    $request =~ s/\r\n/\r\nX-Id: id-$i\r\n/;
    my ($answer) = $nginx->ask($request);
    $good++ if $answer->{code} == 200;
}
is($good, 60, 'a zone that is full makes room');
my ($tiny) = grep { $_->{name} eq 'tiny' } @{$nginx->status->{zones}};
cmp_ok($tiny->{evictions}, '>', 0, 'by dropping what was used least');
cmp_ok(scalar @{$tiny->{machines}}, '<', 60, 'and forgets');
my $forged = IoattestNginx::completion(path => '/tiny/completions',
                                       sim => 'forged');
$forged =~ s/\r\n/\r\nX-Id: id-1\r\n/;
is(($nginx->ask($forged))[0]{reason}, 'untrusted_address',
   'and still lets nothing pass unchecked');

is_deeply([$nginx->log =~ /^(.*\[(?:alert|crit|emerg)\].*)$/mg], [],
          'nothing alarming in the log');

done_testing();
