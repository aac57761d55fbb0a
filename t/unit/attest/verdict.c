/*
 * verdict: the rest of the door: headers, addresses, image digests, the
 * attestation request, and the names of reasons.
 */

#include "attest/ioattest.h"
#include "unit.h"

#define HASH   "0123456789abcdef0123456789abcdef" \
               "0123456789abcdef0123456789abcdef"
#define NONCE  "00ff0202020202020202020202020202" \
               "02020202020202020202020202020202"


static ioa_bytes_t
bytes(const char *text)
{
    ioa_bytes_t  b;

    b.data = (const uint8_t *) text;
    b.len = text == NULL ? 0 : strlen(text);

    return b;
}


/* The generator of secp256k1 as r: a signature that some key has made. */
#define OTHERS                                                                \
    "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"        \
    "1111111111111111111111111111111111111111111111111111111111111111" "1b"

/* Headers of good form, and a signature that no key can have made. */
static ioa_signature_t
headers(void)
{
    ioa_signature_t  sig;

    static char  signature[131];

    memset(signature, '1', 130);
    memcpy(signature + 128, "1b", 2);

    memset(&sig, 0, sizeof(sig));
    sig.text = bytes(HASH ":" HASH);
    sig.signature = bytes(signature);
    sig.signing_address = bytes("0xf52373547CAa0EeCB0fcD34042D7518E79aA80cC");
    sig.signing_algo = bytes("ecdsa");

    return sig;
}


static void
check(const ioa_signature_t *sig, ioa_status_t want, const char *what)
{
    size_t        i;
    uint8_t       address20[20], all;
    ioa_status_t  got;

    memset(address20, 0xff, sizeof(address20));
    got = ioa_signature_verify(address20, sig, IOA_TEXT_AGENT);

    for (all = 0, i = 0; i < sizeof(address20); i++) {
        all |= address20[i];
    }

    if (!UNIT_OK(got == want && all == 0, "%s: %s", what,
                 ioa_status_name(want)))
    {
        printf("# got %s\n", ioa_status_name(got));
    }
}


static void
test_headers(void)
{
    ioa_signature_t  sig;

    memset(&sig, 0, sizeof(sig));
    check(&sig, IOA_NO_SIGNATURE, "no header");
    UNIT_OK(ioa_signature_absent(&sig), "absent");

    sig.image_digest = bytes("x");
    UNIT_OK(ioa_signature_absent(&sig), "an image digest is no signature");

    sig = headers();
    check(&sig, IOA_SIGNATURE_MISMATCH, "good form");
    sig.signature = bytes(OTHERS);
    check(&sig, IOA_SIGNATURE_MISMATCH, "signed by another than is named");
    sig = headers();
    UNIT_OK(!ioa_signature_absent(&sig), "not absent");

    sig = headers();
    sig.text = bytes(NULL);
    check(&sig, IOA_NO_SIGNATURE, "no text");
    UNIT_OK(!ioa_signature_absent(&sig), "one missing is not absent");

    sig = headers();
    sig.signature = bytes(NULL);
    check(&sig, IOA_NO_SIGNATURE, "no signature");

    sig = headers();
    sig.signing_address = bytes(NULL);
    check(&sig, IOA_NO_SIGNATURE, "no address");

    sig = headers();
    sig.signing_algo = bytes(NULL);
    check(&sig, IOA_NO_SIGNATURE, "no algorithm");

    sig = headers();
    sig.duplicate = 1;
    check(&sig, IOA_MALFORMED_SIGNATURE, "one of them twice");

    sig.signature = bytes(NULL);
    check(&sig, IOA_MALFORMED_SIGNATURE, "one twice, one missing");
}


static void
test_algorithms(void)
{
    size_t           i;
    ioa_signature_t  sig;

    static const char *const  others[] = {
        "", "ed25519", "ECDSA", "Ecdsa", "ecdsa ", " ecdsa", "ecdsa,ecdsa",
        "ecds", "ecdsa-p256"
    };

    sig = headers();

    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        sig.signing_algo = bytes(others[i]);
        check(&sig, IOA_UNSUPPORTED_ALGORITHM, others[i]);
    }
}


static void
test_texts(void)
{
    size_t           i;
    ioa_signature_t  sig;

    static const char *const  bad[] = {
        "", ":", HASH, HASH ":", ":" HASH, HASH HASH, HASH ":" HASH " ",
        " " HASH ":" HASH, HASH "::" HASH, HASH ":" HASH "0",
        HASH "0:" HASH, HASH ";" HASH, HASH ":" HASH ":" HASH,
        "model:" HASH ":" HASH,
        "0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef:"
            HASH,
        HASH ":g123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde"
            "f",
    };

    sig = headers();

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        sig.text = bytes(bad[i]);
        check(&sig, IOA_MALFORMED_TEXT, bad[i]);
    }

    sig = headers();
    sig.signature = bytes("");
    check(&sig, IOA_MALFORMED_SIGNATURE, "empty signature");

    sig = headers();
    sig.signing_address = bytes("");
    check(&sig, IOA_MALFORMED_SIGNATURE, "empty address");
}


