# A zone that is full makes room, and lets nothing pass unchecked.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use IoattestNginx;
use IoattestPage;
use IoattestSim;

IoattestSim->start(machines => 4);

# what is used after it was freed shows, with this C library
$ENV{MALLOC_PERTURB_} = 165;

my $nginx = IoattestNginx->start(workers => 1, http => <<'EOF', server => <<'EOF');
    ioattest_zone tiny:32k;
    ioattest_zone short:64k;
    ioattest_background off;
    ioattest_ssl_verify off;
    upstream api { server 127.0.0.1:$TEST_NGINX_SIM_PORT; }
EOF
        ioattest_cpu off;
        ioattest_gpu off;
        ioattest_request /_ioattest/attestation;
        location /tiny/ {
            ioattest zone=tiny;
            ioattest_models off;
            ioattest_model_id $http_x_id;
            ioattest_model any;
            proxy_pass http://api/v1/private/;
        }
        location /short/ {
            ioattest zone=short;
            ioattest_models /_ioattest/models;
            ioattest_fail_timeout 60s;
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
IoattestPage::agrees(IoattestPage::read_from($nginx), $nginx->status);
my ($metrics) = $nginx->ask("GET /status HTTP/1.0\r\nHost: x\r\n"
                            . "Accept: text/plain\r\n\r\n");
like($metrics->{body}, qr/^ioattest_zone_evictions_total\{zone="tiny"\}
     \ $tiny->{evictions}$/mx, 'metrics: as often');
my $forged = IoattestNginx::completion(path => '/tiny/completions',
                                       sim => 'forged');
$forged =~ s/\r\n/\r\nX-Id: id-1\r\n/;
is(($nginx->ask($forged))[0]{reason}, 'untrusted_address',
   'and still lets nothing pass unchecked');

# A models list that is longer than the zone.

IoattestSim::reset();
IoattestSim::set(list => [map { "model-$_" } 0 .. 199]);

sub asked {
    my ($model) = @_;
    my ($answer) = $nginx->ask(IoattestNginx::completion(
        path => '/short/completions', model => $model));
    return "$answer->{code} " . ($answer->{reason} // '');
}

is(asked('model-0'), '200 ', 'a list too long for the zone: its first model');
is(asked('model-199'), '502 zone_full', 'a model that it has no room for');
my %answers;
$answers{asked("model-$_")}++ for 0, 150 .. 198;
$answers{asked("invented-$_")}++ for 1 .. 50;
is_deeply(\%answers, { '200 ' => 1, '502 zone_full' => 99 },
          'and others, which may be in the list or not');
is(IoattestSim::stats()->{models}{total}, 2,
   'for which the list was read once more, and not once for each');

is_deeply([$nginx->log =~ /^(.*\[(?:alert|crit|emerg)\].*)$/mg], [],
          'nothing alarming in the log');

done_testing();
