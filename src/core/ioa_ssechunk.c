/*
 * ioa_ssechunk: see ioa_ssechunk.h.
 *
 * The line's end stands behind the value and is no byte of JSON here, so it
 * ends every loop: no read needs another bound.
 */

#include <string.h>

#include "ioa_escape.h"
#include "ioa_ssechunk.h"

#define IOA_SSECHUNK_NAME_MAX  13       /* the longest that is looked for */

typedef struct {
    const uint8_t   *at;
    const uint8_t   *end;       /* behind the line's end */
    uint64_t         objects;   /* one bit a level: is it an object? */
    unsigned         depth;
    const uint8_t   *data;
    ioa_ssechunk_t  *kept;
} ioa_ssechunk_reader_t;


void
ioa_ssechunk_init(ioa_ssechunk_t *kept)
{
    kept->n = 0;
    kept->values_n = 0;
}


static const uint8_t *
ioa_ssechunk_space(const uint8_t *at)
{
    while (*at == ' ' || *at == '\t') {
        at++;
    }

    return at;
}


/* Bytes of a string that are no quote, no backslash and no control. */
static const uint8_t *
ioa_ssechunk_run(const uint8_t *at, const uint8_t *end)
{
#if defined(__SSE2__)

    const __m128i  space = _mm_set1_epi8(0x20);
    const __m128i  quote = _mm_set1_epi8('"');
    const __m128i  slash = _mm_set1_epi8('\\');

    while (end - at >= 16) {
        __m128i   x, other;
        unsigned  mask;

        x = _mm_loadu_si128((const __m128i *) at);
        other = _mm_or_si128(_mm_cmpeq_epi8(x, quote),
                             _mm_cmpeq_epi8(x, slash));
        mask = (unsigned) _mm_movemask_epi8(other);

        /* unsigned: at least 0x20 */
        other = _mm_cmpeq_epi8(_mm_max_epu8(x, space), x);
        mask |= (unsigned) _mm_movemask_epi8(other) ^ 0xffff;

        if (mask != 0) {
            return at + __builtin_ctz(mask);
        }

        at += 16;
    }

#endif

    while (*at >= 0x20 && *at != '"' && *at != '\\') {
        at++;
    }

    return at;
}


/* A string, from behind its first quote.  Returns: behind its last, NULL. */
static const uint8_t *
ioa_ssechunk_string(const uint8_t *at, const uint8_t *end)
{
    int       same;
    size_t    n;
    uint32_t  code;

    for ( ;; ) {
        at = ioa_ssechunk_run(at, end);

        if (*at == '"') {
            return at + 1;
        }

        if (*at != '\\') {
            return NULL;
        }

        n = ioa_unit_len(at, (size_t) (end - at));

        if (n == IOA_UNIT_BAD || n > (size_t) (end - at)
            || !ioa_unit_read(&code, &same, at, n))
        {
            return NULL;
        }

        at += n;
    }
}


static const uint8_t *
ioa_ssechunk_digits(const uint8_t *at)
{
    const uint8_t  *first = at;

    while (*at >= '0' && *at <= '9') {
        at++;
    }

    return at == first ? NULL : at;
}


/* Returns: behind the number, or NULL. */
static const uint8_t *
ioa_ssechunk_number(const uint8_t *at)
{
    at += (*at == '-');

    at = *at == '0' ? at + 1 : ioa_ssechunk_digits(at);

    if (at != NULL && *at == '.') {
        at = ioa_ssechunk_digits(at + 1);
    }

    if (at != NULL && (*at == 'e' || *at == 'E')) {
        at++;
        at += (*at == '+' || *at == '-');
        at = ioa_ssechunk_digits(at);
    }

    return at;
}


/* Returns: behind the word, or NULL where another one is there. */
static const uint8_t *
ioa_ssechunk_word(const uint8_t *at, const uint8_t *end, const char *word)
{
    size_t  n = strlen(word);

    return (size_t) (end - at) > n && memcmp(at, word, n) == 0 ? at + n : NULL;
}


/* A string, a number or a word.  Returns: behind it, or NULL. */
static const uint8_t *
ioa_ssechunk_scalar(const uint8_t *at, const uint8_t *end)
{
    switch (*at) {
    case '"':
        return ioa_ssechunk_string(at + 1, end);
    case 't':
        return ioa_ssechunk_word(at, end, "true");
    case 'f':
        return ioa_ssechunk_word(at, end, "false");
    case 'n':
        return ioa_ssechunk_word(at, end, "null");
    default:
        return ioa_ssechunk_number(at);
    }
}


