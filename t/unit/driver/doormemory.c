/*
 * doormemory: what ioa_attest_verify says of one reply with evidence when
 * memory runs out, for tests in other languages.  A program of its own: its
 * allocations are wrapped when it is linked, those of driver are not.
 *
 * Standard input: see door.h.  The argument: how many allocations to go on
 * by, from one run to the next; 0: one by one, and those of libraries never
 * fail.
 *
 * Each run is made twice: that allocation fails alone, and all after it do
 * too.  Standard output: the reason or "ok" before any of it and after, the
 * number of runs, in how many it was ok all the same with the machine as it
 * is with memory, in how many with another, in how many something was left
 * in a machine that was refused, the pieces of memory that were not given
 * back, and each reason that was given.
 */

#include "door.h"
#include "fixtures/failing.h"

typedef struct {
    size_t  runs;
    size_t  same;
    size_t  other;
    size_t  dirty;
    long    leaked;
    int     reasons[256];
} tally_t;

static door_t         door;
static ioa_checks_t   checks;
static ioa_machine_t  with_memory;


/* In: at, n: as failing_from.  Out: *hits, may be NULL. */
static ioa_status_t
judge(ioa_machine_t *machine, size_t *hits, size_t at, size_t n)
{
    size_t         failed;
    ioa_wants_t    wants;
    ioa_status_t   st;

    ioa_checks_init(&checks);
    memset(machine, 0xff, sizeof(*machine));
    failing_from(at, n);

    st = ioa_attest_verify(machine, &wants, &checks, door.reply,
                           door.nonce32, &door.policy, door.fetched, 0,
                           door.now);
    failed = failing_stop();

    if (hits != NULL) {
        *hits = failed;
    }

    return st;
}


/* Returns: 0 where no allocation failed. */
static int
one_run(tally_t *tally, size_t at, size_t n)
{
    long           held;
    size_t         hits;
    ioa_status_t   st;
    ioa_machine_t  machine;

    static const ioa_machine_t  zero;

    held = failing_held;
    st = judge(&machine, &hits, at, n);
    tally->leaked += failing_held - held;

    if (hits == 0) {
        return 0;
    }

    tally->runs++;

    if (st != IOA_OK) {
        tally->dirty += memcmp(&machine, &zero, sizeof(zero)) != 0;
        tally->reasons[(unsigned) st & 255] = 1;

    } else if (memcmp(&machine, &with_memory, sizeof(machine)) == 0) {
        tally->same++;

    } else {
        tally->other++;
    }

    return 1;
}


int
main(int argc, char **argv)
{
    size_t          i, step;
    ioa_status_t    first, last;
    ioa_machine_t   machine;

    static tally_t  tally;

    if (argc != 2) {
        return 1;
    }

    step = strtoul(argv[1], NULL, 10);
    failing_init();
    door_read(&door);

    /* what libraries keep for good they have after a run */
    first = judge(&with_memory, NULL, FAILING_NEVER, 0);
    first = judge(&with_memory, NULL, FAILING_NEVER, 0) == first
            ? first : IOA_STATUS_MAX;

    failing_core_only = step == 0;

    for (i = 0; one_run(&tally, i, 1); i += step != 0 ? step : 1) {
        (void) one_run(&tally, i, FAILING_NEVER);
    }

    last = judge(&machine, NULL, FAILING_NEVER, 0);

    printf("%s %s %zu %zu %zu %zu %ld",
           first == IOA_OK ? "ok" : ioa_status_name(first),
           last == IOA_OK ? "ok" : ioa_status_name(last), tally.runs,
           tally.same, tally.other, tally.dirty, tally.leaked);

    for (i = 1; i < 256; i++) {
        if (tally.reasons[i]) {
            printf(" %s", ioa_status_name((ioa_status_t) i));
        }
    }

    printf("\n");
    door_free(&door);

    return 0;
}
