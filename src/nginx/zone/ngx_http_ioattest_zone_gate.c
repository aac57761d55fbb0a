
/*
 * Before a prompt is sent: whether a machine of its model is trusted, and the
 * attestations that are started if none is.
 */


#include "zone/ngx_http_ioattest_node.h"


/* another attestation is started after this time without an outcome, ms */
#define NGX_HTTP_IOATTEST_GATE_PACE  1000

/* requests check what is due for the census no more often than this, ms */
#define NGX_HTTP_IOATTEST_LOOK_PACE  20


static ngx_uint_t ngx_http_ioattest_lacks_locked(
    ngx_http_ioattest_model_node_t *mn, ngx_msec_t valid);
static void ngx_http_ioattest_gate_locked(ngx_http_ioattest_found_t *found,
    ngx_http_ioattest_sh_t *sh, ngx_http_ioattest_node_t *model,
    const ngx_http_ioattest_limits_t *limits,
    const ngx_http_ioattest_key_t *key,
    const ngx_http_ioattest_waiter_t *waiter,
    ngx_http_ioattest_trigger_e trigger);
static ngx_uint_t ngx_http_ioattest_gate_wants_locked(
    ngx_http_ioattest_sh_t *sh, ngx_http_ioattest_node_t *model,
    const ngx_http_ioattest_limits_t *limits,
    const ngx_http_ioattest_key_t *key);
static void ngx_http_ioattest_failed_locked(ngx_http_ioattest_found_t *found,
    const ngx_http_ioattest_model_node_t *mn);
static ngx_uint_t ngx_http_ioattest_pool_closed_locked(
    ngx_http_ioattest_found_t *found, ngx_http_ioattest_model_node_t *mn,
    const ngx_http_ioattest_limits_t *limits);
static void ngx_http_ioattest_pool_draw_locked(
    ngx_http_ioattest_found_t *found, ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_node_t *model, const ngx_http_ioattest_limits_t *limits,
    const ngx_http_ioattest_key_t *key);
static void ngx_http_ioattest_look_locked(ngx_http_ioattest_found_t *found,
    ngx_http_ioattest_sh_t *sh, ngx_http_ioattest_node_t *model,
    const ngx_http_ioattest_limits_t *limits,
    const ngx_http_ioattest_key_t *key);
static void ngx_http_ioattest_census_draws_locked(
    ngx_http_ioattest_found_t *found, ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_node_t *model, const ngx_http_ioattest_limits_t *limits,
    const ngx_http_ioattest_key_t *key);


void
ngx_http_ioattest_store_gate(ngx_http_ioattest_found_t *found,
    ngx_http_ioattest_zone_t *zone, const ngx_http_ioattest_model_t *model,
    const ngx_http_ioattest_limits_t *limits,
    const ngx_http_ioattest_key_t *key, ngx_http_ioattest_waiter_t *waiter)
{
    ngx_uint_t                       lacks;
    ngx_http_ioattest_sh_t          *sh;
    ngx_http_ioattest_node_t        *node;
    ngx_http_ioattest_model_node_t  *mn;

    ngx_http_ioattest_found_init(found, NGX_HTTP_IOATTEST_FULL);

    if (waiter->arrived == 0) {
        waiter->arrived = ngx_current_msec;
    }

    sh = ngx_http_ioattest_store_lock(zone);

    node = ngx_http_ioattest_model_locked(zone, sh, model);
    if (node == NULL) {
        goto done;
    }

    mn = &node->u.model;
    mn->used = ngx_current_msec;
    lacks = ngx_http_ioattest_lacks_locked(mn, limits->valid);

    if (limits->pool_all
        && ngx_http_ioattest_pool_closed_locked(found, mn, limits))
    {
        if (!lacks) {
            ngx_http_ioattest_look_locked(found, sh, node, limits, key);
        }

        ngx_http_ioattest_pool_draw_locked(found, sh, node, limits, key);
        goto done;
    }

    if (lacks) {
        ngx_http_ioattest_gate_locked(found, sh, node, limits, key, waiter,
                                      NGX_HTTP_IOATTEST_TRIGGER_GATE);
        goto done;
    }

    found->answer = NGX_HTTP_IOATTEST_TRUSTED;

    ngx_http_ioattest_look_locked(found, sh, node, limits, key);

done:

    ngx_http_ioattest_store_unlock(zone);
}


/* 1 if no machine of the model is trusted, which is noted for the status. */

static ngx_uint_t
ngx_http_ioattest_lacks_locked(ngx_http_ioattest_model_node_t *mn,
    ngx_msec_t valid)
{
    if (ngx_http_ioattest_open_locked(mn, valid)) {
        return 0;
    }

    mn->lacked = 1;
    mn->lacked_at = ngx_current_msec;

    return 1;
}


/* Starts with the newest. */

