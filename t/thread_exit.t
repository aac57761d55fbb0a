# A thread that has verified keeps nothing of OpenSSL's: at the exit of a worker
# its end would race with OpenSSL's own, and crash.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp ();
use Test::More;

use IoattestEvidence;
use IoattestSim;

my $dir = File::Temp->newdir('ioattest-thread-XXXXXX', TMPDIR => 1);
chmod 0777, "$dir";

# one byte for each call from a thread that is not a process's first

open my $out, '>', "$dir/stop.c" or die "$dir/stop.c: $!\n";
print {$out} <<'EOT';
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

void
OPENSSL_thread_stop(void)
{
    int     fd;
    void  (*real)(void);

    real = (void (*)(void)) dlsym(RTLD_NEXT, "OPENSSL_thread_stop");
    real();

    if (syscall(SYS_gettid) != getpid()) {
        fd = open(CALLED, O_WRONLY | O_CREAT | O_APPEND, 0666);
        if (write(fd, "+", 1) == 1) {
            close(fd);
        }
    }
}
EOT
close $out or die "$dir/stop.c: $!\n";
system($ENV{CC} || 'cc', '-shared', '-fPIC', "-DCALLED=\"$dir/called\"",
       '-o', "$dir/stop.so", "$dir/stop.c", '-ldl') == 0
    or die "no $dir/stop.so\n";

sub called { return -s "$dir/called" // 0 }

IoattestSim->start(machines => 1, evidence => 1);
IoattestSim::set(evidence => 'tdx', gpus => 1);

my $nginx = do {
    local $ENV{LD_PRELOAD} = join ' ', $ENV{LD_PRELOAD} // (), "$dir/stop.so";
    local $ENV{ASAN_OPTIONS} = join ':', $ENV{ASAN_OPTIONS} // (),
                                         'verify_asan_link_order=0';
    IoattestEvidence::gateway(server => join '', map {
        IoattestEvidence::location(@$_)
    } ['thread'], ['here', 'ioattest_thread_pool off']);
};

is(IoattestEvidence::said($nginx, 'here', 'here'), 200, 'without a thread');
is(called(), 0, '... nothing is called for it');

for my $n (1 .. 3) {
    is(IoattestEvidence::said($nginx, 'thread', "thread-$n"), 200,
       'in a thread');
    is(called(), $n, '... which cleans up once');
}

ok($nginx->stop, 'nginx goes quietly');
unlike($nginx->log, qr/exited on signal/, 'and by itself');
done_testing();
