#include "feed.h"


int
feed_more(void)
{
    int  c;

    c = getchar();

    if (c == EOF) {
        return 0;
    }

    ungetc(c, stdin);

    return 1;
}


void
feed_bytes(void *out, size_t n)
{
    if (fread(out, 1, n, stdin) != n) {
        fprintf(stderr, "a record is cut\n");
        exit(1);
    }
}


uint64_t
feed_number(size_t n)
{
    size_t    i;
    uint8_t   bytes[8];
    uint64_t  value;

    feed_bytes(bytes, n);

    for (value = 0, i = n; i-- > 0; ) {
        value = value << 8 | bytes[i];
    }

    return value;
}


uint8_t *
feed_blob(size_t *len)
{
    uint8_t  *data;

    *len = feed_number(4);
    data = feed_alloc(*len);
    feed_bytes(data, *len);

    return data;
}


void *
feed_alloc(size_t n)
{
    void  *p;

    p = malloc(n != 0 ? n : 1);

    if (p == NULL) {
        abort();
    }

    return p;
}


void
feed_hex(const uint8_t *data, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        printf("%02x", data[i]);
    }
}


size_t
feed_piece(uint32_t *seed, size_t left)
{
    size_t  n;

    if (*seed == 0) {
        return left;
    }

    if (*seed == 1) {
        return left < 1 ? left : 1;
    }

    *seed = *seed * 1664525 + 1013904223;
    n = (*seed >> 8) % ((*seed >> 28) ? 40 : 3000) + 1;

    return n < left ? n : left;
}
