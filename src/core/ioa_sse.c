/*
 * ioa_sse: see ioa_sse.h.
 *
 * The stream is first parted: bytes that begin as the mark of a signature
 * event are kept back (they need no memory: they are the mark's own) until
 * the mark is whole or fails; all others go on to ioa_sseline.
 *
 * The mark has a line feed in its middle, so a piece is searched by its line
 * feeds; only near its ends is it matched byte by byte (Knuth, Morris, Pratt:
 * "eve" may be followed by "vent").
 */

#include <stdlib.h>
#include <string.h>

#include "ioa_pyjson.h"
#include "ioa_sse.h"

#define IOA_SSE_MARK       "event: signature\ndata: "
#define IOA_SSE_MARK_LEN   (sizeof(IOA_SSE_MARK) - 1)
#define IOA_SSE_MARK_LINE  16       /* before the line feed */

enum {
    IOA_SSE_S_STREAM = 0,
    IOA_SSE_S_EVENT,            /* in the event's JSON */
    IOA_SSE_S_EVENT_END         /* its blank line is to follow */
};

static const uint8_t  ioa_sse_mark[] = IOA_SSE_MARK;


void
ioa_sse_init(ioa_sse_t *sse)
{
    sse->passable = 0;
    sse->offset = 0;
    sse->event_off = 0;
    sse->event_len = 0;
    sse->mark = 0;
    sse->json_n = 0;
    sse->events = 0;
    sse->holding = 0;
    sse->state = IOA_SSE_S_STREAM;
    sse->status = IOA_OK;

    ioa_sseline_init(&sse->line);
}


uint64_t
ioa_sse_passable(const ioa_sse_t *sse)
{
    return sse->passable;
}


int
ioa_sse_holding(const ioa_sse_t *sse)
{
    return sse->holding;
}


uint64_t
ioa_sse_event_offset(const ioa_sse_t *sse)
{
    return sse->event_off;
}


uint64_t
ioa_sse_event_len(const ioa_sse_t *sse)
{
    return sse->event_len;
}


/* Bytes of the stream that belong to no event. */
static int
ioa_sse_line(ioa_sse_t *sse, const uint8_t *data, size_t n)
{
    int       ok;
    uint64_t  safe;

    if (n == 0) {
        return 1;
    }

    ok = ioa_sseline_feed(&sse->line, data, n);

    /* until the first event offsets there and here are the same */
    if (!sse->holding) {
        safe = ioa_sseline_safe(&sse->line);

        if (safe > sse->line.line
            && safe - sse->line.line <= IOA_SSE_LINE_MAX)
        {
            safe = sse->line.line;
        }

        if (safe > sse->passable) {
            sse->passable = safe;
        }

        sse->holding = sse->line.done;
    }

    if (!ok) {
        sse->status = IOA_STREAM_AMBIGUOUS;
    }

    return ok;
}


/* The greatest m < n such that the mark's first n bytes end in its first m */
static size_t
ioa_sse_border(size_t n)
{
    size_t  m;

    for (m = n - 1; m > 0; m--) {
        if (memcmp(ioa_sse_mark, ioa_sse_mark + n - m, m) == 0) {
            return m;
        }
    }

    return 0;
}


/* The mark is whole. */
static int
ioa_sse_begin(ioa_sse_t *sse)
{
    sse->mark = 0;

    if (sse->events != 0) {
        sse->status = IOA_STREAM_AMBIGUOUS;
        return 0;
    }

    sse->events = 1;
    sse->event_off = sse->offset - IOA_SSE_MARK_LEN;
    sse->holding = 1;
    sse->state = IOA_SSE_S_EVENT;

    return 1;
}


/* Goes on matching the mark with one byte. */
static int
ioa_sse_match(ioa_sse_t *sse, uint8_t c)
{
    size_t  border;

    while (sse->mark != 0 && c != ioa_sse_mark[sse->mark]) {
        border = ioa_sse_border(sse->mark);

        if (!ioa_sse_line(sse, ioa_sse_mark, sse->mark - border)) {
            return 0;
        }

        sse->mark = border;
    }

    sse->offset++;

    if (c != ioa_sse_mark[sse->mark]) {
        return ioa_sse_line(sse, &c, 1);
    }

    sse->mark++;

    return sse->mark < IOA_SSE_MARK_LEN || ioa_sse_begin(sse);
}


