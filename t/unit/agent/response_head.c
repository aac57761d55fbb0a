/*
 * response_head: the judgement of a response by its head, and the headers
 * that it is read from.
 */

#include "fixtures/reply.h"

static const reply_t  json = {
    .form = IOA_TEXT_AGENT, .signed_body = "{\"a\":1}"
};
static const reply_t  events = {
    .form = IOA_TEXT_AGENT, .events = 1, .signed_body = "a"
};


/* The first table: lines in their order, by what would come after each. */
static void
test_head(void)
{
    size_t   i;
    reply_t  r;

    static const struct {
        const char      *what;
        ioa_text_form_e  form;
        ioa_bind_e       bind;
        unsigned         status, leaves;
        int              unseen, folded, coded, events, absent, pass;
        ioa_step_e       step;
        ioa_status_t     reason;
    } lines[] = {
#define CANON  IOA_TEXT_AGENT, IOA_BIND_RESPONSE
#define ALONE  IOA_TEXT_AGENT, IOA_BIND_OFF
#define RAW    IOA_TEXT_RAW, IOA_BIND_RESPONSE
#define TEXT   IOA_TEXT_BODY, IOA_BIND_OFF
#define NO(reason)  IOA_STEP_REFUSED, IOA_ ## reason
#define GO(step)    IOA_STEP_ ## step, IOA_OK
{ "no status",     CANON, 0, 0,     0, 0, 0, 0, 0, 1, NO(NO_SIGNATURE) },
{ "100",           CANON, 100, 100, 0, 0, 0, 0, 0, 1, NO(NO_SIGNATURE) },
{ "101",           CANON, 101, 101, 0, 0, 0, 0, 0, 1, NO(NO_SIGNATURE) },
{ "103, events",   CANON, 103, 103, 0, 0, 0, 1, 1, 1, NO(NO_SIGNATURE) },
{ "199",           ALONE, 199, 199, 0, 0, 0, 0, 0, 1, NO(NO_SIGNATURE) },
{ "200",           CANON, 200, 200, 0, 0, 0, 0, 0, 1, GO(SIGNER) },
{ "200, alone",    ALONE, 200, 200, 0, 0, 0, 0, 0, 1, GO(SIGNER) },
{ "unseen",        CANON, 200, 200, 1, 0, 0, 0, 0, 1, NO(NO_SIGNATURE) },
{ "unseen error",  CANON, 500, 500, 1, 0, 0, 0, 1, 1, NO(NO_SIGNATURE) },
{ "unsigned",      CANON, 200, 200, 0, 0, 0, 0, 1, 1, NO(NO_SIGNATURE) },
{ "unsigned 399",  CANON, 399, 399, 0, 0, 0, 0, 1, 1, NO(NO_SIGNATURE) },
{ "unsigned 400",  CANON, 400, 400, 0, 0, 0, 0, 1, 1, GO(UNSIGNED) },
{ "unsigned 599",  RAW,   599, 599, 0, 0, 0, 0, 1, 1, GO(UNSIGNED) },
{ "unsigned 600",  CANON, 600, 600, 0, 0, 0, 0, 1, 1, NO(NO_SIGNATURE) },
{ "unsigned 500",  TEXT,  500, 500, 0, 1, 1, 1, 1, 1, GO(UNSIGNED) },
{ "none may pass", CANON, 500, 500, 0, 0, 0, 0, 1, 0, NO(NO_SIGNATURE) },
{ "leaves as 200", CANON, 500, 200, 0, 0, 0, 0, 1, 1, NO(NO_SIGNATURE) },
{ "leaves as 500", CANON, 200, 500, 0, 0, 0, 0, 1, 1, NO(NO_SIGNATURE) },
{ "signed error",  CANON, 500, 500, 0, 0, 0, 0, 0, 1, GO(SIGNER) },
{ "folded",        CANON, 200, 200, 0, 1, 1, 0, 0, 1, NO(MALFORMED_SIGNATURE) },
{ "folded events", CANON, 200, 200, 0, 1, 0, 1, 1, 1, NO(MALFORMED_SIGNATURE) },
{ "coded",         CANON, 200, 200, 0, 0, 1, 0, 1, 1, NO(ENCODED_BODY) },
{ "coded raw",     RAW,   200, 200, 0, 0, 1, 1, 0, 1, NO(ENCODED_BODY) },
{ "coded, alone",  ALONE, 200, 200, 0, 0, 1, 0, 0, 1, GO(SIGNER) },
{ "coded events",  ALONE, 200, 200, 0, 0, 1, 1, 1, 1, NO(ENCODED_BODY) },
{ "events",        CANON, 200, 200, 0, 0, 0, 1, 1, 1, GO(BODY) },
{ "events, alone", ALONE, 200, 200, 0, 0, 0, 1, 1, 1, GO(BODY) },
{ "503 of events", CANON, 503, 503, 0, 0, 0, 1, 1, 0, GO(BODY) },
{ "raw events",    RAW,   200, 200, 0, 0, 0, 1, 0, 1, GO(SIGNER) },
{ "raw events",    RAW,   200, 200, 0, 0, 0, 1, 1, 1, NO(NO_SIGNATURE) },
{ "text",          TEXT,  200, 200, 0, 0, 1, 1, 0, 1, GO(BODY) },
{ "unsigned text", TEXT,  200, 200, 0, 0, 0, 0, 1, 1, NO(NO_SIGNATURE) },
    };

    for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        r = json;
        r.form = lines[i].form;
        r.bind = lines[i].bind;
        reply_make(&r);
        head.status = lines[i].status;
        head.leaves = lines[i].leaves;
        head.unseen = lines[i].unseen;
        head.folded = lines[i].folded;
        head.coded = lines[i].coded;
        head.events = lines[i].events;
        rules.pass_errors = lines[i].pass;

        if (lines[i].absent) {
            memset(&head.signature, 0, sizeof(head.signature));
        }

        UNIT_OK(ioa_response_begin(&rp, &rules, &head) == lines[i].step
                && rp.reason == lines[i].reason, "head: %s", lines[i].what);
    }
}


