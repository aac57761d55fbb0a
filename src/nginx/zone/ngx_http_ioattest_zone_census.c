
/*
 * The census: which machines of a model there are, and which of them have to
 * be attested again.  The API picks the machine that an attestation meets, so
 * each attestation is a draw, and all that can be done is to draw and count.
 *
 * A search goes on until so many draws in a row have met known machines that
 * another one is unlikely.  A chase renews: it begins when a machine has less
 * than "ioattest_refresh" left, and ends when none has.  Between chases a
 * fleet whose machines are being replaced is watched by single draws, which
 * find a new machine before its first response comes.
 */


#include "zone/ngx_http_ioattest_node.h"


/* draws in a row that end a search: for each known machine, and more */
#define NGX_HTTP_IOATTEST_STREAK_EACH   5
#define NGX_HTTP_IOATTEST_STREAK_MORE   5

/* or draws since the last new machine */
#define NGX_HTTP_IOATTEST_SEARCH_EACH   16
#define NGX_HTTP_IOATTEST_SEARCH_MORE   64

/* draws after which a chase gives a machine up */
#define NGX_HTTP_IOATTEST_CHASE_EACH    7
#define NGX_HTTP_IOATTEST_CHASE_MORE    5

/* after a change a fleet is watched for so many times "ioattest_valid" */
#define NGX_HTTP_IOATTEST_WATCH_LIVES   10

/* draws of a watch per "ioattest_valid" and known machine */
#define NGX_HTTP_IOATTEST_WATCH_EACH    8

/*
 * Tenths of draws per machine after which one in a thousand machines has not
 * been met: ln(1000).
 */
#define NGX_HTTP_IOATTEST_KEEP_TENTHS   69

/* ends of searches are logged once per interval, with so many in a burst */
#define NGX_HTTP_IOATTEST_TELL_TIME     60000   /* ms */
#define NGX_HTTP_IOATTEST_TELL_BURST    8

/* that "ioattest_parallel" is too low is logged no more often, ms */
#define NGX_HTTP_IOATTEST_BEHIND_TIME   3600000

/* a share is computed over at most so many attestations */
#define NGX_HTTP_IOATTEST_SHARE_MAX     256

/*
 * While all evidence is refused, so many draws are made per "ioattest_refresh"
 * at most, and never two within LEAST ms.
 */
#define NGX_HTTP_IOATTEST_REFUSED_DRAWS  256
#define NGX_HTTP_IOATTEST_REFUSED_LEAST  20


static ngx_uint_t ngx_http_ioattest_census_count_locked(
    ngx_http_ioattest_model_node_t *mn, ngx_msec_t valid);
static void ngx_http_ioattest_census_search(
    ngx_http_ioattest_model_node_t *mn);
static void ngx_http_ioattest_census_answered_locked(
    ngx_http_ioattest_sh_t *sh, ngx_http_ioattest_model_node_t *mn,
    ngx_uint_t new, const ngx_http_ioattest_limits_t *limits,
    ngx_http_ioattest_news_t *news);
static void ngx_http_ioattest_census_tell_locked(
    ngx_http_ioattest_model_node_t *mn, ngx_uint_t count,
    ngx_http_ioattest_news_t *news);
static void ngx_http_ioattest_census_end_locked(ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_model_node_t *mn,
    const ngx_http_ioattest_limits_t *limits);
static ngx_uint_t ngx_http_ioattest_census_bound_locked(
    ngx_http_ioattest_model_node_t *mn, ngx_msec_t valid, ngx_uint_t *n);
static ngx_uint_t ngx_http_ioattest_census_stale_locked(
    ngx_http_ioattest_model_node_t *mn,
    const ngx_http_ioattest_limits_t *limits, ngx_uint_t count,
    ngx_msec_t *window);
static ngx_uint_t ngx_http_ioattest_census_behind(
    ngx_http_ioattest_model_node_t *mn,
    const ngx_http_ioattest_limits_t *limits, ngx_uint_t need);
static ngx_uint_t ngx_http_ioattest_census_wants_locked(
    ngx_http_ioattest_sh_t *sh, ngx_http_ioattest_node_t *model,
    const ngx_http_ioattest_limits_t *limits, ngx_uint_t count);
