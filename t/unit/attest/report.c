/*
 * report: attestation replies, from good to hostile.
 */

#include "attest/ioa_report.h"
#include "attest/ioattest.h"
#include "unit.h"

#define NONCE    "000102030405060708090a0b0c0d0e0f" \
                 "101112131415161718191a1b1c1d1e1f"
#define ADDRESS  "0xf52373547CAa0EeCB0fcD34042D7518E79aA80cC"
#define DIGEST   "sha256:" NONCE
#define BEGIN    "{\"nonce\":\"" NONCE "\",\"signing_address\":\"" ADDRESS "\""
#define SAMPLE   BEGIN ",\"image_digest\":\"" DIGEST "\"," \
                 "\"cpu\":{\"quote\":\"00\"},\"gpu\":null}"

static uint8_t           nonce32[IOA_NONCE_LEN];
static const ioa_bytes_t digests[] = {
    { (const uint8_t *) "sha256:other", 12 },
    { (const uint8_t *) DIGEST, sizeof(DIGEST) - 1 }
};
static const ioa_policy_t  any = { .image_digests = NULL };
static const ioa_policy_t  listed = {
    .image_digests = digests, .image_digests_n = 2
};
static const ioa_policy_t  other = {
    .image_digests = digests, .image_digests_n = 1
};


static ioa_status_t
judge_bytes(ioa_machine_t *machine, const void *text, size_t n,
    const ioa_policy_t *policy)
{
    size_t         i;
    uint8_t       *exact, all;
    ioa_bytes_t    report;
    ioa_status_t   st;

    exact = unit_exact(text, n);
    report.data = exact;
    report.len = n;
    memset(machine, 0xff, sizeof(*machine));

    st = ioa_attest_verify(machine, NULL, NULL, report, nonce32, policy, NULL,
                           0, 0);

    for (all = 0, i = 0; i < sizeof(*machine); i++) {
        all |= ((const uint8_t *) machine)[i];
    }

    if ((st == IOA_OK) != (all != 0)) {
        printf("Bail out! machine is not zero unless verified\n");
        exit(1);
    }

    free(exact);

    return st;
}


static ioa_status_t
judge(const char *text, const ioa_policy_t *policy)
{
    ioa_machine_t  machine;

    return judge_bytes(&machine, text, strlen(text), policy);
}


static void
test_good(void)
{
    ioa_machine_t  m;

    UNIT_OK(judge_bytes(&m, UNIT_BYTES(SAMPLE), &any) == IOA_OK, "sample");
    UNIT_OK(memcmp(m.address20, "\xf5\x23\x73\x54\x7c\xaa\x0e\xec\xb0\xfc"
                   "\xd3\x40\x42\xd7\x51\x8e\x79\xaa\x80\xcc", 20) == 0,
            "address");
    UNIT_OK(m.image_digest_len == sizeof(DIGEST) - 1
            && memcmp(m.image_digest, DIGEST, sizeof(DIGEST) - 1) == 0,
            "image digest");
    UNIT_OK(judge_bytes(&m, UNIT_BYTES(BEGIN "}"), &any) == IOA_OK
            && m.image_digest_len == 0, "no image digest");
    UNIT_OK(judge(BEGIN ",\"image_digest\":null,\"cpu\":null}", &any)
            == IOA_OK, "null is absent");
    UNIT_OK(judge(BEGIN ",\"gpu\":{\"a\":[1]},\"extra\":[{}]}", &any)
            == IOA_OK, "unknown members");
    UNIT_OK(judge("{\"signing_address\":\"" ADDRESS "\",\"nonce\":\""
                  "000102030405060708090A0B0C0D0E0F"
                  "101112131415161718191A1B1C1D1E1F\"}", &any) == IOA_OK,
            "nonce in upper case");
}


