# Platforms by the TCB that Intel will ask for next: shown and warned of, and
# nothing of who is trusted depends on it.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Digest::SHA qw( sha256_hex );
use Test::More;
use Time::HiRes qw( sleep time );

use IoattestEvidence;
use IoattestNginx;
use IoattestSim;

IoattestSim->start(machines => 1, evidence => 1);

my %good = (evidence => 'tdx', gpus => 0);
my $ppid = substr sha256_hex('ppid machine 0'), 0, 32;
my $short = 'SGX component 1 \(BIOS, Early Microcode Update\) is \d+, \d+ is '
    . 'needed for UpToDate \(2026-08-13\)';

# Intel's service under a prefix of its own, and its word on what comes next
# under another.

sub place {
    my ($name, @more) = @_;
    return IoattestEvidence::location($name,
        IoattestEvidence::service('collateral', $name),
        "ioattest_collateral_early /_pcs-early-$name/", @more);
}

my $grace = IoattestEvidence::file({ tdx => { tcb_status =>
    [qw( UpToDate OutOfDate )] } });
my $newer = IoattestEvidence::file({ tdx => { min_evaluation => 19 } });
my $advisory = IoattestEvidence::file({ tdx => { tcb_status =>
    [qw( UpToDate OutOfDate )], advisories_allowed => ['INTEL-SA-00001'] } });

my $http = 'ioattest_collateral_early /_pcs-all/;';
my $server = join '',
    IoattestEvidence::location('unasked',
        IoattestEvidence::service('collateral', 'unasked')),
    IoattestEvidence::location('off', 'ioattest_collateral_early off',
        IoattestEvidence::service('collateral', 'off')),
    IoattestEvidence::location('without', 'ioattest_gpu off',
        'ioattest_collateral off'),
    place('same'), place('next'), place('down'), place('forged'),
    place('short', 'ioattest_valid 2s'),
    place('again', 'ioattest_valid 1s'),
    place('renewed', 'ioattest_valid 1s'),
    place('slow', 'ioattest_timeout 1s'),
    place('accepts', "ioattest_policy $grace"),
    place('advisory', "ioattest_policy $advisory"),
    place('evaluation', "ioattest_policy $newer"),
    <<'EOF';
        location /metrics { ioattest_status prometheus; }
        location /page { ioattest_status html; }
EOF

my $nginx = IoattestEvidence::gateway(workers => 2, server => $server,
                                      http => $http);

IoattestSim::set(\%good);

sub ask {
    my ($path, $id, $what) = @_;
    IoattestSim::set(collateral_early => $what);
    return IoattestEvidence::said($nginx, $path, $id);
}

sub machines {
    my ($id) = @_;
    return grep { $_->{model_id} eq $id }
           map { @{ $_->{machines} } } @{ $nginx->status->{zones} };
}

sub early {
    my ($id) = @_;
    my ($machine) = machines($id) or return 'no machine';
    exists $machine->{tcb_early} or return 'no member';
    return $machine->{tcb_early};
}

# Waits: no client does.
sub judged {
    my ($id) = @_;
    my $got;
    for (1 .. 100) {
        $got = early($id);
        return $got if ref $got;
        sleep 0.05;
    }
    return $got;
}

sub got {
    my ($uri) = @_;
    my ($answer) = $nginx->ask("GET $uri HTTP/1.1\r\nHost: localhost\r\n"
                               . "Connection: close\r\n\r\n");
    return $answer->{body};
}

