# What is refused before anything is sent: the simulated API has counted all
# that came, whatever its method and path. Where nothing is attested and any
# method is allowed ("ioattest_trust", "ioattest_text raw"), nothing else
# would stop these requests.

use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/lib";

use Test::Nginx::Socket 'no_plan';

use IoattestSim;
use IoattestTable;

IoattestSim->start(machines => 1);
add_block_preprocessor(\&IoattestSim::prepare);
add_block_preprocessor(sub {
    my ($block) = @_;
    $block->set_value('beside', open_door() . ($block->beside // ''));
    IoattestTable::prepare($block);
});

our $path = "POST /v1/private/completions\n";
our $body = '{"model":"Qwen/Qwen3-32B","prompt":"hello"}';
our $prompt = $path . $body;

# A protected location that asks for no model and takes any method.
sub open_door {
    return join '', map { my ($name, $text) = @$_; <<"END" }
location /$name/ {
    ioattest zone=io;
    ioattest_trust \$TEST_NGINX_SIM_ADDRESS_0;
    ioattest_cpu off;
    ioattest_gpu off;
    ioattest_text $text;
    proxy_pass http://api/v1/private/;
}
END
    ['trust', 'agent'], ['any', 'raw'];
}

# The last case of a block: all that was received, in the order of arrival.
sub came {
    my (@paths) = @_;
    my ($n, @want) = 0;
    while (my ($name, $times) = splice @paths, 0, 2) {
        $n += $times;
        push @want, qq("\Q$name\E":$times);
    }
    my $want = join ",", @want;
    return ['GET /_sim/stats', '',
            qq(200 "requests":$n,.*"paths":\\{$want\\},"nonces")];
}

sub nothing { return came() }

no_long_string();
no_shuffle();
run_tests();

__DATA__

=== TEST 1: the control: all that arrives is counted, whatever it is
--- beside: location /plain/ { proxy_pass http://api/; }
--- cases eval
[['HEAD /plain/ping', '', '200'],
 ['GET /plain/any', '', '404'],
 ['GET /plain/v1/private/completions', '', '405'],
 main::came("/ping" => 1, "/any" => 1, '/v1/private/completions' => 1)]



=== TEST 2: HEAD
--- cases eval
[(map { ["HEAD /$_/completions", '', '405 \A\z'] }
  qw( v1/private trust any )),
 main::nothing(),
 ["POST /trust/completions\n$main::body", '', '']]



=== TEST 3: methods that the agent signs nothing for
--- cases eval
[(map { my $m = $_; map { ["$m /$_/completions\n$main::body", '', '405'] }
        qw( v1/private trust ) } qw( GET PUT DELETE PATCH OPTIONS )),
 main::nothing()]



=== TEST 4: SSI
--- beside
location /ssi/ { ssi on; ssi_types *; alias html/; }
--- user_files
>>> ssi.txt
[<!--# include virtual="/v1/private/completions" --><!--# include virtual="/trust/completions" --><!--# include virtual="/any/completions" -->]
--- cases eval
[['GET /ssi/ssi.txt', '', '200 \A\[(?!.*choices)'],
 main::nothing()]



=== TEST 5: auth_request
--- beside
location /auth/a { auth_request /v1/private/completions; return 200 "in"; }
location /auth/b { auth_request /trust/completions; return 200 "in"; }
location /auth/c { auth_request /any/completions; return 200 "in"; }
location /auth/d { auth_request /any/completions; alias html/a.txt; }
--- user_files
>>> a.txt
in
--- cases eval
[(map { ["GET /auth/$_", '', '500'] } "d"),
 (map { ["POST /auth/$_\n$main::body", '', '200 \Ain'] } "a" .. "c"),
 main::nothing()]



=== TEST 6: mirror
--- beside
location = /open/a { mirror /v1/private/completions; proxy_pass http://api/v1/models; }
location = /open/b { mirror /trust/completions; proxy_pass http://api/v1/models; }
location = /open/c { mirror /any/completions; proxy_pass http://api/v1/models; }
--- cases eval
[(map { ["GET /open/$_", '', '200 model_id'] } "a" .. "c"),
 (map { ["POST /open/$_\n$main::body", '', '405'] } "a" .. "c"),
 main::came('/v1/models' => 6)]



=== TEST 7: what is added before and behind
--- beside
location /add/ {
    addition_types *;
    add_before_body /any/before;
    add_after_body /trust/after;
    alias html/;
}
--- user_files
>>> a.txt
one
--- cases eval
[['GET /add/a.txt', '', '200 \A(?!.*choices)'],
 main::nothing()]



=== TEST 8: post_action
--- beside
location = /after/a { post_action /v1/private/completions; proxy_pass http://api/v1/models; }
location = /after/b { post_action /trust/completions; proxy_pass http://api/v1/models; }
location = /after/c { post_action /any/completions; proxy_pass http://api/v1/models; }
--- cases eval
[(map { ["GET /after/$_", '', '200 model_id'] } "a" .. "c"),
 (map { ["POST /after/$_\n$main::body", '', '405'] } "a" .. "c"),
 main::came('/v1/models' => 6)]
