/*
 * response: the judgement of a response, each line of its second table, in
 * each order in which a signer can become known.  The first table is in
 * response_head.c.
 */

#include "fixtures/reply.h"

/* When, and how, the caller knows the signer. */
typedef enum { CONFIGURED = 0, ATTESTED, OTHER_IMAGE, LATE, NEVER } signer_t;

static unsigned  asked;
static uint64_t  memory[16384];

/* what leaves of a stream */
static char      left[4096];
static size_t    left_n;


static int
leave(void *ctx, const ioa_sse_piece_t *piece)
{
    (void) ctx;

    if (piece->len >= sizeof(left) - left_n) {
        return 0;
    }

    memcpy(left + left_n, piece->data, piece->len);
    left_n += piece->len;
    left[left_n] = '\0';

    return 1;
}


static ioa_step_e
answer(ioa_step_e step, signer_t signer)
{
    ioa_bytes_t  image = bytes(DIGEST), other = bytes("sha256:other");

    if (step != IOA_STEP_SIGNER) {
        return step;
    }

    asked++;

    switch (signer) {
    case CONFIGURED:
        return ioa_response_accept(&rp, NULL);
    case ATTESTED:
        return ioa_response_accept(&rp, &image);
    case OTHER_IMAGE:
        return ioa_response_accept(&rp, &other);
    case LATE:
        return ioa_response_wait(&rp);
    default: /* NEVER */
        return ioa_response_refuse(&rp, IOA_UNTRUSTED_ADDRESS);
    }
}


static ioa_step_e
feed(void)
{
    size_t        i, n = strlen(body);
    ioa_bytes_t   whole = bytes(body);
    ioa_status_t  st = IOA_OK;

    if (ioa_response_size(&rp) > sizeof(memory)) {
        abort();
    }

    ioa_response_memory(&rp, memory);

    if (rp.events) {
        left_n = 0;
        ioa_response_output(&rp, leave, NULL, 1);
    }

    for (i = 0; i < n && st == IOA_OK; i += 7) {
        st = ioa_response_update(&rp, (const uint8_t *) body + i,
                                 n - i < 7 ? n - i : 7);
    }

    return ioa_response_end(&rp, rules.form == IOA_TEXT_BODY ? &whole : NULL);
}


/* One response, as a caller takes it.  Returns: its reason; MAX: no verdict. */
static ioa_status_t
run(signer_t signer)
{
    ioa_step_e  step;

    asked = 0;
    step = answer(ioa_response_begin(&rp, &rules, &head), signer);

    if (step == IOA_STEP_BODY) {
        step = answer(feed(), signer);
    }

    if (step == IOA_STEP_WAIT) {
        step = ioa_response_accept(&rp, NULL);
    }

    if (step == IOA_STEP_VERIFIED) {
        return rp.reason == IOA_OK ? IOA_OK : IOA_STATUS_MAX;
    }

    return step == IOA_STEP_REFUSED && rp.reason != IOA_OK ? rp.reason
                                                           : IOA_STATUS_MAX;
}


/* The modes: each has its way through the table. */
static const struct {
    const char  *name;
    reply_t      reply;
} modes[] = {
    { "agent",  { .form = IOA_TEXT_AGENT, .signed_body = "{\"a\":1}" } },
    { "events", { .form = IOA_TEXT_AGENT, .events = 1, .signed_body = "a" } },
    { "raw",    { .form = IOA_TEXT_RAW, .signed_body = "{ raw" } },
    { "body",   { .form = IOA_TEXT_BODY, .signed_body = "a body" } }
};

#define MODES  (sizeof(modes) / sizeof(modes[0]))


static void
check(const reply_t *reply, const char *mode, const char *what,
    signer_t signer, ioa_status_t want)
{
    ioa_status_t  got;

    reply_make(reply);
    got = run(signer);

    if (!UNIT_OK(got == want, "%s, bind %d, signer %d: %s: %s", mode,
                 reply->bind, signer, what,
                 want == IOA_OK ? "verified" : ioa_status_name(want)))
    {
        printf("# got %s\n", ioa_status_name(got));
    }
}


