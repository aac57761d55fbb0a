/*
 * memory: what the core does where memory runs out: it refuses, leaves
 * nothing behind, and has forgotten it when memory is back.  Whole evidence
 * is in evidence_memory.py.
 */

#include "fixtures/failing.h"
#include "agent/ioa_canon.h"
#include "crypto/ioa_ecdsa.h"
#include "nvidia/ioa_jwt.h"
#include "agent/ioa_sse.h"
#include "attest/ioattest.h"
#include "fixtures/memory.h"
#include "fixtures/policyfile.h"

#define BODY                                                                  \
    "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],"  \
    "\"stop\":[{\"1\":{\"2\":{\"3\":[]}}}],\"x\":1.50}"
#define HASH                                                                  \
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define STREAM                                                                \
    "data: a\n\ndata: b\n\nevent: signature\ndata: {\"text\": \"t:u\", "      \
    "\"signature\": \"0a\", \"signing_address\": \"0xb\", "                   \
    "\"signing_algo\": \"ecdsa\"}\n\ndata: [DONE]\n\n"
#define MODELS                                                                \
    "{\"data\":[{\"name\":\"a\",\"model_id\":\"b\","                          \
    "\"supports_attestation\":true},{\"name\":\"c\",\"model_id\":\"d\"}]}"

/* What a run makes of its input. */
typedef enum {
    REFUSED = 0,
    ACCEPTED,
    WRONG               /* accepted, and says another thing than it should */
} said_t;


/* The first result is the one that all others must be equal to. */
static said_t
as_before(uint8_t first32[32], const uint8_t digest32[32])
{
    size_t   i;
    uint8_t  any;

    for (any = 0, i = 0; i < 32; i++) {
        any |= first32[i];
    }

    if (any == 0) {
        memcpy(first32, digest32, 32);
    }

    return memcmp(first32, digest32, 32) == 0 ? ACCEPTED : WRONG;
}


static said_t
say_policy(void)
{
    said_t              said;
    char                error[IOA_POLICY_ERROR_MAX];
    uint8_t             digest32[32];
    ioa_policy_file_t  *policy;

    static uint8_t  first32[32];

    if (!ioa_policy_parse(&policy, error, UNIT_BYTES(FULL))) {
        return policy == NULL && error[0] != '\0' ? REFUSED : WRONG;
    }

    ioa_policy_digest(digest32, policy);
    said = as_before(first32, digest32);
    ioa_policy_free(policy);

    return said;
}


static said_t
say_roots(void)
{
    said_t        said;
    uint8_t       digest32[32];
    ioa_roots_t  *roots;

    static uint8_t  first32[32];

    if (ioa_roots_parse(&roots, root_pem.data, root_pem.len)
        != IOA_CHAIN_OK)
    {
        return roots == NULL ? REFUSED : WRONG;
    }

    ioa_roots_digest(digest32, roots);
    said = as_before(first32, digest32);
    ioa_roots_free(roots);

    return said;
}


/* Returns: what is said of the chain, with a cache and a CRL. */
static ioa_chain_rc_t
chain_rc(const certs_bytes_t *crl)
{
    ioa_crls_t         *crls;
    ioa_chain_t        *chain;
    ioa_roots_t        *roots;
    ioa_chain_rc_t      rc;
    ioa_chain_cache_t  *cache;

    crls = ioa_crls_new();
    cache = ioa_chain_cache_new(8);
    chain = ioa_chain_new(cache);
    rc = IOA_CHAIN_NO_MEMORY;

    if (ioa_roots_parse(&roots, root_pem.data, root_pem.len) == IOA_CHAIN_OK
        && crls != NULL && chain != NULL && cache != NULL
        && ioa_crls_add(crls, crl->data, crl->len) == IOA_CHAIN_OK
        && ioa_chain_add_pem(chain, chain_pem.data, chain_pem.len)
           == IOA_CHAIN_OK)
    {
        rc = ioa_chain_verify(chain, roots, crls, IOA_CHAIN_AMD, CERTS_NOW);
    }

    ioa_crls_free(crls);
    ioa_chain_free(chain);
    ioa_roots_free(roots);
    ioa_chain_cache_free(cache);

    return rc;
}


static said_t
say_chain(void)
{
    ioa_chain_rc_t  rc;

    rc = chain_rc(&empty_crl);

    return rc == IOA_CHAIN_OK ? ACCEPTED
           : rc == IOA_CHAIN_REVOKED ? WRONG : REFUSED;
}


