
/*
 * What the status page reads: nodes in batches, counters, histograms.
 */


#include "zone/ngx_http_ioattest_node.h"
#include "zone/ngx_http_ioattest_walk.h"


/* a model without a machine needs none if nobody has asked for so long, ms */
#define NGX_HTTP_IOATTEST_WANTED_MAX  240000


const ngx_uint_t  ngx_http_ioattest_bucket_us[NGX_HTTP_IOATTEST_BUCKETS] = {
    50, 100, 250, 500, 1000, 5000, 25000, 100000, 500000,
    1000000, 5000000, 10000000
};


static ngx_http_ioattest_node_t *ngx_http_ioattest_next_locked(
    ngx_http_ioattest_sh_t *sh, ngx_http_ioattest_cursor_t *cursor);
static void ngx_http_ioattest_row_locked(ngx_http_ioattest_row_t *row,
    const ngx_http_ioattest_cursor_t *cursor, ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_node_t *node);
static void ngx_http_ioattest_row_model_locked(ngx_http_ioattest_row_t *row,
    const ngx_http_ioattest_cursor_t *cursor, ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_node_t *node);
static ngx_uint_t ngx_http_ioattest_row_wanted_locked(
    const ngx_http_ioattest_row_t *row,
    const ngx_http_ioattest_cursor_t *cursor,
    const ngx_http_ioattest_model_node_t *mn);
static ngx_msec_t ngx_http_ioattest_machine_life(
    const ngx_http_ioattest_cursor_t *cursor, const u_char *policy32,
    ngx_msec_t noted);
static ngx_msec_t ngx_http_ioattest_machine_left(
    const ngx_http_ioattest_machine_t *machine, ngx_msec_t valid);


ngx_uint_t
ngx_http_ioattest_store_rows(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_cursor_t *cursor,
    ngx_http_ioattest_row_t rows[NGX_HTTP_IOATTEST_ROWS])
{
    ngx_uint_t                 i;
    ngx_http_ioattest_sh_t    *sh;
    ngx_http_ioattest_node_t  *node;

    sh = ngx_http_ioattest_store_lock(zone);

    for (i = 0; i < NGX_HTTP_IOATTEST_ROWS; i++) {
        node = ngx_http_ioattest_next_locked(sh, cursor);
        if (node == NULL) {
            break;
        }

        ngx_http_ioattest_row_locked(&rows[i], cursor, sh, node);

        ngx_memcpy(cursor->key, node->key, NGX_HTTP_IOATTEST_KEY_LEN);
        cursor->started = 1;
    }

    ngx_http_ioattest_store_unlock(zone);

    return i;
}


/* The first node past cursor, ordered as ngx_str_rbtree_insert_value(). */

static ngx_http_ioattest_node_t *
ngx_http_ioattest_next_locked(ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_cursor_t *cursor)
{
    uint32_t                   hash;
    ngx_rbtree_node_t         *rn;
    ngx_http_ioattest_node_t  *node, *best;

    ngx_memcpy(&hash, cursor->key, sizeof(hash));

    best = NULL;
    rn = sh->rbtree.root;

    while (rn != sh->rbtree.sentinel) {
        node = (ngx_http_ioattest_node_t *) rn;

        if (!cursor->started
            || rn->key > hash
            || (rn->key == hash
                && ngx_memcmp(node->key, cursor->key,
                              NGX_HTTP_IOATTEST_KEY_LEN) > 0))
        {
            best = node;
            rn = rn->left;

        } else {
            rn = rn->right;
        }
    }

    return best;
}


static void
ngx_http_ioattest_row_locked(ngx_http_ioattest_row_t *row,
    const ngx_http_ioattest_cursor_t *cursor, ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_node_t *node)
{
    ngx_http_ioattest_machine_t  *machine;

    ngx_memzero(row, sizeof(ngx_http_ioattest_row_t));

    row->kind = node->kind;
    ngx_memcpy(row->key, node->key, NGX_HTTP_IOATTEST_KEY_LEN);

    switch (node->kind) {

    case NGX_HTTP_IOATTEST_NODE_MODEL:
        ngx_http_ioattest_row_model_locked(row, cursor, sh, node);
        break;

    case NGX_HTTP_IOATTEST_NODE_MACHINE:
        machine = &node->u.machine.info;

        row->names = node->u.machine.model->u.model.names;
        row->machine = *machine;
        row->given_up = node->u.machine.given_up;
        row->doubt.reason = (ioa_status_t) node->u.machine.refused;
        row->doubt.at = node->u.machine.refused_at;

        if (node->u.machine.early) {
            (void) ngx_cpystrn((u_char *) row->early,
                               (u_char *) node->u.machine.early,
                               sizeof(row->early));
        }

        ngx_memcpy(row->policy, node->u.machine.model->u.model.policy,
                   NGX_HTTP_IOATTEST_KEY_LEN);
        row->left = ngx_http_ioattest_machine_left(machine,
                              ngx_http_ioattest_machine_life(cursor,
                                                          row->policy,
                                                          machine->valid));
        row->trusted = (row->left != 0);
        break;

    case NGX_HTTP_IOATTEST_NODE_NAME:
        row->names = node->u.name.names;
        row->leased =
                     ngx_http_ioattest_lease_live_locked(&node->u.name.lease);
        break;

    default: /* BOUND, BLOB, USED: not shown */
        break;
    }
}


