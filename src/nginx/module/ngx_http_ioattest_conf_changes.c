
/*
 * What a reload has changed: members of policies, the size of a zone.
 */


#include "request/ngx_http_ioattest_log.h"
#include "module/ngx_http_ioattest_module.h"


/* A policy before and after a reload. */
typedef struct {
    ngx_http_ioattest_zone_t    *zone;
    ngx_http_ioattest_policy_t  *was;
    ngx_http_ioattest_policy_t  *is;
    ngx_log_t                   *log;
} ngx_http_ioattest_compared_t;


static void ngx_http_ioattest_changes_carry(ngx_array_t *to,
    const ngx_array_t *from);
static void ngx_http_ioattest_changes_line(void *data, const char *line);
static ngx_http_ioattest_change_t *ngx_http_ioattest_changes_push(
    ngx_array_t *changes);


void
ngx_http_ioattest_conf_changes(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_zone_t *old, ngx_log_t *log)
{
    ngx_uint_t                    i, j;
    ngx_http_ioattest_policy_t   *was, *is;
    ngx_http_ioattest_compared_t  compared;

    /* zones share policies: the first one has done it for all */

    if (zone->changes->nelts == 0) {
        ngx_http_ioattest_changes_carry(zone->changes, old->changes);
    }

    was = old->policies->elts;
    is = zone->policies->elts;

    for (i = 0; i < zone->policies->nelts; i++) {

        if (is[i].compared || is[i].file == NULL) {
            continue;
        }

        is[i].compared = 1;

        for (j = 0; j < old->policies->nelts; j++) {

            if (was[j].file
                && was[j].name.len == is[i].name.len
                && ngx_memcmp(was[j].name.data, is[i].name.data,
                              is[i].name.len)
                   == 0)
            {
                compared.zone = zone;
                compared.was = &was[j];
                compared.is = &is[i];
                compared.log = log;

                (void) ioa_policy_diff(was[j].file, is[i].file,
                                       ngx_http_ioattest_changes_line,
                                       &compared);
                break;
            }
        }
    }
}


/* The old configuration's memory goes with it. */

static void
ngx_http_ioattest_changes_carry(ngx_array_t *to, const ngx_array_t *from)
{
    ngx_uint_t                         i;
    ngx_http_ioattest_change_t        *place;
    const ngx_http_ioattest_change_t  *change;

    change = from->elts;

    for (i = 0; i < from->nelts; i++) {
        place = ngx_http_ioattest_changes_push(to);
        if (place == NULL) {
            return;
        }

        *place = change[i];
        place->fresh = 0;
        place->name.data = ngx_pstrdup(to->pool,
                                       (ngx_str_t *) &change[i].name);
        place->line.data = ngx_pstrdup(to->pool,
                                       (ngx_str_t *) &change[i].line);

        if (place->name.data == NULL || place->line.data == NULL) {
            to->nelts--;
            return;
        }
    }
}


/* A file that several locations name is compared, and told, once. */

static void
ngx_http_ioattest_changes_line(void *data, const char *line)
{
    ngx_http_ioattest_compared_t *compared = data;

    time_t                       now;
    ngx_log_t                    shown;
    ngx_str_t                    text, *name;
    ngx_uint_t                   i, level, loosens;
    ngx_array_t                 *changes;
    ngx_http_ioattest_change_t  *change;

    changes = compared->zone->changes;
    name = &compared->is->name;
    now = ngx_time();

    text.data = (u_char *) line;
    text.len = ngx_strlen(line);

    change = changes->elts;

    for (i = 0; i < changes->nelts; i++) {

        if (change[i].fresh
            && change[i].name.len == name->len
            && ngx_memcmp(change[i].name.data, name->data, name->len) == 0
            && change[i].line.len == text.len
            && ngx_memcmp(change[i].line.data, text.data, text.len) == 0)
        {
            return;
        }
    }

    loosens = ioa_policy_loosens(compared->was->file, compared->is->file,
                                 line);

    level = loosens ? NGX_LOG_WARN : NGX_LOG_NOTICE;

    ngx_log_error(level, ngx_http_ioattest_log_shown(&shown, compared->log), 0,
                  "ioattest: policy \"%V\": %s%s", name, line,
                  loosens ? ", which may let through what was refused" : "");

    change = ngx_http_ioattest_changes_push(changes);
    if (change == NULL) {
        return;
    }

    change->at = now;
    change->name = *name;
    change->loosens = loosens;
    change->fresh = 1;
    change->line.len = text.len;
    change->line.data = ngx_pstrdup(changes->pool, &text);

    if (change->line.data == NULL) {
        changes->nelts--;
    }
}


/* Drops the oldest, if there are too many. */

static ngx_http_ioattest_change_t *
ngx_http_ioattest_changes_push(ngx_array_t *changes)
{
    ngx_http_ioattest_change_t  *change;

    change = changes->elts;

    if (changes->nelts == NGX_HTTP_IOATTEST_CHANGES) {
        ngx_memmove(change, change + 1, (NGX_HTTP_IOATTEST_CHANGES - 1)
                                        * sizeof(ngx_http_ioattest_change_t));
        changes->nelts--;
    }

    change = ngx_array_push(changes);

    if (change) {
        ngx_memzero(change, sizeof(ngx_http_ioattest_change_t));
    }

    return change;
}


/* The zone of that name before a reload, of another size; or NULL. */

ngx_http_ioattest_zone_t *
ngx_http_ioattest_conf_resized(ngx_shm_zone_t *shm_zone)
{
    ngx_uint_t        i;
    ngx_shm_zone_t   *old;
    ngx_list_part_t  *part;

    if (ngx_cycle == NULL) {
        return NULL;
    }

    for (part = (ngx_list_part_t *) &ngx_cycle->shared_memory.part;
         part;
         part = part->next)
    {
        old = part->elts;

        for (i = 0; i < part->nelts; i++) {

            if (&old[i] != shm_zone
                && old[i].tag == shm_zone->tag
                && old[i].data
                && old[i].shm.name.len == shm_zone->shm.name.len
                && ngx_memcmp(old[i].shm.name.data, shm_zone->shm.name.data,
                              shm_zone->shm.name.len)
                   == 0)
            {
                return old[i].data;
            }
        }
    }

    return NULL;
}
