/*
 * opaque: versioned records of GPU evidence, as drivers since CUDA 13.5 write
 * them.
 */

#include "nvidia/ioa_spdm.h"
#include "unit.h"

#define OPAQUE_MAX   2048
#define HEADER_LEN   12
#define OPAQUE_AT    134            /* where the opaque data begins */

/*
 * What a GPU with driver 620.12 says, from the test data of NVIDIA's
 * attestation SDK; of the counters in record 12 the last is filled up.
 */
static const uint8_t  real[] =
    "NVDAOD\0\0\x02\0\0\0"
    "\x06\x00\x86\x00\x08\x00"
    "\x00\xd9\x00\x96\x0f\x00\x00\x00"
    "\x0e\x00\x82\x00\x04\x00"
    "\x35\x04\x00\x00"
    "\x0f\x00\x82\x00\x09\x00"
    "\x38\x38\x34\x00\x00\x00\x00\x00\x00"
    "\x10\x00\x82\x00\x05\x00"
    "\x30\x00\x00\x00\x00"
    "\x11\x00\x82\x00\x05\x00"
    "\x47\x35\x32\x30\x00"
    "\x12\x00\x82\x00\x05\x00"
    "\x30\x32\x30\x31\x00"
    "\x13\x00\x82\x00\x02\x00"
    "\x00\x00"
    "\x03\x00\x86\x00\x07\x00"
    "\x36\x32\x30\x2e\x31\x32\x00"
    "\x04\x00\x82\x00\x08\x00"
    "\x80\x01\x00\x00\x00\x00\x00\x00"
    "\x0c\x00\x84\x00\x00\x01"
    "\x00\x00\x00\x00\x01\x00\x00\x00\x04\x00\x00\x00\x01\x00\x00\x00"
    "\x01\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00"
    "\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x83\x00\x00\x00"
    "\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
    "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
    "\x00\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00"
    "\x01\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00"
    "\x00\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00"
    "\x01\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x01\x00\x00\x00"
    "\x01\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00"
    "\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
    "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
    "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
    "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
    "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
    "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
    "\x0d\x00\x83\x00\x04\x00"
    "\x00\xc0\x01\x00"
    "\x0b\x00\x82\x00\x01\x00"
    "\xaa"
    "\x25\x00\x87\x00\x02\x00"
    "\x00\x00"
    "\x14\x00\x01\x00\x30\x00"
    "\x0d\x7c\xde\x10\xda\xb1\xdd\x6d\xea\x10\xfe\xd9\xa4\xa5\xe8\x33"
    "\x11\x1f\x8b\xf8\x01\x04\xb5\x57\xe5\x1c\x99\x87\xf9\x96\xb5\xf7"
    "\x6a\x6c\x57\x96\x9d\xbf\x08\x0c\x10\xa3\x6f\x69\x02\x9b\x5d\x16"
    "\x15\x00\x85\x00\x01\x00"
    "\x55"
    "\x22\x00\x86\x00\x02\x00"
    "\x00\x02"
    "\x24\x00\x85\x00\x02\x00"
    "\x00\x00";


/* One block, and that opaque data.  Returns: how long the evidence is. */
static size_t
make(uint8_t data[OPAQUE_MAX], const uint8_t *opaque, size_t len)
{
    size_t  n;

    memset(data, 0, OPAQUE_MAX);
    memcpy(data, "\x11\xe0\x01\xff", 4);
    memcpy(data + 37, "\x11\x60\0\0\x01\x37\0\0", 8);
    memcpy(data + 45, "\x01\x01\x33\0\x01\x30\0", 7);

    n = OPAQUE_AT;
    data[n - 2] = (uint8_t) len;
    data[n - 1] = (uint8_t) (len >> 8);
    memcpy(data + n, opaque, len);

    return n + len + IOA_SPDM_SIG_LEN;
}


/* In: opaque, in memory of its own, which the view is not to be used for. */
static ioa_status_t
parse(ioa_spdm_view_t *view, const uint8_t *opaque, size_t len)
{
    size_t        n;
    uint8_t       data[OPAQUE_MAX], *exact;
    ioa_status_t  st;

    n = make(data, opaque, len);
    exact = unit_exact(data, n);
    st = ioa_spdm_parse(view, exact, n);
    free(exact);

    return st;
}


