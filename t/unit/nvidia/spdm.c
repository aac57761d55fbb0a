/*
 * spdm: requests and responses of GPU evidence, bit by bit.
 */

#include "nvidia/ioa_spdm.h"
#include "unit.h"

#define EVIDENCE_MAX  8192
#define BLOCKS_AT     45        /* where the blocks begin */

/* What a piece of evidence is made of; the defaults are good. */
typedef struct {
    unsigned        blocks;
    unsigned        value_len;
    const uint8_t  *opaque;
    size_t          opaque_len;
} piece_t;

static const uint8_t  opaque[] =
    "\x06\0\x08\0" "\x00\x9f\x00\x96\x01\0\0\0"
    "\x03\0\x0b\0" "570.124.03\0"
    "\x0b\0\x01\0" "\x55"
    "\xe7\x03\x02\0" "??"
    "\x24\0\x02\0" "\x02\0";


static void
put(uint8_t *data, size_t *n, const void *bytes, size_t len)
{
    memcpy(data + *n, bytes, len);
    *n += len;
}


/* Returns: how long the evidence is. */
static size_t
make(uint8_t data[EVIDENCE_MAX], const piece_t *piece)
{
    size_t    n, size;
    uint8_t   head[7];
    unsigned  i;

    n = 0;
    put(data, &n, "\x11\xe0\x01\xff", 4);

    for (i = 0; i < IOA_SPDM_NONCE_LEN; i++) {
        data[n++] = (uint8_t) (0x80 + i);
    }

    data[n++] = 0;
    put(data, &n, "\x11\x60\0\0", 4);

    size = piece->blocks * (7 + piece->value_len);
    data[n++] = (uint8_t) piece->blocks;
    data[n++] = (uint8_t) size;
    data[n++] = (uint8_t) (size >> 8);
    data[n++] = (uint8_t) (size >> 16);

    for (i = 0; i < piece->blocks; i++) {
        head[0] = (uint8_t) (i + 1);
        head[1] = 1;
        head[2] = (uint8_t) (3 + piece->value_len);
        head[3] = 0;
        head[4] = (uint8_t) (0x40 + i);
        head[5] = (uint8_t) piece->value_len;
        head[6] = 0;
        put(data, &n, head, 7);
        memset(data + n, (int) i, piece->value_len);
        n += piece->value_len;
    }

    memset(data + n, 0x77, 32);
    n += 32;
    data[n++] = (uint8_t) piece->opaque_len;
    data[n++] = (uint8_t) (piece->opaque_len >> 8);
    put(data, &n, piece->opaque, piece->opaque_len);
    memset(data + n, 0x99, IOA_SPDM_SIG_LEN);

    return n + IOA_SPDM_SIG_LEN;
}


static size_t
make_good(uint8_t data[EVIDENCE_MAX])
{
    static const piece_t  good = { 2, 48, opaque, sizeof(opaque) - 1 };

    return make(data, &good);
}


/* Parses bytes in memory of their own; the view is not to be followed. */
static ioa_status_t
parse(ioa_spdm_view_t *view, const uint8_t *data, size_t n)
{
    size_t        i;
    uint8_t      *exact, any;
    ioa_status_t  st;

    exact = unit_exact(data, n);
    memset(view, 0xff, sizeof(*view));
    st = ioa_spdm_parse(view, exact, n);

    for (any = 0, i = 0; i < sizeof(*view); i++) {
        any |= ((const uint8_t *) view)[i];
    }

    if ((st == IOA_OK) != (any != 0)) {
        printf("Bail out! the view is not zero unless read\n");
        exit(1);
    }

    free(exact);

    return st;
}


