
/*
 * How attestations end, and the one place where a machine becomes trusted.
 */


#include "zone/ngx_http_ioattest_node.h"


/* what was known of a machine before it was met */
enum {
    NGX_HTTP_IOATTEST_MACHINE_NEW = 0,
    NGX_HTTP_IOATTEST_MACHINE_ENDED,    /* it had expired */
    NGX_HTTP_IOATTEST_MACHINE_KNOWN
};


static void ngx_http_ioattest_took_locked(ngx_http_ioattest_model_node_t *mn,
    ngx_msec_t started);
static void ngx_http_ioattest_fail_locked(ngx_http_ioattest_model_node_t *mn,
    const ngx_http_ioattest_ended_t *ended,
    const ngx_http_ioattest_limits_t *limits);
static void ngx_http_ioattest_refused_locked(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_sh_t *sh, ngx_http_ioattest_node_t *model,
    const ngx_http_ioattest_ended_t *ended,
    const ngx_http_ioattest_limits_t *limits, ngx_http_ioattest_news_t *news);
static ngx_uint_t ngx_http_ioattest_doubt_locked(
    ngx_http_ioattest_machine_node_t *machine,
    const ngx_http_ioattest_ended_t *ended);
static ngx_http_ioattest_node_t *ngx_http_ioattest_machine_find_locked(
    ngx_http_ioattest_model_node_t *mn, const u_char *address20);
static ngx_int_t ngx_http_ioattest_machine_locked(
    ngx_http_ioattest_zone_t *zone, ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_node_t *mnode, const u_char *key32,
    const ngx_http_ioattest_machine_t *machine,
    const ngx_http_ioattest_limits_t *limits, ngx_uint_t *known,
    ngx_uint_t *doubted);


ngx_int_t
ngx_http_ioattest_draw_met(ngx_http_ioattest_zone_t *zone,
    const ngx_http_ioattest_model_t *model, const u_char *machine_key32,
    const ngx_http_ioattest_machine_t *machine, uint64_t token,
    const ngx_http_ioattest_key_t *key,
    const ngx_http_ioattest_limits_t *limits, ngx_http_ioattest_news_t *news)
{
    u_char                           bound_key32[NGX_HTTP_IOATTEST_KEY_LEN];
    ngx_int_t                        rc;
    ngx_uint_t                       known, noted, doubted;
    ngx_http_ioattest_sh_t          *sh;
    ngx_http_ioattest_slot_t        *slot;
    ngx_http_ioattest_node_t        *node;
    ngx_http_ioattest_model_node_t  *mn;

    ngx_memzero(news, sizeof(ngx_http_ioattest_news_t));

    ngx_http_ioattest_bound_key(bound_key32, limits, &model->names);

    sh = ngx_http_ioattest_store_lock(zone);

    news->changed = ngx_http_ioattest_ids_changed_locked(sh, machine_key32,
                                                         machine, &news->was);

    if (news->changed != NGX_HTTP_IOATTEST_CHANGED_NOTHING) {
        rc = NGX_BUSY;
        goto done;
    }

    rc = ngx_http_ioattest_bound_check_locked(zone, sh, bound_key32, machine,
                                              limits->strict);
    if (rc != NGX_OK) {
        goto done;
    }

    node = ngx_http_ioattest_model_locked(zone, sh, model);
    if (node == NULL) {
        rc = NGX_DECLINED;
        goto done;
    }

    mn = &node->u.model;

    rc = ngx_http_ioattest_machine_locked(zone, sh, node, machine_key32,
                                          machine, limits, &known, &doubted);
    if (rc != NGX_OK) {
        goto done;
    }

    slot = ngx_http_ioattest_slot_give_locked(sh, model->key, token);

    if (slot) {
        ngx_http_ioattest_took_locked(mn, slot->started);
    }

    ngx_http_ioattest_heard_locked(sh, node, key);

    noted = ngx_http_ioattest_note_met_locked(mn, machine->address20);

    mn->names = model->names;
    mn->refusals = 0;
    mn->fails = 0;
    mn->backoff = 0;
    mn->wide = NGX_HTTP_IOATTEST_WIDE_NO;

    if (known == NGX_HTTP_IOATTEST_MACHINE_NEW) {
        mn->budget = 0;
    }

    if (noted || doubted) {
        news->machine = NGX_HTTP_IOATTEST_NEWS_AGAIN;

    } else if (known != NGX_HTTP_IOATTEST_MACHINE_KNOWN) {
        news->machine = NGX_HTTP_IOATTEST_NEWS_FIRST;
    }

    ngx_http_ioattest_census_met_locked(sh, mn,
                             known == NGX_HTTP_IOATTEST_MACHINE_KNOWN,
                             known == NGX_HTTP_IOATTEST_MACHINE_NEW && !noted,
                             limits, news);

done:

    ngx_http_ioattest_store_unlock(zone);

    return rc;
}


