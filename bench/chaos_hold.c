/*
 * chaos_hold: a worker that stays in the zone's lock, for LD_PRELOAD.
 *
 * The lock is held for microseconds: too short to be hit from outside.  Its
 * holders look nodes up by keys of 32 bytes, with memcmp().  Where the number
 * in the file of IOATTEST_HOLD is 1, one such call takes it away and sleeps,
 * so that bench/chaos.py can kill its process in the middle of a change.
 */

#define _GNU_SOURCE

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define KEY_LEN  32

static int  *hold;


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

    static const struct timespec  pause = { 0, 50000000 };

    x = a;
    y = b;

    if (n == KEY_LEN && hold != NULL && *hold == 1
        && __sync_bool_compare_and_swap(hold, 1, 0))
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