/*
 * One character of a name, as a reader takes it that does not tell case: Go's
 * folds U+017F to s and U+212A to k as well.
 * Returns: its length in the name; *c, 0 for what is in no name of ours.
 */
static size_t
ioa_ssechunk_char(uint8_t *c, const uint8_t *at, size_t n)
{
    int       same;
    size_t    len;
    uint32_t  code;

    if (*at != '\\' && *at < 0x80) {
        code = *at;
        len = 1;

    } else {
        len = ioa_unit_len(at, n);

        if (len == IOA_UNIT_BAD || len > n
            || !ioa_unit_read(&code, &same, at, len))
        {
            *c = 0;
            return 1;
        }
    }

    if (code >= 'A' && code <= 'Z') {
        code += 'a' - 'A';
    }

    if (code == 0x17f) {
        code = 's';

    } else if (code == 0x212a) {
        code = 'k';
    }

    *c = code < 0x80 ? (uint8_t) code : 0;

    return len;
}


/* Whether a member's name, with any escapes, is one that a client acts on. */
static int
ioa_ssechunk_acts(const uint8_t *at, size_t n)
{
    size_t   len;
    uint8_t  name[IOA_SSECHUNK_NAME_MAX];

    /* how many begin: no character but an escaped one is taken for f or t */
    if (n < 10 || (at[0] != '\\' && (at[0] | 0x20) != 'f'
                   && (at[0] | 0x20) != 't'))
    {
        return 0;
    }

    for (len = 0; n != 0; len++) {
        size_t  m;

        if (len == sizeof(name)) {
            return 0;
        }

        m = ioa_ssechunk_char(&name[len], at, n);
        at += m;
        n -= m;
    }

    switch (len) {
    case 10:
        return memcmp(name, "tool_calls", len) == 0;
    case 13:
        return memcmp(name, "finish_reason", len) == 0
               || memcmp(name, "function_call", len) == 0;
    default:
        return 0;
    }
}


/* Returns: behind a value that says nothing, or NULL. */
static const uint8_t *
ioa_ssechunk_empty(const uint8_t *at, const uint8_t *end)
{
    switch (*at) {
    case 'n':
        return ioa_ssechunk_word(at, end, "null");
    case '"':
        return at[1] == '"' ? at + 2 : NULL;
    case '[':
        at = ioa_ssechunk_space(at + 1);
        return *at == ']' ? at + 1 : NULL;
    case '{':
        at = ioa_ssechunk_space(at + 1);
        return *at == '}' ? at + 1 : NULL;
    default:
        return NULL;
    }
}


/* A name and its colon, from its quote.  Returns: 1, 0; *acts: see above. */
static int
ioa_ssechunk_name(ioa_ssechunk_reader_t *s, int *acts)
{
    size_t          n;
    const uint8_t  *name, *at;

    if (*s->at != '"') {
        return 0;
    }

    name = s->at + 1;
    at = ioa_ssechunk_string(name, s->end);

    if (at == NULL) {
        return 0;
    }

    n = (size_t) (at - 1 - name);

    *acts = ioa_ssechunk_acts(name, n);

    at = ioa_ssechunk_space(at);

    if (*at != ':') {
        return 0;
    }

    s->at = ioa_ssechunk_space(at + 1);

    return 1;
}


/*
 * A value.  Returns: 1 and *open, whether a level was opened; 0 where it is
 * none.
 */
static int
ioa_ssechunk_value(ioa_ssechunk_reader_t *s, int *open)
{
    int  object = (*s->at == '{');

    *open = (object || *s->at == '[');

    if (*open) {
        if (s->depth == IOA_SSECHUNK_DEPTH_MAX) {
            return 0;
        }

        s->depth++;
        s->objects = s->objects << 1 | (unsigned) object;
        s->at = ioa_ssechunk_space(s->at + 1);

        return 1;
    }

    if (*s->at == '"' && s->kept->values_n < IOA_SSECHUNK_VALUES_MAX) {
        s->kept->values[s->kept->values_n++]
            = (uint16_t) (s->at + 1 - s->data);
    }

    s->at = ioa_ssechunk_scalar(s->at, s->end);

    if (s->at == NULL) {
        return 0;
    }

    s->at = ioa_ssechunk_space(s->at);

    return 1;
}


