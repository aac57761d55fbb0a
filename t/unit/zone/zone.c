
/* Memory, clock and names of the zone's cases. */

#include "zone.h"


static ngx_time_t  zone_now;
static u_char      zone_policy[NGX_HTTP_IOATTEST_KEY_LEN];


static void
zone_clock(time_t wall, ngx_msec_t ms)
{
    zone_now.sec = wall;
    zone_now.msec = 0;

    ngx_cached_time = &zone_now;
    ngx_current_msec = ms;
}


void
zone_pass(time_t seconds)
{
    zone_clock(zone_now.sec + seconds, ngx_current_msec + seconds * 1000);
}


void
zone_pass_ms(ngx_msec_t ms)
{
    zone_clock(zone_now.sec, ngx_current_msec + ms);
}


void
zone_step(time_t seconds)
{
    zone_clock(zone_now.sec + seconds, ngx_current_msec);
}


void
zone_open(zone_t *z, size_t size)
{
    ngx_slab_pool_t  *sp;

    memset(z, 0, sizeof(zone_t));
    zone_clock(ZONE_EPOCH, 1000000);

    ngx_str_set(&z->zone.name, "case");

    z->shm.shm.size = size;
    z->shm.shm.addr = mmap(NULL, size, PROT_READ|PROT_WRITE,
                           MAP_ANON|MAP_SHARED, -1, 0);
    z->shm.data = &z->zone;
    z->zone.shm_zone = &z->shm;

    if (z->shm.shm.addr == MAP_FAILED) {
        printf("Bail out! no memory\n");
        exit(1);
    }

    /* as ngx_init_zone_pool() */

    sp = (ngx_slab_pool_t *) z->shm.shm.addr;
    sp->end = z->shm.shm.addr + size;
    sp->min_shift = 3;
    sp->addr = z->shm.shm.addr;

    if (ngx_shmtx_create(&sp->mutex, &sp->lock, NULL) != NGX_OK) {
        printf("Bail out! no mutex\n");
        exit(1);
    }

    ngx_slab_init(sp);

    if (ngx_http_ioattest_store_init(&z->zone, NULL, ngx_cycle->log)
        != NGX_OK)
    {
        printf("Bail out! no zone\n");
        exit(1);
    }

    z->limits.valid = ZONE_VALID * 1000;
    z->limits.census_valid = ZONE_VALID * 1000;
    z->limits.census_refresh = ZONE_VALID * 250;
    z->limits.lease = 20000;
    z->limits.attest = ZONE_ATTEST;
    z->limits.fail_timeout = ZONE_PACE;
    z->limits.attempts = NGX_HTTP_IOATTEST_ATTEMPTS_AUTO;
    z->limits.parallel = ZONE_MANY;
    z->limits.total = 4 * ZONE_MANY;
    z->limits.strict = 1;

    zone_gateway(z);
}


void
zone_close(zone_t *z)
{
    munmap(z->shm.shm.addr, z->shm.shm.size);
}


void
zone_caller(zone_t *z, ngx_uint_t n)
{
    z->key.own = 0;
    z->key.many = 1;
    memset(z->key.digest, (int) n, NGX_HTTP_IOATTEST_KEY_LEN);
    memcpy(z->key.digest, &n, sizeof(n));
    memcpy(z->key.list, z->key.digest, NGX_HTTP_IOATTEST_KEY_LEN);
}


void
zone_gateway(zone_t *z)
{
    z->key.own = 1;
    z->key.many = 0;
    memset(z->key.digest, 'k', NGX_HTTP_IOATTEST_KEY_LEN);
    memset(z->key.list, 'l', NGX_HTTP_IOATTEST_KEY_LEN);
}


static void
zone_key(u_char *key32, ngx_http_ioattest_kind_e kind, ngx_uint_t a,
    ngx_uint_t b)
{
    u_char     one[NGX_INT_T_LEN], two[NGX_INT_T_LEN];
    ngx_str_t  first, second;

    first.data = one;
    first.len = ngx_sprintf(one, "%ui", a) - one;
    second.data = two;
    second.len = ngx_sprintf(two, "%ui", b) - two;

    ngx_http_ioattest_store_key(key32, kind, zone_policy, &first, &second);
}


