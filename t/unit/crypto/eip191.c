/*
 * eip191: vectors made with ethers (t/data/eip191.json), and every bit of one
 * of them.
 *
 * Where the vectors leave it to us ("policy"), we do this:
 *   0X before a signature is refused, v 0/1 is taken as 27/28, an address
 *   without 0x is refused, the EIP-55 case of an address is not looked at.
 */

#include <cjson/cJSON.h>

#include "base/ioa_codec.h"
#include "crypto/ioa_eip191.h"
#include "attest/ioattest.h"
#include "unit.h"

#define MESSAGE_MAX  65536

typedef struct {
    const char  *name;
    const char  *verdict;
    const char  *hash;
    uint8_t      text[MESSAGE_MAX];
    size_t       text_len;
    ioa_bytes_t  signature;
    ioa_bytes_t  address;
} vector_t;


static const struct {
    const char  *reason;
    int          accepted;
} policies[] = {
    { "0X prefix", 0 },
    { "v 0/1", 1 },
    { "address without 0x", 0 },
    { "mixed-case address with a wrong EIP-55 checksum", 1 },
};


static const char *
member(const cJSON *item, const char *name)
{
    const char  *value;

    value = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item,
                                                                  name));

    if (value == NULL) {
        printf("Bail out! a vector has no %s\n", name);
        exit(1);
    }

    return value;
}


static ioa_bytes_t
bytes(const char *text)
{
    ioa_bytes_t  b;

    b.data = (const uint8_t *) text;
    b.len = strlen(text);

    return b;
}


static void
load(vector_t *v, const cJSON *item)
{
    const char  *b64;

    v->name = member(item, "name");
    v->verdict = member(item, "verdict");
    v->hash = member(item, "eip191_hash");
    v->signature = bytes(member(item, "signature"));
    v->address = bytes(member(item, "address"));

    b64 = member(item, "text_b64");

    if (!ioa_base64_decode(v->text, &v->text_len, sizeof(v->text),
                           (const uint8_t *) b64, strlen(b64)))
    {
        printf("Bail out! text of %s\n", v->name);
        exit(1);
    }
}


/* What the parts of the core say, for a text of any form. */
static int
accepted(const vector_t *v)
{
    uint8_t       sig65[IOA_EIP191_SIG_LEN], digest32[32], address20[20];
    uint8_t       claimed20[20];
    ioa_status_t  st;

    ioa_eip191_digest(digest32, v->text, v->text_len);

    if (!ioa_eip191_sig_parse(sig65, v->signature.data, v->signature.len)
        || !ioa_address_parse(claimed20, v->address))
    {
        return 0;
    }

    st = ioa_eip191_recover(address20, sig65, digest32);

    return st == IOA_OK && memcmp(address20, claimed20, 20) == 0;
}


static ioa_status_t
door(uint8_t *address20, const vector_t *v)
{
    ioa_signature_t  sig;

    memset(&sig, 0, sizeof(sig));
    sig.text.data = v->text;
    sig.text.len = v->text_len;
    sig.signature = v->signature;
    sig.signing_address = v->address;
    sig.signing_algo = bytes("ecdsa");

    return ioa_signature_verify(address20, &sig, IOA_TEXT_AGENT);
}


static int
agent_text(const vector_t *v)
{
    return v->text_len == 129
           && ioa_hex_lower(v->text, 64, 64) && v->text[64] == ':'
           && ioa_hex_lower(v->text + 65, 64, 64);
}


static int
expected(const vector_t *v, const char *reason)
{
    size_t  i;

    if (strcmp(v->verdict, "policy") != 0) {
        return strcmp(v->verdict, "accept") == 0;
    }

    for (i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
        if (strncmp(reason, policies[i].reason,
                    strlen(policies[i].reason)) == 0)
        {
            return policies[i].accepted;
        }
    }

    return -1;
}