/*
 * No match of the mark reaches into data.  Returns: how many bytes pass
 * before one that may: one whose first line is here, or that the piece's end
 * cuts.
 */
static size_t
ioa_sse_search(const uint8_t *data, size_t n)
{
    size_t          at = 0, from;
    const uint8_t  *lf;

    while (at < n) {
        lf = memchr(data + at, '\n', n - at);

        if (lf == NULL) {
            break;
        }

        at = (size_t) (lf - data);

        if (at >= IOA_SSE_MARK_LINE
            && memcmp(lf - IOA_SSE_MARK_LINE, ioa_sse_mark,
                      IOA_SSE_MARK_LINE) == 0)
        {
            return at - IOA_SSE_MARK_LINE;
        }

        at++;
    }

    /* behind the last line feed, for the mark's own was looked at */
    from = n - at > IOA_SSE_MARK_LINE ? n - IOA_SSE_MARK_LINE : at;

    for ( ; from < n; from++) {
        if (memcmp(data + from, ioa_sse_mark, n - from) == 0) {
            break;
        }
    }

    return from;
}


/* Takes a part of the stream.  Returns: how much of it, 0 for a fault. */
static size_t
ioa_sse_stream(ioa_sse_t *sse, const uint8_t *data, size_t n)
{
    size_t  m;

    if (sse->mark == 0) {
        m = ioa_sse_search(data, n);

        if (m != 0) {
            sse->offset += m;
            return ioa_sse_line(sse, data, m) ? m : 0;
        }
    }

    return ioa_sse_match(sse, data[0]);
}


/* Takes a part of the event, as above. */
static size_t
ioa_sse_event(ioa_sse_t *sse, const uint8_t *data, size_t n)
{
    size_t          m;
    const uint8_t  *lf;

    if (sse->state == IOA_SSE_S_EVENT_END) {

        if (data[0] != '\n') {
            sse->status = IOA_MALFORMED_SIGNATURE;
            return 0;
        }

        sse->offset++;
        sse->event_len = sse->offset - sse->event_off;
        sse->state = IOA_SSE_S_STREAM;

        return 1;
    }

    lf = memchr(data, '\n', n);
    m = lf == NULL ? n : (size_t) (lf - data);

    if (m > IOA_SSE_EVENT_MAX - sse->json_n) {
        sse->status = IOA_MALFORMED_SIGNATURE;
        return 0;
    }

    memcpy(sse->json + sse->json_n, data, m);
    sse->json_n += m;

    if (lf != NULL) {
        sse->state = IOA_SSE_S_EVENT_END;
        m++;
    }

    sse->offset += m;

    return m;
}


ioa_status_t
ioa_sse_update(ioa_sse_t *sse, const uint8_t *data, size_t n)
{
    size_t  i = 0, m;

    while (i < n && sse->status == IOA_OK) {

        if (sse->state == IOA_SSE_S_STREAM) {
            m = ioa_sse_stream(sse, data + i, n - i);

        } else {
            m = ioa_sse_event(sse, data + i, n - i);
        }

        i += m;
    }

    return sse->status;
}


/* A buffer of the size of the event's. */
typedef struct {
    size_t   len;
    uint8_t  data[IOA_SSE_EVENT_MAX];
} ioa_sse_copy_t;


static int
ioa_sse_sink(void *ctx, const uint8_t *data, size_t n)
{
    ioa_sse_copy_t  *copy = ctx;

    if (n > sizeof(copy->data) - copy->len) {
        return 0;
    }

    memcpy(copy->data + copy->len, data, n);
    copy->len += n;

    return 1;
}


/*
 * Brings the event's JSON into the one form that ioa_members reads, in its
 * place.
 */
