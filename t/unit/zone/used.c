
/* Models in use, and names of them that outlive a policy. */

#include "zone.h"


#define ZONE_IDLE  60000        /* ms, ioattest_background */


static u_char  zone_policy_a[NGX_HTTP_IOATTEST_KEY_LEN];
static u_char  zone_origin_a[NGX_HTTP_IOATTEST_KEY_LEN] = "a";
static u_char  zone_origin_b[NGX_HTTP_IOATTEST_KEY_LEN] = "b";


static ngx_uint_t
zone_models(zone_t *z, const u_char *policy32, ngx_uint_t skip)
{
    ngx_http_ioattest_model_t  models[16];

    return ngx_http_ioattest_used_models(&z->zone, policy32, ZONE_IDLE,
                                         models, 16, skip);
}


static ngx_uint_t
zone_names(zone_t *z, const u_char *origin32, ngx_uint_t skip)
{
    ngx_http_ioattest_model_t  models[16];

    return ngx_http_ioattest_used_names(&z->zone, origin32, ZONE_IDLE,
                                        models, 16, skip);
}


static void
zone_keep(zone_t *z)
{
    ngx_http_ioattest_used_keep(&z->zone, zone_policy_a, zone_origin_a,
                                ZONE_IDLE);
}


/* 1 where model n's name is one of those kept. */

static ngx_uint_t
zone_kept(zone_t *z, ngx_uint_t n)
{
    ngx_uint_t                  i, k;
    ngx_http_ioattest_model_t   model;

    static ngx_http_ioattest_model_t  models[512];

    model = zone_model(n);
    k = ngx_http_ioattest_used_names(&z->zone, zone_origin_a, ZONE_IDLE,
                                     models, 512, 0);

    for (i = 0; i < k; i++) {
        if (models[i].names.name_len == model.names.name_len
            && memcmp(models[i].names.name, model.names.name,
                      model.names.name_len)
               == 0)
        {
            return 1;
        }
    }

    return 0;
}


static void
zone_in_use(void)
{
    u_char                      other[NGX_HTTP_IOATTEST_KEY_LEN];
    zone_t                      z;
    ngx_http_ioattest_waiter_t  waiter;

    memset(other, 'o', sizeof(other));
    zone_open(&z, 256 * 1024);

    (void) zone_gate(&z, 1);
    zone_pass_ms(1);
    (void) zone_gate(&z, 2);

    UNIT_OK(zone_models(&z, zone_policy_a, 0) == 2
            && zone_models(&z, zone_policy_a, 1) == 1,
            "what was asked for is in use");
    UNIT_OK(zone_models(&z, other, 0) == 0, "under its policy");

    zone_keep(&z);
    UNIT_OK(zone_names(&z, zone_origin_a, 0) == 2
            && zone_names(&z, zone_origin_a, 1) == 1, "its name is kept");
    UNIT_OK(zone_names(&z, zone_origin_b, 0) == 0, "for its server");

    zone_pass_ms(ZONE_IDLE - 1);
    UNIT_OK(zone_models(&z, zone_policy_a, 0) == 1,
            "for ioattest_background");
    UNIT_OK(zone_names(&z, zone_origin_a, 0) == 1, "as its name is");

    zone_keep(&z);
    zone_pass_ms(1);
    UNIT_OK(zone_models(&z, zone_policy_a, 0) == 0
            && zone_names(&z, zone_origin_a, 0) == 0,
            "and no longer: to keep a name is not to ask for it");

    (void) zone_gate(&z, 1);
    UNIT_OK(zone_models(&z, zone_policy_a, 0) == 1,
            "a request has it in use again");
    zone_pass_ms(ZONE_IDLE);
    waiter = zone_waiter(0);
    (void) zone_wait(&z, 2, 9, &waiter);
    UNIT_OK(zone_models(&z, zone_policy_a, 0) == 1,
            "and so has a response that waits");

    zone_close(&z);
}


/* Who is to be kept whether anybody asks for it. */

