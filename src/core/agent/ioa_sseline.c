/*
 * ioa_sseline: see ioa_sseline.h.
 *
 * What a line is its first few bytes decide (ioa_ssekind); these are kept in
 * head.  From then on a line flows, save a CR (until its LF is seen) and a
 * UTF-8 character that is not whole.
 */

#include <string.h>

#include "agent/ioa_sseline.h"
#include "json/ioa_block.h"


void
ioa_sseline_init(ioa_sseline_t *l)
{
    static const uint8_t  begin[] = "{\"chunks\":[";

    l->head_n = 0;
    l->kind = IOA_SSE_KIND_HEAD;
    l->first = 1;
    l->ended = 0;
    l->cr = 0;
    l->chunks = 0;
    l->done = 0;
    l->unit_n = 0;

    ioa_sha256_init(&l->sha);
    ioa_out_init(&l->out, ioa_sha256_sink, &l->sha);
    ioa_out_write(&l->out, begin, sizeof(begin) - 1);
}


static int
ioa_sseline_bad(ioa_sseline_t *l)
{
    l->kind = IOA_SSE_KIND_BAD;

    return 0;
}


static ioa_sse_kind_t
ioa_sseline_kind(const ioa_sseline_t *l, int ended)
{
    return ioa_ssekind(l->head, l->head_n, l->first, ended);
}


static void
ioa_sseline_escape(ioa_sseline_t *l, uint32_t code)
{
    size_t   n;
    uint8_t  out[IOA_ESCAPE_MAX];

    n = ioa_escape_print(out, code);
    ioa_out_write(&l->out, out, n);
}


/*
 * Writes what JSON is full of: plain bytes, quotes and backslashes.
 * Returns: how many bytes were taken.
 */
static size_t
ioa_sseline_common(ioa_out_t *out, const uint8_t *data, size_t n)
{
    size_t  i, len;

    if (out->len > IOA_OUT_SIZE / 2) {
        ioa_out_flush(out);
    }

    /* each byte may need two */
    if (n > (IOA_OUT_SIZE - out->len) / 2) {
        n = (IOA_OUT_SIZE - out->len) / 2;
    }

    i = ioa_block_quote(out->buf + out->len, &len, data, n);
    out->len += len;

    return i;
}


/* Goes on with a UTF-8 character. */
static int
ioa_sseline_utf8(ioa_sseline_t *l, uint8_t c)
{
    int       same;
    size_t    len;
    uint32_t  code;

    if (l->unit_n != 0 && (c & 0xc0) != 0x80) {
        /* a line feed is none of the character's bytes */
        return ioa_sseline_bad(l);
    }

    l->unit[l->unit_n++] = c;

    len = ioa_unit_len(l->unit, l->unit_n);

    if (len != IOA_UNIT_BAD && len > l->unit_n) {
        return 1;
    }

    if (len == IOA_UNIT_BAD || !ioa_unit_read(&code, &same, l->unit, len)) {
        return ioa_sseline_bad(l);
    }

    l->unit_n = 0;
    ioa_sseline_escape(l, code);

    return 1;
}


/*
 * A part of a hashed line's value, up to CR or LF.  Returns: how much of it,
 * or IOA_UNIT_BAD where it is not UTF-8.
 */
static size_t
ioa_sseline_hash(ioa_sseline_t *l, const uint8_t *data, size_t n)
{
    size_t   i = 0;
    uint8_t  c;

    while (i < n) {
        c = data[i];

        if (l->unit_n != 0 || c >= 0x80) {
            if (!ioa_sseline_utf8(l, c)) {
                return IOA_UNIT_BAD;
            }

            i++;

        } else if (c >= 0x20 && c != 0x7f) {
            i += ioa_sseline_common(&l->out, data + i, n - i);

        } else if (c == '\n' || c == '\r') {
            break;

        } else {
            ioa_sseline_escape(l, c);
            i++;
        }
    }

    return i;
}


/* The line is a hashed one: its head comes first. */
static int
ioa_sseline_begin(ioa_sseline_t *l)
{
    size_t  n = l->head_n - IOA_SSE_DATA_LEN;

    if (l->chunks) {
        ioa_out_byte(&l->out, ',');
    }

    ioa_out_byte(&l->out, '"');
    l->chunks = 1;

    return ioa_sseline_hash(l, l->head + IOA_SSE_DATA_LEN, n)
           != IOA_UNIT_BAD;
}


