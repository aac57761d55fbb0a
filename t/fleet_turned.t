# A trusted machine turns bad: that is told at once, though its trust, which
# nobody's claim may end, lasts until its time is over.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use IoattestFleet;
use IoattestLoad;
use IoattestSim;

IoattestSim->start(machines => 2, per_machine_ports => 0);

my $reason = 'image_digest_mismatch';
my $nginx = IoattestFleet::gateway(
    no_list => 1, key => 'Bearer gw',
    server => "location = /page { ioattest_status html; }\n",
    http => ["ioattest_image_digest $ENV{TEST_NGINX_SIM_DIGEST}",
             'ioattest_valid 40s', 'ioattest_refresh 38s']);

sub ask { return IoattestLoad::run(rate => 0, count => 4, models => 'turned') }

sub machine { return IoattestFleet::trusted($nginx, 'turned')->{lc $_[0]} // {} }

sub lines { my ($text) = @_; return scalar(() = $nginx->log =~ /$text/g) }

IoattestSim::set(machines => 2, balance => 'turns', attest_delay_ms => 100);
IoattestFleet::all_well('both are good', ask());
ok(IoattestFleet::settled($nginx, 2, 5, 'turned'), 'both are known');

my $bad = (IoattestFleet::addresses())[1];
ok(exists machine($bad)->{refused} && !machine($bad)->{refused},
   'nothing of it was refused');

IoattestSim::set(attest_of => { 1 => 'digest_other' });
ok(IoattestFleet::until_true(sub { machine($bad)->{refused} }, 8),
   'it turns bad: the status says so');
is(machine($bad)->{refused}{reason}, $reason, 'and why');
like(machine($bad)->{refused}{at}, qr/^\d{4}-\d\d-\d\dT/, 'and when');
IoattestFleet::all_well('it is trusted until its time is over', ask());

my $count = IoattestFleet::attestations('turned');
IoattestFleet::until_true(sub {
    IoattestFleet::attestations('turned') >= $count + 4 }, 6);
is(lines(qr/\[warn\].*\Q$reason\E.*(?i:\Q$bad\E)/), 1, 'one warning');
like(IoattestFleet::text($nginx, '/page'),
     qr{evidence refused since: <code>\Q$reason\E</code>}, 'the page has it');
like(IoattestFleet::text($nginx, '/page'),
     qr{evidence was refused that names 1 trusted machine<}, 'and a note');

IoattestSim::set(attest_of => undef);
ok(IoattestFleet::until_true(sub { !machine($bad)->{refused} }, 8),
   'it is good again: the status says so');
is(lines(qr/\[notice\].*(?i:\Q$bad\E).*met again/), 1, 'one notice');

IoattestFleet::finish($nginx);
done_testing();
