
/*
 * Which state of a request may follow which.  This file does not need nginx,
 * so that it can be tested alone: t/unit/state.c.
 */


#include "request/ngx_http_ioattest_state.h"


#define NGX_HTTP_IOATTEST_TO(name)  (1U << NGX_HTTP_IOATTEST_STATE_##name)


/*
 * In a dry run any state before the verdict may become EXEMPT.  No state
 * leads back to one before SENT, nor from one that refuses to one that lets
 * pass.
 */

static const struct {
    const char  *name;
    unsigned     next;
    unsigned     dry;
} ngx_http_ioattest_states[] = {

    { "start",
      NGX_HTTP_IOATTEST_TO(BODY)
      |NGX_HTTP_IOATTEST_TO(REFUSED),
      NGX_HTTP_IOATTEST_TO(EXEMPT) },

    /* before the request is sent, nginx itself may respond with an error */

    { "body",
      NGX_HTTP_IOATTEST_TO(MODEL)
      |NGX_HTTP_IOATTEST_TO(REFUSED)
      |NGX_HTTP_IOATTEST_TO(UNSIGNED),
      NGX_HTTP_IOATTEST_TO(EXEMPT) },

    /* without "ioattest_request" nothing is attested */

    { "model",
      NGX_HTTP_IOATTEST_TO(RESOLVE)
      |NGX_HTTP_IOATTEST_TO(SENT)
      |NGX_HTTP_IOATTEST_TO(REFUSED)
      |NGX_HTTP_IOATTEST_TO(UNSIGNED),
      NGX_HTTP_IOATTEST_TO(EXEMPT) },

    { "resolve",
      NGX_HTTP_IOATTEST_TO(ATTEST)
      |NGX_HTTP_IOATTEST_TO(REFUSED)
      |NGX_HTTP_IOATTEST_TO(UNSIGNED),
      NGX_HTTP_IOATTEST_TO(EXEMPT) },

    { "attest",
      NGX_HTTP_IOATTEST_TO(SENT)
      |NGX_HTTP_IOATTEST_TO(REFUSED)
      |NGX_HTTP_IOATTEST_TO(UNSIGNED),
      NGX_HTTP_IOATTEST_TO(EXEMPT) },

    /* RELEASED: with "ioattest_bind off" the header alone is judged */

    { "sent",
      NGX_HTTP_IOATTEST_TO(REDIRECTED)
      |NGX_HTTP_IOATTEST_TO(HOLD)
      |NGX_HTTP_IOATTEST_TO(STREAM)
      |NGX_HTTP_IOATTEST_TO(RELEASED)
      |NGX_HTTP_IOATTEST_TO(REFUSED)
      |NGX_HTTP_IOATTEST_TO(UNSIGNED),
      NGX_HTTP_IOATTEST_TO(EXEMPT) },

    { "redirected",
      NGX_HTTP_IOATTEST_TO(REFUSED),
      NGX_HTTP_IOATTEST_TO(EXEMPT) },

    { "hold",
      NGX_HTTP_IOATTEST_TO(POSTED)
      |NGX_HTTP_IOATTEST_TO(RELEASED)
      |NGX_HTTP_IOATTEST_TO(REFUSED),
      NGX_HTTP_IOATTEST_TO(EXEMPT) },

    { "stream",
      NGX_HTTP_IOATTEST_TO(POSTED)
      |NGX_HTTP_IOATTEST_TO(RELEASED)
      |NGX_HTTP_IOATTEST_TO(REFUSED),
      NGX_HTTP_IOATTEST_TO(EXEMPT) },

    { "posted",
      NGX_HTTP_IOATTEST_TO(WAIT)
      |NGX_HTTP_IOATTEST_TO(REFUSED),
      NGX_HTTP_IOATTEST_TO(EXEMPT) },

    { "wait",
      NGX_HTTP_IOATTEST_TO(RELEASED)
      |NGX_HTTP_IOATTEST_TO(REFUSED),
      NGX_HTTP_IOATTEST_TO(EXEMPT) },

    /* a filter below may fail, and error_page may then ask an upstream */

    { "released",
      NGX_HTTP_IOATTEST_TO(REFUSED),
      NGX_HTTP_IOATTEST_TO(EXEMPT) },

    /* REFUSED again if the response to error_page may not pass either */

    { "refused",
      NGX_HTTP_IOATTEST_TO(REFUSED)
      |NGX_HTTP_IOATTEST_TO(ANSWERED),
      0 },

    { "answered", 0, 0 },

    { "unsigned", 0, 0 },

    { "exempt", 0, 0 }
};


unsigned
ngx_http_ioattest_state_may(ngx_http_ioattest_state_e from,
    ngx_http_ioattest_state_e to, unsigned dry_run)
{
    unsigned  next;

    next = ngx_http_ioattest_states[from].next;

    if (dry_run) {
        next |= ngx_http_ioattest_states[from].dry;
    }

    return (next >> to) & 1;
}


ngx_http_ioattest_state_e
ngx_http_ioattest_state_next(ngx_http_ioattest_state_e from,
    ngx_http_ioattest_state_e to, unsigned dry_run)
{
    if (ngx_http_ioattest_state_may(from, to, dry_run)) {
        return to;
    }

    /* a client that has been answered gets no second response */

    return (from == NGX_HTTP_IOATTEST_STATE_ANSWERED)
           ? from : NGX_HTTP_IOATTEST_STATE_REFUSED;
}


const char *
ngx_http_ioattest_state_name(ngx_http_ioattest_state_e state)
{
    return ngx_http_ioattest_states[state].name;
}