static int
ioa_sseline_decided(ioa_sseline_t *l, ioa_sse_kind_t kind)
{
    if (kind == IOA_SSE_KIND_BAD
        || (l->done && (kind == IOA_SSE_KIND_HASHED
                        || kind == IOA_SSE_KIND_DONE)))
    {
        return ioa_sseline_bad(l);
    }

    l->kind = (uint8_t) kind;

    if (kind == IOA_SSE_KIND_DONE) {
        l->done = 1;
    }

    return kind != IOA_SSE_KIND_HASHED || ioa_sseline_begin(l);
}


/* The line has ended, before its LF. */
static int
ioa_sseline_end(ioa_sseline_t *l)
{
    if (l->kind == IOA_SSE_KIND_HEAD
        && !ioa_sseline_decided(l, ioa_sseline_kind(l, 1)))
    {
        return 0;
    }

    if (l->unit_n != 0) {
        return ioa_sseline_bad(l);
    }

    if (l->kind == IOA_SSE_KIND_HASHED) {
        if (l->cr) {
            ioa_sseline_escape(l, '\r');
        }

        ioa_out_byte(&l->out, '"');
    }

    return 1;
}


/*
 * The beginning of a line whose kind is not known yet.
 * Returns: how many bytes were taken, 0 for a fault.
 */
static size_t
ioa_sseline_head(ioa_sseline_t *l, const uint8_t *data, size_t n)
{
    size_t          m = 1;
    ioa_sse_kind_t  kind;

    /* what most lines are: the value's first byte decides */
    if (l->head_n == 0 && n > IOA_SSE_DATA_LEN
        && memcmp(data, "data: {", IOA_SSE_DATA_LEN + 1) == 0)
    {
        m = IOA_SSE_DATA_LEN + 1;
        memcpy(l->head, data, IOA_SSE_DATA_LEN + 1);
        l->head_n = m;

        return ioa_sseline_decided(l, IOA_SSE_KIND_HASHED) ? m : 0;
    }

    memcpy(l->head + l->head_n, data, m);
    l->head_n += m;

    kind = ioa_sseline_kind(l, 0);

    return kind == IOA_SSE_KIND_HEAD || ioa_sseline_decided(l, kind) ? m : 0;
}


static size_t
ioa_sseline_run(const uint8_t *data, size_t n)
{
    size_t  i;

    for (i = 0; i < n && data[i] != '\n' && data[i] != '\r'; i++) {
        /* void */
    }

    return i;
}


/*
 * Bytes of a line, the first of which is no CR and no LF.
 * Returns: how many were taken, 0 for a fault.
 */
static size_t
ioa_sseline_text(ioa_sseline_t *l, const uint8_t *data, size_t n)
{
    size_t  m;

    switch (l->kind) {

    case IOA_SSE_KIND_HEAD:
        return ioa_sseline_head(l, data, n);

    case IOA_SSE_KIND_HASHED:
        m = ioa_sseline_hash(l, data, n);
        return m == IOA_UNIT_BAD ? 0 : m;

    case IOA_SSE_KIND_OTHER:
        return ioa_sseline_run(data, n);

    default:
        /* text behind [DONE] */
        (void) ioa_sseline_bad(l);
        return 0;
    }
}


size_t
ioa_sseline_feed(ioa_sseline_t *l, const uint8_t *data, size_t n)
{
    size_t  i = 0, m;

    if (l->ended) {
        l->kind = IOA_SSE_KIND_HEAD;
        l->head_n = 0;
        l->first = 0;
        l->ended = 0;
        l->cr = 0;

        if (data[0] == '\n') {
            l->kind = IOA_SSE_KIND_OTHER;
            l->ended = 1;
            return 1;
        }
    }

    while (i < n && l->kind != IOA_SSE_KIND_BAD) {

        if (data[i] == '\n') {
            l->ended = 1;
            return ioa_sseline_end(l) ? i + 1 : 0;
        }

        if (l->cr || (data[i] == '\r' && l->unit_n != 0)) {
            return (size_t) ioa_sseline_bad(l);
        }

        if (data[i] == '\r') {
            i++;
            l->cr = 1;
            continue;
        }

        m = ioa_sseline_text(l, data + i, n - i);

        if (m == 0) {
            return 0;
        }

        i += m;
    }

    return l->kind == IOA_SSE_KIND_BAD ? 0 : i;
}


int
ioa_sseline_final(uint8_t digest32[IOA_SHA256_LEN], ioa_sseline_t *l)
{
    static const uint8_t  end[] = "]}";

    if (l->kind == IOA_SSE_KIND_BAD) {
        return 0;
    }

    if (!l->ended) {
        if (l->cr || !ioa_sseline_end(l)) {
            return ioa_sseline_bad(l);
        }

        l->ended = 1;
    }

    ioa_out_write(&l->out, end, sizeof(end) - 1);
    ioa_out_flush(&l->out);
    ioa_sha256_final(digest32, &l->sha);

    return 1;
}
