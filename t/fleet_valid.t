# A machine that was attested as long ago as "ioattest_valid" says is trusted
# no more, and is attested anew before the next prompt leaves.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw( sleep );

use IoattestClock;
use IoattestFleet;
use IoattestNginx;
use IoattestSim;

IoattestSim->start(machines => 1, per_machine_ports => 0);

my $clock = IoattestClock->new;
my $nginx = $clock->under(sub { IoattestFleet::gateway(workers => 1,
    http => ['ioattest_background off', 'ioattest_refresh off',
             'ioattest_fail_timeout 1s', 'ioattest_valid 600s']) });

# Both clocks go on to so many seconds since the start.
sub after {
    my ($seconds) = @_;
    $clock->pass($seconds);
    $clock->shift($seconds);
    sleep 0.2;
    return;
}

sub code {
    my ($answer) = $nginx->ask(IoattestNginx::completion());
    return join ' ', grep { length } $answer->{code}, $answer->{reason} // '';
}

is(code(), '200', 'a first answer');
is(IoattestFleet::attestations(), 1, 'its machine is attested');

after(590);
is(code(), '200', 'shortly before the end of ioattest_valid');
is(IoattestFleet::attestations(), 1, 'it is not attested again');
is(scalar(keys %{ IoattestFleet::trusted($nginx) }), 1, 'it is trusted');

after(601);
is(scalar(keys %{ IoattestFleet::trusted($nginx) }), 0,
   'after it, it is trusted no more');
is(code(), '200', 'the next prompt');
is(IoattestFleet::attestations(), 2, 'has it attested anew');
is(scalar(keys %{ IoattestFleet::trusted($nginx) }), 1,
   'and it is trusted again');

# without that no prompt leaves

after(1300);
my $sent = IoattestSim::stats()->{completions}{total};
IoattestSim::set(attest => 'nonce_wrong');
is(code(), '502 nonce_mismatch', 'an attestation that is refused');
is(IoattestSim::stats()->{completions}{total}, $sent, 'and no prompt is sent');

# who was not met for a day is forgotten

is(IoattestFleet::model($nginx)->{machines}, 1, 'the machine is remembered');
after(90000);
ok(IoattestFleet::until_true(sub {
    IoattestFleet::model($nginx)->{machines} == 0 }, 5), 'but not for days');

IoattestFleet::finish($nginx);
done_testing();
