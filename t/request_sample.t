# With ioattest_bind response a request's hash decides nothing: the first 1,000
# of a zone are compared for the counters, then one in 64 of each location. All
# are where the hash decides, or is asked for.

use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/lib";

use Test::More;

use IoattestFleet;
use IoattestLoad;
use IoattestSim;
use IoattestTexts;

IoattestSim->start(machines => 1);

my %locations = (
    'v1/private' => [],
    second       => [],
    both         => ['ioattest_bind both'],
    dry          => ['ioattest_dry_run on'],
    raw          => ['ioattest_text raw', 'ssi on', 'ssi_types *'],
    ssi          => ['ssi on', 'ssi_types *'],
);
my $nginx = IoattestFleet::gateway(workers => 1, locations => \%locations,
                                   http => ['ioattest_background off']);
my $simple = "{\"model\":\"$IoattestFleet::MODEL\",\"prompt\":\"hello\"}";

sub asked {
    my ($location, $body, $sim) = @_;

    my ($answer) = $nginx->ask("POST /$location/completions HTTP/1.1\r\n"
        . "Host: localhost\r\nConnection: close\r\n"
        . "Content-Type: application/json\r\n"
        . ($sim ? "X-Sim: $sim\r\n" : '')
        . 'Content-Length: ' . length($body) . "\r\n\r\n$body");
    return $answer;
}

my %before = (match => 0, mismatch => 0, unknown => 0);

# What the counters have more than when they were last asked.
sub more {
    my ($match, $mismatch, $unknown, $name) = @_;

    my %now = %{ $nginx->status->{requests} };
    my @more = map { $now{$_} - $before{$_} } qw( match mismatch unknown );
    %before = %now;
    return is("@more", "$match $mismatch $unknown", $name);
}

# at first each one counts, so that a day's trial with little traffic says all

asked('v1/private', $simple) for 1 .. 3;
asked('v1/private', $simple, 'request_hash') for 1 .. 2;
asked('second', "{\"model\":\"$IoattestFleet::MODEL\",\"n\":\"1\"}");
more(3, 2, 1, 'the first ones');
is($nginx->status->{requests_sample}, 64, 'the status says what comes then');

IoattestFleet::all_well('a thousand', map { IoattestLoad::run(
    rate => 0, count => 199, path => '/v1/private/completions') } 1 .. 5);
more(995, 0, 0, 'all until there are a thousand');

# then one in 64 of each location; 1000 requests have been there

asked('v1/private', $simple) for 1 .. 25;
more(1, 0, 0, 'the 1,025th, which is 16 times 64 and one');
asked('v1/private', $simple, 'request_hash') for 1 .. 63;
more(0, 0, 0, 'none of those behind it');
asked('v1/private', $simple, 'request_hash');
more(0, 1, 0, 'but the next one');
like(IoattestFleet::text($nginx, '/metrics'),
     qr/^# HELP ioattest_requests_total [^\n]*sample/m, 'the metric says so');

# what decides, or is asked for, is computed for each

is(asked('both', $simple)->{code}, 200, 'both') for 1 .. 2;
like(asked('both', $simple, 'request_hash')->{body}, qr/request_hash_mismatch/,
     'both: refused') for 1 .. 2;
more(2, 2, 0, 'both: all are compared');
asked('dry', $simple, 'request_hash') for 1 .. 3;
more(0, 3, 0, 'a dry run: all are compared');

# whoever gets the variable by its name gets the hash: SSI does, when the
# response is on its way

my $tag = "hash <!--# echo var='ioattest_request_sha256' -->";
my $said = "{\"choices\":[{\"text\":\"$tag\"}]}";
my %sim = (ssi => 'content=' . escaped($tag),
           raw => 'signed_text=' . escaped(raw_text($simple, $said))
                  . ', body=' . escaped($said));

for my $location (sort keys %sim) {
    my @hashes = map { asked($location, $simple, $sim{$location})->{body}
                       =~ /hash ([0-9a-f]{64})/ } 1 .. 2;
    is(scalar @hashes, 2, "$location: in the sample, and computed late");
    is($hashes[1], $hashes[0], "$location: it is the same");
}
more(2, 0, 0, 'of which one each was compared');

# the counters are the zone's, and so are the thousand

asked('second', $simple) for 1 .. 3;
more(0, 0, 0, 'another location: it had its first one long ago');
my ($old) = $nginx->workers;
$nginx->reload;
$nginx->wait_for(sub { !grep { $_ == $old } $nginx->workers });
asked('second', $simple) for 1 .. 3;
more(1, 0, 0, 'after a reload: the first of a new worker');

done_testing();