static void
test_real(void)
{
    char             driver[IOA_SPDM_DRIVER_MAX + 1];
    char             vbios[IOA_SPDM_VBIOS_TEXT_LEN + 1];
    size_t           n;
    uint8_t          data[OPAQUE_MAX];
    unsigned         value;
    ioa_spdm_view_t  v;

    n = make(data, real, sizeof(real) - 1);

    UNIT_OK(ioa_spdm_parse(&v, data, n) == IOA_OK, "real records");
    UNIT_OK(v.form.versioned && v.form.major == 2 && v.form.minor == 0
            && v.form.patch == 0 && !v.form.newer, "their version");
    UNIT_OK(ioa_spdm_driver(driver, &v) && strcmp(driver, "620.12") == 0
            && ioa_spdm_vbios(vbios, &v)
            && strcmp(vbios, "96.00.D9.00.0F") == 0, "driver and VBIOS");
    UNIT_OK(ioa_spdm_number(&value, &v, IOA_SPDM_NVDEC0) && value == 0xaa
            && ioa_spdm_number(&value, &v, IOA_SPDM_PROTECTED_PCIE)
            && value == 0x55
            && ioa_spdm_number(&value, &v, IOA_SPDM_FEATURE) && value == 0,
            "NVDEC0 and mode");
    UNIT_OK(v.records[IOA_SPDM_FWID].left == IOA_SPDM_FWID_LEN
            && v.records[IOA_SPDM_FWID].pos[0] == 0x0d, "firmware's hash");
    UNIT_OK(v.records[IOA_SPDM_PROJECT].left == 5
            && memcmp(v.records[IOA_SPDM_PROJECT].pos, "G520", 5) == 0
            && v.records[IOA_SPDM_PROJECT_SKU].left == 5
            && v.records[IOA_SPDM_CHIP_SKU].left == 9, "the board");
    UNIT_OK(ioa_spdm_number(&value, &v, IOA_SPDM_FSP_SVN) && value == 0,
            "the least version of firmware");
    UNIT_OK(v.unknown == 7, "records that are not used: %zu", v.unknown);
}


/* The same records in their order, each with the type of its value. */
static void
test_order(void)
{
    size_t             i, n;
    uint8_t            data[OPAQUE_MAX];
    unit_all_t         all = { 0 };
    ioa_spdm_view_t    view;
    ioa_spdm_record_t  record;

    static const uint16_t  types[] = {
        6, 14, 15, 16, 17, 18, 19, 3, 4, 12, 13, 11, 37, 20, 21, 34, 36
    };
    static const uint16_t  value_types[] = {
        0x86, 0x82, 0x82, 0x82, 0x82, 0x82, 0x82, 0x86, 0x82, 0x84, 0x83,
        0x82, 0x87, 1, 0x85, 0x86, 0x85
    };

    n = make(data, real, sizeof(real) - 1);

    if (ioa_spdm_parse(&view, data, n) != IOA_OK) {
        abort();
    }

    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        unit_each(&all, ioa_spdm_record(&record, &view.opaque, &view.form)
                        && record.type == types[i]
                        && record.value_type == value_types[i], "%zu", i);
    }

    UNIT_ALL(&all, "records in their order");
    UNIT_OK(ioa_reader_left(&view.opaque) == 0
            && !ioa_spdm_record(&record, &view.opaque, &view.form),
            "none behind the last");
}


/* Prefixes: none is read but where a record ends. */
static void
test_cut(void)
{
    size_t           i, end;
    unit_all_t       all = { 0 };
    ioa_status_t     want;
    ioa_spdm_view_t  view;

    for (i = 0, end = HEADER_LEN; i < sizeof(real) - 1; i++) {
        want = IOA_GPU_EVIDENCE_INVALID;

        if (i == 0 || i == end) {
            want = IOA_OK;
        }

        if (i == end) {
            end += 6 + real[i + 4] + 256u * real[i + 5];
        }

        unit_each(&all, parse(&view, real, i) == want, "%zu", i);
    }

    UNIT_ALL(&all, "records that are cut off");
}


