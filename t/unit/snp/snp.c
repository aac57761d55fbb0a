/*
 * snp: reports, bit by bit.
 */

#include "fixtures/snp.h"

#define ENTRY_LEN   24
#define SHOWN_MAX   2048


/* Parses bytes in memory of their own. */
static ioa_status_t
parse(ioa_snp_view_t *view, const uint8_t *data, size_t n)
{
    size_t          i;
    uint8_t        *exact, any;
    ioa_status_t    st;
    ioa_snp_view_t  rest;

    exact = unit_exact(data, n);
    memset(view, 0xff, sizeof(*view));
    st = ioa_snp_parse(view, exact, n);

    memcpy(&rest, view, sizeof(rest));
    rest.newer = 0;

    for (any = 0, i = 0; i < sizeof(rest); i++) {
        any |= ((const uint8_t *) &rest)[i];
    }

    if (st != IOA_OK && any != 0) {
        printf("Bail out! the view is not zero\n");
        exit(1);
    }

    free(exact);

    return st;
}


/* Everything that a view says, as bytes.  Returns: how many; 0: refused. */
static size_t
show(uint8_t out[SHOWN_MAX], const uint8_t report[LEN])
{
    size_t          n;
    ioa_snp_view_t  v;

#define SHOW(p, len)  (memcpy(out + n, (p), (len)), n += (len))

    if (ioa_snp_parse(&v, report, LEN) != IOA_OK) {
        return 0;
    }

    n = 0;
    SHOW(&v.version, sizeof(v.version));
    SHOW(&v.guest_svn, sizeof(v.guest_svn));
    SHOW(&v.policy, sizeof(v.policy));
    SHOW(v.family_id16, 16);
    SHOW(v.image_id16, 16);
    SHOW(&v.vmpl, sizeof(v.vmpl));
    SHOW(&v.sig_algo, sizeof(v.sig_algo));
    SHOW(&v.current, sizeof(v.current));
    SHOW(&v.platform_info, sizeof(v.platform_info));
    SHOW(&v.author_key, sizeof(v.author_key));
    SHOW(&v.chip_key_masked, sizeof(v.chip_key_masked));
    SHOW(&v.signer, sizeof(v.signer));
    SHOW(v.report_data64, 64);
    SHOW(v.measurement48, 48);
    SHOW(v.host_data32, 32);
    SHOW(v.id_key_digest48, 48);
    SHOW(v.author_key_digest48, 48);
    SHOW(v.report_id32, 32);
    SHOW(v.report_id_ma32, 32);
    SHOW(&v.reported, sizeof(v.reported));
    SHOW(&v.family, 1);
    SHOW(&v.model, 1);
    SHOW(&v.stepping, 1);
    SHOW(v.chip_id64, 64);
    SHOW(&v.committed, sizeof(v.committed));
    SHOW(&v.current_firmware, sizeof(v.current_firmware));
    SHOW(&v.committed_firmware, sizeof(v.committed_firmware));
    SHOW(&v.launch, sizeof(v.launch));
    SHOW(&v.launch_mitigations, sizeof(v.launch_mitigations));
    SHOW(&v.current_mitigations, sizeof(v.current_mitigations));
    SHOW(v.sig96, sizeof(v.sig96));

    return n;
}


static int
tcb_is(const ioa_snp_tcb_t *tcb, unsigned fmc, unsigned bootloader,
    unsigned tee, unsigned snp, unsigned microcode)
{
    return tcb->fmc == fmc && tcb->bootloader == bootloader
           && tcb->tee == tee && tcb->snp == snp
           && tcb->microcode == microcode;
}