static void
test_digests(void)
{
    char  text[512], digest[200];

    UNIT_OK(judge(SAMPLE, &listed) == IOA_OK, "digest in the list");
    UNIT_OK(judge(SAMPLE, &other) == IOA_IMAGE_DIGEST_MISMATCH,
            "digest not in the list");
    UNIT_OK(judge(BEGIN "}", &listed) == IOA_IMAGE_DIGEST_MISMATCH,
            "no digest, and a list");
    UNIT_OK(judge(BEGIN ",\"image_digest\":\"SHA256:" NONCE "\"}", &listed)
            == IOA_IMAGE_DIGEST_MISMATCH, "another case");
    UNIT_OK(judge(BEGIN ",\"image_digest\":\"" DIGEST "0\"}", &listed)
            == IOA_IMAGE_DIGEST_MISMATCH, "longer");
    UNIT_OK(judge(BEGIN ",\"image_digest\":\"sha256:\"}", &listed)
            == IOA_IMAGE_DIGEST_MISMATCH, "a prefix");

    memset(digest, 'd', sizeof(digest));
    digest[IOA_IMAGE_DIGEST_MAX] = 0;
    sprintf(text, BEGIN ",\"image_digest\":\"%s\"}", digest);
    UNIT_OK(judge(text, &any) == IOA_OK, "as long as may be");

    digest[IOA_IMAGE_DIGEST_MAX] = 'd';
    digest[IOA_IMAGE_DIGEST_MAX + 1] = 0;
    sprintf(text, BEGIN ",\"image_digest\":\"%s\"}", digest);
    UNIT_OK(judge(text, &any) == IOA_ATTESTATION_MALFORMED, "too long");
}


static void
test_malformed(void)
{
    size_t  i;

    static const char *const  bad[] = {
        "", "null", "[]", "\"\"", "{}", SAMPLE "x", SAMPLE SAMPLE,
        "[" SAMPLE "]",
        "{\"nonce\":\"" NONCE "\"}",
        "{\"signing_address\":\"" ADDRESS "\"}",
        "{\"nonce\":1,\"signing_address\":\"" ADDRESS "\"}",
        "{\"nonce\":null,\"signing_address\":\"" ADDRESS "\"}",
        "{\"nonce\":[\"" NONCE "\"],\"signing_address\":\"" ADDRESS "\"}",
        "{\"Nonce\":\"" NONCE "\",\"signing_address\":\"" ADDRESS "\"}",
        "{\"nonce\":\"" NONCE "\",\"signing_address\":null}",
        "{\"nonce\":\"" NONCE "\",\"signing_address\":\"\"}",
        "{\"nonce\":\"" NONCE "\",\"signing_address\":\"0x\"}",
        "{\"nonce\":\"" NONCE "\",\"signing_address\":\""
            "f52373547CAa0EeCB0fcD34042D7518E79aA80cC\"}",
        "{\"nonce\":\"" NONCE "\",\"signing_address\":\"" ADDRESS "0\"}",
        "{\"nonce\":\"" NONCE "\",\"signing_address\":\" " ADDRESS "\"}",
        "{\"nonce\":\"" NONCE "\",\"signing_address\":\""
            "0Xf52373547CAa0EeCB0fcD34042D7518E79aA80cC\"}",
        BEGIN ",\"nonce\":\"" NONCE "\"}",
        BEGIN ",\"\\u006eonce\":\"" NONCE "\"}",
        BEGIN ",\"signing_address\":\"" ADDRESS "\"}",
        BEGIN ",\"x\":1,\"x\":2}",
        BEGIN ",\"x\":{\"y\":1,\"y\":2}}",
        BEGIN ",\"x\":\"\\u0000\"}",
        BEGIN ",\"x\":\"\\ud800\"}",
        BEGIN ",\"image_digest\":\"\"}",
        BEGIN ",\"image_digest\":1}",
        BEGIN ",\"image_digest\":false}",
        BEGIN ",\"image_digest\":{}}",
        BEGIN ",\"image_digest\":\"a b\"}",
        BEGIN ",\"image_digest\":\"a\\n\"}",
        BEGIN ",\"image_digest\":\"\\u007f\"}",
        BEGIN ",\"image_digest\":\"\xc3\xa9\"}",
        BEGIN ",\"cpu\":\"\"}",
        BEGIN ",\"cpu\":[]}",
        BEGIN ",\"cpu\":false}",
        BEGIN ",\"gpu\":\"Error\"}",
        BEGIN ",\"gpu\":0}",
    };

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        UNIT_OK(judge(bad[i], &any) == IOA_ATTESTATION_MALFORMED,
                "malformed %zu", i);
    }
}


