/*
 * driver tdx: what the verifier makes of TDX quotes.
 *
 * Standard input: records.  A record is: mode (1 byte), now (8), the
 * number of CRLs (1), then blobs, each a length (4) and as many bytes: roots,
 * quote, CRLs.  All little-endian.
 *
 * Standard output: a line for each, tabs between.
 *   "malformed crl", where one is; else
 *   'v': the reason's name or "ok", fmspc, report data, mr_td, the CA,
 *        bytes behind the quote, the earliest end of a certificate, 1 where
 *        SEPT_VE_DISABLE is set, and the checks as name=verdict.
 *   'f': every flipped bit that was accepted, as byte.bit; 's' flips only bit
 *        n % 8 of byte n.
 *   'p': every length of a prefix that was accepted.
 * In both of the latter "dirty" stands for a result that was not zero though
 * the quote was refused.
 */

#include "tdx/ioa_verify_tdx.h"
#include "feed.h"

typedef struct {
    int               mode;
    int               malformed;
    uint8_t          *roots;
    uint8_t          *quote;
    size_t            roots_len;
    size_t            quote_len;
    ioa_tdx_trust_t   trust;
} tdx_record_t;

static ioa_chain_cache_t  *cache;


/* Returns: 0 at the end of input. */
static int
tdx_read(tdx_record_t *record)
{
    size_t        i, n, len;
    uint8_t      *data;
    ioa_crls_t   *crls;
    ioa_roots_t  *roots;

    record->mode = getchar();

    if (record->mode == EOF) {
        return 0;
    }

    record->trust.now = (int64_t) feed_number(8);
    n = feed_number(1);
    record->roots = feed_blob(&record->roots_len);
    record->quote = feed_blob(&record->quote_len);

    if (ioa_roots_parse(&roots, record->roots, record->roots_len)
        != IOA_CHAIN_OK)
    {
        exit(1);
    }

    record->malformed = 0;
    crls = n != 0 ? ioa_crls_new() : NULL;

    for (i = 0; i < n; i++) {
        data = feed_blob(&len);

        record->malformed |= ioa_crls_add(crls, data, len) != IOA_CHAIN_OK;
        free(data);
    }

    record->trust.roots = roots;
    record->trust.crls = crls;
    record->trust.cache = cache;

    return 1;
}


static void
tdx_hex(const uint8_t *data, size_t n)
{
    putchar('\t');
    feed_hex(data, n);
}


static void
tdx_verify(const tdx_record_t *record)
{
    size_t             i;
    ioa_status_t       st;
    ioa_checks_t      *checks;
    ioa_tdx_quote_t    quote;
    ioa_tdx_result_t   res;

    checks = malloc(sizeof(*checks));
    ioa_checks_init(checks);
    st = ioa_tdx_verify(&res, checks, record->quote, record->quote_len,
                        &record->trust);

    printf("%s", st == IOA_OK ? "ok" : ioa_status_name(st));
    tdx_hex(res.pck.fmspc, sizeof(res.pck.fmspc));
    tdx_hex(res.body.report_data, sizeof(res.body.report_data));
    tdx_hex(res.body.mr_td, sizeof(res.body.mr_td));
    printf("\t%d\t%zu\t%lld\t%d\t", res.pck_ca,
           st == IOA_OK
           && ioa_tdx_parse(&quote, record->quote, record->quote_len)
              == IOA_TDX_OK ? quote.trailing : 0, (long long) res.not_after, res.sept_ve_disable);

    for (i = 0; i < checks->n; i++) {
        printf("%s%s=%s", i == 0 ? "" : "|", checks->list[i].name,
               ioa_check_verdict_name(checks->list[i].verdict));
    }

    free(checks);
}


static int
tdx_accepted(const tdx_record_t *record, const uint8_t *quote, size_t len)
{
    ioa_status_t      st;
    ioa_tdx_result_t  res, zero;

    memset(&zero, 0, sizeof(zero));
    memset(&res, 0xff, sizeof(res));
    st = ioa_tdx_verify(&res, NULL, quote, len, &record->trust);

    if (st != IOA_OK && memcmp(&res, &zero, sizeof(zero)) != 0) {
        printf("dirty ");
    }

    return st == IOA_OK;
}


/* Every bit, or only one of each byte. */
static void
tdx_flips(const tdx_record_t *record, int all)
{
    int       bit;
    size_t    i;
    uint8_t  *quote;

    quote = unit_exact(record->quote, record->quote_len);

    for (i = 0; i < record->quote_len; i++) {
        for (bit = 0; bit < 8; bit++) {
            if (!all && bit != (int) (i % 8)) {
                continue;
            }

            quote[i] ^= (uint8_t) (1 << bit);

            if (tdx_accepted(record, quote, record->quote_len)) {
                printf("%zu.%d ", i, bit);
            }

            quote[i] ^= (uint8_t) (1 << bit);
        }
    }

    free(quote);
}


static void
tdx_prefixes(const tdx_record_t *record)
{
    size_t    n;
    uint8_t  *quote;

    for (n = 0; n < record->quote_len; n++) {
        quote = unit_exact(record->quote, n);

        if (tdx_accepted(record, quote, n)) {
            printf("%zu ", n);
        }

        free(quote);
    }
}


int
feed_tdx(int argc, char **argv)
{
    tdx_record_t  record;

    (void) argc;
    (void) argv;

    cache = ioa_chain_cache_new(64);

    while (tdx_read(&record)) {
        if (record.malformed) {
            printf("malformed crl");

        } else if (record.mode == 'v') {
            tdx_verify(&record);

        } else if (record.mode == 'f' || record.mode == 's') {
            tdx_flips(&record, record.mode == 'f');

        } else {
            tdx_prefixes(&record);
        }

        printf("\n");
        fflush(stdout);

        ioa_roots_free((ioa_roots_t *) record.trust.roots);
        ioa_crls_free((ioa_crls_t *) record.trust.crls);
        free(record.roots);
        free(record.quote);
    }

    ioa_chain_cache_free(cache);

    return 0;
}
