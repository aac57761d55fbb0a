# The audit log: what is in it, that its chain holds over workers, reloads,
# killed workers, rotation and restarts, and that "ioattest audit" finds what
# was done to it.

use strict;
use warnings;

use Digest::SHA qw( sha256_hex );
use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP qw( decode_json );
use Test::More;
use Time::HiRes qw( sleep );

use IoattestCli qw( cli put saved slurp );
use IoattestEvidence;
use IoattestNginx;
use IoattestSim;

IoattestSim->start(machines => 2, evidence => 1);
IoattestSim::set({ evidence => 'tdx', gpus => 2 });

my $dir = File::Temp->newdir('ioattest-audit-XXXXXX', TMPDIR => 1);
chmod 0755, "$dir";
my $log = "$dir/audit.log";
my $policy = IoattestEvidence::file(IoattestEvidence::policy(2));

my %texts = IoattestEvidence::texts(
    server => IoattestEvidence::location('on', "ioattest_audit_log $log",
                  "ioattest_policy $policy",
                  'ioattest_authorization "Bearer topsecretkey"')
              . IoattestEvidence::location('dry', "ioattest_audit_log $log",
                  "ioattest_policy $policy", 'ioattest_dry_run on'));

my $nginx = IoattestNginx->start(workers => 2, %texts);

sub lines {
    return map { decode_json($_) } split /\n/, slurp($log);
}

sub of {
    my ($event) = @_;
    return grep { $_->{event} eq $event } lines();
}

# One request; X-Sim is what the simulation does wrong.
sub request {
    my ($path, $sim, $model) = @_;
    (my $text = IoattestNginx::completion(sim => $sim, text => 'topsecretprompt',
                                          path => "/$path/completions"))
        =~ s/\r\n/"\r\nX-Id: " . ($model \/\/ 'model-1') . "\r\n"/e;
    return $text;
}

sub said {
    my ($answer) = $nginx->ask(request(@_));
    return join ' ', grep { length } $answer->{code}, $answer->{reason};
}

# --- what is in it -------------------------------------------------------------

is(said('on'), 200, 'an answer');
is(said('on', 'flip_body'), '502 response_hash_mismatch', 'a changed one');
is(said('dry', 'flip_body'), 200, 'one in a dry run');
IoattestSim::set({ attest => 'tdx_flip' });
is(said('on', '', 'model-2'), '502 cpu_evidence_invalid', 'bad evidence');
is(said('on', '', 'a"b\c'), '502 cpu_evidence_invalid', 'of an odd name');
IoattestSim::set({ attest => '' });

my ($first) = lines();
is($first->{event}, 'start', 'the first line is the start');
is($first->{sequence}, 1, 'with number 1');
is($first->{previous}, '0' x 64, 'and nothing before it');

my ($attested) = of('attested');
is($attested->{model}, 'model-1', 'attested: the model');
like($attested->{signing_address}, qr/^0x[0-9a-f]{40}$/, 'the address');
is($attested->{cpu}, 'tdx', 'the CPU');
is($attested->{gpus}, 2, 'the GPUs');
is($attested->{pinned}, JSON::PP::true, 'pinned');
like($attested->{evidence}, qr/^sha256:[0-9a-f]{64}$/, 'the evidence');
is($attested->{evidence_kept}, JSON::PP::false, 'which is not kept');
like($attested->{expires}, qr/^20\d\d-.*Z$/, 'until when');

my ($refused) = of('refused');
is($refused->{reason}, 'response_hash_mismatch', 'refused: the reason');
is($refused->{status}, 502, 'the status');
like($refused->{signing_address}, qr/^0x[0-9a-f]{40}$/, 'the address');

my ($would) = of('would_refuse');
is($would->{reason}, 'response_hash_mismatch', 'a dry run would refuse');

my ($bad) = of('attestation_refused');
is($bad->{reason}, 'cpu_evidence_invalid', 'refused evidence: the reason');
is($bad->{check}, 'tdx.signature', 'the check');
is($bad->{model}, 'model-2', 'the model');
ok(scalar(grep { $_->{model} eq 'a"b\c' } of('attestation_refused')),
   'also of one that has quotes in it');

my @hex = slurp($log) =~ /"(\w+)":"(?:sha256:)?[0-9a-f]{64}"/g;
my %hex = map { $_ => 1 } @hex;
is_deeply([sort keys %hex], [qw( evidence image_digest policy previous )],
          'no nonce is in it');
unlike(slurp($log), qr/topsecret|echo/, 'no prompt, completion or key');

# --- the chain ----------------------------------------------------------------

# The state that the gateway claims.
sub ends {
    my $audit = $nginx->status->{audit};
    return ('--sequence', $audit->{sequence}, '--head', $audit->{head});
}

# Attestations that others began may end between the two looks.
sub whole {
    my ($what, @files) = @_;
    my ($exit, $out);

    for (1 .. 20) {
        ($exit, $out) = cli('audit', @files ? @files : $log, ends());
        last if $exit == 0;
        sleep 0.1;
    }

    is($exit, 0, $what) or diag $out;
    return $out;
}

