# Evidence that is good, what the policy and report data ask for, and what
# the status and the variables say of it.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP ();
use Test::More;
use Time::HiRes qw( sleep );

use IoattestEvidence;
use IoattestReference;
use IoattestNginx;
use IoattestSim;

IoattestSim->start(machines => 1, evidence => 1);

my $mr_td = $ENV{TEST_NGINX_SIM_MR_TD};
my $other = '00' x 48;
my $policy = IoattestEvidence::file({ tdx => { mr_td => [$other, $mr_td] } });
my $switched = IoattestEvidence::file(
    { gpu => { modes => ['single', 'protected-pcie'] } });
my $kds = 'ioattest_amd_kds /_kds/';

my $format = "log_format ev '\$http_x_id cpu=\$ioattest_cpu "
             . "gpu=\$ioattest_gpu bound=\$ioattest_signer_bound';";

my %http = (http => "    $format\n    ioattest_zone small:64k;\n"
                    . "    ioattest_zone split:64k;\n"
                    . "    access_log logs/ev.log ev;\n");

my $server = join '', map { IoattestEvidence::location(@$_) }
    ['any', $kds], ['pcs', $kds, 'ioattest_collateral /_pcs/'],
    ['race', 'ioattest_collateral /_pcs-race/', 'ioattest_parallel 1'],
    ['nonce', 'ioattest_report_data nonce'],
    ['address', 'ioattest_report_data address-nonce'],
    ['tdx', 'ioattest_cpu tdx', $kds], ['snp', 'ioattest_cpu sev-snp', $kds],
    ['policy', "ioattest_policy $policy"],
    ['ppcie', "ioattest_policy $switched"],
    ['inline', 'ioattest_thread_pool off'],
    ['short', 'ioattest_timeout 1ms'];

$server .= IoattestEvidence::location($_) =~ s/zone=io/zone=$_/r
    for qw( small split );
my $seen = IoattestEvidence::location('seen', 'ioattest_replay 1m')
           =~ s/zone=io/zone=split/r;

my $nginx = IoattestEvidence::gateway(workers => 2, %http,
                                      server => $server);
my $count = 0;

# What a model of its own is told, with such machines.
sub told {
    my ($path, %set) = @_;
    IoattestSim::reset();
    IoattestSim::set({ evidence => 'tdx', gpus => 1, %set });
    $count++;
    return IoattestEvidence::said($nginx, $path, "m$count");
}

# what is good

for my $set ([], [quote_version => 5], [quote_version => 5, td_body => '1.0'],
             [quote_trailing => 0], [quote_trailing => 4096],
             [gpus => 8], [gpus => 16], [gpu_arch => 'BLACKWELL'],
             [gpu_features => 'mpt'])
{
    is(told('pcs', @$set), 200, "TDX: @$set");
    is(told('inline', @$set), 200, "without threads: @$set");
}

# NVSwitches that nobody attested are accepted where the policy says so alone

for my $n (1, 8) {
    is(told('pcs', gpus => $n, gpu_features => 'ppcie'),
       '502 measurement_mismatch', "protected PCIe, $n GPUs");
}

is(told('ppcie', gpus => 8, gpu_features => 'ppcie'), 200,
   'protected PCIe, 8 GPUs, where it is listed');
