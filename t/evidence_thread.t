# Where evidence is verified: a pool of the operator's, one that is full, none;
# verdicts that come too late for their request; replies that are larger than
# proxy_buffers; a platform that is out of date, for a while.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw( sleep );

use IoattestEvidence;
use IoattestNginx;
use IoattestSim;

IoattestSim->start(machines => 1, evidence => 1);

my %good = (evidence => 'tdx', gpus => 8);

sub policy {
    return 'ioattest_policy ' . IoattestEvidence::file({ tdx => $_[0] });
}

my $grace = policy({ tcb_grace => '5d' });
my $soon = policy({ tcb_grace => 3 * 86400 + 4 . 's' });
my $none = policy({ tcb_status => ['UpToDate'] });
my $pcs = 'ioattest_collateral /_pcs-grace/';

my %text = (
    main => "thread_pool one threads=1 max_queue=1;\n"
            . "thread_pool none threads=1 max_queue=0;\n"
            . "thread_pool queue threads=1;\n",
    server => join('', map { IoattestEvidence::location(@$_) }
        ['any'],
        ['one', 'ioattest_thread_pool one', 'ioattest_fail_timeout 1ms'],
        ['none-waits', 'ioattest_thread_pool none'],
        ['queue', 'ioattest_thread_pool queue', 'ioattest_fail_timeout 1ms',
         'ioattest_parallel 32'],
        ['late', 'ioattest_thread_pool queue', 'ioattest_fail_timeout 1ms',
         'ioattest_parallel 32',
         'ioattest_timeout 200ms', 'ioattest_wait 200ms'],
        ['off', 'ioattest_thread_pool off'],
        ['small', 'ioattest_request /_small'],
        ['grace', $grace, 'ioattest_gpu off', $pcs],
        ['soon', $soon, 'ioattest_gpu off', $pcs],
        ['none', $none, 'ioattest_gpu off', $pcs])
        . <<'EOF',
        location = /_small {
            internal;
            proxy_buffers 2 4k;
            proxy_busy_buffers_size 4k;
            proxy_max_temp_file_size 0;
            proxy_pass http://api/v1/private/attestation;
        }
EOF
);

my $nginx = IoattestEvidence::gateway(workers => 1, %text);

sub begin {
    IoattestSim::reset();
    IoattestSim::set({ %good, @_ });
    return;
}

sub attestations { return IoattestSim::stats()->{attestations}{total} }

sub clients {
    my ($path, @ids) = @_;
    return map {
        my $socket = $nginx->connect;
        print {$socket} IoattestEvidence::request($path, $_);
        $socket->flush;
        $socket;
    } @ids;
}

# Whether a model's machine becomes trusted, late as it may be.
sub attested {
    my ($id) = @_;
    return eval { $nginx->wait_for(sub {
        $nginx->log =~ /ioattest: attested \w+ for model "\Q$id\E": cpu tdx/
    }) };
}

sub verified { return $nginx->status->{zones}[0]{attestations}{verified} }

# Attestations that are in flight, and lists that are asked for.
sub leases {
    my $zone = $nginx->status->{zones}[0];
    my $held = $zone->{leases};
    $held += $_->{in_flight} for @{$zone->{models}};
    return $held;
}

# one thread and a queue of one

begin(attest => 'gate');
my @clients = clients('one', map { "one-$_" } 1 .. 12);
IoattestSim::wait_for(sub { $_[0]{waiting} >= 12 }, 20);
IoattestSim::open_gate();
my %codes;
for my $client (@clients) {
    my $got = IoattestNginx::answer(join('', <$client>), 0);
    $codes{join ' ', grep { length } @$got{qw( code reason )}}++;
}
is_deeply(\%codes, { 200 => 12 }, 'a queue that is full refuses nobody');
ok(eval { $nginx->wait_for(sub { verified() == attestations() }) },
   'each reply is verified')
    or diag(verified(), ' of ', attestations(), "\n",
            $nginx->log =~ /^(.*attestation of model.*)$/mg);
cmp_ok(attestations(), '<', 2 * 12, 'none is asked for again');
is_deeply([map { $_->{failing} } @{$nginx->status->{zones}[0]{models}}],
          [('') x 12], 'no failure is remembered');
like($nginx->log, qr/thread pool "one" queue overflow/, 'the log has why');
is(leases(), 0, 'no lease is left');
begin();
is(IoattestEvidence::said($nginx, 'one', "one-$_"), 200,
   "afterwards there is room: $_") for 1 .. 4;
is(IoattestEvidence::said($nginx, 'off', 'off'), 200, 'without threads');
is(IoattestEvidence::said($nginx, 'none-waits', 'none'), 200,
   'a queue of none');
IoattestSim::set(attest => 'gpu_signature');
is(IoattestEvidence::said($nginx, 'none-waits', 'bad'),
   '502 gpu_evidence_invalid', 'what is wrong is refused there too');
IoattestSim::set(attest => '');

# a thread that is busy: the client of the last in its queue leaves

begin();
my @busy = clients('queue', map { "busy-$_" } 1 .. 12);
my ($leaver) = clients('queue', 'leaver');
IoattestSim::wait_for(sub { $_[0]{attestations}{total} == 13 });
sleep 0.05;
close $leaver;
is(scalar(grep { my $text = do { local $/; <$_> }; $text =~ m{^HTTP/1.1 200 } }
          @busy), 12, 'those before are served');