/* Each mode and bind, with each kind of signer, and what is wrong in each. */
static void
test_modes(void)
{
    size_t       i, bind, signer;
    reply_t      r, bad;
    int          hashed, asks;
    const char  *m;

    for (i = 0; i < MODES; i++) {
        for (bind = IOA_BIND_OFF; bind <= IOA_BIND_BOTH; bind++) {
            m = modes[i].name;
            r = modes[i].reply;
            r.bind = (ioa_bind_e) bind;
            hashed = bind != IOA_BIND_OFF && r.form != IOA_TEXT_BODY;
            asks = r.form != IOA_TEXT_BODY;

            for (signer = CONFIGURED; signer <= NEVER; signer++) {
                bad = r;
                bad.image = signer == ATTESTED || signer == OTHER_IMAGE
                            ? DIGEST : NULL;
                check(&bad, m, "as it should be", (signer_t) signer,
                      signer == NEVER ? IOA_UNTRUSTED_ADDRESS
                      : signer == OTHER_IMAGE ? IOA_IMAGE_DIGEST_MISMATCH
                      : !asks && bind == IOA_BIND_BOTH
                      ? IOA_REQUEST_HASH_MISMATCH : IOA_OK);
                UNIT_OK(asked == 1, "the signer is asked for once");
            }

            for (signer = CONFIGURED; signer <= LATE; signer += LATE) {
                bad = r;
                bad.bad_signature = 1;
                check(&bad, m, "signature", (signer_t) signer,
                      IOA_SIGNATURE_MISMATCH);

                bad = r;
                bad.body = r.form == IOA_TEXT_AGENT && !r.events
                           ? "{\"a\": 2}" : "b";
                check(&bad, m, "body", (signer_t) signer,
                      hashed ? IOA_RESPONSE_HASH_MISMATCH
                      : !asks ? IOA_SIGNATURE_MISMATCH : IOA_OK);

                bad = r;
                bad.listed = DIGEST;
                check(&bad, m, "image", (signer_t) signer,
                      IOA_IMAGE_DIGEST_MISMATCH);
            }
        }
    }
}


/* What the request comes to, and that it is told where it does not count. */
static void
test_request(void)
{
    size_t   i;
    reply_t  r;

    for (i = 0; i < MODES - 1; i++) {
        r = modes[i].reply;
        r.bind = IOA_BIND_BOTH;
        check(&r, modes[i].name, "request", LATE, IOA_OK);
        UNIT_OK(rp.request == IOA_REQUEST_MATCH, "match");

        r.other_request = 1;
        check(&r, modes[i].name, "another request", CONFIGURED,
              IOA_REQUEST_HASH_MISMATCH);
        check(&r, modes[i].name, "another request", LATE,
              IOA_REQUEST_HASH_MISMATCH);
        UNIT_OK(rp.request == IOA_REQUEST_MISMATCH, "mismatch");

        r.bind = IOA_BIND_RESPONSE;
        check(&r, modes[i].name, "another request", CONFIGURED, IOA_OK);
        UNIT_OK(rp.request == IOA_REQUEST_MISMATCH, "mismatch is noted");

        r.bind = IOA_BIND_OFF;
        check(&r, modes[i].name, "another request", CONFIGURED, IOA_OK);
        UNIT_OK(rp.request == IOA_REQUEST_NOT_COMPARED, "not compared");

        r.bind = IOA_BIND_BOTH;
        r.other_request = 0;
        r.no_request = 1;
        check(&r, modes[i].name, "no request", CONFIGURED,
              IOA_REQUEST_HASH_MISMATCH);
        UNIT_OK(rp.request == IOA_REQUEST_UNKNOWN, "unknown");
    }

    r = modes[2].reply;
    r.bind = IOA_BIND_BOTH;
    r.signed_model = r.model = "m:n";
    check(&r, "raw", "model", CONFIGURED, IOA_OK);
    r.model = "m";
    check(&r, "raw", "another model", CONFIGURED, IOA_REQUEST_HASH_MISMATCH);
    r.model = NULL;
    check(&r, "raw", "no model was asked for", LATE,
          IOA_REQUEST_HASH_MISMATCH);
    r.signed_model = NULL;
    r.model = "m";
    check(&r, "raw", "none in the text", CONFIGURED, IOA_OK);

    r.body = "b";
    r.other_request = 1;
    r.bind = IOA_BIND_RESPONSE;
    check(&r, "raw", "body before request", CONFIGURED,
          IOA_RESPONSE_HASH_MISMATCH);
    UNIT_OK(rp.request == IOA_REQUEST_NOT_COMPARED, "not compared");
}


