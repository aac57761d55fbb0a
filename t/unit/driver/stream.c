/*
 * driver stream: event streams.
 *
 * Reads records as driver hash does.  The kind says how the output is made:
 *
 *   s  its end is held, the event is passed on with its image digest
 *   d  its end is held, the event is dropped
 *   a  all of it is held, the event is passed on without its image digest
 *   b  all of it is held, the event is dropped
 *   n  no output is made
 *
 * Writes one line for each: status, digest, what was shown and what was held
 * (in hex, "-" where there is nothing), after each piece offset:shown and a
 * comma, the number of pieces that were no bytes of the input in their place,
 * and the event's members.
 */

#include "feed.h"
#include "agent/ioa_sse.h"

typedef struct {
    const uint8_t  *piece;      /* the input */
    size_t          piece_n;
    size_t          copies;
    size_t          n[2];       /* shown, held */
    uint8_t        *data[2];
} stream_t;


static int
stream_sink(void *ctx, const ioa_sse_piece_t *piece)
{
    size_t   at;
    stream_t  *feed = ctx;

    if (piece->len == 0 || (piece->held != 0 && piece->held != 1)) {
        abort();
    }

    at = piece->from == IOA_SSE_INPUT ? (size_t) (piece->data - feed->piece)
                                      : 0;

    if (piece->from == IOA_SSE_INPUT
        && (piece->held || piece->data < feed->piece || at > feed->piece_n
            || piece->len > feed->piece_n - at))
    {
        abort();
    }

    feed->copies += piece->from != IOA_SSE_INPUT;

    memcpy(feed->data[piece->held] + feed->n[piece->held], piece->data,
           piece->len);
    feed->n[piece->held] += piece->len;

    return 1;
}


static void
stream_members(const ioa_sse_signature_t *sig)
{
    size_t              i;
    const ioa_bytes_t  *m[5] = { &sig->text, &sig->signature,
                                 &sig->signing_address, &sig->signing_algo,
                                 &sig->image_digest };

    for (i = 0; i < 5; i++) {
        if (m[i]->data == NULL) {
            printf(" -");

        } else {
            printf(" =");
            (void) fwrite(m[i]->data, 1, m[i]->len, stdout);
        }
    }
}


static void
stream_read(int kind, const uint8_t *data, size_t len, uint32_t seed)
{
    char                 *steps, *step;
    size_t                n, at = 0;
    stream_t                feed = { NULL, 0, 0, { 0, 0 }, { NULL, NULL } };
    uint8_t               digest[32];
    ioa_sse_t            *sse = feed_alloc(sizeof(ioa_sse_t));
    ioa_status_t          st = IOA_OK;
    ioa_sse_signature_t   sig;

    /* each byte may become a line of its own */
    feed.data[0] = feed_alloc(2 * len + 2 * IOA_SSE_EVENT_MAX);
    feed.data[1] = feed_alloc(2 * len + 2 * IOA_SSE_EVENT_MAX);
    step = steps = feed_alloc(24 * len + 24);
    *step = '\0';

    ioa_sse_init(sse);

    if (kind != 'n') {
        ioa_sse_output(sse, stream_sink, &feed, kind == 'a' || kind == 'b');
    }

    while (at != len && st == IOA_OK) {
        n = feed_piece(&seed, len - at);

        feed.piece = unit_exact(data + at, n);
        feed.piece_n = n;
        st = ioa_sse_update(sse, feed.piece, n);
        free((void *) feed.piece);
        at += n;
        step += sprintf(step, "%zu:%zu,", at, feed.n[0]);
    }

    st = ioa_sse_final(digest, &sig, sse);

    if (st == IOA_OK && kind != 'n') {
        st = ioa_sse_close(sse, kind == 's' || kind == 'a', kind == 's');
    }

    printf("%d ", (int) st);
    feed_hex(digest, 32);
    printf(feed.n[0] == 0 ? " -" : " ");
    feed_hex(feed.data[0], feed.n[0]);
    printf(feed.n[1] == 0 ? " -" : " ");
    feed_hex(feed.data[1], feed.n[1]);
    printf(" %s %zu", steps, feed.copies);
    stream_members(&sig);
    printf("\n");

    free(feed.data[0]);
    free(feed.data[1]);
    free(steps);
    free(sse);
}


int
feed_stream(int argc, char **argv)
{
    int        kind;
    size_t     len;
    uint8_t   *data;
    uint32_t   seed;

    (void) argc;
    (void) argv;

    while ((kind = getchar()) != EOF) {
        seed = (uint32_t) feed_number(4);
        data = feed_blob(&len);

        if (memchr("sdabn", kind, 5) == NULL) {
            return 1;
        }

        stream_read(kind, data, len, seed);
        free(data);
    }

    return 0;
}
