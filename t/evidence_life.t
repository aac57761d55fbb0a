# What becomes of an attestation in the middle: Intel's or NVIDIA's service
# has not answered, or a thread is at it, when nginx is reloaded, a worker is
# killed, a client leaves, or nginx is told to quit.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP ();
use Test::More;
use Time::HiRes qw( sleep time );

use IoattestEvidence;
use IoattestNginx;
use IoattestSim;

IoattestSim->start(machines => 1, evidence => 1);

my %good = (evidence => 'tdx', gpus => 8);
my $mr_td = $ENV{TEST_NGINX_SIM_MR_TD};
my $policy = IoattestEvidence::file({ tdx => { mr_td => [$mr_td] } });

# One at a time: no second attestation where the first takes over a second.

my @all = ("ioattest_policy $policy", 'ioattest_parallel 1');
my @pcs = (@all, 'ioattest_collateral /_pcs/');
my @nras = (@all, 'ioattest_gpu nras', 'ioattest_nras /_nras',
            'ioattest_nras_jwks /_jwks');

# Each case has a prefix, for what the zone has of one is not asked again.

my @cases = map { my $case = $_; map { [$_, $case] } qw( pcs nras ) }
            qw( reload share kill leave quit );

my $server = join '', map {
    my ($kind, $case) = @$_;
    IoattestEvidence::location("$kind-$case", map {
        s{/_(pcs|nras|jwks)(?=/|$)}{/_$1-$case}r
    } $kind eq 'pcs' ? @pcs : @nras);
} @cases;

$server .= IoattestEvidence::location('any', 'ioattest_fail_timeout 1ms');

my $nginx = IoattestEvidence::gateway(workers => 2, server => $server);
$nginx->wait_for(sub { $nginx->workers == 2 });

sub begin {
    my (%set) = @_;
    IoattestSim::reset();
    IoattestSim::set({ %good, %set });
    return;
}

sub attestations { return IoattestSim::stats()->{attestations}{total} }

# A client that has sent its request.
sub client {
    my ($path, $id) = @_;
    my $socket = $nginx->connect // die "no connection\n";
    print {$socket} IoattestEvidence::request($path, $id);
    $socket->flush;
    return $socket;
}

# A client of a worker: the others stand still until it has been accepted.
sub client_of {
    my ($worker, @what) = @_;
    my @others = grep { $_ != $worker } $nginx->workers;
    kill STOP => @others;
    sleep 0.05;
    my $socket = client(@what);
    sleep 0.1;
    kill CONT => @others;
    return $socket;
}

