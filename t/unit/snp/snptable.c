/*
 * snptable: certificate tables, and paths of the key service.
 */

#include "fixtures/snp.h"

#define ENTRY_LEN  24

static const uint8_t  guids[][17] = {
    "\x63\xda\x75\x8d\xe6\x64\x45\x64\xad\xc5\xf4\xb9\x3b\xe8\xac\xcd",
    "\xa8\x07\x4b\xc2\xa2\x5a\x48\x3e\xaa\xe6\x39\xc0\x45\xa0\xb8\xa1",
    "\x4a\xb7\xb3\x79\xbb\xac\x4f\xe4\xa0\x2f\x05\xae\xf3\x27\xc7\x82",
    "\xc0\xb4\x06\xa4\xa8\x03\x49\x52\x97\x43\x3f\xb6\x01\x4c\xd0\xae",
    "\x92\xf8\x1b\xc3\x58\x11\x4d\x3d\x97\xff\xd1\x9f\x88\xdc\x67\xea",
};

#define KINDS  (sizeof(guids) / sizeof(guids[0]))

#define CHIP8    "8182838485868788"
#define CHIP64   CHIP8 "898a8b8c8d8e8f90919293949596979899" \
                 "9a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9" \
                 "aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0"


static void
test_paths(void)
{
    char            text[IOA_SNP_KDS_PATH_MAX];
    size_t          n;
    uint8_t         r[LEN];
    ioa_snp_view_t  view;

    static const char  genoa[] = "vcek/v1/Genoa/" CHIP64
        "?blSPL=65&teeSPL=66&snpSPL=67&ucodeSPL=68";
    static const char  milan[] = "vcek/v1/Milan/" CHIP64
        "?blSPL=65&teeSPL=66&snpSPL=67&ucodeSPL=68";
    static const char  turin[] = "vcek/v1/Turin/" CHIP8
        "?fmcSPL=65&blSPL=66&teeSPL=67&snpSPL=68&ucodeSPL=68";

#define PATH(product)                                                         \
    (ioa_snp_parse(&view, r, LEN) == IOA_OK                                   \
     ? ioa_snp_kds_path(text, &view, product) : 9999)

    make(r, 3, 0x19, 0x11);
    n = PATH(IOA_SNP_PRODUCT_UNKNOWN);
    UNIT_OK(n == sizeof(genoa) - 1 && strcmp(text, genoa) == 0, "Genoa");
    n = PATH(IOA_SNP_MILAN);
    UNIT_OK(strcmp(text, genoa) == 0, "what the report says counts");

    make(r, 5, 0x1a, 0x11);
    n = PATH(IOA_SNP_PRODUCT_UNKNOWN);
    UNIT_OK(n == sizeof(turin) - 1 && strcmp(text, turin) == 0, "Turin");

    make(r, 2, 0, 0);
    UNIT_OK(PATH(IOA_SNP_PRODUCT_UNKNOWN) == 0 && text[0] == 0,
            "version 2 does not say");
    n = PATH(IOA_SNP_MILAN);
    UNIT_OK(n == sizeof(milan) - 1 && strcmp(text, milan) == 0,
            "version 2, and told");
    UNIT_OK(PATH(IOA_SNP_TURIN) == 0, "version 2 is no Turin");

    make(r, 3, 0x17, 0x11);
    UNIT_OK(PATH(IOA_SNP_GENOA) == 0, "a product that is not known");

    make(r, 3, 0x19, 0x11);
    r[0x48] = 1 << 2;
    UNIT_OK(PATH(IOA_SNP_PRODUCT_UNKNOWN) == 0, "a VLEK");

    make(r, 3, 0x19, 0x11);
    memset(r + 0x1a0, 0, 64);
    UNIT_OK(PATH(IOA_SNP_PRODUCT_UNKNOWN) == 0
            && ioa_snp_chip_masked(&view), "a masked chip");
    r[0x1a0 + 63] = 1;
    UNIT_OK(PATH(IOA_SNP_PRODUCT_UNKNOWN) != 0
            && !ioa_snp_chip_masked(&view), "not masked");

    /* the longest there is */
    make(r, 3, 0x1a, 0x02);
    memset(r + 0x180, 0xff, 4);
    r[0x187] = 0xff;
    UNIT_OK(PATH(IOA_SNP_PRODUCT_UNKNOWN) != 0
            && strstr(text, "?fmcSPL=255&blSPL=255&teeSPL=255&snpSPL=255"
                            "&ucodeSPL=255") != NULL, "the longest");
}


/* Appends an entry.  Returns: the entry. */
static uint8_t *
entry(uint8_t *at, const uint8_t guid[16], uint32_t offset, uint32_t len)
{
    int  i;

    memcpy(at, guid, 16);

    for (i = 0; i < 4; i++) {
        at[16 + i] = (uint8_t) (offset >> 8 * i);
        at[20 + i] = (uint8_t) (len >> 8 * i);
    }

    return at;
}


