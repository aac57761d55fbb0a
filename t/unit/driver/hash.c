/*
 * driver hash: what is hashed of responses and requests.
 *
 * Reads records: a kind (1 byte), a seed (4 bytes, little-endian: 0 feeds the
 * data as one piece, 1 byte by byte, else random pieces), a length (4 bytes)
 * and the data.  Writes one line for each.
 *
 *   c  canonical hash of a response: status digest
 *   t  canonical text of a response, or "bad"
 *   q  request: status digest stream model_status model
 *   d  defaults, a zero byte, request: status digest stream model_status
 *      model, or "bad" and what is wrong with the defaults
 */

#include "feed.h"
#include "agent/ioa_canon.h"
#include "agent/ioa_reqmodel.h"


static void
hash_canon(const uint8_t *data, size_t len, uint32_t seed)
{
    size_t        n;
    uint8_t       digest[32], *p;
    ioa_canon_t   canon;
    ioa_status_t  st;

    ioa_canon_init(&canon);

    while (len != 0) {
        n = feed_piece(&seed, len);
        p = unit_exact(data, n);
        st = ioa_canon_update(&canon, p, n);
        free(p);
        data += n;
        len -= n;

        if (st != IOA_OK) {
            break;
        }
    }

    st = ioa_canon_final(digest, &canon);
    printf("%d ", (int) st);
    feed_hex(digest, 32);
    printf("\n");
}


static int
hash_print(void *ctx, const uint8_t *data, size_t n)
{
    (void) ctx;

    return fwrite(data, 1, n, stdout) == n;
}


static void
hash_text(const uint8_t *data, size_t len, uint32_t seed)
{
    int           ok = 1;
    size_t        n;
    uint8_t      *p;
    ioa_out_t     out;
    ioa_pyjson_t  json;

    ioa_out_init(&out, hash_print, NULL);
    ioa_pyjson_init(&json, &out, IOA_PYJSON_DEPTH_MAX, 0);

    while (len != 0 && ok) {
        n = feed_piece(&seed, len);
        p = unit_exact(data, n);
        ok = ioa_pyjson_update(&json, p, n);
        free(p);
        data += n;
        len -= n;
    }

    printf(ioa_pyjson_final(&json) ? "\n" : " bad\n");
}


static void
hash_request(const uint8_t *data, size_t len, uint32_t seed,
    const ioa_defaults_t *defaults)
{
    size_t             n;
    uint8_t           *p;
    ioa_status_t       st = IOA_OK;
    ioa_reqmodel_t    *rm = ioa_reqmodel_new(64 * 1024 * 1024);
    ioa_reqmodel_result_t  res;

    if (rm == NULL) {
        abort();
    }

    ioa_reqmodel_defaults(rm, defaults);

    while (len != 0 && st == IOA_OK) {
        n = feed_piece(&seed, len);
        p = unit_exact(data, n);
        st = ioa_reqmodel_update(rm, p, n);
        free(p);
        data += n;
        len -= n;
    }

    st = ioa_reqmodel_final(&res, rm);
    printf("%d ", (int) st);
    feed_hex(res.digest32, 32);
    printf(" %d %d ", res.stream, (int) res.model_status);
    feed_hex(res.model.data, res.model.len);
    printf("\n");
    ioa_reqmodel_free(rm);
}


static void
hash_defaults(const uint8_t *data, size_t len, uint32_t seed)
{
    char             error[IOA_DEFAULTS_ERROR_MAX];
    size_t           n;
    uint8_t         *p;
    const uint8_t   *end = memchr(data, 0, len);
    ioa_defaults_t  *defaults;

    if (end == NULL) {
        exit(2);
    }

    n = (size_t) (end - data);
    p = unit_exact(data, n);

    if (ioa_defaults_parse(&defaults, error, p, n)) {
        hash_request(data + n + 1, len - n - 1, seed, defaults);
    } else {
        printf("bad %s\n", error);
    }

    ioa_defaults_free(defaults);
    free(p);
}


int
feed_hash(int argc, char **argv)
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

        switch (kind) {

        case 'c':
            hash_canon(data, len, seed);
            break;

        case 't':
            hash_text(data, len, seed);
            break;

        case 'q':
            hash_request(data, len, seed, NULL);
            break;

        case 'd':
            hash_defaults(data, len, seed);
            break;

        default:
            return 1;
        }

        free(data);
    }

    return 0;
}
