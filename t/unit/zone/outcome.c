
/* An outcome is a machine's: what one of them does harms no other. */

#include "zone.h"


/* Ends so many attestations of a model, one after another, in that way. */

static void
zone_fail(zone_t *z, ngx_uint_t model, ngx_uint_t times,
    ngx_http_ioattest_outcome_e how, ioa_status_t reason)
{
    ngx_uint_t                 i, n;
    ngx_http_ioattest_found_t  found;

    for (n = 0; n < times; n += found.n) {
        found = zone_gate(z, model);

        if (found.n == 0) {
            break;
        }

        for (i = 0; i < found.n; i++) {
            zone_end(z, model, found.token[i], how, reason, 7);
        }
    }
}


static void
zone_refused(void)
{
    zone_t                     z;
    ngx_uint_t                 i;
    ngx_http_ioattest_found_t  found;

    zone_open(&z, 256 * 1024);

    zone_fail(&z, 1, 9, NGX_HTTP_IOATTEST_DRAW_REFUSED,
              IOA_MEASUREMENT_MISMATCH);
    found = zone_gate(&z, 1);
    UNIT_OK(found.answer == NGX_HTTP_IOATTEST_FAILED
            && found.reason == IOA_MEASUREMENT_MISMATCH && found.n == 0,
            "refused evidence is told at once, with its reason");
    UNIT_OK(zone_gate(&z, 2).answer == NGX_HTTP_IOATTEST_WAIT,
            "of its model alone");

    zone_pass(ZONE_PACE / 1000);
    found = zone_gate(&z, 1);
    UNIT_OK(found.answer == NGX_HTTP_IOATTEST_WAIT && found.n == 1,
            "then one more is tried");

    zone_end(&z, 1, found.token[0], NGX_HTTP_IOATTEST_DRAW_REFUSED,
             IOA_MEASUREMENT_MISMATCH, 7);
    zone_pass(ZONE_PACE / 1000);
    UNIT_OK(zone_gate(&z, 1).answer == NGX_HTTP_IOATTEST_FAILED,
            "the next after twice as long");

    for (i = 0; i < 10; i++) {
        zone_pass(60);
        found = zone_gate(&z, 1);

        if (found.n != 1) {
            break;
        }

        zone_end(&z, 1, found.token[0], NGX_HTTP_IOATTEST_DRAW_REFUSED,
                 IOA_MEASUREMENT_MISMATCH, 7);
    }

    UNIT_OK(i == 10, "and each minute at least");

    zone_close(&z);
}


static void
zone_silent(void)
{
    zone_t                     z;
    ngx_uint_t                 i;
    ngx_http_ioattest_found_t  found;

    zone_open(&z, 256 * 1024);

    zone_fail(&z, 1, 3, NGX_HTTP_IOATTEST_DRAW_SILENT,
              IOA_ATTESTATION_TIMEOUT);
    found = zone_gate(&z, 1);
    UNIT_OK(found.answer == NGX_HTTP_IOATTEST_FAILED
            && found.reason == IOA_ATTESTATION_TIMEOUT,
            "no answer three times is told at once");

    for (i = 0; i < 10; i++) {
        zone_pass(ZONE_PACE / 1000);
        found = zone_gate(&z, 1);

        if (found.n != 1) {
            break;
        }

        zone_end(&z, 1, found.token[0], NGX_HTTP_IOATTEST_DRAW_SILENT,
                 IOA_ATTESTATION_TIMEOUT, 0);
    }

    UNIT_OK(i == 10, "and its pace stays ioattest_fail_timeout");

    zone_close(&z);
}


/* One that ends so, and what the next request is told. */

static ioa_status_t
zone_told(zone_t *z, ioa_status_t reason)
{
    zone_end(z, 1, 0, (reason >= IOA_CPU_EVIDENCE_MISSING)
                      ? NGX_HTTP_IOATTEST_DRAW_REFUSED
                      : NGX_HTTP_IOATTEST_DRAW_SILENT, reason, 7);

    return zone_gate(z, 1).reason;
}


