# With ioattest_bind response one request in 64 is hashed, for the counters;
# all of them where the hash decides, or is asked for.

use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/lib";

use Digest::SHA qw( sha256_hex );
use Test::Nginx::Socket 'no_plan';

use IoattestSim;
use IoattestTable;
use IoattestRequests;
use IoattestTexts;

our $used = 'log_format io "$ioattest_request_sha256";';

# The first and the 65th of these are seen where only a sample is.
our $table = "-\n" . "request_hash\n" x 63 . "request_hash\n" . "-\n";

# What the answer says of the hash: SSI gets a variable by its name, when the
# answer is on its way.
our $ssi = 'ssi on; ssi_types *;';
our $told = "<!--# echo var='ioattest_request_sha256' -->";
our $tells = 'X-Sim: content=' . escaped("hash $told") . "\n";
our $raw_hash = sha256_hex($main::asked);
our $choices = "=$told \"choices\"";

IoattestSim->start(machines => 1);
add_block_preprocessor(\&IoattestSim::prepare);
add_block_preprocessor(\&IoattestTable::prepare);

no_long_string();
no_shuffle();
run_tests();

__DATA__

=== TEST 1: the first and each 64th behind it
--- table eval: $main::table
--- status
"requests":\{"match":1,"mismatch":1,"unknown":0\},"requests_sample":64,
--- metrics
# HELP ioattest_requests_total [^\n]*sample of them\.



=== TEST 2: all where a directive uses the variable
--- outside eval: $main::used
--- table eval: $main::table
--- status
"requests":\{"match":2,"mismatch":64,"unknown":0\}



=== TEST 3: all in a dry run
--- inside: ioattest_dry_run on;
--- table eval: $main::table
--- status
"requests":\{"match":2,"mismatch":64,"unknown":0\}



=== TEST 4: all where the hash decides
--- inside: ioattest_bind both;
--- table eval
"-\n" . "request_hash             request_hash_mismatch\n" x 3 . "-\n"
--- status
"requests":\{"match":2,"mismatch":3,"unknown":0\}



=== TEST 5: what cannot be foretold is in the sample as well
--- cases eval
[main::all('', "{$main::model,\"n\":\"1\"}", "{$main::model,\"n\":\"1\"}",
           $main::simple)]
--- status
"requests":\{"match":0,"mismatch":0,"unknown":1\}



=== TEST 6: raw texts likewise
--- inside: ioattest_text raw;
--- cases eval
[main::raw(''), main::raw('', of_asked => 'another'), main::raw('')]
--- status
"requests":\{"match":1,"mismatch":0,"unknown":0\}



=== TEST 7: each location has a sample of its own
--- beside
location /second/ { ioattest zone=io; ioattest_request /_attestation;
    ioattest_models /_models; ioattest_cpu off; ioattest_gpu off;
    proxy_pass http://api/v1/private/; }
--- cases eval
[main::all('', $main::simple, $main::simple),
 map { ["POST /second/completions\n$main::simple",
        'Content-Type: application/json', ''] } 1 .. 2]
--- status
"requests":\{"match":2,"mismatch":0,"unknown":0\}



=== TEST 8: whoever gets the variable by its name gets the hash
--- inside eval: $main::ssi
--- cases eval
[main::all('', $main::simple),
 [$main::path . $main::simple, $main::tells,
  "200 hash $main::simple_request"]]
--- status
"requests":\{"match":1,"mismatch":0,"unknown":0\}



=== TEST 9: of a raw text likewise
--- inside eval: "ioattest_text raw; $main::ssi"
--- cases eval
[main::raw(''),
 main::raw("200 =$main::raw_hash \"choices\"", said => $main::choices)]
--- status
"requests":\{"match":1,"mismatch":0,"unknown":0\}
