/*
 * fuzz_models: a models list.  Names are unique, within bounds and without
 * control characters.
 */

#include "fuzz.h"
#include "attest/ioattest.h"


static void
check_text(ioa_bytes_t text, size_t max)
{
    size_t  i;

    fuzz_assert(text.len > 0 && text.len <= max);

    for (i = 0; i < text.len; i++) {
        fuzz_assert(text.data[i] >= 0x20 && text.data[i] != 0x7f);
    }
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

        fuzz_assert(i == 0 || last.name.len != model.name.len
                    || memcmp(last.name.data, model.name.data,
                              model.name.len) != 0);
        last = model;
    }

    ioa_models_free(models);

    return 0;
}
