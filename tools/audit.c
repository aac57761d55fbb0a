/*
 * audit: checks the chain of an audit log, as doc/audit.md has it: that no line
 * was removed, changed, moved or cut.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "option.h"
#include "print.h"

#define IOATTEST_AUDIT_LINE_MAX   (64 * 1024)
#define IOATTEST_AUDIT_FILES_MAX  IOATTEST_OPTION_VALUES_MAX
#define IOATTEST_AUDIT_DIGITS     16    /* below 2^53 */
#define IOATTEST_AUDIT_GZIP       0x1f  /* what a compressed file begins with */

#define IOATTEST_AUDIT_SEQUENCE   "{\"sequence\":"
#define IOATTEST_AUDIT_PREVIOUS   ",\"previous\":\""

enum {
    IOATTEST_OPT_FILE = 0,
    IOATTEST_OPT_SEQUENCE,
    IOATTEST_OPT_HEAD,
    IOATTEST_OPT_JSON,
    IOATTEST_OPT_HELP,
    IOATTEST_OPT_VERSION,
    IOATTEST_OPTS
};

static const ioattest_option_t  ioattest_audit_options[IOATTEST_OPTS] = {
    [IOATTEST_OPT_FILE] = { .name = "", .max = IOATTEST_AUDIT_FILES_MAX },
    [IOATTEST_OPT_SEQUENCE] = { .name = "--sequence", .max = 1 },
    [IOATTEST_OPT_HEAD] = { .name = "--head", .max = 1 },
    [IOATTEST_OPT_JSON] = { .name = "--json" },
    [IOATTEST_OPT_HELP] = { .name = "--help" },
    [IOATTEST_OPT_VERSION] = { .name = "--version" }
};

static const char *const  ioattest_audit_events[] = {
    "start", "attested", "attestation_refused", "refused", "would_refuse"
};

#define IOATTEST_AUDIT_EVENTS                                                 \
    (sizeof(ioattest_audit_events) / sizeof(ioattest_audit_events[0]))

typedef struct {
    ioattest_option_t  options[IOATTEST_OPTS];

    /* of the line before; sequence 0: there is none */
    uint64_t           sequence;
    uint8_t            head[IOA_SHA256_LEN];

    uint64_t           first;
    uint64_t           lines;
    uint64_t           lost;
    uint64_t           events[IOATTEST_AUDIT_EVENTS + 1];

    /* what is wrong, and where */
    char               wrong[160];
    const char        *file;
    uint64_t           number;      /* of the line in the file */
} ioattest_audit_t;


static void
ioattest_audit_usage(void)
{
    fputs("usage: ioattest audit FILE ... [OPTION ...]\n"
          "\n"
          "Checks an audit log of the gateway (ioattest_audit_log): that no\n"
          "line was removed, changed, moved or cut. Of a log that is rotated,\n"
          "give the files from the oldest to the newest; compressed ones by\n"
          "zcat -f FILE ... | ioattest audit -\n"
          "\n"
          "That nothing is missing at the end is known only with what the\n"
          "gateway's status says, or said to somebody who kept it:\n"
          "  --sequence N  number of the last line\n"
          "  --head HEX    SHA-256 of the last line\n"
          "\n"
          "  --json        the result as JSON\n", stdout);
}


/*
 * Reads what each line begins with.  Returns: 1, or 0 if that is something
 * else.  Out: sequence, previous.
 */
static int
ioattest_audit_begins(uint64_t *sequence, uint8_t previous[IOA_SHA256_LEN],
    const char *line, size_t n)
{
    size_t  i, len;

    len = sizeof(IOATTEST_AUDIT_SEQUENCE) - 1;

    if (n < len || memcmp(line, IOATTEST_AUDIT_SEQUENCE, len) != 0) {
        return 0;
    }

    *sequence = 0;

    for (i = len; i < n && line[i] >= '0' && line[i] <= '9'; i++) {
        if (i - len == IOATTEST_AUDIT_DIGITS) {
            return 0;
        }

        *sequence = *sequence * 10 + (uint64_t) (line[i] - '0');
    }

    if (*sequence == 0 || line[len] == '0') {
        return 0;
    }

    len = sizeof(IOATTEST_AUDIT_PREVIOUS) - 1;

    return n - i > len + 2 * IOA_SHA256_LEN
           && memcmp(line + i, IOATTEST_AUDIT_PREVIOUS, len) == 0
           && line[i + len + 2 * IOA_SHA256_LEN] == '"'
           && ioa_hex_lower((const uint8_t *) line + i + len,
                            2 * IOA_SHA256_LEN, 2 * IOA_SHA256_LEN)
           && ioa_hex_decode(previous, IOA_SHA256_LEN,
                             (const uint8_t *) line + i + len,
                             2 * IOA_SHA256_LEN);
}


