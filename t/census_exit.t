# A worker that is to go once its clients are served attests nothing more in
# the background: the next one does, and it would never come to an end.

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

my $nginx = IoattestFleet::gateway(workers => 1, key => 'Bearer gw',
                                   http => ['ioattest_valid 2s']);
my ($answer) = $nginx->ask(IoattestNginx::completion());
is($answer->{code}, 200, 'a machine is trusted');
ok(IoattestFleet::settled($nginx, 1, 5), 'and no search goes on');

IoattestSim::reset('stats');
sleep 3;
cmp_ok(IoattestFleet::attestations(), '>=', 1,
       'the control: it is attested anew in the background');

# the last client waits for its answer

IoattestSim::set(completion_delay_ms => 5000);
my $socket = $nginx->connect or die "no connection\n";
print {$socket} IoattestNginx::completion();
$socket->flush;
ok(IoattestFleet::until_true(sub {
    IoattestSim::stats()->{completions}{total} == 1 }, 3), 'a prompt is sent');

my ($worker) = $nginx->workers;
kill 'QUIT', $nginx->pid;
ok(IoattestFleet::until_true(sub {
    $nginx->log =~ /gracefully shutting down/ }, 3), 'its worker is to go');
sleep 0.5;
IoattestSim::reset('stats');
sleep 3;
ok(kill(0, $worker), 'and is there for it');
is(IoattestFleet::attestations(), 0, 'but attests nothing more');

my $text = do { local $/; <$socket> };
like($text, qr/^HTTP\/1\.1 (?:200|502)/, 'the client has an answer');
ok(IoattestFleet::until_true(sub { !kill 0, $worker }, 5), 'and it goes');
unlike($nginx->log, qr/\[(?:alert|crit|emerg)\]|open socket/,
       'nothing alarming in the log');

done_testing();