static void
test_fields(void)
{
    char             driver[IOA_SPDM_DRIVER_MAX + 1];
    char             vbios[IOA_SPDM_VBIOS_TEXT_LEN + 1];
    size_t           n;
    uint8_t          data[EVIDENCE_MAX];
    unsigned         value;
    ioa_spdm_view_t  v;

    n = make_good(data);
    UNIT_OK(ioa_spdm_parse(&v, data, n) == IOA_OK, "evidence");
    UNIT_OK(v.nonce32 == data + 4, "the nonce is the request's");
    UNIT_OK(v.blocks_n == 2 && v.blocks[0].index == 1
            && v.blocks[0].type == 0x40 && v.blocks[1].index == 2
            && v.blocks[1].type == 0x41
            && v.blocks[1].value.pos == data + BLOCKS_AT + 55 + 7
            && v.blocks[1].value.left == 48, "blocks");
    UNIT_OK(v.responder_nonce32 == data + BLOCKS_AT + 110,
            "the responder's nonce");
    UNIT_OK(v.sig96 == data + n - 96 && v.trailing == 0
            && v.signed_bytes.pos == data && v.signed_bytes.left == n - 96,
            "signature, and what it signs");
    UNIT_OK(ioa_spdm_driver(driver, &v) && strcmp(driver, "570.124.03") == 0
            && ioa_spdm_vbios(vbios, &v)
            && strcmp(vbios, "96.00.9F.00.01") == 0, "versions");
    UNIT_OK(ioa_spdm_number(&value, &v, IOA_SPDM_NVDEC0) && value == 0x55
            && ioa_spdm_number(&value, &v, IOA_SPDM_FEATURE) && value == 2,
            "numbers");
    UNIT_OK(!ioa_spdm_has(&v, IOA_SPDM_FWID)
            && !ioa_spdm_number(&value, &v, IOA_SPDM_PROTECTED_PCIE)
            && v.unknown == 1, "what is not there, and what is not known");
}


/* Prefixes are refused; whatever follows the signature is counted. */
static void
test_lengths(void)
{
    size_t           i, n;
    uint8_t          data[EVIDENCE_MAX], *large;
    unit_all_t       prefixes = { 0 }, tails = { 0 };
    ioa_spdm_view_t  view;

    n = make_good(data);

    for (i = 0; i < n; i++) {
        unit_each(&prefixes, parse(&view, data, i)
                             == IOA_GPU_EVIDENCE_INVALID, "%zu", i);
    }

    UNIT_ALL(&prefixes, "prefixes");
    memset(data + n, 0xee, 100);

    for (i = 0; i <= 100; i++) {
        unit_each(&tails, parse(&view, data, n + i) == IOA_OK
                          && view.trailing == i, "%zu", i);
    }

    UNIT_ALL(&tails, "bytes behind the signature");

    large = calloc(1, IOA_SPDM_EVIDENCE_MAX + 1);
    memcpy(large, data, n);
    UNIT_OK(parse(&view, large, IOA_SPDM_EVIDENCE_MAX) == IOA_OK,
            "as long as may be");
    UNIT_OK(parse(&view, large, IOA_SPDM_EVIDENCE_MAX + 1)
            == IOA_GPU_EVIDENCE_INVALID, "too long");
    free(large);
    UNIT_OK(parse(&view, NULL, 0) == IOA_GPU_EVIDENCE_INVALID, "nothing");
}


/*
 * Every bit.  What is not refused is one of the contents, which the signature
 * is for: nonces, the answer's parameters, a block's index, type and value,
 * a record's type and value, the signature.
 */
static void
test_bits(void)
{
    int              bit, content;
    size_t           i, n, opaque_at;
    uint8_t          data[EVIDENCE_MAX];
    unit_all_t       heads = { 0 }, contents = { 0 };
    ioa_spdm_view_t  view;

    n = make_good(data);
    opaque_at = BLOCKS_AT + 110 + 34;

    for (i = 0; i < opaque_at; i++) {
        content = (i >= 4 && i < 36) || i == 39 || i == 40
                  || i >= BLOCKS_AT + 110;

        if (i >= BLOCKS_AT && i < BLOCKS_AT + 110) {
            content = (i - BLOCKS_AT) % 55 >= 7
                      || (i - BLOCKS_AT) % 55 == 4
                      || (i - BLOCKS_AT) % 55 == 0;
        }

        if (i >= opaque_at - 2) {
            continue;                   /* the length: below */
        }

        for (bit = 0; bit < 8; bit++) {
            data[i] ^= (uint8_t) (1 << bit);

            if (content) {
                unit_each(&contents, parse(&view, data, n) == IOA_OK,
                          "byte %zu, bit %d", i, bit);
            } else {
                unit_each(&heads, parse(&view, data, n)
                                  == IOA_GPU_EVIDENCE_INVALID,
                          "byte %zu, bit %d", i, bit);
            }

            data[i] ^= (uint8_t) (1 << bit);
        }
    }

    UNIT_ALL(&heads, "bits of the frame");
    UNIT_ALL(&contents, "bits of the contents");
}


