# An attestation does not end with the request that it was made for: what
# comes of it is counted and trusted, also where the client has gone.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw( sleep );

use IoattestFleet;
use IoattestNginx;
use IoattestSim;

IoattestSim->start(machines => 1, per_machine_ports => 0);

my $nginx = IoattestFleet::gateway(workers => 1,
    http => ['ioattest_background off']);

# Sends a prompt, and goes while its attestation is under way.
sub goes {
    my ($name) = @_;
    my $socket = $nginx->connect or die "no connection\n";
    print {$socket} IoattestNginx::completion();
    $socket->flush;
    ok(IoattestFleet::until_true(sub { IoattestFleet::attestations() == 1 },
                                 5), "$name: it is attested");
    close $socket;
    ok(IoattestFleet::until_true(sub {
        !IoattestFleet::model($nginx)->{in_flight} }, 5), "$name: it ends");
    return;
}

sub counted {
    my $status = $nginx->status->{attestations};
    my $refused = 0;
    $refused += $_ for values %{ $status->{rejected} };
    return [$status->{verified}, $refused];
}

# evidence that is refused counts as well

IoattestSim::set(attest_delay_ms => 500, attest => 'nonce_wrong',
                 attest_times => 1);
goes('refused');
is_deeply(counted(), [0, 1], 'refused: it is counted');
is_deeply(IoattestFleet::trusted($nginx), {}, 'refused: nobody is trusted');

IoattestSim::reset();
IoattestSim::set(attest_delay_ms => 500);
goes('verified');
is_deeply(counted(), [1, 1], 'verified: it is counted');
is(scalar(keys %{ IoattestFleet::trusted($nginx) }), 1,
   'verified: the machine is trusted');
is(IoattestSim::stats()->{completions}{total}, 0,
   'no prompt was sent for who has gone');

my ($answer) = $nginx->ask(IoattestNginx::completion());
is($answer->{code}, 200, 'the next client has an answer');
is(IoattestFleet::attestations(), 1, 'for which nothing is attested anew');

IoattestFleet::finish($nginx);
done_testing();