ngx_http_ioattest_model_t
zone_model(ngx_uint_t n)
{
    u_char                     *p;
    ngx_http_ioattest_model_t   model;

    memset(&model, 0, sizeof(model));
    zone_key(model.key, NGX_HTTP_IOATTEST_NODE_MODEL, n, 0);

    p = ngx_sprintf(model.names.name, "model %ui", n);
    model.names.name_len = p - model.names.name;
    p = ngx_sprintf(model.names.id, "id-%ui", n);
    model.names.id_len = p - model.names.id;

    return model;
}


void
zone_machine_key(u_char *key32, ngx_uint_t model, ngx_uint_t n)
{
    zone_key(key32, NGX_HTTP_IOATTEST_NODE_MACHINE, model, n);
}


static void
zone_address(u_char *address20, ngx_uint_t n)
{
    memset(address20, (int) n, IOA_ADDRESS_LEN);
    memcpy(address20, &n, sizeof(n));
}


ngx_http_ioattest_machine_t
zone_machine(ngx_uint_t n)
{
    ngx_http_ioattest_machine_t  machine;

    memset(&machine, 0, sizeof(machine));
    zone_address(machine.address20, n);

    machine.attested_at = ngx_time();
    machine.expires_at = ngx_time() + ZONE_VALID;
    machine.attested_ms = ngx_current_msec;
    machine.valid = ZONE_VALID * 1000;

    return machine;
}


ngx_int_t
zone_add(zone_t *z, ngx_uint_t model,
    const ngx_http_ioattest_machine_t *machine, ngx_uint_t n, uint64_t token)
{
    u_char                      key32[NGX_HTTP_IOATTEST_KEY_LEN];
    ngx_http_ioattest_model_t   m;
    ngx_http_ioattest_news_t    news;

    m = zone_model(model);
    zone_machine_key(key32, model, n);

    return ngx_http_ioattest_draw_met(&z->zone, &m, key32, machine, token,
                                      &z->key, &z->limits, &news);
}


void
zone_end(zone_t *z, ngx_uint_t model, uint64_t token,
    ngx_http_ioattest_outcome_e how, ioa_status_t reason, ngx_uint_t n)
{
    ngx_http_ioattest_news_t    news;
    ngx_http_ioattest_model_t   m;
    ngx_http_ioattest_ended_t   ended;

    m = zone_model(model);

    memset(&ended, 0, sizeof(ended));
    ended.outcome = how;
    ended.reason = reason;
    ended.have_address = (how == NGX_HTTP_IOATTEST_DRAW_REFUSED);
    zone_address(ended.address20, n);

    ngx_http_ioattest_draw_end(&z->zone, &m, token, &ended, &z->key,
                               &z->limits, &news);
}


ngx_http_ioattest_found_t
zone_gate(zone_t *z, ngx_uint_t model)
{
    return zone_gate_of(z, model, 0);
}


ngx_http_ioattest_found_t
zone_gate_of(zone_t *z, ngx_uint_t model, ngx_msec_t arrived)
{
    ngx_http_ioattest_found_t   found;
    ngx_http_ioattest_model_t   m;
    ngx_http_ioattest_waiter_t  waiter;

    m = zone_model(model);
    waiter = zone_waiter(arrived);

    ngx_http_ioattest_store_gate(&found, &z->zone, &m, &z->limits, &z->key,
                                 &waiter);

    return found;
}


ngx_http_ioattest_waiter_t
zone_waiter(ngx_msec_t arrived)
{
    ngx_http_ioattest_waiter_t  waiter;

    memset(&waiter, 0, sizeof(waiter));
    waiter.arrived = arrived;

    return waiter;
}


ngx_http_ioattest_found_t
zone_census(zone_t *z, ngx_uint_t model, ngx_uint_t wanted)
{
    ngx_http_ioattest_found_t  found;
    ngx_http_ioattest_model_t  m;

    m = zone_model(model);

    ngx_http_ioattest_store_census(&found, &z->zone, &m, &z->limits, &z->key,
                                   wanted);

    return found;
}


void
zone_silence(zone_t *z, ngx_uint_t model, ngx_uint_t times)
{
    for ( /* void */ ; times; times--) {
        zone_end(z, model, 0, NGX_HTTP_IOATTEST_DRAW_SILENT,
                 IOA_ATTESTATION_TIMEOUT, 0);
    }
}


void
zone_refuse(zone_t *z, ngx_uint_t model, ngx_uint_t n)
{
    zone_end(z, model, 0, NGX_HTTP_IOATTEST_DRAW_REFUSED, IOA_REVOKED, n);
}