static void
test_digest(const vector_t *v)
{
    char     text[2 + 64 + 1] = "0x";
    uint8_t  digest32[32];

    ioa_eip191_digest(digest32, v->text, v->text_len);
    ioa_hex_encode((uint8_t *) text + 2, digest32, 32);

    UNIT_OK(strcmp(text, v->hash) == 0, "%s: digest", v->name);
}


static void
test_vector(const vector_t *v, const char *reason)
{
    int           want;
    uint8_t       address20[20];
    ioa_status_t  st;

    static const uint8_t  zero20[20];

    test_digest(v);

    want = expected(v, reason);
    UNIT_OK(accepted(v) == want, "%s: %s", v->name, v->verdict);

    memset(address20, 0xff, sizeof(address20));
    st = door(address20, v);

    UNIT_OK((st == IOA_OK) == (want && agent_text(v)), "%s: door says %s",
            v->name, ioa_status_name(st));
    UNIT_OK((st == IOA_OK) == (memcmp(address20, zero20, 20) != 0),
            "%s: address is zero unless verified", v->name);
}


/* Every bit of signature, address and text matters. */
static void
test_flips(vector_t *v)
{
    size_t       i, bit;
    uint8_t     *sig, *address, address20[20];
    unit_all_t   all = { 0 };

    sig = unit_exact(v->signature.data, v->signature.len);
    address = unit_exact(v->address.data, v->address.len);
    v->signature.data = sig;
    v->address.data = address;

    UNIT_OK(door(address20, v) == IOA_OK, "unchanged: verified");

    for (i = 0; i < v->signature.len; i++) {
        for (bit = 0; bit < 8; bit++) {
            sig[i] ^= (uint8_t) (1 << bit);
            /* upper and lower case of a hex digit are the same digit */
            unit_each(&all, door(address20, v) != IOA_OK
                      || (bit == 5 && (sig[i] & 0x40)),
                      "signature %zu, %zu", i, bit);
            sig[i] ^= (uint8_t) (1 << bit);
        }
    }

    for (i = 0; i < v->address.len; i++) {
        for (bit = 0; bit < 8; bit++) {
            address[i] ^= (uint8_t) (1 << bit);
            unit_each(&all, door(address20, v) != IOA_OK
                      || (i > 1 && bit == 5 && (address[i] & 0x40)),
                      "address %zu, %zu", i, bit);
            address[i] ^= (uint8_t) (1 << bit);
        }
    }

    for (i = 0; i < v->text_len; i++) {
        for (bit = 0; bit < 8; bit++) {
            v->text[i] ^= (uint8_t) (1 << bit);
            unit_each(&all, door(address20, v) != IOA_OK,
                      "text %zu, %zu", i, bit);
            v->text[i] ^= (uint8_t) (1 << bit);
        }
    }

    UNIT_ALL(&all, "one flipped bit is not verified");

    free(sig);
    free(address);
}


static void
test_prefixes(const vector_t *whole)
{
    size_t       n;
    vector_t    *v;
    uint8_t     *part, address20[20];
    unit_all_t   all = { 0 };

    v = malloc(sizeof(*v));

    for (n = 0; n < whole->signature.len; n++) {
        *v = *whole;
        part = unit_exact(whole->signature.data, n);
        v->signature.data = part;
        v->signature.len = n;
        unit_each(&all, door(address20, v) == IOA_MALFORMED_SIGNATURE,
                  "signature of %zu", n);
        free(part);
    }

    for (n = 0; n < whole->address.len; n++) {
        *v = *whole;
        part = unit_exact(whole->address.data, n);
        v->address.data = part;
        v->address.len = n;
        unit_each(&all, door(address20, v) == IOA_MALFORMED_SIGNATURE,
                  "address of %zu", n);
        free(part);
    }

    for (n = 0; n < whole->text_len; n++) {
        *v = *whole;
        v->text_len = n;
        unit_each(&all, door(address20, v) == IOA_MALFORMED_TEXT,
                  "text of %zu", n);
    }

    UNIT_ALL(&all, "a prefix is malformed");

    free(v);
}