/* The body as text: what comes besides it. */
static void
test_text_body(void)
{
    reply_t  r = modes[3].reply;

    r.bind = IOA_BIND_RESPONSE;
    reply_make(&r);
    head.signature.text = bytes("a body");
    UNIT_OK(run(CONFIGURED) == IOA_OK, "the same text in a header");

    head.signature.text = bytes("a bodx");
    UNIT_OK(run(CONFIGURED) == IOA_RESPONSE_HASH_MISMATCH, "another text");

    UNIT_OK(ioa_response_begin(&rp, &rules, &head) == IOA_STEP_BODY, "body");
    ioa_response_memory(&rp, memory);
    UNIT_OK(ioa_response_end(&rp, NULL) == IOA_STEP_REFUSED
            && rp.reason == IOA_RESPONSE_HASH_MISMATCH, "no body is given");
}


/* The second table: what is not in it is refused, and stays so. */
static void
test_moves(void)
{
    int         event, good;
    unsigned    state;
    reply_t     r = modes[0].reply;
    unit_all_t  all = { 0 }, stays = { 0 }, late = { 0 };

    static const char *const  in[IOA_RESPONSE_STATES] = {
        [IOA_RESPONSE_ASK_HEAD] = "aw", [IOA_RESPONSE_ASK_ALONE] = "aw",
        [IOA_RESPONSE_BODY_LAST] = "e", [IOA_RESPONSE_BODY_KNOWN] = "e",
        [IOA_RESPONSE_BODY_UNKNOWN] = "e", [IOA_RESPONSE_ASK_END] = "aw",
        [IOA_RESPONSE_WAIT] = "a"
    };

    for (state = 0; state < IOA_RESPONSE_STATES; state++) {
        for (event = 0; event < 3; event++) {
            reply_make(&r);
            (void) !ioa_response_begin(&rp, &rules, &head);
            rp.state = (ioa_response_state_e) state;

            good = event == 0 ? ioa_response_accept(&rp, NULL)
                 : event == 1 ? ioa_response_wait(&rp)
                 : ioa_response_end(&rp, NULL);

            if (in[state] == NULL || strchr(in[state], "awe"[event]) == NULL)
            {
                unit_each(&all, good == IOA_STEP_REFUSED
                          && rp.state == IOA_RESPONSE_REFUSED
                          && rp.reason == IOA_NO_SIGNATURE,
                          "state %u, event %d", state, event);
            }

            (void) ioa_response_refuse(&rp, IOA_REPLAYED);
            good = (int) rp.reason;
            (void) ioa_response_refuse(&rp, IOA_ZONE_FULL);
            unit_each(&stays, rp.state == IOA_RESPONSE_REFUSED && good
                      && good == (int) rp.reason, "state %u", state);
        }

        (void) !ioa_response_begin(&rp, &rules, &head);
        rp.state = (ioa_response_state_e) state;
        good = ioa_response_update(&rp, (const uint8_t *) "x", 1) != IOA_OK
               && rp.state == IOA_RESPONSE_REFUSED;
        unit_each(&late, good == (in[state] == NULL || in[state][0] != 'e'),
                  "state %u", state);
    }

    UNIT_ALL(&all, "what is not in the table is refused");
    UNIT_ALL(&stays, "the first reason stays");
    UNIT_ALL(&late, "bytes come where a body is awaited alone");

    memset(&rp, 0, sizeof(rp));
    UNIT_OK(ioa_response_accept(&rp, NULL) == IOA_STEP_REFUSED,
            "one that was never begun");
}


