/*
 * fuzz_tail: the end of an audit log, from which the module goes on with its
 * chain, and the same bytes as text that a log quotes.  The line that is found
 * is the last whole one of the file, wherever that begins; what is quoted is a
 * string of JSON.
 */

#include "audit/ngx_http_ioattest_audit_tail.c"
#include "audit/ngx_http_ioattest_escape.c"

#include <stdio.h>

#include "fuzz.h"
#include "json/ioa_json.h"

#define READ_MAX  (2 * NGX_HTTP_IOATTEST_AUDIT_LINE)

/* the first two bytes of an input are how often its rest is repeated */
#define HEAD      2
#define TIMES     1023
#define FILE_MAX  (4 * READ_MAX)


/* Out: the last whole line, without its end.  Returns: 0 if there is none. */
static int
last_line(const uint8_t **line, size_t *n, const uint8_t *log, size_t len)
{
    const uint8_t  *end;

    log += len > READ_MAX ? len - READ_MAX : 0;
    len = len > READ_MAX ? READ_MAX : len;

    end = len != 0 ? memrchr(log, '\n', len) : NULL;

    if (end == NULL) {
        return 0;
    }

    *line = end != log ? memrchr(log, '\n', (size_t) (end - log)) : NULL;
    *line = *line != NULL ? *line + 1 : log;
    *n = (size_t) (end - *line);

    return 1;
}


static void
tail(const uint8_t *log, size_t len)
{
    int             fd;
    char            name[64], begin[64];
    size_t          n;
    uint8_t         head32[IOA_SHA256_LEN], want32[IOA_SHA256_LEN];
    uint64_t        sequence;
    ngx_fd_t        opened;
    ngx_int_t       rc;
    ngx_uint_t      cut;
    const uint8_t  *line;

    fd = memfd_create("log", 0);
    fuzz_assert(fd != -1 && write(fd, log, len) == (ssize_t) len);
    snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);

    rc = ngx_http_ioattest_audit_tail((u_char *) name, &opened, &sequence,
                                      head32, &cut);
    fuzz_assert((rc == NGX_OK || rc == NGX_DECLINED) && opened != -1);
    fuzz_assert(cut == (len != 0 && log[len - 1] != '\n'));
    close(opened);
    close(fd);

    if (!last_line(&line, &n, log, len)) {
        fuzz_assert(rc == NGX_DECLINED);
        return;
    }

    if (rc == NGX_OK) {
        ioa_sha256(want32, line, n);
        fuzz_assert(memcmp(head32, want32, sizeof(want32)) == 0);
        fuzz_assert(sequence != 0);

    } else {
        /* none of ours that begins in what is read is passed over */
        fuzz_assert(n < 14 || memcmp(line, "{\"sequence\":1,", 14) != 0);
        return;
    }

    /* the number that stands there, whatever zeros are before it */

    snprintf(begin, sizeof(begin), "{\"sequence\":");
    fuzz_assert(n > strlen(begin)
                && memcmp(line, begin, strlen(begin)) == 0);
    line += strlen(begin);

    while (*line == '0') {
        line++;
    }

    snprintf(begin, sizeof(begin), "%llu", (unsigned long long) sequence);
    fuzz_assert(memcmp(line, begin, strlen(begin)) == 0
                && (line[strlen(begin)] < '0' || line[strlen(begin)] > '9'));
}


/* Into as much room as a log gives, and into all that it could need. */
static void
quote(const uint8_t *data, size_t n)
{
    size_t       cap, len;
    uint8_t     *out;
    ioa_json_t  *root;

    for (cap = 2 * n; /* void */; cap = cap < 64 ? cap : 64) {
        out = malloc(cap + 2);
        fuzz_assert(out != NULL);

        out[0] = '"';
        len = (size_t) (ngx_http_ioattest_escape(out + 1, out + 1 + cap, data,
                                                 n) - out);
        fuzz_assert(len <= cap + 1);
        out[len++] = '"';

        fuzz_assert(ioa_json_parse(&root, out, len));
        ioa_json_free(root);
        free(out);

        if (cap <= 64) {
            return;
        }
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    size_t    i, times;
    uint8_t  *log, *exact;

    if (n < HEAD) {
        return 0;
    }

    times = 1 + ((data[0] | (size_t) data[1] << 8) & TIMES);
    data += HEAD;
    n -= HEAD;

    if (n > FILE_MAX || times * n > FILE_MAX) {
        times = 1;
    }

    log = malloc(times * n + 1);
    fuzz_assert(log != NULL);

    for (i = 0; i < times && n != 0; i++) {
        memcpy(log + i * n, data, n);
    }

    tail(log, times * n);
    free(log);

    exact = fuzz_exact(data, n);
    quote(exact, n);
    free(exact);

    return 0;
}
