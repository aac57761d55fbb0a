
/*
 * The census: a timer in each worker that keeps the machines of models in use
 * attested in the background, with the gateway's own key.  The zone says
 * which attestations are due, and bounds those of all workers together.
 */


#include "zone/ngx_http_ioattest_background.h"
#include "attest/ngx_http_ioattest_census.h"
#include "attest/ngx_http_ioattest_attestation.h"
#include "attest/ngx_http_ioattest_sources.h"
#include "request/ngx_http_ioattest_log.h"
#include "request/ngx_http_ioattest_wait.h"


#define NGX_HTTP_IOATTEST_CENSUS_TICK   100      /* ms */
#define NGX_HTTP_IOATTEST_CENSUS_SLOW   1000     /* ms, for what can wait */
#define NGX_HTTP_IOATTEST_CENSUS_BATCH  64       /* models copied at once */

/* "ioattest_prewarm" names that the list lacks: asked for again, logged */
#define NGX_HTTP_IOATTEST_CENSUS_RETRY  60000    /* ms */
#define NGX_HTTP_IOATTEST_CENSUS_LOG    3600000  /* ms */


/* A name of "ioattest_prewarm", and what this worker knows of it. */
typedef struct {
    ngx_http_ioattest_model_t       model;
    ngx_http_ioattest_loc_conf_t   *conf;       /* that it is of */
    ngx_uint_t                      known;      /* the model's key is set */
    ngx_uint_t                      asked;      /* a list is being read */
    ngx_msec_t                      next;       /* next lookup of the name */
    ngx_msec_t                      logged;     /* 0: not yet */
} ngx_http_ioattest_wanted_t;


/* A target, and what this worker knows of it. */
typedef struct {
    ngx_http_ioattest_target_t     *target;
    ngx_http_ioattest_sources_t     sources;
    ngx_http_ioattest_wanted_t     *wanted;
    ngx_uint_t                      wanted_n;
} ngx_http_ioattest_survey_t;


static ngx_int_t ngx_http_ioattest_census_survey(ngx_cycle_t *cycle,
    ngx_http_ioattest_survey_t *survey);
static void ngx_http_ioattest_census_handler(ngx_event_t *ev);
static void ngx_http_ioattest_census_poke(void);
static void ngx_http_ioattest_census_look(
    ngx_http_ioattest_survey_t *survey, ngx_uint_t slow);
static ngx_uint_t ngx_http_ioattest_census_current(const u_char *policy32);
static void ngx_http_ioattest_census_wanted(
    ngx_http_ioattest_survey_t *survey, ngx_http_ioattest_wanted_t *wanted,
    ngx_uint_t slow);
static void ngx_http_ioattest_census_lacking(
    ngx_http_ioattest_survey_t *survey, ngx_http_ioattest_wanted_t *wanted,
    ioa_status_t reason);
static void ngx_http_ioattest_census_draw(
    ngx_http_ioattest_survey_t *survey,
    const ngx_http_ioattest_model_t *model, ngx_uint_t wanted);


static ngx_event_t                     ngx_http_ioattest_census_event;
static ngx_msec_t                      ngx_http_ioattest_census_slow;
static ngx_http_ioattest_main_conf_t  *ngx_http_ioattest_census_conf;
static ngx_http_ioattest_survey_t     *ngx_http_ioattest_surveys;
static ngx_http_ioattest_model_t
                   ngx_http_ioattest_models[NGX_HTTP_IOATTEST_CENSUS_BATCH];


