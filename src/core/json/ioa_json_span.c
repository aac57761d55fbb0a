/*
 * ioa_json_span: finds a value of the tree again in the text it was read
 * from, see ioa_json.h.
 *
 * A tree keeps its values in the order of the text: the value that has n
 * others before it in the tree is the one with n others before it in the
 * text.  The text was checked when it was read, so that nothing is left to
 * tell apart but where values begin and end.  No recursion: depth is bounded.
 */

#include "base/ioa_reader.h"
#include "json/ioa_json.h"
#include "json/ioa_run.h"

typedef enum {
    IOA_SPAN_NONE = 0,      /* a mark or white space */
    IOA_SPAN_VALUE,         /* a whole string, number or word */
    IOA_SPAN_OPEN,          /* the bracket that begins a value */
    IOA_SPAN_CLOSE
} ioa_span_token_t;


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


/* Behind the first quote: takes the rest of the string. */
static void
ioa_span_string(ioa_reader_t *r)
{
    uint8_t         c;
    const uint8_t  *run;

    do {
        (void) ioa_text_run(r, &run);

        if (!ioa_reader_u8(r, &c)) {
            return;
        }

        if (c == '\\' && !ioa_reader_skip(r, 1)) {
            return;
        }

    } while (c != '"');
}


/* 1 where c goes on with a number or a word. */
static int
ioa_span_is_word(uint8_t c)
{
    return c != ' ' && c != '\t' && c != '\r' && c != '\n' && c != ','
           && c != ']' && c != '}';
}


/* 1 where a colon comes next: the string that went by was a name. */
static int
ioa_span_is_name(ioa_reader_t r)
{
    uint8_t  c;

    do {
        if (!ioa_reader_u8(&r, &c)) {
            return 0;
        }

    } while (c == ' ' || c == '\t' || c == '\r' || c == '\n');

    return c == ':';
}


static ioa_span_token_t
ioa_span_next(ioa_reader_t *r)
{
    uint8_t  c;

    if (!ioa_reader_u8(r, &c)) {
        return IOA_SPAN_NONE;
    }

    switch (c) {
    case '{':
    case '[':
        return IOA_SPAN_OPEN;
    case '}':
    case ']':
        return IOA_SPAN_CLOSE;
    case ' ':
    case '\t':
    case '\r':
    case '\n':
    case ',':
    case ':':
        return IOA_SPAN_NONE;
    case '"':
        ioa_span_string(r);
        return ioa_span_is_name(*r) ? IOA_SPAN_NONE : IOA_SPAN_VALUE;
    }

    while (ioa_reader_peek(r, &c) && ioa_span_is_word(c)
           && ioa_reader_u8(r, &c)) { /* void */ }

    return IOA_SPAN_VALUE;
}


/* In: r, behind the bracket that begins the value.  Takes the value. */
static void
ioa_span_close(ioa_reader_t *r)
{
    size_t  depth;

    for (depth = 1; depth > 0 && ioa_reader_left(r) > 0; /* void */) {

        switch (ioa_span_next(r)) {
        case IOA_SPAN_OPEN:
            depth++;
            break;
        case IOA_SPAN_CLOSE:
            depth--;
            break;
        default:
            break;
        }
    }
}


int
ioa_json_span(const uint8_t **bytes, size_t *len, const ioa_json_t *root,
    const ioa_json_t *value, const uint8_t *text, size_t text_len)
{
    size_t            rank;
    ioa_reader_t      r, begin;
    ioa_span_token_t  token;

    if (!ioa_span_rank(&rank, root, value)) {
        return 0;
    }

    ioa_reader_init(&r, text, text_len);

    while (ioa_reader_left(&r) > 0) {
        begin = r;
        token = ioa_span_next(&r);

        if (token != IOA_SPAN_VALUE && token != IOA_SPAN_OPEN) {
            continue;
        }

        if (rank-- > 0) {
            continue;
        }

        if (token == IOA_SPAN_OPEN) {
            ioa_span_close(&r);
        }

        *len = ioa_reader_left(&begin) - ioa_reader_left(&r);

        return ioa_reader_take(&begin, bytes, *len);
    }

    return 0;
}


size_t
ioa_json_line(const ioa_json_t *root, const ioa_json_t *value,
    const uint8_t *text, size_t text_len)
{
    size_t          len, line;
    uint8_t         c;
    ioa_reader_t    r;
    const uint8_t  *bytes;

    if (!ioa_json_span(&bytes, &len, root, value, text, text_len)) {
        return 0;
    }

    ioa_reader_init(&r, text, text_len);

    for (line = 1; r.pos != bytes && ioa_reader_u8(&r, &c); /* void */) {
        line += c == '\n';
    }

    return line;
}
