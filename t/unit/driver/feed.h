/*
 * feed: what filters for test drivers share: records, pieces, hex.
 */

#ifndef FEED_H
#define FEED_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t  feed_seed;


/* How long the next piece is: all, a byte, or by the seed's chance. */
static inline size_t
feed_piece(size_t left)
{
    size_t  n;

    if (feed_seed == 0) {
        return left;
    }

    if (feed_seed == 1) {
        return left < 1 ? left : 1;
    }

    feed_seed = feed_seed * 1664525 + 1013904223;
    n = (feed_seed >> 8) % ((feed_seed >> 28) ? 40 : 3000) + 1;

    return n < left ? n : left;
}


static inline void *
feed_alloc(size_t n)
{
    void  *p = malloc(n + (n == 0));

    if (p == NULL) {
        abort();
    }

    return p;
}


/* A copy of exactly that size: a read beyond it is seen by the sanitizer. */
static inline uint8_t *
feed_copy(const uint8_t *data, size_t n)
{
    return memcpy(feed_alloc(n), data, n);
}


static inline void
feed_hex(const uint8_t *data, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        printf("%02x", data[i]);
    }
}


/*
 * The next record: its kind, and its data to be freed; the seed is set.
 * Returns: 1, 0 at the end; ends the program where a record is cut.
 */
static inline int
feed_record(char *kind, uint8_t **data, uint32_t *len)
{
    uint8_t  head[9];

    if (fread(head, 1, 9, stdin) != 9) {
        return 0;
    }

    *kind = (char) head[0];
    memcpy(&feed_seed, head + 1, 4);
    memcpy(len, head + 5, 4);
    *data = feed_alloc(*len);

    if (fread(*data, 1, *len, stdin) != *len) {
        exit(2);
    }

    return 1;
}

#endif