static int
ioa_sse_canon(ioa_sse_t *sse)
{
    int              ok = 0;
    ioa_out_t        out;
    ioa_pyjson_t    *json = malloc(sizeof(ioa_pyjson_t));
    ioa_sse_copy_t  *copy = malloc(sizeof(ioa_sse_copy_t));

    if (json != NULL && copy != NULL) {
        copy->len = 0;
        ioa_out_init(&out, ioa_sse_sink, copy);
        ioa_pyjson_init(json, &out, IOA_MEMBERS_DEPTH_MAX,
                        IOA_PYJSON_STRICT);

        ok = ioa_pyjson_update(json, sse->json, sse->json_n)
             && ioa_pyjson_final(json);

        if (ok) {
            memcpy(sse->json, copy->data, copy->len);
            sse->json_n = copy->len;
        }
    }

    free(copy);
    free(json);

    return ok;
}


/* Returns: 1 where value is a string without a single escape. */
static int
ioa_sse_string(ioa_span_t *string, ioa_span_t value)
{
    if (value.len < 2 || value.data[0] != '"'
        || memchr(value.data, '\\', value.len) != NULL)
    {
        return 0;
    }

    string->data = value.data + 1;
    string->len = value.len - 2;

    return 1;
}


static int
ioa_sse_member(ioa_sse_signature_t *sig, ioa_span_t key, ioa_span_t value)
{
    size_t  i;

    struct {
        const char  *name;
        ioa_span_t  *string;
    } names[] = {
        { "text", &sig->text },
        { "signature", &sig->signature },
        { "signing_address", &sig->signing_address },
        { "signing_algo", &sig->signing_algo },
        { "image_digest", &sig->image_digest }
    };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (key.len == strlen(names[i].name)
            && memcmp(key.data, names[i].name, key.len) == 0)
        {
            return ioa_sse_string(names[i].string, value);
        }
    }

    return 1;
}


static ioa_status_t
ioa_sse_signature(ioa_sse_signature_t *sig, ioa_sse_t *sse)
{
    int            ok;
    size_t         i;
    ioa_members_t  members;

    if (!ioa_sse_canon(sse)) {
        return IOA_MALFORMED_SIGNATURE;
    }

    ok = ioa_members_read(&members, sse->json, sse->json_n)
         == IOA_MEMBERS_OK;

    for (i = 0; ok && i < members.n; i++) {
        ok = ioa_sse_member(sig,
                            ioa_members_span(&members, members.list[i].key),
                            ioa_members_span(&members,
                                             members.list[i].value));
    }

    ioa_members_cleanup(&members);

    return ok ? IOA_OK : IOA_MALFORMED_SIGNATURE;
}


static ioa_status_t
ioa_sse_end(uint8_t digest32[IOA_SHA256_LEN], ioa_sse_signature_t *sig,
    ioa_sse_t *sse)
{
    if (sse->status != IOA_OK) {
        return sse->status;
    }

    if (sse->events == 0) {
        /* the last line may have been cut: it is not judged */
        return sse->line.done ? IOA_STREAM_UNSIGNED : IOA_STREAM_TRUNCATED;
    }

    if (sse->state != IOA_SSE_S_STREAM) {
        return IOA_MALFORMED_SIGNATURE;
    }

    /* a mark that was cut is text like any other */
    if (!ioa_sse_line(sse, ioa_sse_mark, sse->mark)
        || !ioa_sseline_final(digest32, &sse->line))
    {
        return IOA_STREAM_AMBIGUOUS;
    }

    return ioa_sse_signature(sig, sse);
}


ioa_status_t
ioa_sse_final(uint8_t digest32[IOA_SHA256_LEN], ioa_sse_signature_t *sig,
    ioa_sse_t *sse)
{
    memset(digest32, 0, IOA_SHA256_LEN);
    memset(sig, 0, sizeof(ioa_sse_signature_t));

    sse->status = ioa_sse_end(digest32, sig, sse);

    if (sse->status != IOA_OK) {
        memset(digest32, 0, IOA_SHA256_LEN);
        memset(sig, 0, sizeof(ioa_sse_signature_t));
    }

    return sse->status;
}
