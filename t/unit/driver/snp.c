/*
 * driver snp: what the verifier makes of SEV-SNP reports.
 *
 * Standard input: records.  A record is: now (8 bytes), 1 where a CRL is
 * to be looked at (1), then five blobs, each a length (4) and as many bytes:
 * report, roots, certificate, CRL, and the path of bits to flip as "from-to"
 * in the report ("" for none).  All little-endian.
 *
 * Standard output: a line for each, tabs between: the reason's name or "ok",
 * then product, signer, VMPL, measurement, host data, report data, reported
 * TCB, whether the chip was checked, the key service's path,
 * and the checks as name=verdict.  With bits to flip: how many were accepted,
 * and the first of them.
 */

#include "snp/ioa_verify_snp.h"
#include "feed.h"

#define SNP_BLOBS  5

typedef struct {
    int64_t            now;
    uint8_t            with_crl;
    size_t             len[SNP_BLOBS];
    uint8_t           *blob[SNP_BLOBS];
} snp_record_t;

static ioa_chain_cache_t  *cache;

/* The roots last read: most records have the same ones. */
static ioa_roots_t        *pinned;
static uint8_t            *pinned_text;
static size_t              pinned_len;


/* Returns: 0 at the end of input. */
static int
snp_read(snp_record_t *record)
{
    size_t  i;

    if (!feed_more()) {
        return 0;
    }

    record->now = (int64_t) feed_number(8);
    record->with_crl = (uint8_t) feed_number(1);

    for (i = 0; i < SNP_BLOBS; i++) {
        record->blob[i] = feed_blob(&record->len[i]);
    }

    return 1;
}


static void
snp_hex(const uint8_t *data, size_t n)
{
    feed_hex(data, n);
    putchar('\t');
}


/* What comes out is zero unless verified. */
static ioa_status_t
snp_verify(ioa_snp_t *snp, ioa_checks_t *checks, const snp_record_t *record,
    const ioa_snp_trust_t *trust)
{
    size_t        i;
    uint8_t       any;
    ioa_status_t  st;

    memset(snp, 0xff, sizeof(*snp));
    st = ioa_snp_verify(snp, checks, record->blob[0], record->len[0], trust);

    for (any = 0, i = 0; i < sizeof(*snp); i++) {
        any |= ((const uint8_t *) snp)[i];
    }

    if ((st == IOA_OK) != (any != 0)) {
        abort();
    }

    return st;
}


static void
snp_print(ioa_status_t st, const ioa_snp_t *snp, const ioa_checks_t *checks,
    const snp_record_t *record)
{
    size_t          i;
    char            path[IOA_SNP_KDS_PATH_MAX];
    ioa_snp_view_t  view;

    printf("%s\t%s\t%d\t%u\t", st == IOA_OK ? "ok" : ioa_status_name(st),
           ioa_snp_product_name(snp->product), snp->signer,
           (unsigned) snp->vmpl);
    snp_hex(snp->measurement, sizeof(snp->measurement));
    snp_hex(snp->host_data, sizeof(snp->host_data));
    snp_hex(snp->report_data, sizeof(snp->report_data));
    printf("%u.%u.%u.%u.%u\t%d\t", snp->reported.fmc,
           snp->reported.bootloader, snp->reported.tee, snp->reported.snp,
           snp->reported.microcode, snp->chip_checked);

    if (ioa_snp_parse(&view, record->blob[0], record->len[0]) == IOA_OK) {
        ioa_snp_kds_path(path, &view, IOA_SNP_PRODUCT_UNKNOWN);
        printf("%s", path);
    }

    putchar('\t');

    for (i = 0; i < checks->n; i++) {
        printf("%s%s=%s", i ? "," : "", checks->list[i].name,
               ioa_check_verdict_name(checks->list[i].verdict));
    }

    putchar('\n');
}


/* Flips every bit of some bytes of the report, one at a time. */
static void
snp_flips(const snp_record_t *record, const ioa_snp_trust_t *trust)
{
    size_t     from, to, i, bit, first, accepted;
    ioa_snp_t  snp;

    if (sscanf((char *) record->blob[4], "%zu-%zu", &from, &to) != 2) {
        exit(1);
    }

    accepted = 0;
    first = 0;

    for (i = from; i < to; i++) {
        for (bit = 0; bit < 8; bit++) {
            record->blob[0][i] ^= (uint8_t) (1 << bit);

            if (snp_verify(&snp, NULL, record, trust) == IOA_OK
                && accepted++ == 0)
            {
                first = i;
            }

            record->blob[0][i] ^= (uint8_t) (1 << bit);
        }
    }

    printf("%zu\t%zu\n", accepted, first);
}


static void
snp_roots(const snp_record_t *record)
{
    if (pinned != NULL && pinned_len == record->len[1]
        && memcmp(pinned_text, record->blob[1], pinned_len) == 0)
    {
        return;
    }

    ioa_roots_free(pinned);
    free(pinned_text);

    if (ioa_roots_parse(&pinned, record->blob[1], record->len[1])
        != IOA_CHAIN_OK)
    {
        printf("roots\n");
        exit(1);
    }

    pinned_len = record->len[1];
    pinned_text = unit_exact(record->blob[1], pinned_len);
}


static void
snp_judge(const snp_record_t *record)
{
    ioa_snp_t         snp;
    ioa_crls_t       *crls;
    ioa_checks_t      checks;
    ioa_status_t      st;
    ioa_snp_trust_t   trust;

    snp_roots(record);

    crls = record->with_crl ? ioa_crls_new() : NULL;

    if (crls != NULL && record->len[3] != 0
        && ioa_crls_add(crls, record->blob[3], record->len[3])
           != IOA_CHAIN_OK)
    {
        printf("crl\n");
        exit(1);
    }

    memset(&trust, 0, sizeof(trust));
    trust.roots = pinned;
    trust.crls = crls;
    trust.cache = cache;
    trust.now = record->now;
    ioa_reader_init(&trust.key, record->blob[2], record->len[2]);

    if (record->len[4] != 0) {
        snp_flips(record, &trust);

    } else {
        ioa_checks_init(&checks);
        st = snp_verify(&snp, &checks, record, &trust);
        snp_print(st, &snp, &checks, record);
    }

    ioa_crls_free(crls);
}


int
feed_snp(int argc, char **argv)
{
    size_t        i;
    snp_record_t  record;

    (void) argc;
    (void) argv;

    cache = ioa_chain_cache_new(64);

    while (snp_read(&record)) {
        snp_judge(&record);

        for (i = 0; i < SNP_BLOBS; i++) {
            free(record.blob[i]);
        }
    }

    ioa_chain_cache_free(cache);
    ioa_roots_free(pinned);
    free(pinned_text);

    return 0;
}
