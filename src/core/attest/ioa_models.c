/*
 * ioa_models: see ioa_models.h.
 */

#include <stdlib.h>
#include <string.h>

#include "attest/ioa_attest_request.h"
#include "attest/ioa_models.h"
#include "agent/ioa_request.h"
#include "json/ioa_json.h"

struct ioa_models_s {
    ioa_json_t   *root;         /* names and ids borrow from it */
    size_t        count;
    ioa_model_t  *entries;      /* sorted by name */
};


/* A string of 1..max bytes without a control character. */
static int
ioa_models_text(ioa_bytes_t *out, const ioa_json_t *value, size_t max)
{
    size_t       i;
    ioa_bytes_t  text;

    if (!ioa_json_string(&text.data, &text.len, value)
        || text.len == 0 || text.len > max)
    {
        return 0;
    }

    for (i = 0; i < text.len; i++) {
        if (text.data[i] < 0x20 || text.data[i] == 0x7f) {
            return 0;
        }
    }

    *out = text;

    return 1;
}


/* Returns: 1, and entry; 0 where this one is left out. */
static int
ioa_models_entry(ioa_model_t *entry, const ioa_json_t *item)
{
    const ioa_json_t  *name;

    name = ioa_json_member(item, "name");

    if (name == NULL) {
        name = ioa_json_member(item, "id");
    }

    entry->attestable =
        ioa_json_is_true(ioa_json_member(item, "supports_attestation"));

    return ioa_models_text(&entry->name, name, IOA_MODEL_NAME_MAX)
           && ioa_models_text(&entry->id, ioa_json_member(item, "model_id"),
                              IOA_MODEL_ID_MAX);
}


static int
ioa_models_compare_bytes(const ioa_bytes_t *one, const ioa_bytes_t *two)
{
    int     rc;
    size_t  n;

    n = one->len < two->len ? one->len : two->len;
    rc = memcmp(one->data, two->data, n);

    if (rc != 0) {
        return rc;
    }

    return one->len < two->len ? -1 : one->len > two->len;
}


static int
ioa_models_compare(const void *one, const void *two)
{
    return ioa_models_compare_bytes(&((const ioa_model_t *) one)->name,
                                    &((const ioa_model_t *) two)->name);
}


/*
 * Of the entries from..to, which have one name, keeps the first where all
 * have one id, and none where they have not.  Where they differ in whether
 * the model is attestable, it is not.
 */
static void
ioa_models_merge(ioa_models_t *models, size_t from, size_t to)
{
    size_t       i;
    ioa_model_t  kept;

    kept = models->entries[from];

    for (i = from + 1; i < to; i++) {

        if (ioa_models_compare_bytes(&kept.id, &models->entries[i].id) != 0)
        {
            return;
        }

        kept.attestable &= models->entries[i].attestable;
    }

    models->entries[models->count++] = kept;
}


/* Sorts n entries and makes the names unique. */
static void
ioa_models_unique(ioa_models_t *models, size_t n)
{
    size_t  from, to;

    qsort(models->entries, n, sizeof(ioa_model_t), ioa_models_compare);

    for (from = 0; from < n; from = to) {

        for (to = from + 1; to < n; to++) {
            if (ioa_models_compare(&models->entries[from],
                                   &models->entries[to]) != 0)
            {
                break;
            }
        }

        ioa_models_merge(models, from, to);
    }
}


static ioa_status_t
ioa_models_fill(ioa_models_t *models)
{
    size_t             n, seen;
    const ioa_json_t  *data, *item;

    data = ioa_json_member(models->root, "data");

    if (!ioa_json_is_array(data)) {
        return IOA_ATTESTATION_MALFORMED;
    }

    n = 0;
    seen = 0;

    for (item = ioa_json_first(data); item; item = ioa_json_next(item)) {

        if (seen++ == IOA_MODELS_MAX) {
            return IOA_ATTESTATION_MALFORMED;
        }

        if (ioa_models_entry(&models->entries[n], item)) {
            n++;
        }
    }

    ioa_models_unique(models, n);

    return IOA_OK;
}


ioa_status_t
ioa_models_parse(ioa_models_t **models, ioa_bytes_t body)
{
    ioa_models_t  *m;

    *models = NULL;

    if (body.len > IOA_MODELS_SIZE_MAX) {
        return IOA_ATTESTATION_MALFORMED;
    }

    m = calloc(1, sizeof(ioa_models_t));

    if (m == NULL) {
        return IOA_ATTESTATION_MALFORMED;
    }

    m->entries = calloc(IOA_MODELS_MAX, sizeof(ioa_model_t));

    if (m->entries == NULL
        || !ioa_json_parse(&m->root, body.data, body.len)
        || ioa_models_fill(m) != IOA_OK)
    {
        ioa_models_free(m);
        return IOA_ATTESTATION_MALFORMED;
    }

    *models = m;

    return IOA_OK;
}


void
ioa_models_free(ioa_models_t *models)
{
    if (models == NULL) {
        return;
    }

    ioa_json_free(models->root);
    free(models->entries);
    free(models);
}


size_t
ioa_models_count(const ioa_models_t *models)
{
    return models->count;
}


ioa_model_t
ioa_models_get(const ioa_models_t *models, size_t i)
{
    return models->entries[i];
}