ok(attested('leaver'),
   'and what was verified for the one that left');
IoattestSim::reset('stats');
is(IoattestEvidence::said($nginx, 'any', 'leaver'), 200,
   'is known to the next');
is(attestations(), 0, 'who needs no attestation');
is(leases(), 0, 'no lease is left');

# the same where the time is over before the thread comes to it

my %late = (late => '', wrong => 'gpu_signature');
@busy = ();
for my $id (qw( late wrong )) {
    begin(attest => 'gate');
    push @busy, clients('queue', map { "before-$id-$_" } 1 .. 80);
    IoattestSim::wait_for(sub { $_[0]{waiting} >= 80 }, 20);
    IoattestSim::open_gate();

    # The next word to the simulator is not for what it has yet to answer, nor
    # for what this client has yet to ask.
    IoattestSim::set(gpus => 1, attest => $late{$id});
    my $asked = attestations();
    my ($client) = clients('late', $id);
    is(IoattestNginx::answer(join('', readline $client), 0)->{reason},
       'attestation_timeout', "too late: $id");
    my $seen = -1;
    $nginx->wait_for(sub {
        my $before = $seen;
        $seen = attestations();
        sleep 0.15;
        return $seen > $asked && $seen == $before
               && !IoattestSim::flights()->{in_flight};
    });
}

# nothing is judged beside a thread that has the evidence

like($nginx->log, qr/attestation of model "$_" failed: attestation_timeout/,
     "$_: no verdict in time") for qw( late wrong );

<$_> for @busy;
ok(attested('late'), 'a verdict comes all the same');
IoattestSim::reset('stats');
is(IoattestEvidence::said($nginx, 'late', 'late'), 200,
   'and counts for the next');
is(attestations(), 0, 'who needs no attestation');
is(IoattestEvidence::said($nginx, 'any', 'wrong'),
   '502 gpu_evidence_invalid', 'what is wrong is not trusted afterwards');
is(IoattestSim::stats()->{completions}{total}, 1, 'nothing is sent');

# more than proxy_buffers hold, where nothing may go to a file

for my $how ('', 'chunked', 'close_delimited', 'pieces') {
    begin(gpus => 16, attest => $how);
    is(IoattestEvidence::said($nginx, 'small', "small-$how"), 200,
       "16 GPUs and small buffers: $how");
}

begin(attest => 'big=1048577');
is(IoattestEvidence::said($nginx, 'small', 'big'),
   '502 attestation_malformed', 'more than is taken is refused at once');
unlike($nginx->log, qr/buffered to a temporary file/,
       'nothing went to a file');

# Intel's word that is older than the grace, or not

begin(collateral => 'tcb_status_out_of_date, tcb_dates=3');
is(IoattestEvidence::said($nginx, 'grace', 'grace'), 200,
   'out of date for less than tcb_grace');
is(IoattestEvidence::said($nginx, 'none', 'none'), '502 tcb_rejected',
   'without it: refused');
is(IoattestEvidence::said($nginx, 'soon', 'soon'), 200,
   'for what is almost tcb_grace');
IoattestSim::set(attest => 'status=500');
is(IoattestEvidence::said($nginx, 'soon', 'soon'), 200, 'is trusted');
sleep 4.5;
is(IoattestEvidence::said($nginx, 'soon', 'soon'),
   '502 attestation_unavailable', 'and no longer than that');
begin(collateral => 'tcb_status_out_of_date, tcb_dates=7');
is(IoattestEvidence::said($nginx, 'grace', 'older'), 200,
   'what the zone has says so still');
$nginx->configure(IoattestEvidence::texts(%text,
    server => $text{server} =~ s/_pcs-grace/_pcs-older/gr));
$nginx->reload;
$nginx->wait_for(sub { $nginx->workers == 1 });
is(IoattestEvidence::said($nginx, 'grace', 'grace'), '502 tcb_rejected',
   'and for more: refused');
is(IoattestSim::stats()->{completions}{total}, 1, 'nothing is sent');

# a pool that nobody has defined

$nginx->configure(IoattestEvidence::texts(
    server => IoattestEvidence::location('x', 'ioattest_thread_pool nobody')));
my $command = join ' ', map { "'$_'" } $nginx->command('-t');
like(scalar `$command 2>&1`,
     qr/\[emerg\].*unknown thread pool "nobody"/, 'an unknown pool');

# told to quit while the thread works for clients that have left

begin();
@busy = clients('queue', map { "quit-$_" } 1 .. 20);
IoattestSim::wait_for(sub { $_[0]{attestations}{total} == 20 });
sleep 0.05;
close $_ for @busy;
sleep 0.05;
my $pid = $nginx->pid;
kill QUIT => $pid;
ok($nginx->wait_for(sub { !kill 0 => $pid }), 'nginx goes');
unlike($nginx->log, qr/open socket/, 'and leaves no socket open');

is_deeply(IoattestEvidence::alarms($nginx, qr/unknown thread pool/), [],
          'nothing else alarming in the log');

done_testing();
