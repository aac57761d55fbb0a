
/*
 * Whether a reply came over verified TLS, checked on the very connection that
 * brought it.  Unsigned content is accepted only then, or with
 * "ioattest_ssl_verify off".
 *
 * The upstream's handshake alone does not show that.  nginx verifies nothing
 * by default, reuses connections that another location has opened, whatever
 * that location verified, and resumes sessions made under another location's
 * CA together with their result.  So everything is checked when the header of
 * a reply comes, while the connection is still there.  A reply whose header
 * was not seen is not verified.
 */


#include "request/ngx_http_ioattest_printable.h"
#include "subrequest/ngx_http_ioattest_subrequest.h"


/* with NGX_COMPAT the module may be loaded by an nginx that has TLS */

#if (NGX_HTTP_SSL || NGX_COMPAT)
#define NGX_HTTP_IOATTEST_TLS  1
#include <ngx_event_openssl.h>
#else
#define NGX_HTTP_IOATTEST_TLS  0
#endif


typedef struct {
    const char  *before;    /* what is wrong, before name or result */
    const char  *after;
    const char  *mend;      /* %V: the prefix of the module's directives */
} ngx_http_ioattest_lacks_t;


static ngx_http_ioattest_tls_e ngx_http_ioattest_tls_judge(
    ngx_http_ioattest_subrequest_t *sub);
#if (NGX_HTTP_IOATTEST_TLS)
static ngx_http_ioattest_tls_e ngx_http_ioattest_tls_connection(
    ngx_http_ioattest_subrequest_t *sub, ngx_http_upstream_t *u,
    ngx_ssl_conn_t *ssl);
static ngx_http_ioattest_tls_e ngx_http_ioattest_tls_host(
    ngx_http_ioattest_subrequest_t *sub, ngx_http_upstream_t *u,
    ngx_ssl_conn_t *ssl);
static ngx_int_t ngx_http_ioattest_tls_name(ngx_http_request_t *r,
    ngx_http_upstream_t *u, ngx_str_t *name);
#endif


static const ngx_http_ioattest_lacks_t  ngx_http_ioattest_tls_lacks[] = {

    [NGX_HTTP_IOATTEST_TLS_UNSEEN] = {
        "its connection was closed before it could be checked", "",
        ", set \"%V_intercept_errors off\" there" },

    [NGX_HTTP_IOATTEST_TLS_VERIFIED] = { "", "", "" },

    [NGX_HTTP_IOATTEST_TLS_NOBODY] = {
        "it was made by nginx itself, without a connection", "",
        ", set \"%V_pass https://...\" there" },

    [NGX_HTTP_IOATTEST_TLS_CACHED] = {
        "it came from a cache", "", ", set \"%V_cache off\" there" },

    [NGX_HTTP_IOATTEST_TLS_NOT_BUILT] = {
        "this module was built for an nginx without TLS", "",
        ", configure that with --with-http_ssl_module" },

    [NGX_HTTP_IOATTEST_TLS_NONE] = {
        "its connection has no TLS", "",
        ", set \"%V_pass https://...\" there" },

    [NGX_HTTP_IOATTEST_TLS_OTHERS] = {
        "its connection was opened and kept by another location", "",
        ", set \"%V_pass\" there to an upstream of its own without "
        "\"keepalive\"" },

    [NGX_HTTP_IOATTEST_TLS_VERIFY_OFF] = {
        "the certificate of its connection was not verified", "",
        ", set \"%V_ssl_verify on\" there" },

    [NGX_HTTP_IOATTEST_TLS_UNTRUSTED] = {
        "the certificate of its connection does not verify (", ")",
        ", set \"%V_ssl_trusted_certificate\" there to the file of its CA" },

    [NGX_HTTP_IOATTEST_TLS_RESUMED] = {
        "its TLS session was resumed, which another CA may have made", "",
        ", set \"%V_ssl_session_reuse off\" there" },

    [NGX_HTTP_IOATTEST_TLS_NAME] = {
        "the certificate of its connection is not for \"", "\"",
        ", set \"%V_ssl_name\" there to the name of the service, and an "
        "upstream of its own without \"keepalive\"" }
};


void
ngx_http_ioattest_tls_look(ngx_http_ioattest_subrequest_t *sub)
{
    sub->tls = ngx_http_ioattest_tls_judge(sub);

    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, sub->task->log, 0,
                   "ioattest tls: %ui", (ngx_uint_t) sub->tls);
}


ngx_uint_t
ngx_http_ioattest_tls_counts(ngx_http_ioattest_subrequest_t *sub)
{
    return !sub->task->conf->ssl_verify
           || sub->tls == NGX_HTTP_IOATTEST_TLS_VERIFIED;
}


static ngx_http_ioattest_tls_e
ngx_http_ioattest_tls_judge(ngx_http_ioattest_subrequest_t *sub)
{
#if (NGX_HTTP_IOATTEST_TLS)
    ngx_connection_t     *c;
#endif
    ngx_http_upstream_t  *u;

    u = sub->request->upstream;

#if (NGX_HTTP_CACHE)

    /* a revalidated reply comes from the cache but has a connection */

    if (sub->request->cached) {
        return NGX_HTTP_IOATTEST_TLS_CACHED;
    }

#endif

    if (u == NULL || u->peer.connection == NULL) {
        return NGX_HTTP_IOATTEST_TLS_NOBODY;
    }

#if (NGX_HTTP_IOATTEST_TLS)

    c = u->peer.connection;

    if (c->ssl == NULL || u->conf->ssl == NULL) {
        return NGX_HTTP_IOATTEST_TLS_NONE;
    }

    return ngx_http_ioattest_tls_connection(sub, u, c->ssl->connection);

#else
    return NGX_HTTP_IOATTEST_TLS_NOT_BUILT;
#endif
}


