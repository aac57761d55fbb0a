
/*
 * What other services said of machines, kept in the zone.
 */


#ifndef _NGX_HTTP_IOATTEST_DOCUMENTS_H_INCLUDED_
#define _NGX_HTTP_IOATTEST_DOCUMENTS_H_INCLUDED_


#include "zone/ngx_http_ioattest_zone.h"


/* There is no such document: that of HTTP. */
#define NGX_HTTP_IOATTEST_DOCUMENT_NONE      404

/* Statuses of a document's failure that are not HTTP's. */
#define NGX_HTTP_IOATTEST_DOCUMENT_INSECURE  -1
#define NGX_HTTP_IOATTEST_DOCUMENT_LARGE     -2


/* What a caller knows of a document; all zero but key and none at first. */
typedef struct {
    u_char                      key[NGX_HTTP_IOATTEST_KEY_LEN];
    uint64_t                    token;      /* held, or waited for */
    uint64_t                    version;    /* of the copy; 0: none */
    ngx_int_t                   status;     /* of another's failure */
    time_t                      none;       /* s that a 404 is kept; 0: is not */
    ngx_str_t                   body;
    ngx_str_t                   chain;
    ngx_uint_t                  waiting;
} ngx_http_ioattest_document_t;


/*
 * What another service said, kept for all workers: body and, of some, a
 * header.  Of all who want it one asks, and the others wait.  What is larger
 * than an eighth of the zone is not kept.  All of them take a quarter of it
 * at most.
 *
 * take: NGX_OK: body and chain are copies from pool, newer than version and
 * not older than life; NGX_DECLINED: the caller is to ask, and has the lease
 * for age, or there is no room for one; NGX_AGAIN: another asks, and take is
 * to be called again in a while; NGX_DONE: who was waited for has failed, or
 * it was said less than none ago that there is no such document, see status;
 * NGX_ERROR.
 */
ngx_int_t ngx_http_ioattest_document_take(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_document_t *doc, ngx_pool_t *pool, time_t life,
    ngx_msec_t age);

/* However old: NGX_OK as above; NGX_DECLINED: it is not there; NGX_ERROR. */
ngx_int_t ngx_http_ioattest_document_get(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_document_t *doc, ngx_pool_t *pool);

/* Keeps an answer in place of what was there; gives the lease back. */
void ngx_http_ioattest_document_put(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_document_t *doc, ngx_str_t *body, ngx_str_t *chain);

/* Gives the lease back, if there is one: it failed so; 0: another may ask. */
void ngx_http_ioattest_document_give(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_document_t *doc, ngx_int_t status);


#endif /* _NGX_HTTP_IOATTEST_DOCUMENTS_H_INCLUDED_ */