whole('it is whole');

$nginx->ask(map { request('on', 'flip_body') } 1 .. 30);
whole('30 refusals at once in two workers');

my $before = lines();
$nginx->ask(map { request('on', 'flip_body') } 1 .. 10);
$nginx->reload;
$nginx->ask(map { request('on', 'flip_body') } 1 .. 10);
like(whole('a reload'), qr/^start: 1$/m, 'is no start');
is(lines() - $before, 20, 'each has its line');

for (1 .. 3) {
    $nginx->ask(map { request('on', 'flip_body') } 1 .. 5);
    my $gone = $nginx->kill_worker;
    $nginx->wait_for(sub { grep({ $_ != $gone } $nginx->workers) == 2 });
}
whole('killed workers');

# as if a worker had died between its write and the note of it
$nginx->ask(request('on', 'flip_body'));
my $head = sha256_hex((split /\n/, slurp($log))[-1]);
my $next = $nginx->status->{audit}{sequence} + 1;
open my $more, '>>', $log or die;
print {$more} "{\"sequence\":$next,\"previous\":\"$head\","
              . "\"event\":\"refused\"}\n";
close $more;
$nginx->ask(request('on', 'flip_body'));
whole('a line that nobody noted');

rename $log, "$log.1";
$nginx->ask(request('on', 'flip_body'));
is(scalar(lines_of("$log.1")), $next + 2, 'written to the file that was moved');
kill USR1 => $nginx->pid;
$nginx->wait_for(sub { -e $log });
$nginx->ask(map { request('on', 'flip_body') } 1 .. 10);
whole('a rotation', "$log.1", $log);
like(whole('the newer file alone'), qr/earlier ones are in other files/,
     'says that there are others');

sub lines_of {
    return split /\n/, slurp($_[0]);
}

$nginx->stop;
$nginx = IoattestNginx->start(workers => 2, %texts);
is(said('on'), 200, 'after a restart');
like(whole('a restart', "$log.1", $log), qr/^start: 2$/m, 'is a start');

# --- what was done to it --------------------------------------------------------

$nginx->ask(map { request('on', 'flip_body') } 1 .. 5);
my $text = slurp($log);
my @all = split /(?<=\n)/, $text;
my @end = ends();
$nginx->stop;

sub found {
    my ($what, $changed, $like, @more) = @_;
    my ($exit, $out) = cli('audit', saved($changed), @more);
    is($exit, 1, "$what: refused");
    like($out, $like, "$what: why");
}

is((cli('audit', saved($text), @end))[0], 0, 'unchanged');
found('a line removed', join('', @all[0 .. 2, 4 .. $#all]),
      qr/^line: 4\n.* 1 missing before it$/m);
(my $changed = $text) =~ s/response_hash_mismatch/response_hash_mismatcH/;
found('a byte changed', $changed, qr/^the line before it, or this one, was changed$/m);
($changed = $text) =~ s/"previous":"(.)/'"previous":"' . ($1 eq '0' ? 1 : 0)/e;
found('what it names changed', $changed, qr/was changed$/m);
found('two lines swapped', join('', @all[0, 2, 1, 3 .. $#all]), qr/ missing before it$/m);
found('a line twice', join('', @all[0, 0 .. $#all]), qr/moved or repeated/);
found('cut in the last line', substr($text, 0, -5), qr/was cut: it has no end$/m);
found('a line cut', $all[0] . substr($all[1], 0, 20) . "\n" . $all[2],
      qr/^line: 2\nthis is not a whole line/m);
found('the last line gone', join('', @all[0 .. $#all - 1]),
      qr/ends with sequence \d+, and \d+ is expected/, @end);
found('the last line another', $all[0],
      qr/does not end with the line that is expected/, '--head', 'ab' x 32);
found('an empty file', '', qr/there is no line in it/);
found('a line of 100,000 bytes', 'x' x 100_000, qr/longer than a line/);
found('a compressed file', "\x1f\x8b\x08\x00\n", qr/it is compressed: zcat/);
found('an unfinished object', substr($all[0], 0, -2) . "\n",
      qr/this is not a whole line/);

is((cli('audit', "$dir/none"))[0], 2, 'a file that is not there');
is((cli('audit'))[0], 2, 'no file');
is((cli('audit', $log, '--sequence', 'x'))[0], 2, 'a sequence of letters');
is((cli('audit', $log, '--head', 'ab'))[0], 2, 'a short head');

my $json = decode_json((cli('audit', saved($text), '--json'))[1]);
is($json->{verdict}, 'verified', 'JSON: the verdict');
is($json->{sequence}, $end[1], 'JSON: the last line');
is($json->{head}, $end[3], 'JSON: its hash');
is($json->{events}{start}, 1, 'JSON: events');

done_testing();
