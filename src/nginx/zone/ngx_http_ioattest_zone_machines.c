
/*
 * The questions that the request path asks about models and machines, and
 * the one place where a machine becomes trusted.
 */


#include "zone/ngx_http_ioattest_node.h"


static ngx_http_ioattest_node_t *ngx_http_ioattest_model_locked(
    ngx_http_ioattest_zone_t *zone, ngx_http_ioattest_sh_t *sh,
    const ngx_http_ioattest_model_t *model);
static ngx_uint_t ngx_http_ioattest_renew_due_locked(
    ngx_http_ioattest_model_node_t *mn,
    const ngx_http_ioattest_limits_t *limits);
static void ngx_http_ioattest_renewed_locked(
    ngx_http_ioattest_model_node_t *mn,
    const ngx_http_ioattest_machine_t *before);
static void ngx_http_ioattest_busy_locked(ngx_http_ioattest_found_t *found,
    const ngx_http_ioattest_lease_t *lease);
static ngx_int_t ngx_http_ioattest_bound_locked(
    ngx_http_ioattest_zone_t *zone, ngx_http_ioattest_sh_t *sh,
    const u_char *key32, ngx_uint_t bound, ngx_uint_t strict);
static ngx_int_t ngx_http_ioattest_machine_locked(
    ngx_http_ioattest_zone_t *zone, ngx_http_ioattest_sh_t *sh,
    const ngx_http_ioattest_model_t *model, const u_char *key32,
    const ngx_http_ioattest_machine_t *machine);


void
ngx_http_ioattest_store_gate(ngx_http_ioattest_found_t *found,
    ngx_http_ioattest_zone_t *zone, const ngx_http_ioattest_model_t *model,
    const ngx_http_ioattest_limits_t *limits,
    const ngx_http_ioattest_key_t *key)
{
    ngx_http_ioattest_sh_t          *sh;
    ngx_http_ioattest_node_t        *node;
    ngx_http_ioattest_lease_t       *lease;
    ngx_http_ioattest_model_node_t  *mn;

    ngx_memzero(found, sizeof(ngx_http_ioattest_found_t));
    found->answer = NGX_HTTP_IOATTEST_FULL;

    sh = ngx_http_ioattest_store_lock(zone);

    node = ngx_http_ioattest_model_locked(zone, sh, model);
    if (node == NULL) {
        goto done;
    }

    mn = &node->u.model;
    lease = &mn->lease;

    if (mn->count && ngx_http_ioattest_fresh(mn->newest, limits->valid)
        && (mn->expires == 0 || mn->expires > ngx_time()))
    {
        found->answer = NGX_HTTP_IOATTEST_TRUSTED;
        found->sequence = mn->sequence;

        if (ngx_http_ioattest_renew_due_locked(mn, limits)
            && !ngx_http_ioattest_key_resting_locked(sh, key, &found->rest))
        {
            found->answer = NGX_HTTP_IOATTEST_RENEW;
            found->token = ngx_http_ioattest_lease_take_locked(sh, lease,
                                                            limits->lease);
        }

        goto done;
    }

    if (ngx_http_ioattest_lease_live_locked(lease)) {
        ngx_http_ioattest_busy_locked(found, lease);
        goto done;
    }

    if (ngx_http_ioattest_lease_failing_locked(lease)) {
        found->answer = NGX_HTTP_IOATTEST_FAILED;
        found->reason = lease->reason;
        goto done;
    }

    if (ngx_http_ioattest_key_resting_locked(sh, key, &found->rest)) {
        found->answer = NGX_HTTP_IOATTEST_RESTING;
        goto done;
    }

    found->answer = NGX_HTTP_IOATTEST_TAKEN;
    found->token = ngx_http_ioattest_lease_take_locked(sh, lease,
                                                       limits->lease);

done:

    ngx_http_ioattest_store_unlock(zone);
}