static void
test_vectors(const cJSON *cases)
{
    size_t        policy, flipped;
    vector_t     *v;
    const cJSON  *item;

    v = malloc(sizeof(*v));
    policy = 0;
    flipped = 0;

    cJSON_ArrayForEach(item, cases) {
        load(v, item);
        test_vector(v, member(item, "reason"));
        policy += strcmp(v->verdict, "policy") == 0;

        if (!flipped && agent_text(v) && strcmp(v->verdict, "accept") == 0) {
            flipped = 1;
            test_prefixes(v);
            test_flips(v);
        }
    }

    UNIT_OK(flipped, "a vector served for flipped bits");
    UNIT_OK(policy == sizeof(policies) / sizeof(policies[0]),
            "every policy case is known");

    free(v);
}


/* r and s of 32 bytes each, hex, v in decimal. */
static ioa_status_t
recover(const char *r, const char *s, int v)
{
    uint8_t  sig65[IOA_EIP191_SIG_LEN], digest32[32], address20[20];

    ioa_eip191_digest(digest32, (const uint8_t *) "x", 1);

    if (!ioa_hex_decode(sig65, 32, (const uint8_t *) r, strlen(r))
        || !ioa_hex_decode(sig65 + 32, 32, (const uint8_t *) s, strlen(s)))
    {
        printf("Bail out! hex of r or s\n");
        exit(1);
    }

    sig65[64] = (uint8_t) v;

    return ioa_eip191_recover(address20, sig65, digest32);
}


/* What is malformed is called so, and not left to the library to fail on. */
static void
test_ranges(void)
{
    int         v;
    unit_all_t  all = { 0 };

#define ZERO  "0000000000000000000000000000000000000000000000000000000000000000"
#define ONE   "0000000000000000000000000000000000000000000000000000000000000001"
#define GX    "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
#define HALF  "7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0"
#define OVER  "7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a1"
#define LAST  "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140"
#define ORDER "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"
#define FIVE  "0000000000000000000000000000000000000000000000000000000000000005"

    UNIT_OK(recover(GX, ONE, 27) == IOA_OK, "least s");
    UNIT_OK(recover(GX, HALF, 27) == IOA_OK, "greatest low s");
    UNIT_OK(recover(GX, OVER, 27) == IOA_MALFORMED_SIGNATURE, "least high s");
    UNIT_OK(recover(GX, LAST, 27) == IOA_MALFORMED_SIGNATURE, "greatest s");
    UNIT_OK(recover(GX, ORDER, 27) == IOA_MALFORMED_SIGNATURE, "s = n");
    UNIT_OK(recover(GX, ZERO, 27) == IOA_MALFORMED_SIGNATURE, "s = 0");
    UNIT_OK(recover(ZERO, ONE, 27) == IOA_MALFORMED_SIGNATURE, "r = 0");
    UNIT_OK(recover(ORDER, ONE, 27) == IOA_MALFORMED_SIGNATURE, "r = n");
    UNIT_OK(recover(ONE, ONE, 27) == IOA_OK, "r = 1");
    UNIT_OK(recover(FIVE, ONE, 27) == IOA_SIGNATURE_MISMATCH,
            "r is no point's x");

    for (v = 0; v < 256; v++) {
        unit_each(&all, recover(GX, ONE, v)
                        == (v == 0 || v == 1 || v == 27 || v == 28
                            ? IOA_OK : IOA_MALFORMED_SIGNATURE), "v %d", v);
    }

    UNIT_ALL(&all, "every v");
}


int
main(void)
{
    size_t        n;
    cJSON        *root;
    uint8_t      *text;
    const cJSON  *cases;

    text = unit_file(&n, "t/data/eip191.json");
    root = cJSON_ParseWithLength((char *) text, n);
    cases = cJSON_GetObjectItemCaseSensitive(root, "cases");

    UNIT_OK(cJSON_GetArraySize(cases) == 94, "94 vectors");
    test_vectors(cases);
    test_ranges();

    cJSON_Delete(root);
    free(text);

    return UNIT_DONE();
}