static ngx_msec_t ngx_http_ioattest_census_pace(
    const ngx_http_ioattest_limits_t *limits);
static ngx_uint_t ngx_http_ioattest_census_need(
    ngx_http_ioattest_model_node_t *mn, ngx_msec_t window, ngx_uint_t count);
static ngx_uint_t ngx_http_ioattest_census_watch(
    ngx_http_ioattest_model_node_t *mn,
    const ngx_http_ioattest_limits_t *limits, ngx_uint_t count);
static ngx_uint_t ngx_http_ioattest_census_less(ngx_uint_t wanted,
    ngx_uint_t busy);


/* Machines that have not expired, without those given up by a chase. */

static ngx_uint_t
ngx_http_ioattest_census_count_locked(ngx_http_ioattest_model_node_t *mn,
    ngx_msec_t valid)
{
    ngx_uint_t                         n;
    ngx_queue_t                       *q;
    ngx_http_ioattest_node_t          *node;
    ngx_http_ioattest_machine_node_t  *machine;

    n = 0;

    for (q = ngx_queue_head(&mn->machines);
         q != ngx_queue_sentinel(&mn->machines);
         q = ngx_queue_next(q))
    {
        node = ngx_queue_data(q, ngx_http_ioattest_node_t,
                              u.machine.siblings);
        machine = &node->u.machine;

        if (!machine->given_up
            && ngx_http_ioattest_machine_good_locked(&machine->info, valid))
        {
            n++;
        }
    }

    return n;
}


ngx_uint_t
ngx_http_ioattest_attempts_locked(ngx_http_ioattest_model_node_t *mn,
    const ngx_http_ioattest_limits_t *limits)
{
    ngx_uint_t  n;

    if (limits->attempts != NGX_HTTP_IOATTEST_ATTEMPTS_AUTO) {
        return limits->attempts;
    }

    n = ngx_http_ioattest_census_count_locked(mn, limits->census_valid);

    return ngx_max(NGX_HTTP_IOATTEST_ATTEMPTS_EACH * n,
                   NGX_HTTP_IOATTEST_ATTEMPTS_LEAST);
}


/*
 * Signers may be forged: they begin a search once in "ioattest_fail_timeout"
 * only, unless the last such search has met a new machine.
 */

void
ngx_http_ioattest_census_unknown_locked(ngx_http_ioattest_model_node_t *mn,
    const ngx_http_ioattest_limits_t *limits)
{
    if (mn->census == NGX_HTTP_IOATTEST_CENSUS_SEARCH
        || (mn->for_signer
            && ngx_http_ioattest_within(mn->signer_at, limits->fail_timeout)))
    {
        return;
    }

    ngx_http_ioattest_census_search(mn);

    mn->for_signer = 1;
    mn->signer_at = ngx_current_msec;
}


static void
ngx_http_ioattest_census_search(ngx_http_ioattest_model_node_t *mn)
{
    mn->census = NGX_HTTP_IOATTEST_CENSUS_SEARCH;
    mn->streak = 0;
    mn->searched = 0;
    mn->search_at = ngx_current_msec;
}


void
ngx_http_ioattest_census_met_locked(ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_model_node_t *mn, ngx_uint_t known, ngx_uint_t new,
    const ngx_http_ioattest_limits_t *limits, ngx_http_ioattest_news_t *news)
{
    mn->met++;
    mn->share_met++;

    if (known) {
        mn->streak++;

    } else {
        mn->for_signer = 0;
        mn->streak = 0;

        if (mn->census != NGX_HTTP_IOATTEST_CENSUS_SEARCH) {
            ngx_http_ioattest_census_search(mn);
        }
    }

    if (new && mn->searches) {
        mn->changed = 1;
        mn->changed_at = ngx_current_msec;
    }

    ngx_http_ioattest_census_answered_locked(sh, mn, new, limits, news);
}


void
ngx_http_ioattest_census_refused_locked(ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_model_node_t *mn, ngx_uint_t new,
    const ngx_http_ioattest_limits_t *limits, ngx_http_ioattest_news_t *news)
{
    mn->share_refused++;

    ngx_http_ioattest_census_answered_locked(sh, mn, new, limits, news);
}