/* What is only wrong sends nobody to a newer ioattest. */
static void
test_newer(void)
{
    size_t          i;
    uint8_t         r[LEN];
    ioa_snp_view_t  v;

    static const struct {
        size_t       at;
        uint8_t      byte;
        int          newer;
        const char  *what;
    } cases[] = {
        { 0x00, 1, 0, "version 1" },
        { 0x00, 6, 1, "version 6" },
        { 0x0a, 0x01, 0, "bit 17 of the policy clear" },
        { 0x0b, 0x04, 1, "bit 26 of the policy" },
        { 0x0f, 0x80, 1, "bit 63 of the policy" },
        { 0x34, 0, 0, "no algorithm" },
        { 0x34, 2, 1, "another algorithm" },
        { 0x48, 0x08, 1, "another kind of key" },
        { 0x48, 0x20, 1, "a flag" },
        { 0x4f, 0x01, 1, "a reserved byte before what was measured" },
        { 0x18b, 0x01, 1, "a reserved byte behind the processor" },
        { 0x1eb, 0x01, 1, "a reserved byte of a firmware's version" },
        { 0x29f, 0x01, 1, "the last reserved byte" },
        { LEN - 1, 0x01, 0, "behind the signature" }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        make(r, 3, 0x19, 0x11);
        r[cases[i].at] = cases[i].byte;
        UNIT_OK(parse(&v, r, LEN) != IOA_OK
                && (strstr(ioa_snp_unread(&v), IOA_NEWER_FORMAT) != NULL)
                   == cases[i].newer, cases[i].what);
    }

    make(r, 3, 0x19, 0x11);
    r[0x0f] = 0x80;
    UNIT_OK(parse(&v, r, LEN - 1) != IOA_OK && !v.newer, "half a report");
}


static void
test_fields(void)
{
    uint8_t         r[LEN];
    ioa_snp_view_t  v;

    make(r, 3, 0x19, 0x11);
    UNIT_OK(ioa_snp_parse(&v, r, LEN) == IOA_OK && v.report == r
            && v.version == 3, "version 3");
    UNIT_OK(v.guest_svn == 0x14131211 && v.policy == 0x3001f && v.vmpl == 2
            && v.sig_algo == 1 && v.platform_info == 0x25
            && v.author_key && !v.chip_key_masked
            && v.signer == IOA_SNP_VCEK, "numbers");
    UNIT_OK(v.family_id16 == r + 0x10 && v.image_id16 == r + 0x20
            && v.report_data64 == r + 0x50 && v.measurement48 == r + 0x90
            && v.host_data32 == r + 0xc0 && v.id_key_digest48 == r + 0xe0
            && v.author_key_digest48 == r + 0x110
            && v.report_id32 == r + 0x140 && v.report_id_ma32 == r + 0x160
            && v.chip_id64 == r + 0x1a0, "places");
    UNIT_OK(tcb_is(&v.current, 0, 0x31, 0x32, 0x33, 0x34)
            && tcb_is(&v.reported, 0, 0x41, 0x42, 0x43, 0x44)
            && tcb_is(&v.committed, 0, 0x51, 0x52, 0x53, 0x54)
            && tcb_is(&v.launch, 0, 0x61, 0x62, 0x63, 0x64), "levels");
    UNIT_OK(v.family == 0x19 && v.model == 0x11 && v.stepping == 1
            && v.product == IOA_SNP_GENOA, "processor");
    UNIT_OK(v.current_firmware.build == 0x0a && v.current_firmware.minor == 11
            && v.current_firmware.major == 12
            && v.committed_firmware.build == 0x1a
            && v.committed_firmware.major == 0x1c, "firmware");
    UNIT_OK(v.sig96[0] == 0xa1 + 47 && v.sig96[47] == 0xa1
            && v.sig96[48] == 0x61 + 47 && v.sig96[95] == 0x61,
            "the signature's numbers are turned round");
    UNIT_OK(v.launch_mitigations == 0 && v.current_mitigations == 0,
            "no mitigations before version 5");

    make(r, 2, 0x19, 0x11);
    UNIT_OK(ioa_snp_parse(&v, r, LEN) == IOA_OK && v.family == 0
            && v.product == IOA_SNP_PRODUCT_UNKNOWN, "version 2");

    make(r, 4, 0x19, 0x01);
    UNIT_OK(ioa_snp_parse(&v, r, LEN) == IOA_OK && v.launch_mitigations == 0
            && v.product == IOA_SNP_MILAN, "version 4 is laid out as 3");

    make(r, 5, 0x1a, 0x02);
    UNIT_OK(ioa_snp_parse(&v, r, LEN) == IOA_OK
            && v.launch_mitigations == UINT64_C(0x5857565554535251)
            && v.current_mitigations == UINT64_C(0x605f5e5d5c5b5a59)
            && tcb_is(&v.reported, 0x41, 0x42, 0x43, 0x44, 0x44)
            && v.product == IOA_SNP_TURIN, "version 5, Turin's levels");
}


