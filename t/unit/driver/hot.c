/*
 * driver hot: the work that each response is, over and over, for a counter
 * of instructions (bench/instructions.py).
 *
 * usage: driver hot WHAT SIZE ROUNDS
 *
 *   response  a JSON response of SIZE bytes, signed, until it is verified
 *   tokens    the same, of many small tokens
 *   stream    an event stream of SIZE events, likewise
 *   model     the model's name in a request of SIZE bytes
 *   request   the same with the request's hash
 *   recover   one secp256k1_ecdsa_recover; SIZE means nothing
 *   sha256    SHA-256 of SIZE bytes
 *
 * Prints the bytes of one round.
 */

#include <secp256k1.h>
#include <secp256k1_recovery.h>

#include "feed.h"
#include "agent/ioa_canon.h"
#include "agent/ioa_reqmodel.h"
#include "agent/ioa_request.h"
#include "agent/ioa_response.h"
#include "base/ioa_codec.h"
#include "crypto/ioa_eip191.h"

#define HOT_PIECE     4096          /* nginx's buffers have a page */
#define HOT_ROOM      (64 * 1024 * 1024)
#define HOT_TEXT      129
#define HOT_SPARE     4096

typedef struct {
    secp256k1_context                      *context;
    secp256k1_ecdsa_recoverable_signature   parsed;
    uint8_t                                 digest32[32];
    uint8_t                                 text[HOT_TEXT];
    uint8_t                                 signature[130];
    uint8_t                                 address[IOA_ADDRESS_TEXT_LEN];
    uint8_t                                *body;
    size_t                                  len;
    size_t                                  shown;
    ioa_head_t                              head;
    ioa_response_rules_t                    rules;
    ioa_response_t                          response;
    void                                   *memory;
} hot_t;


static void
hot_must(int good, const char *what)
{
    if (!good) {
        fprintf(stderr, "driver hot: %s\n", what);
        exit(2);
    }
}


static void
hot_put(hot_t *h, const char *text)
{
    size_t  n = strlen(text);

    memcpy(h->body + h->len, text, n);
    h->len += n;
}


static ioa_bytes_t
hot_bytes(const void *data, size_t n)
{
    ioa_bytes_t  bytes = { data, n };

    return bytes;
}


/* Signs a response of that hash, with a key of no worth. */
static void
hot_sign(hot_t *h, const uint8_t response32[IOA_SHA256_LEN])
{
    int      recid;
    uint8_t  key32[32], sig65[65], address20[IOA_ADDRESS_LEN];

    memset(key32, 0x42, sizeof(key32));
    memset(h->text, 'a', sizeof(h->text));
    h->text[64] = ':';
    ioa_hex_encode(h->text + 65, response32, IOA_SHA256_LEN);

    ioa_eip191_digest(h->digest32, h->text, sizeof(h->text));

    hot_must(secp256k1_ecdsa_sign_recoverable(h->context, &h->parsed,
                                              h->digest32, key32, NULL, NULL)
             && secp256k1_ecdsa_recoverable_signature_serialize_compact(
                    h->context, sig65, &recid, &h->parsed), "cannot sign");

    sig65[64] = (uint8_t) (27 + recid);

    hot_must(ioa_eip191_recover(address20, sig65, h->digest32) == IOA_OK,
             "cannot recover");

    ioa_hex_encode(h->signature, sig65, sizeof(sig65));
    ioa_address_print(h->address, address20);
}


static void
hot_headers(hot_t *h)
{
    ioa_signature_t  *sig = &h->head.signature;

    sig->text = hot_bytes(h->text, sizeof(h->text));
    sig->signature = hot_bytes(h->signature, sizeof(h->signature));
    sig->signing_address = hot_bytes(h->address, sizeof(h->address));
    sig->signing_algo = hot_bytes("ecdsa", 5);
}


/* Text up to size bytes, then what ends it. */
static void
hot_fill(hot_t *h, size_t size, const char *unit, const char *end)
{
    char    line[256];
    size_t  n, i;

    for (i = 0; h->len + strlen(end) < size; i++) {
        n = (size_t) snprintf(line, sizeof(line), unit, i, i * 7919 % 1000);
        n = n < size - strlen(end) - h->len ? n
                                            : size - strlen(end) - h->len;
        memcpy(h->body + h->len, line, n);
        h->len += n;
    }

    hot_put(h, end);
}