static void
zone_prewarm(void)
{
    zone_t                     z;
    ngx_http_ioattest_found_t  found;

    zone_open(&z, 256 * 1024);

    found = zone_census(&z, 1, 0);
    UNIT_OK(found.answer == NGX_HTTP_IOATTEST_FULL && found.n == 0
            && zone_rows(&z, NGX_HTTP_IOATTEST_NODE_MODEL) == 0,
            "the census makes no model that nobody asked for");

    found = zone_census(&z, 1, 1);
    UNIT_OK(found.answer == NGX_HTTP_IOATTEST_WAIT && found.n == 1
            && zone_rows(&z, NGX_HTTP_IOATTEST_NODE_MODEL) == 1,
            "but of ioattest_prewarm, and attests it");
    UNIT_OK(zone_census(&z, 1, 1).n == 0, "once");

    zone_close(&z);
}


/* So many names are kept; those that were asked for last. */

static void
zone_many_names(void)
{
    zone_t      z;
    ngx_uint_t  i, max;

    zone_open(&z, 256 * 1024);
    max = ((ngx_http_ioattest_sh_t *) z.zone.shpool->data)->capacity / 16;

    (void) zone_gate(&z, 1);
    zone_keep(&z);

    for (i = 2; i <= max; i++) {
        zone_pass_ms(1);
        (void) zone_gate(&z, i);
        zone_keep(&z);
    }

    /* all are in use, and one gives way to the next */

    UNIT_OK(zone_rows(&z, NGX_HTTP_IOATTEST_NODE_USED) == max,
            "names take a sixteenth of a zone: %d", (int) max);

    zone_pass_ms(ZONE_IDLE - 1);
    (void) zone_gate(&z, 1);
    zone_keep(&z);
    (void) zone_gate(&z, 1000);
    zone_keep(&z);

    UNIT_OK(zone_rows(&z, NGX_HTTP_IOATTEST_NODE_USED) == max,
            "and no more");
    UNIT_OK(zone_kept(&z, 1000) && zone_kept(&z, 1),
            "those that are asked for now are among them");

    zone_close(&z);
}


/* A full zone, in which the model is what could best be missed. */

static void
zone_name_room(void)
{
    zone_t                       z;
    ngx_uint_t                   i;
    ngx_http_ioattest_machine_t  machine;

    zone_open(&z, 64 * 1024);

    for (i = 0; i < 200; i++) {
        machine = zone_machine(i);
        (void) zone_add(&z, 9, &machine, i, 0);
    }

    zone_pass_ms(ZONE_IDLE);
    (void) zone_gate(&z, 1);
    zone_pass(2 * ZONE_ATTEST / 1000 + 3);
    zone_keep(&z);

    UNIT_OK(zone_row(&z, 1).names.name_len > 0,
            "a model does not give way to its own name");
    UNIT_OK(zone_kept(&z, 1), "which is kept");

    zone_close(&z);
}


/* What is older than a clock can tell is not there. */

static void
zone_sweep(void)
{
    zone_t                       z;
    ngx_http_ioattest_machine_t  machine;

    zone_open(&z, 256 * 1024);
    zone_meet(&z, 1, 1);

    zone_pass_ms(NGX_HTTP_IOATTEST_BOUND_TIME - 1);
    ngx_http_ioattest_store_sweep(&z.zone);
    UNIT_OK(zone_rows(&z, NGX_HTTP_IOATTEST_NODE_MACHINE) == 1,
            "a machine is shown for a day");
    zone_pass_ms(1);
    ngx_http_ioattest_store_sweep(&z.zone);
    UNIT_OK(zone_rows(&z, NGX_HTTP_IOATTEST_NODE_MACHINE) == 0,
            "and no longer");

    machine = zone_machine(2);
    machine.valid = 2 * NGX_HTTP_IOATTEST_BOUND_TIME;
    (void) zone_add(&z, 1, &machine, 2, 0);
    zone_pass_ms(2 * NGX_HTTP_IOATTEST_BOUND_TIME - 1);
    ngx_http_ioattest_store_sweep(&z.zone);
    UNIT_OK(zone_rows(&z, NGX_HTTP_IOATTEST_NODE_MACHINE) == 1,
            "or as long as ioattest_valid is");

    /* what comes makes what has ended go */

    zone_pass_ms(1);
    zone_meet(&z, 1, 3);
    UNIT_OK(zone_rows(&z, NGX_HTTP_IOATTEST_NODE_MACHINE) == 1,
            "one that comes makes one go whose time is over");

    zone_close(&z);
}


