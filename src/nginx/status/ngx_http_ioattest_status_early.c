
/*
 * Machines by the TCB that Intel will ask for next: see
 * "ioattest_collateral_early".
 */


#include "status/ngx_http_ioattest_status.h"


static ngx_uint_t ngx_http_ioattest_early_count(
    const ngx_http_ioattest_zone_facts_t *zone, const u_char *policy32);
static ngx_uint_t ngx_http_ioattest_early_short(
    const ngx_http_ioattest_row_t *row, const u_char *policy32);


ngx_int_t
ngx_http_ioattest_facts_early(ngx_http_ioattest_zone_facts_t *facts,
    ngx_http_ioattest_main_conf_t *mcf, ngx_pool_t *pool)
{
    ngx_uint_t                       i, k;
    ngx_http_ioattest_loc_conf_t   **conf, **known, **to;

    if (ngx_array_init(&facts->early, pool, 4, sizeof(void *)) != NGX_OK) {
        return NGX_ERROR;
    }

    conf = mcf->attested.elts;

    for (i = 0; i < mcf->attested.nelts; i++) {

        if (conf[i]->zone != facts->zone || conf[i]->collateral_early.len == 0
            || !conf[i]->policy.collateral)
        {
            continue;
        }

        known = facts->early.elts;

        for (k = 0; k < facts->early.nelts; k++) {
            if (ngx_memcmp(known[k]->policy32, conf[i]->policy32,
                           NGX_HTTP_IOATTEST_POLICY_LEN)
                == 0)
            {
                break;
            }
        }

        if (k < facts->early.nelts) {
            continue;
        }

        to = ngx_array_push(&facts->early);
        if (to == NULL) {
            return NGX_ERROR;
        }

        *to = conf[i];
    }

    return NGX_OK;
}


/* Null where it was not asked for, not judged yet, or cannot be judged. */

void
ngx_http_ioattest_json_early(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_row_t *row)
{
    ngx_str_t                         lacks;
    const ngx_http_ioattest_early_t  *early;

    early = &row->machine.early;

    if (!early->judged) {
        ngx_http_ioattest_text_add(text, "\"tcb_early\":null,");
        return;
    }

    lacks = ngx_http_ioattest_text_escape(text, (u_char *) row->early,
                                          ngx_strlen(row->early));

    ngx_http_ioattest_text_add(text, "\"tcb_early\":{\"status\":\"%s\","
                               "\"lacks\":\"%V\",\"evaluation\":%uL},",
                               ioa_tcb_name(early->status), &lacks,
                               early->evaluation);
}


void
ngx_http_ioattest_html_early(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_row_t *row)
{
    ngx_str_t                         lacks;
    const ngx_http_ioattest_early_t  *early;

    early = &row->machine.early;

    if (!early->judged) {
        return;
    }

    lacks = ngx_http_ioattest_text_html(text, (u_char *) row->early,
                                        ngx_strlen(row->early));

    ngx_http_ioattest_text_add(text, "<br><small class=\"early %s\">by "
                               "Intel&rsquo;s next TCB: %s%s%V</small>",
                               early->accepted ? "good" : "fair",
                               ioa_tcb_name(early->status),
                               lacks.len ? ", " : "", &lacks);
}


/* One series for all policies that are shown alike. */

void
ngx_http_ioattest_prom_early(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape)
{
    ngx_str_t                        policy;
    ngx_uint_t                       i;
    ngx_http_ioattest_loc_conf_t   **conf;

    conf = scrape->zone->early.elts;

    for (i = 0; i < scrape->zone->early.nelts; i++) {
        policy = ngx_http_ioattest_text_policy(text, conf[i]->policy32);

        ngx_http_ioattest_text_add(text, "ioattest_tcb_early{zone=\"%V\","
                                   "policy=\"%V\"} %ui\n",
                                   &scrape->label, &policy,
                                   ngx_http_ioattest_early_count(scrape->zone,
                                                        conf[i]->policy32));
    }
}


/* A platform that serves several models counts once. */

static ngx_uint_t
ngx_http_ioattest_early_count(const ngx_http_ioattest_zone_facts_t *zone,
    const u_char *policy32)
{
    ngx_uint_t                      i, k, n;
    ngx_http_ioattest_fact_t      **fact;
    const ngx_http_ioattest_ids_t  *one, *two;

    fact = zone->machines.elts;
    n = 0;

    for (i = 0; i < zone->machines.nelts; i++) {

        if (!ngx_http_ioattest_early_short(&fact[i]->row, policy32)) {
            continue;
        }

        one = &fact[i]->row.machine.proved.ids;

        for (k = 0; k < i; k++) {
            two = &fact[k]->row.machine.proved.ids;

            if (ngx_http_ioattest_early_short(&fact[k]->row, policy32)
                && two->cpu_len == one->cpu_len
                && ngx_memcmp(two->cpu, one->cpu, one->cpu_len) == 0)
            {
                break;
            }
        }

        n += (k == i);
    }

    return n;
}


static ngx_uint_t
ngx_http_ioattest_early_short(const ngx_http_ioattest_row_t *row,
    const u_char *policy32)
{
    return row->machine.early.judged && !row->machine.early.accepted
           && ngx_memcmp(row->policy, policy32, NGX_HTTP_IOATTEST_POLICY_LEN)
              == 0;
}