/* A moving average: the newest value counts for an eighth. */

static void
ngx_http_ioattest_took_locked(ngx_http_ioattest_model_node_t *mn,
    ngx_msec_t started)
{
    ngx_msec_t  ms;

    ms = ngx_max(ngx_current_msec - started, 1);

    mn->took = mn->took ? (7 * mn->took + ms) / 8 : ms;
    mn->took = ngx_max(mn->took, 1);
}


void
ngx_http_ioattest_draw_end(ngx_http_ioattest_zone_t *zone,
    const ngx_http_ioattest_model_t *model, uint64_t token,
    const ngx_http_ioattest_ended_t *ended,
    const ngx_http_ioattest_key_t *key,
    const ngx_http_ioattest_limits_t *limits, ngx_http_ioattest_news_t *news)
{
    ngx_http_ioattest_sh_t          *sh;
    ngx_http_ioattest_slot_t        *slot;
    ngx_http_ioattest_node_t        *node;
    ngx_http_ioattest_model_node_t  *mn;

    ngx_memzero(news, sizeof(ngx_http_ioattest_news_t));

    sh = ngx_http_ioattest_store_lock(zone);

    slot = ngx_http_ioattest_slot_give_locked(sh, model->key, token);

    node = ngx_http_ioattest_node_find_locked(sh, model->key,
                                              NGX_HTTP_IOATTEST_NODE_MODEL);
    if (node == NULL) {
        goto done;
    }

    mn = &node->u.model;

    switch (ended->outcome) {

    case NGX_HTTP_IOATTEST_DRAW_REFUSED:

        if (slot) {
            ngx_http_ioattest_took_locked(mn, slot->started);
        }

        ngx_http_ioattest_refused_locked(zone, sh, node, ended, limits, news);
        ngx_http_ioattest_heard_locked(sh, node, key);

        mn->refusals++;

        if (ngx_http_ioattest_open_locked(mn, limits->census_valid)) {

            /* it is this machine's alone, also when trust in others ends */

            mn->wide = NGX_HTTP_IOATTEST_WIDE_ALL;
            mn->fails = 0;
            break;
        }

        ngx_http_ioattest_fail_locked(mn, ended, limits);
        break;

    case NGX_HTTP_IOATTEST_DRAW_SILENT:

        ngx_http_ioattest_silence_locked(sh, node, key, ended->reason,
                                         limits->fail_timeout);

        if (key->own) {
            ngx_http_ioattest_fail_locked(mn, ended, limits);

        } else if (mn->wide == NGX_HTTP_IOATTEST_WIDE_NO) {
            mn->wide = NGX_HTTP_IOATTEST_WIDE_KEYS;
        }

        break;

    default: /* NGX_HTTP_IOATTEST_DRAW_NOTHING */

        if (slot && slot->charged && mn->budget) {
            mn->budget--;
        }

        if (mn->wide == NGX_HTTP_IOATTEST_WIDE_NO) {
            mn->wide = NGX_HTTP_IOATTEST_WIDE_KEYS;
        }
    }

done:

    ngx_http_ioattest_store_unlock(zone);
}


/* An outcome that did not open the gate. */

static void
ngx_http_ioattest_fail_locked(ngx_http_ioattest_model_node_t *mn,
    const ngx_http_ioattest_ended_t *ended,
    const ngx_http_ioattest_limits_t *limits)
{
    mn->wide = NGX_HTTP_IOATTEST_WIDE_ALL;

    if (mn->fails++ == 0
        || !ngx_http_ioattest_tells_more(mn->reason, mn->failed_at,
                                         ended->reason, limits->fail_timeout))
    {
        mn->reason = ended->reason;
        mn->failed_at = ngx_current_msec;
        mn->have_failed = ended->have_address;
        ngx_memcpy(mn->failed20, ended->address20, IOA_ADDRESS_LEN);
    }

    if (mn->fails < NGX_HTTP_IOATTEST_FAILS_MAX
        || (ngx_msec_int_t) (mn->retry_at - ngx_current_msec) > 0)
    {
        return;
    }

    if (ended->outcome != NGX_HTTP_IOATTEST_DRAW_REFUSED) {
        mn->retry_at = ngx_current_msec + limits->fail_timeout;
        return;
    }

    mn->retry_at = ngx_current_msec
                   + ngx_http_ioattest_backoff(mn->backoff,
                                               limits->fail_timeout);
    mn->backoff = ngx_min(mn->backoff + 1, 16);
}


/* Evidence was refused: notes the address that it names. */