static void
test_addresses(void)
{
    size_t   i;
    uint8_t  address20[20], text42[42];

    static const char  lower[] = "0xf52373547caa0eecb0fcd34042d7518e79aa80cc";
    static const char *const  bad[] = {
        "", "0", "0x", "0xf52373547caa0eecb0fcd34042d7518e79aa80c",
        "0xf52373547caa0eecb0fcd34042d7518e79aa80ccc",
        "f52373547caa0eecb0fcd34042d7518e79aa80cc",
        "f52373547caa0eecb0fcd34042d7518e79aa80ccaa",
        "0Xf52373547caa0eecb0fcd34042d7518e79aa80cc",
        "0xg52373547caa0eecb0fcd34042d7518e79aa80cc",
        " 0xf52373547caa0eecb0fcd34042d7518e79aa80cc",
        "0xf52373547caa0eecb0fcd34042d7518e79aa80cc ",
        "0x0xf52373547caa0eecb0fcd34042d7518e79aa80"
    };

    UNIT_OK(ioa_address_parse(address20,
                bytes("0xF52373547CAa0EeCB0fcD34042D7518E79aA80cC")),
            "address of any case");
    ioa_address_print(text42, address20);
    UNIT_OK(memcmp(text42, lower, 42) == 0, "address printed");
    UNIT_OK(!ioa_address_parse(address20, bytes(NULL)), "no address");

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        memset(address20, 0x55, 20);
        UNIT_OK(!ioa_address_parse(address20, bytes(bad[i]))
                && address20[0] == 0x55 && address20[19] == 0x55,
                "address %zu is refused", i);
    }
}


static void
test_digest_form(void)
{
    size_t  i;

    static const char *const  bad[] = {
        "", "sha256:", HASH, "sha256:" HASH "0", "sha256:" HASH " ",
        "SHA256:" HASH, "sha512:" HASH, " sha256:" HASH, "sha256" HASH,
        "sha256:0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcd"
            "ef"
    };

    UNIT_OK(ioa_image_digest_valid(bytes("sha256:" HASH)), "digest");

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        UNIT_OK(!ioa_image_digest_valid(bytes(bad[i])), "no digest %zu", i);
    }

    UNIT_OK(!ioa_image_digest_valid(bytes(NULL)), "no digest at all");
}


static void
test_digest_check(void)
{
    size_t       i;
    ioa_bytes_t  none, has, list[2];

    const size_t  any = 0, listed = 2;

    none = bytes(NULL);
    has = bytes("abc");
    list[0] = bytes("xyz");
    list[1] = bytes("abc");

    {
        const struct {
            const char          *digest;
            const ioa_bytes_t   *attested;
            size_t               listed_n;
            int                  good;
        } checks[] = {
            { "abc", &has, any, 1 },       { "abc", &has, listed, 1 },
            { "abd", &has, any, 0 },       { "xyz", &has, listed, 0 },
            { "ab", &has, any, 0 },        { "abcd", &has, any, 0 },
            { "ABC", &has, any, 0 },       { "", &has, any, 0 },
            { NULL, &has, any, 0 },        { NULL, &has, listed, 0 },
            { NULL, &none, any, 1 },       { "", &none, any, 0 },
            { "abc", &none, any, 0 },      { "abc", &none, listed, 0 },
            { NULL, &none, listed, 0 },
            { NULL, NULL, any, 1 },        { "abc", NULL, any, 1 },
            { "", NULL, any, 1 },
            { "abc", NULL, listed, 1 },    { "xyz", NULL, listed, 1 },
            { "xy", NULL, listed, 0 },     { NULL, NULL, listed, 0 },
            { "", NULL, listed, 0 },
        };

        for (i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
            UNIT_OK(ioa_image_digest_check(bytes(checks[i].digest),
                                           checks[i].attested, list,
                                           checks[i].listed_n)
                    == (checks[i].good ? IOA_OK : IOA_IMAGE_DIGEST_MISMATCH),
                    "image digest check %zu", i);
        }
    }
}