static void
ngx_http_ioattest_census_answered_locked(ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_model_node_t *mn, ngx_uint_t new,
    const ngx_http_ioattest_limits_t *limits, ngx_http_ioattest_news_t *news)
{
    ngx_uint_t  count;

    mn->answered++;
    mn->searched++;

    if (mn->share_met + mn->share_refused >= NGX_HTTP_IOATTEST_SHARE_MAX) {
        mn->share_met /= 2;
        mn->share_refused /= 2;
    }

    if (new) {
        mn->new_at = mn->answered;
        mn->last_new = ngx_time();
        mn->searched = 0;
    }

    if (mn->census != NGX_HTTP_IOATTEST_CENSUS_SEARCH && !mn->ended) {
        return;
    }

    count = ngx_http_ioattest_census_count_locked(mn, limits->census_valid);

    if (mn->census == NGX_HTTP_IOATTEST_CENSUS_SEARCH) {

        if (mn->searched < NGX_HTTP_IOATTEST_SEARCH_EACH * count
                           + NGX_HTTP_IOATTEST_SEARCH_MORE
            && (count == 0
                || mn->streak < NGX_HTTP_IOATTEST_STREAK_EACH * count
                                + NGX_HTTP_IOATTEST_STREAK_MORE))
        {
            return;
        }

        ngx_http_ioattest_census_end_locked(sh, mn, limits);

        mn->ended = 1;
    }

    ngx_http_ioattest_census_tell_locked(mn, count, news);
}


/*
 * Unknown signers start one search after the other: its end is logged only if
 * it found other machines than the last one, and not too often.  What may not
 * be logged now is logged with a later outcome.
 */

static void
ngx_http_ioattest_census_tell_locked(ngx_http_ioattest_model_node_t *mn,
    ngx_uint_t count, ngx_http_ioattest_news_t *news)
{
    ngx_msec_t  until;

    if (mn->told_known == count + 1 && mn->told_new_at == mn->new_at) {
        mn->ended = 0;
        return;
    }

    until = mn->told_until;

    if (mn->told_known == 0
        || (ngx_msec_int_t) (until - ngx_current_msec) < 0)
    {
        until = ngx_current_msec;
    }

    if (until - ngx_current_msec
        > (NGX_HTTP_IOATTEST_TELL_BURST - 1) * NGX_HTTP_IOATTEST_TELL_TIME)
    {
        return;
    }

    mn->ended = 0;
    mn->told_known = count + 1;
    mn->told_new_at = mn->new_at;
    mn->told_until = until + NGX_HTTP_IOATTEST_TELL_TIME;

    news->searched = 1;
    news->known = count;
    news->draws = mn->answered - mn->new_at;
}


/* Called at the end of a search, to draw the conclusions. */

static void
ngx_http_ioattest_census_end_locked(ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_model_node_t *mn,
    const ngx_http_ioattest_limits_t *limits)
{
    u_char      key32[NGX_HTTP_IOATTEST_KEY_LEN];
    ngx_uint_t  n, bound;

    mn->census = NGX_HTTP_IOATTEST_CENSUS_IDLE;
    mn->searches++;
    mn->searched_at = mn->search_at;

    ngx_http_ioattest_notes_searched_locked(mn,
                              ngx_http_ioattest_attempts_locked(mn, limits));

    bound = ngx_http_ioattest_census_bound_locked(mn, limits->census_valid,
                                                  &n);
    mn->mixed = (bound && bound < n);

    if (n && bound == n) {
        ngx_http_ioattest_bound_key(key32, limits, &mn->names);
        ngx_http_ioattest_bound_strict_locked(sh, key32);
    }
}


/* Machines not expired whose signers hardware binds; *n: all not expired. */

static ngx_uint_t
ngx_http_ioattest_census_bound_locked(ngx_http_ioattest_model_node_t *mn,
    ngx_msec_t valid, ngx_uint_t *n)
{
    ngx_uint_t                    bound;
    ngx_queue_t                  *q;
    ngx_http_ioattest_node_t     *node;
    ngx_http_ioattest_machine_t  *machine;

    *n = 0;
    bound = 0;

    for (q = ngx_queue_head(&mn->machines);
         q != ngx_queue_sentinel(&mn->machines);
         q = ngx_queue_next(q))
    {
        node = ngx_queue_data(q, ngx_http_ioattest_node_t,
                              u.machine.siblings);
        machine = &node->u.machine.info;

        if (ngx_http_ioattest_machine_good_locked(machine, valid)) {
            (*n)++;
            bound += (machine->proved.signer_bound != 0);
        }
    }

    return bound;
}