static void
test_nonces(void)
{
    char        text[512];
    size_t      i, bit;
    unit_all_t  all = { 0 };

    static const char *const  bad[] = {
        "", "00", "0x" NONCE, NONCE "00", NONCE " ", " " NONCE,
        "000102030405060708090a0b0c0d0e0f",
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1",
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1g",
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e20",
        "100102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
    };

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        sprintf(text, "{\"nonce\":\"%s\",\"signing_address\":\"" ADDRESS
                "\"}", bad[i]);
        UNIT_OK(judge(text, &any) == IOA_NONCE_MISMATCH,
                "nonce mismatch %zu", i);
    }

    UNIT_OK(judge(BEGIN "}", &any) == IOA_OK, "the nonce itself");

    for (i = 0; i < IOA_NONCE_LEN; i++) {
        for (bit = 0; bit < 8; bit++) {
            nonce32[i] ^= (uint8_t) (1 << bit);
            unit_each(&all, judge(SAMPLE, &any) == IOA_NONCE_MISMATCH,
                      "byte %zu, bit %zu", i, bit);
            nonce32[i] ^= (uint8_t) (1 << bit);
        }
    }

    UNIT_ALL(&all, "another nonce was sent");
}


/* 1 where the machine is what the sample says. */
static int
same_machine(const ioa_machine_t *m)
{
    ioa_machine_t  sample;

    if (judge_bytes(&sample, UNIT_BYTES(SAMPLE), &any) != IOA_OK) {
        return 0;
    }

    return memcmp(m, &sample, sizeof(sample)) == 0;
}


static void
test_damage(void)
{
    size_t         i, bit, n, cpu;
    uint8_t        text[sizeof(SAMPLE)];
    unit_all_t     prefixes = { 0 }, flips = { 0 };
    ioa_machine_t  m;
    ioa_status_t   st;

    n = sizeof(SAMPLE) - 1;
    cpu = (size_t) (strstr(SAMPLE, "\"cpu\"") - SAMPLE);
    memcpy(text, SAMPLE, sizeof(text));

    for (i = 0; i < n; i++) {
        unit_each(&prefixes, judge_bytes(&m, text, i, &any)
                             == IOA_ATTESTATION_MALFORMED, "%zu bytes", i);
    }

    for (i = 0; i < n; i++) {
        for (bit = 0; bit < 8; bit++) {
            text[i] ^= (uint8_t) (1 << bit);
            st = judge_bytes(&m, text, n, &any);

            /* evidence has its own tests; hex digits have two cases */

            unit_each(&flips, st != IOA_OK || i >= cpu || !same_machine(&m)
                              || (bit == 5 && (text[i] & 0x40)),
                      "byte %zu, bit %zu", i, bit);
            text[i] ^= (uint8_t) (1 << bit);
        }
    }

    UNIT_ALL(&prefixes, "every prefix is malformed");
    UNIT_ALL(&flips, "a flipped bit is refused or shows");
}


/* A good reply with white space up to n bytes. */
static ioa_status_t
judge_sized(size_t n)
{
    char           *text;
    ioa_machine_t   m;
    ioa_status_t    st;

    text = malloc(n);
    memset(text, ' ', n);
    memcpy(text, SAMPLE, sizeof(SAMPLE) - 1);
    st = judge_bytes(&m, text, n, &any);
    free(text);

    return st;
}


static void
test_size(void)
{
    UNIT_OK(judge_sized(IOA_REPORT_SIZE_MAX) == IOA_OK, "as large as may be");
    UNIT_OK(judge_sized(IOA_REPORT_SIZE_MAX + 1)
            == IOA_ATTESTATION_MALFORMED, "too large");
}


