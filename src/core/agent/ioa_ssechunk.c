/*
 * ioa_ssechunk: see ioa_ssechunk.h.
 *
 * The line's end stands behind the value and is no byte of JSON here, so it
 * ends every loop: no read needs another bound.
 */

#include <string.h>

#include "agent/ioa_ssechunk.h"
#include "agent/ioa_ssename.h"
#include "json/ioa_escape.h"

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
    kept->last = 0;
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

#else

    (void) end;

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


/* Returns: behind null, "", [] or {}; NULL at another value. */
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

    *acts = ioa_ssename_acts(name, n);

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
    int             object = (*s->at == '{');
    uint16_t       *value;
    const uint8_t  *at;

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

    at = s->at;
    s->at = ioa_ssechunk_scalar(at, s->end);

    if (s->at == NULL) {
        return 0;
    }

    if (*at == '"' && s->kept->values_n < IOA_SSECHUNK_VALUES_MAX) {
        value = s->kept->values[s->kept->values_n++];
        value[0] = (uint16_t) (at + 1 - s->data);
        value[1] = (uint16_t) (s->at - s->data);
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
 * Whether this is what was kept, but for the string that is this value: then
 * it is read to its end as any string is, and all that follows must be the
 * same.  The caller has compared what precedes it.
 */
static int
ioa_ssechunk_but(const ioa_ssechunk_t *kept, size_t i, const uint8_t *data,
    size_t n)
{
    size_t          was = kept->values[i][1];
    const uint8_t  *end;

    end = ioa_ssechunk_string(data + kept->values[i][0], data + n);

    return end != NULL && (size_t) (data + n - end) == kept->n - was
           && memcmp(kept->data + was, end, kept->n - was) == 0;
}


static int
ioa_ssechunk_again(ioa_ssechunk_t *kept, const uint8_t *data, size_t n)
{
    size_t  i = kept->last, at;

    if (kept->values_n == 0) {
        return 0;
    }

    /* the string that differs is mostly the one that differed before */

    at = kept->values[i][0];

    if (n > at && memcmp(data, kept->data, at) == 0
        && ioa_ssechunk_but(kept, i, data, n))
    {
        return 1;
    }

    at = ioa_ssechunk_alike(data, kept->data, n < kept->n ? n : kept->n);

    /* the last string that begins before the first difference */

    for (i = kept->values_n; i != 0 && kept->values[i - 1][0] > at; i--) {
        /* void */
    }

    if (i == 0 || !ioa_ssechunk_but(kept, i - 1, data, n)) {
        return 0;
    }

    kept->last = i - 1;

    return 1;
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
