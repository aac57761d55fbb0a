# The status as a page: its form, what a browser may do with it, and that what
# others write is shown as text.

use strict;
use warnings;

use File::Temp ();
use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP ();
use Test::More;

use IoattestEvidence;
use IoattestFleet;
use IoattestPage;
use IoattestSim;

my $hostile = '<b onload="x()">&amp;\'"</td><script>alert(1)</script>';

IoattestSim->start(machines => 1, evidence => 1);

my $mr_td = $ENV{TEST_NGINX_SIM_MR_TD};
my $policy = IoattestEvidence::file({ tdx => { mr_td => [$mr_td],
    tcb_status => ['UpToDate'] } });

my $dir = File::Temp->newdir('ioattest-page-XXXXXX', TMPDIR => 1);
my $audit = "$dir/audit.log";

my $nginx = IoattestEvidence::gateway(
    server => IoattestEvidence::location('v1/private',
        "ioattest_policy $policy", 'ioattest_authorization "Bearer secret-1"',
        'ioattest_collateral /_pcs/', "ioattest_audit_log $audit")
    . "location = /page { ioattest_status html; }\n");

# --- before anything was asked

my $answer = IoattestPage::ask($nginx);
my $page = IoattestPage::parse($answer->{body});
is_deeply($page->{errors}, [], 'an empty page is well-formed');
IoattestPage::agrees($page, $nginx->status);
is($page->{refresh}, 10, 'it loads itself again');
is_deeply($page->{texts}{state}, ['Nothing needs a look.'],
          'nothing needs a look');

like($answer->{head}, qr{^Content-Type: text/html; charset=utf-8\r$}m, 'type');
my ($csp) = $answer->{head} =~ /^Content-Security-Policy: (.*)\r$/m;
is($csp, "default-src 'none'; style-src 'sha256-$page->{style}'; "
         . "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
   'nothing but its own style is allowed');
like($answer->{head}, qr/^$_\r?$/m, $_)
    for 'X-Content-Type-Options: nosniff', 'Referrer-Policy: no-referrer',
        'Cache-Control: no-store';

for (['/page', '*/*', 'text/html'], ['/status', '*/*', 'application/json'],
     ['/status', 'text/html', 'text/html'],
     ['/status', 'text/plain;version=0.0.4', 'text/plain'],
     ['/status', 'application/json, text/html', 'application/json'])
{
    my ($uri, $accept, $type) = @$_;
    my ($got) = $nginx->ask("GET $uri HTTP/1.0\r\nHost: x\r\n"
                            . "Accept: $accept\r\n\r\n");
    like($got->{head}, qr/^Content-Type: \Q$type\E/m,
         "$uri, $accept: $type");
}

# --- a machine, and names that would be tags

IoattestSim::set(evidence => 'tdx', gpus => 8);
sub said { return IoattestEvidence::said($nginx, 'v1/private', @_) }

is(said('plain'), 200, 'an answer');
is(said($hostile), 200, 'an answer of a model with a hostile name');
IoattestSim::set(completion => 'flip_body');
is(said($hostile), '502 response_hash_mismatch', 'one that is refused');
IoattestSim::set(completion => '');

$answer = IoattestPage::ask($nginx);
$page = IoattestPage::parse($answer->{body});
is_deeply($page->{errors}, [], 'the page is well-formed');
is(scalar(grep { $_ eq $hostile } @{ $page->{texts}{model} }) > 1, 1,
   'the name is shown as it is');
unlike($answer->{body}, qr/secret-1|hello|nonce/i,
       'no key, no prompt, no nonce');