static void
hot_json(hot_t *h, size_t size)
{
    hot_put(h, "{\"id\":\"chatcmpl-6f1d9c0b2a\",\"object\":\"chat.completion\""
               ",\"created\":1760000000,\"model\":\"meta-llama/Llama-3.3-70B-"
               "Instruct\",\"choices\":[{\"index\":0,\"finish_reason\":\"stop"
               "\",\"logprobs\":null,\"message\":{\"role\":\"assistant\","
               "\"tool_calls\":[],\"content\":\"");
    hot_fill(h, size, "The answer no. %zu is %zu, as the question had it. ",
             "\"}}],\"usage\":{\"prompt_tokens\":36,\"total_tokens\":48,"
             "\"completion_tokens\":12}}");
}


/* As with logprobs: a record a token, of which the last is cut to fit. */
static void
hot_tokens(hot_t *h, size_t size)
{
    char    unit[256];
    size_t  n, i;

    hot_put(h, "{\"id\":\"chatcmpl-6f1d9c0b2a\",\"content\":[");

    for (i = 0; h->len < size; i++) {
        n = (size_t) snprintf(unit, sizeof(unit),
                              "{\"token\":\" word\",\"logprob\":-0.%zu1377520"
                              "368%03zu7,\"bytes\":[32,119,111],"
                              "\"top_logprobs\":[]},", 1 + i % 9,
                              i * 7919 % 1000);
        memcpy(h->body + h->len, unit, n);
        h->len += n;
    }

    hot_put(h, "null]}");
}


static void
hot_events(hot_t *h, size_t events)
{
    char    unit[512];
    size_t  n, i;

    for (i = 0; i < events; i++) {
        n = (size_t) snprintf(unit, sizeof(unit),
                 "data: {\"id\":\"chatcmpl-6f1d9c0b2a\",\"object\":\"chat."
                 "completion.chunk\",\"created\":1760000000,\"model\":\"meta-"
                 "llama/Llama-3.3-70B-Instruct\",\"choices\":[{\"index\":0,"
                 "\"delta\":{\"content\":\" word%zu\"},\"logprobs\":null,"
                 "\"finish_reason\":null}]}\n\n", i * 7919 % 1000);
        memcpy(h->body + h->len, unit, n);
        h->len += n;
    }
}


static void
hot_signed_json(hot_t *h)
{
    uint8_t             digest32[IOA_SHA256_LEN];
    static ioa_canon_t  canon;

    ioa_canon_init(&canon);

    hot_must(ioa_canon_update(&canon, h->body, h->len) == IOA_OK
             && ioa_canon_final(digest32, &canon) == IOA_OK, "bad JSON");

    hot_sign(h, digest32);
    hot_headers(h);
}


static void
hot_end_stream(hot_t *h)
{
    h->len += (size_t) sprintf((char *) h->body + h->len,
                  "event: signature\ndata: {\"text\": \"%.129s\", "
                  "\"signature\": \"%.130s\", \"signing_address\": \"%.42s\", "
                  "\"signing_algo\": \"ecdsa\"}\n\ndata: [DONE]\n\n",
                  (char *) h->text, (char *) h->signature,
                  (char *) h->address);
}


static void
hot_signed_stream(hot_t *h)
{
    size_t               n = h->len;
    uint8_t              digest32[IOA_SHA256_LEN];
    static ioa_sse_t     sse;
    ioa_sse_signature_t  sig;

    memset(digest32, 0, sizeof(digest32));
    hot_sign(h, digest32);
    hot_end_stream(h);

    ioa_sse_init(&sse);

    hot_must(ioa_sse_update(&sse, h->body, h->len) == IOA_OK
             && ioa_sse_final(digest32, &sig, &sse) == IOA_OK, "bad stream");

    h->len = n;
    hot_sign(h, digest32);
    hot_end_stream(h);
    h->head.events = 1;
}


static int
hot_sink(void *ctx, const ioa_sse_piece_t *piece)
{
    hot_t  *h = ctx;

    h->shown += piece->len;

    return 1;
}


