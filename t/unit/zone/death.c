
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
    zone_master();
}
