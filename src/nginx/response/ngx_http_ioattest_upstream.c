
/*
 * What else an upstream can do to a request: redirect it (X-Accel-Redirect),
 * and break its response off in a way that has nginx close the client's
 * connection silently.
 */


#include "request/ngx_http_ioattest_conf.h"
#include "request/ngx_http_ioattest_context.h"
#include "request/ngx_http_ioattest_headers.h"
#include "request/ngx_http_ioattest_refusal.h"
#include "subrequest/ngx_http_ioattest_subrequest.h"
#include "response/ngx_http_ioattest_response.h"


/*
 * If an input filter fails, at an invalid chunk for example, nginx finalizes
 * the request with NGX_ERROR without calling any filter, and the refusal
 * would be neither logged nor told to the client.  So the input filters of
 * responses that are to be verified are wrapped: a failure becomes an
 * upstream that breaks off, which ends with a flush.
 */
typedef struct {
    ngx_http_request_t              *request;
    ngx_int_t                      (*init)(void *data);
    ngx_int_t                      (*filter)(void *data, ssize_t bytes);
    void                            *filter_ctx;
    ngx_event_pipe_input_filter_pt   pipe_filter;
    void                            *pipe_ctx;
    ngx_uint_t                       broken;
} ngx_http_ioattest_watch_t;


static ngx_int_t ngx_http_ioattest_watch_init(void *data);
static ngx_int_t ngx_http_ioattest_watch_filter(void *data, ssize_t bytes);
static ngx_int_t ngx_http_ioattest_watch_pipe(ngx_event_pipe_t *p,
    ngx_buf_t *buf);
static ngx_int_t ngx_http_ioattest_upstream_redirected(
    ngx_http_request_t *r);


ngx_int_t
ngx_http_ioattest_upstream_watch(ngx_http_request_t *r)
{
    ngx_http_upstream_t        *u;
    ngx_http_ioattest_watch_t  *w;

    u = r->upstream;

    w = ngx_pcalloc(r->pool, sizeof(ngx_http_ioattest_watch_t));
    if (w == NULL) {
        return NGX_ERROR;
    }

    w->request = r;
    w->init = u->input_filter_init;
    w->filter_ctx = u->input_filter_ctx;

    if (u->pipe) {
        w->pipe_ctx = u->pipe->input_ctx;
        u->pipe->input_ctx = w;
    }

    /*
     * The input filters themselves are set by the init function, which
     * ngx_http_upstream_send_response() calls right after the header was
     * sent.
     */

    u->input_filter_init = ngx_http_ioattest_watch_init;
    u->input_filter_ctx = w;

    return NGX_OK;
}


static ngx_int_t
ngx_http_ioattest_watch_init(void *data)
{
    ngx_http_ioattest_watch_t *w = data;

    ngx_int_t             rc;
    ngx_http_upstream_t  *u;

    u = w->request->upstream;
    rc = NGX_OK;

    if (w->init) {
        rc = w->init(u->buffering ? w->pipe_ctx : w->filter_ctx);
    }

    if (u->buffering) {
        w->pipe_filter = u->pipe->input_filter;
        u->pipe->input_filter = ngx_http_ioattest_watch_pipe;

    } else {
        w->filter = u->input_filter;
        u->input_filter = ngx_http_ioattest_watch_filter;
    }

    return rc;
}


static ngx_int_t
ngx_http_ioattest_watch_filter(void *data, ssize_t bytes)
{
    ngx_http_ioattest_watch_t *w = data;

    ngx_http_upstream_t  *u;

    u = w->request->upstream;

    if (!w->broken && w->filter(w->filter_ctx, bytes) != NGX_ERROR) {
        return NGX_OK;
    }

    /* handled by ngx_http_upstream_process_non_buffered_request() */

    w->broken = 1;

    u->error = 1;
    u->length = 1;
    u->buffer.last = u->buffer.end;

    return NGX_OK;
}


static ngx_int_t
ngx_http_ioattest_watch_pipe(ngx_event_pipe_t *p, ngx_buf_t *buf)
{
    ngx_int_t                   rc;
    ngx_http_ioattest_watch_t  *w;

    w = p->input_ctx;

    if (!w->broken) {
        p->input_ctx = w->pipe_ctx;
        rc = w->pipe_filter(p, buf);
        p->input_ctx = w;

        if (rc != NGX_ERROR) {
            return rc;
        }
    }

    /* handled by ngx_http_upstream_process_request() */

    w->broken = 1;

    p->upstream_error = 1;
    p->upstream_done = 0;
    p->length = 1;

    return NGX_OK;
}