static void
ngx_http_ioattest_refused_locked(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_sh_t *sh, ngx_http_ioattest_node_t *model,
    const ngx_http_ioattest_ended_t *ended,
    const ngx_http_ioattest_limits_t *limits, ngx_http_ioattest_news_t *news)
{
    ngx_uint_t                       new, first;
    ngx_http_ioattest_node_t        *node;
    ngx_http_ioattest_model_node_t  *mn;

    mn = &model->u.model;
    new = 0;
    first = 0;

    mn->refused = 1;
    mn->refused_at = ngx_current_msec;
    mn->refused_reason = ended->reason;
    mn->have_refused20 = ended->have_address;
    ngx_memcpy(mn->refused20, ended->address20, IOA_ADDRESS_LEN);

    if (ended->have_address) {

        node = ngx_http_ioattest_machine_find_locked(mn, ended->address20);

        if (node && ngx_http_ioattest_machine_good_locked(
                                                     &node->u.machine.info,
                                                     limits->census_valid))
        {
            first = ngx_http_ioattest_doubt_locked(&node->u.machine, ended);

        } else {
            new = ngx_http_ioattest_note_locked(zone, sh, model, ended,
                                                limits->fail_timeout);
            first = new;
        }
    }

    news->machine = first ? NGX_HTTP_IOATTEST_NEWS_FIRST
                          : NGX_HTTP_IOATTEST_NEWS_NONE;

    ngx_http_ioattest_census_refused_locked(sh, mn, new, limits, news);
}


/*
 * Refused evidence names a machine that is trusted: whoever made it may have
 * lied, so that takes no trust away, and is only shown.  Returns 1 the first
 * time since the machine was met.
 */

static ngx_uint_t
ngx_http_ioattest_doubt_locked(ngx_http_ioattest_machine_node_t *machine,
    const ngx_http_ioattest_ended_t *ended)
{
    ngx_uint_t  first;

    first = (machine->refused == IOA_OK);

    machine->refused = (uint16_t) ended->reason;
    machine->refused_at = ngx_time();

    return first;
}


static ngx_http_ioattest_node_t *
ngx_http_ioattest_machine_find_locked(ngx_http_ioattest_model_node_t *mn,
    const u_char *address20)
{
    ngx_queue_t               *q;
    ngx_http_ioattest_node_t  *node;

    for (q = ngx_queue_head(&mn->machines);
         q != ngx_queue_sentinel(&mn->machines);
         q = ngx_queue_next(q))
    {
        node = ngx_queue_data(q, ngx_http_ioattest_node_t,
                              u.machine.siblings);

        if (ngx_memcmp(node->u.machine.info.address20, address20,
                       IOA_ADDRESS_LEN)
            == 0)
        {
            return node;
        }
    }

    return NULL;
}


static ngx_int_t
ngx_http_ioattest_machine_locked(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_sh_t *sh, ngx_http_ioattest_node_t *mnode,
    const u_char *key32, const ngx_http_ioattest_machine_t *machine,
    const ngx_http_ioattest_limits_t *limits, ngx_uint_t *known,
    ngx_uint_t *doubted)
{
    uint64_t                         verified;
    ngx_uint_t                       kept;
    ngx_http_ioattest_node_t        *node, *oldest;
    ngx_http_ioattest_early_t        early;
    ngx_http_ioattest_machine_t     *was;
    ngx_http_ioattest_model_node_t  *mn;

    mn = &mnode->u.model;
    verified = 0;
    kept = 0;
    *doubted = 0;
    *known = NGX_HTTP_IOATTEST_MACHINE_NEW;

    node = ngx_http_ioattest_node_find_locked(sh, key32,
                                              NGX_HTTP_IOATTEST_NODE_MACHINE);
    if (node) {
        was = &node->u.machine.info;

        *known = ngx_http_ioattest_machine_good_locked(was,
                                                       limits->census_valid)
                 ? NGX_HTTP_IOATTEST_MACHINE_KNOWN
                 : NGX_HTTP_IOATTEST_MACHINE_ENDED;

        verified = was->verified;
        *doubted = (node->u.machine.refused != IOA_OK);

        kept = machine->proved.expires <= was->proved.expires
               && (was->end_kept
                   || ngx_http_ioattest_machine_ends(was,
                                                     limits->census_refresh));

        ngx_queue_remove(&node->u.machine.siblings);

    } else {

        if (mn->count >= NGX_HTTP_IOATTEST_MACHINES_MAX) {
            oldest = ngx_queue_data(ngx_queue_head(&mn->machines),
                                    ngx_http_ioattest_node_t,
                                    u.machine.siblings);
            ngx_http_ioattest_node_delete_locked(zone, sh, oldest);
        }

        /* counted first, so that the model is not dropped as idle */

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
    }

    ngx_queue_insert_tail(&mn->machines, &node->u.machine.siblings);

    early = node->u.machine.info.early;

    /* the one place where a machine becomes trusted */
    node->u.machine.info = *machine;
    node->u.machine.info.verified = verified;
    node->u.machine.info.end_kept = (kept != 0);

    ngx_http_ioattest_early_again_locked(zone, &node->u.machine, &early);

    node->u.machine.chased = 0;
    node->u.machine.given_up = 0;
    node->u.machine.refused = IOA_OK;

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