# By policy, and their sum.
sub metric {
    return map { s/"//gr } got('/metrics')
        =~ /^ioattest_tcb_early\{zone="io",policy=("\w{8}"\} \d+)$/mg;
}

sub short { my $n = 0; $n += (split)[1] for metric(); return $n }

sub warnings { return grep { /\[warn\].*next TCB/ } split /\n/, $nginx->log }
sub failures { return grep { /cannot be judged/ } split /\n/, $nginx->log }
sub early_asked {
    return grep { /update=early/ } keys %{ IoattestSim::stats()->{documents} };
}

# --- what Intel will ask for is met ------------------------------------------

for my $path (qw( off without )) {
    is(ask($path, $path, 'short'), 200, "$path: taken");
}
sleep 0.3;
is(early($_), undef, "$_: not judged") for qw( off without );
is(scalar early_asked(), 0, 'nobody was asked');
is(short(), 0, 'none is short');

is(ask('same', 'same', 'same'), 200, 'no news: taken');
is_deeply(judged('same'), { status => 'UpToDate', lacks => '',
          evaluation => 18 }, 'no news: shown');
is_deeply([sort(early_asked())], [
    '/tdx/certification/v4/qe/identity?update=early',
    '/tdx/certification/v4/tcb?fmspc=a0b06f000000&update=early' ],
    'Intel was asked for two documents');
ask('unasked', 'of-all', 'next');
is(judged('of-all')->{evaluation}, 19, 'inherited');
ask('next', 'next', 'next');
is_deeply(judged('next'), { status => 'UpToDate', lacks => '',
          evaluation => 19 }, 'the next evaluation: met');
cmp_ok(scalar metric(), '>', 3, 'a series for each policy');
is(short(), 0, 'none is short yet');
is(scalar warnings(), 0, 'nothing to warn of');

# --- it is not ---------------------------------------------------------------

is(ask('accepts', 'accepts', 'short'), 200, 'accepted later: taken');
like(judged('accepts')->{lacks}, qr/^$short$/, 'accepted later: shown');
is(scalar warnings(), 0, 'accepted later: no warning');
is(short(), 0, 'accepted later: not counted');

is(ask('advisory', 'advisory', 'short'), 200, 'an advisory to come: taken');
is(judged('advisory')->{status}, 'OutOfDate', 'an advisory to come: shown');
is(short(), 1, 'an advisory to come: counted');
my @warned = warnings();
is(scalar @warned, 1, 'an advisory to come: warned of');
like($warned[0] // '', qr/check "tdx\.advisories_allowed"/, 'by its name');

is(ask('short', 'short', 'short'), 200, 'short: taken');
my $got = judged('short');
is($got->{status}, 'OutOfDate', 'short: status');
is($got->{evaluation}, 19, 'short: evaluation');
like($got->{lacks}, qr/^$short$/, 'short: which SVN');
my ($machine) = machines('short');
is($machine->{tcb_status}, 'UpToDate', 'short: today all is well');
is(ask('short', 'other', 'short'), 200, 'another model: taken');
is(judged('other')->{status}, 'OutOfDate', 'another model: shown');
is(short(), 2, 'the platform counts once for each policy');
is(scalar warnings(), 1, 'the platform was told of');
like(got('/page'), qr/class="early fair">[^<]*OutOfDate, $short</, 'the page');
like(got('/page'), qr/class="early good">[^<]*UpToDate</, 'and what is met');

# over renewals, by both workers: machines that are trusted for 1 s

$nginx->{warned} = scalar warnings();
for (1 .. 4) {
    is(ask('again', 'again', 'short'), 200, "renewal $_: taken");
    judged('again');
    sleep 0.7;
}
my $attested = grep { /attested 0x.*"again"/ } split /\n/, $nginx->log;
cmp_ok($attested, '>=', 2, 'it was attested more than once');
is(scalar warnings(), $nginx->{warned}, 'and told of no more');

# --- nothing depends on it ---------------------------------------------------

for my $what (qw( down forged )) {
    IoattestSim::reset('stats');
    is(ask($what, $what, $what), 200, "$what: taken");
    ok(IoattestSim::wait_for(sub { early_asked() == 2 }), "$what: asked");
}
ok(eval { $nginx->wait_for(sub { scalar failures() }); 1 }, 'it is logged');
sleep 0.5;
is(early($_), undef, "$_: not judged") for qw( down forged );
is(scalar failures(), 1, 'both within an hour: once');
like((failures())[0] // '', qr/\[warn\].*trusted as before/, 'as a warning');
is(scalar warnings(), 1, 'and nobody is warned of');

# no client waits: the verdict is there long before Intel answers

my $began = time;
is(ask('slow', 'slow', 'slow'), 200, 'slow: taken');
cmp_ok(time - $began, '<', 0.9, 'slow: at once');
sleep 1.2;
is(early('slow'), undef, 'slow: not judged');

isnt(ask('evaluation', 'evaluation', 'next'), 200,
     'what is to come does not stand in for what is');

is(scalar(grep { /\[(?:alert|emerg|crit)\]/ } split /\n/, $nginx->log), 0,
   'no alarms');
# --- another configuration, with the machines that are known -----------------

$server =~ s{(location /again/ .*?early) \S+;}{$1 off;}s;
$server =~ s{(location /renewed/ .*?early) \S+;}{$1 /_pcs-later/;}s;
ask('renewed', 'renewed', 'short');
judged($_) for qw( renewed again );
$nginx->configure(IoattestEvidence::texts(server => $server, http => $http));
$nginx->reload;
$nginx->wait_for(sub { $nginx->workers == 2 });
sleep 1.1;
for my $id (qw( again renewed )) {
    is(ask($id, $id, 'forged'), 200, "$id: taken");
    ok(IoattestSim::wait_for(sub { machines($id) && !early($id) }),
       "$id: a judgement that does not hold is not shown");
}

ok($nginx->stop, 'nginx goes quietly');

done_testing();
