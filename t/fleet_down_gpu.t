# What is wrong with evidence of GPUs no document about a processor can mend:
# it is refused while Intel's or AMD's service is down and nothing of it is kept.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use IoattestEvidence;
use IoattestFleet;
use IoattestLoad;
use IoattestSim;

IoattestSim->start(machines => 2, per_machine_ports => 0, evidence => 1);

my $services = join '', map { <<"EOF" } qw( pcs kds );
        location ~ ^/_$_/(.*)\$ {
            internal;
            proxy_pass http://api/\$1\$is_args\$args;
        }
EOF

$services .= <<'EOF';
        location = /_ocsp {
            internal;
            rewrite ^ /ocsp break;
            proxy_pass http://api;
        }
EOF

my $nginx = IoattestFleet::gateway(
    evidence => 1, no_list => 1, key => 'Bearer gw', workers => 1,
    server => $services,
    http => ['ioattest_gpu local',
             'ioattest_gpu_trusted_certificate $TEST_NGINX_SIM_GPU_ROOTS',
             'ioattest_cpu_trusted_certificate $TEST_NGINX_SIM_CPU_ROOTS',
             'ioattest_timeout 1s', 'ioattest_wait 5s'],
    locations => {
        'tdx' => ['ioattest_cpu tdx', 'ioattest_collateral /_pcs/'],
        'snp' => ['ioattest_cpu sev-snp', 'ioattest_amd_kds /_kds/'],
        'ocsp' => ['ioattest_cpu tdx', 'ioattest_collateral /_pcs/',
                   'ioattest_gpu_ocsp /_ocsp'] });

sub ask {
    my ($path, $model) = @_;
    return IoattestLoad::run(rate => 10, seconds => 0.5, models => $model,
                             path => "/$path/completions");
}

sub begin {
    my (%set) = @_;
    IoattestSim::reset();
    IoattestSim::set({ gpus => 1, balance => 'random', %set });
    return;
}

sub refused {
    my ($model) = @_;
    return [map { $_->{reason} }
            @{ IoattestFleet::model($nginx, $model)->{refused} // [] }];
}

my %service = (tdx => 'collateral', snp => 'kds');

for my $how ('error=503', 'hang') {
    for my $cpu (qw( tdx snp )) {
        my $what = "$cpu, $how";

        begin(evidence => $cpu, $service{$cpu} => $how,
              attest => 'gpu_signature');
        my @rows = ask($cpu, "bad-$what");
        is_deeply(IoattestLoad::codes(@rows),
                  { '502 gpu_evidence_invalid' => scalar @rows },
                  "a GPU's signature, $what: the reason");
        ok(IoattestFleet::until_true(sub { @{ refused("bad-$what") } }, 5),
           "a GPU's signature, $what: the machine is refused");

        begin(evidence => $cpu, $service{$cpu} => $how);
        my %codes = %{ IoattestLoad::codes(ask($cpu, "good-$what")) };
        is_deeply([grep { !/^502 attestation_(?:unavailable|timeout)$/ }
                   keys %codes], [], "good GPUs, $what: no answer")
            or diag(explain(\%codes));
        is_deeply(refused("good-$what"), [],
                  "good GPUs, $what: nobody is refused");
        IoattestEvidence::settle($nginx);
    }
}

# What is revoked: by an answer that was asked for, not by one that was kept.

my %ocsp = (evidence => 'tdx', machines => 1, collateral => 'error=503');
begin(%ocsp, ocsp => 'ocsp_revoked=1');
is_deeply(IoattestLoad::codes((ask('ocsp', 'revoked'))[0]),
          { '502 revoked' => 1 }, 'OCSP, Intel is down: revoked');
IoattestEvidence::settle($nginx);
begin(%ocsp);
is_deeply(IoattestLoad::codes((ask('ocsp', 'kept'))[0]),
          { '502 attestation_unavailable' => 1 },
          'OCSP, Intel is down: a kept answer is not the last word');
is_deeply(refused('kept'), [], 'OCSP, Intel is down: nobody is refused');
IoattestEvidence::settle($nginx);

# the service is back: good GPUs are trusted, bad ones as they were

for my $cpu (qw( tdx snp )) {
    begin(evidence => $cpu);
    IoattestFleet::all_well("$cpu: is back", ask($cpu, "back-$cpu"));
    begin(evidence => $cpu, attest => 'gpu_signature');
    my @rows = ask($cpu, "bad-$cpu");
    is_deeply(IoattestLoad::codes(@rows),
              { '502 gpu_evidence_invalid' => scalar @rows },
              "$cpu: is back, and a GPU's signature is as it was");
}

is_deeply(IoattestEvidence::alarms($nginx), [], 'nothing alarming in the log');
ok($nginx->stop, 'nginx goes quietly');

done_testing();
