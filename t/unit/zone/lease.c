
/* Who attests now, and what becomes of it where somebody dies. */

#include "zone.h"


static void
zone_give(zone_t *z, ngx_uint_t model, uint64_t token,
    ngx_http_ioattest_give_e how)
{
    ngx_http_ioattest_model_t  m;

    m = zone_model(model);
    ngx_http_ioattest_lease_give(&z->zone, m.key, token, how,
                                 IOA_ATTESTATION_UNAVAILABLE, ZONE_PACE);
}


static void
zone_token(void)
{
    zone_t                       z;
    uint64_t                     token, second;
    ngx_http_ioattest_found_t    found;
    ngx_http_ioattest_machine_t  machine;

    zone_open(&z, 256 * 1024);

    found = zone_gate(&z, 1);
    token = found.token;
    UNIT_OK(found.answer == NGX_HTTP_IOATTEST_TAKEN && token,
            "the first who asks attests");
    UNIT_OK(zone_gate(&z, 1).answer == NGX_HTTP_IOATTEST_BUSY,
            "others wait");

    zone_give(&z, 1, token + 1, NGX_HTTP_IOATTEST_GIVE_BACK);
    UNIT_OK(zone_gate(&z, 1).answer == NGX_HTTP_IOATTEST_BUSY,
            "who lacks the lease gives nothing back");

    zone_give(&z, 1, token + 1, NGX_HTTP_IOATTEST_GIVE_FAILED);
    UNIT_OK(zone_gate(&z, 1).answer == NGX_HTTP_IOATTEST_BUSY,
            "nor has he a failure to tell");

    machine = zone_machine(1);
    zone_add(&z, 1, &machine, 1, token + 1);
    zone_pass(ZONE_VALID);
    z.limits.lease = 3600 * 1000;

    found = zone_gate(&z, 1);
    second = found.token;
    UNIT_OK(found.answer == NGX_HTTP_IOATTEST_TAKEN && second != token,
            "a lease that ran out is another's");

    zone_give(&z, 1, token, NGX_HTTP_IOATTEST_GIVE_BACK);
    UNIT_OK(zone_gate(&z, 1).answer == NGX_HTTP_IOATTEST_BUSY,
            "and whose it was does not give it back");

    machine = zone_machine(2);
    zone_add(&z, 1, &machine, 2, token);
    zone_pass(ZONE_VALID);
    UNIT_OK(zone_gate(&z, 1).answer == NGX_HTTP_IOATTEST_BUSY,
            "not by a machine that he met, either");

    zone_give(&z, 1, second, NGX_HTTP_IOATTEST_GIVE_BACK);
    found = zone_gate(&z, 1);
    UNIT_OK(found.answer == NGX_HTTP_IOATTEST_TAKEN && found.token > second,
            "whose it is does, and tokens are not used twice");

    zone_close(&z);
}


static void
zone_failing(void)
{
    zone_t                     z;
    ngx_http_ioattest_found_t  found;

    zone_open(&z, 256 * 1024);

    found = zone_gate(&z, 1);
    zone_give(&z, 1, found.token, NGX_HTTP_IOATTEST_GIVE_FAILED);

    found = zone_gate(&z, 1);
    UNIT_OK(found.answer == NGX_HTTP_IOATTEST_FAILED
            && found.reason == IOA_ATTESTATION_UNAVAILABLE,
            "a failure is told for a while");
    UNIT_OK(zone_gate(&z, 2).answer == NGX_HTTP_IOATTEST_TAKEN,
            "of its model alone");

    zone_pass(ZONE_PACE / 1000);
    UNIT_OK(zone_gate(&z, 1).answer == NGX_HTTP_IOATTEST_TAKEN,
            "and then tried again");

    zone_close(&z);
}


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
    zone_t                     z;
    ngx_pid_t                  dead, own;
    ngx_http_ioattest_found_t  found;
    ngx_http_ioattest_model_t  m;

    zone_open(&z, 256 * 1024);

    m = zone_model(1);
    own = ngx_pid;
    dead = zone_dead();

    ngx_pid = dead;
    found = zone_gate(&z, 1);
    ngx_pid = own;

    ngx_http_ioattest_lease_bury(&z.zone, m.key, found.token, own);
    UNIT_OK(zone_gate(&z, 1).answer == NGX_HTTP_IOATTEST_BUSY,
            "a lease of a process that lives is its own");

    ngx_http_ioattest_lease_bury(&z.zone, m.key, found.token + 1, dead);
    UNIT_OK(zone_gate(&z, 1).answer == NGX_HTTP_IOATTEST_BUSY,
            "one that is another's by now stays his");

    ngx_http_ioattest_lease_bury(&z.zone, m.key, found.token, dead);
    UNIT_OK(zone_gate(&z, 1).answer == NGX_HTTP_IOATTEST_TAKEN,
            "that of a process that died is free at once");

    zone_close(&z);
}


/* Killed inside the lock, in the middle of a change. */

static void
zone_killed(void)
{
    int                          status;
    zone_t                       z;
    ngx_pid_t                    pid;
    ngx_http_ioattest_sh_t      *before;
    ngx_http_ioattest_machine_t  machine;

    zone_open(&z, 256 * 1024);

    machine = zone_machine(1);
    zone_add(&z, 1, &machine, 1, 0);
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


void
zone_lease_cases(void)
{
    zone_token();
    zone_failing();
    zone_bury();
    zone_killed();
}
