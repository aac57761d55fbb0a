# What an attestation says that fails names nobody: liars that name honest
# machines, replies that were sent before, signers that nobody has attested.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw( sleep );

use IoattestFleet;
use IoattestLoad;
use IoattestNginx;
use IoattestSim;

IoattestSim->start(machines => 6, per_machine_ports => 0);

my $digest = $ENV{TEST_NGINX_SIM_DIGEST};
my $other = 'sha256:' . 'ab' x 32;
my %texts = (
    no_list => 1, key => 'Bearer gw', http => ["ioattest_image_digest $digest"],
    locations => {
        'v1/private' => [],
        'slow' => ['ioattest_fail_timeout 60s', 'ioattest_wait 3s',
                   IoattestFleet::apart(1)],
        'quick' => ['ioattest_fail_timeout 1s', 'ioattest_wait 8s',
                    IoattestFleet::apart(2)],
    });
my $nginx = IoattestFleet::gateway(%texts);

# Requests of honest machines, and of the liar.
sub honest { return grep { ($_->{machine} // -1) != 3 } @_ }
sub liars { return grep { ($_->{machine} // -1) == 3 } @_ }

sub judge {
    my ($what, @rows) = @_;
    IoattestFleet::machines(@rows);
    IoattestFleet::all_well("$what: honest machines", honest(@rows));
    is_deeply([grep { !/^502 untrusted_address$/ }
               keys %{ IoattestLoad::codes(liars(@rows)) }], [],
              "$what: the liar's answers are refused")
        or diag(explain(IoattestLoad::codes(liars(@rows))));
    cmp_ok(scalar(liars(@rows)), '>', 0, "$what: and there were some");
    return;
}

my %set = (machines => 4, balance => 'random', attest_delay_ms => 50,
           attest_of => { 3 => 'digest_other,address_any' });
my %load = (rate => 15, models => 'liar');

IoattestSim::set(%set);
judge('a liar, cold', IoattestLoad::run(%load, seconds => 3));
ok(IoattestFleet::settled($nginx, 3, 5, 'liar'), 'a search ends beside a liar');

# another policy: nobody is trusted, and the liar has the first word
my $load = IoattestLoad->start(%load, seconds => 4);
sleep 0.5;
IoattestSim::set(attest_balance => { 3 => 9, '*' => 1 });
$nginx->configure(IoattestFleet::texts(%texts,
    http => ["ioattest_image_digest $digest $other"]));
$nginx->reload;
sleep 1;
IoattestSim::set(attest_balance => undef);
judge('a liar, after a reload with another policy', $load->rows);
my ($first) = grep { ($_->{known} // 0) == 3 }
              IoattestFleet::models($nginx, 'liar');
ok($first, 'the honest ones are known under the new policy');

# replies that answered somebody else's nonce

IoattestSim::reset();
IoattestSim::set(machines => 6, balance => 'random', attest_delay_ms => 50,
                 attest => 'replay', attest_share => 0.5);
IoattestFleet::all_well('half of the replies are old',
    IoattestLoad::run(rate => 15, seconds => 3, models => 'replay'));
ok(IoattestFleet::settled($nginx, 6, 8, 'replay'),
   'the search ends beside them');
is_deeply(IoattestFleet::model($nginx, 'replay')->{refused}, [],
          'and they name nobody');

# forged signers: they never pass, and do not make the gateway flood the API

my %forged = (forged => 'one that stays', forged_new => 'another each time');

for my $how (sort keys %forged) {
    my $what = "forged signers, $forged{$how}";

    IoattestSim::reset();
    IoattestSim::set(machines => 4, balance => 'random',
                     attest_delay_ms => 20);
    IoattestLoad::run(rate => 20, seconds => 1, models => $how,
                      path => '/slow/completions');
    ok(IoattestFleet::settled($nginx, 4, 5, $how), "$what: first all is well");

    IoattestSim::reset('stats');
    my @rows = IoattestLoad::run(rate => 40, seconds => 2, models => $how,
                                 path => '/slow/completions',
                                 sim => [$how, '']);
    my @lies = grep { $_->{i} % 2 == 0 } @rows;
    IoattestFleet::all_well("$what: the others", grep { $_->{i} % 2 } @rows);
    is_deeply([grep { !/^502 (untrusted_address|attestation_timeout)$/ }
               keys %{ IoattestLoad::codes(@lies) }], [],
              "$what: none passes");

    # one budget of 32, and one search of 16m + 64
    my $draws = IoattestFleet::attestations($how);
    cmp_ok($draws, '<=', 32 + 16 * 4 + 64 + 8,
           "$what: 40 of them cost $draws draws");
    is(scalar(IoattestLoad::waited(grep { $_->{i} % 2 } @rows)), 0,
       "$what: the others do not wait");

    # the same stranger again
    next if $how ne 'forged';
    ok(IoattestFleet::quiet(0.5, 5), "$what: its search ends");
    IoattestSim::reset('stats');
    @rows = IoattestLoad::run(rate => 20, count => 10, models => $how,
                              path => '/slow/completions', sim => 'forged');
    is_deeply(IoattestLoad::codes(@rows), { '502 untrusted_address' => 10 },
              "$what: whom a search has missed is refused");
    is(scalar(IoattestLoad::waited(@rows)), 0, "$what: at once");
    is(IoattestFleet::attestations($how), 0, "$what: for nothing");
}

# nor do they shut out a new honest machine

IoattestSim::reset();
IoattestSim::set(machines => 4, balance => 'random', attest_delay_ms => 20);
IoattestLoad::run(rate => 20, seconds => 1, models => 'new',
                  path => '/quick/completions');
ok(IoattestFleet::settled($nginx, 4, 5, 'new'), 'before a new machine');
$load = IoattestLoad->start(rate => 20, seconds => 4, models => 'new',
                            path => '/quick/completions',
                            sim => ['forged_new', '', '']);
sleep 1.5;
IoattestSim::set(generation => { 2 => 1 });
my @rows = grep { $_->{i} % 3 } $load->rows;
IoattestFleet::all_well('a new machine amid forgers', @rows);

IoattestFleet::finish($nginx);
done_testing();
