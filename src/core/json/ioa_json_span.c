/*
 * ioa_json_span: finds a value of the tree again in the text it was read
 * from, see ioa_json.h.
 *
 * A tree keeps its values in the order of the text: the value that has n
 * others before it in the tree is the one with n others before it in the
 * text.  The text was checked when it was read, so that nothing is left to
 * tell apart but where values begin and end.  No recursion: depth is bounded.
 */

#include "json/ioa_json.h"
#include "json/ioa_lexer.h"

/* Out: *n, the values that stand before value.  Returns: 0 if it does not. */
static int
ioa_span_rank(size_t *n, const ioa_json_t *root, const ioa_json_t *value)
{
    size_t             depth;
    const ioa_json_t  *at, *path[IOA_JSON_DEPTH_MAX];

    depth = 0;

    for (at = root, *n = 0; at != value; (*n)++) {

        if (ioa_json_first(at) != NULL) {

            if (depth == IOA_JSON_DEPTH_MAX) {
                return 0;
            }

            path[depth++] = at;
            at = ioa_json_first(at);
            continue;
        }

        while (depth > 0 && ioa_json_next(at) == NULL) {
            at = path[--depth];
        }

        if (depth == 0) {
            return 0;
        }

        at = ioa_json_next(at);
    }

    return 1;
}


int
ioa_json_span(const uint8_t **bytes, size_t *len, const ioa_json_t *root,
    const ioa_json_t *value, const uint8_t *text, size_t text_len)
{
    size_t          rank, depth;
    ioa_lexer_t     lx;
    ioa_token_t     token;
    const uint8_t  *from;

    static const ioa_lexer_rules_t  rules = {
        .wants = IOA_LEXER_OPEN | IOA_LEXER_VALUE,
        .depth_max = IOA_JSON_DEPTH_MAX,
        .values_max = SIZE_MAX,
        .show_depth = SIZE_MAX
    };

    if (!ioa_span_rank(&rank, root, value)) {
        return 0;
    }

    ioa_lexer_init(&lx, &rules, NULL);
    ioa_lexer_feed(&lx, text, text_len);

    do {
        token = ioa_lexer_next(&lx);

        if (token <= IOA_TOKEN_BAD) {
            return 0;
        }

    } while (token == IOA_TOKEN_CLOSE || rank-- > 0);

    from = lx.from;
    depth = token == IOA_TOKEN_OPEN ? lx.depth : lx.depth + 1;

    while (lx.depth >= depth) {
        if (ioa_lexer_next(&lx) <= IOA_TOKEN_BAD) {
            return 0;
        }
    }

    *bytes = from;
    *len = (size_t) (lx.p - from);

    return 1;
}
