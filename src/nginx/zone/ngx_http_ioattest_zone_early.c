
/*
 * What machines are by the TCB that Intel will ask for next.  Nothing here
 * decides who is trusted.
 */


#include "zone/ngx_http_ioattest_node.h"


/* how often a failure is logged, ms */
#define NGX_HTTP_IOATTEST_EARLY_FAILED  3600000


typedef char ngx_http_ioattest_early_fits_t
    [IOA_TCB_LACKS_MAX + 1 <= NGX_HTTP_IOATTEST_NODE_SIZE ? 1 : -1];


static void ngx_http_ioattest_early_words_locked(
    ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_machine_node_t *machine, const char *lacks);
static ngx_uint_t ngx_http_ioattest_early_told_locked(
    ngx_http_ioattest_sh_t *sh, const ngx_http_ioattest_ids_t *ids,
    uint64_t told);


ngx_uint_t
ngx_http_ioattest_store_early(ngx_http_ioattest_zone_t *zone,
    const u_char *machine_key32, const ioa_early_t *early)
{
    uint64_t                           told;
    ngx_uint_t                         due;
    ngx_http_ioattest_sh_t            *sh;
    ngx_http_ioattest_node_t          *node;
    ngx_http_ioattest_early_t         *to;
    ngx_http_ioattest_machine_node_t  *machine;

    due = 0;

    sh = ngx_http_ioattest_store_lock(zone);

    node = ngx_http_ioattest_node_find_locked(sh, machine_key32,
                                              NGX_HTTP_IOATTEST_NODE_MACHINE);
    if (node == NULL) {
        goto done;
    }

    machine = &node->u.machine;
    to = &machine->info.early;

    ngx_http_ioattest_early_words_locked(zone, machine,
                                         early ? early->lacks : "");
    if (early == NULL) {
        to->judged = 0;
        goto done;
    }

    to->judged = 1;
    to->accepted = (early->accepted != 0);
    to->status = (uint8_t) early->status;
    to->evaluation = early->evaluation;

    told = early->evaluation + 1;

    /* a renewal needs no search */

    if (!early->accepted && to->told != told) {
        due = !ngx_http_ioattest_early_told_locked(sh,
                                                   &machine->info.proved.ids,
                                                   told);
        to->told = told;
    }

done:

    ngx_http_ioattest_store_unlock(zone);

    return due;
}


/*
 * Few machines have any, and each a piece of its own.  None is dropped for
 * them: without room they are in the log alone.
 */

static void
ngx_http_ioattest_early_words_locked(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_machine_node_t *machine, const char *lacks)
{
    if (lacks[0] == '\0') {
        ngx_http_ioattest_early_free_locked(zone, machine);
        return;
    }

    if (machine->early == NULL) {
        machine->early = ngx_slab_calloc_locked(zone->shpool,
                                                NGX_HTTP_IOATTEST_NODE_SIZE);
    }

    if (machine->early) {
        (void) ngx_cpystrn((u_char *) machine->early, (u_char *) lacks,
                           IOA_TCB_LACKS_MAX + 1);
    }
}


/* 1 if another machine on the platform was told of. */

static ngx_uint_t
ngx_http_ioattest_early_told_locked(ngx_http_ioattest_sh_t *sh,
    const ngx_http_ioattest_ids_t *ids, uint64_t told)
{
    ngx_queue_t                        *q, *p;
    ngx_http_ioattest_node_t           *model, *node;
    const ngx_http_ioattest_machine_t  *info;

    for (q = ngx_queue_head(&sh->models);
         q != ngx_queue_sentinel(&sh->models);
         q = ngx_queue_next(q))
    {
        model = ngx_queue_data(q, ngx_http_ioattest_node_t, u.model.all);

        for (p = ngx_queue_head(&model->u.model.machines);
             p != ngx_queue_sentinel(&model->u.model.machines);
             p = ngx_queue_next(p))
        {
            node = ngx_queue_data(p, ngx_http_ioattest_node_t,
                                  u.machine.siblings);
            info = &node->u.machine.info;

            if (info->early.told == told
                && info->proved.ids.cpu_len == ids->cpu_len
                && ngx_memcmp(info->proved.ids.cpu, ids->cpu, ids->cpu_len)
                   == 0)
            {
                return 1;
            }
        }
    }

    return 0;
}


/* It was judged a moment ago, and is judged again in a moment. */

void
ngx_http_ioattest_early_again_locked(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_machine_node_t *machine,
    const ngx_http_ioattest_early_t *was)
{
    ngx_uint_t                  asked;
    ngx_http_ioattest_early_t  *early;

    early = &machine->info.early;
    asked = early->asked;

    *early = *was;
    early->asked = (uint8_t) asked;

    if (!asked) {
        early->judged = 0;
        ngx_http_ioattest_early_free_locked(zone, machine);
    }
}


ngx_uint_t
ngx_http_ioattest_store_early_failed(ngx_http_ioattest_zone_t *zone)
{
    ngx_uint_t               due;
    ngx_http_ioattest_sh_t  *sh;

    sh = ngx_http_ioattest_store_lock(zone);

    due = (sh->early_failed == 0
           || !ngx_http_ioattest_within(sh->early_failed,
                                        NGX_HTTP_IOATTEST_EARLY_FAILED));

    if (due) {
        sh->early_failed = ngx_max(ngx_current_msec, 1);
    }

    ngx_http_ioattest_store_unlock(zone);

    return due;
}
