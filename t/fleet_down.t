# What is wrong in evidence itself is refused whether or not the services of
# Intel and AMD answer, and "ioattest_pool all" lets nothing out.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use IoattestClock;
use IoattestEvidence;
use IoattestFleet;
use IoattestLoad;
use IoattestNginx;
use IoattestSim;

IoattestSim->start(machines => 3, per_machine_ports => 0, evidence => 1);

# prefixes: what is kept of one is unknown to the others

my $services = join '', map { <<"EOF" } qw( pcs cold_pcs kds cold_kds );
        location ~ ^/_$_/(.*)\$ {
            internal;
            proxy_pass http://api/\$1\$is_args\$args;
        }
EOF
my $good = IoattestSim::evidence();
my $policy = IoattestEvidence::file({
    tdx => { mr_td => [$good->{tdx}{mr_td}] },
    sev_snp => { measurement => [$good->{sev_snp}{measurement}] } });
my @tdx = ('ioattest_cpu tdx', 'ioattest_collateral /_pcs/');
my @snp = ('ioattest_cpu sev-snp', 'ioattest_amd_kds /_kds/');

my $clock = IoattestClock->new;
my $nginx = $clock->under(sub { IoattestFleet::gateway(
    evidence => 1, no_list => 1, key => 'Bearer gw', workers => 1,
    server => $services,
    http => ['ioattest_gpu off', "ioattest_policy $policy",
             'ioattest_cpu_trusted_certificate $TEST_NGINX_SIM_CPU_ROOTS',
             'ioattest_timeout 1s', 'ioattest_wait 5s'],
    locations => {
        'tdx' => [@tdx], 'tdx_all' => [@tdx, 'ioattest_pool all'],
        'snp' => [@snp], 'snp_all' => [@snp, 'ioattest_pool all'],
        'tdx_cold' => ['ioattest_cpu tdx', 'ioattest_collateral /_cold_pcs/'],
        'snp_cold' => ['ioattest_cpu sev-snp',
                       'ioattest_amd_kds /_cold_kds/'] }) });

sub ask {
    my ($path, $model) = @_;
    return IoattestLoad::run(rate => 10, seconds => 1, models => $model,
                             path => "/$path/completions");
}

sub begin {
    my (%set) = @_;
    IoattestSim::reset();
    IoattestSim::set({ gpus => 0, balance => 'random', %set });
    return;
}

sub refused {
    my ($model) = @_;
    return [map { $_->{reason} }
            @{ IoattestFleet::model($nginx, $model)->{refused} // [] }];
}

sub asked { return IoattestSim::stats()->{services}{$_[0]} // 0 }

# Of two machines machine 0 is bad, and answers of machine 1 alone.
sub judged {
    my ($what, $path, $model, $reason) = @_;

    ask($path, $model);
    ok(IoattestFleet::until_true(sub { @{ refused($model) } }, 5),
       "$what: the bad machine is refused");
    is_deeply(refused($model), [$reason], "$what: for its evidence");
    IoattestFleet::settled($nginx, 1, 5, $model);

    IoattestFleet::all_well("$what: any", ask($path, $model));
    my @rows = ask("${path}_all", $model);
    is_deeply(IoattestLoad::codes(@rows), { "502 $reason" => scalar @rows },
              "$what: all");

    # neither the first attestation nor a later one is said to be unanswered
    unlike($nginx->log,
           qr/\[error\] .* attestation of model "\Q$model\E" failed/,
           "$what: no attestation is without an answer");
    return;
}

# By what Intel says of a machine: kept, and good until its own end.

my %bad = (evidence => 'tdx', machines => 2, completion_machines => [1]);

begin(%bad, collateral => 'crl_pck');
judged('revoked', 'tdx', 'up', 'revoked');
is(asked('collateral'), 4, 'each document was asked for once');

IoattestEvidence::settle($nginx);
$clock->pass(61);
begin(%bad, collateral => 'error=503');
judged('revoked, Intel is down', 'tdx', 'down', 'revoked');
cmp_ok(asked('collateral'), '<=', 4, 'newer ones are not looked for each time');
cmp_ok(asked('collateral'), '>=', 1, 'but once');

IoattestEvidence::settle($nginx);
$clock->pass(122);
begin(%bad, collateral => 'hang');
judged('revoked, Intel hangs', 'tdx', 'hangs', 'revoked');

# By what the evidence says.

begin(%bad, collateral => 'error=503', attest_of => { 0 => 'tdx_mr_td' });
$clock->pass(190);
judged('another TD, Intel is down', 'tdx', 'td', 'measurement_mismatch');

begin(%bad, attest => 'tdx_mr_td', collateral => 'error=503');
my @rows = ask('tdx_cold', 'td-cold');
is_deeply(IoattestLoad::codes(@rows),
          { '502 measurement_mismatch' => scalar @rows },
          'another TD, and nothing of Intel is at hand: the reason');
is(asked('collateral'), 0, 'no document is asked for');

# The same of AMD's.

%bad = (evidence => 'snp', machines => 2, completion_machines => [1]);

begin(%bad, attest_of => { 0 => 'snp_measurement' });
judged('another guest', 'snp', 'guest', 'measurement_mismatch');

$clock->pass(7 * 3600);
begin(%bad, attest_of => { 0 => 'snp_measurement' }, kds => 'error=503');
judged('another guest, AMD is down', 'snp', 'guest-down',
       'measurement_mismatch');

begin(%bad, attest => 'snp_measurement', kds => 'error=503');
@rows = ask('snp_cold', 'guest-cold');
is_deeply(IoattestLoad::codes(@rows),
          { '502 measurement_mismatch' => scalar @rows },
          'another guest, and nothing of AMD is at hand: the reason');
is(asked('kds'), 0, 'no document is asked for');

is_deeply(IoattestEvidence::alarms($nginx), [], 'nothing alarming in the log');
ok($nginx->stop, 'nginx goes quietly');

done_testing();