/*
 * How many machines have less than "ioattest_refresh" left, without those
 * that so many draws have not met that they must be gone.  *window: in which
 * the one with the least time has to be met.
 */

static ngx_uint_t
ngx_http_ioattest_census_stale_locked(ngx_http_ioattest_model_node_t *mn,
    const ngx_http_ioattest_limits_t *limits, ngx_uint_t count,
    ngx_msec_t *window)
{
    ngx_uint_t                         n;
    ngx_msec_t                         before;
    ngx_queue_t                       *q;
    ngx_http_ioattest_node_t          *node;
    ngx_http_ioattest_machine_node_t  *machine;

    if (limits->census_refresh == 0) {
        return 0;
    }

    n = 0;
    *window = limits->census_refresh;

    for (q = ngx_queue_head(&mn->machines);
         q != ngx_queue_sentinel(&mn->machines);
         q = ngx_queue_next(q))
    {
        node = ngx_queue_data(q, ngx_http_ioattest_node_t,
                              u.machine.siblings);
        machine = &node->u.machine;

        if (machine->given_up
            || ngx_http_ioattest_machine_due(&machine->info,
                                             limits->census_valid,
                                             limits->census_refresh, &before)
            || !ngx_http_ioattest_machine_good_locked(&machine->info,
                                                      limits->census_valid))
        {
            continue;
        }

        if (!machine->chased) {
            machine->chased = 1;
            machine->chase_met = mn->met;
        }

        if (mn->met - machine->chase_met
            >= NGX_HTTP_IOATTEST_CHASE_EACH * count
               + NGX_HTTP_IOATTEST_CHASE_MORE)
        {
            machine->given_up = 1;
            continue;
        }

        *window = ngx_min(*window, before);
        n++;
    }

    return n;
}


/* Parallel attestations that are needed to keep the machines attested. */

static ngx_uint_t
ngx_http_ioattest_census_need(ngx_http_ioattest_model_node_t *mn,
    ngx_msec_t window, ngx_uint_t count)
{
    uint64_t  draws;

    if (window == 0) {
        return 1;
    }

    draws = (uint64_t) NGX_HTTP_IOATTEST_KEEP_TENTHS * count * mn->took / 10;

    return (draws + window - 1) / window;
}


ngx_uint_t
ngx_http_ioattest_census_due_locked(ngx_http_ioattest_found_t *found,
    ngx_http_ioattest_sh_t *sh, ngx_http_ioattest_node_t *model,
    const ngx_http_ioattest_limits_t *limits)
{
    ngx_uint_t                       count, need, wants;
    ngx_http_ioattest_model_node_t  *mn;

    mn = &model->u.model;

    count = ngx_http_ioattest_census_count_locked(mn, limits->census_valid);
    need = ngx_http_ioattest_census_need(mn, limits->census_refresh, count);

    found->behind = ngx_http_ioattest_census_behind(mn, limits, need);

    wants = ngx_http_ioattest_census_wants_locked(sh, model, limits, count);

    if (wants && mn->refusals >= NGX_HTTP_IOATTEST_FAILS_MAX) {
        return !ngx_http_ioattest_within(mn->started,
                                       ngx_http_ioattest_census_pace(limits));
    }

    return wants;
}


/*
 * Returns what is to be logged.  What attestations take, and so what is
 * needed, goes up and down around what there is: it is logged once an hour.
 */

static ngx_uint_t
ngx_http_ioattest_census_behind(ngx_http_ioattest_model_node_t *mn,
    const ngx_http_ioattest_limits_t *limits, ngx_uint_t need)
{
    if (need <= limits->parallel) {
        mn->behind = 0;
        return 0;
    }

    /* before the first search has ended the number would be too small */

    if (!mn->behind
        && mn->census == NGX_HTTP_IOATTEST_CENSUS_SEARCH
        && ngx_current_msec - mn->search_at < limits->census_valid)
    {
        return 0;
    }

    mn->behind = 1;

    if (mn->behind_told
        && ngx_http_ioattest_within(mn->behind_at,
                                    NGX_HTTP_IOATTEST_BEHIND_TIME))
    {
        return 0;
    }

    mn->behind_told = 1;
    mn->behind_at = ngx_current_msec;

    return need;
}


