
/* How much of a zone each kind of thing may take. */

#include "zone.h"


static ngx_uint_t
zone_capacity(zone_t *z)
{
    return ((ngx_http_ioattest_sh_t *) z->zone.shpool->data)->capacity;
}


/* Names that clients make up push nobody out. */

static void
zone_idle(void)
{
    zone_t                       z;
    ngx_uint_t                   i, max, models, refused;
    ngx_http_ioattest_found_t    found;
    ngx_http_ioattest_machine_t  machine;

    zone_open(&z, 256 * 1024);
    max = zone_capacity(&z) / 8;

    for (i = 0; i < 3; i++) {
        machine = zone_machine(i);
        zone_add(&z, 1, &machine, i, 0);
    }

    models = 0;
    refused = 0;

    for (i = 1000; i < 1000 + 20 * max; i++) {
        found = zone_gate(&z, i);
        refused += (found.n != 1);

        if (found.n) {
            zone_end(&z, i, found.token[0], NGX_HTTP_IOATTEST_DRAW_SILENT,
                     IOA_ATTESTATION_UNAVAILABLE, 0);
        }

        models = ngx_max(models,
                         zone_rows(&z, NGX_HTTP_IOATTEST_NODE_MODEL));
    }

    UNIT_OK(refused == 0, "each of many models is tried");
    UNIT_OK(models <= max + 1,
            "those without a machine take an eighth of the zone: %d of %d",
            (int) models, (int) zone_capacity(&z));
    UNIT_OK(zone_rows(&z, NGX_HTTP_IOATTEST_NODE_MACHINE) == 3
            && zone_signer(&z, 1, 0) == NGX_HTTP_IOATTEST_TRUSTED,
            "and push no machine out");

    /* while each of them is being attested, none gives way */

    z.limits.parallel = NGX_HTTP_IOATTEST_PARALLEL_MAX;
    z.limits.total = 4 * NGX_HTTP_IOATTEST_PARALLEL_MAX;

    for (i = 5000; i < 5000 + max; i++) {
        (void) zone_gate(&z, i);
    }

    UNIT_OK(zone_gate(&z, 9000).answer == NGX_HTTP_IOATTEST_FULL,
            "nor one that is being attested");

    zone_close(&z);
}


static void
zone_machines(void)
{
    zone_t                       z;
    unit_all_t                   all = { 0, 0, "" };
    ngx_uint_t                   i, n;
    ngx_http_ioattest_machine_t  machine;

    zone_open(&z, 8 * 1024 * 1024);
    n = NGX_HTTP_IOATTEST_MACHINES_MAX + 50;

    for (i = 0; i < n; i++) {
        machine = zone_machine(i);
        zone_add(&z, 1, &machine, i, 0);
    }

    UNIT_OK(zone_rows(&z, NGX_HTTP_IOATTEST_NODE_MACHINE)
            == NGX_HTTP_IOATTEST_MACHINES_MAX,
            "a model has so many machines at most");

    for (i = 0; i < n; i++) {
        unit_each(&all, (zone_signer(&z, 1, i) == NGX_HTTP_IOATTEST_TRUSTED)
                        == (i >= 50), "machine %d", (int) i);
    }

    UNIT_ALL(&all, "those attested last are there");

    zone_close(&z);
}


/* A zone too small for all: the newest are there, and nobody is mistaken. */

static void
zone_small(void)
{
    zone_t                       z;
    ngx_uint_t                   i, known;
    ngx_http_ioattest_machine_t  machine;

    zone_open(&z, 64 * 1024);

    for (i = 0; i < 200; i++) {
        machine = zone_machine(i);
        zone_add(&z, i % 5, &machine, i, 0);
    }

    known = 0;

    for (i = 0; i < 200; i++) {
        known += (zone_signer(&z, i % 5, i) == NGX_HTTP_IOATTEST_TRUSTED);
        known += 1000 * (zone_signer(&z, (i + 1) % 5, i)
                         == NGX_HTTP_IOATTEST_TRUSTED);
    }

    UNIT_OK(known > 10 && known <= zone_capacity(&z),
            "a full zone keeps what it can: %d", (int) known);
    UNIT_OK(zone_signer(&z, 4, 199) == NGX_HTTP_IOATTEST_TRUSTED,
            "the last is there");

    zone_close(&z);
}


void
zone_room_cases(void)
{
    zone_idle();
    zone_machines();
    zone_small();
}