static ngx_http_ioattest_node_t *
ngx_http_ioattest_model_locked(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_sh_t *sh, const ngx_http_ioattest_model_t *model)
{
    ngx_http_ioattest_node_t  *node;

    node = ngx_http_ioattest_node_find_locked(sh, model->key,
                                              NGX_HTTP_IOATTEST_NODE_MODEL);
    if (node) {
        return node;
    }

    node = ngx_http_ioattest_node_create_locked(zone, sh, model->key,
                                                NGX_HTTP_IOATTEST_NODE_MODEL);
    if (node) {
        node->u.model.names = model->names;
        ngx_memcpy(node->u.model.policy, model->policy,
                   NGX_HTTP_IOATTEST_POLICY_LEN);
    }

    return node;
}


/*
 * A renewal is due where the oldest proof still in time is about to end.
 * The API, not the gateway, picks the machine that a renewal meets: one that
 * met a machine with time left was of no use, and the next waits longer.
 */

static ngx_uint_t
ngx_http_ioattest_renew_due_locked(ngx_http_ioattest_model_node_t *mn,
    const ngx_http_ioattest_limits_t *limits)
{
    time_t                     at;
    ngx_queue_t               *q;
    ngx_http_ioattest_node_t  *node;

    if (limits->refresh == 0
        || ngx_http_ioattest_lease_live_locked(&mn->lease)
        || ngx_http_ioattest_lease_failing_locked(&mn->lease)
        || (ngx_msec_int_t) (mn->renew_at - ngx_current_msec) > 0)
    {
        return 0;
    }

    for (q = ngx_queue_head(&mn->machines);
         q != ngx_queue_sentinel(&mn->machines);
         q = ngx_queue_next(q))
    {
        node = ngx_queue_data(q, ngx_http_ioattest_node_t,
                              u.machine.siblings);
        at = node->u.machine.info.attested_at;

        if (ngx_http_ioattest_fresh(at, limits->valid)) {
            return !ngx_http_ioattest_fresh(at,
                                            limits->valid - limits->refresh);
        }
    }

    return 0;
}


static void
ngx_http_ioattest_renewed_locked(ngx_http_ioattest_model_node_t *mn,
    const ngx_http_ioattest_machine_t *before)
{
    time_t  life;

    life = before->expires_at - before->attested_at;

    if (ngx_time() - before->attested_at > life / 2) {
        mn->renewals = 0;
        mn->renew_at = ngx_current_msec;
        return;
    }

    mn->renewals = ngx_min(mn->renewals + 1, 6);
    mn->renew_at = ngx_current_msec + (500 << mn->renewals);
}


static void
ngx_http_ioattest_busy_locked(ngx_http_ioattest_found_t *found,
    const ngx_http_ioattest_lease_t *lease)
{
    found->answer = NGX_HTTP_IOATTEST_BUSY;
    found->token = lease->token;
    found->pid = lease->pid;
}


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

    if (!ngx_http_ioattest_fresh(machine->info.attested_at, limits->valid)
        || (machine->info.proved.expires
            && machine->info.proved.expires <= ngx_time()))
    {
        return 0;
    }

    if (machine->bumped != ngx_time()) {
        machine->bumped = ngx_time();
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
    const u_char *machine_key32, const ngx_http_ioattest_limits_t *limits)
{
    ngx_http_ioattest_sh_t    *sh;
    ngx_http_ioattest_node_t  *node;

    ngx_memzero(found, sizeof(ngx_http_ioattest_found_t));
    found->answer = NGX_HTTP_IOATTEST_EXHAUSTED;

    sh = ngx_http_ioattest_store_lock(zone);

    if (!ngx_http_ioattest_known_locked(found, sh, machine_key32, limits)) {
        node = ngx_http_ioattest_node_find_locked(sh, model->key,
                                                NGX_HTTP_IOATTEST_NODE_MODEL);
        if (node) {
            found->sequence = node->u.model.sequence;
        }
    }

    ngx_http_ioattest_store_unlock(zone);
}