sub answer {
    my ($socket, $limit) = @_;
    my $text = '';
    local $SIG{ALRM} = sub { die "stuck\n" };
    alarm($limit // 20);
    my $ok = eval { local $/; $text = <$socket> // ''; 1 };
    alarm 0;
    close $socket;
    my $got = IoattestNginx::answer($ok ? $text : '', 0);
    return $ok ? join ' ', grep { length } $got->{code}, $got->{reason}
               : 'stuck';
}

# An attestation whose services stand at a gate.
sub hanging {
    my ($kind) = @_;
    my $service = $kind eq 'pcs' ? 'collateral' : 'nras';
    my $want = $kind eq 'pcs' ? 4 : 1;
    begin($service => 'gate');
    return sub {
        IoattestSim::wait_for(sub { $_[0]{services}{$service} >= $want });
    };
}

# Attestations that are in flight, and lists that are asked for.
sub leases {
    my $zone = $nginx->status->{zones}[0];
    my $held = $zone->{leases};
    $held += $_->{in_flight} for @{$zone->{models}};
    return $held;
}

sub quiet {
    my ($what) = @_;
    my $free = 0;
    for (1 .. 100) {
        last if $free = !leases();
        sleep 0.05;
    }
    return ok($free, "$what: no lease is left");
}

for my $kind (qw( pcs nras )) {

    # two workers share one attestation, and all who wait go on

    my $there = hanging($kind);
    my @workers = $nginx->workers;
    my @clients = (client_of($workers[0], "$kind-share", "$kind-share"));
    $there->();
    push @clients, client_of($_, "$kind-share", "$kind-share")
        for (@workers) x 2;
    is(leases(), 1, "$kind: one lease");
    IoattestSim::open_gate();
    is(join(' ', map { answer($_) } @clients), '200 200 200 200 200',
       "$kind: those who wait in both workers are served");
    is(attestations(), 1, "$kind: by one attestation");
    quiet("$kind, shared");

    # a stricter policy while the older one's attestation hangs

    $there = hanging($kind);
    my $old = client("$kind-reload", "$kind-reload");
    $there->();
    IoattestEvidence::rewrite($policy, { tdx => { mr_td => ['00' x 48] } });
    $nginx->reload;
    sleep 0.3;
    IoattestSim::set({ collateral => '', nras => '' });
    my $new = client("$kind-reload", "$kind-reload");
    sleep 0.2;

    # a document that has been asked for is not asked for again

    IoattestSim::open_gate();
    is(answer($new), '502 measurement_mismatch',
       "$kind: a new worker has the new policy");
    is(answer($old), 200, "$kind: the old request completes");
    IoattestSim::reset('stats');
    is(IoattestEvidence::said($nginx, "$kind-reload", "$kind-reload"),
       '502 measurement_mismatch',
       "$kind: and what it proved is nothing under the new policy");
    is(IoattestSim::stats()->{completions}{total}, 0, "$kind: nothing is sent");

    # a broken policy changes nothing

    IoattestEvidence::rewrite($policy, "{\"tdx\":\n {\"mr_tdd\": []}}");
    kill HUP => $nginx->pid;
    ok($nginx->wait_for(sub {
        $nginx->log =~ /\[emerg\].*\Q$policy\E.*line 2: tdx\.mr_tdd is not/
    }), "$kind: a broken policy is named, by line and member");
    is(IoattestEvidence::said($nginx, "$kind-reload", "$kind-broken"),
       '502 measurement_mismatch', "$kind: and the last one stays");
    IoattestEvidence::rewrite($policy, { tdx => { mr_td => [$mr_td] } });
    $nginx->reload;
    $nginx->wait_for(sub { $nginx->workers == 2 });

    # the worker that attests is killed

    $there = hanging($kind);
    @workers = $nginx->workers;
    my $holder = client_of($workers[0], "$kind-kill", "$kind-kill");
    $there->();
    my @waiters = map { client_of($workers[1], "$kind-kill", "$kind-kill") }
                  1 .. 3;
    kill KILL => $workers[0];
    is(answer($holder), '0', "$kind: who was served by it is cut off");
    ok(IoattestSim::wait_for(sub { $_[0]{attestations}{total} == 2 }, 5),
       "$kind: another worker attests at once");
    IoattestSim::open_gate();
    is(join(' ', map { answer($_) } @waiters), '200 200 200',
       "$kind: and those who wait are served");
    $nginx->wait_for(sub { $nginx->workers == 2 });
    is($nginx->status->{zones}[0]{resets}, 0, "$kind: the zone is whole");
    quiet("$kind, killed");

    # the client whose attestation it is leaves

    $there = hanging($kind);
    @workers = $nginx->workers;
    my $leaver = client_of($workers[0], "$kind-leave", "$kind-leave");
    $there->();
    @waiters = map { client_of($_, "$kind-leave", "$kind-leave") } @workers;
    close $leaver;
    sleep 0.2;
    IoattestSim::open_gate();
    is(join(' ', map { answer($_) } @waiters), '200 200',
       "$kind: those who wait are served");
    is(IoattestSim::stats()->{attestations}{total}, 1,
       "$kind: by the attestation that goes on without it");
    quiet("$kind, left");
}

# clients that leave while a thread has their machine's evidence

begin();
for my $i (1 .. 40) {
    begin(attest => 'gate');
    my $leaver = client('any', "thread-$i");
    IoattestSim::wait_for(sub { $_[0]{attestations}{total} });
    IoattestSim::open_gate();
    sleep 0.002 * ($i % 20);
    close $leaver;
}
quiet('threads');
is(IoattestEvidence::said($nginx, 'any', 'thread-after'), 200,
   'clients that leave threads behind');

# told to quit in the middle

for my $kind (qw( pcs nras )) {
    my $there = hanging($kind);
    my $last = client("$kind-quit", "$kind-quit");
    $there->();
    my $pid = $nginx->pid;
    kill QUIT => $pid;
    sleep 0.3;
    ok(kill(0 => $pid), "$kind: nginx that quits waits");
    IoattestSim::open_gate();
    is(answer($last), 200, "$kind: for the last request");
    ok($nginx->wait_for(sub { !kill 0 => $pid }), "$kind: and goes");
    next if $kind eq 'nras';
    system($nginx->command) == 0 or die "nginx does not start\n";
    $nginx->wait_for(sub { $nginx->pid && $nginx->connect });
}

is_deeply(IoattestEvidence::alarms($nginx,
              qr/exited on signal 9|was locked by|mr_tdd is not known/),
          [], 'nothing else alarming in the log');
unlike($nginx->log, qr/open socket/, 'no socket is left open');

done_testing();