/* Other lengths of the opaque data cut a record, or take the signature. */
static void
test_opaque_length(void)
{
    size_t           len, n, at;
    uint8_t          data[EVIDENCE_MAX];
    unit_all_t       all = { 0 };
    ioa_status_t     want;
    ioa_spdm_view_t  view;

    n = make_good(data);
    at = BLOCKS_AT + 110 + 32;

    for (len = 0; len < 65536; len++) {
        data[at] = (uint8_t) len;
        data[at + 1] = (uint8_t) (len >> 8);

        /* where a record ends, and what follows is then the signature */
        want = len == 0 || len == 12 || len == 27 || len == 32 || len == 38
               || len == 44 ? IOA_OK : IOA_GPU_EVIDENCE_INVALID;
        unit_each(&all, parse(&view, data, n) == want, "%zu", len);
    }

    UNIT_ALL(&all, "lengths of the opaque data");
}


static void
test_blocks(void)
{
    size_t           n;
    piece_t          piece = { 1, 48, opaque, 0 };
    uint8_t          data[EVIDENCE_MAX];
    unsigned         i;
    unit_all_t       numbers = { 0 }, sizes = { 0 };
    ioa_status_t     want;
    ioa_spdm_view_t  view;

    for (i = 0; i < 256; i++) {
        piece.blocks = i;
        piece.value_len = 2;
        n = make(data, &piece);
        want = i >= 1 && i <= IOA_SPDM_BLOCKS_MAX ? IOA_OK
               : IOA_GPU_EVIDENCE_INVALID;
        unit_each(&numbers, parse(&view, data, n) == want
                            && (want != IOA_OK || view.blocks_n == i),
                  "%u", i);
    }

    for (i = 0; i < 100; i++) {
        piece.blocks = 3;
        piece.value_len = i;
        n = make(data, &piece);
        want = i >= 1 && i <= IOA_SPDM_VALUE_LEN_MAX ? IOA_OK
               : IOA_GPU_EVIDENCE_INVALID;
        unit_each(&sizes, parse(&view, data, n) == want, "%u", i);
    }

    UNIT_ALL(&numbers, "numbers of blocks");
    UNIT_ALL(&sizes, "sizes of values");

    piece.blocks = 3;
    piece.value_len = 48;
    n = make(data, &piece);
    data[BLOCKS_AT - 4] = 2;
    UNIT_OK(parse(&view, data, n) == IOA_GPU_EVIDENCE_INVALID,
            "one block more than there ought to be");

    n = make_good(data);
    data[BLOCKS_AT + 55] = 1;
    UNIT_OK(parse(&view, data, n) == IOA_GPU_EVIDENCE_INVALID,
            "a block that is there twice");
}


/* One record of that type, or several.  Out: view, of static bytes. */
static ioa_status_t
with_record(ioa_spdm_view_t *view, unsigned type, const void *value,
    size_t len, int times)
{
    size_t          n;
    uint8_t         records[512];
    piece_t         piece = { 1, 48, records, 0 };
    static uint8_t  data[EVIDENCE_MAX];

    n = 0;

    while (times-- > 0) {
        records[n++] = (uint8_t) type;
        records[n++] = (uint8_t) (type >> 8);
        records[n++] = (uint8_t) len;
        records[n++] = 0;
        put(records, &n, value, len);
    }

    piece.opaque_len = n;
    n = make(data, &piece);

    return ioa_spdm_parse(view, data, n);
}


static void
test_twice(void)
{
    unsigned         type, i;
    unit_all_t       all = { 0 };
    ioa_status_t     want;
    ioa_spdm_view_t  view;

    static const unsigned  used[] = {
        3, 6, 11, 15, 17, 18, 20, 21, 22, 35, 36, 37
    };

    for (type = 0; type < 65536; type++) {
        want = IOA_OK;

        for (i = 0; i < sizeof(used) / sizeof(used[0]); i++) {
            if (used[i] == type) {
                want = IOA_GPU_EVIDENCE_INVALID;
            }
        }

        unit_each(&all, with_record(&view, type, "", 0, 1) == IOA_OK
                        && (view.unknown == 0) == (want != IOA_OK),
                  "%u once", type);
        unit_each(&all, with_record(&view, type, "", 0, 2) == want,
                  "%u twice", type);
    }

    UNIT_ALL(&all, "records that are there twice");
}