/* A revoked one is never anything else but refused. */
static said_t
say_revoked(void)
{
    ioa_chain_rc_t  rc;

    rc = chain_rc(&full_crl);

    return rc == IOA_CHAIN_REVOKED ? ACCEPTED
           : rc == IOA_CHAIN_OK ? WRONG : REFUSED;
}


static said_t
say_ecdsa(void)
{
    return certs_ecdsa(point96, sizeof(point96), sig96, sizeof(sig96),
                       (const uint8_t *) jwt_text, jwt_signed)
           ? ACCEPTED : REFUSED;
}


/* One byte less was not signed. */
static said_t
say_unsigned(void)
{
    return certs_ecdsa(point96, sizeof(point96), sig96, sizeof(sig96),
                       (const uint8_t *) jwt_text, jwt_signed - 1)
           ? WRONG : ACCEPTED;
}


static said_t
say_jwks(void)
{
    said_t          said;
    ioa_jwks_t     *jwks;
    const uint8_t  *point;

    if (!ioa_jwks_parse(&jwks, (const uint8_t *) jwks_text,
                        strlen(jwks_text)))
    {
        return jwks == NULL ? REFUSED : WRONG;
    }

    point = ioa_jwks_find(jwks, UNIT_BYTES("k"));
    said = point != NULL && memcmp(point, point96, sizeof(point96)) == 0
           ? ACCEPTED : WRONG;
    ioa_jwks_free(jwks);

    return said;
}


static said_t
say_jwt(void)
{
    said_t        said;
    ioa_jwt_t     jwt;
    ioa_reader_t  text;

    ioa_reader_init(&text, (const uint8_t *) jwt_text, strlen(jwt_text));

    if (!ioa_jwt_parse(&jwt, text)) {
        return jwt.header == NULL && jwt.claims == NULL ? REFUSED : WRONG;
    }

    said = ioa_jwt_verify(&jwt, point96) ? ACCEPTED : REFUSED;
    ioa_jwt_cleanup(&jwt);

    return said;
}


static said_t
say_models(void)
{
    said_t         said;
    ioa_bytes_t    body = { UNIT_BYTES(MODELS) };
    ioa_models_t  *models;

    if (ioa_models_parse(&models, body) != IOA_OK) {
        return models == NULL ? REFUSED : WRONG;
    }

    said = ioa_models_count(models) == 2 ? ACCEPTED : WRONG;
    ioa_models_free(models);

    return said;
}


/* A member too many for the first piece of the list of members. */
static said_t
say_request(void)
{
    size_t                  i;
    said_t                  said = REFUSED;
    char                    text[2048];
    ioa_reqmodel_t         *rm;
    ioa_reqmodel_result_t   res;

    static uint8_t  first32[32];

    strcpy(text, BODY);

    for (i = 0; i < 40; i++) {
        snprintf(text + strlen(text) - 1, 32, ",\"a%zu\":{\"b\":%zu}}", i, i);
    }

    rm = ioa_reqmodel_new(65536);

    if (rm != NULL
        && ioa_reqmodel_update(rm, (const uint8_t *) text, strlen(text))
           == IOA_OK
        && ioa_reqmodel_final(&res, rm) == IOA_OK)
    {
        said = as_before(first32, res.digest32);
    }

    ioa_reqmodel_free(rm);

    return said;
}


static said_t
say_stream(void)
{
    uint8_t              digest32[32];
    ioa_sse_signature_t  sig;

    static uint8_t    first32[32];
    static ioa_sse_t  sse;

    ioa_sse_init(&sse);

    if (ioa_sse_update(&sse, UNIT_BYTES(STREAM)) != IOA_OK
        || ioa_sse_final(digest32, &sig, &sse) != IOA_OK)
    {
        return REFUSED;
    }

    return sig.text.len == 3 && sig.signing_algo.len == 5
           ? as_before(first32, digest32) : WRONG;
}


/* The line of a key that stands there twice, or that there is no JSON. */
static said_t
say_twice(void)
{
    char         key[IOA_JSON_KEY_MAX];
    size_t       line = 0;
    ioa_json_t  *root;

    if (ioa_json_parse_file(&root, &line, key,
                            UNIT_BYTES("{\"a\":[1],\n\"b\":2,\n\"a\":3}")))
    {
        return WRONG;
    }

    return root == NULL && line == 3 && strcmp(key, "a") == 0 ? ACCEPTED
           : root == NULL && key[0] == '\0' ? REFUSED : WRONG;
}


