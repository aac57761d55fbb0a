
/*
 * After a response: whether its signer is trusted, and the attestations that
 * may be made to meet an unknown one.
 */


#include "zone/ngx_http_ioattest_node.h"


static ngx_uint_t ngx_http_ioattest_known_locked(
    ngx_http_ioattest_found_t *found, ngx_http_ioattest_sh_t *sh,
    const u_char *machine_key32, const ngx_http_ioattest_limits_t *limits);
static ngx_uint_t ngx_http_ioattest_known_bad_locked(
    ngx_http_ioattest_model_node_t *mn, const u_char *address20);
static ngx_uint_t ngx_http_ioattest_spent_locked(
    ngx_http_ioattest_model_node_t *mn,
    const ngx_http_ioattest_limits_t *limits,
    const ngx_http_ioattest_waiter_t *waiter, ngx_uint_t attempts);
static void ngx_http_ioattest_signer_draws_locked(
    ngx_http_ioattest_found_t *found, ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_node_t *model, const ngx_http_ioattest_limits_t *limits,
    const ngx_http_ioattest_key_t *key, ngx_http_ioattest_waiter_t *waiter,
    ngx_uint_t attempts);
static ngx_uint_t ngx_http_ioattest_budget_locked(
    ngx_http_ioattest_model_node_t *mn,
    const ngx_http_ioattest_limits_t *limits);


static ngx_uint_t
ngx_http_ioattest_known_locked(ngx_http_ioattest_found_t *found,
    ngx_http_ioattest_sh_t *sh, const u_char *machine_key32,
    const ngx_http_ioattest_limits_t *limits)
{
    ngx_http_ioattest_node_t          *node;
    ngx_http_ioattest_machine_node_t  *machine;

    node = ngx_http_ioattest_node_find_locked(sh, machine_key32,
                                              NGX_HTTP_IOATTEST_NODE_MACHINE);
    if (node == NULL) {
        return 0;
    }

    machine = &node->u.machine;

    if (!ngx_http_ioattest_machine_good_locked(&machine->info,
                                               limits->valid))
    {
        return 0;
    }

    if (!ngx_http_ioattest_within(machine->bumped, 1000)) {
        machine->bumped = ngx_current_msec;
        ngx_queue_remove(&node->lru);
        ngx_queue_insert_head(&sh->machine_lru, &node->lru);
    }

    found->machine = machine->info;
    found->answer = NGX_HTTP_IOATTEST_TRUSTED;

    return 1;
}


void
ngx_http_ioattest_store_signer(ngx_http_ioattest_found_t *found,
    ngx_http_ioattest_zone_t *zone, const ngx_http_ioattest_model_t *model,
    const u_char *machine_key32, const u_char *address20,
    const ngx_http_ioattest_limits_t *limits)
{
    ngx_http_ioattest_sh_t    *sh;
    ngx_http_ioattest_node_t  *node;

    ngx_http_ioattest_found_init(found, NGX_HTTP_IOATTEST_EXHAUSTED);

    sh = ngx_http_ioattest_store_lock(zone);

    if (!ngx_http_ioattest_known_locked(found, sh, machine_key32, limits)) {
        node = ngx_http_ioattest_node_find_locked(sh, model->key,
                                                NGX_HTTP_IOATTEST_NODE_MODEL);
        if (node
            && !ngx_http_ioattest_known_bad_locked(&node->u.model, address20))
        {
            ngx_http_ioattest_census_unknown_locked(&node->u.model, limits);
        }
    }

    ngx_http_ioattest_store_unlock(zone);
}


/* 1 if the address was searched for without success: refused at once. */

static ngx_uint_t
ngx_http_ioattest_known_bad_locked(ngx_http_ioattest_model_node_t *mn,
    const u_char *address20)
{
    ngx_http_ioattest_note_t  *note;

    note = ngx_http_ioattest_note_find_locked(mn, address20);

    return (note && note->searched
            && (ngx_msec_int_t) (note->until - ngx_current_msec) > 0)
           || ngx_http_ioattest_missed_locked(mn, address20);
}