static void
test_view(void)
{
    ioa_report_t  view;

    UNIT_OK(ioa_report_parse(&view, UNIT_BYTES(SAMPLE)) == IOA_OK, "view");
    UNIT_OK(view.nonce_len == 64 && memcmp(view.nonce, NONCE, 64) == 0,
            "view: nonce");
    UNIT_OK(view.cpu != NULL && view.gpu == NULL, "view: cpu and gpu");
    ioa_report_cleanup(&view);
    ioa_report_cleanup(&view);
    UNIT_OK(view.root == NULL && view.nonce == NULL, "view: cleaned up twice");
    UNIT_OK(ioa_report_parse(&view, UNIT_BYTES("{\"nonce\":\"a\"}"))
            == IOA_ATTESTATION_MALFORMED && view.nonce == NULL,
            "view: zero on failure");
}


/* Whose a reply says it is: of any reply, whatever its evidence is worth. */
static int
address_of(uint8_t address20[IOA_ADDRESS_LEN], const char *text)
{
    int          found;
    size_t       n;
    uint8_t     *exact;
    ioa_bytes_t  reply;

    n = strlen(text);
    exact = unit_exact(text, n);
    reply.data = exact;
    reply.len = n;

    found = ioa_attest_address(address20, reply);

    free(exact);

    return found;
}


static void
test_address_of(void)
{
    size_t       i;
    uint8_t     *large, address20[IOA_ADDRESS_LEN], none[IOA_ADDRESS_LEN];
    unit_all_t   all = { 0 };
    ioa_bytes_t  reply;

    static const char *const  bad[] = {
        "", "{", "[]", "{}", "null", BEGIN, BEGIN "}x",
        "{\"nonce\":\"" NONCE "\"}",
        "{\"signing_address\":\"" ADDRESS "\"}",
        BEGIN ",\"signing_address\":\"" ADDRESS "\"}",
        BEGIN ",\"cpu\":\"\"}",
        "{\"nonce\":\"\",\"signing_address\":null}",
        "{\"nonce\":\"\",\"signing_address\":\"\"}",
        "{\"nonce\":\"\",\"signing_address\":\"0x00\"}",
        "{\"nonce\":\"\",\"signing_address\":\"" ADDRESS "0\"}",
        "{\"nonce\":\"\",\"signing_address\":\"" NONCE "\"}"
    };

    memset(address20, 0, sizeof(address20));
    UNIT_OK(address_of(address20, SAMPLE) == 1
            && memcmp(address20, "\xf5\x23\x73\x54\x7c\xaa\x0e\xec\xb0"
                      "\xfc\xd3\x40\x42\xd7\x51\x8e\x79\xaa\x80\xcc", 20)
               == 0,
            "the address of a reply");

    memset(address20, 0, sizeof(address20));
    UNIT_OK(address_of(address20, "{\"nonce\":\"another\","
                       "\"signing_address\":\"" ADDRESS "\"}") == 1
            && address20[19] == 0xcc, "of one that proves nothing");

    memset(none, 0x5a, sizeof(none));

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        memcpy(address20, none, sizeof(none));
        unit_each(&all, address_of(address20, bad[i]) == 0
                        && memcmp(address20, none, sizeof(none)) == 0,
                  "%s", bad[i]);
    }

    UNIT_ALL(&all, "no address, and none written");

    large = malloc(IOA_REPORT_SIZE_MAX + 1);
    memset(large, ' ', IOA_REPORT_SIZE_MAX + 1);
    memcpy(large, SAMPLE, sizeof(SAMPLE) - 1);
    reply.data = large;

    for (i = 0; i < 2; i++) {
        reply.len = IOA_REPORT_SIZE_MAX + i;
        UNIT_OK(ioa_attest_address(address20, reply) == (i == 0),
                "a reply of the largest size, and %zu more", i);
    }

    free(large);
}


int
main(void)
{
    size_t  i;

    for (i = 0; i < IOA_NONCE_LEN; i++) {
        nonce32[i] = (uint8_t) i;
    }

    test_good();
    test_digests();
    test_malformed();
    test_nonces();
    test_damage();
    test_size();
    test_view();
    test_address_of();

    return UNIT_DONE();
}