/* Models come and go, and leave nothing. */

static void
zone_leaves(void)
{
    zone_t                     z;
    size_t                     bytes;
    ngx_uint_t                 i;
    ngx_http_ioattest_found_t  found;

    zone_open(&z, 256 * 1024);
    bytes = 0;

    for (i = 0; i < 2000; i++) {
        found = zone_gate(&z, i);
        zone_end(&z, i, found.token[0], NGX_HTTP_IOATTEST_DRAW_REFUSED,
                 IOA_REVOKED, 1);

        if (i == 100) {
            bytes = ngx_http_ioattest_store_used_bytes(&z.zone);
        }
    }

    UNIT_OK(ngx_http_ioattest_store_used_bytes(&z.zone) == bytes,
            "models that are dropped leave nothing in the zone");

    zone_close(&z);
}


/* Which models the status says to need a machine: an alarm without one. */

static void
zone_wanted(void)
{
    zone_t                     z;
    ngx_http_ioattest_found_t  found;

    zone_open(&z, 256 * 1024);
    found = zone_gate(&z, 1);
    UNIT_OK(zone_row(&z, 1).wanted && found.n == 1,
            "a model is asked for: it needs a machine");

    zone_end(&z, 1, found.token[0], NGX_HTTP_IOATTEST_DRAW_SILENT,
             IOA_ATTESTATION_UNAVAILABLE, 0);
    zone_pass(239);
    UNIT_OK(zone_row(&z, 1).wanted, "also when its attestation has failed");
    zone_pass(1);
    UNIT_OK(!zone_row(&z, 1).wanted, "not if nobody asks again");

    (void) zone_gate(&z, 1);
    UNIT_OK(zone_row(&z, 1).wanted, "again when somebody does");
    zone_close(&z);

    /* the last request was served: when its machine expires nobody lacks it */

    zone_open(&z, 256 * 1024);
    zone_meet(&z, 1, 1);
    zone_pass(ZONE_VALID - 1);
    (void) zone_gate(&z, 1);
    UNIT_OK(zone_row(&z, 1).known == 1 && zone_row(&z, 1).wanted,
            "one that has a machine is shown with it");
    zone_pass(1);
    UNIT_OK(zone_row(&z, 1).known == 0 && !zone_row(&z, 1).wanted,
            "one that is not asked for any more needs none");

    zone_gateway(&z);
    found = zone_census(&z, 1, 0);
    UNIT_OK(found.n == 1 && zone_row(&z, 1).wanted,
            "what the background attests needs one");
    zone_close(&z);

    /* a pool that is closed asks for no attestation with a key that rests */

    zone_open(&z, 256 * 1024);
    z.limits.pool_all = 1;
    found = zone_gate(&z, 1);
    zone_end(&z, 1, found.token[0], NGX_HTTP_IOATTEST_DRAW_REFUSED,
             IOA_REVOKED, 1);
    zone_pass(300);
    ngx_http_ioattest_key_rest(&z.zone, &z.key, 401, 0, 60000);
    UNIT_OK(!zone_row(&z, 1).wanted
            && zone_gate(&z, 1).answer == NGX_HTTP_IOATTEST_FAILED
            && zone_row(&z, 1).in_flight == 0 && zone_row(&z, 1).wanted,
            "a request that a closed pool refuses lacks one");
    zone_close(&z);
}


void
zone_used_cases(void)
{
    zone_wanted();
    zone_in_use();
    zone_prewarm();
    zone_many_names();
    zone_name_room();
    zone_sweep();
    zone_leaves();
}
