/*
 * driver vendor: collateral and replies of vendors' services.
 *
 * Reads records: a kind (1 byte), a number of fields (1 byte), and for each
 * a length (4 bytes, little-endian) and the data.  Writes one line for each,
 * parts separated by a space; "-" stands for an empty one.
 *
 *   c  collateral: TCB info, its chain, QE identity, its chain, roots, two
 *      CRLs (empty: none), now, slack, quote (one that ioa_tdx_verify reads,
 *      or VENDOR_QUOTE_LEN bytes: ioa_collateral_quote_t's members in order).
 *      Reason, status, out_since, expires, advisories, failed checks,
 *      checks not made, what is short, and what is said of the three parts'
 *      levels (spaces as underscores)
 *   n  NRAS: reply, key set, nonce, devices, now, "3" where claims of
 *      version 2 are none.  Reason, unknown kid, expires, devices as
 *      name/arch/driver/vbios/ueid, failed checks, checks not made
 *   k  key set, names of keys with a line feed behind each: how many of
 *      these keys it has, or "bad"
 *   u  URL encoding: bytes in hex, or "bad"
 *   b  base64url: bytes in hex, or "bad"
 */

#include "base/ioa_codec.h"
#include "tdx/ioa_verify_collateral.h"
#include "nvidia/ioa_verify_nras.h"
#include "feed.h"

#define VENDOR_FIELDS_MAX  10
#define VENDOR_QUOTE_LEN   154

typedef struct {
    uint8_t  *data;
    size_t    len;
} vendor_field_t;

static vendor_field_t  vendor_fields[VENDOR_FIELDS_MAX];
static ioa_checks_t  vendor_checks;


static ioa_reader_t
vendor_reader(size_t i)
{
    ioa_reader_t  r;

    ioa_reader_init(&r, vendor_fields[i].data, vendor_fields[i].len);

    return r;
}


static int64_t
vendor_number(size_t i)
{
    char  text[32] = "";

    if (vendor_fields[i].len < sizeof(text)) {
        memcpy(text, vendor_fields[i].data, vendor_fields[i].len);
    }

    return strtoll(text, NULL, 10);
}


static void
vendor_print_checks(ioa_check_verdict_t verdict)
{
    size_t       i, n;
    const char  *claim;

    for (i = 0, n = 0; i < vendor_checks.n; i++) {
        if (vendor_checks.list[i].verdict == verdict) {
            printf("%s%s", n++ > 0 ? "," : "", vendor_checks.list[i].name);

            /* of a claim that says no, its name as well */
            claim = strstr(vendor_checks.list[i].detail, ": ");

            if (strcmp(vendor_checks.list[i].name, "nras.claims") == 0
                && claim != NULL)
            {
                printf(":%s", claim + 2);
            }
        }
    }

    printf("%s ", n == 0 ? "-" : "");
}


static void
vendor_print_reason(ioa_status_t st)
{
    printf("%s ", st == IOA_OK ? "ok" : ioa_status_name(st));
}


