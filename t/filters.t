# Replies of an upstream, as they were recorded and changed at random, through
# nginx: fuzz/filters.py with a fixed seed, and the recordings of the tree.
# Nothing that nobody signed is delivered as good, nothing good is refused, and
# nginx neither crashes nor alerts.

use strict;
use warnings;

use FindBin;
use File::Temp ();
use Test::More;

my $replies = 400;
my $top = "$FindBin::Bin/..";
my @kept = glob "$top/fuzz/seeds/filters/*";
my $modes = 4;
my $keep = File::Temp->newdir('ioattest-filters-XXXXXX', TMPDIR => 1);
my $python = $ENV{IOATTEST_PYTHON} // '/usr/bin/python3';

chmod 0755, "$keep";

# those in the tree, so that every machine sends the same
$ENV{IOATTEST_VECTORS} = '';
$ENV{BENCH_PORT} = ($ENV{TEST_NGINX_PORT} || 1984) + 1;

my @command = ($python, "$top/fuzz/filters.py", '--replies', $replies,
    '--seconds', 60, '--seed', 1, '--clients', 32, '--keep', "$keep",
    '--nginx', $ENV{TEST_NGINX_BINARY} || 'nginx',
    '--module', $ENV{TEST_NGINX_LOAD_MODULES} // '');

open my $run, '-|', @command or die "$python: $!\n";
my @said = <$run>;
close $run;
my $left = $?;

my ($sent, $passed, $wrong)
    = ($said[-1] // '') =~ /^(\d+) replies, (\d+) passed, (\d+) wrong$/;

cmp_ok(scalar @kept, '>=', 40, 'recorded replies are in the tree');
is($left, 0, 'nothing is wrong') or diag(@said);
is($sent, $modes * @kept + $replies,
    'each recording was sent in each mode, then those that were changed');
cmp_ok($passed // 0, '>', 20, 'some that nothing is wrong with pass');
is($wrong, 0, 'each answer is what the second opinion says');

done_testing();