/* The image in a stream's event is passed on where it was compared. */
static void
test_image_passed(void)
{
    int      listed, signer;
    reply_t  r = modes[1].reply;

    r.bind = IOA_BIND_RESPONSE;
    r.image = DIGEST;

    for (listed = 0; listed < 2; listed++) {
        for (signer = CONFIGURED; signer <= ATTESTED; signer++) {
            r.listed = listed ? DIGEST : NULL;
            reply_make(&r);
            UNIT_OK(run((signer_t) signer) == IOA_OK
                    && ioa_response_close(&rp, 1) == IOA_OK
                    && strstr(left, "signing_address") != NULL
                    && (strstr(left, "image_digest") != NULL)
                       == (listed || signer == ATTESTED),
                    "image digest, listed %d, signer %d", listed, signer);
        }
    }
}


/* A hash that nobody asked for is missing where it decides, and there alone. */
static void
test_unasked(void)
{
    reply_t  r = modes[0].reply;

    r.bind = IOA_BIND_RESPONSE;
    reply_make(&r);
    rules.request32 = NULL;
    UNIT_OK(run(CONFIGURED) == IOA_OK
            && rp.request == IOA_REQUEST_UNKNOWN, "a hash that is not known");

    rules.unasked = 1;
    UNIT_OK(run(CONFIGURED) == IOA_OK
            && rp.request == IOA_REQUEST_NOT_COMPARED, "one not asked for");

    rules.bind = IOA_BIND_BOTH;
    UNIT_OK(run(CONFIGURED) == IOA_REQUEST_HASH_MISMATCH
            && run(LATE) != IOA_OK, "which is asked for with both");

    r.bind = IOA_BIND_BOTH;
    reply_make(&r);
    rules.unasked = 1;
    UNIT_OK(run(CONFIGURED) == IOA_OK && rp.request == IOA_REQUEST_MATCH,
            "asked for by somebody else");
}


/* The end of a stream, and bodies that have none, or no memory. */
static void
test_ends(void)
{
    reply_t  r = modes[1].reply;

    r.bind = IOA_BIND_RESPONSE;
    reply_make(&r);
    UNIT_OK(run(CONFIGURED) == IOA_OK
            && ioa_response_close(&rp, 1) == IOA_OK, "closed");
    UNIT_OK(ioa_response_refuse(&rp, IOA_REPLAYED) == IOA_STEP_REFUSED
            && rp.reason == IOA_REPLAYED, "verified, and refused for replay");
    UNIT_OK(ioa_response_close(&rp, 1) != IOA_OK, "refused: not closed");

    UNIT_OK(run(NEVER) == IOA_UNTRUSTED_ADDRESS
            && ioa_response_close(&rp, 1) != IOA_OK, "not closed either");

    (void) !ioa_response_begin(&rp, &rules, &head);
    UNIT_OK(ioa_response_broken(&rp) == IOA_STREAM_TRUNCATED
            && rp.state == IOA_RESPONSE_REFUSED, "broken off, events");

    r = modes[0].reply;
    r.bind = IOA_BIND_RESPONSE;
    reply_make(&r);
    UNIT_OK(run(CONFIGURED) == IOA_OK
            && ioa_response_close(&rp, 1) != IOA_OK, "no stream to close");

    (void) !answer(ioa_response_begin(&rp, &rules, &head), CONFIGURED);
    UNIT_OK(ioa_response_broken(&rp) == IOA_RESPONSE_HASH_MISMATCH
            && rp.state == IOA_RESPONSE_REFUSED, "broken off");

    (void) !answer(ioa_response_begin(&rp, &rules, &head), CONFIGURED);
    UNIT_OK(ioa_response_end(&rp, NULL) == IOA_STEP_REFUSED
            && rp.reason == IOA_RESPONSE_HASH_MISMATCH, "no memory is given");
}


int
main(void)
{
    test_modes();
    test_request();
    test_text_body();
    test_moves();
    test_image_passed();
    test_unasked();
    test_ends();

    return UNIT_DONE();
}
