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

#include <string.h>

#include "agent/ioa_sse.h"

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
    sse->mark = 0;
    sse->json_n = 0;
    sse->events = 0;
    sse->state = IOA_SSE_S_STREAM;
    sse->status = IOA_OK;

    ioa_sseline_init(&sse->line);
    ioa_sseout_init(&sse->out);
}


void
ioa_sse_output(ioa_sse_t *sse, ioa_sse_sink_pt sink, void *ctx, int all)
{
    ioa_sseout_to(&sse->out, sink, ctx, all);
}


/*
 * Bytes of the stream that belong to no event; input: they are bytes of what
 * was fed.
 */
static int
ioa_sse_line(ioa_sse_t *sse, const uint8_t *data, size_t n, int input)
{
    ioa_sseline_t    *l = &sse->line;
    ioa_sse_taken_t   taken;

    taken.input = input;

    while (n != 0) {
        taken.data = data;
        taken.fresh = l->ended || l->head_n == 0;
        taken.head_n = taken.fresh || l->kind != IOA_SSE_KIND_HEAD
                       ? 0 : l->head_n;
        taken.n = ioa_sseline_feed(l, data, n);

        if (taken.n == 0) {
            sse->status = IOA_STREAM_AMBIGUOUS;
            return 0;
        }

        data += taken.n;
        n -= taken.n;
        taken.more = n;

        if (sse->out.sink != NULL) {
            ioa_sseout_line(&sse->out, l, &taken);
        }
    }

    return 1;
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
    sse->state = IOA_SSE_S_EVENT;

    /* from here on the event's JSON is what its buffer is for */
    ioa_sseout_hold(&sse->out, &sse->line);

    return 1;
}


/* Goes on matching the mark with one byte of the input. */
static int
ioa_sse_match(ioa_sse_t *sse, const uint8_t *data)
{
    size_t   border;
    uint8_t  c = data[0];

    while (sse->mark != 0 && c != ioa_sse_mark[sse->mark]) {
        border = ioa_sse_border(sse->mark);

        if (!ioa_sse_line(sse, ioa_sse_mark, sse->mark - border, 0)) {
            return 0;
        }

        sse->mark = border;
    }

    if (c != ioa_sse_mark[sse->mark]) {
        return ioa_sse_line(sse, data, 1, 1);
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

        if (at >= IOA_SSE_MARK_LINE && lf[-1] == 'e'
            && memcmp(lf - IOA_SSE_MARK_LINE, ioa_sse_mark,
                      IOA_SSE_MARK_LINE) == 0)
        {
            return at - IOA_SSE_MARK_LINE;
        }

        /* a blank line, the usual next one, holds no mark */

        at++;
        at += (at < n && data[at] == '\n');
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
            return ioa_sse_line(sse, data, m, 1) ? m : 0;
        }
    }

    return ioa_sse_match(sse, data);
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

        sse->state = IOA_SSE_S_STREAM;

        return 1;
    }

    lf = memchr(data, '\n', n);
    m = lf == NULL ? n : (size_t) (lf - data);

    if (m > IOA_SSE_EVENT_MAX - sse->json_n) {
        sse->status = IOA_MALFORMED_SIGNATURE;
        return 0;
    }

    memcpy(sse->out.buf + sse->json_n, data, m);
    sse->json_n += m;

    if (lf != NULL) {
        sse->state = IOA_SSE_S_EVENT_END;
        m++;
    }

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

    ioa_sseout_flush(&sse->out);

    if (sse->out.failed && sse->status == IOA_OK) {
        sse->status = IOA_BODY_TOO_LARGE;
    }

    return sse->status;
}


/* The last line, which no line feed ends. */
static int
ioa_sse_last(uint8_t digest32[IOA_SHA256_LEN], ioa_sse_t *sse)
{
    int     open = !sse->line.ended && sse->line.head_n != 0;
    size_t  head_n = sse->line.kind == IOA_SSE_KIND_HEAD ? sse->line.head_n
                                                         : 0;

    if (!ioa_sseline_final(digest32, &sse->line)) {
        return 0;
    }

    if (open && sse->out.sink != NULL) {
        ioa_sseout_last(&sse->out, &sse->line, head_n);
    }

    return 1;
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
    if (!ioa_sse_line(sse, ioa_sse_mark, sse->mark, 0)
        || !ioa_sse_last(digest32, sse))
    {
        return IOA_STREAM_AMBIGUOUS;
    }

    if (sse->out.failed) {
        return IOA_BODY_TOO_LARGE;
    }

    return ioa_sseevent_read(sig, sse->out.buf, &sse->json_n)
           ? IOA_OK : IOA_MALFORMED_SIGNATURE;
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

    sse->sig = *sig;

    return sse->status;
}


ioa_status_t
ioa_sse_close(ioa_sse_t *sse, int event, int digest)
{
    size_t         i, n;
    ioa_sseout_t  *o = &sse->out;

    struct {
        const char   *name;
        ioa_bytes_t   value;
    } members[] = {
        { "{\"text\": \"", sse->sig.text },
        { "\", \"signature\": \"", sse->sig.signature },
        { "\", \"signing_address\": \"", sse->sig.signing_address },
        { "\", \"signing_algo\": \"", sse->sig.signing_algo },
        { "\", \"image_digest\": \"", sse->sig.image_digest }
    };

    n = digest && sse->sig.image_digest.data != NULL ? 5 : 4;

    if (event) {
        ioa_sseout_text(o, IOA_SSE_MARK);

        for (i = 0; i < n; i++) {
            ioa_sseout_text(o, members[i].name);
            ioa_sseout_held(o, members[i].value.data, members[i].value.len);
        }

        ioa_sseout_text(o, "\"}\n\n");
    }

    if (sse->line.done) {
        ioa_sseout_text(o, "data: [DONE]\n\n");
    }

    return o->failed ? IOA_BODY_TOO_LARGE : IOA_OK;
}