ngx_uint_t
ngx_http_ioattest_open_locked(ngx_http_ioattest_model_node_t *mn,
    ngx_msec_t valid)
{
    ngx_queue_t               *q;
    ngx_http_ioattest_node_t  *node;

    for (q = ngx_queue_last(&mn->machines);
         q != ngx_queue_sentinel(&mn->machines);
         q = ngx_queue_prev(q))
    {
        node = ngx_queue_data(q, ngx_http_ioattest_node_t,
                              u.machine.siblings);

        if (ngx_http_ioattest_machine_good_locked(&node->u.machine.info,
                                                  valid))
        {
            return 1;
        }

        if (!ngx_http_ioattest_within(node->u.machine.info.attested_ms,
                                      valid))
        {
            return 0;
        }
    }

    return 0;
}


/* Called if no machine of the model is trusted. */

static void
ngx_http_ioattest_gate_locked(ngx_http_ioattest_found_t *found,
    ngx_http_ioattest_sh_t *sh, ngx_http_ioattest_node_t *model,
    const ngx_http_ioattest_limits_t *limits,
    const ngx_http_ioattest_key_t *key,
    const ngx_http_ioattest_waiter_t *waiter,
    ngx_http_ioattest_trigger_e trigger)
{
    ngx_uint_t                       wants;
    ngx_http_ioattest_model_node_t  *mn;

    mn = &model->u.model;

    if (mn->fails >= NGX_HTTP_IOATTEST_FAILS_MAX
        && (ngx_msec_int_t) (mn->retry_at - ngx_current_msec) > 0)
    {
        ngx_http_ioattest_failed_locked(found, mn);
        return;
    }

    if (ngx_http_ioattest_key_resting_locked(sh, key, &found->rest)) {
        found->answer = NGX_HTTP_IOATTEST_RESTING;
        return;
    }

    found->reason = ngx_http_ioattest_silent_locked(sh, model, key);

    if (found->reason != IOA_OK) {
        found->answer = NGX_HTTP_IOATTEST_FAILED;

        /* of the gateway's own key silences are failures like others */

        if (key->own && mn->fails) {
            ngx_http_ioattest_failed_locked(found, mn);
        }

        return;
    }

    found->answer = NGX_HTTP_IOATTEST_WAIT;

    wants = ngx_http_ioattest_gate_wants_locked(sh, model, limits, key);

    if (wants == 0) {
        return;
    }

    if (!ngx_http_ioattest_claimed_locked(mn, key, waiter)
        && ngx_http_ioattest_slots_take_locked(found, sh, model, limits, key,
                                               trigger, wants))
    {
        ngx_http_ioattest_unclaim_locked(mn, key);
        return;
    }

    ngx_http_ioattest_claim_locked(mn, key, waiter);
}


/*
 * One attestation is enough to open the gate, so one is made, and another for
 * each second without an outcome.  After an outcome that did not open the
 * gate all slots are used.  A caller's key that is refused, or not answered,
 * is no outcome for others: they ask with their own keys, one at a time per
 * key.
 */

static ngx_uint_t
ngx_http_ioattest_gate_wants_locked(ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_node_t *model, const ngx_http_ioattest_limits_t *limits,
    const ngx_http_ioattest_key_t *key)
{
    ngx_uint_t                       busy, asked;
    ngx_http_ioattest_model_node_t  *mn;

    mn = &model->u.model;
    busy = ngx_http_ioattest_slots_busy_locked(sh, model, NULL);

    if (mn->fails >= NGX_HTTP_IOATTEST_FAILS_MAX
        || ngx_http_ioattest_silences_locked(sh, model, key)
           >= NGX_HTTP_IOATTEST_SILENT_MAX)
    {
        /* one attempt after a pause */
        return busy == 0;
    }

    if (mn->wide == NGX_HTTP_IOATTEST_WIDE_ALL) {
        return limits->parallel;
    }

    asked = ngx_http_ioattest_slots_asked_locked(sh, model, key);

    if (!asked && (busy == 0 || mn->wide == NGX_HTTP_IOATTEST_WIDE_KEYS)) {
        return 1;
    }

    return !ngx_http_ioattest_within(mn->started, NGX_HTTP_IOATTEST_GATE_PACE);
}


static void
ngx_http_ioattest_failed_locked(ngx_http_ioattest_found_t *found,
    const ngx_http_ioattest_model_node_t *mn)
{
    found->answer = NGX_HTTP_IOATTEST_FAILED;
    found->reason = mn->reason;
    found->have_address = mn->have_failed;
    ngx_memcpy(found->address20, mn->failed20, IOA_ADDRESS_LEN);
}


/* "ioattest_pool all": refuses if evidence was refused recently. */

static ngx_uint_t
ngx_http_ioattest_pool_closed_locked(ngx_http_ioattest_found_t *found,
    ngx_http_ioattest_model_node_t *mn,
    const ngx_http_ioattest_limits_t *limits)
{
    if (!mn->refused
        || !ngx_http_ioattest_within(mn->refused_at, limits->valid))
    {
        return 0;
    }

    found->answer = NGX_HTTP_IOATTEST_FAILED;
    found->reason = mn->refused_reason;
    found->have_address = mn->have_refused20;
    ngx_memcpy(found->address20, mn->refused20, IOA_ADDRESS_LEN);

    return 1;
}


