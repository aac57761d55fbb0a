# Every number of the status, in JSON, for Prometheus and on the page, against
# what 500 requests of all kinds have really met.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use IoattestFleet;
use IoattestLoad;
use IoattestPage;
use IoattestSim;

IoattestSim->start(machines => 3, per_machine_ports => 0);

my $nginx = IoattestFleet::gateway(
    key => 'Bearer gw',
    server => "        server_name gate.test;\n",
    http => ["ioattest_image_digest $ENV{TEST_NGINX_SIM_DIGEST}",
             'ioattest_wait 3s', 'ioattest_fail_timeout 1s'],
    locations => { 'v1/private' => [], 'dry' => ['ioattest_dry_run on'] });

IoattestSim::set(balance => 'random', attest_of => { 2 => 'digest_other' },
                 completion_machines => [0, 1]);

# --- 500 requests

my @kinds = ('', '', '', 'flip_body', 'error=500', '', 'no_signature',
             'request_hash', 'error=429', 'status=500');
my @main = IoattestLoad->start(count => 300, rate => 60, sim => \@kinds);
my @dry = IoattestLoad->start(count => 100, rate => 20, path => '/dry/completions',
                              sim => ['', 'flip_body', 'no_signature', '']);
my @none = IoattestLoad->start(count => 60, rate => 12, models => 'no/such');
my @other = IoattestLoad->start(count => 40, rate => 8,
                                models => $IoattestFleet::OTHER);

@main = map { $_->rows } @main;
@none = map { $_->rows } @none;
@other = map { $_->rows } @other;
my @rows = (@main, @none, @other);
@dry = map { $_->rows } @dry;
is(@rows + @dry, 500, '500 requests');
is(scalar(grep { !$_->{status} } @rows, @dry), 0, 'all were answered');

ok(IoattestFleet::settled($nginx, 2, 8), 'two machines are known');
ok(IoattestFleet::settled($nginx, 2, 8, $IoattestFleet::OTHER),
   'of the other model as well');
ok(IoattestFleet::quiet(0.5, 8), 'nothing is drawn any more');

my $json = $nginx->status;
my %metric = map { /^(ioattest_\S+) (\S+)$/ ? ($1 => $2) : () }
             split /\n/, IoattestFleet::text($nginx, '/metrics');
my $page = IoattestPage::read_from($nginx);

is_deeply($page->{errors}, [], 'the page is well-formed');

# --- what clients saw

my (%refused, %would);
for (@rows) { $refused{ $_->{reason} }++ if $_->{reason} =~ /_/ }
my $unsigned = grep { $kinds[$_->{i} % @kinds] =~ /^error/ } @main;
my $verified = grep { $_->{status} == 200 } @rows, @dry;

# an error that is signed is an answer like others

$verified += grep { $_->{status} == 500 && $_->{reason} eq '-'
                    && $kinds[$_->{i} % @kinds] =~ /^status/ } @main;

cmp_ok(scalar(keys %refused), '>=', 3, 'of several reasons: '
       . join ', ', map { "$_ $refused{$_}" } sort keys %refused);
is($unsigned, 60, 'unsigned errors');

# a dry run lets 50 of 100 pass that it would refuse

$verified -= 50;
is(scalar(grep { $_->{status} != 200 } @dry), 0, 'a dry run refuses nothing');
is($json->{dry_run_would_reject}, 50, 'and counts');

is_deeply($json->{responses}{rejected}, \%refused, 'JSON: refused, by reason');
is($json->{responses}{verified}, $verified, 'JSON: verified');
is($json->{responses}{unsigned}, $unsigned, 'JSON: unsigned');
is_deeply($json->{dry_run_rejected},
          { response_hash_mismatch => 25, no_signature => 25 },
          'JSON: of the dry run, by reason');

my $sum = 0;
$sum += $_->{verified} for @{ $json->{zones}[0]{machines} };
is($sum, $verified, 'JSON: answers of all machines');

# a wait of less than a millisecond is shown as none

