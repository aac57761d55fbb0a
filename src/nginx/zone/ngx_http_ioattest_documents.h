
/*
 * Documents of other services (endorsements and keys), kept in the zone.
 */


#ifndef _NGX_HTTP_IOATTEST_DOCUMENTS_H_INCLUDED_
#define _NGX_HTTP_IOATTEST_DOCUMENTS_H_INCLUDED_


#include "zone/ngx_http_ioattest_zone.h"


/* There is no such document: that of HTTP. */
#define NGX_HTTP_IOATTEST_DOCUMENT_NONE      404

/* Statuses of a document's failure that are not HTTP's. */
#define NGX_HTTP_IOATTEST_DOCUMENT_INSECURE  -1
#define NGX_HTTP_IOATTEST_DOCUMENT_LARGE     -2


/*
 * A caller's view of a document; at first all but key, none and young are
 * zero.
 */
typedef struct {
    u_char                      key[NGX_HTTP_IOATTEST_KEY_LEN];
    uint64_t                    token;      /* held, or waited for */
    uint64_t                    version;    /* of the copy; 0: none */
    ngx_int_t                   status;     /* of another's failed fetch */
    time_t                      none;       /* s that a 404 is kept; 0: is not */
    ngx_msec_t                  young;      /* no newer one is asked for so soon
                                               after the last; 0: it is */
    ngx_str_t                   body;
    ngx_str_t                   chain;
    ngx_uint_t                  waiting;
} ngx_http_ioattest_document_t;


/*
 * Documents are kept for all workers: a body and, for some, a header.  One
 * caller fetches a document, and the others wait for it.  A document larger
 * than an eighth of the zone is not kept, and all of them take a quarter of
 * the zone at most.
 *
 * take: NGX_OK: body and chain are copies from pool, newer than version and
 * not older than life; NGX_DECLINED: the caller is to fetch the document,
 * with the lease for age, or without one if there is no room; NGX_AGAIN:
 * another one is fetching, call take again later; NGX_DONE: the other's fetch
 * has failed, or less than none seconds ago there was no such document, see
 * status; NGX_ABORT: version was fetched less than young ago, or a newer one
 * was last asked for in vain; NGX_ERROR.  Times count on the monotonic clock.
 */
ngx_int_t ngx_http_ioattest_document_take(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_document_t *doc, ngx_pool_t *pool, time_t life,
    ngx_msec_t age);

/* Whatever its age.  NGX_OK as above; NGX_DECLINED: not kept; NGX_ERROR. */
ngx_int_t ngx_http_ioattest_document_get(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_document_t *doc, ngx_pool_t *pool);

/* Stores a document in place of an older one, and gives the lease back. */
void ngx_http_ioattest_document_put(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_document_t *doc, ngx_str_t *body, ngx_str_t *chain);

/* Gives the lease back, if held; status: of the failure, 0: try again. */
void ngx_http_ioattest_document_give(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_document_t *doc, ngx_int_t status);


#endif /* _NGX_HTTP_IOATTEST_DOCUMENTS_H_INCLUDED_ */