ngx_uint_t
ngx_http_ioattest_upstream_redirects(ngx_http_request_t *r,
    ngx_http_ioattest_ctx_t *ctx)
{
    ngx_http_upstream_t  *u;

    u = r->upstream;

    if (ctx->state == NGX_HTTP_IOATTEST_STATE_REDIRECTED) {
        return 1;
    }

    if (ctx->state == NGX_HTTP_IOATTEST_STATE_SENT
        && u
        && u->headers_in.x_accel_redirect
        && !(u->conf->ignore_headers & NGX_HTTP_UPSTREAM_IGN_XA_REDIRECT))
    {
        (void) ngx_http_ioattest_set_state(ctx,
                                        NGX_HTTP_IOATTEST_STATE_REDIRECTED);
        return 1;
    }

    return 0;
}


/*
 * nginx runs the handlers of a phase in reverse order of registration: this
 * one runs before those of the rewrite module, which may respond.
 */

ngx_int_t
ngx_http_ioattest_upstream_init(ngx_conf_t *cf)
{
    ngx_uint_t                  i;
    ngx_http_handler_pt        *h;
    ngx_http_core_main_conf_t  *cmcf;

    static const ngx_http_phases  phases[] = {
        NGX_HTTP_SERVER_REWRITE_PHASE, NGX_HTTP_REWRITE_PHASE
    };

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    for (i = 0; i < sizeof(phases) / sizeof(phases[0]); i++) {

        h = ngx_array_push(&cmcf->phases[phases[i]].handlers);
        if (h == NULL) {
            return NGX_ERROR;
        }

        *h = ngx_http_ioattest_upstream_redirected;
    }

    return NGX_OK;
}


/*
 * Called right after a redirect, while r->upstream is still the one that may
 * have caused it.  Headers from that upstream are removed: nginx copies some
 * of them before it redirects, and would send them with the new response.
 *
 * An exchange of ours ends here, before the location that its reply named is
 * asked: which one that is would be for the API or a service to choose.
 * (After error_page there is nothing to end: the error has ended it.)
 */

static ngx_int_t
ngx_http_ioattest_upstream_redirected(ngx_http_request_t *r)
{
    ngx_uint_t                       redirected;
    ngx_http_ioattest_ctx_t         *ctx;
    ngx_http_core_srv_conf_t        *cscf;
    ngx_http_ioattest_loc_conf_t    *ilcf;
    ngx_http_ioattest_subrequest_t  *sub;

    if (!r->internal || r->upstream == NULL) {
        return NGX_DECLINED;
    }

    if (r != r->main) {

        sub = ngx_http_ioattest_subrequest_find(r);

        if (sub == NULL) {
            return NGX_DECLINED;
        }

        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "ioattest: the reply to \"%V\" names another location "
                      "by X-Accel-Redirect and is refused, set "
                      "\"proxy_ignore_headers X-Accel-Redirect\" there",
                      &sub->asked);

        return NGX_HTTP_BAD_GATEWAY;
    }

    ctx = ngx_http_ioattest_ctx_find(r, &redirected);

    if (ctx == NULL || !redirected || ctx->conf->dry_run
        || !ngx_http_ioattest_upstream_redirects(r, ctx))
    {
        return NGX_DECLINED;
    }

    ngx_http_clean_header(r);
    ngx_http_ioattest_headers_restore(r, ctx);

    ilcf = ngx_http_get_module_loc_conf(r, ngx_http_ioattest_module);
    cscf = ngx_http_get_module_srv_conf(r, ngx_http_core_module);

    if (ilcf->zone || r->loc_conf == cscf->ctx->loc_conf) {

        /* protected, or its location has not been looked up yet */

        return NGX_DECLINED;
    }

    ngx_http_set_ctx(r, ctx, ngx_http_ioattest_module);

    (void) ngx_http_ioattest_refuse(ctx, IOA_NO_SIGNATURE,
                                    NGX_HTTP_IOATTEST_REDIRECTED);

    return ctx->status;
}
