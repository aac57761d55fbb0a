/*
 * headers: see headers.h.
 */

#include <string.h>
#include <strings.h>

#include "attest/ioattest.h"
#include "headers.h"

#define IOATTEST_STATUS_DIGITS  3

typedef enum {
    IOATTEST_BETWEEN = 0,   /* between blocks */
    IOATTEST_BLOCK,
    IOATTEST_TRAILERS
} ioattest_headers_state_e;

static int
ioattest_bytes_are(ioa_bytes_t bytes, const char *word)
{
    size_t  len = strlen(word);

    return bytes.len == len
           && strncasecmp((const char *) bytes.data, word, len) == 0;
}


/* Takes a line, without its line end.  Returns: 0 at the end of the file. */
static int
ioattest_headers_line(ioa_bytes_t *line, ioa_reader_t *r)
{
    uint8_t  c;

    line->data = r->pos;
    line->len = 0;

    if (!ioa_reader_u8(r, &c)) {
        return 0;
    }

    while (c != '\n') {
        line->len++;

        if (!ioa_reader_u8(r, &c)) {
            return 1;
        }
    }

    if (line->len != 0 && line->data[line->len - 1] == '\r') {
        line->len--;
    }

    return 1;
}


static int
ioattest_headers_printable(ioa_bytes_t line)
{
    uint8_t       c;
    ioa_reader_t  r;

    ioa_reader_init(&r, line.data, line.len);

    while (ioa_reader_u8(&r, &c)) {
        if ((c < 0x20 && c != '\t') || c == 0x7f) {
            return 0;
        }
    }

    return 1;
}


/* RFC 9110, section 5.6.2, tchar. */
static int
ioattest_head_token(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z')
           || (c >= 'a' && c <= 'z')
           || (c != 0 && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}


/* HTTP/1.1 200 OK, HTTP/2 200 */
static int
ioattest_headers_status(unsigned *status, ioa_bytes_t line)
{
    int           i;
    uint8_t       c;
    unsigned      value;
    ioa_reader_t  r;

    ioa_reader_init(&r, line.data, line.len);

    if (!ioa_reader_match(&r, "HTTP/", 5)) {
        return 0;
    }

    do {
        if (!ioa_reader_u8(&r, &c)) {
            return 0;
        }
    } while ((c >= '0' && c <= '9') || c == '.');

    if (c != ' ') {
        return 0;
    }

    for (value = 0, i = 0; i < IOATTEST_STATUS_DIGITS; i++) {

        if (!ioa_reader_u8(&r, &c) || c < '0' || c > '9') {
            return 0;
        }

        value = value * 10 + (c - '0');
    }

    if (value < 100
        || (ioa_reader_left(&r) != 0 && !ioa_reader_match(&r, " ", 1)))
    {
        return 0;
    }

    *status = value;

    return 1;
}


/* Splits "name: value", and trims white space around the value. */
static int
ioattest_headers_split(ioa_bytes_t *name, ioa_bytes_t *value,
    ioa_bytes_t line)
{
    uint8_t       c;
    ioa_reader_t  r;

    ioa_reader_init(&r, line.data, line.len);
    name->data = line.data;
    name->len = 0;

    while (ioa_reader_u8(&r, &c) && ioattest_head_token(c)) {
        name->len++;
    }

    if (name->len == 0 || name->len == line.len
        || line.data[name->len] != ':')
    {
        return 0;
    }

    while (ioa_reader_match(&r, " ", 1) || ioa_reader_match(&r, "\t", 1)) {
        /* void */
    }

    value->data = r.pos;
    value->len = ioa_reader_left(&r);

    while (value->len != 0
           && (value->data[value->len - 1] == ' '
               || value->data[value->len - 1] == '\t'))
    {
        value->len--;
    }

    return 1;
}


static void
ioattest_headers_header(ioa_head_t *head, ioa_bytes_t name,
    ioa_bytes_t value)
{
    ioa_signature_header(&head->signature, name, value);

    head->coded |= ioa_head_coded(name, value);

    /* the last one is used */

    if (ioattest_bytes_are(name, "Content-Type")) {
        head->events = ioa_head_events(value);
    }
}


/* Returns: what is wrong with the line, as part of a sentence, or NULL. */
static const char *
ioattest_headers_take(ioa_head_t *head,
    ioattest_headers_state_e *state, ioa_bytes_t line)
{
    unsigned     status;
    ioa_bytes_t  name, value;

    if (!ioattest_headers_printable(line)) {
        return "has a control character";
    }

    if (line.len == 0) {
        *state = IOATTEST_BETWEEN;
        return NULL;
    }

    if (*state == IOATTEST_BLOCK) {

        if (line.data[0] == ' ' || line.data[0] == '\t') {
            head->folded = 1;
            return NULL;
        }

        if (!ioattest_headers_split(&name, &value, line)) {
            return "is not a header";
        }

        ioattest_headers_header(head, name, value);

    } else if (*state == IOATTEST_BETWEEN) {

        if (ioattest_headers_status(&status, line)) {
            memset(head, 0, sizeof(ioa_head_t));
            head->status = head->leaves = status;
            *state = IOATTEST_BLOCK;

        } else if (head->status == 0) {
            return "is not a status line";

        } else {
            *state = IOATTEST_TRAILERS;
        }
    }

    return NULL;
}


int
ioattest_headers_parse(ioa_head_t *head, size_t *line,
    const char **what, ioa_bytes_t bytes)
{
    ioa_bytes_t               text;
    ioa_reader_t              r;
    ioattest_headers_state_e  state;

    memset(head, 0, sizeof(ioa_head_t));
    state = IOATTEST_BETWEEN;
    ioa_reader_init(&r, bytes.data, bytes.len);

    for (*line = 1; ioattest_headers_line(&text, &r); (*line)++) {
        *what = ioattest_headers_take(head, &state, text);

        if (*what != NULL) {
            return 0;
        }
    }

    *what = "is the last, and there was no status line";

    return head->status != 0;
}


ioa_status_t
ioattest_signature_parse(ioa_signature_t *sig, ioa_json_t **root,
    ioa_bytes_t bytes)
{
    size_t             i;
    const char        *name;
    ioa_bytes_t       *slot;
    const ioa_json_t  *value;

    memset(sig, 0, sizeof(ioa_signature_t));

    if (!ioa_json_parse(root, bytes.data, bytes.len)
        || !ioa_json_is_object(*root))
    {
        return IOA_MALFORMED_SIGNATURE;
    }

    for (i = 0; i < IOA_SIGNATURE_MEMBERS; i++) {
        slot = ioa_signature_member(sig, &name, i);
        value = ioa_json_member(*root, name);

        if (value != NULL
            && !ioa_json_string(&slot->data, &slot->len, value))
        {
            memset(sig, 0, sizeof(ioa_signature_t));
            return IOA_MALFORMED_SIGNATURE;
        }
    }

    return IOA_OK;
}
