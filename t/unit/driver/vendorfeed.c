/*
 * vendorfeed: collateral and replies of vendors' services as a filter, for
 * test drivers.
 *
 * Reads records: a kind (1 byte), a number of fields (1 byte), and for each
 * a length (4 bytes, little-endian) and the data.  Writes one line for each,
 * parts separated by a space; "-" stands for an empty one.
 *
 *   c  collateral: TCB info, its chain, QE identity, its chain, roots, two
 *      CRLs (empty: none), now, slack, quote (one that ioa_tdx_verify reads,
 *      or FEED_QUOTE_LEN bytes of ioa_collateral_quote_t's members in order).
 *      Reason, status, out_since, date, expires, advisories, failed checks,
 *      checks not made
 *   n  NRAS: reply, key set, nonce, devices, now.  Reason, unknown kid,
 *      expires, devices as name/arch/driver/vbios/ueid, failed checks,
 *      checks not made
 *   k  key set: number of keys, or "bad"
 *   u  URL encoding: bytes in hex, or "bad"
 *   b  base64url: bytes in hex, or "bad"
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tdx/ioa_verify_collateral.h"
#include "nvidia/ioa_verify_nras.h"

#define FEED_FIELDS_MAX  10
#define FEED_QUOTE_LEN   154

typedef struct {
    uint8_t  *data;
    size_t    len;
} feed_field_t;

static feed_field_t  feed_fields[FEED_FIELDS_MAX];
static ioa_checks_t  feed_checks;


static ioa_reader_t
feed_reader(size_t i)
{
    ioa_reader_t  r;

    ioa_reader_init(&r, feed_fields[i].data, feed_fields[i].len);

    return r;
}


static int64_t
feed_number(size_t i)
{
    char  text[32] = "";

    if (feed_fields[i].len < sizeof(text)) {
        memcpy(text, feed_fields[i].data, feed_fields[i].len);
    }

    return strtoll(text, NULL, 10);
}


static void
feed_print_checks(ioa_check_verdict_t verdict)
{
    size_t       i, n;
    const char  *claim;

    for (i = 0, n = 0; i < feed_checks.n; i++) {
        if (feed_checks.list[i].verdict == verdict) {
            printf("%s%s", n++ > 0 ? "," : "", feed_checks.list[i].name);

            /* of a claim that says no, its name as well */
            claim = strstr(feed_checks.list[i].detail, ": ");

            if (strcmp(feed_checks.list[i].name, "nras.claims") == 0
                && claim != NULL)
            {
                printf(":%s", claim + 2);
            }
        }
    }

    printf("%s ", n == 0 ? "-" : "");
}


static void
feed_print_reason(ioa_status_t st)
{
    printf("%s ", st == IOA_OK ? "ok" : ioa_status_name(st));
}


/* Out: quote.  Returns: 0 where the field is no such quote. */
static int
feed_quote(ioa_collateral_quote_t *q, const ioa_roots_t *roots, int64_t now)
{
    ioa_reader_t      r;
    ioa_tdx_trust_t   trust;
    ioa_tdx_result_t  tdx;

    r = feed_reader(9);

    if (ioa_reader_left(&r) != FEED_QUOTE_LEN) {
        memset(&trust, 0, sizeof(trust));
        trust.roots = roots;
        trust.now = now;

        if (ioa_tdx_verify(&tdx, NULL, r.pos, ioa_reader_left(&r), &trust)
            != IOA_OK)
        {
            return 0;
        }

        ioa_collateral_quote(q, &tdx);
        return 1;
    }

    return ioa_reader_copy(&r, q->fmspc6, sizeof(q->fmspc6))
           && ioa_reader_copy(&r, q->pceid2, sizeof(q->pceid2))
           && ioa_reader_copy(&r, q->pck_svns16, sizeof(q->pck_svns16))
           && ioa_reader_u16le(&r, &q->pcesvn)
           && ioa_reader_copy(&r, q->tee_tcb_svn16, sizeof(q->tee_tcb_svn16))
           && ioa_reader_copy(&r, q->mrsigner_seam48,
                              sizeof(q->mrsigner_seam48))
           && ioa_reader_copy(&r, q->seam_attributes8,
                              sizeof(q->seam_attributes8))
           && ioa_reader_copy(&r, q->qe_miscselect4,
                              sizeof(q->qe_miscselect4))
           && ioa_reader_copy(&r, q->qe_attributes16,
                              sizeof(q->qe_attributes16))
           && ioa_reader_copy(&r, q->qe_mrsigner32, sizeof(q->qe_mrsigner32))
           && ioa_reader_u16le(&r, &q->qe_isvprodid)
           && ioa_reader_u16le(&r, &q->qe_isvsvn);
}


