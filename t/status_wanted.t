# A model that nobody asks for any more has no machine, and that is no alarm;
# one that is asked for and has none is.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use IoattestFleet;
use IoattestLoad;
use IoattestPage;
use IoattestSim;

IoattestSim->start(machines => 1, per_machine_ports => 0);

# callers' keys: nothing is attested in the background

my $nginx = IoattestFleet::gateway(no_list => 1,
    http => ["ioattest_image_digest $ENV{TEST_NGINX_SIM_DIGEST}",
             'ioattest_valid 5s', 'ioattest_fail_timeout 1s']);

# What each format says of the model.
sub said {
    my $row = IoattestFleet::model($nginx, 'm');
    my $metrics = IoattestFleet::text($nginx, '/metrics');
    my ($machines) = $metrics =~ /^ioattest_model_machines\{.*\} (\d+)$/m;
    my $page = IoattestPage::read_from($nginx);
    my %texts = %{ $page->{texts} };

    return {
        json => "$row->{known} " . ($row->{wanted} ? 'wanted' : 'not wanted'),
        prometheus => $machines // 'no series',
        note => scalar(grep { /m: no machine is trusted/ }
                       @{ $texts{bad} // [] }),
        row => $texts{unwanted} ? 'not asked for' : 'asked for',
        errors => $page->{errors},
    };
}

sub asked {
    return (IoattestLoad::run(count => 1, rate => 0, models => 'm',
                              timeout => 20))[0]{status};
}

is(asked(), 200, 'a model is asked for');
is_deeply(said(), { json => '1 wanted', prometheus => 1, note => 0,
                    row => 'asked for', errors => [] }, 'it has a machine');

my $idle = IoattestFleet::until_true(sub {
    my $row = IoattestFleet::model($nginx, 'm');
    return !$row->{known} && !$row->{wanted} }, 12);
ok($idle, 'then it is not asked for any more');
is_deeply(said(), { json => '0 not wanted', prometheus => 'no series',
                    note => 0, row => 'not asked for', errors => [] },
          'that is no alarm');
like(IoattestFleet::text($nginx, '/metrics'),
     qr/^ioattest_model_draws\{.*,model="m"\}/m,
     'its other series are there');
is_deeply([grep { /Nothing needs a look/ }
           @{ IoattestPage::read_from($nginx)->{texts}{good} // [] }],
          ['Nothing needs a look.'], 'nothing needs a look');

IoattestSim::set(attest => 'error=500');
isnt(asked(), 200, 'it is asked for again, and attestations fail');
is_deeply(said(), { json => '0 wanted', prometheus => 0, note => 1,
                    row => 'asked for', errors => [] }, 'that is an alarm');

IoattestFleet::finish($nginx);
done_testing();
