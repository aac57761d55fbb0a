# Keys: what the API says of one caller's is nobody else's matter.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use List::Util qw( max );
use Test::More;
use Time::HiRes qw( sleep );

use IoattestFleet;
use IoattestLoad;
use IoattestNginx;
use IoattestSim;

IoattestSim->start(machines => 6, per_machine_ports => 0);

my $nginx = IoattestFleet::gateway(
    http => ['ioattest_fail_timeout 2s', 'ioattest_timeout 2s',
             'ioattest_wait 4s'],
    locations => { 'v1/private' => [] });

my @good = map { "Bearer good$_" } 1 .. 3;
my $generation = 0;
my %passed = map { $_ => $_ } 401, 402, 403, 429;

# Four callers, the key of one of whom is refused or makes the API fail, while
# all machines are strangers.

for my $bad (401, 402, 403, 404, 429, 'error=500', 'reset', 'hang') {
    my $what = "a key with $bad";

    IoattestSim::reset();
    IoattestSim::set(
        balance => 'random', attest_delay_ms => 30,
        generation => ++$generation,
        keys => { 'Bearer bad' => { attest => $bad }, '*' => {} });
    my @rows = IoattestLoad::run(rate => 32, count => 40,
                                 keys => ['Bearer bad', @good]);
    my @others = grep { $_->{key} ne 'Bearer bad' } @rows;
    my @its = grep { $_->{key} eq 'Bearer bad' } @rows;

    IoattestFleet::all_well("$what: the others", @others);
    cmp_ok(IoattestLoad::longest(@others), '<', 3,
           "$what: the others do not wait for it");
    my $allowed = $passed{$bad} ? "200|$bad attestation_refused"
                : $bad eq '404' ? '200|502 attestation_refused'
                : '200|502 attestation_(?:unavailable|timeout)';
    is_deeply([grep { !/^(?:$allowed)$/ } keys %{ IoattestLoad::codes(@its) }],
              [], "$what: its own answers")
        or diag(explain(IoattestLoad::codes(@its)));
}

# cold, alone: the caller learns what the API says of his key

for my $bad (401, 402, 403, 429) {
    IoattestSim::reset();
    IoattestSim::set(keys => { "Bearer bad$bad" => {
        attest => $bad, headers => [['Retry-After', '7']] }, '*' => {} });
    $nginx->configure(IoattestFleet::texts(
        http => ["ioattest_image_digest sha256:" . $bad x 21 . '0'],
        locations => { 'v1/private' => [] }));
    $nginx->reload;
    sleep 0.3;
    my ($row) = IoattestLoad::run(rate => 0, count => 1,
                                  keys => "Bearer bad$bad",
                                  models => $IoattestFleet::OTHER);
    is(IoattestLoad::code($row), "$bad attestation_refused",
       "a caller whose key has $bad is told so");
    is(IoattestSim::stats()->{completions}{total}, 0,
       "$bad: and nothing is sent");
}

unlike($nginx->log, qr/Bearer|good1/, 'no key is in the log');

IoattestFleet::finish($nginx);
done_testing();