void
ngx_http_ioattest_store_wait(ngx_http_ioattest_found_t *found,
    ngx_http_ioattest_zone_t *zone, const ngx_http_ioattest_model_t *model,
    const u_char *machine_key32, const u_char *address20,
    const ngx_http_ioattest_limits_t *limits,
    const ngx_http_ioattest_key_t *key, ngx_http_ioattest_waiter_t *waiter)
{
    ngx_uint_t                       attempts, spent;
    ngx_http_ioattest_sh_t          *sh;
    ngx_http_ioattest_note_t        *note;
    ngx_http_ioattest_node_t        *node;
    ngx_http_ioattest_model_node_t  *mn;

    ngx_http_ioattest_found_init(found, NGX_HTTP_IOATTEST_FULL);

    sh = ngx_http_ioattest_store_lock(zone);

    if (ngx_http_ioattest_known_locked(found, sh, machine_key32, limits)) {
        goto done;
    }

    node = ngx_http_ioattest_model_locked(zone, sh, model);
    if (node == NULL) {
        goto done;
    }

    mn = &node->u.model;
    mn->used = ngx_current_msec;

    if (!waiter->counting) {
        waiter->counting = 1;
        waiter->arrived = ngx_current_msec;
        waiter->answered = mn->answered;
        waiter->met = mn->met;

    } else if (mn->answered < waiter->answered || mn->met < waiter->met) {

        /* another node: the model was dropped since, or the zone emptied */

        waiter->answered = 0;
        waiter->met = 0;
    }

    note = ngx_http_ioattest_note_find_locked(mn, address20);

    if (note && (ngx_msec_int_t) (note->until - ngx_current_msec) <= 0) {
        note = NULL;
    }

    found->answer = NGX_HTTP_IOATTEST_EXHAUSTED;
    found->reason = note ? (ioa_status_t) note->reason
                         : IOA_UNTRUSTED_ADDRESS;

    if (ngx_http_ioattest_known_bad_locked(mn, address20)) {
        goto done;
    }

    attempts = ngx_http_ioattest_attempts_locked(mn, limits);
    spent = ngx_http_ioattest_spent_locked(mn, limits, waiter, attempts);

    if (spent >= attempts) {

        if (note == NULL && attempts) {
            ngx_http_ioattest_miss_locked(zone, sh, node, address20);
        }

        goto done;
    }

    found->answer = NGX_HTTP_IOATTEST_WAIT;
    found->busy = ngx_http_ioattest_slots_busy_locked(sh, node, NULL);

    ngx_http_ioattest_census_unknown_locked(mn, limits);

    if (key == NULL
        || ngx_http_ioattest_key_resting_locked(sh, key, &found->rest)
        || ngx_http_ioattest_paused_locked(sh, node, key,
                                           limits->fail_timeout))
    {
        goto done;
    }

    ngx_http_ioattest_signer_draws_locked(found, sh, node, limits, key,
                                          waiter, attempts - spent);

done:

    ngx_http_ioattest_store_unlock(zone);
}


/*
 * How many of its attempts a response has used.  With "auto" only
 * attestations that met a machine count, since the others could not have met
 * this one.  As long as there is budget, a search that began later has to end
 * first; otherwise an honest machine would be missed too often while many are
 * new.
 */

static ngx_uint_t
ngx_http_ioattest_spent_locked(ngx_http_ioattest_model_node_t *mn,
    const ngx_http_ioattest_limits_t *limits,
    const ngx_http_ioattest_waiter_t *waiter, ngx_uint_t attempts)
{
    ngx_uint_t  answered, met;

    answered = mn->answered - waiter->answered;

    if (limits->attempts != NGX_HTTP_IOATTEST_ATTEMPTS_AUTO
        || answered >= NGX_HTTP_IOATTEST_ATTEMPTS_MOST * attempts)
    {
        return answered;
    }

    met = mn->met - waiter->met;

    if (met >= attempts
        && ngx_http_ioattest_budget_locked(mn, limits)
        && !(mn->searches
             && (ngx_msec_int_t) (mn->searched_at - waiter->arrived) >= 0))
    {
        return attempts - 1;
    }

    return met;
}


/* Uses all slots, as far as the model's budget allows. */

static void
ngx_http_ioattest_signer_draws_locked(ngx_http_ioattest_found_t *found,
    ngx_http_ioattest_sh_t *sh, ngx_http_ioattest_node_t *model,
    const ngx_http_ioattest_limits_t *limits,
    const ngx_http_ioattest_key_t *key, ngx_http_ioattest_waiter_t *waiter,
    ngx_uint_t attempts)
{
    ngx_uint_t                       busy, left, wants;
    ngx_http_ioattest_model_node_t  *mn;

    mn = &model->u.model;

    left = ngx_http_ioattest_budget_locked(mn, limits);
    busy = ngx_http_ioattest_slots_busy_locked(sh, model, NULL);

    if (limits->attempts == NGX_HTTP_IOATTEST_ATTEMPTS_AUTO) {

        /* a search ends by itself */
        attempts = ngx_max(attempts, limits->parallel);
    }

    wants = (attempts > busy) ? ngx_min(left, attempts - busy) : 0;

    if (!key->own) {

        /* only one at a time for a caller's key */

        wants = ngx_min(wants, 1);
    }

    if (ngx_http_ioattest_silences_locked(sh, model, key)
        >= NGX_HTTP_IOATTEST_SILENT_MAX)
    {
        /* none beside another of a silent key, for all that wait with it */

        wants = ngx_http_ioattest_slots_asked_locked(sh, model, key)
                ? 0 : ngx_min(wants, 1);
    }

    if (wants == 0) {
        return;
    }

    if (!ngx_http_ioattest_claimed_locked(mn, key, waiter)) {
        wants = ngx_http_ioattest_slots_take_locked(found, sh, model, limits,
                                      key, NGX_HTTP_IOATTEST_TRIGGER_SIGNER,
                                      wants);
        mn->budget += wants;

        if (wants) {
            ngx_http_ioattest_unclaim_locked(mn, key);
            return;
        }
    }

    ngx_http_ioattest_claim_locked(mn, key, waiter);
}


/* Attempts for signers left in the current "ioattest_fail_timeout". */

static ngx_uint_t
ngx_http_ioattest_budget_locked(ngx_http_ioattest_model_node_t *mn,
    const ngx_http_ioattest_limits_t *limits)
{
    ngx_uint_t  attempts;

    attempts = ngx_http_ioattest_attempts_locked(mn, limits);

    if (mn->budget == 0
        || !ngx_http_ioattest_within(mn->budget_at, limits->fail_timeout))
    {
        mn->budget = 0;
        mn->budget_at = ngx_current_msec;
    }

    return (attempts > mn->budget) ? attempts - mn->budget : 0;
}