/* Every value of the header's bytes. */
static void
test_versions(void)
{
    int              good;
    uint8_t          opaque[sizeof(real)];
    size_t           i;
    unsigned         value;
    unit_all_t       magic = { 0 }, versions = { 0 };
    ioa_status_t     st;
    ioa_spdm_view_t  view;

    for (i = 0; i < HEADER_LEN; i++) {
        for (value = 0; value < 256; value++) {
            memcpy(opaque, real, sizeof(real));
            opaque[i] = (uint8_t) value;
            st = parse(&view, opaque, sizeof(real) - 1);

            if (i < 6) {
                unit_each(&magic, (st == IOA_OK) == (value == real[i]),
                          "byte %zu, %u", i, value);
                continue;
            }

            good = i == 9 || i == 10 || (i == 8 ? value <= 2 : value == 0);
            unit_each(&versions, st == IOA_OK && view.form.versioned
                                 && view.form.newer == !good
                                 && ioa_spdm_has(&view, IOA_SPDM_DRIVER)
                                    == good, "byte %zu, %u", i, value);
        }
    }

    UNIT_ALL(&magic, "what is no header");
    UNIT_ALL(&versions, "versions");
}


/* A version that is not known: nothing of it is read. */
static void
test_newer(void)
{
    size_t           n;
    unit_all_t       all = { 0 };
    ioa_spdm_view_t  view;

    static const uint8_t  newer[] = "NVDAOD\0\0\x03\x01\x04\0\xff\xff\xff\xff";

    for (n = HEADER_LEN; n < sizeof(newer); n++) {
        unit_each(&all, parse(&view, newer, n) == IOA_OK && view.form.newer
                        && view.form.major == 3 && view.form.minor == 1
                        && view.form.patch == 4 && view.unknown == 0,
                  "%zu", n);
    }

    UNIT_ALL(&all, "a newer version, with any bytes behind it");
}


/* Once, twice, and behind the other form. */
static void
test_twice(void)
{
    size_t           n;
    uint8_t          opaque[64];
    unsigned         type, used;
    unit_all_t       once = { 0 }, twice = { 0 };
    ioa_spdm_view_t  view;

    for (type = 0; type < 256; type++) {
        memcpy(opaque, real, HEADER_LEN);
        n = HEADER_LEN;

        memset(opaque + n, 0, 14);
        opaque[n] = opaque[n + 7] = (uint8_t) type;
        opaque[n + 4] = opaque[n + 11] = 1;

        used = type == 3 || type == 6 || type == 11 || type == 15
               || type == 17 || type == 18 || (type >= 20 && type <= 22)
               || (type >= 35 && type <= 37);

        unit_each(&once, parse(&view, opaque, n + 7) == IOA_OK
                         && (view.unknown == 0) == used, "%u", type);
        unit_each(&twice, (parse(&view, opaque, n + 14) == IOA_OK) == !used,
                  "%u", type);
    }

    UNIT_ALL(&once, "records that are there once");
    UNIT_ALL(&twice, "records that are there twice");
}


static void
test_both(void)
{
    uint8_t          opaque[1024];
    size_t           n;
    ioa_spdm_view_t  view;

    static const uint8_t  plain[] =
        "\x06\0\x08\0" "\x00\x9f\x00\x96\x01\0\0\0"
        "\x03\0\x0b\0" "570.124.03\0"
        "\x0b\0\x01\0" "\x55";

    n = sizeof(plain) - 1;
    memcpy(opaque, plain, n);
    memcpy(opaque + n, real, sizeof(real) - 1);
    UNIT_OK(parse(&view, opaque, n) == IOA_OK
            && !view.form.versioned, "unversioned records");
    UNIT_OK(parse(&view, opaque, n + sizeof(real) - 1)
            == IOA_GPU_EVIDENCE_INVALID, "versioned ones behind them");
    UNIT_OK(parse(&view, opaque, n + HEADER_LEN) == IOA_GPU_EVIDENCE_INVALID,
            "or their header alone");

    memcpy(opaque, real, HEADER_LEN);
    memcpy(opaque + HEADER_LEN, plain, n);
    UNIT_OK(parse(&view, opaque, HEADER_LEN + n) == IOA_GPU_EVIDENCE_INVALID,
            "unversioned ones behind a header");

    memcpy(opaque + HEADER_LEN, real, sizeof(real) - 1);
    UNIT_OK(parse(&view, opaque, HEADER_LEN + sizeof(real) - 1)
            == IOA_GPU_EVIDENCE_INVALID, "two headers");
}


int
main(void)
{
    test_real();
    test_order();
    test_cut();
    test_versions();
    test_newer();
    test_twice();
    test_both();

    return UNIT_DONE();
}
