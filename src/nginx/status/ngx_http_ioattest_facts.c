
/*
 * Reads what the status says from the zones and the configuration.
 */


#include "status/ngx_http_ioattest_facts.h"


static ngx_int_t ngx_http_ioattest_facts_zone(
    ngx_http_ioattest_zone_facts_t *facts,
    ngx_http_ioattest_main_conf_t *mcf, ngx_pool_t *pool);
static ngx_int_t ngx_http_ioattest_facts_lives(
    ngx_http_ioattest_cursor_t *cursor, ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_main_conf_t *mcf, ngx_pool_t *pool);
static ngx_int_t ngx_http_ioattest_facts_rows(
    ngx_http_ioattest_zone_facts_t *facts,
    ngx_http_ioattest_main_conf_t *mcf, ngx_pool_t *pool);
static ngx_int_t ngx_http_ioattest_facts_row(
    ngx_http_ioattest_zone_facts_t *facts,
    ngx_http_ioattest_main_conf_t *mcf, ngx_http_ioattest_row_t *row,
    ngx_pool_t *pool);
static ngx_http_ioattest_loc_conf_t *ngx_http_ioattest_facts_conf(
    ngx_http_ioattest_main_conf_t *mcf, ngx_http_ioattest_zone_t *zone,
    const u_char *policy32);
static void ngx_http_ioattest_facts_renewal(ngx_http_ioattest_fact_t *fact);
static int ngx_libc_cdecl ngx_http_ioattest_facts_compare(const void *one,
    const void *two);
static void ngx_http_ioattest_facts_reference(
    ngx_http_ioattest_zone_facts_t *facts,
    ngx_http_ioattest_main_conf_t *mcf);
static time_t ngx_http_ioattest_fact_shown(time_t noted, time_t now);


const char *const  ngx_http_ioattest_trigger_names[] = {
    "gate", "signer", "background"
};

const char *const  ngx_http_ioattest_show_names[] = {
    "idle", "search", "chase", "behind"
};


