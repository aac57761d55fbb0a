/*
 * fuzz_response: ioa_response, from the head to the verdict.
 *
 * The input is four bytes (text form and binding; flags of the rules and the
 * head; the status; the signer), headers up to an empty line, and the body.
 * An address that is "*" is replaced by the one that has signed, so that any
 * text may be signed.
 *
 * However the body is cut, and whether the signer is known at once or later,
 * the verdict is the same; and a verified response is checked once more by
 * other means: the signature, the hash of the body, the image digest.
 */

#include "fuzz.h"
#include "agent/ioa_response.h"
#include "base/ioa_codec.h"
#include "crypto/ioa_eip191.h"

#define SETTINGS  4

typedef enum { AT_ONCE = 0, LATER, AT_THE_END } when_t;

/* One way to feed a response. */
typedef struct {
    when_t  when;
    size_t  piece;      /* bytes of the body at a time */
} way_t;

typedef struct {
    ioa_response_rules_t  rules;
    ioa_head_t            head;
    ioa_bytes_t           body;
    ioa_bytes_t           image;        /* of the machine */
    int                   configured;   /* the signer: without an image */
    int                   broken;
} case_t;

typedef struct {
    ioa_response_t  rp;
    ioa_step_e      step;
    void           *memory;
} seen_t;

static uint8_t  request32[IOA_SHA256_LEN];
static char     address[IOA_ADDRESS_TEXT_LEN];


static int
sink(void *ctx, const ioa_sse_piece_t *piece)
{
    (void) ctx;

    return piece->len != 0;
}


/* Replaces "*" by the address that has signed. */
static void
named(ioa_signature_t *sig)
{
    uint8_t  sig65[IOA_EIP191_SIG_LEN], digest32[IOA_EIP191_DIGEST_LEN];
    uint8_t  signer20[IOA_ADDRESS_LEN];

    if (sig->signing_address.len != 1 || sig->signing_address.data[0] != '*'
        || sig->text.data == NULL || sig->signature.data == NULL
        || !ioa_eip191_sig_parse(sig65, sig->signature.data,
                                 sig->signature.len))
    {
        return;
    }

    ioa_eip191_digest(digest32, sig->text.data, sig->text.len);

    if (ioa_eip191_recover(signer20, sig65, digest32) == IOA_OK) {
        ioa_address_print((uint8_t *) address, signer20);
        sig->signing_address.data = (const uint8_t *) address;
        sig->signing_address.len = sizeof(address);
    }
}


/* Takes a header; returns 0 at the end of the headers. */
static int
take_header(ioa_head_t *head, const uint8_t **at, const uint8_t *end)
{
    ioa_bytes_t     name, value;
    const uint8_t  *lf, *colon;

    lf = *at == end ? NULL : memchr(*at, '\n', (size_t) (end - *at));

    if (lf == NULL || lf == *at) {
        *at = lf == NULL ? *at : lf + 1;
        return 0;
    }

    colon = memchr(*at, ':', (size_t) (lf - *at));

    if (colon != NULL) {
        name.data = *at;
        name.len = (size_t) (colon - *at);
        value.data = colon + 1;
        value.len = (size_t) (lf - colon) - 1;

        ioa_signature_header(&head->signature, name, value);
        head->coded |= ioa_head_coded(name, value);
        head->events |= name.len == 12 && ioa_head_events(value);
    }

    *at = lf + 1;

    return 1;
}


static void
make(case_t *c, const uint8_t *data, size_t n)
{
    const uint8_t  *at = data + SETTINGS, *end = data + n;

    memset(c, 0, sizeof(case_t));
    ioa_sha256(request32, (const uint8_t *) "request", 7);

    c->rules.form = (ioa_text_form_e) (data[0] % 3);
    c->rules.bind = (ioa_bind_e) (data[0] / 3 % 3);
    c->rules.pass_errors = data[1] & 1;
    c->rules.flow = data[1] >> 1 & 1;
    c->rules.request32 = data[1] >> 2 & 1 ? NULL : request32;
    c->rules.unasked = data[1] >> 7;
    c->head.unseen = (data[1] & 0x18) == 0x18;
    c->head.folded = (data[1] & 0x60) == 0x60;
    c->broken = (data[3] & 0xc) == 0xc;
    c->configured = data[3] & 1;
    c->head.status = data[2] < 128 ? 200 : data[2] * 5u;
    c->head.leaves = data[3] & 2 ? 200 : c->head.status;

    while (take_header(&c->head, &at, end)) {
        /* void */
    }

    named(&c->head.signature);

    c->image = c->head.signature.image_digest;
    c->image.len -= c->image.len != 0 && (data[3] & 0x30) == 0x30;
    c->body.data = at;
    c->body.len = (size_t) (end - at);
}


