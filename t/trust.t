# Addresses that are trusted without an attestation.

use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/lib";

use Test::Nginx::Socket 'no_plan';

use IoattestSim;
use IoattestTable;

IoattestSim->start(machines => 4);
add_block_preprocessor(\&IoattestSim::prepare);
add_block_preprocessor(\&IoattestTable::prepare);

our $nobody = $IoattestTable::Prompt =~ s{Qwen/Qwen3-32B}{nobody}r;
our $alone = "location /v1/private/ {\n    ioattest zone=io;\n    ioattest_trust "
    . "\$TEST_NGINX_SIM_ADDRESS_2;\n    proxy_pass http://api;\n}\n"
    . IoattestTest::sim_control();

# Addresses that differ from it in one digit, the first and the last.
sub near {
    my $address = $ENV{TEST_NGINX_SIM_ADDRESS_2};
    my $first = $address =~ s/^0x(.)/'0x' . ($1 eq '0' ? 1 : 0)/er;
    my $last = $address =~ s/(.)\z/$1 eq '0' ? 1 : 0/er;
    return $alone =~ s/\$TEST_NGINX_SIM_ADDRESS_2/$first $last/r;
}

no_long_string();
no_shuffle();
run_tests();

__DATA__

=== TEST 1: an address beside machines that are attested
--- inside: ioattest_trust $TEST_NGINX_SIM_FORGER;
--- table
forged
machine=0
forged, sig_flip=4               signature_mismatch



=== TEST 2: which is not trusted elsewhere
--- table
forged                           untrusted_address
machine=0



=== TEST 3: alone, for every model, and nothing is attested
--- http_config eval: IoattestTest::http_config()
--- config eval: $main::alone
--- table
machine=2
machine=1                        untrusted_address
--- cases eval
[[$main::nobody, "X-Sim: machine=2\n", ""]]
--- stats
"attestations":\{"total":0,



=== TEST 4: all of an address counts
--- http_config eval: IoattestTest::http_config()
--- config eval: main::near()
--- table
machine=2                        untrusted_address
