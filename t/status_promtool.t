# The metrics as promtool reads them, and alerts and dashboard that ask for
# nothing that there is not.  Without promtool its part is skipped.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP ();
use Test::More;

use IoattestFleet;
use IoattestLoad;
use IoattestSim;

IoattestSim->start(machines => 2, per_machine_ports => 0);
my $nginx = IoattestFleet::gateway(key => 'Bearer gw', no_list => 1,
    http => ["ioattest_image_digest $ENV{TEST_NGINX_SIM_DIGEST}"]);

my $contrib = "$FindBin::Bin/../contrib";
my ($promtool) = grep { -x } map { "$_/promtool" } "$FindBin::Bin/../build",
                                                    split /:/, $ENV{PATH};

sub promtool {
    my ($dir, $input, @args) = @_;
    my $file = "$nginx->{root}/promtool.in";
    open my $out, '>', $file or die;
    print {$out} $input;
    close $out;
    my $said = qx(cd $dir && $promtool @args < $file 2>&1);
    return $? ? "failed: $said" : $said;
}

sub metrics { return IoattestFleet::text($nginx, '/metrics') }

my $first = metrics();
IoattestLoad::run(count => 6, rate => 0, sim => ['', 'flip_body', 'error=500']);
IoattestLoad::run(count => 1, rate => 0, models => "q\"u\\o\nte");
ok(IoattestFleet::settled($nginx, 2, 8), 'two machines are known');
my $then = metrics();

SKIP: {
    skip 'promtool is not here: sh scripts/promtool.sh gets it', 5
        if !$promtool;

    is(promtool('.', $first, qw( check metrics )), '',
       'promtool finds nothing before the first request');
    is(promtool('.', $then, qw( check metrics )), '', 'nor after some');
    isnt(promtool('.', $then . "ioattest_x{ 1\n", qw( check metrics )), '',
         'it would');
    like(promtool("$contrib/prometheus", '', qw( check rules
         ioattest.rules.yml )), qr/SUCCESS: 12 rules/, 'the alerts are rules');
    like(promtool("$contrib/prometheus", '', qw( test rules
         ioattest.test.yml )), qr/\A(?!.*FAILED).*SUCCESS/s,
         'and alert when they should');
}

# --- every metric that is asked for is there

my %there = map { $_ => 1 } $then =~ /^# TYPE (\S+) /mg;

# is written where a manifest, collateral or early collateral is configured

$there{$_} or fail("$_ is described"), next
    for qw( ioattest_build_info ioattest_documents_expire_seconds
            ioattest_reference_expires_seconds ioattest_tcb_early );

sub asked {
    my ($file) = @_;
    open my $in, '<', "$contrib/$file" or die "$file: $!\n";
    my $text = do { local $/; <$in> };
    my %names;
    $names{$1} = 1
        while $text =~ /\b(ioattest_[a-z_]+?)(?:_bucket|_sum|_count)?(?=\W)/g;
    return ($text, %names);
}

for my $file ('prometheus/ioattest.rules.yml', 'grafana/ioattest.json') {
    my ($text, %names) = asked($file);

    # directives that sentences name
    delete @names{qw( ioattest_refresh ioattest_parallel ioattest_collateral
                      ioattest_amd_kds ioattest_zone ioattest_authorization
                      ioattest_valid
                      ioattest_gpu_reference ioattest_bind
                      ioattest_collateral_early )};
    is_deeply([grep { !$there{$_} } sort keys %names], [],
              "$file asks for nothing that there is not");
    cmp_ok(scalar keys %names, '>', 8, 'and for much');
}

my ($text) = asked('grafana/ioattest.json');
my $board = JSON::PP->new->utf8->decode($text);
my %id;
$id{ $_->{id} }++ for @{ $board->{panels} };
is_deeply([grep { $id{$_} > 1 } keys %id], [], 'each panel has an id');
is(scalar(grep { !@{ $_->{targets} } } @{ $board->{panels} }), 0,
   'and a query');

# labels by which it chooses are labels that there are

my %label = map { $_ => 1 } $then =~ /[{,](\w+)="/g, 'instance';
my %wanted = map { $_ => 1 } map { /(\w+)=~?"/g } map { $_->{expr} }
             map { @{ $_->{targets} } } @{ $board->{panels} };
is_deeply([grep { !$label{$_} } sort keys %wanted], [], 'labels');

IoattestFleet::finish($nginx);
done_testing();
