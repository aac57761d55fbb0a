
/* What becomes of a zone where somebody dies. */

#include "zone.h"


/* A process that is there no more has pid. */

static ngx_pid_t
zone_dead(void)
{
    ngx_pid_t  pid;

    pid = fork();

    if (pid == 0) {
        _exit(0);
    }

    waitpid(pid, NULL, 0);

    return pid;
}


static void
zone_bury(void)
{
    zone_t     z;
    ngx_pid_t  dead, own;

    zone_open(&z, 256 * 1024);

    own = ngx_pid;
    dead = zone_dead();

    (void) zone_gate(&z, 1);
    ngx_pid = dead;
    (void) zone_gate(&z, 2);
    ngx_pid = getppid();
    (void) zone_gate(&z, 3);
    ngx_pid = own;

    ngx_http_ioattest_store_bury(&z.zone);

    UNIT_OK(zone_row(&z, 1).in_flight == 1,
            "an attestation of this process is its own");
    UNIT_OK(zone_row(&z, 3).in_flight == 1,
            "and one of another process that lives");
    UNIT_OK(zone_row(&z, 2).in_flight == 0
            && zone_gate(&z, 2).n == 1,
            "that of a process that died is free at once");

    zone_close(&z);
}


/* Killed inside the lock, in the middle of a change. */

static void
zone_killed(void)
{
    int                          status;
    zone_t                       z;
    uint64_t                     token;
    ngx_pid_t                    pid;
    ngx_http_ioattest_sh_t      *before;
    ngx_http_ioattest_found_t    found;
    ngx_http_ioattest_machine_t  machine;

    zone_open(&z, 256 * 1024);

    machine = zone_machine(1);
    zone_add(&z, 1, &machine, 1, 0);
    token = zone_gate(&z, 2).token[0];
    before = z.zone.shpool->data;

    pid = fork();

    if (pid == 0) {
        ngx_pid = getpid();
        (void) ngx_http_ioattest_store_lock(&z.zone);
        kill(ngx_pid, SIGKILL);
        _exit(0);
    }

    waitpid(pid, &status, 0);
    UNIT_OK(WIFSIGNALED(status)
            && ngx_shmtx_force_unlock(&z.zone.shpool->mutex, pid),
            "a worker dies inside the lock, and its master opens it");

    UNIT_OK(zone_signer(&z, 1, 1) != NGX_HTTP_IOATTEST_TRUSTED
            && zone_rows(&z, NGX_HTTP_IOATTEST_NODE_MACHINE) == 0,
            "nothing that was there is believed");
    UNIT_OK(ngx_http_ioattest_store_resets(&z.zone) == 1,
            "it is counted");
    UNIT_OK(z.zone.shpool->data == before,
            "and the counters are where they were");

    /* an attestation of before may still come to its end */

    found = zone_gate(&z, 2);
    zone_end(&z, 2, token, NGX_HTTP_IOATTEST_DRAW_NOTHING, IOA_OK, 0);
    UNIT_OK(token && found.n == 1 && found.token[0] != token
            && zone_row(&z, 2).in_flight == 1,
            "no token of before is one of now");

    zone_add(&z, 1, &machine, 1, 0);
    UNIT_OK(zone_signer(&z, 1, 1) == NGX_HTTP_IOATTEST_TRUSTED
            && ngx_http_ioattest_store_resets(&z.zone) == 1,
            "the zone works on");

    /* outside the lock nothing is lost */

    pid = fork();

    if (pid == 0) {
        ngx_pid = getpid();
        (void) zone_signer(&z, 1, 1);
        kill(ngx_pid, SIGKILL);
        _exit(0);
    }

    waitpid(pid, &status, 0);
    UNIT_OK(!ngx_shmtx_force_unlock(&z.zone.shpool->mutex, pid)
            && zone_signer(&z, 1, 1) == NGX_HTTP_IOATTEST_TRUSTED
            && ngx_http_ioattest_store_resets(&z.zone) == 1,
            "a worker that dies outside of it loses nothing");

    zone_close(&z);
}


/* What a list is told from an older one by goes on. */