#if (NGX_HTTP_IOATTEST_TLS)

static ngx_http_ioattest_tls_e
ngx_http_ioattest_tls_connection(ngx_http_ioattest_subrequest_t *sub,
    ngx_http_upstream_t *u, ngx_ssl_conn_t *ssl)
{
    /* contexts are shared only by locations with the same CA, CRL, depth */

    if (u->conf->ssl->ctx == NULL
        || SSL_get_SSL_CTX(ssl) != u->conf->ssl->ctx)
    {
        return NGX_HTTP_IOATTEST_TLS_OTHERS;
    }

    if (!u->conf->ssl_verify) {
        return NGX_HTTP_IOATTEST_TLS_VERIFY_OFF;
    }

    sub->tls_result = SSL_get_verify_result(ssl);

    if (sub->tls_result != X509_V_OK) {
        return NGX_HTTP_IOATTEST_TLS_UNTRUSTED;
    }

    /* a resumed session has the result of the handshake that made it */

    if (SSL_session_reused(ssl)) {
        return NGX_HTTP_IOATTEST_TLS_RESUMED;
    }

    return ngx_http_ioattest_tls_host(sub, u, ssl);
}


/* The name is checked here, since a context is used for many names. */

static ngx_http_ioattest_tls_e
ngx_http_ioattest_tls_host(ngx_http_ioattest_subrequest_t *sub,
    ngx_http_upstream_t *u, ngx_ssl_conn_t *ssl)
{
    int         match;
    X509       *cert;
    ngx_str_t   name;

    if (ngx_http_ioattest_tls_name(sub->request, u, &name) != NGX_OK
        || name.len == 0)
    {
        return NGX_HTTP_IOATTEST_TLS_NAME;
    }

    sub->tls_name = name;

    /* X509_check_host() takes ".test" as any name that ends so */

    if (name.data[0] == '.') {
        return NGX_HTTP_IOATTEST_TLS_NAME;
    }

    cert = SSL_get1_peer_certificate(ssl);
    if (cert == NULL) {
        return NGX_HTTP_IOATTEST_TLS_NAME;
    }

    match = X509_check_host(cert, (char *) name.data, name.len, 0, NULL);

    X509_free(cert);

    return (match == 1) ? NGX_HTTP_IOATTEST_TLS_VERIFIED
                        : NGX_HTTP_IOATTEST_TLS_NAME;
}


/*
 * As ngx_http_upstream_ssl_name(), which nginx calls for new connections only
 * and which overwrites u->ssl_name.
 */

static ngx_int_t
ngx_http_ioattest_tls_name(ngx_http_request_t *r, ngx_http_upstream_t *u,
    ngx_str_t *name)
{
    u_char  *p, *last;

    ngx_str_null(name);

    if (u->conf->ssl_name) {
        if (ngx_http_complex_value(r, u->conf->ssl_name, name) != NGX_OK) {
            return NGX_ERROR;
        }

    } else if (u->upstream) {
        *name = u->upstream->host;

    } else if (u->resolved) {
        *name = u->resolved->host;
    }

    if (name->len == 0) {
        return NGX_OK;
    }

    p = name->data;
    last = name->data + name->len;

    if (*p == '[') {
        p = ngx_strlchr(p, last, ']');

        if (p == NULL) {
            p = name->data;
        }
    }

    p = ngx_strlchr(p, last, ':');

    if (p) {
        name->len = p - name->data;
    }

    return NGX_OK;
}

#endif


/* Which condition failed, and the directive that helps. */

ngx_str_t
ngx_http_ioattest_tls_text(ngx_http_ioattest_subrequest_t *sub)
{
    size_t                            len;
    u_char                           *p, *last;
    ngx_str_t                         text, what, module;
    ngx_http_upstream_t              *u;
    const ngx_http_ioattest_lacks_t  *lacks;

    lacks = &ngx_http_ioattest_tls_lacks[sub->tls];
    u = sub->request ? sub->request->upstream : NULL;

    ngx_str_null(&what);
    ngx_str_set(&module, "proxy");

    if (u && u->conf && u->conf->module.len) {
        module = u->conf->module;
    }

    if (sub->tls == NGX_HTTP_IOATTEST_TLS_NAME) {
        what = ngx_http_ioattest_printable(sub->task->pool,
                                           sub->tls_name.data,
                                           sub->tls_name.len);
    }

#if (NGX_HTTP_IOATTEST_TLS)

    if (sub->tls == NGX_HTTP_IOATTEST_TLS_UNTRUSTED) {
        what.data = (u_char *) X509_verify_cert_error_string(sub->tls_result);
        what.len = ngx_strlen(what.data);
    }

#endif

    ngx_str_null(&text);

    len = sizeof("the reply of \"\" is not accepted: ")
          + sub->asked.len + ngx_strlen(lacks->before) + what.len
          + ngx_strlen(lacks->after) + ngx_strlen(lacks->mend) + module.len;

    text.data = ngx_pnalloc(sub->task->pool, len);
    if (text.data == NULL) {
        return text;
    }

    last = text.data + len;

    p = ngx_slprintf(text.data, last,
                     "the reply of \"%V\" is not accepted: %s%V%s",
                     &sub->asked, lacks->before, &what, lacks->after);
    p = ngx_slprintf(p, last, lacks->mend, &module);

    text.len = p - text.data;

    return text;
}
