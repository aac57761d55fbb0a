/*
 * fuzz_audit: an audit log, as "ioattest audit" reads it.  The first byte
 * selects: the log itself, or what its lines end with, which are then made a
 * good chain, as no mutation can.  Read as a file and line by line, the
 * result is the same; what is accepted counts its lines without a gap, and is
 * refused where a line is missing or a bit before the last line is another.
 */

#define _POSIX_C_SOURCE  200809L

/* what it reads files and lines with is its own */
#include "audit.c"

#include "fuzz.h"

#define BEGIN_MAX  128


/* fuzz_exact of the log is freed by the caller, as this. */
static uint8_t *
chained(size_t *len, const uint8_t *data, size_t n)
{
    int             m;
    char            hex[2 * IOA_SHA256_LEN + 1];
    size_t          i, line, at = 0, sequence = 0, tails = 1;
    uint8_t        *log, head[IOA_SHA256_LEN] = { 0 };
    const uint8_t  *end;

    for (i = 0; i < n; i++) {
        tails += data[i] == '\n';
    }

    log = malloc(n + tails * BEGIN_MAX);
    fuzz_assert(log != NULL);

    while (n != 0) {
        end = memchr(data, '\n', n);
        i = end != NULL ? (size_t) (end - data) + 1 : n;

        for (line = 0; line < IOA_SHA256_LEN; line++) {
            snprintf(hex + 2 * line, 3, "%02x", head[line]);
        }

        line = at;
        m = snprintf((char *) log + at, BEGIN_MAX,
                     "{\"sequence\":%zu,\"previous\":\"%s\"", ++sequence,
                     hex);
        fuzz_assert(m > 0 && m < BEGIN_MAX);
        memcpy(log + at + m, data, i);
        at += (size_t) m + i;
        ioa_sha256(head, log + line, at - line - (end != NULL));
        data += i;
        n -= i;
    }

    *len = at;

    return log;
}


static void
whole(ioattest_audit_t *audit, uint8_t *log, size_t len)
{
    FILE  *before = stdin;

    memset(audit, 0, sizeof(ioattest_audit_t));

    stdin = fmemopen(log, len, "rb");
    fuzz_assert(stdin != NULL);
    fuzz_assert(ioattest_audit_file(audit, "-"));
    fclose(stdin);
    stdin = before;

    fuzz_assert(memchr(audit->wrong, '\0', sizeof(audit->wrong)) != NULL);
}


/* Returns: 1 if each line is good, in memory of its size; and the last whole. */
static int
by_lines(ioattest_audit_t *audit, const uint8_t *log, size_t len)
{
    int             good;
    size_t          n;
    uint8_t        *line;
    const uint8_t  *end;

    memset(audit, 0, sizeof(ioattest_audit_t));

    while (len != 0) {
        end = memchr(log, '\n', len);
        n = end != NULL ? (size_t) (end - log) : len;

        if (end == NULL || n > IOATTEST_AUDIT_LINE_MAX) {
            return 0;
        }

        line = fuzz_exact(log, n);
        good = ioattest_audit_line(audit, (char *) line, n);
        free(line);

        if (!good) {
            return 0;
        }

        log = end + 1;
        len -= n + 1;
    }

    return 1;
}


/* One that is accepted, and then not as it was. */
static void
spoil(uint8_t *log, size_t len, size_t where)
{
    size_t             first, last;
    uint8_t           *second, *end;
    ioattest_audit_t   audit;

    second = (uint8_t *) memchr(log, '\n', len) + 1;
    first = (size_t) (second - log);

    for (last = len - 1; log[last - 1] != '\n'; last--) { /* void */ }

    where %= last;
    log[where] ^= 1;
    whole(&audit, log, len);
    fuzz_assert(audit.wrong[0] != '\0');
    log[where] ^= 1;

    if (first != last) {
        end = (uint8_t *) memchr(second, '\n', len - first) + 1;
        memmove(second, end, len - (size_t) (end - log));
        whole(&audit, log, len - (size_t) (end - second));
        fuzz_assert(audit.wrong[0] != '\0');
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    size_t             len;
    uint8_t           *log;
    ioattest_audit_t   audit, lines;

    if (n < 2) {
        return 0;
    }

    len = n - 1;
    log = data[0] & 1 ? chained(&len, data + 1, n - 1)
                      : fuzz_exact(data + 1, n - 1);

    whole(&audit, log, len);
    fuzz_assert(by_lines(&lines, log, len) == (audit.wrong[0] == '\0'));
    fuzz_assert(audit.lines == lines.lines
                && audit.sequence == lines.sequence
                && audit.first == lines.first && audit.lost == lines.lost
                && memcmp(audit.head, lines.head, sizeof(lines.head)) == 0
                && memcmp(audit.events, lines.events, sizeof(lines.events))
                   == 0);
    fuzz_assert(audit.lines == 0
                || audit.sequence - audit.first == audit.lines - 1);
    fuzz_assert(!(data[0] & 1)
                || (strstr(audit.wrong, "comes after") == NULL
                    && strstr(audit.wrong, "before it") == NULL));

    if (audit.wrong[0] == '\0' && audit.lines > 1) {
        spoil(log, len, n * 2654435761u >> data[0] % 8);
    }

    free(log);

    return 0;
}
