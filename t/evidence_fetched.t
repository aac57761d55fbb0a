# What the zone keeps of what the vendors' services said, whom they are asked
# with, and services that are down.  What they may say wrong:
# evidence_collateral.t and evidence_nras.t.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use IoattestEvidence;
use IoattestNginx;
use IoattestSim;

IoattestSim->start(machines => 1, evidence => 1);

sub place {
    my ($kind, $name, @more) = @_;

    return IoattestEvidence::location($name,
        IoattestEvidence::service($kind, $name =~ s/^\w+-//r), @more);
}

my $server = join '',
    (map { my $kind = $_; map { place($kind, "$kind-$_") } qw( kept down ) }
         qw( collateral nras )),
    place('collateral', 'collateral-short', 'ioattest_timeout 300ms'),
    place('nras', 'nras-short', 'ioattest_timeout 300ms'),
    place('collateral', 'tcb_expired',
          'ioattest_collateral_slack ' . (30 * 86400 + 3) . 's'),
    place('collateral', 'crl_pck_expired',
          'ioattest_collateral_slack ' . (31 * 86400 + 3) . 's'),
    IoattestEvidence::location('kds-kept', 'ioattest_gpu off',
                               'ioattest_amd_kds /_kds-kept/');

my $nginx = IoattestEvidence::gateway(workers => 2, server => $server);

my %good = (evidence => 'tdx', gpus => 1);

IoattestSim::set(\%good);

# fetched once

sub services { return IoattestSim::stats()->{services} }

sub asked {
    my ($path, $want, $what, %more) = @_;
    IoattestSim::reset('stats');
    my @got = map { IoattestEvidence::said($nginx, $path, "$what-$_", %more) }
              1 .. 4;
    is("@got", '200 200 200 200', "$what: four models");
    my $got = services();
    is_deeply({ map { $_ => $got->{$_} } keys %$want }, $want,
              "$what: what the services were asked");
    return;
}

my $key = 'of-a-caller';
asked('collateral-kept', { collateral => 4 }, 'first', key => $key);
is_deeply([grep { /^authorization:/i }
           map { ref $_ ? join ': ', @$_ : $_ }
           @{IoattestSim::stats()->{last}{collateral}{headers}}], [],
          "a caller's key does not go to Intel");
asked('nras-kept', { nras => 4, jwks => 1 }, 'tokens', key => $key);

my $last = IoattestSim::stats()->{last};
is_deeply([grep { /\Q$key\E/ } map { JSON::PP::encode_json($last->{$_}) }
           qw( nras jwks )], [], "nor to NVIDIA");
my $sent = JSON::PP::decode_json($last->{nras}{body});
is(scalar @{$sent->{evidence_list}}, 1, 'NVIDIA is sent the GPUs');
like($sent->{nonce}, qr/^[0-9a-f]{64}$/, 'with the nonce');
is($sent->{nonce}, IoattestSim::stats()->{nonces}[-1],
   'which is that of the attestation');
is_deeply([sort keys %$sent], [qw( arch claims_version evidence_list nonce )],
          'and nothing of the reply that it has no use for');
is("$sent->{claims_version} $sent->{arch}", '3.0 HOPPER',
   'the version of the claims, and what the certificates say');
is_deeply([map { sort keys %$_ } @{$sent->{evidence_list}}],
          [qw( certificate evidence )], 'of a GPU too');

# members that the attested party put there are not sent

IoattestSim::set({ %good, attest => 'gpu_members' });
is(IoattestEvidence::said($nginx, 'nras-kept', 'members'), 200,
   'a reply with further members');
$sent = JSON::PP::decode_json(IoattestSim::stats()->{last}{nras}{body});
is_deeply([(sort keys %$sent), map { sort keys %$_ } @{$sent->{evidence_list}}],
          [qw( arch claims_version evidence_list nonce certificate evidence )],
          'which NVIDIA does not see');
is("$sent->{claims_version} $sent->{arch}", '3.0 HOPPER', 'nor their values');
isnt($sent->{nonce}, 'ff' x 32, 'nor their nonce');
IoattestSim::set(\%good);

IoattestSim::set({ evidence => 'snp' });
asked('kds-kept', { kds => 2 }, 'certificates', key => $key);
unlike(JSON::PP::encode_json(IoattestSim::stats()->{last}{kds}),
       qr/\Q$key\E/, 'nor to AMD');
IoattestSim::set(\%good);

# new keys

IoattestSim::set({ nras_kid => 20 });
asked('nras-kept', { jwks => 1 }, 'rotation');

# a reload keeps them

$nginx->reload;
asked('collateral-kept', { collateral => 0 }, 'reloaded');

# services that are down

for my $how ('status=500', 'close', 'truncate', 'empty_body') {
    IoattestSim::set({ %good, collateral => $how, nras => $how });
    for my $kind (qw( collateral nras )) {
        IoattestSim::reset('stats');
        is(IoattestEvidence::said($nginx, "$kind-down", "$kind-$how"),
           '502 attestation_unavailable', "$kind: $how");
        is(IoattestSim::stats()->{completions}{total}, 0, 'nothing is sent');
    }
    is(IoattestEvidence::said($nginx, 'collateral-kept', "kept-$how"), 200,
       "what the zone has serves: $how");
}

# which service it was, and that the API is not to blame

for (['collateral', qr{"/_pcs-down/[^"]+"}], ['nras', qr{"/_(?:nras|jwks)-down"}])
{
    my ($kind, $uri) = @$_;
    like($nginx->log, qr/attestation_unavailable,\ $uri\ did\ not\ answer
        \ what\ its\ verification\ needs\ \(status\ 500\);
        \ the\ API\ itself\ answered\ \(status\ 200,/x, "$kind is named");
}

# evidence that ends before ioattest_valid does

for my $what (qw( tcb_expired crl_pck_expired )) {
    IoattestSim::reset();
    IoattestSim::set({ %good, collateral => $what });
    is(IoattestEvidence::said($nginx, $what, 'ends'), 200,
       "$what, with three seconds to go");
    IoattestSim::set({ %good, attest => 'status=500' });
    sleep 4;
    IoattestSim::reset('stats');
    is(IoattestEvidence::said($nginx, $what, 'ends'),
       '502 attestation_unavailable', 'and with none');
    is(IoattestSim::stats()->{completions}{total}, 0, 'nothing is sent');
}

IoattestSim::reset();
IoattestSim::set({ %good, collateral => 'hang', nras => 'hang' });
is(IoattestEvidence::said($nginx, "$_-short", "hang-$_"),
   '502 attestation_timeout', "$_ hangs") for qw( collateral nras );
IoattestSim::reset();
IoattestSim::set(\%good);

# many clients, one attestation

my @answers = $nginx->ask(map {
    IoattestEvidence::request('collateral-down', 'all') } 1 .. 20);
is(scalar(grep { $_->{code} == 200 } @answers), 20, '20 clients at once');
my $stats = IoattestSim::stats();
is($stats->{attestations}{total}, 1, 'share an attestation');
is($stats->{services}{collateral}, 4, 'and its collateral');

is_deeply(IoattestEvidence::alarms($nginx), [],
          'nothing alarming in the log');
ok($nginx->stop, 'nginx goes quietly');
unlike($nginx->log, qr/open socket/, 'and leaves no socket open');

done_testing();