/* Counts the line's event.  Returns: 1, or 0 if the line is not JSON. */
static int
ioattest_audit_count(ioattest_audit_t *audit, const char *line, size_t n)
{
    size_t          i, len;
    uint64_t        lost;
    ioa_json_t     *root;
    const uint8_t  *event;

    if (!ioa_json_parse(&root, (const uint8_t *) line, n)) {
        return 0;
    }

    if (!ioa_json_string(&event, &len, ioa_json_member(root, "event"))) {
        ioa_json_free(root);
        return 0;
    }

    for (i = 0; i < IOATTEST_AUDIT_EVENTS; i++) {
        if (len == strlen(ioattest_audit_events[i])
            && memcmp(event, ioattest_audit_events[i], len) == 0)
        {
            break;
        }
    }

    audit->events[i]++;

    if (ioa_json_uint(&lost, ioa_json_member(root, "lost"))) {
        audit->lost += lost;
    }

    ioa_json_free(root);

    return 1;
}


/* Returns: 1; 0 with audit->wrong set. */
static int
ioattest_audit_line(ioattest_audit_t *audit, const char *line, size_t n)
{
    uint8_t   previous[IOA_SHA256_LEN];
    uint64_t  sequence;

    static const uint8_t  none[IOA_SHA256_LEN];

    if (!ioattest_audit_begins(&sequence, previous, line, n)
        || !ioattest_audit_count(audit, line, n))
    {
        snprintf(audit->wrong, sizeof(audit->wrong),
                 "this is not a whole line of an audit log");
        return 0;
    }

    if (audit->sequence == 0) {
        audit->first = sequence;

        if (sequence == 1 && memcmp(previous, none, sizeof(none)) != 0) {
            snprintf(audit->wrong, sizeof(audit->wrong),
                     "it is the first of a chain, and names one before it");
            return 0;
        }

    } else if (sequence <= audit->sequence) {
        snprintf(audit->wrong, sizeof(audit->wrong),
                 "sequence %llu comes after %llu: lines were moved or "
                 "repeated, or another chain begins",
                 (unsigned long long) sequence,
                 (unsigned long long) audit->sequence);
        return 0;

    } else if (sequence != audit->sequence + 1) {
        snprintf(audit->wrong, sizeof(audit->wrong),
                 "sequence %llu comes after %llu: %llu missing before it",
                 (unsigned long long) sequence,
                 (unsigned long long) audit->sequence,
                 (unsigned long long) (sequence - audit->sequence - 1));
        return 0;

    } else if (memcmp(previous, audit->head, sizeof(previous)) != 0) {
        snprintf(audit->wrong, sizeof(audit->wrong),
                 "the line before it, or this one, was changed");
        return 0;
    }

    audit->sequence = sequence;
    audit->lines++;
    ioa_sha256(audit->head, (const uint8_t *) line, n);

    return 1;
}


/*
 * Returns: 1, with audit->wrong set or not; 0 after a complaint, if the file
 * cannot be read.
 */
static int
ioattest_audit_file(ioattest_audit_t *audit, const char *name)
{
    int      c;
    FILE    *in;
    char    *line;
    size_t   n;

    in = strcmp(name, "-") == 0 ? stdin : fopen(name, "rb");
    line = malloc(IOATTEST_AUDIT_LINE_MAX);

    if (in == NULL || line == NULL) {
        ioattest_complain("%s: %s", name, strerror(errno));
        free(line);
        return 0;
    }

    audit->file = name;
    audit->number = 1;
    n = 0;

    while (!audit->wrong[0] && (c = getc(in)) != EOF) {

        if (c == '\n') {
            if (ioattest_audit_line(audit, line, n)) {
                audit->number++;
                n = 0;
            }

        } else if (c == IOATTEST_AUDIT_GZIP && n == 0) {
            snprintf(audit->wrong, sizeof(audit->wrong),
                     "it is compressed: zcat -f FILE ... | ioattest audit -");

        } else if (n == IOATTEST_AUDIT_LINE_MAX) {
            snprintf(audit->wrong, sizeof(audit->wrong),
                     "it is longer than a line of an audit log");

        } else {
            line[n++] = (char) c;
        }
    }

    if (!audit->wrong[0] && n) {
        snprintf(audit->wrong, sizeof(audit->wrong),
                 "it was cut: it has no end");
    }

    c = ferror(in);

    if (in != stdin) {
        fclose(in);
    }

    free(line);

    if (c) {
        ioattest_complain("%s: it could not be read", name);
        return 0;
    }

    return 1;
}


/*
 * Compares the end with what the gateway says.  Returns: 1; 0 after a
 * complaint about an option.
 */
