# ioattest_request_defaults: a request is hashed with the members that the
# API's front adds to it, and a mismatch says whether such members explain it.

use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/lib";

use Test::Nginx::Socket 'no_plan';

use IoattestEvidence;
use IoattestSim;
use IoattestTable;

IoattestSim->start(machines => 1);
add_block_preprocessor(\&IoattestSim::prepare);
add_block_preprocessor(\&IoattestTable::prepare);

# What the simulated front adds where it is told nothing else.
our $schema = IoattestEvidence::file('{"temperature": 0.7, "top_p": 1,
    "frequency_penalty": 0, "presence_penalty": 0, "n": 1,
    "logprobs": false, "tool_choice": "none",
    "parallel_tool_calls": false,
    "stream_options": {"include_usage": true}}');
our $seed = IoattestEvidence::file('{"seed": 7}');

our $all = '{"temperature":0.7,"top_p":1,"frequency_penalty":0,'
    . '"presence_penalty":0,"n":1,"logprobs":false,"tool_choice":"none",'
    . '"parallel_tool_calls":false,"stream_options":{"include_usage":true}}';
our $some = $all =~ s/,"tool_choice.*/}/r;
our $usage = '{"stream_options":{"include_usage":true}}';

# The value of X-Sim for a front that adds these members.
sub front {
    my ($members) = @_;

    return "X-Sim: front=" . $members =~ s/([^\w.])/sprintf '%%%02x', ord $1/ger
        . "\n";
}

# A completion with more members.
sub with {
    my ($more) = @_;

    return "POST /v1/private/completions\n"
        . qq({"model":"Qwen/Qwen3-32B","prompt":"hello"$more});
}

no_long_string();
no_shuffle();
run_tests();

__DATA__

=== TEST 1: what the front adds is hashed with it
--- inside eval: "ioattest_bind both; ioattest_request_defaults $main::schema;"
--- cases eval
[map({ [$_, "X-Sim: front\n", ''] }
    main::with(''), main::with(',"temperature":1'),
    main::with(',"stream_options":{}'),
    main::with(',"stream_options":{"include_usage":false,"x":1}'),
    main::with(',"stream_options":null'), main::with(',"n":null'),
    main::with(',"tool_choice":"auto","\u006e":2,"parallel_tool_calls":true'),
    main::with(',"stream":true')),
 [main::with(''), '', 'request_hash_mismatch']]
--- status
"requests":\{"match":8,"mismatch":1,"unknown":0\}



=== TEST 2: where the API adds nothing the log says that it is the file
--- inside eval: "ioattest_bind both; ioattest_request_defaults $main::seed;"
--- table
-                                request_hash_mismatch
--- error_log
it matches without "ioattest_request_defaults"



=== TEST 3: the counters go by it as well
--- outside: log_format io "$ioattest_request_sha256";
--- inside eval: "ioattest_request_defaults $main::schema;"
--- table
front
-
--- status
"requests":\{"match":1,"mismatch":1,"unknown":0\}



=== TEST 4: a request that is ambiguous stays so
--- inside eval: "ioattest_bind both; ioattest_request_defaults $main::schema;"
--- cases eval
[map { [$_, "X-Sim: front\n", 'request_ambiguous'] }
    main::with(',"n":1,"n":1'), main::with(',"n":"1"'),
    main::with(',"stream_options":{"a":1,"a":1}')]
--- stats
"completions":\{"total":0,



=== TEST 5: a dry run says which members explain a mismatch
--- inside: ioattest_bind both; ioattest_dry_run on;
--- table
front
--- error_log eval
"would refuse request_hash_mismatch"
--- grep_error_log eval
qr/it matches with the front's defaults \S+: see "ioattest_request_defaults"/
--- grep_error_log_out eval
"it matches with the front's defaults $main::all: see "
    . "\"ioattest_request_defaults\"\n"



=== TEST 6: so does a refusal, of some of the members
--- inside: ioattest_bind both;
--- cases eval
[[main::with(''), main::front($main::some), 'request_hash_mismatch']]
--- error_log eval
"refused request_hash_mismatch: The response was signed for another request; "
    . "it matches with the front's defaults $main::some: see"



=== TEST 7: and that of a stream
--- inside: ioattest_bind both; ioattest_stream hold;
--- cases eval
[[main::with(',"stream":true'), main::front($main::usage),
  'request_hash_mismatch']]
--- error_log eval
"it matches with the front's defaults $main::usage: see"



=== TEST 8: another request is not explained
--- inside: ioattest_bind both;
--- table
request_hash                     request_hash_mismatch
front=%7b%22seed%22%3a7%7d       request_hash_mismatch
--- error_log
it does not match with the front's defaults either
--- no_error_log
it matches with
[alert]



=== TEST 9: a long request is not read again for it
--- inside: ioattest_bind both;
--- cases eval
[[main::with(',"x":"' . 'y' x 66_000 . '"'), "X-Sim: front\n",
  'request_hash_mismatch']]
--- error_log
"ioattest response" may say which members were added
--- no_error_log
it matches with
[alert]



=== TEST 10: a location inherits it, and may have another
--- outside eval: "ioattest_bind both; ioattest_request_defaults $main::schema;"
--- beside eval
<<"END";
location /other/ {
    ioattest zone=io; ioattest_request /_attestation; ioattest_models /_models;
    ioattest_cpu off; ioattest_gpu off;
    ioattest_request_defaults $main::seed;
    proxy_pass http://api/v1/private/;
}
END
--- cases eval
[[main::with(''), "X-Sim: front\n", ''],
 [main::with('') =~ s{/v1/private}{/other}r,
  "X-Sim: front=%7b%22seed%22%3a7%7d\n", '']]