/* 1 where the bit may be either for this version and layout. */
static int
is_free(size_t i, int bit, int version, int turin)
{
    size_t  k;

    static const size_t  tcbs[] = { 0x38, 0x180, 0x1e0, 0x1f0 };

    for (k = 0; k < 4; k++) {
        if (i >= tcbs[k] && i < tcbs[k] + 8) {
            i -= tcbs[k];
            return i == 7 || (turin ? i < 4 : i < 2 || i == 6);
        }
    }

    if (i == 0 && bit == 0) {           /* 3 and 5 say more than 2 and 4 */
        return version == 2 || version == 4;
    }

    if (i < 0x04 || (i >= 0x34 && i < 0x38)) {
        return 0;                       /* version, algorithm: fixed */
    }

    if (i >= 0x08 && i < 0x10) {        /* policy: bits 0..25, less 17 */
        bit += 8 * (int) (i - 0x08);
        return bit < 26 && bit != 17;
    }

    if (i >= 0x48 && i < 0x50) {        /* flags, and reserved */
        return i == 0x48 && bit <= 2;   /* 3 and 4: other signers */
    }

    if (i >= 0x188 && i < 0x1a0) {
        return version >= 3 && i < 0x18b;
    }

    if (i == 0x1eb || i == 0x1ef) {
        return 0;
    }

    if (i >= 0x1f8 && i < 0x2a0) {
        return version >= 5 && i < 0x208;
    }

    if (i >= 0x2a0) {
        i -= 0x2a0;
        return i < 48 || (i >= 72 && i < 72 + 48);
    }

    return 1;
}


/* Every bit: reserved ones are refused, others change what is said. */
static void
test_bits(int version, uint8_t family, uint8_t model)
{
    char        name[64];
    int         bit, turin, good;
    size_t      i, n, changed;
    uint8_t     report[LEN], before[SHOWN_MAX], after[SHOWN_MAX];
    unit_all_t  all = { 0 }, reserved = { 0 };

    make(report, (uint8_t) version, family, model);
    n = show(before, report);
    turin = family == 0x1a && version >= 3;

    for (i = 0; i < LEN; i++) {
        for (bit = 0; bit < 8; bit++) {
            /* a family of Turin lays the levels out anew: seen elsewhere */
            if (i == 0x188) {
                continue;
            }

            report[i] ^= (uint8_t) (1 << bit);
            changed = show(after, report);
            good = is_free(i, bit, version, turin);
            unit_each(&all, good ? changed == n && memcmp(before, after, n)
                                 : changed == 0,
                      "byte 0x%zx, bit %d", i, bit);

            if (!good) {
                unit_each(&reserved, changed == 0, "byte 0x%zx, bit %d", i,
                          bit);
            }

            report[i] ^= (uint8_t) (1 << bit);
        }
    }

    sprintf(name, "version %d, family 0x%02x: every bit", version, family);
    UNIT_ALL(&all, name);
    UNIT_ALL(&reserved, "bits that are fixed or reserved");
}


static void
test_lengths(void)
{
    size_t          n;
    uint8_t         data[LEN + 48];
    unit_all_t      prefixes = { 0 }, tails = { 0 };
    ioa_snp_view_t  view;

    memset(data, 0, sizeof(data));
    make(data, 5, 0x1a, 0x02);

    for (n = 0; n < LEN; n++) {
        unit_each(&prefixes, parse(&view, data, n)
                             == IOA_CPU_EVIDENCE_INVALID, "%zu", n);
    }

    UNIT_ALL(&prefixes, "prefixes");
    UNIT_OK(parse(&view, data, LEN) == IOA_OK, "the whole");

    for (n = LEN + 1; n < LEN + ENTRY_LEN; n++) {
        unit_each(&tails, parse(&view, data, n)
                          == IOA_CPU_EVIDENCE_INVALID, "%zu", n);
    }

    UNIT_ALL(&tails, "what follows is no table");
    UNIT_OK(parse(&view, data, LEN + ENTRY_LEN) == IOA_OK, "an empty table");
    UNIT_OK(parse(&view, data, sizeof(data)) == IOA_OK,
            "an empty table, padded");
    UNIT_OK(parse(&view, NULL, 0) == IOA_CPU_EVIDENCE_INVALID, "nothing");
}


