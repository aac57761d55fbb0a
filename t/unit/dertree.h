/*
 * dertree: a DER text with one element of it changed, whose lengths fit
 * again: what a parser of elements takes, and only its reader's care can
 * refuse.
 */

#ifndef DERTREE_H
#define DERTREE_H

#include "ioa_der.h"
#include "unit.h"

#define DERTREE_MAX   4096      /* bytes of a text */
#define DERTREE_HOWS  "d2nbe0fc"

/*
 * How: d it is deleted, 2 stands there twice, n is a NULL, b has a NULL
 * behind it, e is empty, 0 has a zero byte more at its end, f has another
 * last bit (one without elements in it), c its last byte cut off.
 */
typedef struct {
    size_t  target;             /* of all elements, the outer one first */
    char    how;
    size_t  seen;
    int     in_octets;
    char    path[64];           /* where it stood, as "0.2.1" */
} dertree_t;


/* In: content, may lie in out, four bytes behind its start or more. */
static inline size_t
dertree_element(uint8_t *out, uint8_t tag, const uint8_t *content, size_t n)
{
    size_t  head = 0;

    out[head++] = tag;

    if (n >= 256) {
        out[head++] = 0x82;
        out[head++] = (uint8_t) (n >> 8);

    } else if (n >= 128) {
        out[head++] = 0x81;
    }

    out[head++] = (uint8_t) n;
    memmove(out + head, content, n);

    return head + n;
}


/* In: content, room for one byte behind its n. */
static inline size_t
dertree_changed(uint8_t *out, char how, uint8_t tag, uint8_t *content,
    size_t n)
{
    size_t  len;

    switch (how) {
    case 'd':
        return 0;
    case '2':
        len = dertree_element(out, tag, content, n);
        return len + dertree_element(out + len, tag, content, n);
    case 'n':
        return dertree_element(out, 5, content, 0);
    case 'b':
        len = dertree_element(out, tag, content, n);
        return len + dertree_element(out + len, 5, content, 0);
    case 'e':
        return dertree_element(out, tag, content, 0);
    case '0':
        content[n] = 0;
        return dertree_element(out, tag, content, n + 1);
    case 'f':
        if (n != 0 && !(tag & 0x20)) {
            content[n - 1] ^= 1;
        }

        return dertree_element(out, tag, content, n);
    default:
        return dertree_element(out, tag, content, n - (n != 0));
    }
}


/* Returns: the bytes written to out, of all elements in der. */
static inline size_t
dertree_put(uint8_t *out, dertree_t *tree, ioa_reader_t der, const char *path)
{
    int            at_it, octets;
    char           here[64];
    size_t         k, n, len;
    uint8_t        tag, *inner;
    ioa_reader_t   content;

    inner = malloc(DERTREE_MAX);

    for (len = 0, k = 0; ioa_der_any(&der, &tag, &content); k++) {
        snprintf(here, sizeof(here), "%.48s%s%zu", path,
                 *path != '\0' ? "." : "", k);
        at_it = tree->seen++ == tree->target;

        /* what stands in an extension is opened, a digest in it is not */
        octets = tag == IOA_DER_OCTET_STRING && !tree->in_octets
                 && ioa_der_valid(content);

        if (tag & 0x20 || octets) {
            tree->in_octets += octets;
            n = dertree_put(inner, tree, content, here);
            tree->in_octets -= octets;

        } else {
            n = content.left;
            memcpy(inner, content.pos, n);
        }

        if (at_it) {
            strcpy(tree->path, here);
            len += dertree_changed(out + len, tree->how, tag, inner, n);

        } else {
            len += dertree_element(out + len, tag, inner, n);
        }
    }

    free(inner);

    return len;
}


/* Appends the change to the list, one word for each element. */
static inline void
dertree_note(char *taken, size_t cap, const dertree_t *tree)
{
    size_t       len, n;
    const char  *last;

    len = strlen(taken);
    n = strlen(tree->path);
    last = strrchr(taken, ' ');
    last = last != NULL ? last + 1 : taken;

    if (strncmp(last, tree->path, n) == 0 && last[n] == ':') {
        snprintf(taken + len, cap - len, "%c", tree->how);

    } else {
        snprintf(taken + len, cap - len, "%s%s:%c", len != 0 ? " " : "",
                 tree->path, tree->how);
    }
}


/*
 * Shows take all changes of der that make another text of it.
 * Out: taken, those that it took, as "0.2.1:de 0.3:c".
 */
static inline void
dertree_all(char *taken, size_t cap, ioa_reader_t der,
    int (*take)(void *ctx, const uint8_t *data, size_t n), void *ctx)
{
    size_t       i, n;
    uint8_t     *out, *exact;
    dertree_t    tree;
    const char  *how;

    out = malloc(2 * DERTREE_MAX);
    taken[0] = '\0';

    for (i = 0; ; i++) {
        for (how = DERTREE_HOWS; *how != '\0'; how++) {
            memset(&tree, 0, sizeof(tree));
            tree.target = i;
            tree.how = *how;
            n = dertree_put(out, &tree, der, "");

            if (tree.seen <= i) {
                free(out);
                return;
            }

            if (n == der.left && memcmp(out, der.pos, n) == 0) {
                continue;
            }

            exact = unit_exact(out, n);

            if (take(ctx, exact, n)) {
                dertree_note(taken, cap, &tree);
            }

            free(exact);
        }
    }
}

#endif