static void
test_versions(void)
{
    int              c;
    char             byte, driver[IOA_SPDM_DRIVER_MAX + 1];
    char             vbios[IOA_SPDM_VBIOS_TEXT_LEN + 1];
    size_t           n;
    unit_all_t       bytes = { 0 }, lengths = { 0 };
    ioa_spdm_view_t  view;

    static const char  good[] = "abcdefghijklmnopqrstuvwxyz"
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    static const char  zeros[64];
    static const char  ones[] = "1111111111111111111111111111111";

#define DRIVER(value, len)                                                    \
    (with_record(&view, IOA_SPDM_DRIVER, value, len, 1) == IOA_OK             \
     && ioa_spdm_driver(driver, &view))

    for (c = 0; c < 256; c++) {
        byte = (char) c;
        unit_each(&bytes, DRIVER(&byte, 1)
                          == (c != 0 && strchr(good, c) != NULL)
                          && driver[0] == (c != 0 && strchr(good, c)
                                           ? byte : 0), "%d", c);
    }

    UNIT_ALL(&bytes, "bytes of a driver's version");
    UNIT_OK(DRIVER("570.1\0\0\0", 8) && strcmp(driver, "570.1") == 0,
            "zeros behind");
    UNIT_OK(!DRIVER("570.1\0x", 7) && driver[0] == 0, "more behind");
    UNIT_OK(!DRIVER("", 0) && !DRIVER(zeros, 5), "empty");
    UNIT_OK(DRIVER(ones, 31) && strcmp(driver, ones) == 0, "31 bytes");
    UNIT_OK(!DRIVER("11111111111111111111111111111111", 32), "32 bytes");

    for (n = 0; n <= sizeof(zeros); n++) {
        if (with_record(&view, IOA_SPDM_VBIOS, zeros, n, 1) != IOA_OK) {
            abort();
        }

        unit_each(&lengths, ioa_spdm_vbios(vbios, &view) == (n == 8)
                            && strcmp(vbios, n == 8 ? "00.00.00.00.00" : "")
                               == 0, "%zu", n);
    }

    UNIT_ALL(&lengths, "lengths of a VBIOS' version");
}


static void
test_numbers(void)
{
    size_t           n;
    unsigned         value;
    unit_all_t       all = { 0 };
    ioa_spdm_view_t  view;

    for (n = 0; n < 5; n++) {
        value = 77;

        if (with_record(&view, IOA_SPDM_FEATURE, "\xfe\xca\x01\x02", n, 1)
            != IOA_OK)
        {
            abort();
        }

        unit_each(&all, ioa_spdm_number(&value, &view, IOA_SPDM_FEATURE)
                        == (n == 1 || n == 2)
                        && value == (n == 1 ? 0xfe : n == 2 ? 0xcafe : 77),
                  "%zu", n);
    }

    UNIT_ALL(&all, "lengths of a number");
}


/* All records once more, in their order; what is cut off is no record. */
static void
test_records(void)
{
    size_t             i, n;
    uint8_t            data[EVIDENCE_MAX];
    unit_all_t         all = { 0 }, cut = { 0 };
    ioa_reader_t       r;
    ioa_spdm_view_t    view;
    ioa_spdm_record_t  record;

    static const uint16_t  types[] = { 6, 3, 11, 999, 36 };
    static const size_t    lens[] = { 8, 11, 1, 2, 2 };

    n = make_good(data);

    if (ioa_spdm_parse(&view, data, n) != IOA_OK) {
        abort();
    }

    for (r = view.opaque, i = 0; i < 5; i++) {
        unit_each(&all, ioa_spdm_record(&record, &r, &view.form)
                        && record.type == types[i]
                        && record.value_type == 0
                        && ioa_reader_left(&record.value) == lens[i],
                  "%zu", i);
    }

    UNIT_ALL(&all, "records in their order");
    UNIT_OK(!ioa_spdm_record(&record, &r, &view.form) && record.type == 36,
            "none behind the last");

    for (i = 0; i < 12; i++) {
        ioa_reader_init(&r, opaque, i);
        unit_each(&cut, !ioa_spdm_record(&record, &r, &view.form)
                        && ioa_reader_left(&r) == i && record.type == 36,
                  "%zu", i);
    }

    UNIT_ALL(&cut, "records that are cut off");
}


int
main(void)
{
    test_fields();
    test_lengths();
    test_bits();
    test_opaque_length();
    test_blocks();
    test_twice();
    test_versions();
    test_numbers();
    test_records();

    return UNIT_DONE();
}