my ($machine) = @{ $page->{tables}{machines} };
is($machine->[1]{texts}{cpu}, 'tdx', 'the CPU');
is($machine->[1]{texts}{tcb}, 'UpToDate', 'its TCB');
is($machine->[2]{data}{gpus}, 8, 'the GPUs');
like($machine->[2]{text}, qr/HOPPER.*driver 580/s, 'their driver');
like($machine->[3]{texts}{pinned}, qr/^pinned/, 'pinned');
like($machine->[1]{text}, qr/PPID [0-9a-f]{32}/, 'the id of the platform');
ok($machine->[4]{texts}{expires}, 'when it expires');
is($page->{tables}{recent}[0][0]{text}, 'response_hash_mismatch',
   'refused of late');
is($page->{tables}{recent}[0][1]{text}, $hostile, 'of this model');
is_deeply([grep { /refused/ } @{ $page->{texts}{bad} }],
          ['1 answer was refused, the last one within an hour: see "Refused of '
           . 'late"'],
          'and that needs a look');
unlike($answer->{body}, qr/Nothing needs a look/, 'it does');
is(scalar(grep { /answers refused/ } @{ $page->{texts}{look} }), 1,
   'it is counted in red');

my @ueids = map { @{ $_->{ueids} } } @{ $nginx->status->{zones}[0]{machines} };
is(scalar @ueids, 16, 'two models of a machine with eight GPUs');
is_deeply($page->{texts}{ueid}, [map { "\x{2026}" . substr $_, -6 } @ueids],
          'their ids are shown by their ends');
IoattestPage::agrees($page, $nginx->status);
cmp_ok($page->{data}{sequence}[0], '>', 3, 'the audit log is there');
is(scalar(grep { $page->{texts}{words}[0] =~ /^\Q$_\E: /m }
          qw( Draw Census Machine )), 3, 'what words mean');

# --- the policy is loosened

open my $out, '>', $policy or die;
print $out JSON::PP->new->encode({ tdx => {
    tcb_status => ['UpToDate', 'OutOfDate'], tcb_grace => '1d' } });
close $out;
my %old = map { $_ => 1 } $nginx->workers;
$nginx->reload;
IoattestFleet::until_true(sub { !grep { $old{$_} } $nginx->workers }, 10);
ok(IoattestFleet::until_true(sub {
    return @{ $nginx->status->{policy_changes} } }, 10), 'changes are told');
my %change = map { $_->{change} => $_->{loosens} }
             @{ $nginx->status->{policy_changes} };
ok($change{"- tdx.mr_td = $mr_td"}, 'a pin that is gone loosens');
ok($change{'+ tdx.tcb_status = OutOfDate'}, 'one more status');
is(scalar(grep { /tdx.tcb_grace = 86400s/ && $change{$_} } keys %change), 1,
   'a longer grace');

$page = IoattestPage::read_from($nginx);
is_deeply($page->{errors}, [], 'the page is well-formed');
is(scalar @{ $page->{tables}{changes} }, scalar keys %change,
   'it shows the changes');
like(join('', @{ $page->{texts}{fair} // [] }), qr/loosened within a day/,
     'and says so at the top');
like($nginx->log, qr/\[warn\].*policy ".*": - tdx\.mr_td = .*may let through/,
     'a change that loosens is a warning');
is_deeply($nginx->status->{zones}[0]{machines}, [],
          'what the old policy trusted does not count');

# --- the gateway's own key is refused

is($page->{data}{'key-refused'}[0], 0, 'its key has not been refused');
is($nginx->status->{zones}[0]{key_refused_at}, undef, 'at no time');
IoattestSim::set(keys => { '*' => { attest => 402 } });
isnt(said('plain'), 200, 'then it is');
$page = IoattestPage::read_from($nginx);
is_deeply($page->{errors}, [], 'the page is well-formed');
IoattestPage::agrees($page, $nginx->status);
cmp_ok($page->{data}{'key-refused'}[0], '>', 0, 'it is counted');
like($nginx->status->{zones}[0]{key_refused_at}, qr/^\d{4}-/, 'with its time');
is(scalar(grep { /refused the gateway's own key/ } @{ $page->{texts}{bad} }),
   1, 'and needs a look');

ok($nginx->stop, 'nginx goes quietly');
done_testing();