ngx_int_t
ngx_http_ioattest_facts(ngx_http_request_t *r,
    ngx_http_ioattest_facts_t *facts)
{
    ngx_uint_t                       i;
    ngx_http_ioattest_zone_t       **zone;
    ngx_http_ioattest_main_conf_t   *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_ioattest_module);
    zone = mcf->zones.elts;

    ngx_memzero(facts, sizeof(ngx_http_ioattest_facts_t));

    facts->now = ngx_time();
    facts->n = mcf->zones.nelts;
    facts->changes = &mcf->changes;
    facts->audits = &mcf->audits;

    facts->zones = ngx_pcalloc(r->pool, (facts->n + 1)
                                    * sizeof(ngx_http_ioattest_zone_facts_t));
    if (facts->zones == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < facts->n; i++) {
        facts->zones[i].zone = zone[i];

        if (ngx_http_ioattest_facts_zone(&facts->zones[i], mcf, r->pool)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        ngx_http_ioattest_counts_add(&facts->counts, &facts->zones[i].counts);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_ioattest_facts_zone(ngx_http_ioattest_zone_facts_t *facts,
    ngx_http_ioattest_main_conf_t *mcf, ngx_pool_t *pool)
{
    ngx_http_ioattest_zone_t  *zone;

    zone = facts->zone;

    if (ngx_array_init(&facts->machines, pool, 16, sizeof(void *)) != NGX_OK
        || ngx_http_ioattest_facts_early(facts, mcf, pool) != NGX_OK
        || ngx_array_init(&facts->models, pool, 16, sizeof(void *)) != NGX_OK
        || ngx_http_ioattest_facts_rows(facts, mcf, pool) != NGX_OK)
    {
        return NGX_ERROR;
    }

    qsort(facts->machines.elts, facts->machines.nelts, sizeof(void *),
          ngx_http_ioattest_facts_compare);
    qsort(facts->models.elts, facts->models.nelts, sizeof(void *),
          ngx_http_ioattest_facts_compare);

    ngx_http_ioattest_counts_read(&facts->counts,
                                  ngx_http_ioattest_store_counters(zone));

    facts->size = zone->shm_zone->shm.size;
    facts->used = ngx_http_ioattest_store_used_bytes(zone);
    facts->resets = ngx_http_ioattest_store_resets(zone);
    facts->recent_n = ngx_http_ioattest_recent_get(zone, facts->recent);

    ngx_http_ioattest_replay_count(zone, &facts->replay_used,
                                   &facts->replay_size);
    ngx_http_ioattest_facts_reference(facts, mcf);

    return NGX_OK;
}


/* Of the locations that share a policy the one that trusts longest counts. */

static ngx_int_t
ngx_http_ioattest_facts_lives(ngx_http_ioattest_cursor_t *cursor,
    ngx_http_ioattest_zone_t *zone, ngx_http_ioattest_main_conf_t *mcf,
    ngx_pool_t *pool)
{
    ngx_uint_t                       i, k;
    ngx_http_ioattest_life_t        *life;
    ngx_http_ioattest_loc_conf_t   **conf;

    life = ngx_palloc(pool, (mcf->attested.nelts + 1)
                            * sizeof(ngx_http_ioattest_life_t));
    if (life == NULL) {
        return NGX_ERROR;
    }

    cursor->lives = life;
    conf = mcf->attested.elts;

    for (i = 0; i < mcf->attested.nelts; i++) {

        if (conf[i]->zone != zone) {
            continue;
        }

        for (k = 0; k < cursor->lives_n; k++) {
            if (ngx_memcmp(life[k].policy32, conf[i]->policy32,
                           NGX_HTTP_IOATTEST_KEY_LEN)
                == 0)
            {
                break;
            }
        }

        if (k == cursor->lives_n) {
            life[k].policy32 = conf[i]->policy32;
            life[k].valid = 0;
            cursor->lives_n++;
        }

        life[k].valid = ngx_max(life[k].valid, conf[i]->limits.valid);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_ioattest_facts_rows(ngx_http_ioattest_zone_facts_t *facts,
    ngx_http_ioattest_main_conf_t *mcf, ngx_pool_t *pool)
{
    ngx_uint_t                  i, n;
    ngx_http_ioattest_row_t     rows[NGX_HTTP_IOATTEST_ROWS];
    ngx_http_ioattest_cursor_t  cursor;

    ngx_memzero(&cursor, sizeof(ngx_http_ioattest_cursor_t));

    if (ngx_http_ioattest_facts_lives(&cursor, facts->zone, mcf, pool)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    for ( ;; ) {
        n = ngx_http_ioattest_store_rows(facts->zone, &cursor, rows);
        if (n == 0) {
            return NGX_OK;
        }

        for (i = 0; i < n; i++) {

            if (ngx_http_ioattest_facts_row(facts, mcf, &rows[i], pool)
                != NGX_OK)
            {
                return NGX_ERROR;
            }
        }
    }
}


static ngx_int_t
ngx_http_ioattest_facts_row(ngx_http_ioattest_zone_facts_t *facts,
    ngx_http_ioattest_main_conf_t *mcf, ngx_http_ioattest_row_t *row,
    ngx_pool_t *pool)
{
    time_t                      end;
    ngx_array_t                *to;
    ngx_http_ioattest_fact_t  **place, *fact;

    facts->leases += row->leased;
    facts->in_flight += row->in_flight;

    if (row->kind == NGX_HTTP_IOATTEST_NODE_MODEL) {
        to = &facts->models;

    } else if (row->kind == NGX_HTTP_IOATTEST_NODE_MACHINE && row->trusted) {
        to = &facts->machines;

    } else {
        return NGX_OK;
    }

    fact = ngx_pcalloc(pool, sizeof(ngx_http_ioattest_fact_t));
    place = ngx_array_push(to);

    if (fact == NULL || place == NULL) {
        return NGX_ERROR;
    }

    *place = fact;

    fact->row = *row;
    fact->conf = ngx_http_ioattest_facts_conf(mcf, facts->zone, row->policy);

    if (row->kind == NGX_HTTP_IOATTEST_NODE_MACHINE) {
        ngx_http_ioattest_facts_renewal(fact);

        end = (time_t) row->machine.proved.documents_end;

        if (end && (facts->documents_end == 0 || end < facts->documents_end))
        {
            facts->documents_end = end;
        }
    }

    return NGX_OK;
}


/*
 * A location that attests under the policy, one with the gateway's own key if
 * there is any; NULL: none does.
 */

static ngx_http_ioattest_loc_conf_t *
ngx_http_ioattest_facts_conf(ngx_http_ioattest_main_conf_t *mcf,
    ngx_http_ioattest_zone_t *zone, const u_char *policy32)
{
    ngx_uint_t                      i;
    ngx_http_ioattest_loc_conf_t  **conf, *found;

    conf = mcf->attested.elts;
    found = NULL;

    for (i = 0; i < mcf->attested.nelts; i++) {

        if (conf[i]->zone == zone
            && ngx_memcmp(conf[i]->policy32, policy32,
                          NGX_HTTP_IOATTEST_KEY_LEN)
               == 0
            && (found == NULL || (conf[i]->own_key && !found->own_key)))
        {
            found = conf[i];
        }
    }

    return found;
}


/* As the census does it: see zone_census.c. */

static void
ngx_http_ioattest_facts_renewal(ngx_http_ioattest_fact_t *fact)
{
    ngx_msec_t                   window;
    ngx_http_ioattest_limits_t  *limits;

    if (fact->conf == NULL || fact->row.given_up) {
        return;
    }

    limits = &fact->conf->limits;

    if (limits->census_refresh == 0 || limits->background == 0) {
        return;
    }

    fact->renews = 1;
    fact->renewal = ngx_http_ioattest_machine_due(&fact->row.machine,
                                                  limits->census_valid,
                                                  limits->census_refresh,
                                                  &window);
}


/* By model, policy, and, of machines, address. */

static int ngx_libc_cdecl
ngx_http_ioattest_facts_compare(const void *one, const void *two)
{
    ngx_int_t                       rc;
    const ngx_http_ioattest_row_t  *a, *b;

    a = &(*(ngx_http_ioattest_fact_t *const *) one)->row;
    b = &(*(ngx_http_ioattest_fact_t *const *) two)->row;

    rc = ngx_memn2cmp((u_char *) a->names.name, (u_char *) b->names.name,
                      a->names.name_len, b->names.name_len);

    if (rc == 0) {
        rc = ngx_memcmp(a->policy, b->policy, NGX_HTTP_IOATTEST_KEY_LEN);
    }

    if (rc == 0) {
        rc = ngx_memcmp(a->machine.address20, b->machine.address20,
                        IOA_ADDRESS_LEN);
    }

    if (rc == 0) {
        rc = ngx_memcmp(a->key, b->key, NGX_HTTP_IOATTEST_KEY_LEN);
    }

    return (rc > 0) - (rc < 0);
}


static void
ngx_http_ioattest_facts_reference(ngx_http_ioattest_zone_facts_t *facts,
    ngx_http_ioattest_main_conf_t *mcf)
{
    int64_t                         end;
    ngx_uint_t                      i;
    ngx_http_ioattest_loc_conf_t  **conf;

    conf = mcf->attested.elts;

    for (i = 0; i < mcf->attested.nelts; i++) {

        if (conf[i]->zone == facts->zone && conf[i]->gpu_reference
            && ioa_reference_ends(&end, conf[i]->gpu_reference)
            && (facts->reference_end == 0
                || (time_t) end < facts->reference_end))
        {
            facts->reference_end = (time_t) end;
        }
    }
}


ngx_str_t
ngx_http_ioattest_fact_server(ngx_http_ioattest_loc_conf_t *conf)
{
    ngx_http_core_srv_conf_t  *cscf;

    cscf = conf->server->srv_conf[ngx_http_core_module.ctx_index];

    return cscf->server_name;
}


time_t
ngx_http_ioattest_fact_attested(const ngx_http_ioattest_fact_t *machine,
    time_t now)
{
    time_t  age;

    age = (ngx_current_msec - machine->row.machine.attested_ms) / 1000;

    return ngx_http_ioattest_fact_shown(machine->row.machine.attested_at,
                                        now - age);
}


time_t
ngx_http_ioattest_fact_expires(const ngx_http_ioattest_fact_t *machine,
    time_t now)
{
    return ngx_http_ioattest_fact_shown(machine->row.machine.expires_at,
                                        now + machine->row.left / 1000);
}


static time_t
ngx_http_ioattest_fact_shown(time_t noted, time_t now)
{
    return (now - noted <= 1 && noted - now <= 1) ? noted : now;
}
