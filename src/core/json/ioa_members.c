/*
 * ioa_members: see ioa_members.h.
 *
 * One walk.  The keys of the objects that are open lie on one stack, those
 * of the innermost on top; where an object ends its keys are sorted, looked
 * through for neighbours that are equal, and dropped.
 */

#include <stdlib.h>
#include <string.h>

#include "json/ioa_members.h"
#include "json/ioa_escape.h"

#define IOA_MEMBERS_FEW  8      /* keys that are compared each with each */

typedef struct {
    const uint8_t  *text;
    size_t          n;
    size_t          i;
    size_t          depth;
    int             key_next;                   /* a string is a key */
    size_t          base[IOA_MEMBERS_DEPTH_MAX];  /* first key of a level */
    uint8_t         object[IOA_MEMBERS_DEPTH_MAX];
} ioa_members_walk_t;


static int
ioa_members_compare(const uint8_t *text, ioa_members_ref_t a,
    ioa_members_ref_t b)
{
    if (a.len != b.len) {
        return a.len < b.len ? -1 : 1;
    }

    return memcmp(text + a.off, text + b.off, a.len);
}


static void
ioa_members_sift(const uint8_t *text, ioa_members_ref_t *keys, size_t root,
    size_t n)
{
    size_t             child;
    ioa_members_ref_t  key = keys[root];

    for ( ;; ) {
        child = 2 * root + 1;

        if (child >= n) {
            break;
        }

        if (child + 1 < n
            && ioa_members_compare(text, keys[child], keys[child + 1]) < 0)
        {
            child++;
        }

        if (ioa_members_compare(text, keys[child], key) <= 0) {
            break;
        }

        keys[root] = keys[child];
        root = child;
    }

    keys[root] = key;
}


/* A heap sort: no memory, and no input makes it slow. */
static void
ioa_members_sort(const uint8_t *text, ioa_members_ref_t *keys, size_t n)
{
    size_t             i;
    ioa_members_ref_t  last;

    for (i = n / 2; i > 0; i--) {
        ioa_members_sift(text, keys, i - 1, n);
    }

    for (i = n - 1; i > 0; i--) {
        last = keys[i];
        keys[i] = keys[0];
        keys[0] = last;
        ioa_members_sift(text, keys, 0, i);
    }
}


static int
ioa_members_twice(const uint8_t *text, ioa_members_ref_t *keys, size_t n)
{
    size_t  i, k;

    if (n <= IOA_MEMBERS_FEW) {
        for (i = 1; i < n; i++) {
            for (k = 0; k < i; k++) {
                if (ioa_members_compare(text, keys[i], keys[k]) == 0) {
                    return 1;
                }
            }
        }

        return 0;
    }

    ioa_members_sort(text, keys, n);

    for (i = 1; i < n; i++) {
        if (ioa_members_compare(text, keys[i - 1], keys[i]) == 0) {
            return 1;
        }
    }

    return 0;
}


/* Returns: 1 where another item of that size fits behind the n there. */
static int
ioa_members_grow(void **items, size_t *cap, size_t n, size_t size)
{
    void    *p;
    size_t   want;

    if (n < *cap) {
        return 1;
    }

    want = *cap == 0 ? 32 : *cap * 2;
    p = realloc(*items, want * size);

    if (p == NULL) {
        return 0;
    }

    *items = p;
    *cap = want;

    return 1;
}


static int
ioa_members_key(ioa_members_t *m, ioa_members_walk_t *w,
    ioa_members_ref_t key)
{
    void  *p = m->keys;

    w->key_next = 0;

    if (!ioa_members_grow(&p, &m->keys_cap, m->keys_n, sizeof(key))) {
        return 0;
    }

    m->keys = p;
    m->keys[m->keys_n++] = key;

    if (w->depth != 1) {
        return 1;
    }

    p = m->list;

    if (!ioa_members_grow(&p, &m->cap, m->n, sizeof(ioa_member_t))) {
        return 0;
    }

    m->list = p;
    m->list[m->n].key = key;
    m->list[m->n].value.off = key.off + key.len + 2;
    m->list[m->n].value.len = 0;
    m->n++;

    return 1;
}


/* Reads a string; the opening quote is next.  Out: what it holds. */
static ioa_members_ref_t
ioa_members_string(ioa_members_walk_t *w)
{
    ioa_members_ref_t  ref;

    ref.off = (uint32_t) ++w->i;

    for ( ;; ) {
        w->i += ioa_plain_run(w->text + w->i, w->n - w->i);

        if (w->i >= w->n || w->text[w->i] == '"') {
            break;
        }

        w->i += 2;      /* a backslash and what follows */
    }

    ref.len = (uint32_t) (w->i - ref.off);
    w->i++;

    return ref;
}


/* A member of the outermost object has ended, at the walk's place. */
static void
ioa_members_ended(ioa_members_t *m, const ioa_members_walk_t *w)
{
    if (w->depth == 1 && m->n != 0 && m->list[m->n - 1].value.len == 0) {
        m->list[m->n - 1].value.len
            = (uint32_t) (w->i - m->list[m->n - 1].value.off);
    }
}


static int
ioa_members_open(ioa_members_t *m, ioa_members_walk_t *w, int object)
{
    if (w->depth == IOA_MEMBERS_DEPTH_MAX) {
        return 0;
    }

    w->base[w->depth] = m->keys_n;
    w->object[w->depth] = (uint8_t) object;
    w->depth++;
    w->key_next = object;

    return 1;
}


static int
ioa_members_close(ioa_members_t *m, ioa_members_walk_t *w)
{
    size_t  base;

    ioa_members_ended(m, w);

    w->depth--;
    w->key_next = 0;
    base = w->base[w->depth];

    if (m->keys_n != base
        && ioa_members_twice(w->text, m->keys + base, m->keys_n - base))
    {
        return 0;
    }

    m->keys_n = base;

    return 1;
}


static ioa_members_status_t
ioa_members_step(ioa_members_t *m, ioa_members_walk_t *w)
{
    int                ok = 1;
    ioa_members_ref_t  ref;

    switch (w->text[w->i]) {

    case '"':
        ref = ioa_members_string(w);

        return !w->key_next || ioa_members_key(m, w, ref)
               ? IOA_MEMBERS_OK : IOA_MEMBERS_NO_MEMORY;

    case '{':
    case '[':
        ok = ioa_members_open(m, w, w->text[w->i] == '{');
        break;

    case '}':
    case ']':
        ok = w->depth != 0 && ioa_members_close(m, w);
        break;

    case ',':
        ioa_members_ended(m, w);
        w->key_next = w->depth != 0 && w->object[w->depth - 1];
        break;
    }

    w->i++;

    return ok ? IOA_MEMBERS_OK : IOA_MEMBERS_BAD;
}


ioa_members_status_t
ioa_members_read(ioa_members_t *members, const uint8_t *text, size_t n)
{
    ioa_members_walk_t    w;
    ioa_members_status_t  st = IOA_MEMBERS_OK;

    memset(members, 0, sizeof(ioa_members_t));
    members->text = text;

    if (n == 0 || text[0] != '{' || n > IOA_MEMBERS_TEXT_MAX) {
        return IOA_MEMBERS_BAD;
    }

    w.text = text;
    w.n = n;
    w.i = 0;
    w.depth = 0;
    w.key_next = 0;

    while (w.i < n && st == IOA_MEMBERS_OK) {
        st = ioa_members_step(members, &w);
    }

    return st;
}


void
ioa_members_cleanup(ioa_members_t *members)
{
    free(members->list);
    free(members->keys);
    memset(members, 0, sizeof(ioa_members_t));
}
