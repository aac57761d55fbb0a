# Keys of many callers at once: one that is refused hurts nobody else, neither
# before a prompt is sent nor while a response is held, and lists are each
# caller's own.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw( sleep time );

use IoattestNginx;
use IoattestSim;

IoattestSim->start(machines => 4);

my $port = ($ENV{TEST_NGINX_PORT} || 1984) + 1;

# Each part of this test has a location, and a policy of its own by the URI.
my @parts = qw( crowd h2 rest held alone own budget lists bound bogus many
                small reload );

sub location {
    my ($name) = @_;
    my $own = $name eq 'own'
            ? 'ioattest_authorization "Bearer secret-own";' : '';
    my $wait = $name =~ /alone|own|budget/ ? 'ioattest_wait 1200ms;' : '';
    my $valid = $name =~ /lists|bound|bogus|many/ ? 'ioattest_valid 1d;' : '';

    return <<"EOF";
        location /$name/ {
            ioattest zone=@{[$name eq 'small' ? 'small' : 'io']};
            ioattest_request /_attest_$name;
            ioattest_models /_models_$name;
            $own $wait $valid
            proxy_pass http://api/v1/private/;
        }
        location = /_attest_$name {
            internal;
            proxy_pass http://api/v1/private/attestation;
        }
        location = /_models_$name {
            internal;
            proxy_pass http://api/v1/models;
        }
EOF
}

my $server = join '', map { location($_) } @parts;

my $nginx = IoattestNginx->start(
    workers => 2, server => $server . <<'EOF', http => <<"EOF");
        location = /status { ioattest_status; }
EOF
    ioattest_zone io:1m;
    ioattest_background off;
    ioattest_zone small:256k;
    ioattest_ssl_verify off;
    ioattest_cpu off;
    ioattest_gpu off;
    upstream api { server 127.0.0.1:\$TEST_NGINX_SIM_PORT; keepalive 16; }
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    server {
        listen 127.0.0.1:$port http2;
$server
    }
EOF

# What a client with this key sends: undef for none.
sub request {
    my ($part, $key, %more) = @_;
    my $text = IoattestNginx::completion(path => "/$part/completions", %more);
    $text =~ s/\r\n/\r\nAuthorization: Bearer $key\r\n/ if defined $key;
    return $text;
}

sub said {
    my $answer = ref $_[0] ? $_[0] : ($nginx->ask(request(@_)))[0];
    return join ' ', grep { length } $answer->{code}, $answer->{reason};
}

sub begin {
    my ($keys, %more) = @_;
    IoattestSim::reset();
    IoattestSim::set(keys => { map { ($_ eq '*' ? $_ : "Bearer $_")
                                     => $keys->{$_} } keys %$keys }, %more);
    return;
}

sub asked { return IoattestSim::stats()->{ $_[0] }{total} }

# A client whose answer is read later.
sub send_off {
    my $socket = $nginx->connect // die "no connection\n";
    print {$socket} request(@_);
    $socket->flush;
    return $socket;
}

