# Intel's collateral and NVIDIA's service: everything that can be wrong with
# what they say, what the zone keeps of it, and services that are down.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use IoattestEvidence;
use IoattestNginx;
use IoattestSim;

IoattestSim->start(machines => 1, evidence => 1);

my @kinds = qw( collateral nras jwks );
my @table = IoattestEvidence::table(
    sub { my $kind = $_[0]{kind}; grep { $_ eq $kind } @kinds });

# What is accepted is kept for the next, so each of these has a prefix.

my @harmless = map { $_->[0] } grep { $_->[1]{reason} eq '' } @table;

sub collateral {
    return ('ioattest_gpu off', "ioattest_collateral /_pcs-$_[0]/");
}

sub nras {
    return ('ioattest_gpu nras', "ioattest_nras /_nras-$_[0]",
            "ioattest_jwks_of /_jwks-$_[0]");
}

my $place = sub {
    my ($name, @more) = @_;
    s/^ioattest_jwks_of/ioattest_nras_jwks/ for @more;
    return IoattestEvidence::location($name, @more);
};

my $server = join '',
    (map { my $n = $_; map { $place->("$_-$n",
           $_ eq 'collateral' ? collateral($n) : nras($n)) }
           qw( collateral nras ) } @harmless, qw( wrong kept down )),
    $place->('short-collateral', collateral('short'),
             'ioattest_timeout 300ms'),
    $place->('short-nras', nras('short'), 'ioattest_timeout 300ms'),
    $place->('tcb_expired', collateral('tcb_expired'),
             'ioattest_collateral_slack ' . (30 * 86400 + 3) . 's'),
    $place->('crl_pck_expired', collateral('crl_pck_expired'),
             'ioattest_collateral_slack ' . (31 * 86400 + 3) . 's'),
    $place->('kds-kept', 'ioattest_gpu off', 'ioattest_amd_kds /_kds-kept/');

my $nginx = IoattestEvidence::gateway(workers => 2, server => $server);

my %good = (evidence => 'tdx', gpus => 1);

# The quote is judged before the documents, and its chain needs the root's list
# too; lists that cannot be read are found before either.

my %decided = (crl_root_garbage => 'cpu_evidence_invalid',
               map { ("crl_root_$_" => 'cpu_evidence_invalid') }
               qw( expired future issuer signature ));

my @cases = map {
    my ($name, $entry) = @$_;
    my $path = $entry->{needs} . ($entry->{reason} eq '' ? "-$name"
                                                         : '-wrong');
    +{ name => $name, reason => $decided{$name} // $entry->{reason},
       path => $path,
       settings => { %good, gpus => 2, $entry->{kind} => $name } };
} @table;

cmp_ok(scalar @cases, '>=', 100, 'the table has them');
IoattestEvidence::walk($nginx, @cases);

IoattestSim::reset();
IoattestSim::set(\%good);
is(IoattestEvidence::said($nginx, "$_-wrong", "good-$_"), 200,
   "good answers are accepted there: $_") for qw( collateral nras );

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
is(IoattestEvidence::said($nginx, "short-$_", "hang-$_"),
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
