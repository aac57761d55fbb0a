/*
 * fuzz_defaults: a file of default members, up to the first NUL, and behind
 * it a request that they are added to.  What comes out is canonical text as
 * well, no shorter, and lacks nothing of the file any more; a file that is
 * refused is told why in printable characters.
 */

#include "fuzz.h"
#include "fuzz_text.h"
#include "agent/ioa_defaults.h"
#include "agent/ioa_reqmodel.h"
#include "json/ioa_pyjson.h"

/* As ioa_reqmodel makes it.  Returns: whether it is a text of JSON. */
static int
canonical(fuzz_text_t *text, const uint8_t *data, size_t n)
{
    int                  ok;
    ioa_out_t            out;
    static ioa_pyjson_t  json;

    text->len = 0;
    text->cap = 64 + n * 8;
    text->data = malloc(text->cap);
    fuzz_assert(text->data != NULL);

    ioa_out_init(&out, fuzz_take, text);
    ioa_pyjson_init(&json, &out, IOA_REQMODEL_DEPTH_MAX, IOA_PYJSON_STRICT);
    ok = ioa_pyjson_update(&json, data, n);

    return ioa_pyjson_final(&json) && ok;
}


static void
add(const ioa_defaults_t *defaults, const ioa_defaults_t *none,
    const fuzz_text_t *text)
{
    size_t         len, again_len;
    fuzz_text_t    same;
    uint8_t       *out, *again, *exact;
    ioa_status_t   st;

    exact = fuzz_exact(text->data, text->len);
    st = ioa_defaults_add(&out, &len, defaults, exact, text->len);
    fuzz_assert(st == IOA_OK || (st == IOA_REQUEST_AMBIGUOUS && out == NULL));

    if (st == IOA_OK) {
        fuzz_assert(len >= text->len);
        fuzz_assert(canonical(&same, out, len));
        fuzz_assert(same.len == len && memcmp(same.data, out, len) == 0);
        free(same.data);

        fuzz_assert(ioa_defaults_add(&again, &again_len, defaults, out, len)
                    == IOA_OK);
        fuzz_assert(again_len == len && memcmp(again, out, len) == 0);
        free(again);

        fuzz_assert(ioa_defaults_add(&again, &again_len, none, exact,
                                     text->len)
                    == IOA_OK);
        fuzz_assert(again_len == text->len
                    && memcmp(again, exact, again_len) == 0);
        free(again);
    }

    free(out);
    free(exact);
}


/* Returns: what was read of a text of this length; NULL with why not. */
static ioa_defaults_t *
parse(const uint8_t *data, size_t n)
{
    char             error[IOA_DEFAULTS_ERROR_MAX];
    size_t           i;
    uint8_t         *text;
    ioa_defaults_t  *defaults;

    text = fuzz_exact(data, n);
    memset(error, '\n', sizeof(error));

    if (!ioa_defaults_parse(&defaults, error, text, n)) {
        fuzz_assert(defaults == NULL && error[0] != '\0');
        fuzz_assert(memchr(error, '\0', sizeof(error)) != NULL);
        fuzz_assert(strstr(error, "no memory") == NULL);

        for (i = 0; error[i] != '\0'; i++) {
            fuzz_assert(error[i] >= ' ' && error[i] <= '~');
        }
    }

    free(text);

    return defaults;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    size_t           len;
    fuzz_text_t      text;
    const uint8_t   *end;
    ioa_defaults_t  *defaults, *none;

    end = n != 0 ? memchr(data, '\0', n) : NULL;
    len = end != NULL ? (size_t) (end - data) : n;
    defaults = parse(data, len);

    if (defaults != NULL && end != NULL) {
        none = parse((const uint8_t *) "{}", 2);
        fuzz_assert(none != NULL);

        if (canonical(&text, end + 1, n - len - 1)) {
            add(defaults, none, &text);
        }

        free(text.data);
        ioa_defaults_free(none);
    }

    ioa_defaults_free(defaults);

    return 0;
}