static ioa_crls_t *
feed_crls(void)
{
    size_t       i;
    ioa_crls_t  *crls;

    crls = NULL;

    for (i = 5; i <= 6; i++) {

        if (feed_fields[i].len == 0) {
            continue;
        }

        crls = crls != NULL ? crls : ioa_crls_new();

        if (crls == NULL
            || ioa_crls_add(crls, feed_fields[i].data, feed_fields[i].len)
               != IOA_CHAIN_OK)
        {
            fprintf(stderr, "bad CRL\n");
            exit(1);
        }
    }

    return crls;
}


static void
feed_print_tcb(const ioa_tcb_t *tcb, const ioa_collateral_t *c)
{
    size_t  i;

    printf("%s %lld %lld %lld ", ioa_tcb_name(tcb->status),
           (long long) tcb->out_since, (long long) tcb->date,
           (long long) (c != NULL ? ioa_collateral_expires(c) : 0));

    for (i = 0; i < tcb->advisories_n; i++) {
        printf("%s%s", i > 0 ? "," : "", tcb->advisories[i]);
    }

    printf("%s ", i == 0 ? "-" : "");
}


static void
feed_collateral(void)
{
    size_t                   i;
    int64_t                  now;
    ioa_tcb_t                tcb, zero;
    ioa_crls_t              *crls;
    ioa_roots_t             *roots;
    ioa_status_t             st;
    ioa_collateral_t        *c;
    ioa_collateral_text_t    text;
    ioa_collateral_quote_t   quote;

    memset(&zero, 0, sizeof(zero));
    memset(&tcb, 0, sizeof(tcb));
    now = feed_number(7);
    crls = feed_crls();

    if (ioa_roots_parse(&roots, feed_fields[4].data, feed_fields[4].len)
        != IOA_CHAIN_OK)
    {
        fprintf(stderr, "bad roots\n");
        exit(1);
    }

    text.tcb_info = feed_reader(0);
    text.tcb_info_chain = feed_reader(1);
    text.qe_identity = feed_reader(2);
    text.qe_identity_chain = feed_reader(3);

    st = ioa_collateral_verify(&c, &feed_checks, &text, roots, crls, NULL,
                               now, feed_number(8));

    if ((st == IOA_OK) != (c != NULL)) {
        abort();
    }

    /* it must not borrow */

    for (i = 0; i < 4; i++) {
        memset(feed_fields[i].data, 0xee, feed_fields[i].len);
    }

    if (st == IOA_OK && !feed_quote(&quote, roots, now)) {
        printf("noquote ");

    } else {
        if (st == IOA_OK) {
            memset(&tcb, 0xff, sizeof(tcb));
            st = ioa_collateral_judge(&tcb, &feed_checks, c, &quote);
        }

        if (st != IOA_OK && memcmp(&tcb, &zero, sizeof(tcb)) != 0) {
            abort();
        }

        feed_print_reason(st);
        feed_print_tcb(&tcb, c);
    }

    feed_print_checks(IOA_CHECK_FAILED);
    feed_print_checks(IOA_CHECK_NOT_MADE);
    ioa_collateral_free(c);
    ioa_roots_free(roots);
    ioa_crls_free(crls);
}


