/*
 * fuzz_request: the model scanner.  The first byte decides how the rest is
 * cut into pieces; the result must be that of the whole.  A body that
 * ioa_json reads as an object is ambiguous only for its "model".
 */

#include "fuzz.h"
#include "json/ioa_json.h"
#include "agent/ioa_request.h"

typedef struct {
    ioa_status_t  status;
    size_t        name_len;
    uint8_t       name[IOA_MODEL_NAME_MAX];
} result_t;


static void
scan_pieces(result_t *result, const uint8_t *data, size_t n, size_t piece)
{
    size_t               at, k, name_len;
    uint8_t             *exact;
    ioa_status_t         st;
    const uint8_t       *name;
    ioa_request_scan_t  *scan;

    memset(result, 0, sizeof(*result));
    scan = malloc(ioa_request_scan_size());
    fuzz_assert(scan != NULL);
    ioa_request_scan_init(scan);
    st = IOA_OK;

    for (at = 0; at < n; at += k) {
        k = piece < n - at ? piece : n - at;
        exact = fuzz_exact(data + at, k);
        fuzz_assert(ioa_request_scan_update(scan, exact, k) == st
                    || st == IOA_OK);
        st = ioa_request_scan_update(scan, exact, 0);
        free(exact);
    }

    result->status = ioa_request_scan_final(&name, &name_len, scan);

    if (result->status == IOA_OK) {
        fuzz_assert(st == IOA_OK);
        fuzz_assert(name_len > 0 && name_len <= IOA_MODEL_NAME_MAX);
        memcpy(result->name, name, name_len);
        result->name_len = name_len;
    }

    free(scan);
}


/* Reads the same name from the tree. */
static void
compare_tree(const result_t *result, const uint8_t *data, size_t n)
{
    size_t          len;
    ioa_json_t     *root;
    const uint8_t  *text;

    if (!ioa_json_parse(&root, data, n)) {
        return;
    }

    if (!ioa_json_is_object(root)) {
        fuzz_assert(result->status == IOA_REQUEST_AMBIGUOUS);

    } else if (ioa_json_string(&text, &len, ioa_json_member(root, "model"))
               && len > 0 && len <= IOA_MODEL_NAME_MAX)
    {
        fuzz_assert(result->status == IOA_OK && result->name_len == len
                    && memcmp(result->name, text, len) == 0);

    } else {
        fuzz_assert(result->status == IOA_MODEL_UNKNOWN);
    }

    ioa_json_free(root);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    size_t     piece;
    uint8_t   *text;
    result_t   whole, pieces;

    if (n == 0) {
        return 0;
    }

    piece = (size_t) data[0] % 32 + 1;
    text = fuzz_exact(data + 1, n - 1);

    scan_pieces(&whole, text, n - 1, n);
    scan_pieces(&pieces, text, n - 1, piece);
    fuzz_assert(memcmp(&whole, &pieces, sizeof(whole)) == 0);
    compare_tree(&whole, text, n - 1);

    free(text);

    return 0;
}