sub answer_of {
    my ($socket) = @_;
    local $/;
    return said(IoattestNginx::answer(<$socket> // '', 0));
}

# a crowd of good clients, and among them some without a key, or a bad one

begin({ good => {} }, attest_delay_ms => 40, models_delay_ms => 40);
my @keys = map { $_ % 4 ? 'good' : $_ % 8 ? undef : "bad-$_" } 0 .. 47;
my @got = map { said($_) } $nginx->ask(map { request('crowd', $_) } @keys);
is_deeply([@got[grep { defined $keys[$_] && $keys[$_] eq 'good' } 0 .. 47]],
          [('200') x 36], '36 good requests pass beside 12 bad ones');

begin({ good => {} }, attest_delay_ms => 20);
my $child = fork // die "fork: $!\n";
if ($child == 0) {
    $nginx->ask(request('crowd', undef, model => 'Qwen/Qwen3-32B')) for 1 .. 40;
    require POSIX;
    POSIX::_exit(0);
}
sleep 0.05;
@got = map { said('crowd', 'good', model => 'Qwen/Qwen3-32B') } 1 .. 36;
waitpid $child, 0;
is_deeply(\@got, [('200') x 36], 'and beside one who asks all the time');

# HTTP/2

begin({ good => {} });
for my $case ([undef, 401], ['good', 200]) {
    my ($key, $want) = @$case;
    my @key = defined $key ? ('-H', "Authorization: Bearer $key") : ();
    open my $curl, '-|', 'curl', '-s', '-m', 10, '-w', "\n%{http_code}",
        '--http2-prior-knowledge', '-H', 'Content-Type: application/json',
        '-d', '{"model":"Qwen/Qwen3-32B","prompt":"hello"}', @key,
        "http://127.0.0.1:$port/h2/completions" or die "curl: $!\n";
    my $text = do { local $/; <$curl> };
    like($text, $want == 200 ? qr/"choices".*\n200$/s
                             : qr/"code":"attestation_refused".*\n401$/s,
         "HTTP/2: $want");
}

# a key that rests does so in every worker, and the others of it too

begin({ tired => { attest => 429, headers => [['Retry-After', '1']] } });
my @answers = map { $nginx->ask((request('rest', 'tired')) x 4) } 1 .. 5;
is_deeply([map { said($_) } @answers], [('429 attestation_refused') x 20],
          'a key that rests');
is(asked('attestations'), 1, 'is asked with once, over all workers');
sleep 1.1;
is(said('rest', 'tired'), '429 attestation_refused', 'and again after it');
is(asked('attestations'), 2, 'once');

# of two answers that cross, the longer rest is kept

begin({ both => { attest => 429, headers => [['Retry-After', '1']] } },
      attest_delay_ms => 300);
my $first = send_off('rest', 'both');
IoattestSim::wait_for(sub { $_[0]{attestations}{total} == 1 });
IoattestSim::set(attest_delay_ms => 0, keys => {
    'Bearer both' => { attest => 429, headers => [['Retry-After', '30']] } });
is(said('rest', 'both', model => 'Qwen/Qwen3-32B'), '429 attestation_refused',
   '30 seconds');
is(answer_of($first), '429 attestation_refused', 'and 1 second');
sleep 1.1;
is(said('rest', 'both'), '429 attestation_refused', 'are 30');
is(asked('attestations'), 2, 'and it is not asked with');

# a response whose signer is not known, and a key that is refused

sub hold {
    my ($part, $status) = @_;
    begin({ good => {}, late => { attest => $status } },
          attest_machines => [0]);
    is(said($part, 'good', sim => 'machine=0'), '200', "$part: one is known");
    return send_off($part, 'late', sim => 'machine=1');
}

for my $status (401, 429) {
    my $held = hold('held', $status);
    IoattestSim::wait_for(sub { $_[0]{attestations}{total} >= 2 });
    IoattestSim::set(attest_machines => [1]);
    is(said('held', 'good', sim => 'machine=1'), '200',
       'another meets the machine');
    is(answer_of($held), '200', "a response that is held goes on at $status");
    IoattestSim::set(generation => { 0 => $status, 1 => $status });
}

for my $status (401, 404, 429) {
    my $from = time;
    my $held = hold('alone', $status);
    is(answer_of($held), '502 attestation_timeout',
       "and where nobody meets it is never answered $status");
    cmp_ok(time - $from, '>', 1.1, 'but waits to the end of its time');
    cmp_ok(asked('attestations'), '<=', $status == 429 ? 3 : 2,
           'and asks no more');
    IoattestSim::set(generation => { 0 => $status, 1 => $status });
}

begin({ 'secret-own' => {}, good => {} }, attest_machines => [0],
      generation => 7);
is(said('own', 'good', sim => 'machine=0'), '200', 'own: one is known');
IoattestSim::set(keys => { 'Bearer good' => {} });
is(said('own', 'good', sim => 'machine=1'), '502 attestation_refused',
   "held, and the gateway's own key is refused");
my $own = asked('attestations');
is(said('own', 'good', sim => 'machine=0'), '200', 'who is known goes on');
cmp_ok($own, '<=', 9, 'which was asked with once in each slot at most');
is(asked('attestations'), $own, 'and is not asked for');
IoattestSim::set(keys => { 'Bearer good' => {}, '*' => {
    attest => 429, headers => [['Retry-After', '3600']] } });
@answers = $nginx->ask(map { request('rest', "tired-$_") } 1 .. 70);
is(scalar(grep { $_->{code} == 429 } @answers), 70, '70 keys of callers rest');
is(said('own', 'good', sim => 'machine=1'), '502 attestation_refused',
   "and the gateway's own");
is(IoattestSim::stats()->{attestations}{keys}{'Bearer secret-own'}, $own,
   'it rests still');

# attempts are spent by what was answered, not by what was refused

begin({ good => {}, map { ("poor-$_" => { attest => 403 }) } 1 .. 40 },
      attest_machines => [0], generation => 8);
is(said('budget', 'good', sim => 'machine=0'), '200', 'one is known');
@answers = $nginx->ask(map { request('budget', "poor-$_", sim => 'machine=1') }
                       1 .. 40);
is(scalar(grep { $_->{reason} eq 'attestation_timeout' } @answers), 40,
   '40 whose keys are refused wait');
cmp_ok(asked('attestations'), '>', 32, 'each has asked');
IoattestSim::set(attest_machines => [1]);
is(said('budget', 'good', sim => 'machine=1'), '200',
   'and the next one meets the machine');

# lists

my @all = ('meta-llama/Llama-3.3-70B-Instruct', 'Qwen/Qwen3-32B');
begin({ one => { list => [$all[0]] }, two => { list => [@all] },
        three => { list => ["-$all[0]", $all[1]] }, none => {} },
      machines => 1);
for my $round (1, 2) {
    is(said('lists', @$_[0], model => $_->[1]), $_->[2],
       "list of $_->[0], $_->[1], round $round")
        for ['one', $all[0], '200'], ['one', $all[1], '404 model_unknown'],
            ['two', $all[0], '200'], ['two', $all[1], '200'],
            ['three', $all[0], '403 model_not_attestable'],
            ['three', $all[1], '200'], ['none', $all[0], '200'];
}
is(asked('models'), 4, 'each is asked for once');
is(asked('attestations'), 2, 'and machines are for all');

# who waits for a list is woken when it comes, where the worker is the same:
# by its own timer it would look at any time of the next 80 ms

my ($one) = $nginx->workers;
my @after;
kill STOP => $one;
for my $try (1 .. 7) {
    begin({ "wake-$try" => {} }, models_delay_ms => 200 + 11 * $try,
          machines => 1);
    my @two = map { send_off('lists', "wake-$try", model => 'nobody') } 1, 2;
    my @at = map { answer_of($_); time } @two;
    push @after, $at[1] - $at[0];
}
kill CONT => $one;
cmp_ok((sort { $a <=> $b } @after)[3], '<', 0.02,
       'a list wakes those that wait for it');

my @long = (@all, map { "acme/model-$_" } 1 .. 100);
begin({ '*' => {} }, list => \@long, machines => 1);
is(said('bound', "key-$_"), '200', "list $_") for 1, 2;
said('bound', "key-$_") for 3 .. 64;
said('bound', 'key-1');
is(said('bound', 'key-65'), '200', 'one more than there is room for');
my $before = asked('models');
is(said('bound', "key-$_", model => 'acme/model-100'), '200', "kept: $_")
    for 1, 3 .. 65;
is(asked('models'), $before, '64 lists of 102 models are kept');
is($nginx->status->{zones}[0]{evictions}, 0, 'and share what they say');
said('bound', 'key-2');
is(asked('models'), $before + 1, 'the one used least was dropped');

begin({ good => {} });
is(said('bogus', 'good'), '200', 'a list');
$nginx->ask(map { request('bogus', "bogus-$_") } 1 .. 150);
$before = asked('models');
is(said('bogus', 'good'), '200', 'after 150 keys that are refused');
is(asked('models'), $before, 'is there still');

begin({ '*' => {} }, models_delay_ms => 300, machines => 1);
@answers = $nginx->ask(map { request('many', "many-$_") } 1 .. 150);
is(scalar(grep { $_->{code} == 200 } @answers), 150,
   '150 callers whose lists are fetched at once are all served');
cmp_ok(asked('models'), '<=', 450, 'and none is fetched again and again');

# lists that have no room beside each other

begin({ map { my $key = $_; ($key => { list => [$all[0],
            map { "$key/model-$_" } 1 .. 45] }) } qw( one two three ) },
      machines => 1);
for my $key (qw( one two three ) x 2) {
    is(said('small', $key, model => "$key/model-$_"), '200',
       "a list that pushes others out: $key, $_") for 1, 23, 45;
}
is(said('small', 'three', model => "one/model-1"), '404 model_unknown',
   'and what is in none of its own is unknown');

# a reload

begin({ good => {}, tired => { attest => 429,
                               headers => [['Retry-After', '60']] } });
is(said('reload', 'tired'), '429 attestation_refused', 'a key rests');
is(said('reload', 'good', model => 'nobody'), '404 model_unknown', 'a list');
$before = asked('models');
$nginx->reload;
$nginx->wait_for(sub { $nginx->workers == 2 });
is(said('reload', 'tired'), '429 attestation_refused', 'after a reload too');
is(asked('attestations'), 1, 'and is not asked with');
is(said('reload', 'good'), '200', 'another is');
is(asked('models'), $before, 'and lists are known by the same keys');

my $log = $nginx->log;
is_deeply([$log =~ /^(.*\[(?:alert|crit|emerg)\].*)$/mg], [],
          'nothing alarming in the log');
unlike($log, qr/secret-own|tired|bogus-|key-\d|Bearer/, 'and no key');
like($log, qr/\[error\].*the API answered 401 to the gateway's own key, /,
     "but that the gateway's own was refused");

ok($nginx->stop, 'nginx goes quietly');

done_testing();