static void
feed_nras(void)
{
    int             unknown_kid;
    size_t          i;
    ioa_jwks_t     *jwks;
    ioa_status_t    st;
    const uint8_t  *zero;

    static ioa_nras_t  nras, empty;

    if (!ioa_jwks_parse(&jwks, feed_fields[1].data, feed_fields[1].len)
        || feed_fields[2].len != IOA_NRAS_NONCE_LEN)
    {
        printf("nokeys");
        return;
    }

    memset(&nras, 0xff, sizeof(nras));
    st = ioa_nras_verify(&nras, &unknown_kid, &feed_checks, feed_reader(0),
                         jwks, feed_fields[2].data, (size_t) feed_number(3),
                         feed_number(4));
    zero = (const uint8_t *) &empty;

    if (st != IOA_OK && memcmp(&nras, zero, sizeof(nras)) != 0) {
        abort();
    }

    feed_print_reason(st);
    printf("%d %lld ", unknown_kid, (long long) nras.expires);

    for (i = 0; i < nras.devices_n; i++) {
        printf("%s%s/%s/%s/%s/%s", i > 0 ? "," : "", nras.devices[i].name,
               nras.devices[i].arch, nras.devices[i].driver_version,
               nras.devices[i].vbios_version, nras.devices[i].ueid);
    }

    printf("%s ", i == 0 ? "-" : "");
    feed_print_checks(IOA_CHECK_FAILED);
    feed_print_checks(IOA_CHECK_NOT_MADE);
    ioa_jwks_free(jwks);
}


static void
feed_jwks(void)
{
    ioa_jwks_t  *jwks;

    if (!ioa_jwks_parse(&jwks, feed_fields[0].data, feed_fields[0].len)) {
        printf("bad");
        return;
    }

    printf("%zu", ioa_jwks_count(jwks));
    ioa_jwks_free(jwks);
}


/* Into memory of exactly the size that an encoding may need. */
static void
feed_decode(int url)
{
    int       good;
    size_t    i, n, cap;
    uint8_t  *out;

    cap = url ? feed_fields[0].len : feed_fields[0].len * 3 / 4;
    out = malloc(cap + (cap == 0));
    good = url ? ioa_percent_decode(out, &n, cap, feed_fields[0].data,
                                    feed_fields[0].len)
               : ioa_base64url_decode(out, &n, cap, feed_fields[0].data,
                                      feed_fields[0].len);

    for (i = 0; good && i < n; i++) {
        printf("%02x", out[i]);
    }

    printf("%s", good ? "" : "bad");
    free(out);
}


static int
feed_read(uint8_t *data, size_t n)
{
    return fread(data, 1, n, stdin) == n;
}


/* Reads a record's fields, each as memory of exactly its size. */
static void
feed_record(uint8_t n)
{
    size_t         i;
    uint8_t        head[4];
    feed_field_t  *f;

    for (i = 0; i < FEED_FIELDS_MAX; i++) {
        f = &feed_fields[i];
        f->len = 0;

        if (i < n) {
            if (!feed_read(head, sizeof(head))) {
                exit(1);
            }

            f->len = head[0] | (size_t) head[1] << 8 | (size_t) head[2] << 16
                     | (size_t) head[3] << 24;
        }

        f->data = malloc(f->len + (f->len == 0));

        if (f->data == NULL || !feed_read(f->data, f->len)) {
            exit(1);
        }
    }
}


int
main(void)
{
    size_t   i;
    uint8_t  head[2];

    while (feed_read(head, sizeof(head))) {

        if (head[1] > FEED_FIELDS_MAX) {
            return 1;
        }

        feed_record(head[1]);
        ioa_checks_init(&feed_checks);

        switch (head[0]) {
        case 'c':
            feed_collateral();
            break;
        case 'n':
            feed_nras();
            break;
        case 'k':
            feed_jwks();
            break;
        case 'u':
        case 'b':
            feed_decode(head[0] == 'u');
            break;
        default:
            return 1;
        }

        printf("\n");

        for (i = 0; i < FEED_FIELDS_MAX; i++) {
            free(feed_fields[i].data);
        }
    }

    return 0;
}
