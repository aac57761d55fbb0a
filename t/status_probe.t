# "?model=NAME" of the status: readiness probes.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use IoattestFleet;
use IoattestLoad;
use IoattestSim;

my $odd = "a b/c+d\"\x{c3}\x{a4}%";

IoattestSim->start(machines => 2, per_machine_ports => 0,
                   models => [$IoattestFleet::MODEL, $odd, '-' . 'bge-m3',
                              $IoattestFleet::OTHER]);

my $digest = "ioattest_image_digest $ENV{TEST_NGINX_SIM_DIGEST}";
my $nginx = IoattestFleet::gateway(
    key => 'Bearer gw', http => ["$digest", 'ioattest_fail_timeout 1s']);

sub probe {
    my ($query, $method) = @_;
    $method //= 'GET';
    my ($got) = $nginx->ask("$method /status?$query HTTP/1.0\r\nHost: x\r\n\r\n");
    return $got;
}

sub becomes {
    my ($query, $code) = @_;
    return IoattestFleet::until_true(sub {
        return probe($query)->{code} == $code }, 8);
}

# --- with the gateway's own key nobody else has to ask

my $name = "model=$IoattestFleet::MODEL";
is(probe($name)->{code}, 503, 'not ready at once');
ok(becomes($name, 200), 'ready by being asked');
is(IoattestSim::stats()->{completions}{total}, 0, 'without any request');
like(probe($name)->{body}, qr/^\{"policies":\[\{"policy":"[0-9a-f]{8}",
     "ready":true\}\],"model":"\Q$IoattestFleet::MODEL\E","ready":true\}\n\z/x,
     'what it says');
is(probe($name, 'HEAD')->{body}, '', 'nothing to HEAD');
is(probe($name, 'HEAD')->{code}, 200, 'but the status');
ok(IoattestFleet::settled($nginx, 2, 8), 'the census goes on by itself');

(my $coded = $odd) =~ s{([^A-Za-z0-9/+])}{sprintf '%%%02x', ord $1}ge;
isnt(probe("model=$coded")->{code}, 404, 'a percent-encoded name is known');
ok(becomes("model=$coded", 200), 'and gets ready');
is(probe("x=1&model=$coded&y=2")->{code}, 200, 'among other arguments');

for ('model=no/such', 'model=bge-m3', 'model=', 'model=a%00b', 'model=%ff',
     'model=' . 'x' x 201, 'model=' . '%78' x 700) {
    is(probe($_)->{code}, 404, substr($_, 0, 40) . ': in no list');
}
is(probe($_)->{code}, 400, "$_: no encoding")
    for 'model=a%', 'model=a%4', 'model=%zz';
is(probe('')->{code}, 200, 'no argument: the whole status');
like(probe('')->{body}, qr/^\{"version"/, 'in JSON');
my @known = map { $_->{model} } @{ $nginx->status->{zones}[0]{models} };
is(scalar(grep { /no\/such|bge|xxx/ } @known), 0,
   'names that are in no list leave nothing behind');

# --- two policies, one of which no machine meets

$nginx->configure(IoattestFleet::texts(key => 'Bearer gw',
    http => ['ioattest_fail_timeout 1s'],
    locations => { 'v1/private' => [$digest],
                   'none' => ['ioattest_image_digest sha256:' . '2' x 64] }));
$nginx->reload;
ok(becomes($name, 503), 'one of two policies knows no machine');
IoattestFleet::until_true(sub { probe($name)->{body} =~ /"ready":true\}/ }, 8);
like(probe($name)->{body}, qr/"ready":true\}.*"ready":false\}|"ready":false\}.*"ready":true\}/,
     'the other one does');

# --- callers' keys: nothing is asked for a probe

$nginx->configure(IoattestFleet::texts(http => [$digest,
    'ioattest_authorization $http_authorization', 'ioattest_valid 30s']));
$nginx->reload;
ok(becomes("model=$IoattestFleet::OTHER", 503), 'listed, and not asked for');
ok(IoattestFleet::quiet(0.7, 10), 'the old workers are done');
my $before = IoattestFleet::attestations();
probe("model=$IoattestFleet::OTHER") for 1 .. 5;
IoattestFleet::quiet(0.7, 5);
is(IoattestFleet::attestations(), $before, 'nor does a probe ask');
my @rows = IoattestLoad::run(count => 1, rate => 0, keys => 'Bearer c',
                             models => $IoattestFleet::OTHER);
is($rows[0]{status}, 200, 'a caller asks');
is(probe("model=$IoattestFleet::OTHER")->{code}, 200, 'then it is ready');
is(probe('model=no/such')->{code}, 404, 'in no list');

IoattestFleet::finish($nginx);
done_testing();
