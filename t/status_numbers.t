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

my @kinds = ('', '', '', 'flip_body', 'error=500', '', 'no_signature', '',
             'error=429', 'status=500');
my @main = IoattestLoad->start(count => 300, rate => 60, sim => \@kinds);
my @dry = IoattestLoad->start(count => 100, rate => 20, path => '/dry/completions',
                              sim => ['', 'flip_body', 'no_signature', '']);
my @none = IoattestLoad->start(count => 60, rate => 12, models => 'no/such');
my @other = IoattestLoad->start(count => 40, rate => 8,
                                models => $IoattestFleet::OTHER);

@main = map { $_->rows } @main;
my @rows = (@main, map { $_->rows } @none, @other);
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

# --- Prometheus says the same

my $zone = $json->{zones}[0];
my %same = ('ioattest_machines{zone="io"}' => 4,
    'ioattest_requests_waited_total{zone="io"}' => $json->{requests_waited},
    'ioattest_dry_run_would_reject_total{zone="io"}' => 50,
    'ioattest_key_refused_total{zone="io"}' => 0,
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
is($metric{'ioattest_attest_seconds_count{zone="io"}'}, $good + $bad,
   'the histogram of attestations has as many');

# --- and so does the page

IoattestPage::agrees($page, $json);

is($page->{data}{'zone-in-flight'}[0], 0, 'page: none in flight');
is_deeply([sort map { $_->[0]{texts}{address} } @{ $page->{tables}{refused} }],
          [sort map { map { $_->{address} } @{ $_->{refused} } }
           @{ $zone->{models} }], 'page: refused machines');
my ($times, $dry) = (0, 0);
for (@{ $page->{tables}{recent} }) {
    next if $_->[0]{text} ne 'response_hash_mismatch';
    $times += $_->[4]{data}{count};
    $dry += $_->[4]{data}{count} if $_->[3]{text} =~ /dry run/;
}
is($times, $refused{response_hash_mismatch} + 25, 'page: refused of late');
is($dry, 25, 'page: of them in the dry run');

IoattestFleet::finish($nginx);
done_testing();
