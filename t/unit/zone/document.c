
/* Documents of other services: who fetches one, who waits, who is heard. */

#include "zone.h"
#include "zone/ngx_http_ioattest_documents.h"


#define LIFE  3600              /* s that a document is used */
#define YOUNG  60000            /* ms without another in its place */
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


/* Neither way does the wall clock make a document older. */

static void
zone_document_clock(void)
{
    zone_t                        z;
    time_t                        was;
    ngx_str_t                     text = ngx_string("text");
    ngx_http_ioattest_document_t  doc;

    zone_open(&z, 256 * 1024);
    was = ngx_time();
    doc = zone_document();

    (void) zone_take(&z, &doc);
    ngx_http_ioattest_document_put(&z.zone, &doc, &text, &text);

    ngx_cached_time->sec = was + 2 * LIFE;
    doc = zone_document();
    UNIT_OK(zone_take(&z, &doc) == NGX_OK,
            "document: a clock set forward does not end it");

    ngx_cached_time->sec = was - 2 * LIFE;
    ngx_current_msec += LIFE * 1000;
    doc = zone_document();
    UNIT_OK(zone_take(&z, &doc) == NGX_DECLINED,
            "document: a clock set back does not keep it");

    ngx_cached_time->sec = was;
    zone_close(&z);
}


/* A copy that does not do is not replaced at once. */

static void
zone_document_young(void)
{
    zone_t                        z;
    ngx_str_t                     text = ngx_string("text");
    ngx_http_ioattest_document_t  doc, other;

    zone_open(&z, 256 * 1024);
    doc = zone_document();

    (void) zone_take(&z, &doc);
    ngx_http_ioattest_document_put(&z.zone, &doc, &text, &text);

    doc.young = YOUNG;
    zone_pass_ms(YOUNG - 1);
    UNIT_OK(zone_take(&z, &doc) == NGX_ABORT && doc.token == 0,
            "document: a young one is not replaced");

    zone_pass_ms(1);
    UNIT_OK(zone_take(&z, &doc) == NGX_DECLINED && doc.token,
            "document: then it is");

    other = doc;
    other.token = 0;
    UNIT_OK(zone_take(&z, &other) == NGX_AGAIN,
            "document: who wants another waits for it");

    ngx_http_ioattest_document_give(&z.zone, &doc, BAD);
    UNIT_OK(zone_take(&z, &other) == NGX_DONE,
            "document: and is told that there is none");
    UNIT_OK(zone_take(&z, &doc) == NGX_ABORT,
            "document: which is not tried again soon");

    zone_pass_ms(YOUNG);
    UNIT_OK(zone_take(&z, &doc) == NGX_DECLINED, "document: but later");

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
    zone_document_clock();
    zone_document_young();

    ngx_destroy_pool(pool);
}