/* As a server does it that holds or passes on what comes. */
static void
hot_response(hot_t *h)
{
    size_t           n, i;
    ioa_step_e       step;
    ioa_bytes_t      image = hot_bytes(NULL, 0);
    ioa_response_t  *rp = &h->response;

    step = ioa_response_begin(rp, &h->rules, &h->head);

    if (step == IOA_STEP_SIGNER) {
        step = ioa_response_accept(rp, &image);
    }

    hot_must(step == IOA_STEP_BODY, "no body is awaited");
    ioa_response_memory(rp, h->memory);

    if (h->head.events) {
        ioa_response_output(rp, hot_sink, h, 0);
    }

    for (i = 0; i < h->len; i += n) {
        n = h->len - i < HOT_PIECE ? h->len - i : HOT_PIECE;
        hot_must(ioa_response_update(rp, h->body + i, n) == IOA_OK,
                 "not taken");
    }

    step = ioa_response_end(rp, NULL);

    if (step == IOA_STEP_SIGNER) {
        step = ioa_response_accept(rp, &image);
    }

    hot_must(step == IOA_STEP_VERIFIED, "not verified");

    if (h->head.events) {
        hot_must(ioa_response_close(rp, 1) == IOA_OK, "not closed");
    }
}


static void
hot_ask(hot_t *h, size_t size)
{
    hot_put(h, "{\"model\":\"meta-llama/Llama-3.3-70B-Instruct\","
               "\"messages\":[{\"role\":\"user\",\"content\":\"");
    hot_fill(h, size, "The question no. %zu is %zu, as the client has it. ",
             "\"}],\"max_tokens\":256}");
}


static void
hot_model(hot_t *h)
{
    size_t          n;
    const uint8_t  *name;

    ioa_request_scan_init(h->memory);

    hot_must(ioa_request_scan_update(h->memory, h->body, h->len) == IOA_OK
             && ioa_request_scan_final(&name, &n, h->memory) == IOA_OK,
             "no model");
}


static void
hot_request(hot_t *h)
{
    ioa_reqmodel_t         *rm = ioa_reqmodel_new(HOT_ROOM);
    ioa_reqmodel_result_t   res;

    hot_must(rm != NULL && ioa_reqmodel_update(rm, h->body, h->len) == IOA_OK
             && ioa_reqmodel_final(&res, rm) == IOA_OK, "no hash");

    ioa_reqmodel_free(rm);
}


static void
hot_recover(hot_t *h)
{
    secp256k1_pubkey  key;

    hot_must(secp256k1_ecdsa_recover(secp256k1_context_static, &key,
                                     &h->parsed, h->digest32), "no key");
}


static void
hot_sha256(hot_t *h)
{
    ioa_sha256(h->digest32, h->body, h->len);
}


static const struct {
    const char  *name;
    void       (*fill)(hot_t *h, size_t size);
    void       (*sign)(hot_t *h);
    void       (*run)(hot_t *h);
} hot_works[] = {
    { "response", hot_json, hot_signed_json, hot_response },
    { "tokens", hot_tokens, hot_signed_json, hot_response },
    { "stream", hot_events, hot_signed_stream, hot_response },
    { "model", hot_ask, NULL, hot_model },
    { "request", hot_ask, NULL, hot_request },
    { "recover", hot_json, hot_signed_json, hot_recover },
    { "sha256", hot_json, NULL, hot_sha256 },
};


static void
hot_begin(hot_t *h, size_t size, size_t i)
{
    memset(h, 0, sizeof(hot_t));

    h->context = secp256k1_context_create(SECP256K1_CONTEXT_SIGN);
    h->body = feed_alloc(512 * size + HOT_SPARE);
    h->memory = feed_alloc(ioa_body_size(IOA_BODY_STREAM)
                           + ioa_request_scan_size());
    h->head.status = 200;
    h->head.leaves = 200;
    h->rules.form = IOA_TEXT_AGENT;
    h->rules.bind = IOA_BIND_RESPONSE;
    h->rules.flow = 1;

    hot_works[i].fill(h, size);

    if (hot_works[i].sign != NULL) {
        hot_works[i].sign(h);
    }
}


/* A function of its own, for whoever counts what is called from here. */
static __attribute__((noinline)) void
hot_round(hot_t *h, size_t i)
{
    hot_works[i].run(h);
}


int
feed_hot(int argc, char **argv)
{
    long    k, rounds;
    hot_t   h;
    size_t  i, size;

    if (argc != 4) {
        return 2;
    }

    size = strtoul(argv[2], NULL, 10);
    rounds = strtol(argv[3], NULL, 10);

    for (i = 0; i < sizeof(hot_works) / sizeof(hot_works[0]); i++) {
        if (strcmp(argv[1], hot_works[i].name) != 0) {
            continue;
        }

        hot_begin(&h, size, i);

        for (k = 0; k < rounds; k++) {
            hot_round(&h, i);
        }

        printf("%zu\n", h.len);
        secp256k1_context_destroy(h.context);
        free(h.memory);
        free(h.body);

        return 0;
    }

    return 2;
}
