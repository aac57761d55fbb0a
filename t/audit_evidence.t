# ioattest_evidence_dir: replies as they came, by their digest, from which
# "ioattest report" repeats the verdict; and an audit log on a full disk.

use strict;
use warnings;

use Digest::SHA qw( sha256_hex );
use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP qw( decode_json );
use Test::More;

use IoattestCli qw( cli put slurp );
use IoattestEvidence;
use IoattestNginx;
use IoattestSim;

IoattestSim->start(machines => 1, evidence => 1);
IoattestSim::set({ evidence => 'tdx', gpus => 1 });

my $dir = File::Temp->newdir('ioattest-kept-XXXXXX', TMPDIR => 1);
chmod 0755, "$dir";

my @one = ('ioattest_refresh 0', 'ioattest_parallel 1');
my $nginx = IoattestEvidence::gateway(workers => 2, server => join '',
    IoattestEvidence::location('kept', "ioattest_evidence_dir $dir/all/",
                               "ioattest_audit_log $dir/audit.log", @one),
    IoattestEvidence::location('inline', "ioattest_evidence_dir $dir/inline",
                               'ioattest_thread_pool off', @one),
    IoattestEvidence::location('few', "ioattest_evidence_dir $dir/few",
                               'ioattest_evidence_keep 3', @one),
    IoattestEvidence::location('full', 'ioattest_audit_log /dev/full', @one));

sub kept {
    my ($of) = @_;
    my @found = sort glob "$dir/$of/*";
    return @found;
}

sub said { return IoattestEvidence::said($nginx, @_); }

is(said('kept', 'good'), 200, 'a good reply');
my @files = kept('all');
cmp_ok(scalar @files, '>=', 1, 'is kept');
like($files[0], qr{/[0-9a-f]{64}\.json$}, 'under a digest');
is(sha256_hex(slurp($files[0])), $files[0] =~ m{/([0-9a-f]{64})\.json$} && $1,
   'which is its own');
is((stat $files[0])[2] & 0777, 0600, 'for its owner alone');
is((stat "$dir/all")[2] & 0777, 0700, 'as is the directory');

my ($line) = grep { $_->{event} eq 'attested' }
             map { decode_json($_) } split /\n/, slurp("$dir/audit.log");
is($line->{evidence_kept}, JSON::PP::true, 'the audit log says that it is kept');
my ($named) = $line->{evidence} =~ /^sha256:(\w+)$/;
ok(-e "$dir/all/$named.json", 'and names the file');

my $reply = decode_json(slurp("$dir/all/$named.json"));
my ($exit, $out) = cli('report', "$dir/all/$named.json",
                       '--nonce', $reply->{nonce},
                       '--cpu-roots', $ENV{TEST_NGINX_SIM_CPU_ROOTS},
                       '--gpu-roots', $ENV{TEST_NGINX_SIM_GPU_ROOTS});
is($exit, 0, 'the verdict can be repeated') or diag $out;

# what Intel says today, saved for the years to come

{
    local @ENV{qw( IOATTEST_INTEL_API_URL IOATTEST_INTEL_URL )}
        = ("http://127.0.0.1:$ENV{TEST_NGINX_SIM_PORT}") x 2;
    my @report = ('report', "$dir/all/$named.json", '--nonce', $reply->{nonce},
                  '--cpu-roots', $ENV{TEST_NGINX_SIM_CPU_ROOTS},
                  '--gpu-roots', $ENV{TEST_NGINX_SIM_GPU_ROOTS});
    my ($fmspc) = (cli(@report, '--json'))[1] =~ /"fmspc":"(\w+)"/;
    my $save = "sh $FindBin::Bin/../contrib/audit/save-collateral.sh $fmspc";

    my $day = `$save platform $dir/intel`;
    is($?, 0, 'the collateral of a day is saved');
    like($day, qr{\A\Q$dir\E/intel/\d{4}-\d\d-\d\d\n\z}, 'by its date');
    chomp $day;
    ($exit, $out) = cli(@report, '--collateral', $day);
    is($exit, 0, 'and the verdict can be repeated with it') or diag $out;
    like($out, qr/tdx\.tcb_status[^\n]*passed|passed[^\n]*tdx\.tcb_status/,
         'TCB status and all');
    is(`$save platform $dir/intel`, '', 'a day that was saved stays');

    my $fails = $save =~ s/$fmspc/000000000000/r;
    isnt(system("$fails platform $dir/other 2>/dev/null"), 0, 'it can fail');
    is_deeply([glob "$dir/other/* $dir/other/.new*"], [],
              'and then leaves nothing');
    is(system("$save 2>/dev/null") >> 8, 2, 'its usage');
}

IoattestSim::set({ attest => 'tdx_flip' });
my %before = map { $_ => 1 } kept('all');
is(said('kept', 'bad'), '502 cpu_evidence_invalid', 'a bad reply');
my ($new) = grep { !$before{$_} } kept('all');
ok($new, 'is kept as well');
($exit, $out) = cli('report', $new,
                    '--nonce', decode_json(slurp($new))->{nonce},
                    '--cpu-roots', $ENV{TEST_NGINX_SIM_CPU_ROOTS},
                    '--gpu-roots', $ENV{TEST_NGINX_SIM_GPU_ROOTS});
is($exit, 1, 'and refused again');
IoattestSim::set({ attest => '' });

is(said('inline', 'direct'), 200, 'without threads');
is(scalar(() = kept('inline')), 1, 'it is kept too');

put("$dir/few/notes.txt", 'not ours');
put("$dir/few/.0123456789abcdef", 'a dead worker\'s');
my $old = "$dir/few/" . 'f' x 64 . '.json';
put($old, 'an old one');
utime 1, 1, "$dir/few/.0123456789abcdef", $old;
is(said('few', "model-$_"), 200, "reply $_") for 1 .. 8;
my @few = grep { /\.json$/ } kept('few');
is(scalar @few, 3, 'of many the newest are kept');
ok(!-e $old, 'and not one that is older than all');
ok(-e "$dir/few/notes.txt", 'what is not ours stays');
ok(!-e "$dir/few/.0123456789abcdef", 'what a dead worker left does not');

# --- disks that are full ------------------------------------------------------

is(said('full', 'new'), 200, 'an audit log on a full disk');
like($nginx->log, qr{\[alert\].*lines? of the audit log "/dev/full" could not},
     'is complained of');
my ($full) = grep { $_->{file} eq '/dev/full' } @{ $nginx->status->{audit} };
cmp_ok($full->{lost}, '>=', 2, 'and what is lost is counted');
is($full->{sequence}, 0, 'and not numbered');

{
    system("rm -rf $dir/all && touch $dir/all");
    is(said('kept', 'other'), 200, 'a directory that is gone');
    like($nginx->log, qr/evidence could not be kept in "$dir\/all"/,
         'is complained of');
}

done_testing();