/* In: step, 0: every one of the core's own; else all, by so many. */
static void
run_out(const char *name, said_t (*say)(void), size_t step, int needed)
{
    int         more;
    long        held;
    char        text[80];
    size_t      i, n;
    said_t      said;
    unit_all_t  all = { 0, 0, "" };

    failing_core_only = step == 0;

    for (more = 1, i = 0; more; i += step != 0 ? step : 1) {
        for (n = 1; n != 0 && more; n = n == 1 ? FAILING_NEVER : 0) {
            held = failing_held;
            failing_from(i, n);
            said = say();
            more = failing_stop() != 0;

            unit_each(&all, more ? said == REFUSED
                                   || (!needed && said == ACCEPTED)
                                 : said == ACCEPTED,
                      "allocation %zu: %d", i, (int) said);
            unit_each(&all, held == failing_held, "allocation %zu: %ld kept",
                      i, failing_held - held);
        }
    }

    failing_core_only = 0;
    unit_each(&all, say() == ACCEPTED, "with memory");
    unit_each(&all, i > 1, "it asks for none");

    snprintf(text, sizeof(text), "%s, %s", name,
             step == 0 ? "the core's own" : "all");
    UNIT_ALL(&all, text);
}


static void
test_none(void)
{
    uint8_t              digest32[32];
    size_t               n;
    ioa_signature_t      sig;
    const uint8_t       *name;
    ioa_request_scan_t  *scan;

    static ioa_canon_t  canon;

    scan = malloc(ioa_request_scan_size());
    memset(&sig, 0, sizeof(sig));
    sig.text = (ioa_bytes_t) { UNIT_BYTES(HASH ":" HASH) };
    sig.signature = (ioa_bytes_t) { UNIT_BYTES(HASH HASH "1b") };
    sig.signing_address = (ioa_bytes_t) { UNIT_BYTES(
                              "0xf52373547CAa0EeCB0fcD34042D7518E79aA80cC") };
    sig.signing_algo = (ioa_bytes_t) { UNIT_BYTES("ecdsa") };

    failing_from(0, FAILING_NEVER);

    ioa_canon_init(&canon);
    UNIT_OK(ioa_canon_update(&canon, UNIT_BYTES(BODY)) == IOA_OK
            && ioa_canon_final(digest32, &canon) == IOA_OK,
            "canonical JSON takes no memory");

    ioa_request_scan_init(scan);
    UNIT_OK(ioa_request_scan_update(scan, UNIT_BYTES(BODY)) == IOA_OK
            && ioa_request_scan_final(&name, &n, scan) == IOA_OK && n == 1,
            "the search for the model takes no memory");

    UNIT_OK(ioa_signature_verify(digest32, &sig, IOA_TEXT_AGENT)
            == IOA_SIGNATURE_MISMATCH && failing_stop() == 0,
            "a signature takes no memory");
    free(scan);
}


int
main(void)
{
    size_t  i;

    static const struct {
        const char  *name;
        said_t     (*say)(void);
        size_t       step;      /* 0: no library is asked */
        int          needed;
    } list[] = {
        { "a policy file", say_policy, 1, 1 },
        { "roots", say_roots, 3, 1 },
        { "a chain, a CRL, a cache", say_chain, 13, 1 },
        { "a revoked chain", say_revoked, 13, 1 },
        { "ECDSA", say_ecdsa, 1, 0 },
        { "ECDSA of other data", say_unsigned, 1, 0 },
        { "a key set", say_jwks, 3, 1 },
        { "a token", say_jwt, 1, 1 },
        { "a models list", say_models, 1, 1 },
        { "a request", say_request, 0, 1 },
        { "an event stream", say_stream, 0, 1 },
        { "a key that stands twice", say_twice, 1, 1 }
    };

    failing_init();
    make_all();

    for (i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
        UNIT_OK(list[i].say() == ACCEPTED && list[i].say() == ACCEPTED,
                "%s", list[i].name);

        if (list[i].needed) {
            run_out(list[i].name, list[i].say, 0, 1);
        }

        if (list[i].step != 0) {
            run_out(list[i].name, list[i].say, list[i].step, 0);
        }
    }

    test_none();
    free_all();

    return UNIT_DONE();
}