static void
request(const char *id, size_t id_len, const char *want)
{
    size_t       n, cap, len;
    uint8_t     *out, nonce32[32];
    ioa_bytes_t  model;
    unit_all_t   all = { 0 };

    memset(nonce32, 2, sizeof(nonce32));
    nonce32[0] = 0;
    nonce32[1] = 0xff;
    model.data = unit_exact(id, id_len);
    model.len = id_len;
    len = want == NULL ? 0 : strlen(want);

    for (cap = 0; cap <= (len ? len + 2 : 512); cap++) {
        out = malloc(cap + 1);
        n = ioa_attest_request(out, cap, model, nonce32);
        unit_each(&all, n == (cap < len ? 0 : len)
                        && (n == 0 || memcmp(out, want, n) == 0),
                  "cap %zu", cap);
        free(out);
    }

    UNIT_ALL(&all, "attestation request");
    free((void *) model.data);
}


static void
test_request(void)
{
    char    id[IOA_MODEL_ID_MAX + 1], want[512];
    size_t  i;

    static const char *const  bad[] = {
        "\x80", "\xc3", "a\xc3", "\xc0\x80", "\xed\xa0\x80", "\xff",
        "\xf4\x90\x80\x80", "\xc3(", "\xe2\x82"
    };

#define WANT(id)  "{\"model_id\":\"" id "\",\"nonce\":\"" NONCE "\"}"

    request("m", 1, WANT("m"));
    request("3fa85f64-5717", 13, WANT("3fa85f64-5717"));
    request("\"\\/\n\x1f", 5, WANT("\\\"\\\\/\\u000a\\u001f"));
    request("\0", 1, WANT("\\u0000"));
    request("\xc3\xa9\xf0\x9f\x98\x80\x7f", 7,
            WANT("\xc3\xa9\xf0\x9f\x98\x80\x7f"));
    request("\",\"nonce\":\"", 11, WANT("\\\",\\\"nonce\\\":\\\""));

    memset(id, 'i', sizeof(id));
    sprintf(want, WANT("%.*s"), IOA_MODEL_ID_MAX, id);
    request(id, IOA_MODEL_ID_MAX, want);
    request(id, IOA_MODEL_ID_MAX + 1, NULL);

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        request(bad[i], strlen(bad[i]), NULL);
    }
}


static void
test_statuses(void)
{
    int         i, k;
    const char  *name, *message;
    unit_all_t  all = { 0 };

    for (i = 1; i < IOA_STATUS_MAX; i++) {
        name = ioa_status_name(i);
        message = ioa_status_message(i);

        unit_each(&all, strspn(name, "abcdefghijklmnopqrstuvwxyz_")
                        == strlen(name) && name[0], "%d: name", i);
        unit_each(&all, message[0] && message[strlen(message) - 1] == '.'
                        && strpbrk(message, "\"\\\n") == NULL,
                  "%d: message", i);

        for (k = 1; k < i; k++) {
            unit_each(&all, strcmp(ioa_status_name(k), name) != 0,
                      "%d and %d: one name", i, k);
        }
    }

    UNIT_ALL(&all, "names and messages");
    UNIT_OK(ioa_status_name(IOA_OK)[0] == 0, "no reason where all is well");
    UNIT_OK(strcmp(ioa_status_name(IOA_STATUS_MAX), "unknown") == 0
            && strcmp(ioa_status_name((ioa_status_t) -1), "unknown") == 0
            && ioa_status_message(IOA_STATUS_MAX)[0]
            && !ioa_status_retryable((ioa_status_t) 1000), "out of range");
    UNIT_OK(strcmp(ioa_status_name(IOA_ZONE_FULL), "zone_full") == 0
            && strcmp(ioa_status_name(IOA_NO_SIGNATURE), "no_signature") == 0,
            "first and last");
    UNIT_OK(ioa_status_retryable(IOA_UNTRUSTED_ADDRESS)
            && ioa_status_retryable(IOA_NO_SIGNATURE)
            && !ioa_status_retryable(IOA_BODY_TOO_LARGE)
            && !ioa_status_retryable(IOA_ENCODED_BODY)
            && !ioa_status_retryable(IOA_REQUEST_HASH_MISMATCH), "retry");

    memset(&all, 0, sizeof(all));

    for (i = 1; i < IOA_STATUS_MAX; i++) {
        k = i == IOA_REQUEST_AMBIGUOUS ? 400
            : i == IOA_MODEL_NOT_ATTESTABLE ? 403
            : i == IOA_MODEL_UNKNOWN ? 404
            : i == IOA_REQUEST_TOO_LARGE ? 413 : 502;

        unit_each(&all, ioa_status_http(i) == k
                        && (k == 502 || !ioa_status_retryable(i)),
                  "%s: %d", ioa_status_name(i), ioa_status_http(i));
    }

    UNIT_ALL(&all, "a caller's mistake has a caller's status");
}


int
main(void)
{
    test_headers();
    test_algorithms();
    test_texts();
    test_addresses();
    test_digest_form();
    test_digest_check();
    test_request();
    test_statuses();

    return UNIT_DONE();
}