ngx_int_t
ngx_http_ioattest_census_init(ngx_cycle_t *cycle)
{
    ngx_uint_t                      i;
    ngx_event_t                    *ev;
    ngx_http_ioattest_survey_t     *survey;
    ngx_http_ioattest_target_t     *target;
    ngx_http_ioattest_main_conf_t  *mcf;

    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NGX_OK;
    }

    mcf = ngx_http_cycle_get_module_main_conf(cycle,
                                              ngx_http_ioattest_module);

    if (mcf == NULL || !mcf->enabled) {
        return NGX_OK;
    }

    survey = ngx_pcalloc(cycle->pool, (mcf->targets.nelts + 1)
                                      * sizeof(ngx_http_ioattest_survey_t));
    if (survey == NULL) {
        return NGX_ERROR;
    }

    target = mcf->targets.elts;

    for (i = 0; i < mcf->targets.nelts; i++) {
        survey[i].target = &target[i];

        if (ngx_http_ioattest_census_survey(cycle, &survey[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    ngx_http_ioattest_census_conf = mcf;
    ngx_http_ioattest_surveys = survey;
    ngx_http_ioattest_census_slow = ngx_current_msec;

    ngx_http_ioattest_wait_hook = ngx_http_ioattest_census_poke;

    ev = &ngx_http_ioattest_census_event;
    ngx_memzero(ev, sizeof(ngx_event_t));

    ev->handler = ngx_http_ioattest_census_handler;
    ev->data = ev;
    ev->log = cycle->log;
    ev->cancelable = 1;

    /* spread the workers over the interval */

    ngx_add_timer(ev, 1 + ngx_random() % NGX_HTTP_IOATTEST_CENSUS_TICK);

    return NGX_OK;
}


static ngx_int_t
ngx_http_ioattest_census_survey(ngx_cycle_t *cycle,
    ngx_http_ioattest_survey_t *survey)
{
    ngx_str_t                   *name;
    ngx_uint_t                   i;
    ngx_http_ioattest_wish_t    *wish;
    ngx_http_ioattest_target_t  *target;
    ngx_http_ioattest_wanted_t  *wanted;

    target = survey->target;

    survey->wanted_n = target->prewarm.nelts;
    wanted = ngx_pcalloc(cycle->pool, (survey->wanted_n + 1)
                                      * sizeof(ngx_http_ioattest_wanted_t));

    if (wanted == NULL
        || ngx_http_ioattest_sources_init(&survey->sources, cycle->pool,
                                          &target->confs)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    survey->wanted = wanted;

    wish = target->prewarm.elts;

    for (i = 0; i < survey->wanted_n; i++) {
        name = &wish[i].name;

        ngx_memcpy(wanted[i].model.names.name, name->data, name->len);
        wanted[i].model.names.name_len = name->len;
        wanted[i].conf = wish[i].conf;
        wanted[i].next = ngx_current_msec;
    }

    return NGX_OK;
}


static void
ngx_http_ioattest_census_handler(ngx_event_t *ev)
{
    ngx_uint_t                  i, slow;
    ngx_http_ioattest_zone_t  **zone;

    if (ngx_exiting || ngx_terminate || ngx_quit) {
        return;
    }

    slow = ((ngx_msec_int_t) (ngx_current_msec
                              - ngx_http_ioattest_census_slow) >= 0);

    if (slow) {
        ngx_http_ioattest_census_slow = ngx_current_msec
                                        + NGX_HTTP_IOATTEST_CENSUS_SLOW;

        zone = ngx_http_ioattest_census_conf->zones.elts;

        for (i = 0; i < ngx_http_ioattest_census_conf->zones.nelts; i++) {
            ngx_http_ioattest_store_bury(zone[i]);
            ngx_http_ioattest_store_sweep(zone[i]);
        }
    }

    for (i = 0; i < ngx_http_ioattest_census_conf->targets.nelts; i++) {
        ngx_http_ioattest_census_look(&ngx_http_ioattest_surveys[i], slow);
    }

    ngx_add_timer(ev, NGX_HTTP_IOATTEST_CENSUS_TICK);
}


/* An attestation of this worker has ended: the next may start at once. */

static void
ngx_http_ioattest_census_poke(void)
{
    ngx_event_t  *ev;

    ev = &ngx_http_ioattest_census_event;

    if (ev->timer_set) {
        ngx_del_timer(ev);
        ngx_add_timer(ev, 1);
    }
}


static void
ngx_http_ioattest_census_look(ngx_http_ioattest_survey_t *survey,
    ngx_uint_t slow)
{
    ngx_uint_t                     i, n, skip;
    ioa_status_t                   reason;
    ngx_http_ioattest_model_t     *models, listed;
    ngx_http_ioattest_target_t    *target;
    ngx_http_ioattest_loc_conf_t  *conf;

    target = survey->target;
    conf = target->conf;
    models = ngx_http_ioattest_models;

    ngx_http_ioattest_sources_look(&survey->sources);

    for (i = 0; i < survey->wanted_n; i++) {
        ngx_http_ioattest_census_wanted(survey, &survey->wanted[i], slow);
    }

    if (conf->limits.background == 0) {
        return;
    }

    if (slow) {
        ngx_http_ioattest_used_keep(conf->zone, conf->policy32,
                                    target->origin32,
                                    conf->limits.background);
    }

    skip = 0;

    do {
        n = ngx_http_ioattest_used_models(conf->zone, conf->policy32,
                                          conf->limits.background, models,
                                          NGX_HTTP_IOATTEST_CENSUS_BATCH,
                                          skip);
        if (n && skip == 0) {

            /* to look a name up keeps the models list, if that is due */

            listed = models[0];
            (void) ngx_http_ioattest_sources_find(&survey->sources, NULL,
                                                  &listed, &reason);
        }

        skip += n;

        for (i = 0; i < n; i++) {
            ngx_http_ioattest_census_draw(survey, &models[i], 0);
        }

    } while (n == NGX_HTTP_IOATTEST_CENSUS_BATCH);

    if (!slow) {
        return;
    }

    /* models used under another policy, before a reload */

    skip = 0;

    do {
        n = ngx_http_ioattest_used_names(conf->zone, target->origin32,
                                         conf->limits.background, models,
                                         NGX_HTTP_IOATTEST_CENSUS_BATCH,
                                         skip);
        skip += n;

        for (i = 0; i < n; i++) {

            if (ngx_http_ioattest_census_current(models[i].policy)) {
                continue;
            }

            if (ngx_http_ioattest_sources_find(&survey->sources, NULL,
                                               &models[i], &reason)
                == NGX_OK)
            {
                ngx_http_ioattest_census_draw(survey, &models[i], 1);
            }
        }

    } while (n == NGX_HTTP_IOATTEST_CENSUS_BATCH);
}


/* 1 if a target of this configuration has the policy. */

static ngx_uint_t
ngx_http_ioattest_census_current(const u_char *policy32)
{
    ngx_uint_t                       i;
    ngx_http_ioattest_loc_conf_t   **conf;

    conf = ngx_http_ioattest_census_conf->attested.elts;

    for (i = 0; i < ngx_http_ioattest_census_conf->attested.nelts; i++) {
        if (ngx_memcmp(conf[i]->policy32, policy32, NGX_HTTP_IOATTEST_KEY_LEN)
            == 0)
        {
            return 1;
        }
    }

    return 0;
}


static void
ngx_http_ioattest_census_wanted(ngx_http_ioattest_survey_t *survey,
    ngx_http_ioattest_wanted_t *wanted, ngx_uint_t slow)
{
    ngx_int_t     rc;
    ioa_status_t  reason;

    /* the answer about a missing name has to be noticed while it is fresh */

    if ((slow || wanted->asked)
        && (ngx_msec_int_t) (ngx_current_msec - wanted->next) >= 0)
    {
        rc = ngx_http_ioattest_sources_find(&survey->sources, wanted->conf,
                                            &wanted->model, &reason);

        wanted->asked = (rc == NGX_AGAIN);

        if (rc == NGX_DECLINED) {
            ngx_http_ioattest_census_lacking(survey, wanted, reason);
        }

        if (rc != NGX_AGAIN) {
            wanted->known = (rc == NGX_OK);
        }
    }

    if (wanted->known) {
        ngx_http_ioattest_census_draw(survey, &wanted->model, 1);
    }
}


/* The model may appear later: once an hour the log says that it has not. */

static void
ngx_http_ioattest_census_lacking(ngx_http_ioattest_survey_t *survey,
    ngx_http_ioattest_wanted_t *wanted, ioa_status_t reason)
{
    ngx_log_t  shown;
    ngx_str_t  name;

    if (reason == IOA_MODEL_UNKNOWN || reason == IOA_MODEL_NOT_ATTESTABLE) {
        wanted->next = ngx_current_msec + NGX_HTTP_IOATTEST_CENSUS_RETRY;
    }

    /* all workers look, one logs */

    if (ngx_worker != 0) {
        return;
    }

    if (wanted->logged
        && ngx_current_msec - wanted->logged < NGX_HTTP_IOATTEST_CENSUS_LOG)
    {
        return;
    }

    wanted->logged = ngx_current_msec;

    name.data = wanted->model.names.name;
    name.len = wanted->model.names.name_len;

    ngx_log_error(NGX_LOG_WARN,
                  ngx_http_ioattest_log_shown(&shown, ngx_cycle->log), 0,
                  "ioattest: model \"%V\" of \"ioattest_prewarm\" is not "
                  "attested: %s", &name, ioa_status_name(reason));
}


static void
ngx_http_ioattest_census_draw(ngx_http_ioattest_survey_t *survey,
    const ngx_http_ioattest_model_t *model, ngx_uint_t wanted)
{
    ngx_http_ioattest_found_t      found;
    ngx_http_ioattest_source_t    *source;
    ngx_http_ioattest_loc_conf_t  *conf;

    source = ngx_http_ioattest_sources_pick(&survey->sources, model);
    conf = source->conf;

    ngx_http_ioattest_store_census(&found, conf->zone, model, &conf->limits,
                                   &source->key, wanted);

    ngx_http_ioattest_attestations_start(&found, conf, model, &source->key,
                                   &source->authorization,
                                   NGX_HTTP_IOATTEST_TRIGGER_BACKGROUND,
                                   ngx_cycle->log);
}