/*
 * The machines that closed the gate have to be met again for it to open, and
 * no request that it refuses waits for that: one draw at a time is made, none
 * within "ioattest_fail_timeout" after another, however many are refused.
 */

static void
ngx_http_ioattest_pool_draw_locked(ngx_http_ioattest_found_t *found,
    ngx_http_ioattest_sh_t *sh, ngx_http_ioattest_node_t *model,
    const ngx_http_ioattest_limits_t *limits,
    const ngx_http_ioattest_key_t *key)
{
    ngx_http_ioattest_resting_t      rest;
    ngx_http_ioattest_model_node_t  *mn;

    mn = &model->u.model;

    if (found->n
        || ngx_http_ioattest_slots_busy_locked(sh, model, NULL)
        || ngx_http_ioattest_within(mn->started, limits->fail_timeout)
        || (mn->fails >= NGX_HTTP_IOATTEST_FAILS_MAX
            && (ngx_msec_int_t) (mn->retry_at - ngx_current_msec) > 0)
        || ngx_http_ioattest_key_resting_locked(sh, key, &rest)
        || ngx_http_ioattest_silent_locked(sh, model, key) != IOA_OK)
    {
        return;
    }

    (void) ngx_http_ioattest_slots_take_locked(found, sh, model, limits, key,
                                    NGX_HTTP_IOATTEST_TRIGGER_BACKGROUND, 1);
}


/* With the gateway's own key the census does this by itself. */

static void
ngx_http_ioattest_look_locked(ngx_http_ioattest_found_t *found,
    ngx_http_ioattest_sh_t *sh, ngx_http_ioattest_node_t *model,
    const ngx_http_ioattest_limits_t *limits,
    const ngx_http_ioattest_key_t *key)
{
    ngx_http_ioattest_model_node_t  *mn;

    mn = &model->u.model;

    if (limits->background && !key->own
        && !ngx_http_ioattest_within(mn->looked, NGX_HTTP_IOATTEST_LOOK_PACE))
    {
        mn->looked = ngx_current_msec;
        ngx_http_ioattest_census_draws_locked(found, sh, model, limits, key);
    }
}


void
ngx_http_ioattest_store_census(ngx_http_ioattest_found_t *found,
    ngx_http_ioattest_zone_t *zone, const ngx_http_ioattest_model_t *model,
    const ngx_http_ioattest_limits_t *limits,
    const ngx_http_ioattest_key_t *key, ngx_uint_t wanted)
{
    ngx_http_ioattest_sh_t      *sh;
    ngx_http_ioattest_node_t    *node;
    ngx_http_ioattest_waiter_t   waiter;

    ngx_http_ioattest_found_init(found, NGX_HTTP_IOATTEST_FULL);

    sh = ngx_http_ioattest_store_lock(zone);

    node = ngx_http_ioattest_node_find_locked(sh, model->key,
                                              NGX_HTTP_IOATTEST_NODE_MODEL);

    if (node == NULL && wanted) {
        node = ngx_http_ioattest_model_locked(zone, sh, model);
    }

    if (node == NULL) {
        goto done;
    }

    if (ngx_http_ioattest_lacks_locked(&node->u.model, limits->census_valid))
    {
        /* treated as a request that arrived just now, after all others */

        waiter.arrived = ngx_current_msec;

        ngx_http_ioattest_gate_locked(found, sh, node, limits, key, &waiter,
                                      NGX_HTTP_IOATTEST_TRIGGER_BACKGROUND);
        goto done;
    }

    found->answer = NGX_HTTP_IOATTEST_TRUSTED;

    ngx_http_ioattest_census_draws_locked(found, sh, node, limits, key);

done:

    ngx_http_ioattest_store_unlock(zone);
}


static void
ngx_http_ioattest_census_draws_locked(ngx_http_ioattest_found_t *found,
    ngx_http_ioattest_sh_t *sh, ngx_http_ioattest_node_t *model,
    const ngx_http_ioattest_limits_t *limits,
    const ngx_http_ioattest_key_t *key)
{
    ngx_uint_t                   due;
    ngx_http_ioattest_resting_t  rest;

    due = ngx_http_ioattest_census_due_locked(found, sh, model, limits);

    if (due == 0
        || ngx_http_ioattest_key_resting_locked(sh, key, &rest)
        || ngx_http_ioattest_paused_locked(sh, model, key,
                                           limits->fail_timeout))
    {
        return;
    }

    if (ngx_http_ioattest_silences_locked(sh, model, key)
        >= NGX_HTTP_IOATTEST_SILENT_MAX)
    {
        /* one attempt after a pause */

        if (ngx_http_ioattest_slots_busy_locked(sh, model, NULL)) {
            return;
        }

        due = 1;
    }

    (void) ngx_http_ioattest_slots_take_locked(found, sh, model, limits, key,
                                    NGX_HTTP_IOATTEST_TRIGGER_BACKGROUND,
                                    due);
}
