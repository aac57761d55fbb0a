/*
 * unit: TAP for the unit tests, and what several of them need.
 *
 * A test program is a main of unit_* calls with UNIT_DONE at its end.  A
 * check over many inputs counts as one: UNIT_ALL says how many there were
 * and shows the first that failed.
 */

#ifndef UNIT_H
#define UNIT_H

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef UNIT_PARTS
/* of a program in several files: one of them has these */
extern int  unit_run;
extern int  unit_failed;
#else
static int  unit_run;
static int  unit_failed;
#endif


static inline int
unit_ok(int good, const char *file, int line, const char *format, ...)
{
    va_list  args;

    printf("%sok %d - ", good ? "" : "not ", ++unit_run);

    va_start(args, format);
    vprintf(format, args);
    va_end(args);

    printf("\n");

    if (!good) {
        unit_failed++;
        printf("# failed at %s:%d\n", file, line);
    }

    return good;
}


/* One check: UNIT_OK(condition, "name %s", ...) */
#define UNIT_OK(good, ...)                                                    \
    unit_ok((good) != 0, __FILE__, __LINE__, __VA_ARGS__)


/* A check over many inputs. */
typedef struct {
    size_t  tried;
    size_t  failed;
    char    first[160];
} unit_all_t;


static inline void
unit_each(unit_all_t *all, int good, const char *format, ...)
{
    va_list  args;

    all->tried++;

    if (good) {
        return;
    }

    if (all->failed++ == 0) {
        va_start(args, format);
        vsnprintf(all->first, sizeof(all->first), format, args);
        va_end(args);
    }
}


/* Nothing tried is a failure too. */
#define UNIT_ALL(all, name)                                                   \
    do {                                                                      \
        if (!unit_ok((all)->tried != 0 && (all)->failed == 0, __FILE__,       \
                     __LINE__, "%s (%zu)", name, (all)->tried))               \
        {                                                                     \
            printf("# %zu failed, first: %s\n", (all)->failed,                \
                   (all)->first);                                             \
        }                                                                     \
    } while (0)


#define UNIT_DONE()                                                           \
    (printf("1..%d\n", unit_run), unit_failed != 0)


/* Memory of exactly n bytes, so that a sanitizer sees the first one behind. */
static inline uint8_t *
unit_exact(const void *data, size_t n)
{
    uint8_t  *p;

    p = malloc(n ? n : 1);

    if (p == NULL) {
        abort();
    }

    if (n != 0) {
        memcpy(p, data, n);
    }

    return p;
}


/* A small generator, so that a failure can be had again. */
static inline uint32_t
unit_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;

    return (uint32_t) (*state >> 32);
}


/* Out: a file's bytes, NUL behind them; its length.  Ends on failure. */
static inline uint8_t *
unit_file(size_t *n, const char *path)
{
    long      size;
    FILE     *f;
    uint8_t  *p;

    f = fopen(path, "rb");

    if (f == NULL || fseek(f, 0, SEEK_END) != 0) {
        printf("Bail out! cannot read %s\n", path);
        exit(1);
    }

    size = ftell(f);
    rewind(f);
    p = malloc((size_t) size + 1);

    if (size < 0 || p == NULL || fread(p, 1, (size_t) size, f) != (size_t) size)
    {
        printf("Bail out! cannot read %s\n", path);
        exit(1);
    }

    fclose(f);
    p[size] = 0;
    *n = (size_t) size;

    return p;
}


/* A string literal as data and length. */
#define UNIT_BYTES(literal)                                                   \
    ((const uint8_t *) (literal)), (sizeof(literal) - 1)

#endif