void
ngx_http_ioattest_store_recheck(ngx_http_ioattest_found_t *found,
    ngx_http_ioattest_zone_t *zone, const ngx_http_ioattest_model_t *model,
    const u_char *machine_key32, const ngx_http_ioattest_limits_t *limits,
    const ngx_http_ioattest_key_t *key)
{
    ngx_http_ioattest_sh_t          *sh;
    ngx_http_ioattest_node_t        *node;
    ngx_http_ioattest_lease_t       *lease;
    ngx_http_ioattest_model_node_t  *mn;

    ngx_memzero(found, sizeof(ngx_http_ioattest_found_t));
    found->answer = NGX_HTTP_IOATTEST_FULL;

    sh = ngx_http_ioattest_store_lock(zone);

    if (ngx_http_ioattest_known_locked(found, sh, machine_key32, limits)) {
        goto done;
    }

    node = ngx_http_ioattest_model_locked(zone, sh, model);
    if (node == NULL) {
        goto done;
    }

    mn = &node->u.model;
    lease = &mn->lease;
    found->sequence = mn->sequence;

    if (ngx_http_ioattest_lease_live_locked(lease)) {
        ngx_http_ioattest_busy_locked(found, lease);
        goto done;
    }

    if (ngx_http_ioattest_lease_failing_locked(lease)) {
        found->answer = NGX_HTTP_IOATTEST_FAILED;
        found->reason = lease->reason;
        goto done;
    }

    if (mn->budget == 0
        || ngx_current_msec - mn->budget_at >= limits->fail_timeout)
    {
        mn->budget = 0;
        mn->budget_at = ngx_current_msec;
    }

    if (mn->budget >= limits->attempts) {
        found->answer = NGX_HTTP_IOATTEST_EXHAUSTED;
        goto done;
    }

    if (key == NULL
        || ngx_http_ioattest_key_resting_locked(sh, key, &found->rest))
    {
        found->answer = NGX_HTTP_IOATTEST_RESTING;
        goto done;
    }

    mn->budget++;
    found->answer = NGX_HTTP_IOATTEST_TAKEN;
    found->token = ngx_http_ioattest_lease_take_locked(sh, lease,
                                                       limits->lease);
    lease->charged = 1;

done:

    ngx_http_ioattest_store_unlock(zone);
}


ngx_int_t
ngx_http_ioattest_store_add(ngx_http_ioattest_zone_t *zone,
    const ngx_http_ioattest_model_t *model, const u_char *machine_key32,
    const ngx_http_ioattest_machine_t *machine, uint64_t token,
    const u_char *bound_key32, ngx_uint_t strict)
{
    ngx_int_t                  rc;
    ngx_http_ioattest_sh_t    *sh;
    ngx_http_ioattest_node_t  *node;

    sh = ngx_http_ioattest_store_lock(zone);

    rc = ngx_http_ioattest_bound_locked(zone, sh, bound_key32,
                                        machine->proved.signer_bound, strict);

    if (rc == NGX_OK) {
        rc = ngx_http_ioattest_machine_locked(zone, sh, model, machine_key32,
                                              machine);
    }

    node = ngx_http_ioattest_node_find_locked(sh, model->key,
                                              NGX_HTTP_IOATTEST_NODE_MODEL);

    /* what was not kept is a failure, and its holder gives the lease back */

    if (rc == NGX_OK && node && node->u.model.lease.token == token) {
        node->u.model.lease.token = 0;
    }

    ngx_http_ioattest_store_unlock(zone);

    return rc;
}


/* A model whose signers were bound by hardware must stay so. */

