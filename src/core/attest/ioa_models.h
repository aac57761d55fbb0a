/*
 * ioa_models: the list of models that the API offers.
 */

#ifndef IOA_MODELS_H
#define IOA_MODELS_H

#include <stddef.h>

#include "base/ioa_bytes.h"
#include "base/ioa_status.h"

#define IOA_MODELS_SIZE_MAX     (1024 * 1024)
#define IOA_MODELS_MAX          4096

/* One entry of the models list; name and id borrow, not terminated. */
typedef struct {
    ioa_bytes_t  name;
    ioa_bytes_t  id;
    int          attestable;    /* "supports_attestation" is true */
} ioa_model_t;

typedef struct ioa_models_s ioa_models_t;

/*
 * Reads a models list (GET /v1/models): {"data":[{"name","model_id",
 * "supports_attestation"}, ...]}.  An entry without "name" goes by "id".
 * Entries whose name or model_id is missing, no string, empty, too long or
 * holds a control character are left out, as are all entries of a name that
 * stands there twice with different ids; such models are then unknown.
 *
 * Returns: IOA_OK, or IOA_ATTESTATION_MALFORMED where the body is not such a
 * list, is larger than IOA_MODELS_SIZE_MAX or has more than IOA_MODELS_MAX
 * entries.
 * Out: *models, to be given to ioa_models_free; NULL unless IOA_OK.
 */
ioa_status_t ioa_models_parse(ioa_models_t **models, ioa_bytes_t body)
    IOA_MUST_CHECK;
void ioa_models_free(ioa_models_t *models);

size_t ioa_models_count(const ioa_models_t *models);

/* The i-th entry, i < count; borrows from models. */
ioa_model_t ioa_models_get(const ioa_models_t *models, size_t i);

#endif