/*
 * What follows a value, or opens a level: levels are closed.  Returns: 1
 * where another element follows, or none is open; 0 for a fault.
 */
static int
ioa_ssechunk_close(ioa_ssechunk_reader_t *s, int open)
{
    uint8_t  close;

    while (s->depth != 0) {
        close = s->objects & 1 ? '}' : ']';

        if (*s->at != close) {
            if (open) {
                return 1;
            }

            if (*s->at != ',') {
                return 0;
            }

            s->at = ioa_ssechunk_space(s->at + 1);

            return 1;
        }

        open = 0;
        s->depth--;
        s->objects >>= 1;
        s->at = ioa_ssechunk_space(s->at + 1);
    }

    return 1;
}


static int
ioa_ssechunk_read(ioa_ssechunk_t *kept, const uint8_t *data, size_t n)
{
    int                    open, acts;
    ioa_ssechunk_reader_t  s = { ioa_ssechunk_space(data), data + n, 0, 0,
                                 data, kept };

    if (*s.at != '{') {
        return 0;
    }

    do {
        acts = 0;
        open = 0;

        if (s.depth != 0 && (s.objects & 1) && !ioa_ssechunk_name(&s, &acts)) {
            return 0;
        }

        if (acts) {
            s.at = ioa_ssechunk_empty(s.at, s.end);

            if (s.at == NULL) {
                return 0;
            }

            s.at = ioa_ssechunk_space(s.at);

        } else if (!ioa_ssechunk_value(&s, &open)) {
            return 0;
        }

        if (!ioa_ssechunk_close(&s, open)) {
            return 0;
        }

    } while (s.depth != 0);

    return s.at + 1 == s.end;
}


/* Returns: how many bytes a and b begin with alike, of n. */
static size_t
ioa_ssechunk_alike(const uint8_t *a, const uint8_t *b, size_t n)
{
    size_t  i = 0;

#if defined(__SSE2__)

    for ( ; n - i >= 16; i += 16) {
        unsigned  mask;

        mask = (unsigned) _mm_movemask_epi8(_mm_cmpeq_epi8(
                   _mm_loadu_si128((const __m128i *) (a + i)),
                   _mm_loadu_si128((const __m128i *) (b + i))));

        if (mask != 0xffff) {
            return i + (size_t) __builtin_ctz(mask ^ 0xffff);
        }
    }

#endif

    while (i < n && a[i] == b[i]) {
        i++;
    }

    return i;
}


/*
 * Whether this is what was kept, but for one string that is a value: then it
 * is read to its end as any string is, and all that follows must be the same.
 */
static int
ioa_ssechunk_again(const ioa_ssechunk_t *kept, const uint8_t *data, size_t n)
{
    size_t          i, at, rest;
    const uint8_t  *end, *was;

    at = ioa_ssechunk_alike(data, kept->data, n < kept->n ? n : kept->n);

    /* the last string that begins before it */

    for (i = kept->values_n; i != 0 && kept->values[i - 1] > at; i--) {
        /* void */
    }

    if (i == 0) {
        return 0;
    }

    at = kept->values[i - 1];
    was = ioa_ssechunk_string(kept->data + at, kept->data + kept->n);
    end = ioa_ssechunk_string(data + at, data + n);

    if (was == NULL || end == NULL) {
        return 0;
    }

    rest = (size_t) (kept->data + kept->n - was);

    return (size_t) (data + n - end) == rest && memcmp(was, end, rest) == 0;
}


int
ioa_ssechunk_plain(ioa_ssechunk_t *kept, const uint8_t *data, size_t n)
{
    if (ioa_ssechunk_again(kept, data, n)) {
        return 1;
    }

    ioa_ssechunk_init(kept);

    if (!ioa_ssechunk_read(kept, data, n)) {
        kept->values_n = 0;
        return 0;
    }

    if (n > IOA_SSECHUNK_KEPT_MAX) {
        kept->values_n = 0;
        return 1;
    }

    memcpy(kept->data, data, n);
    kept->n = n;

    return 1;
}
