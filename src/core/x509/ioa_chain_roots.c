/*
 * ioa_chain: pinned roots.  See ioa_chain.h.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ioa_sha256.h"
#include "x509/ioa_link.h"
#include "x509/ioa_der.h"
#include "x509/ioa_pem.h"

#define IOA_ROOTS_SHOWN_MAX  64        /* bytes of a line that is refused */


static int
ioa_roots_order(const void *a, const void *b)
{
    return memcmp((*(ioa_link_t *const *) a)->der32,
                  (*(ioa_link_t *const *) b)->der32, IOA_FINGERPRINT_LEN);
}


/* Skips the byte order mark that some editors write.  Returns: 1 for one. */
static int
ioa_roots_mark(ioa_reader_t *text)
{
    static const char  mark[] = "\xef\xbb\xbf";

    return ioa_reader_match(text, mark, sizeof(mark) - 1);
}


/* Moves certificates that are not CAs' to the end, CAs' keep their order. */
static void
ioa_roots_part(ioa_roots_t *roots)
{
    size_t       i, n;
    ioa_link_t  *link;

    for (i = 0, n = 0; i < roots->n; i++) {
        if (roots->links[i]->ca == IOA_LINK_CA) {
            link = roots->links[i];
            memmove(&roots->links[n + 1], &roots->links[n],
                    (i - n) * sizeof(link));
            roots->links[n++] = link;
        }
    }

    roots->leaves = roots->n - n;
    roots->n = n;
}


/* Sorts, drops repeats, hashes.  Returns: 0 if one may not be there. */
static int
ioa_roots_finish(ioa_roots_t *roots, int leaves)
{
    size_t        i, n;
    ioa_sha256_t  sha;

    qsort(roots->links, roots->n, sizeof(roots->links[0]), ioa_roots_order);
    ioa_sha256_init(&sha);

    for (i = 0, n = 0; i < roots->n; i++) {
        if (n != 0 && ioa_roots_order(&roots->links[n - 1],
                                      &roots->links[i]) == 0)
        {
            ioa_link_drop(roots->links[i]);
            continue;
        }

        ioa_sha256_update(&sha, roots->links[i]->der32, IOA_FINGERPRINT_LEN);
        roots->links[n++] = roots->links[i];
    }

    roots->n = n;
    ioa_sha256_final(roots->digest32, &sha);

    ioa_roots_part(roots);

    return roots->n != 0 && (leaves || roots->leaves == 0);
}


static ioa_chain_rc_t
ioa_roots_read(ioa_roots_t **roots, const uint8_t *data, size_t len,
    int leaves)
{
    uint8_t             first;
    ioa_roots_t        *made;
    ioa_chain_rc_t      rc;
    ioa_chain_source_t  source;

    *roots = NULL;

    if (len > IOA_ROOTS_LEN_MAX) {
        return IOA_CHAIN_MALFORMED;
    }

    made = calloc(1, sizeof(*made));

    if (made == NULL) {
        return IOA_CHAIN_NO_MEMORY;
    }

    memset(&source, 0, sizeof(source));
    ioa_reader_init(&source.data, data, len);
    source.pem = ioa_roots_mark(&source.data)
                 || !ioa_reader_peek(&source.data, &first)
                 || first != IOA_DER_SEQUENCE;
    source.loose = 1;

    rc = ioa_chain_read(made->links, &made->n, IOA_ROOTS_MAX, &source);

    if (rc == IOA_CHAIN_OK && !ioa_roots_finish(made, leaves)) {
        rc = IOA_CHAIN_NOT_CA;
    }

    if (rc != IOA_CHAIN_OK) {
        ioa_roots_free(made);
        return rc;
    }

    *roots = made;

    return IOA_CHAIN_OK;
}


ioa_chain_rc_t
ioa_roots_parse(ioa_roots_t **roots, const uint8_t *data, size_t len)
{
    return ioa_roots_read(roots, data, len, 0);
}


ioa_chain_rc_t
ioa_roots_parse_leaves(ioa_roots_t **roots, const uint8_t *data, size_t len)
{
    return ioa_roots_read(roots, data, len, 1);
}


void
ioa_roots_text(char text[IOA_CHAIN_TEXT_MAX], ioa_chain_rc_t rc,
    const uint8_t *data, size_t len)
{
    char            shown[IOA_ROOTS_SHOWN_MAX + 1];
    size_t          i, n;
    ioa_reader_t    rest, line, at;
    ioa_pem_odd_t   odd = IOA_PEM_PLAIN;

    static const char  begin[] = "-----BEGIN CERTIFICATE-----";

    (void) snprintf(text, IOA_CHAIN_TEXT_MAX, "%s", ioa_chain_rc_name(rc));

    ioa_reader_init(&rest, data, len);
    (void) ioa_roots_mark(&rest);

    for (n = 1; rc == IOA_CHAIN_STRAY && ioa_pem_line(&rest, &line); n++) {
        at = line;
        odd = ioa_pem_odd(line);

        if (odd != IOA_PEM_PLAIN
            && !ioa_reader_match(&at, begin, sizeof(begin) - 1))
        {
            break;
        }

        odd = IOA_PEM_PLAIN;
    }

    if (odd == IOA_PEM_BYTES) {
        (void) snprintf(text, IOA_CHAIN_TEXT_MAX, "line %zu holds bytes that "
                        "are no text, as of a certificate in DER or of "
                        "UTF-16, which would not be read", n);

    } else if (odd == IOA_PEM_BLOCK) {
        for (i = 0; i < IOA_ROOTS_SHOWN_MAX && i < line.left
             && line.pos[i] != '\n' && line.pos[i] != '\r'; i++)
        {
            shown[i] = line.pos[i] < ' ' || line.pos[i] > '~'
                       ? '?' : (char) line.pos[i];
        }

        shown[i] = '\0';

        (void) snprintf(text, IOA_CHAIN_TEXT_MAX, "line %zu would not be "
                        "read: \"%s\" is not \"%s\" alone", n, shown,
                        begin);
    }
}


int
ioa_roots_leaf(ioa_reader_t *der, const ioa_roots_t *roots, size_t i)
{
    if (i >= roots->leaves) {
        return 0;
    }

    *der = roots->links[roots->n + i]->cert.der;

    return 1;
}


void
ioa_roots_free(ioa_roots_t *roots)
{
    size_t  i;

    if (roots == NULL) {
        return;
    }

    for (i = 0; i < roots->n + roots->leaves; i++) {
        ioa_link_drop(roots->links[i]);
    }

    free(roots);
}


void
ioa_roots_digest(uint8_t digest32[IOA_FINGERPRINT_LEN],
    const ioa_roots_t *roots)
{
    memcpy(digest32, roots->digest32, IOA_FINGERPRINT_LEN);
}