my ($named) = grep { ($_->{gpu}{mode} // '') eq 'protected-pcie' }
              map { @{$_->{machines}} } @{$nginx->status->{zones}};
is($named->{gpu}{nvswitches}, 'not attested', 'the status says so');
like($nginx->log, qr/8 gpus HOPPER in protected PCIe mode, NVSwitches not /,
     'and the log');

is(told('ppcie', gpus => 7, gpu_features => 'ppcie'),
   '502 measurement_mismatch', 'and 7');

my $true = JSON::PP::true;

for my $product (qw( Milan Genoa Turin )) {
    for my $set ([snp_version => 3], [snp_version => 5],
                 [snp_certs => $true],
                 [snp_signer => 'vlek', snp_certs => $true])
    {
        is(told('any', evidence => 'snp', snp_product => $product, @$set),
           200, "SEV-SNP: $product @$set");
    }
}
is(told('any', evidence => 'snp', snp_version => 2, snp_certs => $true), 200,
   'SEV-SNP: version 2');

# which CPUs

is(told('tdx', evidence => 'snp', snp_certs => $true),
   '502 cpu_evidence_invalid', 'SEV-SNP where TDX is asked for');
is(told('snp'), '502 cpu_evidence_invalid', 'and the other way round');
is(told('snp', evidence => 'snp'), 200, 'SEV-SNP where it is');

# report data

my @bound = (report_data => 'address-nonce');
is(told('any', @bound), 200, 'auto, bound');
is(told('nonce', @bound), '502 report_data_mismatch', 'nonce, bound');
is(told('address', @bound), 200, 'address-nonce, bound');
is(told('address'), '502 report_data_mismatch', 'address-nonce, nonce alone');
is(told('nonce'), 200, 'nonce, nonce alone');

sub same {
    my ($path, %set) = @_;
    IoattestSim::reset('set');
    IoattestSim::set({ evidence => 'tdx', gpus => 1, %set });
    return IoattestEvidence::said($nginx, $path, 'bound');
}

is(same('any', @bound), 200, 'an address is bound');
is(same('tdx'), '502 report_data_mismatch',
   'auto refuses its nonce alone after that');
is(same('tdx', generation => 1), '502 report_data_mismatch',
   'which is remembered');
is(same('any', generation => 1), 200,
   "but another address's is taken: no search has ended");
is(same('nonce'), 200, 'and with the setting nonce its own is');

# bound by another attestation while one without is verified

IoattestSim::reset();
IoattestSim::set({ evidence => 'tdx', gpus => 1, collateral => 'gate' });
my $late = $nginx->connect;
print {$late} IoattestEvidence::request('race', 'race');
$late->flush;
ok(IoattestSim::wait_for(sub { $_[0]{services}{collateral} }),
   'an attestation of the nonce alone');
IoattestSim::set({ @bound });
is(IoattestEvidence::said($nginx, 'any', 'race'), 200, 'and a bound one');
IoattestSim::set({ report_data => 'nonce' });
IoattestSim::open_gate();
like(join('', <$late>), qr{^HTTP/1.1 502 .*"report_data_mismatch"}s,
     'the first is refused after all');
close $late;
IoattestSim::reset('stats');
is(IoattestEvidence::said($nginx, 'race', 'race'), '502 report_data_mismatch',
   'which is remembered as a failure:');
is(IoattestSim::stats()->{attestations}{total}, 0, 'nobody is asked again');

# a zone that has no room to remember what is bound

IoattestSim::reset();
IoattestSim::set({ evidence => 'tdx', gpus => 1, @bound });
my @said = map { IoattestEvidence::said($nginx, 'small', "small-$_") }
           1 .. 16;
is($said[0], 200, 'a small zone has room for some');
is($said[-1], '502 zone_full', 'but not for all');
IoattestSim::reset('stats');
is(IoattestEvidence::said($nginx, 'small', 'small-1'), 200,
   'who is there is served');
is(IoattestSim::stats()->{attestations}{total}, 0, 'as before');
IoattestSim::reset('stats');
is(IoattestEvidence::said($nginx, 'small', 'small-16'), '502 zone_full',
   'who is not is refused');
my $asked = IoattestSim::stats();
is("$asked->{attestations}{total} $asked->{completions}{total}", '0 0',
   'nobody is asked again, nothing is sent');

# a zone in pieces, by what it may not forget: no room for a replay window

for my $i (1 .. 7) {
    IoattestSim::set({ report_data => 'address-nonce' });
    IoattestEvidence::said($nginx, 'split', "split-$i");
    IoattestSim::set({ report_data => 'nonce' });
    IoattestEvidence::said($nginx, 'split', "split-$i-$_") for 1, 2;
}
$nginx->configure(IoattestEvidence::texts(%http, server => $server . $seen));
kill HUP => $nginx->pid;
my $no_room = qr/\[emerg\].*zone "split" has no room left in one piece/;
ok($nginx->wait_for(sub { $nginx->log =~ $no_room }),
   'a first window that finds no room is not taken over');
is(IoattestEvidence::ask($nginx, 'seen', 'unseen')->{code}, 404,
   'the configuration before goes on');
is(IoattestEvidence::said($nginx, 'any', 'unseen'), 200, 'and serves');
$nginx->configure(IoattestEvidence::texts(%http, server => $server));

# variables and status

IoattestSim::set({ generation => 2, gpu_arch => 'BLACKWELL', @bound });
is(IoattestEvidence::said($nginx, 'pcs', 'seen'), 200, 'a machine');
my $line = '';
$nginx->wait_for(sub {
    open my $in, '<', "$nginx->{root}/logs/ev.log" or return;
    ($line) = grep { /^seen / } <$in>;
    return defined $line;
});
like($line, qr/^seen cpu=tdx gpu=BLACKWELL bound=yes$/, 'its variables');

sub row {
    my ($id) = @_;
    my ($found) = grep { $_->{model_id} eq $id }
                  map { @{$_->{machines}} } @{$nginx->status->{zones}};
    return $found;
}

my $row = row('seen');
is($row->{cpu}, 'tdx', 'status: cpu');
is($row->{tcb_status}, 'UpToDate', 'status: tcb_status');
is(ref $row->{advisories}, 'ARRAY', 'status: advisories');
is("$row->{gpu}{arch} $row->{gpu}{count}", 'BLACKWELL 1', 'status: gpu');
is($row->{gpu}{driver}, IoattestSim::evidence()->{gpu}{BLACKWELL}{driver},
   'status: driver');
ok($row->{signer_bound}, 'status: signer_bound');
ok(!$row->{pinned}, 'status: not pinned');
like($row->{expires_at}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/,
     'status: expires_at');

# the policy, and a reload with another

is(told('policy'), 200, 'a measurement of the list');
is(told('policy', attest => 'tdx_mr_td'), '502 measurement_mismatch',
   'one that is not');
ok(row('m' . ($count - 1))->{pinned}, 'status: pinned');

IoattestSim::reset();
IoattestSim::set({ evidence => 'tdx', gpus => 1 });
is(IoattestEvidence::said($nginx, 'policy', 'reload'), 200, 'before a reload');
IoattestEvidence::rewrite($policy, { tdx => { mr_td => [$other] } });
$nginx->reload;
sleep 0.2;
is(IoattestEvidence::said($nginx, 'policy', 'reload'),
   '502 measurement_mismatch', 'a stricter policy finds nothing old');
like($nginx->log,
     qr/\[notice\].* ioattest: policy "\Q$policy\E": - tdx\.mr_td = $mr_td/,
     'and the log says what changed');
is(same('pcs'), '502 report_data_mismatch',
   'what is bound is bound after a reload');

# configurations that do not start

sub starts {
    my ($more, %arg) = @_;
    $nginx->configure(IoattestEvidence::texts(
        server => IoattestEvidence::location('x', @$more), %arg));
    my $command = join ' ', map { "'$_'" } $nginx->command('-t');
    return scalar `$command 2>&1`;
}

sub bad_policy {
    my ($text) = @_;
    return starts(['ioattest_policy ' . IoattestEvidence::file($text)]);
}

like(bad_policy("{\"tdx\":\n{\"mr_tdd\": []}}"),
     qr/\[emerg\].*line 2: tdx\.mr_tdd is not known/, 'an unknown member');
like(bad_policy('{"tdx": {"mr_td": ["zz"]}}'), qr/\[emerg\].*mr_td\[0\] must/,
     'no hex');
like(bad_policy('{"tdx": {"tcb_status": ["Revoked"]}}'),
     qr/\[emerg\].*tcb_status\[0\] must/, 'Revoked');
like(bad_policy('{'), qr/\[emerg\].*this is not JSON/, 'no JSON');
like(starts(["ioattest_policy $policy-missing"]),
     qr/\[emerg\].*\Q$policy-missing\E" failed/, 'a missing file');
like(starts(["ioattest_gpu_trusted_certificate $policy"]),
     qr/\[emerg\].*expected a file of CA certificates in PEM/, 'no PEM');
like(starts(['ioattest_gpu nras']), qr/\[emerg\].*needs "ioattest_nras"/,
     'nras without its locations');
my $warned = starts([]);
like($warned, qr/\[warn\].*any genuine machine will do/, 'nothing pinned');
like($warned, qr/\[warn\].*"ioattest_report_data auto"/, 'a signer unbound');
unlike($warned, qr/\[emerg\]/, 'are warnings');
my $no_milan = IoattestEvidence::file({ sev_snp => { products => ['Turin'] } });
my $pinned = starts(['ioattest_report_data address-nonce',
                     "ioattest_policy $no_milan",
                     'client_body_buffer_size 1m',
                     'ioattest_gpu_reference '
                     . IoattestEvidence::file(IoattestReference::example(1)),
                     "ioattest_image_digest $ENV{TEST_NGINX_SIM_DIGEST}"]);

# which says how many variables a server has built in, Tengine's too many
$pinned =~ s/^.*\bvariables_hash\b.*\n//mg;
unlike($pinned, qr/\[warn\]/, 'and not where all is pinned');

# clients that leave while a thread verifies

for my $i (1 .. 60) {
    my $socket = $nginx->connect;
    print {$socket} IoattestEvidence::request('any', "gone-$i");
    $socket->flush;
    sleep rand(0.03);
    close $socket;
}
is(told('any'), 200, 'after clients that left');
my $short = told('short', attest_delay_ms => 50);
is($short, '502 attestation_timeout', 'less time than it takes');
is(told('any'), 200, 'and all goes on');

is_deeply(IoattestEvidence::alarms($nginx,
          qr/\[emerg\].*(?: in \S+nginx\.conf|no room left in one piece)/),
          [], 'nothing else alarming in the log');
ok($nginx->stop, 'nginx goes quietly');
unlike($nginx->log, qr/open socket/, 'and leaves no socket open');

done_testing();
