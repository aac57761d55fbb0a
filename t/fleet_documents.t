# What Intel says of its platforms is asked for once by all who want it, and
# that it cannot be asked says nothing of any machine.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw( sleep );

use IoattestFleet;
use IoattestLoad;
use IoattestSim;

IoattestSim->start(machines => 6, per_machine_ports => 0, evidence => 1);

# prefixes: what is kept of one is unknown to the others
my $services = join '', map { <<"EOF" } qw( once down );
        location ~ ^/_$_/(.*)\$ {
            internal;
            proxy_pass http://api/\$1\$is_args\$args;
        }
EOF
my $nginx = IoattestFleet::gateway(
    evidence => 1, no_list => 1, key => 'Bearer gw', server => $services,
    http => ['ioattest_cpu tdx', 'ioattest_gpu off',
             'ioattest_cpu_trusted_certificate $TEST_NGINX_SIM_CPU_ROOTS',
             'ioattest_fail_timeout 1s'],
    locations => { 'once' => ['ioattest_collateral /_once/'],
                   'down' => ['ioattest_collateral /_down/',
                              'ioattest_wait 4s'] });

my %set = (evidence => 'tdx', gpus => 0, balance => 'random');

# eight models at once, each with an attestation of its own

IoattestSim::set({ %set, collateral_delay_ms => 300 });
my @models = map { "cold-$_" } 1 .. 8;
my @rows = IoattestLoad::run(rate => 0, count => 16, models => \@models,
                             path => '/once/completions');
IoattestFleet::all_well('eight models, cold', @rows);
my $documents = IoattestSim::stats()->{documents};
cmp_ok(scalar keys %$documents, '>=', 4, 'Intel was asked');
is_deeply([grep { $documents->{$_} > 1 } sort keys %$documents], [],
          'for each document once');
is(scalar(keys %{ IoattestSim::stats()->{attestations}{models} }), 8,
   'by eight attestations and more');

# nobody to ask: no outcome of a machine's

IoattestSim::reset();
IoattestSim::set({ %set, collateral => 'error=503' });
@rows = IoattestLoad::run(rate => 10, seconds => 3, models => 'down',
                          path => '/down/completions');
is(scalar(grep { $_->{status} != 502 } @rows), 0, 'Intel is down: refused');
is_deeply(IoattestFleet::model($nginx, 'down')->{refused} // 'none', [],
          'Intel is down: no machine is named');
my @bursts = IoattestFleet::bursts(0.5, IoattestFleet::flights('down'));
cmp_ok(scalar @bursts, '>=', 2, 'Intel is down: it is tried again');
IoattestSim::set(collateral => '');
ok(IoattestFleet::until_true(sub {
    !IoattestLoad::refused(IoattestLoad::run(
        rate => 0, count => 4, models => 'down',
        path => '/down/completions')) }, 4),
   'Intel is back: at the same pace as before');
ok(IoattestFleet::settled($nginx, 6, 5, 'down'), 'all machines are known');

# down again, and new keys on one machine: the others' answers pass

IoattestSim::set(collateral => 'error=503', generation => { 4 => 1 });
@rows = IoattestFleet::machines(IoattestLoad::run(
    rate => 15, seconds => 2, models => 'down', path => '/down/completions'));
IoattestFleet::all_well('Intel is down again: the others',
                        grep { ($_->{machine} // -1) != 4 } @rows);

IoattestFleet::finish($nginx);
done_testing();
