# What reloads do to the status: a zone of another size, a policy that is gone;
# and what the log says of refused answers.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use IoattestFleet;
use IoattestLoad;
use IoattestSim;

IoattestSim->start(machines => 2, per_machine_ports => 0);

my $digest = $ENV{TEST_NGINX_SIM_DIGEST};
my @location = ('v1/private' => [], dry => ['ioattest_dry_run on']);
my %arg = (key => 'Bearer gw', no_list => 1, locations => { @location },
           http => ["ioattest_image_digest $digest", 'ioattest_fail_timeout 1s']);
my $nginx = IoattestFleet::gateway(%arg);

sub metric {
    my ($name) = @_;
    my ($value) = IoattestFleet::text($nginx, '/metrics')
        =~ /^\Q$name\E \s (\S+) $/mx;
    return $value;
}

my $machines = 'ioattest_machines{zone="io"}';

sub reload {
    my (%more) = @_;
    my %text = IoattestFleet::texts(%arg, %more);
    $text{http} =~ s/io:4m/$more{size}/ if $more{size};
    $nginx->configure(%text);
    $nginx->reload;
    return;
}

# --- refused answers

IoattestLoad::run(count => 4, rate => 0);
ok(IoattestFleet::settled($nginx, 2, 8), 'two machines are known');
is(metric($machines), 2, 'and counted');

IoattestLoad::run(count => 1, rate => 0, sim => 'flip_body');
like($nginx->log, qr/refused response_hash_mismatch: .* address "0x[0-9a-f]{40}"/,
     'an address in small letters');
unlike($nginx->log, qr/image digest "/, 'a digest where it matters only');

my @bad = ('sha256:' . 'e' x 64);
IoattestSim::set(image_digest => $bad[0]);
IoattestLoad::run(count => 1, rate => 0);
like($nginx->log, qr/refused\ image_digest_mismatch: .*
                     ,\ image\ digest\ "\Q$bad[0]\E",\ model/x,
     'the digest that did not fit');
IoattestLoad::run(count => 1, rate => 0, models => 'fresh', timeout => 20);
like($nginx->log, qr/attestation\ of\ model\ "fresh"\ .*
                     image_digest_mismatch,\ check\ "reply.image_digest":
                     \ \Q$bad[0]\E/x, 'also where a machine names it');
IoattestSim::set(image_digest => $digest);

my @recent = map { @{ $_->{recent} } } $nginx->status->{zones}[0];
is_deeply([sort map { join ' ', $_->{reason}, $_->{model}, $_->{sent} + 0 } @recent],
          ['image_digest_mismatch fresh 0',
           "image_digest_mismatch $IoattestFleet::MODEL 1",
           "response_hash_mismatch $IoattestFleet::MODEL 1"],
          'they are in the list of late refusals, with what was sent');

# a caller's mistake is not

my ($odd) = $nginx->ask("POST /v1/private/completions HTTP/1.0\r\nHost: x\r\n"
    . "Content-Length: 25\r\n\r\n{\"model\":\"a\",\"model\":\"b\"}");
is($odd->{code}, 400, 'a request that is ambiguous');
IoattestLoad::run(count => 3, rate => 0, sim => 'flip_body',
                  path => '/dry/completions');
@recent = map { @{ $_->{recent} } } $nginx->status->{zones}[0];
is(scalar(grep { $_->{reason} eq 'request_ambiguous' } @recent), 0,
   'is not in it');
my $sum = 0;
$sum += $_->{count} for grep { $_->{dry_run} } @recent;
is($sum, 3, 'a dry run is, and the same again is counted');
cmp_ok(scalar @recent, '<=', 16, 'there is an end to it');

# --- a policy that is gone

reload(http => ['ioattest_image_digest sha256:' . '1' x 64,
                'ioattest_fail_timeout 1s', 'ioattest_background off']);
ok(IoattestFleet::until_true(sub { metric($machines) == 0 }, 8),
   'what no policy trusts any more is not counted');
my ($row) = IoattestFleet::models($nginx);
is_deeply([@$row{qw( known server )}], [0, undef], 'nor known');
unlike(IoattestFleet::text($nginx, '/metrics'),
       qr/^ioattest_model_.*Llama/m, 'its series end');

reload();
ok(IoattestFleet::until_true(sub { (metric($machines) // 0) >= 2 }, 8),
   'back again, they are trusted as before');

# --- a shorter life

reload(http => ["ioattest_image_digest $digest", 'ioattest_valid 1s',
                'ioattest_background off']);
ok(IoattestFleet::until_true(sub { metric($machines) == 0 }, 8),
   'a shorter ioattest_valid counts at once');

# --- another size

unlike($nginx->log, qr/starts empty/, 'no zone was emptied yet');
reload(size => 'io:5m');

# a worker that is to go may still answer, and has the zone of before

my $status;
ok(IoattestFleet::until_true(sub {
    $status = $nginx->status;
    return $status->{zones}[0]{size} == 5 << 20 }, 8), 'another size');
like($nginx->log, qr/\[warn\].*zone "io" has another size now and starts empty/,
     'the log says that the zone starts empty');
is($status->{responses}{verified}, 0, 'it does');

IoattestFleet::finish($nginx);
done_testing();