/* What may flow: a stream whose status is 200, said and left. */
static void
test_flow(void)
{
    int      flow, said, left;
    reply_t  r;

    for (flow = 0; flow <= 1; flow++) {
        for (said = 200; said <= 201; said++) {
            for (left = 200; left <= 201; left++) {
                r = events;
                reply_make(&r);
                rules.flow = flow;
                head.status = (unsigned) said;
                head.leaves = (unsigned) left;
                UNIT_OK(ioa_response_begin(&rp, &rules, &head)
                        == IOA_STEP_BODY
                        && rp.flows == (flow && said == 200 && left == 200),
                        "flow %d, status %d, %d", flow, said, left);
            }
        }
    }

    r = json;
    reply_make(&r);
    rules.flow = 1;
    UNIT_OK(ioa_response_begin(&rp, &rules, &head) == IOA_STEP_SIGNER
            && !rp.flows && !rp.events, "what is no stream does not flow");
}


static void
test_headers(void)
{
    size_t           i;
    const char      *name;
    ioa_bytes_t     *slot;
    ioa_signature_t  sig;

    static const char *const  names[] = {
        "TEXT", "Signature", "signing_Address", "signing_algo",
        "IMAGE_DIGEST"
    };
    static const char *const  others[] = {
        "", "tex", "texts", "signature_", "signing-address", "x-text"
    };

    memset(&sig, 0, sizeof(sig));

    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        ioa_signature_header(&sig, bytes(others[i]), bytes("x"));
    }

    UNIT_OK(ioa_signature_absent(&sig) && sig.image_digest.data == NULL
            && !sig.duplicate, "other headers are passed over");

    for (i = 0; i < IOA_SIGNATURE_MEMBERS; i++) {
        memset(&sig, 0, sizeof(sig));
        slot = ioa_signature_member(&sig, &name, i);
        ioa_signature_header(&sig, bytes(names[i]), bytes("x"));
        UNIT_OK(ioa_bytes_equal(*slot, bytes("x")) && !sig.duplicate,
                "%s once", name);

        ioa_signature_header(&sig, bytes(name), bytes("y"));
        UNIT_OK(ioa_bytes_equal(*slot, bytes("x")) && sig.duplicate,
                "%s twice", name);
    }

    memset(&sig, 0, sizeof(sig));
    ioa_signature_header(&sig, bytes("text"), bytes(""));
    ioa_signature_header(&sig, bytes("text"), bytes("x"));
    UNIT_OK(sig.text.len == 0 && sig.duplicate, "an empty one, and another");
}


static void
test_media(void)
{
    size_t  i;

    static const struct {
        const char  *value;
        int          yes;
    } types[] = {
        { "text/event-stream", 1 }, { "Text/Event-Stream;charset=x", 1 },
        { "text/event-stream ", 1 }, { "text/event-stream\t;", 1 },
        { "text/event-streams", 0 }, { "text/event-strea", 0 }, { "", 0 },
        { "text/event-stream,text/plain", 0 }, { "application/json", 0 }
    }, codings[] = {
        { "gzip", 1 }, { "", 1 }, { "identity, gzip", 1 }, { "identity ", 1 },
        { "identity", 0 }, { "Identity", 0 }
    };

    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        UNIT_OK(ioa_head_events(bytes(types[i].value)) == types[i].yes,
                "type \"%s\"", types[i].value);
    }

    for (i = 0; i < sizeof(codings) / sizeof(codings[0]); i++) {
        UNIT_OK(ioa_head_coded(bytes("content-ENCODING"),
                               bytes(codings[i].value)) == codings[i].yes,
                "coding \"%s\"", codings[i].value);
    }

    UNIT_OK(!ioa_head_coded(bytes("content-encodings"), bytes("gzip")),
            "another header");
}


int
main(void)
{
    test_head();
    test_flow();
    test_headers();
    test_media();

    return UNIT_DONE();
}
