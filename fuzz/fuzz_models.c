/*
 * fuzz_models: a models list.  Names are unique, within bounds and without
 * control characters; what is asked about a model, or about any text that
 * stands for one, is JSON with that very id.
 */

#include "fuzz.h"
#include "attest/ioa_attest_request.h"
#include "attest/ioattest.h"
#include "json/ioa_json.h"

/* an id's bytes have six characters at most, the rest some hundred */
#define REQUEST_MAX  (6 * IOA_MODEL_ID_MAX + 128)


static void
check_text(ioa_bytes_t text, size_t max)
{
    size_t  i;

    fuzz_assert(text.len > 0 && text.len <= max);

    for (i = 0; i < text.len; i++) {
        fuzz_assert(text.data[i] >= 0x20 && text.data[i] != 0x7f);
    }
}


/* Returns: 1 where the id can be asked about. */
static int
ask(ioa_bytes_t id)
{
    size_t          n, len;
    uint8_t         out[REQUEST_MAX];
    ioa_json_t     *root = NULL;
    const uint8_t  *text;

    static const uint8_t  nonce32[IOA_NONCE_LEN];

    n = ioa_attest_request(out, sizeof(out), id, nonce32);

    if (n == 0) {
        return 0;
    }

    /* our own reader takes no NUL, which no name from a list has */

    if (memchr(id.data, '\0', id.len) != NULL) {
        return 1;
    }

    fuzz_assert(id.len <= IOA_MODEL_ID_MAX && ioa_json_parse(&root, out, n));
    fuzz_assert(ioa_json_string(&text, &len,
                                ioa_json_member(root, "model_id"))
                && len == id.len && memcmp(text, id.data, len) == 0);
    ioa_json_free(root);

    fuzz_assert(ioa_attest_request(out, n - 1, id, nonce32) == 0);

    return 1;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    size_t         i, count;
    uint8_t       *text;
    ioa_bytes_t    body;
    ioa_model_t    model, last = { 0 };
    ioa_models_t  *models;

    text = fuzz_exact(data, n);
    body.data = text;
    body.len = n;

    (void) ask(body);

    if (ioa_models_parse(&models, body) != IOA_OK) {
        fuzz_assert(models == NULL);
        free(text);
        return 0;
    }

    /* nothing may borrow from the body */

    free(text);
    count = ioa_models_count(models);
    fuzz_assert(count <= IOA_MODELS_MAX);

    for (i = 0; i < count; i++) {
        model = ioa_models_get(models, i);
        check_text(model.name, IOA_MODEL_NAME_MAX);
        check_text(model.id, IOA_MODEL_ID_MAX);
        fuzz_assert(ask(model.id));

        fuzz_assert(i == 0 || last.name.len != model.name.len
                    || memcmp(last.name.data, model.name.data,
                              model.name.len) != 0);
        last = model;
    }

    ioa_models_free(models);

    return 0;
}
