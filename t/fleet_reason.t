# Attestations of one model that fail each for another reason: clients are told
# the one that says most, whichever came last.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw( sleep );

use IoattestFleet;
use IoattestLoad;
use IoattestSim;

IoattestSim->start(machines => 2, per_machine_ports => 0);

my $nginx = IoattestFleet::gateway(
    workers => 1, no_list => 1, key => 'Bearer gw',
    http => ['ioattest_background off', 'ioattest_fail_timeout 20s'],
    locations => {
        'insecure' => ['ioattest_ssl_verify on', IoattestFleet::apart(1)],
        'refused' => [IoattestFleet::apart(2)],
    });

sub told {
    my ($path, $model) = @_;
    my @rows = IoattestLoad::run(rate => 1, seconds => 1, models => $model,
                                 path => "/$path/completions");
    return IoattestLoad::codes(@rows);
}

# One of two machines does not answer, and needs longer for it than the other
# for what it says.

sub one_silent {
    my ($path, $reason, %of) = @_;

    IoattestSim::reset();
    IoattestSim::set(machines => 2, balance => 'turns',
                     attest_of => { 1 => 'delay=600,error=503', %of });

    is_deeply(told($path, $path), { "502 $reason" => 1 }, "$path: told");

    my $draws = IoattestSim::stats()->{attestations}{total};
    cmp_ok($draws, '>=', 4, "$path: several attestations have failed");
    sleep(1);
    cmp_ok(scalar(() = $nginx->log =~ /"\Q$path\E" failed: attestation_un/g),
           '>', 0, "$path: the last ones for want of an answer");

    is_deeply(told($path, $path), { "502 $reason" => 1 },
              "$path: and told again");
    is(IoattestSim::stats()->{attestations}{total}, $draws,
       "$path: by what is known");
}

one_silent('insecure', 'attestation_insecure');
one_silent('refused', 'image_digest_mismatch', 0 => 'digest_other');

IoattestFleet::finish($nginx);
done_testing();
