/*
 * text: the forms of a signed text: taken apart, and verified.
 */

#include "base/ioa_codec.h"
#include "crypto/ioa_eip191.h"
#include "attest/ioattest.h"
#include "unit.h"

#define ONE   "0123456789abcdef0123456789abcdef" \
              "0123456789abcdef0123456789abcdef"
#define TWO   "1123456789abcdef0123456789abcdef" \
              "0123456789abcdef0123456789abcdef"
#define PAIR  ONE ":" TWO
#define UPPER "0123456789ABCDEF0123456789abcdef" \
              "0123456789abcdef0123456789abcdef"


static ioa_bytes_t
bytes(const char *text)
{
    ioa_bytes_t  b = { (const uint8_t *) text, strlen(text) };

    return b;
}


/* In: model, NULL where the text names none; status of a good text is OK. */
static void
parse(const char *string, ioa_text_form_e form, const char *model,
    ioa_status_t want)
{
    int          good;
    ioa_text_t   text, zero;
    ioa_bytes_t  b;

    b.len = strlen(string);
    b.data = unit_exact(string, b.len);
    memset(&zero, 0, sizeof(zero));
    memset(&text, 0xff, sizeof(text));

    good = ioa_text_parse(&text, b, form) == want;

    if (want != IOA_OK) {
        good = good && memcmp(&text, &zero, sizeof(zero)) == 0;

    } else {
        good = good && text.request32[0] == 0x01 && text.response32[0] == 0x11
               && text.request32[31] == 0xef && text.response32[31] == 0xef
               && (model == NULL ? text.model.data == NULL
                                 : ioa_bytes_equal(text.model, bytes(model)));
    }

    UNIT_OK(good, "form %d: %.40s", form, string);
    free((void *) b.data);
}


static void
test_parse(void)
{
    size_t  i;

    static const char *const  bad[] = {
        "", ":", PAIR ":", ONE, ONE ";" TWO, "m;" PAIR, "m:" ONE ":" ONE "0",
        ":" PAIR, "m:" PAIR " ", "m:" ONE ":", "m" PAIR, UPPER ":" TWO,
        ONE ":" UPPER
    };

    parse(PAIR, IOA_TEXT_AGENT, NULL, IOA_OK);
    parse("m:" PAIR, IOA_TEXT_AGENT, NULL, IOA_MALFORMED_TEXT);
    parse(PAIR, IOA_TEXT_RAW, NULL, IOA_OK);
    parse("m:" PAIR, IOA_TEXT_RAW, "m", IOA_OK);
    parse("a:b/c d:" PAIR, IOA_TEXT_RAW, "a:b/c d", IOA_OK);
    parse(ONE ":" PAIR, IOA_TEXT_RAW, ONE, IOA_OK);

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        parse(bad[i], IOA_TEXT_AGENT, NULL, IOA_MALFORMED_TEXT);
        parse(bad[i], IOA_TEXT_RAW, NULL, IOA_MALFORMED_TEXT);
    }
}


/* Whoever a signature of r = s = 1 says to be of is its signer. */
static ioa_status_t
verify(const char *signed_text, const char *text, ioa_text_form_e form)
{
    size_t           i;
    uint8_t          sig65[65], digest32[32], signer20[20], address20[20];
    uint8_t          hex[130], name[IOA_ADDRESS_TEXT_LEN], all;
    ioa_status_t     st;
    ioa_signature_t  sig;

    memset(sig65, 0, sizeof(sig65));
    sig65[31] = sig65[63] = 1;
    sig65[64] = 27;
    ioa_eip191_digest(digest32, (const uint8_t *) signed_text,
                      strlen(signed_text));

    if (ioa_eip191_recover(signer20, sig65, digest32) != IOA_OK) {
        return IOA_STATUS_MAX;
    }

    ioa_hex_encode(hex, sig65, sizeof(sig65));
    ioa_address_print(name, signer20);

    memset(&sig, 0, sizeof(sig));
    sig.text = bytes(text);
    sig.signature.data = hex;
    sig.signature.len = sizeof(hex);
    sig.signing_address.data = name;
    sig.signing_address.len = sizeof(name);
    sig.signing_algo = bytes("ecdsa");

    st = ioa_signature_verify(address20, &sig, form);

    for (all = 0, i = 0; i < sizeof(address20); i++) {
        all |= address20[i];
    }

    return st == IOA_OK
           ? memcmp(address20, signer20, 20) == 0 ? IOA_OK : IOA_STATUS_MAX
           : all == 0 ? st : IOA_STATUS_MAX;
}


static void
test_verify(void)
{
    UNIT_OK(verify(PAIR, PAIR, IOA_TEXT_AGENT) == IOA_OK, "agent's");
    UNIT_OK(verify(PAIR, PAIR, IOA_TEXT_RAW) == IOA_OK, "raw");
    UNIT_OK(verify("m:" PAIR, "m:" PAIR, IOA_TEXT_RAW) == IOA_OK,
            "raw, with a model");
    UNIT_OK(verify("m:" PAIR, "m:" PAIR, IOA_TEXT_AGENT)
            == IOA_MALFORMED_TEXT, "a model in the agent's");
    UNIT_OK(verify("m:" PAIR, "n:" PAIR, IOA_TEXT_RAW)
            == IOA_SIGNATURE_MISMATCH, "another model");
    UNIT_OK(verify("anything", "anything", IOA_TEXT_BODY) == IOA_OK, "body");
    UNIT_OK(verify("", "", IOA_TEXT_BODY) == IOA_OK, "an empty body");
    UNIT_OK(verify("anything", "anythinh", IOA_TEXT_BODY)
            == IOA_SIGNATURE_MISMATCH, "another body");
    UNIT_OK(verify("anything", "anything", IOA_TEXT_RAW)
            == IOA_MALFORMED_TEXT, "a body where a text is due");
}


int
main(void)
{
    test_parse();
    test_verify();

    return UNIT_DONE();
}