my $waited = grep { ($_->{wait} // 0) > 0 } @rows, @dry;
cmp_ok($json->{requests_waited}, '>=', $waited, 'JSON: waited');
cmp_ok($json->{requests_waited}, '<=', $waited + 10, 'and not more');

# --- what the API saw

my $stats = IoattestSim::stats()->{attestations};
my ($good, $bad) = ($json->{attestations}{verified}, 0);
$bad += $_ for values %{ $json->{attestations}{rejected} };
is($good + $bad, $stats->{total}, 'JSON: attestations');

# with the sum above: as many, unless some were late

cmp_ok($good, '<=', $stats->{machines}{0} + $stats->{machines}{1},
       'JSON: verified are those of good machines');
cmp_ok($json->{attestations}{rejected}{image_digest_mismatch}, '<=',
       $stats->{machines}{2}, 'JSON: refused are those of the other');
is_deeply([grep { !/^(?:image_digest_mismatch|attestation_timeout)$/ }
           keys %{ $json->{attestations}{rejected} }], [], 'and nothing else');
my $trigger = 0;
$trigger += $_ for values %{ $json->{attestations}{trigger} };
is($trigger, $good + $bad, 'JSON: attestations by their cause');
is(scalar @{ $json->{zones}[0]{machines} }, 4, 'JSON: two machines a model');

# fewer than a thousand are all compared

my $mismatch = grep { $_->{status} == 200
                      && $kinds[$_->{i} % @kinds] eq 'request_hash' } @main;
cmp_ok($mismatch, '>', 25, 'answers to other requests');
is_deeply($json->{requests}, { match => $verified - $mismatch,
                               mismatch => $mismatch, unknown => 0 },
          'JSON: requests, by whether they are those that were signed');

# times are taken of what is released, and waits also of what is refused

my $times = $json->{times};
my $refused = 0;
$refused += $_ for values %refused;
is($times->{verify}{count}, $verified, 'JSON: times of verifying');
is($times->{attest}{count}, $good + $bad, 'JSON: times of attesting');
is($times->{wait}{count}, $verified + $refused, 'JSON: times of waiting');
cmp_ok($times->{verify}{seconds}, '>', 0, 'verifying takes some');
my $long = 0;
$long += $_->{wait} // 0
    for (grep { $kinds[$_->{i} % @kinds] !~ /^error/ } @main),
        @none, @other, grep { $_->{i} % 4 == 0 || $_->{i} % 4 == 3 } @dry;
cmp_ok(abs($times->{wait}{seconds} - $long), '<', 1,
       "waiting took $long s, by the answers' own headers");

# --- Prometheus says the same

my $zone = $json->{zones}[0];
my %same = ('ioattest_machines{zone="io"}' => 4,
    'ioattest_requests_waited_total{zone="io"}' => $json->{requests_waited},
    'ioattest_dry_run_would_reject_total{zone="io"}' => 50,
    'ioattest_key_refused_total{zone="io"}' => 0,
    'ioattest_zone_evictions_total{zone="io"}' => 0,
    'ioattest_zone_resets_total{zone="io"}' => 0,
    'ioattest_replay_evictions_total{zone="io"}' => 0,
    'ioattest_zone_bytes{zone="io",state="used"}' => $zone->{used},
    'ioattest_zone_bytes{zone="io",state="free"}'
        => $zone->{size} - $zone->{used},
    'ioattest_responses_total{zone="io",verdict="verified",reason=""}'
        => $verified,
    'ioattest_responses_total{zone="io",verdict="unsigned",reason=""}'
        => $unsigned,
    'ioattest_attestations_total{zone="io",result="verified",reason=""}'
        => $good);
$same{"ioattest_attestations_triggered_total{zone=\"io\",trigger=\"$_\"}"}
    = $json->{attestations}{trigger}{$_} for qw( gate signer background );
$same{"ioattest_requests_total{zone=\"io\",result=\"$_\"}"}
    = $json->{requests}{$_} for qw( match mismatch unknown );
for my $row (@{ $zone->{models} }) {
    my $labels = "{zone=\"io\",policy=\"$row->{policy}\","
                 . "model=\"$row->{model}\"}";
    $same{"ioattest_model_machines$labels"} = $row->{known};
    $same{"ioattest_model_draws$labels"} = $row->{draws};
    $same{"ioattest_model_unseen_ratio$labels"} = $row->{unseen_below};
    $same{"ioattest_model_in_flight$labels"} = $row->{in_flight};
    $same{"ioattest_model_refused_machines$labels"} = @{ $row->{refused} };
}
for my $name (map { /verdict="rejected",reason="(\w+)"/ } keys %metric) {
    $same{"ioattest_responses_total{zone=\"io\",verdict=\"rejected\","
          . "reason=\"$name\"}"} = $refused{$name} // 0;
    $same{"ioattest_attestations_total{zone=\"io\",result=\"rejected\","
          . "reason=\"$name\"}"} = $json->{attestations}{rejected}{$name} // 0;
    $same{"ioattest_dry_run_rejected_total{zone=\"io\",reason=\"$name\"}"}
        = $json->{dry_run_rejected}{$name} // 0;
}
is_deeply({ map { $_ => 0 + ($metric{$_} // 'nan') } keys %same },
          { map { $_ => 0 + $same{$_} } keys %same },
          keys(%same) . ' series agree with the JSON');
for my $name (qw( verify attest wait )) {
    my $series = "ioattest_${name}_seconds";
    my $count = $times->{$name}{count};
    is($metric{"${series}_count{zone=\"io\"}"}, $count,
       "the histogram of $name has as many");
    is($metric{"${series}_bucket{zone=\"io\",le=\"+Inf\"}"}, $count,
       'in all its buckets');
    cmp_ok($metric{"${series}_sum{zone=\"io\"}"}, '==',
           $times->{$name}{seconds}, 'and the same sum');
    my @buckets = map { $metric{"${series}_bucket{zone=\"io\",le=\"$_\"}"} }
                  sort { $a <=> $b } map { /^${series}_bucket.*le="([\d.]+)"/ }
                  keys %metric;
    is_deeply(\@buckets, [sort { $a <=> $b } @buckets], 'which only grow');
}

# --- and so does the page

IoattestPage::agrees($page, $json);

is($page->{data}{'zone-in-flight'}[0], 0, 'page: none in flight');
is_deeply([sort map { $_->[0]{texts}{address} } @{ $page->{tables}{refused} }],
          [sort map { map { $_->{address} } @{ $_->{refused} } }
           @{ $zone->{models} }], 'page: refused machines');
my (%recent, %dry);
for (@{ $page->{tables}{recent} }) {
    my $of = $_->[3]{text} =~ /dry run/ ? \%dry : \%recent;
    $of->{ $_->[0]{text} } += $_->[4]{data}{count};
}

# what callers are to blame for is not among them

my %blamed = %refused;
delete $blamed{model_unknown};
is_deeply(\%recent, \%blamed, 'page: refused of late, by reason');
is_deeply(\%dry, $json->{dry_run_rejected}, 'page: and in the dry run');

IoattestFleet::finish($nginx);
done_testing();
