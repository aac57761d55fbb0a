# One audit log of two nginx at once, as while a binary is upgraded: each takes
# the chain on from what the other has written.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use IoattestCli qw( cli slurp );
use IoattestEvidence;
use IoattestNginx;
use IoattestSim;

my $rounds = 3;
my $at_once = 40;

IoattestSim->start(machines => 1, evidence => 1);
IoattestSim::set({ evidence => 'tdx' });

my $dir = File::Temp->newdir('ioattest-audit-XXXXXX', TMPDIR => 1);
chmod 0755, "$dir";
my $log = "$dir/audit.log";

# a disk that takes its time: the other one comes while a line is being written

open my $c, '>', "$dir/slow.c" or die "$dir/slow.c: $!\n";
print {$c} <<'EOF';
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

ssize_t
write(int fd, const void *data, size_t n)
{
    static const char  line[] = "{\"sequence\":";

    if (n > sizeof(line) && memcmp(data, line, sizeof(line) - 1) == 0) {
        usleep(2000);
    }

    return syscall(SYS_write, fd, data, n);
}
EOF
close $c or die "$dir/slow.c: $!\n";
system($ENV{CC} || 'cc', qw( -D_GNU_SOURCE -shared -fPIC -o ),
       "$dir/slow.so", "$dir/slow.c") == 0
    or die "cc does not make $dir/slow.so\n";

my %texts = IoattestEvidence::texts(
    server => IoattestEvidence::location('v1/private',
        "ioattest_audit_log $log", 'ioattest_gpu off', 'ioattest_policy '
        . IoattestEvidence::file(IoattestEvidence::policy(1))));

local $ENV{LD_PRELOAD} = "$dir/slow.so";
my $one = IoattestNginx->start(workers => 2, %texts);
my $other = do {
    local $ENV{TEST_NGINX_PORT} = ($ENV{TEST_NGINX_PORT} || 1984) + 1;
    local $ENV{TEST_NGINX_SERVROOT} = "$dir/beside";
    IoattestNginx->start(workers => 2, %texts);
};

sub refused {
    my ($nginx, $n) = @_;
    (my $request = IoattestNginx::completion(sim => 'flip_body'))
        =~ s/\r\n/\r\nX-Id: model-1\r\n/;
    my @answers = $nginx->ask(($request) x $n);
    return scalar grep { $_->{code} == 502 } @answers;
}

delete $ENV{LD_PRELOAD};
is(refused($_, 1), 1, 'a refused answer') for $one, $other;

my $child = fork // die "fork: $!\n";
my $n = 0;
$n += refused($child ? $one : $other, $at_once) for 1 .. $rounds;

if (!$child) {
    require POSIX;
    POSIX::_exit($n == $rounds * $at_once ? 0 : 1);
}

waitpid $child, 0;
is($?, 0, 'all of one are refused');
is($n, $rounds * $at_once, 'and all of the other');

my ($exit, $out) = cli('audit', $log);
is($exit, 0, 'they are one chain') or diag $out;
is(scalar(() = slurp($log) =~ /"event":"start"/g), 2, 'with two starts');

for ([ $one, $other ], [ $other, $one ]) {
    my ($first, $second) = @$_;
    refused($first, 1);
    refused($second, 1);
    my $audit = $second->status->{audit};
    ($exit, $out) = cli('audit', $log, '--sequence', $audit->{sequence},
                        '--head', $audit->{head});
    is($exit, 0, 'the one that wrote last knows its end') or diag $out;
}

ok($_->stop, 'it goes quietly') for $one, $other;
done_testing();