static void
test_values(void)
{
    unsigned        i;
    uint8_t         r[LEN];
    unit_all_t      versions = { 0 }, algos = { 0 }, keys = { 0 };
    ioa_status_t    want;
    ioa_snp_view_t  view;

    for (i = 0; i < 256; i++) {
        make(r, 2, 0, 0);
        r[0] = (uint8_t) i;
        want = i >= 2 && i <= 5 ? IOA_OK : IOA_CPU_EVIDENCE_INVALID;
        unit_each(&versions, parse(&view, r, LEN) == want, "%u", i);

        make(r, 3, 0x19, 0x11);
        r[0x34] = (uint8_t) i;
        want = i == 1 ? IOA_OK : IOA_CPU_EVIDENCE_INVALID;
        unit_each(&algos, parse(&view, r, LEN) == want, "%u", i);
    }

    for (i = 0; i < 8; i++) {
        make(r, 3, 0x19, 0x11);
        r[0x48] = (uint8_t) (i << 2);
        want = i == 0 || i == 1 || i == 7 ? IOA_OK : IOA_CPU_EVIDENCE_INVALID;
        unit_each(&keys, parse(&view, r, LEN) == want
                         && (want != IOA_OK || view.signer == i), "%u", i);
    }

    UNIT_ALL(&versions, "versions");
    UNIT_ALL(&algos, "signature algorithms");
    UNIT_ALL(&keys, "signing keys");
}


static void
test_products(void)
{
    unsigned           model;
    uint8_t            r[LEN];
    unit_all_t         all = { 0 };
    ioa_snp_view_t     view;
    ioa_snp_product_t  zen, turin;

    for (model = 0; model < 256; model++) {
        zen = model < 0x10 ? IOA_SNP_MILAN
              : model < 0x20 || (model >= 0xa0 && model < 0xb0)
                ? IOA_SNP_GENOA : IOA_SNP_PRODUCT_UNKNOWN;
        turin = model < 0x20 ? IOA_SNP_TURIN : IOA_SNP_PRODUCT_UNKNOWN;

        make(r, 3, 0x19, (uint8_t) model);
        unit_each(&all, ioa_snp_parse(&view, r, LEN) == IOA_OK
                        && view.product == zen, "0x19, 0x%x", model);
        make(r, 3, 0x1a, (uint8_t) model);
        unit_each(&all, ioa_snp_parse(&view, r, LEN) == IOA_OK
                        && view.product == turin, "0x1a, 0x%x", model);
        make(r, 3, 0x17, (uint8_t) model);
        unit_each(&all, ioa_snp_parse(&view, r, LEN) == IOA_OK
                        && view.product == IOA_SNP_PRODUCT_UNKNOWN,
                  "0x17, 0x%x", model);
    }

    UNIT_ALL(&all, "products");
    UNIT_OK(strcmp(ioa_snp_product_name(IOA_SNP_MILAN), "Milan") == 0
            && strcmp(ioa_snp_product_name(IOA_SNP_GENOA), "Genoa") == 0
            && strcmp(ioa_snp_product_name(IOA_SNP_TURIN), "Turin") == 0
            && strcmp(ioa_snp_product_name((ioa_snp_product_t) 9), "unknown")
               == 0, "their names");
}


static void
test_covers(void)
{
    size_t         i;
    ioa_snp_tcb_t  a, b;

    memset(&a, 7, sizeof(a));
    memset(&b, 7, sizeof(b));
    UNIT_OK(ioa_snp_tcb_covers(&a, &b), "equal levels cover");

    for (i = 0; i < sizeof(a); i++) {
        ((uint8_t *) &a)[i] = 6;
        UNIT_OK(!ioa_snp_tcb_covers(&a, &b) && ioa_snp_tcb_covers(&b, &a),
                "component %zu is below", i);
        ((uint8_t *) &a)[i] = 7;
    }
}


int
main(void)
{
    test_fields();
    test_newer();
    test_bits(2, 0, 0);
    test_bits(3, 0x19, 0x01);
    test_bits(4, 0x19, 0xa0);
    test_bits(5, 0x19, 0x11);
    test_bits(5, 0x1a, 0x02);
    test_lengths();
    test_values();
    test_products();
    test_covers();

    return UNIT_DONE();
}
