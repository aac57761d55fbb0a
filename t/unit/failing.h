/*
 * failing: memory that runs out when a test wants it to.
 *
 * What a program's own objects and the core allocate comes here by the
 * linker's --wrap (see the Makefile), what OpenSSL and cJSON allocate by
 * their hooks.  One count goes over all of them, or over those of
 * the core alone.  For one program: it defines functions.
 */

#ifndef FAILING_H
#define FAILING_H

#include <openssl/crypto.h>

#include "unit.h"

#define FAILING_NEVER  ((size_t) -1)

/* As cJSON declares them; one file alone includes its header. */
typedef struct {
    void *(*malloc_fn)(size_t n);
    void (*free_fn)(void *p);
} failing_hooks_t;

void cJSON_InitHooks(failing_hooks_t *hooks);

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void __real_free(void *p);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void __wrap_free(void *p);

static size_t  failing_count;       /* since the last failing_from */
static size_t  failing_hits;
static size_t  failing_at = FAILING_NEVER;
static size_t  failing_until;       /* the first that does not fail again */
static int     failing_core_only;   /* no library's */
static long    failing_held;        /* pieces of the core's and cJSON's */


static inline int
failing_now(void)
{
    size_t  at;

    at = failing_count++;

    if (at < failing_at || at >= failing_until) {
        return 0;
    }

    failing_hits++;

    return 1;
}


void *
__wrap_malloc(size_t n)
{
    void  *p;

    p = failing_now() ? NULL : __real_malloc(n);
    failing_held += p != NULL;

    return p;
}


void *
__wrap_calloc(size_t n, size_t size)
{
    void  *p;

    p = failing_now() ? NULL : __real_calloc(n, size);
    failing_held += p != NULL;

    return p;
}


void *
__wrap_realloc(void *p, size_t n)
{
    void  *q;

    q = failing_now() ? NULL : __real_realloc(p, n);
    failing_held += p == NULL && q != NULL;

    return q;
}


void
__wrap_free(void *p)
{
    failing_held -= p != NULL;
    __real_free(p);
}


static inline void *
failing_cjson_malloc(size_t n)
{
    void  *p;

    p = !failing_core_only && failing_now() ? NULL : __real_malloc(n);
    failing_held += p != NULL;

    return p;
}


static inline void *
failing_openssl_malloc(size_t n, const char *file, int line)
{
    (void) file;
    (void) line;

    if (n == 0 || (!failing_core_only && failing_now())) {
        return NULL;
    }

    return __real_malloc(n);
}


static inline void
failing_openssl_free(void *p, const char *file, int line)
{
    (void) file;
    (void) line;

    __real_free(p);
}


static inline void *
failing_openssl_realloc(void *p, size_t n, const char *file, int line)
{
    if (n == 0) {
        failing_openssl_free(p, file, line);
        return NULL;
    }

    if (!failing_core_only && failing_now()) {
        return NULL;
    }

    return __real_realloc(p, n);
}


/* Before anything else of OpenSSL's. */
static inline void
failing_init(void)
{
    failing_hooks_t  hooks = { failing_cjson_malloc, __wrap_free };

    cJSON_InitHooks(&hooks);

    if (!CRYPTO_set_mem_functions(failing_openssl_malloc,
                                  failing_openssl_realloc,
                                  failing_openssl_free))
    {
        printf("Bail out! OpenSSL has allocated already\n");
        exit(1);
    }
}


/* From here the at-th allocation fails, and so many in all. */
static inline void
failing_from(size_t at, size_t n)
{
    failing_count = 0;
    failing_hits = 0;
    failing_at = at;
    failing_until = n < FAILING_NEVER - at ? at + n : FAILING_NEVER;
}


/* Memory is back.  Returns: how many failed. */
static inline size_t
failing_stop(void)
{
    failing_at = FAILING_NEVER;

    return failing_hits;
}

#endif