/* Attestations that fail differently: the reason that says most is told. */

static void
zone_telling(ngx_uint_t caller)
{
    zone_t                     z;
    ngx_uint_t                 i, k, n;
    unit_all_t                 all = { 0, 0, "" };
    const char                *whose;
    ngx_http_ioattest_found_t  found;
    static const ioa_status_t  order[] = {
        IOA_ATTESTATION_UNAVAILABLE, IOA_ATTESTATION_MALFORMED,
        IOA_ATTESTATION_INSECURE, IOA_MEASUREMENT_MISMATCH
    };

    whose = caller ? "a caller's key" : "the gateway's key";
    n = caller ? 3 : 4;

    for (i = 0; i < n; i++) {
        for (k = 0; k < n; k++) {
            zone_open(&z, 256 * 1024);

            if (caller) {
                zone_caller(&z, 1);
            }

            (void) zone_gate(&z, 1);
            (void) zone_told(&z, IOA_ATTESTATION_UNAVAILABLE);
            (void) zone_told(&z, IOA_ATTESTATION_UNAVAILABLE);
            (void) zone_told(&z, order[i]);
            (void) zone_told(&z, order[k]);
            (void) zone_told(&z, IOA_ATTESTATION_UNAVAILABLE);
            (void) zone_told(&z, IOA_ATTESTATION_TIMEOUT);

            unit_each(&all,
                      zone_told(&z, IOA_ATTESTATION_UNAVAILABLE)
                      == order[ngx_max(i, k)],
                      "%s, then %s", ioa_status_name(order[i]),
                      ioa_status_name(order[k]));
            zone_close(&z);
        }
    }

    UNIT_ALL(&all, caller ? "a caller's key: the reason that says most"
                          : "the gateway's key: the reason that says most");

    /* as long as it is new, and of one row with the others */

    zone_open(&z, 256 * 1024);

    if (caller) {
        zone_caller(&z, 1);
    }

    (void) zone_gate(&z, 1);
    zone_silence(&z, 1, 2);
    UNIT_OK(zone_told(&z, IOA_ATTESTATION_INSECURE)
            == IOA_ATTESTATION_INSECURE, "%s: insecure", whose);

    zone_pass_ms(ZONE_PACE - 1);
    UNIT_OK(zone_told(&z, IOA_ATTESTATION_TIMEOUT)
            == IOA_ATTESTATION_INSECURE, "%s: still insecure", whose);

    zone_pass_ms(1);
    UNIT_OK(zone_told(&z, IOA_ATTESTATION_TIMEOUT)
            == IOA_ATTESTATION_TIMEOUT,
            "%s: after ioattest_fail_timeout the last reason counts", whose);

    (void) zone_told(&z, IOA_ATTESTATION_INSECURE);
    zone_meet(&z, 1, 1);
    zone_pass_ms(1);
    zone_silence(&z, 1, 2);
    z.limits.valid = 1;
    UNIT_OK(zone_told(&z, IOA_ATTESTATION_TIMEOUT)
            == IOA_ATTESTATION_TIMEOUT,
            "%s: a machine that is met begins anew", whose);

    zone_close(&z);

    if (caller) {
        return;
    }

    /* with its address */

    zone_open(&z, 256 * 1024);

    (void) zone_gate(&z, 1);
    zone_refuse(&z, 1, 7);
    zone_silence(&z, 1, 3);
    found = zone_gate(&z, 1);
    UNIT_OK(found.answer == NGX_HTTP_IOATTEST_FAILED
            && found.reason == IOA_REVOKED && found.have_address
            && found.address20[0] == 7,
            "refused evidence is told with the address that it names");

    zone_close(&z);
}


/* A liar names an honest machine in evidence that is refused. */