/*
 * Refused evidence is no reason to pause: machines that are good wait to be
 * met among those that are not.  But draws whose evidence is refused bring
 * neither a chase nor a search to its end, so they get a pace, which still
 * leaves enough draws to meet one good machine among forty.
 */

static ngx_msec_t
ngx_http_ioattest_census_pace(const ngx_http_ioattest_limits_t *limits)
{
    ngx_msec_t  ms;

    ms = limits->census_refresh ? limits->census_refresh
                                : limits->census_valid / 4;
    ms /= NGX_HTTP_IOATTEST_REFUSED_DRAWS;

    return ngx_max(ngx_min(ms, limits->fail_timeout),
                   NGX_HTTP_IOATTEST_REFUSED_LEAST);
}


static ngx_uint_t
ngx_http_ioattest_census_wants_locked(ngx_http_ioattest_sh_t *sh,
    ngx_http_ioattest_node_t *model, const ngx_http_ioattest_limits_t *limits,
    ngx_uint_t count)
{
    ngx_msec_t                       window;
    ngx_uint_t                       all, busy, stale, wanted;
    ngx_http_ioattest_model_node_t  *mn;

    mn = &model->u.model;

    if (mn->fails >= NGX_HTTP_IOATTEST_FAILS_MAX) {

        /* while a machine is trusted only silences count as failures */

        if ((ngx_msec_int_t) (mn->retry_at - ngx_current_msec) > 0) {
            return 0;
        }

        return ngx_http_ioattest_census_less(1,
                        ngx_http_ioattest_slots_busy_locked(sh, model, NULL));
    }

    busy = ngx_http_ioattest_slots_moving_locked(sh, model);

    if (mn->census == NGX_HTTP_IOATTEST_CENSUS_SEARCH) {

        wanted = NGX_HTTP_IOATTEST_STREAK_EACH * count
                 + NGX_HTTP_IOATTEST_STREAK_MORE;
        wanted = ngx_http_ioattest_census_less(wanted, mn->streak);

        return ngx_http_ioattest_census_less(ngx_max(wanted, 1), busy);
    }

    if (mn->mixed
        && ngx_http_ioattest_census_bound_locked(mn, limits->census_valid,
                                                 &all)
           == all)
    {
        /* all signers are bound now: a search has to confirm it */

        mn->mixed = 0;
        ngx_http_ioattest_census_search(mn);

        return ngx_http_ioattest_census_less(1, busy);
    }

    stale = ngx_http_ioattest_census_stale_locked(mn, limits, count, &window);

    if (stale == 0) {
        mn->census = NGX_HTTP_IOATTEST_CENSUS_IDLE;

        return ngx_http_ioattest_census_watch(mn, limits, count);
    }

    mn->census = NGX_HTTP_IOATTEST_CENSUS_CHASE;

    /* no more than needed: one that comes too late is a wasted draw */

    wanted = (count <= 1)
             ? 1 : ngx_max(ngx_http_ioattest_census_need(mn, window, count),
                           2);

    return ngx_http_ioattest_census_less(wanted, busy);
}


/* Whether the next draw of a watch is due, however long others take. */

static ngx_uint_t
ngx_http_ioattest_census_watch(ngx_http_ioattest_model_node_t *mn,
    const ngx_http_ioattest_limits_t *limits, ngx_uint_t count)
{
    if (mn->changed
        && !ngx_http_ioattest_within(mn->changed_at,
                                     NGX_HTTP_IOATTEST_WATCH_LIVES
                                     * limits->census_valid))
    {
        mn->changed = 0;
    }

    return mn->changed && count
           && limits->census_refresh
           && !ngx_http_ioattest_within(mn->started, limits->census_valid
                                     / (NGX_HTTP_IOATTEST_WATCH_EACH * count));
}


static ngx_uint_t
ngx_http_ioattest_census_less(ngx_uint_t wanted, ngx_uint_t busy)
{
    return (wanted > busy) ? wanted - busy : 0;
}
