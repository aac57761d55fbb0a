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
#include "json/ioa_lexer.h"

#define IOA_MEMBERS_FEW  8      /* keys that are compared each with each */

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


/* A member of the outermost object has ended, before the byte at end. */
static void
ioa_members_ended(ioa_members_t *m, size_t end)
{
    ioa_members_ref_t  *value;

    if (m->n != 0) {
        value = &m->list[m->n - 1].value;
        value->len = (uint32_t) (end - value->off);
    }
}


static ioa_members_status_t
ioa_members_key(ioa_members_t *m, const ioa_lexer_t *lx)
{
    void               *p = m->keys;
    ioa_members_ref_t   key;

    key.off = (uint32_t) (lx->from - m->text + 1);
    key.len = (uint32_t) (lx->p - lx->from - 2);

    if (!ioa_members_grow(&p, &m->keys_cap, m->keys_n, sizeof(key))) {
        return IOA_MEMBERS_NO_MEMORY;
    }

    m->keys = p;
    m->keys[m->keys_n++] = key;

    if (lx->depth != 1) {
        return IOA_MEMBERS_OK;
    }

    p = m->list;

    if (!ioa_members_grow(&p, &m->cap, m->n, sizeof(ioa_member_t))) {
        return IOA_MEMBERS_NO_MEMORY;
    }

    m->list = p;

    /* between two members stands a comma, between key and value a colon */

    ioa_members_ended(m, key.off - 2);

    m->list[m->n].key = key;
    m->list[m->n].value.off = key.off + key.len + 2;
    m->n++;

    return IOA_MEMBERS_OK;
}


/* In: base, the first of the keys of what ends; an array has none. */
static ioa_members_status_t
ioa_members_close(ioa_members_t *m, const ioa_lexer_t *lx, size_t base)
{
    if (lx->depth == 0) {
        ioa_members_ended(m, (size_t) (lx->from - m->text));
    }

    if (m->keys_n != base
        && ioa_members_twice(m->text, m->keys + base, m->keys_n - base))
    {
        return IOA_MEMBERS_BAD;
    }

    m->keys_n = base;

    return IOA_MEMBERS_OK;
}


ioa_members_status_t
ioa_members_read(ioa_members_t *members, const uint8_t *text, size_t n)
{
    size_t                base[IOA_MEMBERS_DEPTH_MAX];
    ioa_lexer_t           lx;
    ioa_token_t           token;
    ioa_members_status_t  st = IOA_MEMBERS_OK;

    static const ioa_lexer_rules_t  rules = {
        .wants = IOA_LEXER_OPEN | IOA_LEXER_KEY,
        .flags = IOA_LEXER_OBJECT,
        .depth_max = IOA_MEMBERS_DEPTH_MAX,
        .values_max = SIZE_MAX,
        .show_depth = SIZE_MAX
    };

    memset(members, 0, sizeof(ioa_members_t));
    members->text = text;

    if (n > IOA_MEMBERS_TEXT_MAX) {
        return IOA_MEMBERS_BAD;
    }

    ioa_lexer_init(&lx, &rules, NULL);
    ioa_lexer_feed(&lx, text, n);

    do {
        token = ioa_lexer_next(&lx);

        if (token == IOA_TOKEN_OPEN) {
            base[lx.depth - 1] = members->keys_n;

        } else if (token == IOA_TOKEN_KEY) {
            st = ioa_members_key(members, &lx);

        } else if (token == IOA_TOKEN_CLOSE) {
            st = ioa_members_close(members, &lx, base[lx.depth]);
        }

    } while (token > IOA_TOKEN_BAD && st == IOA_MEMBERS_OK);

    return st == IOA_MEMBERS_OK && !ioa_lexer_done(&lx) ? IOA_MEMBERS_BAD
                                                        : st;
}


void
ioa_members_cleanup(ioa_members_t *members)
{
    free(members->list);
    free(members->keys);
    memset(members, 0, sizeof(ioa_members_t));
}
