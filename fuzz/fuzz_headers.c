/*
 * fuzz_headers: the headers of a response as curl -D writes them, and a
 * signature in JSON, as the command line tool reads both.  What is read lies
 * in the text, what is wrong lies in one of its lines, and lines that end
 * with CRLF are read as those that end with LF.
 */

#include "fuzz.h"
#include "headers.h"


static size_t
lines_of(const uint8_t *data, size_t n)
{
    size_t  i, lines = 1;

    for (i = 0; i < n; i++) {
        lines += data[i] == '\n';
    }

    return lines;
}


/* Nothing, or in the text. */
static void
within(ioa_bytes_t part, ioa_bytes_t whole)
{
    if (part.data != NULL) {
        fuzz_assert(part.data >= whole.data && part.len <= whole.len
                    && (size_t) (part.data - whole.data)
                       <= whole.len - part.len);
    }
}


static int
same(ioa_bytes_t a, ioa_bytes_t b)
{
    return (a.data == NULL) == (b.data == NULL) && a.len == b.len
           && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}


static void
compare(ioa_head_t *a, ioa_head_t *b)
{
    size_t       i;
    const char  *name;

    fuzz_assert(a->status == b->status && a->leaves == b->leaves
                && a->folded == b->folded && a->coded == b->coded
                && a->events == b->events && a->unseen == b->unseen
                && a->signature.duplicate == b->signature.duplicate);

    for (i = 0; i < IOA_SIGNATURE_MEMBERS; i++) {
        fuzz_assert(same(*ioa_signature_member(&a->signature, &name, i),
                         *ioa_signature_member(&b->signature, &name, i)));
    }
}


/* The text again, each LF with a CR before it. */
static void
again(ioa_head_t *head, int good, size_t line, const char *what,
    ioa_bytes_t text)
{
    size_t       i, at = 0, other_line;
    uint8_t     *crlf;
    ioa_head_t   other;
    const char  *other_what;
    ioa_bytes_t  bytes;

    crlf = malloc(2 * text.len + 1);
    fuzz_assert(crlf != NULL);

    for (i = 0; i < text.len; i++) {
        if (text.data[i] == '\n') {
            crlf[at++] = '\r';
        }

        crlf[at++] = text.data[i];
    }

    bytes.data = crlf;
    bytes.len = at;
    fuzz_assert(ioattest_headers_parse(&other, &other_line, &other_what,
                                       bytes)
                == good);

    if (good) {
        compare(head, &other);

    } else {
        fuzz_assert(other_line == line && strcmp(other_what, what) == 0);
    }

    free(crlf);
}


static void
headers(ioa_bytes_t text)
{
    int          good;
    size_t       i, line;
    ioa_head_t   head;
    const char  *what = NULL, *name;

    good = ioattest_headers_parse(&head, &line, &what, text);

    fuzz_assert(line >= 1 && line <= lines_of(text.data, text.len) + 1);
    fuzz_assert(what != NULL && (!good || head.status >= 100));
    fuzz_assert(head.status < 1000 && head.leaves == head.status);

    for (i = 0; i < IOA_SIGNATURE_MEMBERS; i++) {
        within(*ioa_signature_member(&head.signature, &name, i), text);
    }

    if (text.len == 0 || memchr(text.data, '\r', text.len) == NULL) {
        again(&head, good, line, what, text);
    }
}


static void
signature(ioa_bytes_t text)
{
    size_t            i;
    ioa_json_t       *root = NULL;
    const char       *name;
    ioa_bytes_t      *member;
    ioa_status_t      st;
    ioa_signature_t   sig;

    memset(&sig, 0xff, sizeof(sig));
    st = ioattest_signature_parse(&sig, &root, text);
    fuzz_assert(st == IOA_OK || st == IOA_MALFORMED_SIGNATURE);
    fuzz_assert(sig.duplicate == 0);

    for (i = 0; i < IOA_SIGNATURE_MEMBERS; i++) {
        member = ioa_signature_member(&sig, &name, i);
        fuzz_assert(st == IOA_OK || member->data == NULL);
        fuzz_assert(member->data != NULL || member->len == 0);
    }

    ioa_json_free(root);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    uint8_t      *exact;
    ioa_bytes_t   text;

    exact = fuzz_exact(data, n);
    text.data = exact;
    text.len = n;

    headers(text);
    signature(text);

    free(exact);

    return 0;
}