static void
ngx_http_ioattest_row_model_locked(ngx_http_ioattest_row_t *row,
    const ngx_http_ioattest_cursor_t *cursor, ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_node_t *node)
{
    ngx_uint_t                       i;
    ngx_msec_t                       left;
    ngx_queue_t                     *q;
    ngx_http_ioattest_node_t        *other;
    ngx_http_ioattest_machine_t     *machine;
    ngx_http_ioattest_model_node_t  *mn;

    mn = &node->u.model;

    row->names = mn->names;
    ngx_memcpy(row->policy, mn->policy, NGX_HTTP_IOATTEST_KEY_LEN);

    row->machines = mn->count;
    row->in_flight = ngx_http_ioattest_slots_busy_locked(sh, node, NULL);
    row->last_new = mn->last_new;
    row->draws = mn->answered - mn->new_at;
    row->share_met = mn->share_met;
    row->share_refused = mn->share_refused;
    row->census = mn->behind ? NGX_HTTP_IOATTEST_SHOW_BEHIND
                             : (ngx_http_ioattest_show_e) mn->census;

    if (mn->fails >= NGX_HTTP_IOATTEST_FAILS_MAX
        && (ngx_msec_int_t) (mn->retry_at - ngx_current_msec) > 0)
    {
        row->failing = mn->reason;
    }

    for (q = ngx_queue_head(&mn->machines);
         q != ngx_queue_sentinel(&mn->machines);
         q = ngx_queue_next(q))
    {
        other = ngx_queue_data(q, ngx_http_ioattest_node_t,
                               u.machine.siblings);
        machine = &other->u.machine.info;

        left = ngx_http_ioattest_machine_left(machine,
                              ngx_http_ioattest_machine_life(cursor,
                                                          mn->policy,
                                                          machine->valid));

        if (left && (row->known++ == 0 || left < row->soonest)) {
            row->soonest = left;
        }

        row->doubted += (left && other->u.machine.refused != IOA_OK);
    }

    row->wanted = ngx_http_ioattest_row_wanted_locked(row, cursor, mn);

    for (i = 0; mn->notes && i < mn->notes->n; i++) {
        ngx_memcpy(row->refused[i].address20, mn->notes->note[i].address20,
                   IOA_ADDRESS_LEN);
        row->refused[i].reason = (ioa_status_t) mn->notes->note[i].reason;
        row->refused[i].at = mn->notes->note[i].at;
        row->refused_n++;
    }
}


/*
 * 0: no machine of the model is trusted, none is being attested, and neither a
 * request nor the background has lacked one of late.
 */

static ngx_uint_t
ngx_http_ioattest_row_wanted_locked(const ngx_http_ioattest_row_t *row,
    const ngx_http_ioattest_cursor_t *cursor,
    const ngx_http_ioattest_model_node_t *mn)
{
    ngx_msec_t  life;

    if (row->known || row->in_flight || row->failing != IOA_OK) {
        return 1;
    }

    life = ngx_http_ioattest_machine_life(cursor, mn->policy,
                                          NGX_HTTP_IOATTEST_WANTED_MAX);

    return mn->lacked
           && ngx_http_ioattest_within(mn->lacked_at,
                               ngx_min(life, NGX_HTTP_IOATTEST_WANTED_MAX));
}


/* 0: by no policy of today; noted: where the policies are not given. */

static ngx_msec_t
ngx_http_ioattest_machine_life(const ngx_http_ioattest_cursor_t *cursor,
    const u_char *policy32, ngx_msec_t noted)
{
    ngx_uint_t  i;

    if (cursor->lives == NULL) {
        return noted;
    }

    for (i = 0; i < cursor->lives_n; i++) {

        if (ngx_memcmp(cursor->lives[i].policy32, policy32,
                       NGX_HTTP_IOATTEST_KEY_LEN)
            == 0)
        {
            return cursor->lives[i].valid;
        }
    }

    return 0;
}


/*
 * How long the machine remains trusted, ms, without further news; 0: it is
 * not.
 */

static ngx_msec_t
ngx_http_ioattest_machine_left(const ngx_http_ioattest_machine_t *machine,
    ngx_msec_t valid)
{
    ngx_msec_t  left, evidence;

    if (valid == 0 || !ngx_http_ioattest_machine_good_locked(machine, valid)) {
        return 0;
    }

    left = machine->attested_ms + valid - ngx_current_msec;

    if (machine->proved.expires) {
        evidence = (ngx_msec_t) (machine->proved.expires - ngx_time()) * 1000;
        left = ngx_min(left, evidence);
    }

    return left;
}


size_t
ngx_http_ioattest_store_used_bytes(ngx_http_ioattest_zone_t *zone)
{
    size_t                   used;

    (void) ngx_http_ioattest_store_lock(zone);

    used = zone->shm_zone->shm.size - zone->shpool->pfree * ngx_pagesize;

    ngx_http_ioattest_store_unlock(zone);

    return used;
}


ngx_uint_t
ngx_http_ioattest_store_resets(ngx_http_ioattest_zone_t *zone)
{
    ngx_uint_t               resets;
    ngx_http_ioattest_sh_t  *sh;

    sh = ngx_http_ioattest_store_lock(zone);
    resets = sh->resets;
    ngx_http_ioattest_store_unlock(zone);

    return resets;
}


ngx_http_ioattest_counters_t *
ngx_http_ioattest_store_counters(ngx_http_ioattest_zone_t *zone)
{
    ngx_http_ioattest_sh_t  *sh;

    sh = zone->shpool->data;

    return &sh->counters;
}


void
ngx_http_ioattest_observe(ngx_http_ioattest_histogram_t *histogram,
    uint64_t us)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_IOATTEST_BUCKETS; i++) {
        if (us <= ngx_http_ioattest_bucket_us[i]) {
            break;
        }
    }

    (void) ngx_atomic_fetch_add(&histogram->bucket[i], 1);
    (void) ngx_atomic_fetch_add(&histogram->sum_us, (ngx_atomic_int_t) us);
}
