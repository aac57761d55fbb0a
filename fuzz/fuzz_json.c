/*
 * fuzz_json: ioa_json_parse.  The tree of any accepted text can be walked,
 * and no prefix that cuts off more than white space or digits is accepted.
 */

#include "fuzz.h"
#include "json/ioa_json.h"


static void
walk(const ioa_json_t *value, int depth)
{
    size_t             n;
    const uint8_t     *text;
    const ioa_json_t  *item;

    fuzz_assert(depth <= IOA_JSON_DEPTH_MAX);

    if (ioa_json_string(&text, &n, value)) {
        fuzz_assert(memchr(text, 0, n) == NULL);
    }

    for (item = ioa_json_first(value); item; item = ioa_json_next(item)) {
        walk(item, depth + 1);
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    uint8_t     *text;
    ioa_json_t  *root, *part;

    text = fuzz_exact(data, n);

    if (ioa_json_parse(&root, text, n)) {
        walk(root, 0);

        if (ioa_json_is_object(root) || ioa_json_is_array(root)) {
            while (n > 0 && text[n - 1] <= ' ') {
                n--;
            }

            fuzz_assert(!ioa_json_parse(&part, text, n - 1));
        }

        ioa_json_free(root);
    }

    free(text);

    return 0;
}
