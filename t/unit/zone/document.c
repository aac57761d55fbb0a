
/* Documents of other services: who fetches one, who waits, who is heard. */

#include "zone.h"
#include "zone/ngx_http_ioattest_documents.h"


#define LIFE  3600              /* s that a document is used */
#define AGE   10000             /* ms that one who fetches has */
#define BAD   502             /* a status of a failure */


static ngx_pool_t  *pool;


static ngx_http_ioattest_document_t
zone_document(void)
{
    ngx_http_ioattest_document_t  doc;

    ngx_memzero(&doc, sizeof(ngx_http_ioattest_document_t));
    ngx_memset(doc.key, 0x5a, sizeof(doc.key));

    return doc;
}


static ngx_int_t
zone_take(zone_t *z, ngx_http_ioattest_document_t *doc)
{
    return ngx_http_ioattest_document_take(&z->zone, doc, pool, LIFE, AGE);
}


static ngx_uint_t
zone_is(const ngx_http_ioattest_document_t *doc, const char *body,
    const char *chain)
{
    return doc->body.len == ngx_strlen(body)
           && ngx_memcmp(doc->body.data, body, doc->body.len) == 0
           && doc->chain.len == ngx_strlen(chain)
           && ngx_memcmp(doc->chain.data, chain, doc->chain.len) == 0;
}


static void
zone_document_kept(void)
{
    zone_t                        z;
    ngx_str_t                     body = ngx_string("a body");
    ngx_str_t                     chain = ngx_string("a chain");
    ngx_http_ioattest_document_t  one, two;

    zone_open(&z, 256 * 1024);
    one = zone_document();
    two = zone_document();

    UNIT_OK(zone_take(&z, &one) == NGX_DECLINED && one.token,
            "document: the first who wants it fetches it");
    UNIT_OK(zone_take(&z, &two) == NGX_AGAIN && two.waiting,
            "document: the second waits");

    ngx_http_ioattest_document_put(&z.zone, &one, &body, &chain);
    UNIT_OK(zone_take(&z, &two) == NGX_OK
            && zone_is(&two, "a body", "a chain"),
            "document: and has what the first has fetched");
    UNIT_OK(zone_take(&z, &two) == NGX_DECLINED && two.token,
            "document: who could not use that fetches a newer one");

    two = zone_document();
    ngx_http_ioattest_document_give(&z.zone, &two, 0);
    zone_pass(LIFE - 1);
    UNIT_OK(zone_take(&z, &two) == NGX_OK, "document: it has its time");

    two = zone_document();
    zone_pass(1);
    UNIT_OK(zone_take(&z, &two) == NGX_DECLINED, "document: and no longer");

    zone_close(&z);
}


/* Who was too slow says nothing any more of what another one fetches. */

static void
zone_document_late(void)
{
    zone_t                        z;
    ngx_http_ioattest_document_t  slow, next, waits;

    zone_open(&z, 256 * 1024);
    slow = zone_document();
    next = zone_document();
    waits = zone_document();

    (void) zone_take(&z, &slow);
    zone_pass_ms(AGE - 1);
    UNIT_OK(zone_take(&z, &waits) == NGX_AGAIN,
            "document: who fetches it has time");

    zone_pass_ms(1);
    UNIT_OK(zone_take(&z, &next) == NGX_DECLINED && next.token
            && next.token != slow.token, "document: then another fetches it");

    ngx_http_ioattest_document_give(&z.zone, &slow, BAD);
    UNIT_OK(zone_take(&z, &waits) == NGX_AGAIN,
            "document: that the first has failed ends nothing");

    waits = zone_document();
    (void) zone_take(&z, &waits);
    ngx_http_ioattest_document_give(&z.zone, &next, BAD);
    UNIT_OK(zone_take(&z, &waits) == NGX_DONE
            && waits.status == BAD,
            "document: those who wait are told that the second has");

    zone_close(&z);
}


void
zone_document_cases(void)
{
    pool = ngx_create_pool(4096, ngx_cycle->log);

    if (pool == NULL) {
        ngx_abort();
    }

    zone_document_kept();
    zone_document_late();

    ngx_destroy_pool(pool);
}
