/*
 * chaos_hold: a worker that stays in the zone's lock, for LD_PRELOAD.
 *
 * The lock is held for microseconds: too short to be hit from outside.  Its
 * holders look nodes up by keys of 32 bytes, with memcmp().  While the number
 * in the file of IOATTEST_HOLD is 1, some of these calls sleep, so that
 * bench/chaos.py can kill a process in the middle of a change.  Others than the
 * lock's holder call it as well: it is bench/chaos.py that looks whose it is,
 * and sets the number to 0 when it has found one.
 */

#define _GNU_SOURCE

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define KEY_LEN  32

/* where in a change a process sleeps is another place each time */
#define ONE_IN   3

static volatile int  *hold;


__attribute__((constructor))
static void
hold_open(void)
{
    int          fd;
    void        *p;
    const char  *name;

    name = getenv("IOATTEST_HOLD");
    if (name == NULL) {
        return;
    }

    fd = open(name, O_RDWR|O_CLOEXEC);
    if (fd == -1) {
        abort();
    }

    p = mmap(NULL, sizeof(int), PROT_READ|PROT_WRITE, MAP_SHARED, fd, 0);
    if (p == MAP_FAILED) {
        abort();
    }

    (void) close(fd);

    hold = p;
}


int
memcmp(const void *a, const void *b, size_t n)
{
    size_t                i;
    const unsigned char  *x, *y;

    static unsigned               calls;
    static const struct timespec  pause = { 0, 50000000 };

    x = a;
    y = b;

    if (n == KEY_LEN && hold != NULL && *hold == 1
        && __sync_fetch_and_add(&calls, 1) % ONE_IN == 0)
    {
        (void) nanosleep(&pause, NULL);
    }

    for (i = 0; i < n; i++) {
        if (x[i] != y[i]) {
            return x[i] - y[i];
        }
    }

    return 0;
}