static void
zone_generations(void)
{
    zone_t                   z;
    uint64_t                 before;
    ngx_http_ioattest_sh_t  *sh;

    zone_open(&z, 256 * 1024);
    zone_look(&z, "a");
    (void) zone_store(&z, LIST(ENTRY("a", "true")), 1);
    (void) zone_store(&z, LIST(ENTRY("a", "true")), 1);

    sh = z.zone.shpool->data;
    before = sh->next_generation;
    UNIT_OK(before == 2, "two lists were read");
    zone_empty(&z);
    UNIT_OK(zone_look(&z, "a").answer == NGX_HTTP_IOATTEST_LIST_TAKEN,
            "emptied: lists are read anew");
    UNIT_OK(sh->next_generation > before,
            "emptied: a list is never older than one of before");

    zone_close(&z);
}


/* A response waits for its signer while the zone is emptied. */

static void
zone_waits_on(void)
{
    zone_t                       z;
    ngx_uint_t                   i, attempts;
    ngx_http_ioattest_waiter_t   waiter;
    ngx_http_ioattest_machine_t  machine;

    static const ngx_uint_t  cases[] = { 3, NGX_HTTP_IOATTEST_ATTEMPTS_AUTO };

    machine = zone_machine(9);

    for (i = 0; i < 2; i++) {
        attempts = cases[i];
        zone_open(&z, 256 * 1024);
        z.limits.attempts = attempts;

        zone_meet(&z, 1, 1);
        zone_meet(&z, 1, 2);
        waiter = zone_waiter(0);
        (void) zone_wait(&z, 1, 9, &waiter);
        zone_empty(&z);

        UNIT_OK(zone_wait(&z, 1, 9, &waiter).answer
                == NGX_HTTP_IOATTEST_WAIT,
                "emptied: no attempt is spent by it, %d", (int) attempts);

        zone_add(&z, 1, &machine, 9, 0);
        UNIT_OK(zone_wait(&z, 1, 9, &waiter).answer
                == NGX_HTTP_IOATTEST_TRUSTED,
                "emptied: the signer is met, %d", (int) attempts);

        zone_empty(&z);
        waiter = zone_waiter(0);
        UNIT_OK(zone_wait(&z, 1, 9, &waiter).answer
                == NGX_HTTP_IOATTEST_WAIT,
                "emptied: nobody counts as missed, %d", (int) attempts);

        zone_close(&z);
    }

    /* what is made afterwards counts */

    zone_open(&z, 256 * 1024);
    z.limits.attempts = 3;
    zone_meet(&z, 1, 1);
    waiter = zone_waiter(0);
    (void) zone_wait(&z, 1, 9, &waiter);
    zone_empty(&z);
    (void) zone_wait(&z, 1, 9, &waiter);

    for (i = 0; i < 3; i++) {
        zone_meet(&z, 1, 1);
    }

    UNIT_OK(zone_wait(&z, 1, 9, &waiter).answer
            == NGX_HTTP_IOATTEST_EXHAUSTED,
            "emptied: three attempts are three");
    zone_close(&z);
}


/*
 * While the master reads a configuration it does not hear that a worker has
 * died: one that was killed with the lock must not hold it up.
 */

static void
zone_master(void)
{
    zone_t     z;
    ngx_pid_t  pid;

    zone_open(&z, 256 * 1024);

    UNIT_OK(ngx_http_ioattest_replay_open(&z.zone) == NGX_OK,
            "the replay window is taken");

    pid = fork();

    if (pid == 0) {
        ngx_pid = getpid();
        (void) ngx_http_ioattest_store_lock(&z.zone);
        kill(ngx_pid, SIGKILL);
        _exit(0);
    }

    waitpid(pid, NULL, 0);

    (void) alarm(10);
    UNIT_OK(ngx_http_ioattest_replay_open(&z.zone) == NGX_OK,
            "a reload needs no lock where it is there");

    ((ngx_http_ioattest_sh_t *) z.zone.shpool->data)->replay = NULL;
    UNIT_OK(ngx_http_ioattest_replay_open(&z.zone) == NGX_AGAIN,
            "nor waits for a worker that died with it");

    (void) ngx_shmtx_force_unlock(&z.zone.shpool->mutex, pid);
    UNIT_OK(ngx_http_ioattest_replay_open(&z.zone) == NGX_OK
            && ngx_http_ioattest_store_resets(&z.zone) == 1,
            "afterwards it lays the zone out anew");
    (void) alarm(0);

    zone_close(&z);
}


void
zone_death_cases(void)
{
    zone_bury();
    zone_killed();
    zone_waits_on();
    zone_generations();
    zone_master();
}