/* Out: quote.  Returns: 0 where the field is no such quote. */
static int
vendor_quote(ioa_collateral_quote_t *q, const ioa_roots_t *roots, int64_t now)
{
    ioa_reader_t      r;
    ioa_tdx_trust_t   trust;
    ioa_tdx_result_t  tdx;

    r = vendor_reader(9);

    if (ioa_reader_left(&r) != VENDOR_QUOTE_LEN) {
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
vendor_crls(void)
{
    size_t       i;
    ioa_crls_t  *crls;

    crls = NULL;

    for (i = 5; i <= 6; i++) {

        if (vendor_fields[i].len == 0) {
            continue;
        }

        crls = crls != NULL ? crls : ioa_crls_new();

        if (crls == NULL
            || ioa_crls_add(crls, vendor_fields[i].data, vendor_fields[i].len)
               != IOA_CHAIN_OK)
        {
            fprintf(stderr, "bad CRL\n");
            exit(1);
        }
    }

    return crls;
}


static void
vendor_print_tcb(const ioa_tcb_t *tcb, const ioa_collateral_t *c)
{
    size_t  i;

    printf("%s %lld %lld ", ioa_tcb_name(tcb->status),
           (long long) tcb->out_since,
           (long long) (c != NULL ? ioa_collateral_expires(c) : 0));

    for (i = 0; i < tcb->advisories_n; i++) {
        printf("%s%s", i > 0 ? "," : "", tcb->advisories[i]);
    }

    printf("%s ", i == 0 ? "-" : "");
}


static void
vendor_print_text(const char *text)
{
    for ( /* void */ ; *text != '\0'; text++) {
        putchar(*text == ' ' ? '_' : *text);
    }
}


/* What is short, of all, and as the check of each part says it. */
static void
vendor_print_lacks(const ioa_tcb_t *tcb)
{
    size_t  i;

    vendor_print_text(tcb->lacks[0] != '\0' ? tcb->lacks : "-");
    putchar(' ');

    for (i = 0; i < vendor_checks.n; i++) {
        if (strcmp(vendor_checks.list[i].name, "tdx.tcb.platform") == 0
            || strcmp(vendor_checks.list[i].name, "tdx.tcb.module") == 0
            || strcmp(vendor_checks.list[i].name, "tdx.tcb.qe") == 0)
        {
            vendor_print_text(vendor_checks.list[i].detail);
            putchar('|');
        }
    }

    printf("| ");
}


static void
vendor_collateral(void)
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
    now = vendor_number(7);
    crls = vendor_crls();

    if (ioa_roots_parse(&roots, vendor_fields[4].data, vendor_fields[4].len)
        != IOA_CHAIN_OK)
    {
        fprintf(stderr, "bad roots\n");
        exit(1);
    }

    text.tcb_info = vendor_reader(0);
    text.tcb_info_chain = vendor_reader(1);
    text.qe_identity = vendor_reader(2);
    text.qe_identity_chain = vendor_reader(3);

    st = ioa_collateral_verify(&c, &vendor_checks, &text, roots, crls, NULL,
                               now, vendor_number(8));

    if ((st == IOA_OK) != (c != NULL)) {
        abort();
    }

    /* it must not borrow */

    for (i = 0; i < 4; i++) {
        memset(vendor_fields[i].data, 0xee, vendor_fields[i].len);
    }

    if (st == IOA_OK && !vendor_quote(&quote, roots, now)) {
        printf("noquote ");

    } else {
        if (st == IOA_OK) {
            memset(&tcb, 0xff, sizeof(tcb));
            st = ioa_collateral_judge(&tcb, &vendor_checks, c, &quote);
        }

        if (st != IOA_OK && memcmp(&tcb, &zero, sizeof(tcb)) != 0) {
            abort();
        }

        vendor_print_reason(st);
        vendor_print_tcb(&tcb, c);
    }

    vendor_print_checks(IOA_CHECK_FAILED);
    vendor_print_checks(IOA_CHECK_NOT_MADE);
    vendor_print_lacks(&tcb);
    ioa_collateral_free(c);
    ioa_roots_free(roots);
    ioa_crls_free(crls);
}


static void
vendor_nras(void)
{
    int             unknown_kid;
    size_t          i;
    ioa_jwks_t     *jwks;
    ioa_status_t    st;
    const uint8_t  *zero;

    static ioa_nras_t  nras, empty;

    if (!ioa_jwks_parse(&jwks, vendor_fields[1].data, vendor_fields[1].len)
        || vendor_fields[2].len != IOA_NRAS_NONCE_LEN)
    {
        printf("nokeys");
        return;
    }

    memset(&nras, 0xff, sizeof(nras));
    st = ioa_nras_verify(&nras, &unknown_kid, &vendor_checks,
                         vendor_reader(0), jwks, vendor_fields[2].data,
                         (size_t) vendor_number(3),
                         vendor_number(4));
    zero = (const uint8_t *) &empty;

    if (st != IOA_OK && memcmp(&nras, zero, sizeof(nras)) != 0) {
        abort();
    }

    vendor_print_reason(st);
    printf("%d %lld ", unknown_kid, (long long) nras.expires);

    for (i = 0; i < nras.devices_n; i++) {
        printf("%s%s/%s/%s/%s/%s", i > 0 ? "," : "", nras.devices[i].name,
               nras.devices[i].arch, nras.devices[i].driver_version,
               nras.devices[i].vbios_version, nras.devices[i].ueid);
    }

    printf("%s ", i == 0 ? "-" : "");
    vendor_print_checks(IOA_CHECK_FAILED);
    vendor_print_checks(IOA_CHECK_NOT_MADE);
    ioa_jwks_free(jwks);
}


static void
vendor_jwks(void)
{
    size_t          found;
    ioa_jwks_t     *jwks;
    const uint8_t  *name, *end, *next;

    if (!ioa_jwks_parse(&jwks, vendor_fields[0].data, vendor_fields[0].len)) {
        printf("bad");
        return;
    }

    found = 0;
    name = vendor_fields[1].data;
    end = name + vendor_fields[1].len;

    while ((next = memchr(name, '\n', (size_t) (end - name))) != NULL) {
        found += ioa_jwks_find(jwks, name, (size_t) (next - name)) != NULL;
        name = next + 1;
    }

    printf("%zu", found);
    ioa_jwks_free(jwks);
}


/* Into memory of exactly the size that an encoding may need. */
static void
vendor_decode(int url)
{
    int       good;
    size_t    n, cap;
    uint8_t  *out;

    cap = url ? vendor_fields[0].len : vendor_fields[0].len * 3 / 4;
    out = malloc(cap + (cap == 0));
    good = url ? ioa_percent_decode(out, &n, cap, vendor_fields[0].data,
                                    vendor_fields[0].len)
               : ioa_base64url_decode(out, &n, cap, vendor_fields[0].data,
                                      vendor_fields[0].len);

    if (good) {
        feed_hex(out, n);
    } else {
        printf("bad");
    }

    free(out);
}


/* The fields that a record does not have are empty. */
static void
vendor_record(size_t n)
{
    size_t           i;
    vendor_field_t  *f;

    for (i = 0; i < VENDOR_FIELDS_MAX; i++) {
        f = &vendor_fields[i];
        f->len = 0;
        f->data = i < n ? feed_blob(&f->len) : feed_alloc(0);
    }
}


int
feed_vendor(int argc, char **argv)
{
    int     kind;
    size_t  i, n;

    (void) argc;
    (void) argv;

    while ((kind = getchar()) != EOF) {
        n = feed_number(1);

        if (n > VENDOR_FIELDS_MAX) {
            return 1;
        }

        vendor_record(n);
        ioa_checks_init(&vendor_checks);

        switch (kind) {

        case 'c':
            vendor_collateral();
            break;

        case 'n':
            vendor_nras();
            break;

        case 'k':
            vendor_jwks();
            break;

        case 'u':
        case 'b':
            vendor_decode(kind == 'u');
            break;

        default:
            return 1;
        }

        printf("\n");

        for (i = 0; i < VENDOR_FIELDS_MAX; i++) {
            free(vendor_fields[i].data);
        }
    }

    return 0;
}
