# A document of another service is fetched once for all attestations that want
# it at the same time, of whatever model and in whatever worker: those that
# wait take its answer, and its failure too.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw( sleep time );

use IoattestEvidence;
use IoattestNginx;
use IoattestSim;

# A mirror of AMD's service, and the one that is meant by default.
my $mirror = IoattestSim->start(machines => 1);
my $port = $mirror->{port};
IoattestSim->start(machines => 1, evidence => 1);

# Each has a prefix of its own, and so nothing in the zone.

my @intel = map { "intel-$_" } qw( cold down held anew );
my $server = join '',
    (map { IoattestEvidence::location($_, 'ioattest_gpu off',
                                      "ioattest_collateral /_pcs-$_/") }
         @intel),
    (map { IoattestEvidence::location("amd-$_", 'ioattest_gpu off',
                                      "ioattest_amd_kds /_kds-$_/"
                                      . ($_ eq 'mirror' ? ' no_crl' : '')) }
         qw( cold mirror )),
    IoattestEvidence::location('nvidia', 'ioattest_cpu off',
                               'ioattest_gpu nras', 'ioattest_nras /_nras',
                               'ioattest_nras_jwks /_jwks'),
    IoattestEvidence::location('slow', 'ioattest_gpu off',
                               'ioattest_parallel 1', 'ioattest_wait 1s',
                               'ioattest_collateral /_pcs-slow/',
                               'ioattest_timeout 1s')
    . "        location = /_kds-mirror/vcek/v1/Milan/crl {\n"
    . "            internal;\n"
    . "            proxy_pass http://127.0.0.1:$port/vcek/v1/Milan/crl;\n"
    . "        }\n";

my $nginx = IoattestEvidence::gateway(workers => 2, server => $server);

sub request {
    my ($path, $id) = @_;
    my $request = IoattestNginx::completion(path => "/$path/completions");
    $request =~ s/\r\n/\r\nX-Id: $id\r\n/;
    return $request;
}

# Eight models at once: what is answered, each answer once.
sub eight {
    my ($path, $what) = @_;
    my %seen;
    $seen{"$_->{code} $_->{reason}"}++
        for $nginx->ask(map { request($path, "$what-$_") } 1 .. 8);
    return join ', ', map { s/ $//r . " x $seen{$_}" } sort keys %seen;
}

sub begin {
    my (@settings) = @_;
    IoattestSim::reset();
    IoattestSim::set({ evidence => 'tdx', gpus => 1, @settings });
    return;
}

sub services { return IoattestSim::stats()->{services} }
sub attestations { return IoattestSim::stats()->{attestations}{total} }

# a cold zone

begin(collateral_delay_ms => 300);
is(eight('intel-cold', 'cold'), '200 x 8', 'eight models at once, Intel');
is(attestations(), 8, 'each is attested');
is(services()->{collateral}, 4, 'and each of four documents is fetched once');

begin(evidence => 'snp', kds_delay_ms => 300);
is(eight('amd-cold', 'snp'), '200 x 8', 'eight models at once, AMD');
is(services()->{kds}, 2, 'and each of two documents is fetched once');

begin(nras_delay_ms => 200, jwks_delay_ms => 300);
is(eight('nvidia', 'nras'), '200 x 8', 'eight models at once, NVIDIA');
is(services()->{nras}, 8, 'each has its own evidence judged');
is(services()->{jwks}, 1, 'and the keys are fetched once');

# a service that fails: nobody asks in turn

begin(collateral => 'error=500', collateral_delay_ms => 300);
my $from = time;
is(eight('intel-down', 'down'), '502 attestation_unavailable x 8',
   'a service that is down');
cmp_ok(services()->{collateral}, '<=', 3 * 5,
       'is asked for each document once in each of three rounds');
cmp_ok(time - $from, '<', 4, 'and all who wait have its failure at once');

begin();
is(eight('intel-down', 'up'), '200 x 8', 'that it has failed is over then');
is(services()->{collateral}, 4, 'and all is fetched');

# AMD has no list: 404 is an answer, to those who wait as well

begin(evidence => 'snp', kds_delay_ms => 300);
$mirror->set({ kds => 'status=404', kds_delay_ms => 300 });
is(eight('amd-mirror', 'mirror'), '200 x 8', 'a mirror without a CRL');
is($mirror->stats->{services}{kds}, 1, 'is asked for it once');

# what led to a refusal is fetched anew, once for all that are refused by it

begin(collateral => 'crl_root_garbage');
is(eight('intel-anew', 'bad'), '502 cpu_evidence_invalid x 8',
   'a document that cannot be read');
begin(collateral_delay_ms => 300);
is(eight('intel-anew', 'good'), '200 x 8', 'does no lasting harm');
is(services()->{collateral}, 2,
   'it is fetched anew with the other list, once for all');

# who asks has its worker killed: another of those who wait asks

sub held {
    my ($n) = @_;

    my $socket = $nginx->connect;
    print {$socket} request('intel-held', "held-$n");
    $socket->flush;
    return $socket;
}

begin(collateral => 'gate');
my @before = $nginx->workers;
kill STOP => $before[1];
sleep 0.1;
my $first = held(1);
IoattestSim::wait_for(sub { $_[0]{services}{collateral} >= 4 });
kill CONT => $before[1];
my @waiters = map { held($_) } 2 .. 5;
IoattestSim::wait_for(sub { $_[0]{attestations}{total} == 5 });
kill STOP => $before[0];    # these the other worker takes
push @waiters, map { held($_) } 6 .. 9;
IoattestSim::wait_for(sub { $_[0]{attestations}{total} == 9 });
kill CONT => $before[0];
sleep 0.3;
is(services()->{collateral}, 4, 'those who wait ask for nothing');

kill KILL => $before[0];
IoattestSim::open_gate();
$nginx->wait_for(sub { $nginx->workers == 2 });

my $served = 0;
for my $socket ($first, @waiters) {
    my $text = do { local $/; readline $socket } // '';
    $served++ if $text =~ m{^HTTP/1.1 200 };
    fail("a waiter is refused: $text") if $text =~ m{^HTTP/1.1 [45]};
}
cmp_ok($served, '>=', 4, 'whom the killed worker did not serve is served');
cmp_ok(services()->{collateral}, '<=', 8, 'by one more fetch at most');
is($nginx->status->{zones}[0]{resets}, 0, 'and the zone is whole');

# ioattest_timeout is the API's, and then the services' again: an attestation
# goes on when the time of its client is over

begin(attest_delay_ms => 700, collateral_delay_ms => 700);
my ($late) = $nginx->ask(request('slow', 'slow-1'));
is("$late->{code} $late->{reason}", '502 attestation_timeout',
   'whose time is over goes');
sleep 0.8;
IoattestSim::reset('settings');
my ($next) = $nginx->ask(request('slow', 'slow-1'));
is($next->{code}, 200, 'what it has started has come to its end');
is(attestations(), 1, 'by itself');

unlike($nginx->log, qr/\[alert\](?!.*exited on signal 9)/, 'no alert');

done_testing();
