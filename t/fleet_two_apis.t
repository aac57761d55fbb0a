# Two APIs in one zone have a model of the same id: that the machines of one
# bind their signers asks nothing of the other's.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use IoattestFleet;
use IoattestLoad;
use IoattestNginx;
use IoattestSim;

IoattestSim->start(machines => 4, per_machine_ports => 0, evidence => 1);

my ($good, $directives) = IoattestFleet::evidence();
my $port = ($ENV{TEST_NGINX_PORT} || 1984) + 1;
my %text = IoattestFleet::texts(
    evidence => 1, no_list => 1, key => 'Bearer gw',
    http => [@$directives, 'ioattest_valid 5s']);

my $other = $text{server} =~ s/location = \/(?:status|metrics) .*\n//gr;
$text{server} .= "    }\n    server {\n        listen 127.0.0.1:$port;\n"
                 . "        server_name other;\n$other";

my $nginx = IoattestNginx->start(workers => 2, %text);

sub ask {
    return IoattestLoad::run(rate => 5, seconds => 2, models => 'same', @_);
}

IoattestSim::set({ %$good, machines => 4, balance => 'turns',
                   attest_machines => [0, 1], completion_machines => [0, 1],
                   report_data => { 0 => 'address-nonce',
                                    1 => 'address-nonce', '*' => 'nonce' } });
IoattestFleet::all_well('all signers are bound', ask());
ok(IoattestFleet::settled($nginx, 2, 5, 'same'), 'as a search has shown');

IoattestSim::set(attest_machines => [2, 3], completion_machines => [2, 3]);
IoattestFleet::all_well('no signer of the other API is', ask(port => $port));

my @rows = grep { $_->{status} == 200 } ask();
is(scalar @rows, 0, 'that is not enough for the first');

$nginx->stop;
done_testing();