static ioa_status_t
table(ioa_snp_certs_t *certs, const uint8_t *data, size_t n)
{
    uint8_t       *exact;
    ioa_status_t   st;

    static const ioa_snp_certs_t  none;

    exact = unit_exact(data, n);
    memset(certs, 0xff, sizeof(*certs));
    st = ioa_snp_table_parse(certs, exact, n);

    if (st != IOA_OK && memcmp(certs, &none, sizeof(none)) != 0) {
        printf("Bail out! certificates are not zero\n");
        exit(1);
    }

    free(exact);

    return st;
}


static void
test_table(void)
{
    size_t           i, n;
    uint8_t          t[1024];
    unit_all_t       prefixes = { 0 }, twice = { 0 };
    ioa_snp_certs_t  c;

    memset(t, 0, sizeof(t));

    for (i = 0; i < KINDS; i++) {
        entry(t + ENTRY_LEN * i, guids[i], (uint32_t) (200 + 10 * i), 10);
    }

    entry(t + ENTRY_LEN * 5, (const uint8_t *) "unknown-unknown", 0, 0);
    n = 250;

    UNIT_OK(ioa_snp_table_parse(&c, t, n) == IOA_OK
            && c.vcek.pos == t + 200 && c.vlek.pos == t + 210
            && c.ask.pos == t + 220 && c.ark.pos == t + 230
            && c.crl.pos == t + 240 && c.crl.left == 10, "all kinds");

    for (i = 0; i < n; i++) {
        unit_each(&prefixes, table(&c, t, i) == IOA_CPU_EVIDENCE_INVALID,
                  "%zu", i);
    }

    UNIT_ALL(&prefixes, "prefixes of a table");

    for (i = 0; i < KINDS; i++) {
        entry(t + ENTRY_LEN * 5, guids[i], 200, 10);
        unit_each(&twice, table(&c, t, n) == IOA_CPU_EVIDENCE_INVALID, "%zu",
                  i);
    }

    UNIT_ALL(&twice, "a kind that is there twice");

    entry(t + ENTRY_LEN * 5, (const uint8_t *) "unknown-unknown", 240, 11);
    UNIT_OK(table(&c, t, n) == IOA_CPU_EVIDENCE_INVALID,
            "one that is not known must fit too");
    entry(t + ENTRY_LEN * 5, (const uint8_t *) "unknown-unknown", 250, 0);
    UNIT_OK(table(&c, t, n) == IOA_OK, "and fits");

    entry(t, guids[0], 200, 0);
    UNIT_OK(table(&c, t, n) == IOA_CPU_EVIDENCE_INVALID, "an empty one");
    entry(t, guids[0], 0xffffffff, 10);
    UNIT_OK(table(&c, t, n) == IOA_CPU_EVIDENCE_INVALID, "far away");
    entry(t, guids[0], 200, 0xffffffff);
    UNIT_OK(table(&c, t, n) == IOA_CPU_EVIDENCE_INVALID, "too long");
    entry(t, guids[0], 0xffffffff, 0xffffffff);
    UNIT_OK(table(&c, t, n) == IOA_CPU_EVIDENCE_INVALID, "both");

    for (i = 0; i < 33; i++) {
        entry(t + ENTRY_LEN * i, (const uint8_t *) "unknown-unknown", 0, 0);
    }

    memset(t + ENTRY_LEN * 32, 0, ENTRY_LEN * 2);
    UNIT_OK(table(&c, t, sizeof(t)) == IOA_OK, "as many as may be");
    entry(t + ENTRY_LEN * 32, (const uint8_t *) "unknown-unknown", 0, 0);
    UNIT_OK(table(&c, t, sizeof(t)) == IOA_CPU_EVIDENCE_INVALID, "too many");
    UNIT_OK(table(&c, NULL, 0) == IOA_CPU_EVIDENCE_INVALID, "no table");
}


/* A report with its table; the views point behind the report. */
static void
test_extended(void)
{
    uint8_t         data[LEN + 100];
    ioa_snp_view_t  v;

    memset(data, 0, sizeof(data));
    make(data, 3, 0x19, 0x11);
    entry(data + LEN, guids[0], 60, 40);

    UNIT_OK(ioa_snp_parse(&v, data, sizeof(data)) == IOA_OK
            && v.certs.vcek.pos == data + LEN + 60
            && v.certs.vcek.left == 40 && v.certs.vlek.left == 0,
            "a report with a certificate");
    UNIT_OK(ioa_snp_parse(&v, data, sizeof(data) - 1) == IOA_CPU_EVIDENCE_INVALID,
            "and cut");
}


int
main(void)
{
    test_paths();
    test_table();
    test_extended();

    return UNIT_DONE();
}