void
zone_meet(zone_t *z, ngx_uint_t model, ngx_uint_t n)
{
    ngx_http_ioattest_machine_t  machine;

    machine = zone_machine(n);
    (void) zone_add(z, model, &machine, n, 0);
}


ngx_http_ioattest_answer_e
zone_signer(zone_t *z, ngx_uint_t model, ngx_uint_t n)
{
    u_char                     address20[IOA_ADDRESS_LEN];
    u_char                     key32[NGX_HTTP_IOATTEST_KEY_LEN];
    ngx_http_ioattest_found_t  found;
    ngx_http_ioattest_model_t  m;

    m = zone_model(model);
    zone_machine_key(key32, model, n);

    zone_address(address20, n);

    ngx_http_ioattest_store_signer(&found, &z->zone, &m, key32, address20,
                                   &z->limits);

    return found.answer;
}


ngx_http_ioattest_found_t
zone_wait(zone_t *z, ngx_uint_t model, ngx_uint_t n,
    ngx_http_ioattest_waiter_t *waiter)
{
    u_char                     key32[NGX_HTTP_IOATTEST_KEY_LEN];
    u_char                     address20[IOA_ADDRESS_LEN];
    ngx_http_ioattest_found_t  found;
    ngx_http_ioattest_model_t  m;

    m = zone_model(model);
    zone_machine_key(key32, model, n);
    zone_address(address20, n);

    ngx_http_ioattest_store_wait(&found, &z->zone, &m, key32, address20,
                                 &z->limits, &z->key, waiter);

    return found;
}


ngx_http_ioattest_row_t
zone_row(zone_t *z, ngx_uint_t model)
{
    ngx_uint_t                  i, n;
    ngx_http_ioattest_row_t     rows[NGX_HTTP_IOATTEST_ROWS];
    ngx_http_ioattest_model_t   m;
    ngx_http_ioattest_cursor_t  cursor;

    m = zone_model(model);
    memset(&cursor, 0, sizeof(cursor));

    while ((n = ngx_http_ioattest_store_rows(&z->zone, &cursor, rows))) {
        for (i = 0; i < n; i++) {
            if (rows[i].kind == NGX_HTTP_IOATTEST_NODE_MODEL
                && rows[i].names.id_len == m.names.id_len
                && memcmp(rows[i].names.id, m.names.id, m.names.id_len) == 0)
            {
                return rows[i];
            }
        }
    }

    memset(&rows[0], 0, sizeof(rows[0]));

    return rows[0];
}


ngx_uint_t
zone_rows(zone_t *z, ngx_http_ioattest_kind_e kind)
{
    ngx_uint_t                  i, n, count;
    ngx_http_ioattest_row_t     rows[NGX_HTTP_IOATTEST_ROWS];
    ngx_http_ioattest_cursor_t  cursor;

    memset(&cursor, 0, sizeof(cursor));
    count = 0;

    while ((n = ngx_http_ioattest_store_rows(&z->zone, &cursor, rows))) {
        for (i = 0; i < n; i++) {
            count += (rows[i].kind == kind);
        }
    }

    return count;
}


void
zone_empty(zone_t *z)
{
    ngx_http_ioattest_sh_t  *sh;

    sh = ngx_http_ioattest_store_lock(&z->zone);
    ngx_shmtx_unlock(&z->zone.shpool->mutex);

    UNIT_OK(sh->dirty, "the zone was left in the middle of a change");
}


/* The linker gives the zone this in the place of its own: see Makefile. */

void __real_ngx_http_ioattest_store_unlock(ngx_http_ioattest_zone_t *zone);
void __wrap_ngx_http_ioattest_store_unlock(ngx_http_ioattest_zone_t *zone);

static zone_t      *zone_dies;
static ngx_uint_t   zone_dies_in;


void
__wrap_ngx_http_ioattest_store_unlock(ngx_http_ioattest_zone_t *zone)
{
    zone_t  *z = zone_dies;

    __real_ngx_http_ioattest_store_unlock(zone);

    if (z && --zone_dies_in == 0) {
        zone_dies = NULL;
        zone_empty(z);
    }
}


void
zone_empty_at(zone_t *z, ngx_uint_t n)
{
    zone_dies = z;
    zone_dies_in = n;
}
