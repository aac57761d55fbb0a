
/*
 * The replay window: which signed texts all workers have seen recently.
 *
 * If some location has a window, it gets its memory when the zone is laid out,
 * so that no node has to be dropped for it later.  A window with more texts
 * than that holds is cut short, and the status page says how often.
 */


#include "zone/ngx_http_ioattest_node.h"


#define NGX_HTTP_IOATTEST_REPLAY_RETRY  10000


static ngx_uint_t ngx_http_ioattest_replay_ready_locked(
    ngx_http_ioattest_zone_t *zone, ngx_http_ioattest_sh_t *sh);


ngx_int_t
ngx_http_ioattest_replay_open(ngx_http_ioattest_zone_t *zone)
{
    ngx_int_t                rc;
    ngx_http_ioattest_sh_t  *sh;

    sh = zone->shpool->data;

    if (sh->replay) {
        return NGX_OK;
    }

    sh = ngx_http_ioattest_store_try(zone);
    if (sh == NULL) {
        return NGX_AGAIN;
    }

    rc = (sh->replay || sh->replay_blind)
         ? NGX_OK : ngx_http_ioattest_replay_take_locked(zone, sh);

    ngx_http_ioattest_store_unlock(zone);

    return rc;
}


ngx_int_t
ngx_http_ioattest_replay_check(ngx_http_ioattest_zone_t *zone,
    ngx_str_t *text, ngx_msec_t window)
{
    u_char                   digest32[NGX_HTTP_IOATTEST_KEY_LEN];
    ngx_int_t                rc;
    ngx_http_ioattest_sh_t  *sh;

    ioa_sha256(digest32, text->data, text->len);

    sh = ngx_http_ioattest_store_lock(zone);

    rc = ngx_http_ioattest_replay_ready_locked(zone, sh)
         ? ngx_http_ioattest_replay_used(sh, digest32, window)
         : NGX_ERROR;

    ngx_http_ioattest_store_unlock(zone);

    return rc;
}


/*
 * The window exists, unless a worker of a configuration without one has laid
 * the zone out anew.  While it is not known what was used, since there was no
 * memory to keep a window, nothing is.
 */

static ngx_uint_t
ngx_http_ioattest_replay_ready_locked(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_sh_t *sh)
{
    if (sh->replay_blind) {

        if ((ngx_msec_int_t) (sh->replay_blind - ngx_current_msec) > 0) {
            return 0;
        }

        sh->replay_blind = 0;
    }

    if (sh->replay == NULL
        && (ngx_msec_int_t) (sh->replay_retry - ngx_current_msec) <= 0
        && ngx_http_ioattest_replay_take_locked(zone, sh) != NGX_OK)
    {
        /* other nodes are not dropped for it at every response */
        sh->replay_retry = ngx_current_msec + NGX_HTTP_IOATTEST_REPLAY_RETRY;
    }

    return sh->replay != NULL;
}


void
ngx_http_ioattest_replay_count(ngx_http_ioattest_zone_t *zone,
    ngx_uint_t *used, ngx_uint_t *size)
{
    ngx_http_ioattest_sh_t  *sh;

    sh = ngx_http_ioattest_store_lock(zone);
    ngx_http_ioattest_replay_size(sh, used, size);
    ngx_http_ioattest_store_unlock(zone);
}