static int
ioattest_audit_end(ioattest_audit_t *audit)
{
    char               *end;
    uint8_t             head[IOA_SHA256_LEN];
    const char         *sequence, *hex;
    unsigned long long  number;

    sequence = audit->options[IOATTEST_OPT_SEQUENCE].values[0];
    hex = audit->options[IOATTEST_OPT_HEAD].values[0];

    if (sequence) {
        errno = 0;
        number = strtoull(sequence, &end, 10);

        if (errno || *end || sequence[0] < '0' || sequence[0] > '9') {
            ioattest_complain("--sequence wants a number");
            return 0;
        }

        if (!audit->wrong[0] && number != audit->sequence) {
            snprintf(audit->wrong, sizeof(audit->wrong),
                     "the log ends with sequence %llu, and %llu is expected",
                     (unsigned long long) audit->sequence, number);
        }
    }

    if (hex) {
        if (!ioa_hex_decode(head, sizeof(head), (const uint8_t *) hex,
                            strlen(hex)))
        {
            ioattest_complain("--head wants 64 hex digits");
            return 0;
        }

        if (!audit->wrong[0] && memcmp(head, audit->head, sizeof(head)) != 0)
        {
            snprintf(audit->wrong, sizeof(audit->wrong),
                     "the log does not end with the line that is expected");
        }
    }

    return 1;
}


static void
ioattest_audit_json(const ioattest_audit_t *audit)
{
    size_t           i;
    ioattest_json_t  json;

    ioattest_json_begin(&json);
    ioattest_json_string(&json, "verdict",
                         audit->wrong[0] ? "refused" : "verified");

    if (audit->wrong[0]) {
        ioattest_json_string(&json, "message", audit->wrong);
        ioattest_json_string(&json, "file", audit->file);
        ioattest_json_number(&json, "line", audit->number);
    }

    ioattest_json_number(&json, "lines", audit->lines);
    ioattest_json_number(&json, "first", audit->first);
    ioattest_json_number(&json, "sequence", audit->sequence);
    ioattest_json_hex(&json, "head", audit->head, sizeof(audit->head));
    ioattest_json_number(&json, "lost", audit->lost);

    ioattest_json_open(&json, "events", '{');

    for (i = 0; i < IOATTEST_AUDIT_EVENTS; i++) {
        ioattest_json_number(&json, ioattest_audit_events[i],
                             audit->events[i]);
    }

    ioattest_json_close(&json, '}');
    ioattest_json_end(&json);
}


static void
ioattest_audit_print(const ioattest_audit_t *audit)
{
    size_t  i;

    puts(audit->wrong[0] ? "refused" : "verified");

    if (audit->wrong[0]) {
        ioattest_print_line("file", ioattest_print_bytes(audit->file), NULL);
        printf("line: %llu\n%s\n", (unsigned long long) audit->number,
               audit->wrong);
    }

    printf("lines: %llu, sequence %llu to %llu%s\n",
           (unsigned long long) audit->lines,
           (unsigned long long) audit->first,
           (unsigned long long) audit->sequence,
           audit->first > 1 ? "; earlier ones are in other files" : "");

    for (i = 0; i < IOATTEST_AUDIT_EVENTS; i++) {
        if (audit->events[i]) {
            printf("%s: %llu\n", ioattest_audit_events[i],
                   (unsigned long long) audit->events[i]);
        }
    }

    if (audit->lost) {
        printf("lost: %llu lines that could not be written\n",
               (unsigned long long) audit->lost);
    }

    ioattest_print_hex("head", audit->head, sizeof(audit->head));
}


int
ioattest_audit(int argc, char **argv)
{
    size_t            i;
    ioattest_audit_t  audit;

    memset(&audit, 0, sizeof(audit));
    memcpy(audit.options, ioattest_audit_options, sizeof(audit.options));

    if (!ioattest_options_read(audit.options, IOATTEST_OPTS, argc, argv)) {
        return IOATTEST_USAGE;
    }

    if (audit.options[IOATTEST_OPT_HELP].given) {
        ioattest_audit_usage();
        return 0;
    }

    if (audit.options[IOATTEST_OPT_VERSION].given) {
        puts("ioattest " IOATTEST_VERSION);
        return 0;
    }

    if (audit.options[IOATTEST_OPT_FILE].given == 0) {
        ioattest_complain("a file is needed: see ioattest audit --help");
        return IOATTEST_USAGE;
    }

    for (i = 0; i < audit.options[IOATTEST_OPT_FILE].given; i++) {
        if (!audit.wrong[0]
            && !ioattest_audit_file(&audit,
                          audit.options[IOATTEST_OPT_FILE].values[i]))
        {
            return IOATTEST_USAGE;
        }
    }

    if (!audit.wrong[0] && audit.lines == 0) {
        snprintf(audit.wrong, sizeof(audit.wrong), "there is no line in it");
    }

    if (!ioattest_audit_end(&audit)) {
        return IOATTEST_USAGE;
    }

    if (audit.options[IOATTEST_OPT_JSON].given) {
        ioattest_audit_json(&audit);

    } else {
        ioattest_audit_print(&audit);
    }

    return audit.wrong[0] ? IOATTEST_REFUSED : IOATTEST_VERIFIED;
}