static void
zone_liar(void)
{
    zone_t                       z;
    ngx_uint_t                   i;
    ngx_http_ioattest_found_t    found;
    ngx_http_ioattest_waiter_t   waiter;
    ngx_http_ioattest_machine_t  machine;

    zone_open(&z, 256 * 1024);

    machine = zone_machine(1);
    zone_add(&z, 1, &machine, 1, 0);

    for (i = 0; i < 20; i++) {
        zone_end(&z, 1, 0, NGX_HTTP_IOATTEST_DRAW_REFUSED,
                 IOA_REVOKED, 1);
    }

    UNIT_OK(zone_signer(&z, 1, 1) == NGX_HTTP_IOATTEST_TRUSTED
            && zone_gate(&z, 1).answer == NGX_HTTP_IOATTEST_TRUSTED,
            "it takes no trust away");
    UNIT_OK(zone_row(&z, 1).refused_n == 0,
            "and is not noted while the machine is trusted");

    /* of one that is not known yet */

    zone_end(&z, 1, 0, NGX_HTTP_IOATTEST_DRAW_REFUSED, IOA_REVOKED, 2);
    UNIT_OK(zone_row(&z, 1).refused_n == 1, "of one not met it is noted");

    memset(&waiter, 0, sizeof(waiter));
    found = zone_wait(&z, 1, 2, &waiter);
    UNIT_OK(found.answer == NGX_HTTP_IOATTEST_WAIT && found.n > 0,
            "and its answers wait for a search all the same");

    machine = zone_machine(2);
    zone_add(&z, 1, &machine, 2, found.token[0]);
    UNIT_OK(zone_wait(&z, 1, 2, &waiter).answer == NGX_HTTP_IOATTEST_TRUSTED
            && zone_row(&z, 1).refused_n == 0,
            "met, it is trusted, and the note is gone");

    zone_close(&z);
}


/* One machine that is refused, while others are met: its own reason. */

static void
zone_bad_one(void)
{
    zone_t                       z;
    ngx_uint_t                   i, k;
    ngx_http_ioattest_found_t    found;
    ngx_http_ioattest_waiter_t   waiter, other;
    ngx_http_ioattest_machine_t  machine;

    zone_open(&z, 256 * 1024);

    zone_end(&z, 1, 0, NGX_HTTP_IOATTEST_DRAW_REFUSED, IOA_TCB_REJECTED, 9);
    memset(&waiter, 0, sizeof(waiter));
    memset(&other, 0, sizeof(other));

    for (i = 0; i < 200; i++) {
        zone_pass(1);
        found = zone_wait(&z, 1, 9, &waiter);

        if (found.answer != NGX_HTTP_IOATTEST_WAIT) {
            break;
        }

        (void) zone_wait(&z, 1, 8, &other);

        for (k = 0; k < found.n; k++) {
            machine = zone_machine((i + k) % 3);
            zone_add(&z, 1, &machine, (i + k) % 3, found.token[k]);
        }
    }

    UNIT_OK(found.answer == NGX_HTTP_IOATTEST_EXHAUSTED,
            "a search that does not meet it ends: %d rounds", (int) i);
    UNIT_OK(i > 0, "it has been looked for");
    UNIT_OK(zone_signer(&z, 1, 9) != NGX_HTTP_IOATTEST_TRUSTED,
            "it is not trusted");

    found = zone_wait(&z, 1, 8, &other);
    UNIT_OK(found.answer != NGX_HTTP_IOATTEST_EXHAUSTED
            || found.reason == IOA_UNTRUSTED_ADDRESS,
            "and another's answer does not get its reason");

    UNIT_OK(zone_signer(&z, 1, 0) == NGX_HTTP_IOATTEST_TRUSTED
            && zone_signer(&z, 1, 1) == NGX_HTTP_IOATTEST_TRUSTED
            && zone_signer(&z, 1, 2) == NGX_HTTP_IOATTEST_TRUSTED,
            "the others are");

    zone_close(&z);
}


void
zone_outcome_cases(void)
{
    zone_refused();
    zone_silent();
    zone_telling(0);
    zone_telling(1);
    zone_liar();
    zone_bad_one();
}