static ngx_int_t
ngx_http_ioattest_bound_locked(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_sh_t *sh, const u_char *key32, ngx_uint_t bound,
    ngx_uint_t strict)
{
    ngx_http_ioattest_node_t  *node;

    node = ngx_http_ioattest_node_find_locked(sh, key32,
                                              NGX_HTTP_IOATTEST_NODE_BOUND);

    if (!bound) {
        return (node && strict) ? NGX_ABORT : NGX_OK;
    }

    if (node == NULL) {

        /* never dropped again: they may not take the zone over */

        if (sh->bounds >= ngx_max(sh->capacity / 8, 1)) {
            return NGX_DECLINED;
        }

        node = ngx_http_ioattest_node_create_locked(zone, sh, key32,
                                                NGX_HTTP_IOATTEST_NODE_BOUND);
    }

    return node ? NGX_OK : NGX_DECLINED;
}


ngx_uint_t
ngx_http_ioattest_store_bound(ngx_http_ioattest_zone_t *zone,
    const u_char *bound_key32)
{
    ngx_uint_t               bound;
    ngx_http_ioattest_sh_t  *sh;

    sh = ngx_http_ioattest_store_lock(zone);

    bound = (ngx_http_ioattest_node_find_locked(sh, bound_key32,
                                                NGX_HTTP_IOATTEST_NODE_BOUND)
             != NULL);

    ngx_http_ioattest_store_unlock(zone);

    return bound;
}


static ngx_int_t
ngx_http_ioattest_machine_locked(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_sh_t *sh, const ngx_http_ioattest_model_t *model,
    const u_char *key32, const ngx_http_ioattest_machine_t *machine)
{
    uint64_t                         verified;
    ngx_http_ioattest_node_t        *mnode, *node, *oldest;
    ngx_http_ioattest_model_node_t  *mn;

    mnode = ngx_http_ioattest_model_locked(zone, sh, model);
    if (mnode == NULL) {
        return NGX_DECLINED;
    }

    mn = &mnode->u.model;
    verified = 0;

    node = ngx_http_ioattest_node_find_locked(sh, key32,
                                              NGX_HTTP_IOATTEST_NODE_MACHINE);
    if (node) {
        verified = node->u.machine.info.verified;
        ngx_http_ioattest_renewed_locked(mn, &node->u.machine.info);
        ngx_queue_remove(&node->u.machine.siblings);

    } else {

        if (mn->count >= NGX_HTTP_IOATTEST_MACHINES_MAX) {
            oldest = ngx_queue_data(ngx_queue_head(&mn->machines),
                                    ngx_http_ioattest_node_t,
                                    u.machine.siblings);
            ngx_http_ioattest_node_delete_locked(zone, sh, oldest);
        }

        /* counted first: an idle model could be dropped to make room */

        mn->count++;
        ngx_http_ioattest_node_settle_locked(sh, mnode);

        node = ngx_http_ioattest_node_create_locked(zone, sh, key32,
                                              NGX_HTTP_IOATTEST_NODE_MACHINE);
        if (node == NULL) {
            mn->count--;
            ngx_http_ioattest_node_settle_locked(sh, mnode);
            return NGX_DECLINED;
        }

        node->u.machine.model = mnode;
        mn->budget = 0;
    }

    ngx_queue_insert_tail(&mn->machines, &node->u.machine.siblings);

    /* the one place where a machine becomes trusted */
    node->u.machine.info = *machine;
    node->u.machine.info.verified = verified;

    mn->newest = machine->attested_at;
    mn->expires = machine->proved.expires;
    mn->names = model->names;
    mn->sequence++;
    mn->lease.failures = 0;

    return NGX_OK;
}


void
ngx_http_ioattest_store_used(ngx_http_ioattest_zone_t *zone,
    const u_char *machine_key32)
{
    ngx_http_ioattest_sh_t    *sh;
    ngx_http_ioattest_node_t  *node;

    sh = ngx_http_ioattest_store_lock(zone);

    node = ngx_http_ioattest_node_find_locked(sh, machine_key32,
                                              NGX_HTTP_IOATTEST_NODE_MACHINE);
    if (node) {
        node->u.machine.info.verified++;
    }

    ngx_http_ioattest_store_unlock(zone);
}
