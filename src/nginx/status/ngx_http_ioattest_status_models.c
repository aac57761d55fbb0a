
/*
 * Prometheus' series of models.
 */


#include "status/ngx_http_ioattest_status.h"


/* A model under a policy; rows that differ only in the id are merged. */
typedef struct {
    ngx_str_t    policy;    /* as shown */
    ngx_str_t    model;     /* escaped */
    ngx_uint_t   known;
    ngx_uint_t   wanted;
    ngx_uint_t   in_flight;
    ngx_uint_t   refused;
    uint64_t     draws;
    ngx_msec_t   soonest;   /* where known is not 0 */
} ngx_http_ioattest_series_t;


static void ngx_http_ioattest_series_add(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape,
    const ngx_http_ioattest_row_t *row);
static void ngx_http_ioattest_series_merge(
    ngx_http_ioattest_scrape_t *scrape);
static int ngx_libc_cdecl ngx_http_ioattest_series_compare(const void *one,
    const void *two);
static void ngx_http_ioattest_series_name(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape, ngx_http_ioattest_series_t *series,
    const char *metric);


/* Without those of policies that no location has any more. */

void
ngx_http_ioattest_scrape_models(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape)
{
    ngx_uint_t                  i;
    ngx_http_ioattest_fact_t  **fact;

    if (ngx_array_init(&scrape->models, text->pool, 16,
                       sizeof(ngx_http_ioattest_series_t))
        != NGX_OK)
    {
        text->failed = 1;
        return;
    }

    fact = scrape->zone->models.elts;

    for (i = 0; i < scrape->zone->models.nelts; i++) {

        if (fact[i]->conf) {
            ngx_http_ioattest_series_add(text, scrape, &fact[i]->row);
        }
    }

    ngx_http_ioattest_series_merge(scrape);
}


static void
ngx_http_ioattest_series_add(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape, const ngx_http_ioattest_row_t *row)
{
    ngx_http_ioattest_series_t  *series;

    series = ngx_array_push(&scrape->models);
    if (series == NULL) {
        text->failed = 1;
        return;
    }

    series->policy = ngx_http_ioattest_text_policy(text, row->policy);

    series->model = ngx_http_ioattest_text_escape(text, row->names.name,
                                                  row->names.name_len);
    series->known = row->known;
    series->wanted = row->wanted;
    series->in_flight = row->in_flight;
    series->refused = row->refused_n;
    series->draws = row->draws;
    series->soonest = row->soonest;
}


/* No two series may have the same labels. */

static void
ngx_http_ioattest_series_merge(ngx_http_ioattest_scrape_t *scrape)
{
    ngx_uint_t                   i, n;
    ngx_http_ioattest_series_t  *all, *to;

    all = scrape->models.elts;
    n = 0;

    qsort(all, scrape->models.nelts, sizeof(ngx_http_ioattest_series_t),
          ngx_http_ioattest_series_compare);

    for (i = 0; i < scrape->models.nelts; i++) {

        if (i == 0
            || ngx_http_ioattest_series_compare(&all[n - 1], &all[i]) != 0)
        {
            all[n++] = all[i];
            continue;
        }

        to = &all[n - 1];

        if (all[i].known
            && (to->known == 0 || all[i].soonest < to->soonest))
        {
            to->soonest = all[i].soonest;
        }

        to->known += all[i].known;
        to->wanted |= all[i].wanted;
        to->in_flight += all[i].in_flight;
        to->refused += all[i].refused;
        to->draws = ngx_min(to->draws, all[i].draws);
    }

    scrape->models.nelts = n;
}


static int ngx_libc_cdecl
ngx_http_ioattest_series_compare(const void *one, const void *two)
{
    const ngx_http_ioattest_series_t *a = one;
    const ngx_http_ioattest_series_t *b = two;

    ngx_int_t  rc;

    rc = ngx_memn2cmp(a->policy.data, b->policy.data, a->policy.len,
                      b->policy.len);

    if (rc == 0) {
        rc = ngx_memn2cmp(a->model.data, b->model.data, a->model.len,
                          b->model.len);
    }

    return (rc > 0) - (rc < 0);
}


static void
ngx_http_ioattest_series_name(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape, ngx_http_ioattest_series_t *series,
    const char *metric)
{
    ngx_http_ioattest_text_add(text, "%s{zone=\"%V\",policy=\"%V\","
                               "model=\"%V\"}", metric, &scrape->label,
                               &series->policy, &series->model);
}


/* Omitted for a model that needs no machine: 0 is an alarm. */

void
ngx_http_ioattest_prom_model_machines(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape)
{
    ngx_uint_t                   i;
    ngx_http_ioattest_series_t  *series;

    series = scrape->models.elts;

    for (i = 0; i < scrape->models.nelts; i++) {

        if (!series[i].wanted) {
            continue;
        }

        ngx_http_ioattest_series_name(text, scrape, &series[i],
                                      "ioattest_model_machines");
        ngx_http_ioattest_text_add(text, " %ui\n", series[i].known);
    }
}


void
ngx_http_ioattest_prom_model_in_flight(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape)
{
    ngx_uint_t                   i;
    ngx_http_ioattest_series_t  *series;

    series = scrape->models.elts;

    for (i = 0; i < scrape->models.nelts; i++) {
        ngx_http_ioattest_series_name(text, scrape, &series[i],
                                      "ioattest_model_in_flight");
        ngx_http_ioattest_text_add(text, " %ui\n", series[i].in_flight);
    }
}


void
ngx_http_ioattest_prom_model_draws(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape)
{
    ngx_uint_t                   i;
    ngx_http_ioattest_series_t  *series;

    series = scrape->models.elts;

    for (i = 0; i < scrape->models.nelts; i++) {
        ngx_http_ioattest_series_name(text, scrape, &series[i],
                                      "ioattest_model_draws");
        ngx_http_ioattest_text_add(text, " %uL\n", series[i].draws);
    }
}


void
ngx_http_ioattest_prom_model_unseen(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape)
{
    ngx_str_t                    share;
    ngx_uint_t                   i;
    ngx_http_ioattest_series_t  *series;

    series = scrape->models.elts;

    for (i = 0; i < scrape->models.nelts; i++) {
        share = ngx_http_ioattest_text_unseen(text, series[i].draws);

        ngx_http_ioattest_series_name(text, scrape, &series[i],
                                      "ioattest_model_unseen_ratio");
        ngx_http_ioattest_text_add(text, " %V\n", &share);
    }
}


void
ngx_http_ioattest_prom_model_refused(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape)
{
    ngx_uint_t                   i;
    ngx_http_ioattest_series_t  *series;

    series = scrape->models.elts;

    for (i = 0; i < scrape->models.nelts; i++) {
        ngx_http_ioattest_series_name(text, scrape, &series[i],
                                      "ioattest_model_refused_machines");
        ngx_http_ioattest_text_add(text, " %ui\n", series[i].refused);
    }
}


/* Omitted for a model without a trusted machine: nothing can expire. */

void
ngx_http_ioattest_prom_model_expires(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape)
{
    ngx_uint_t                   i;
    ngx_http_ioattest_series_t  *series;

    series = scrape->models.elts;

    for (i = 0; i < scrape->models.nelts; i++) {

        if (series[i].known == 0) {
            continue;
        }

        ngx_http_ioattest_series_name(text, scrape, &series[i],
                                      "ioattest_machine_expires_seconds");
        ngx_http_ioattest_text_add(text, " %M.%03M\n",
                                   series[i].soonest / 1000,
                                   series[i].soonest % 1000);
    }
}