static ioa_step_e
signer(seen_t *seen, const case_t *c, int known)
{
    if (seen->step != IOA_STEP_SIGNER && seen->step != IOA_STEP_WAIT) {
        return seen->step;
    }

    if (known) {
        return ioa_response_accept(&seen->rp, c->configured ? NULL
                                                            : &c->image);
    }

    return seen->step == IOA_STEP_WAIT ? seen->step
                                       : ioa_response_wait(&seen->rp);
}


static void
judge_body(seen_t *seen, const case_t *c, const way_t *way)
{
    size_t    m, at;
    uint8_t  *copy;

    seen->memory = malloc(ioa_response_size(&seen->rp) + 1);
    fuzz_assert(seen->memory != NULL);
    ioa_response_memory(&seen->rp, seen->memory);

    if (seen->rp.events) {
        ioa_response_output(&seen->rp, sink, NULL, !seen->rp.flows);
    }

    for (at = 0; at < c->body.len; at += m) {
        m = c->body.len - at;
        m = m < way->piece ? m : way->piece;
        copy = fuzz_exact(c->body.data + at, m);
        (void) !ioa_response_update(&seen->rp, copy, m);
        free(copy);
    }

    if (c->broken) {
        (void) ioa_response_broken(&seen->rp);
    }

    seen->step = ioa_response_end(&seen->rp, c->rules.form == IOA_TEXT_BODY
                                             ? &c->body : NULL);
}


static void
judge(seen_t *seen, const case_t *c, const way_t *way)
{
    seen->memory = NULL;
    seen->step = ioa_response_begin(&seen->rp, &c->rules, &c->head);
    seen->step = signer(seen, c, way->when == AT_ONCE);

    if (seen->step == IOA_STEP_BODY) {
        judge_body(seen, c, way);
        seen->step = signer(seen, c, way->when <= LATER);
        seen->step = signer(seen, c, 1);
    }

    if (seen->step == IOA_STEP_WAIT) {
        seen->step = signer(seen, c, 1);
    }

    fuzz_assert(seen->step == IOA_STEP_VERIFIED
                || seen->step == IOA_STEP_REFUSED
                || seen->step == IOA_STEP_UNSIGNED);
    fuzz_assert((seen->step == IOA_STEP_REFUSED)
                == (seen->rp.reason != IOA_OK));
}


/* Checks a verified response once more, by other means. */
static void
verified(seen_t *seen, const case_t *c)
{
    uint8_t                address20[IOA_ADDRESS_LEN];
    ioa_text_t             text;
    const ioa_response_t  *rp = &seen->rp;

    fuzz_assert(!c->head.unseen && !c->head.folded && !c->broken
                && c->head.status >= 200);
    fuzz_assert(ioa_signature_verify(address20, &rp->signature,
                                     c->rules.form) == IOA_OK
                && memcmp(address20, rp->address20, IOA_ADDRESS_LEN) == 0);
    fuzz_assert(c->configured
                || ioa_bytes_equal(rp->signature.image_digest, c->image));

    if (c->rules.form == IOA_TEXT_BODY) {
        fuzz_assert(ioa_bytes_equal(rp->signature.text, c->body));

    } else if (c->rules.bind != IOA_BIND_OFF) {
        fuzz_assert(!c->head.coded
                    && ioa_text_parse(&text, rp->signature.text,
                                      c->rules.form) == IOA_OK
                    && rp->have_response
                    && memcmp(text.response32, rp->response32,
                              IOA_SHA256_LEN) == 0);
        fuzz_assert(c->rules.bind != IOA_BIND_BOTH
                    || memcmp(text.request32, request32, IOA_SHA256_LEN)
                       == 0);
    }

    if (rp->events) {
        fuzz_assert(ioa_response_close(&seen->rp, 1) == IOA_OK);
    }

    (void) ioa_response_refuse(&seen->rp, IOA_REPLAYED);
    fuzz_assert(ioa_response_accept(&seen->rp, NULL) == IOA_STEP_REFUSED);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    size_t  i;
    seen_t  first, seen;
    case_t  c;

    static const way_t  ways[] = {
        { AT_ONCE, (size_t) -1 }, { LATER, 1 }, { AT_THE_END, 7 }
    };

    if (n < SETTINGS) {
        return 0;
    }

    make(&c, data, n);
    judge(&first, &c, &ways[0]);

    for (i = 1; i < sizeof(ways) / sizeof(ways[0]); i++) {
        judge(&seen, &c, &ways[i]);
        fuzz_assert(seen.step == first.step);

        if (seen.step == IOA_STEP_VERIFIED) {
            verified(&seen, &c);
        }

        free(seen.memory);
    }

    free(first.memory);

    return 0;
}
