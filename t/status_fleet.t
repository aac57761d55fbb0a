# The shape of the status and of the metrics, the clock that they count on, and
# which lines of the log say what of many machines.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw( sleep time );
use Time::Local qw( timegm );

use IoattestClock;
use IoattestFleet;
use IoattestLoad;
use IoattestSim;

IoattestSim->start(machines => 3, per_machine_ports => 0);

my $digest = $ENV{TEST_NGINX_SIM_DIGEST};
my $clock = IoattestClock->new;
my $nginx = $clock->under(sub { IoattestFleet::gateway(
    no_list => 1, key => 'Bearer gw',
    server => "        server_name first.test second.test;\n",
    http => ["ioattest_image_digest $digest", 'ioattest_valid 4s',
             'ioattest_fail_timeout 1s',
             'add_header X-Attested $ioattest_attested always'],
    locations => { 'v1/private' => [], 'dry' => [
        # a policy that no machine meets, and no key to draw with by itself
        'ioattest_image_digest sha256:' . '1' x 64,
        'ioattest_authorization $http_authorization',
        'ioattest_dry_run on', 'ioattest_wait 2s' ] }) });

# --- metrics, before anything was asked

sub metrics {
    my (%kind, %value, @wrong);
    for (split /\n/, IoattestFleet::text($nginx, '/metrics')) {
        if (/^# TYPE (\S+) (\S+)$/) {
            push @wrong, "$1 twice" if $kind{$1};
            $kind{$1} = $2;

        } elsif (/^# HELP (\S+) [A-Z].{10,}\.$/) {
            push @wrong, "HELP of $1 after its TYPE" if $kind{$1};

        } elsif (/^((\w+)(?:\{(?:\w+="[^"]*",?)+\}))
                 \ (-?\d+(?:\.\d+)?)$/x) {
            my ($series, $name, $value) = ($1, $2, $3);
            (my $base = $name) =~ s/_(?:bucket|sum|count)$//;
            push @wrong, "$series twice" if exists $value{$series};
            push @wrong, "$name has no TYPE"
                if !$kind{$name} && ($kind{$base} // '') ne 'histogram';
            $value{$series} = $value;

        } else {
            push @wrong, $_;
        }
    }
    push @wrong, grep { ($kind{$_} eq 'counter') != /_total$/ } keys %kind;
    is_deeply(\@wrong, [], 'metrics: well-formed, each once');
    return \%value;
}

my $first = metrics();
my @reasons = map { /responses_total.*reason="(\w+)"/ ? $1 : () } keys %$first;
cmp_ok(scalar @reasons, '>', 20, 'reasons are there from the start');
for my $series ('ioattest_attestations_total{zone="io",result="rejected",',
                'ioattest_dry_run_rejected_total{zone="io",') {
    is_deeply([grep { ($first->{$series . "reason=\"$_\"}"} // '') ne '0' }
               @reasons], [], "each is a zero of $series");
}
is($first->{"ioattest_attestations_triggered_total{zone=\"io\",trigger=\"$_\"}"},
   0, "and the trigger $_") for qw( gate signer background );
is($first->{'ioattest_requests_waited_total{zone="io"}'}, 0, 'nobody waited');
is(scalar(grep { /^ioattest_model_|^ioattest_machine_/ } keys %$first), 0,
   'no series of a model without a model');

my $empty = $nginx->status;
is_deeply($empty->{attestations}{trigger},
          { gate => 0, signer => 0, background => 0 }, 'JSON: triggers');
is($empty->{requests_waited}, 0, 'JSON: requests_waited');
is_deeply($empty->{dry_run_rejected}, {}, 'JSON: dry_run_rejected');
is_deeply($empty->{zones}[0]{models}, [], 'JSON: no models');

# --- three machines, one of them bad

my @address = IoattestFleet::addresses();

sub lines {
    my ($level, $pattern) = @_;
    return grep { /\[$level\]/ && $_ =~ $pattern }
           $nginx->log =~ /^(.*ioattest.*)$/mg;
}

sub ask { return IoattestLoad::run(rate => 10, seconds => 1, @_) }

IoattestSim::set(balance => 'random', attest_delay_ms => 20,
                 attest_of => { 2 => 'digest_other' });
ask();
ok(IoattestFleet::settled($nginx, 2, 5), 'two are known');

my $row = IoattestFleet::model($nginx);
is($row->{server}, 'first.test', 'the server by its first name');
is($row->{known}, 2, 'known');
is($row->{unseen_below}, 0 + sprintf('%.6f', 7 / $row->{draws}), 'unseen_below')
    if $row->{draws} > 7;
cmp_ok($row->{refused_share}, '>', 0, 'some are refused');
cmp_ok($row->{refused_share}, '<', 1, 'and not all');

my $bad = qr/failed:\ image_digest_mismatch,\ check\ "[^"]+":
             .*\ \Q$address[2]\E/xi;
is(scalar(lines('warn', $bad)), 1, 'refused for the first time: one warning');
cmp_ok(scalar(lines('info', $bad)), '>', 0, 'then it is no news');
is(scalar(lines('error', $bad)), 0, 'and no error');

my $known = qr/(\d+) machines? known, (\d+) attestations since the last new/;
my @ends = lines('notice', $known);
is(scalar @ends, 1, 'the end of a search: one line');
my ($machines, $draws, $percent) = $ends[0]
    =~ /$known one: less than ([\d.]+) % of answers come from a machine that/;
is($machines, 2, 'it says how many are known');
is($percent, sprintf('%.2f', 700 / $draws), 'and the bound');
is(scalar(lines('notice', qr/attested \Q$_\E/i)), 1, "$_ is met: one notice")
    for @address[0, 1];

# renewals, and searches that find nothing

sleep 4;
cmp_ok(scalar(lines('info', qr/attested 0x/)), '>', 1, 'renewals are no news');
IoattestSim::set(completion => 'forged');
my @forged = ask(count => 2, rate => 0, timeout => 20);
is(scalar(grep { $_->{status} == 200 } @forged), 0, 'forged ones are refused');
IoattestSim::set(completion => '');
ok(IoattestFleet::settled($nginx, 2, 5), 'the search for them ends');
is(scalar(lines('notice', $known)), 1, 'it has nothing to tell');

# the bad one is mended

IoattestSim::set(attest_of => {});
ask();
ok(IoattestFleet::settled($nginx, 3, 8), 'three are known');
is(scalar(lines('notice', qr/attested \Q$address[2]\E .*, met again/i)), 1,
   'met again: one notice');
is((lines('notice', $known))[-1] =~ /: 3 machines known/, 1,
   'and what the search has found');
is_deeply(IoattestFleet::model($nginx)->{refused}, [], 'refused by nobody now');

# no answer is an error

IoattestSim::set(attest => 'status=500');
ask(models => 'silent', timeout => 20, count => 1, rate => 0);
cmp_ok(scalar(lines('error', qr/model "silent".* failed: attestation_unavail/)),
       '>', 0, 'no answer is an error');
IoattestSim::set(attest => '');

# --- a dry run, by reason

my @dry = ask(path => '/dry/completions', count => 3, rate => 0);
is(scalar(grep { $_->{status} == 200 } @dry), 3, 'a dry run refuses nothing');
my $status = $nginx->status;
is($status->{dry_run_would_reject}, 3, 'and counts');
is_deeply($status->{dry_run_rejected}, { image_digest_mismatch => 3 },
          'by reason');
is_deeply($status->{zones}[0]{dry_run_rejected}, $status->{dry_run_rejected},
          'for the zone as well');

# --- the metrics agree with the JSON

ok(IoattestFleet::settled($nginx, 3, 8), 'all are known');
my $now = metrics();
my @rows = @{ $nginx->status->{zones}[0]{models} };
for $row (grep { $_->{known} == 3 } @rows) {
    my $labels = "{zone=\"io\",policy=\"$row->{policy}\","
                 . "model=\"$row->{model}\"}";
    is($now->{"ioattest_model_machines$labels"}, 3, 'machines of a model');
    cmp_ok(abs($now->{"ioattest_model_unseen_ratio$labels"}
               * $now->{"ioattest_model_draws$labels"} - 7), '<', 0.01,
           'unseen: 7 / draws');
    ok(exists $now->{"ioattest_model_in_flight$labels"}, 'in flight');
    my $left = $now->{"ioattest_machine_expires_seconds$labels"};
    ok($left > 0 && $left <= 4, "the first expires in $left s");
}
is(scalar(grep { /^ioattest_model_draws/ } keys %$now), scalar @rows,
   'each model has a series');

# --- the wall clock is set an hour on

$clock->shift(3600);
sleep 0.6;
my @answers = map { $nginx->ask(IoattestNginx::completion()) } 1 .. 3;
is_deeply([grep { $_->{head} !~ /^X-Attested: [0-4]\r?$/m } @answers], [],
          '$ioattest_attested is the time since, and not an hour more');
my @trusted = values %{ IoattestFleet::trusted($nginx) };
is(scalar @trusted, 3, 'all are trusted');
for (@trusted) {
    my ($y, $mo, $d, $h, $mi, $s) = $_->{expires_at} =~ /(\d+)/g;
    my $ahead = timegm($s, $mi, $h, $d, $mo - 1, $y) - time - 3600;
    ok($ahead > -2 && $ahead < 6, "it is shown by the clock of now: $ahead s");
}
$clock->shift(0);

# --- a reload without it

$nginx->configure(IoattestFleet::texts(
    no_list => 1, http => ["ioattest_image_digest sha256:" . '2' x 64]));
$nginx->reload;
ok(IoattestFleet::until_true(sub {
    my $found = IoattestFleet::model($nginx);
    return $found && !defined $found->{server} }, 5),
   'a policy that no server has any more has no server');

IoattestFleet::finish($nginx);
done_testing();
