/*
 * ioa_out: a small buffer before a sink, for output in many short pieces.
 * Long pieces are passed to the sink directly.
 */

#ifndef IOA_OUT_H
#define IOA_OUT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define IOA_OUT_SIZE    4096
#define IOA_OUT_DIRECT  512     /* pieces of this length are not copied */
#define IOA_OUT_STEP    32      /* bytes moved as one block */

/* Takes n bytes.  Returns: 1; 0 if it cannot, which fails the output. */
typedef int (*ioa_sink_pt)(void *ctx, const uint8_t *data, size_t n);

typedef struct {
    ioa_sink_pt  sink;
    void        *ctx;
    size_t       len;
    int          failed;
    uint8_t      buf[IOA_OUT_SIZE + IOA_OUT_STEP];
} ioa_out_t;


/* Out: out, empty. */
static inline void
ioa_out_init(ioa_out_t *out, ioa_sink_pt sink, void *ctx)
{
    out->sink = sink;
    out->ctx = ctx;
    out->len = 0;
    out->failed = 0;
}


/* Passes the buffer to the sink. */
static inline void
ioa_out_flush(ioa_out_t *out)
{
    if (out->len != 0 && !out->failed && !out->sink(out->ctx, out->buf,
                                                    out->len))
    {
        out->failed = 1;
    }

    out->len = 0;
}


static inline void
ioa_out_byte(ioa_out_t *out, uint8_t c)
{
    if (out->len == IOA_OUT_SIZE) {
        ioa_out_flush(out);
    }

    out->buf[out->len++] = c;
}


static inline void
ioa_out_write(ioa_out_t *out, const uint8_t *data, size_t n)
{
    if (n == 0) {
        return;
    }

    if (n > IOA_OUT_SIZE - out->len || n >= IOA_OUT_DIRECT) {
        ioa_out_flush(out);

        if (n >= IOA_OUT_DIRECT) {
            if (!out->failed && !out->sink(out->ctx, data, n)) {
                out->failed = 1;
            }

            return;
        }
    }

    memcpy(out->buf + out->len, data, n);
    out->len += n;
}


/*
 * Writes n bytes, of which `readable` >= n may be read: a short piece is
 * copied as one block of fixed length, which saves a call.
 */
static inline void
ioa_out_run(ioa_out_t *out, const uint8_t *data, size_t n, size_t readable)
{
    if (n <= IOA_OUT_STEP && readable >= IOA_OUT_STEP
        && n <= IOA_OUT_SIZE - out->len)
    {
        memcpy(out->buf + out->len, data, IOA_OUT_STEP);
        out->len += n;
        return;
    }

    ioa_out_write(out, data, n);
}

#endif
