/*
 * attest: asks the API for an attestation, with a nonce of its own, and saves
 * reply and nonce.  It judges nothing: that is what "report" is for.
 */

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attest.h"
#include "command.h"
#include "input.h"
#include "option.h"
#include "print.h"

#define IOATTEST_ATTEST_OUT       "attestation.json"
#define IOATTEST_ATTEST_KEY       "IOATTEST_KEY"
#define IOATTEST_ATTEST_KEY_MAX   4096
#define IOATTEST_ATTEST_BODY_MAX  2048
#define IOATTEST_ATTEST_PATH_MAX  4096
#define IOATTEST_ATTEST_SECONDS   60
#define IOATTEST_ATTEST_LONGEST   600
#define IOATTEST_ATTEST_SHOWN     300   /* bytes of a refusal */

enum {
    IOATTEST_OPT_NONE = 0,
    IOATTEST_OPT_URL,
    IOATTEST_OPT_MODEL_ID,
    IOATTEST_OPT_KEY_FILE,
    IOATTEST_OPT_CA,
    IOATTEST_OPT_TIMEOUT,
    IOATTEST_OPT_OUT,
    IOATTEST_OPT_HELP,
    IOATTEST_OPT_VERSION,
    IOATTEST_OPTS
};

static const ioattest_option_t  ioattest_attest_options[IOATTEST_OPTS] = {
    [IOATTEST_OPT_NONE] = { .name = "--key", .max = 1 },
    [IOATTEST_OPT_URL] = { .name = "--url", .max = 1 },
    [IOATTEST_OPT_MODEL_ID] = { .name = "--model-id", .max = 1 },
    [IOATTEST_OPT_KEY_FILE] = { .name = "--key-file", .max = 1 },
    [IOATTEST_OPT_CA] = { .name = "--ca", .max = 1 },
    [IOATTEST_OPT_TIMEOUT] = { .name = "--timeout", .max = 1 },
    [IOATTEST_OPT_OUT] = { .name = "--out", .max = 1 },
    [IOATTEST_OPT_HELP] = { .name = "--help" },
    [IOATTEST_OPT_VERSION] = { .name = "--version" }
};

/* The state of a run. */
typedef struct {
    ioattest_option_t  options[IOATTEST_OPTS];
    uint8_t            nonce64[2 * IOA_NONCE_LEN];
    uint8_t            body[IOATTEST_ATTEST_BODY_MAX];
    char               key[IOATTEST_ATTEST_KEY_MAX + 1];
    char               nonce_path[IOATTEST_ATTEST_PATH_MAX];
    const char        *out;
    ioattest_ask_t     ask;
} ioattest_attest_t;


static void
ioattest_attest_usage(void)
{
    fputs(
"usage: ioattest attest --url URL --model-id ID [--key-file FILE]\n"
"           [--out FILE] [--ca FILE] [--timeout SECONDS]\n"
"\n"
"Asks the API for an attestation, with a new nonce, and saves what it replies\n"
"as it came, and the nonce. Nothing is verified but TLS: what is to be run\n"
"next is said at the end.\n"
"\n"
"  --url URL          where attestations are asked for; https:// alone. No\n"
"                     redirect is followed\n"
"  --model-id ID      the id of a model, as the list of models has it\n"
"  --key-file FILE    a file with the API key, and nothing else; else the\n"
"                     environment variable IOATTEST_KEY; else none is sent.\n"
"                     A key is never an argument: others could see it\n"
"  --out FILE         the reply, default: attestation.json; the nonce goes to\n"
"                     FILE.nonce. Neither may be there already\n"
"  --ca FILE          roots for TLS, PEM, in the place of the system's\n"
"  --timeout SECONDS  for all of it, 1 to 600, default: 60; 10 of them for\n"
"                     connecting\n"
"  --help, --version\n"
"\n"
"Exit status: 0 saved, 1 the API did not give an attestation, 2 usage, or a\n"
"file that cannot be read or written.\n",
          stdout);
}


/* A word of printable ASCII: a line feed in it would be another header. */
static int
ioattest_attest_key_set(ioattest_attest_t *attest, const char *from,
    ioa_bytes_t text)
{
    size_t  i;

    while (text.len != 0 && text.data[text.len - 1] <= ' ') {
        text.len--;
    }

    for (i = 0; i < text.len && text.data[i] > ' ' && text.data[i] < 0x7f;
         i++)
    {
        /* as it should be */
    }

    if (text.len == 0 || i != text.len
        || text.len > IOATTEST_ATTEST_KEY_MAX)
    {
        ioattest_complain("%s does not hold a key alone, without \"Bearer\" "
                          "or white space", from);
        return 0;
    }

    memcpy(attest->key, text.data, text.len);
    attest->key[text.len] = '\0';
    attest->ask.key = attest->key;

    return 1;
}


static int
ioattest_attest_key(ioattest_attest_t *attest)
{
    int          ok;
    const char  *path, *value;
    ioa_bytes_t  file;

    path = attest->options[IOATTEST_OPT_KEY_FILE].values[0];
    value = getenv(IOATTEST_ATTEST_KEY);

    if (path == NULL) {
        return value == NULL
               || ioattest_attest_key_set(attest, IOATTEST_ATTEST_KEY,
                                          ioattest_print_bytes(value));
    }

    if (!ioattest_input_read(&file, path, IOATTEST_ATTEST_KEY_MAX)) {
        return 0;
    }

    ok = ioattest_attest_key_set(attest, path, file);
    OPENSSL_cleanse((void *) file.data, file.len);
    ioattest_input_free(&file);

    return ok;
}


static int
ioattest_attest_seconds(ioattest_attest_t *attest)
{
    char        *end;
    const char  *text;

    text = attest->options[IOATTEST_OPT_TIMEOUT].values[0];
    attest->ask.seconds = IOATTEST_ATTEST_SECONDS;

    if (text == NULL) {
        return 1;
    }

    errno = 0;
    attest->ask.seconds = strtol(text, &end, 10);

    if (errno != 0 || end == text || *end != '\0'
        || attest->ask.seconds < 1
        || attest->ask.seconds > IOATTEST_ATTEST_LONGEST)
    {
        ioattest_complain("--timeout is 1 to %d, seconds",
                          IOATTEST_ATTEST_LONGEST);
        return 0;
    }

    return 1;
}


/* Nothing is asked if its reply could not be saved. */
static int
ioattest_attest_paths(ioattest_attest_t *attest)
{
    int          i, n;
    FILE        *file;
    const char  *paths[2];

    attest->out = attest->options[IOATTEST_OPT_OUT].values[0];

    if (attest->out == NULL) {
        attest->out = IOATTEST_ATTEST_OUT;
    }

    n = snprintf(attest->nonce_path, sizeof(attest->nonce_path), "%s.nonce",
                 attest->out);

    if (n < 0 || (size_t) n >= sizeof(attest->nonce_path)) {
        ioattest_complain("--out is too long");
        return 0;
    }

    paths[0] = attest->out;
    paths[1] = attest->nonce_path;

    for (i = 0; i < 2; i++) {
        file = fopen(paths[i], "rb");

        if (file != NULL) {
            fclose(file);
            ioattest_complain("%s is there already", paths[i]);
            return 0;
        }
    }

    return 1;
}


static int
ioattest_attest_check(ioattest_attest_t *attest)
{
    const char         *id;
    ioattest_option_t  *options = attest->options;

    if (options[IOATTEST_OPT_NONE].given) {
        ioattest_complain("a key is not an argument, others could see it: "
                          "use --key-file, or " IOATTEST_ATTEST_KEY);
        return 0;
    }

    attest->ask.option = "--url";
    attest->ask.type = "application/json";
    attest->ask.url = options[IOATTEST_OPT_URL].values[0];
    attest->ask.ca = options[IOATTEST_OPT_CA].values[0];
    id = options[IOATTEST_OPT_MODEL_ID].values[0];

    if (attest->ask.url == NULL || id == NULL) {
        ioattest_complain("%s is missing", id == NULL ? "--model-id"
                                                      : "--url");
        return 0;
    }

    if (!ioattest_ask_built()) {
        ioattest_complain("this program was built without libcurl, which "
                          "attest needs");
        return 0;
    }

    return ioattest_attest_seconds(attest) && ioattest_attest_paths(attest)
           && ioattest_attest_key(attest);
}


/* The body, with a nonce that nobody can know before it is sent. */
static int
ioattest_attest_body(ioattest_attest_t *attest)
{
    uint8_t      nonce32[IOA_NONCE_LEN];
    ioa_bytes_t  id;

    id = ioattest_print_bytes(
                        attest->options[IOATTEST_OPT_MODEL_ID].values[0]);

    if (RAND_bytes(nonce32, sizeof(nonce32)) != 1) {
        ioattest_complain("there is no randomness for a nonce");
        return 0;
    }

    ioa_hex_encode(attest->nonce64, nonce32, sizeof(nonce32));
    attest->ask.body.data = attest->body;
    attest->ask.body.len = ioa_attest_request(attest->body,
                                              sizeof(attest->body), id,
                                              nonce32);

    if (id.len == 0 || attest->ask.body.len == 0) {
        ioattest_complain("--model-id is UTF-8, of 1 to %d bytes",
                          IOA_MODEL_ID_MAX);
        return 0;
    }

    return 1;
}


/* "x": a file that came meanwhile is not written over. */
static int
ioattest_attest_write(const char *path, const uint8_t *data, size_t n)
{
    int    ok;
    FILE  *file;

    file = fopen(path, "wbx");

    if (file == NULL) {
        ioattest_complain("cannot write %s: %s", path, strerror(errno));
        return 0;
    }

    ok = fwrite(data, 1, n, file) == n;
    ok &= fclose(file) == 0;

    if (!ok) {
        ioattest_complain("cannot write %s: %s", path, strerror(errno));
        (void) remove(path);
    }

    return ok;
}


static int
ioattest_attest_save(const ioattest_attest_t *attest, ioa_bytes_t reply)
{
    uint8_t  line[sizeof(attest->nonce64) + 1];

    memcpy(line, attest->nonce64, sizeof(attest->nonce64));
    line[sizeof(attest->nonce64)] = '\n';

    if (!ioattest_attest_write(attest->nonce_path, line, sizeof(line))) {
        return IOATTEST_USAGE;
    }

    if (!ioattest_attest_write(attest->out, reply.data, reply.len)) {
        (void) remove(attest->nonce_path);
        return IOATTEST_USAGE;
    }

    puts("saved, and not verified");
    ioattest_print_line("reply", ioattest_print_bytes(attest->out), NULL);
    ioattest_print_line("nonce", ioattest_print_bytes(attest->nonce_path),
                        NULL);
    puts("next: ioattest report REPLY --nonce-file NONCE \\\n"
         "          --cpu-roots CPU_ROOTS --gpu-roots GPU_ROOTS");

    return IOATTEST_VERIFIED;
}


/* What the API said in the place of an attestation. */
static void
ioattest_attest_refused(long status, ioa_bytes_t reply)
{
    printf("the API answered with status %ld%s\n", status,
           status >= 300 && status < 400 ? ", a redirect, which is not "
           "followed: it would carry the key elsewhere" : "");

    if (reply.len != 0) {
        reply.len = reply.len > IOATTEST_ATTEST_SHOWN ? IOATTEST_ATTEST_SHOWN
                                                      : reply.len;
        ioattest_print_line("it said", reply, NULL);
    }
}


static int
ioattest_attest_run(ioattest_attest_t *attest)
{
    int          status = IOATTEST_REFUSED;
    long         http;
    char         why[IOATTEST_ATTEST_WHY_MAX];
    uint8_t      address20[IOA_ADDRESS_LEN];
    ioa_bytes_t  reply;

    if (!ioattest_attest_check(attest) || !ioattest_attest_body(attest)) {
        return IOATTEST_USAGE;
    }

    if (!ioattest_ask(&http, &reply, why, &attest->ask)) {
        ioattest_complain("%s", why);

    } else if (http != 200) {
        ioattest_attest_refused(http, reply);

    } else if (!ioa_attest_address(address20, reply)) {
        puts("the reply is not an attestation: it names no signing address");

    } else {
        status = ioattest_attest_save(attest, reply);
    }

    ioattest_input_free(&reply);

    return status;
}


int
ioattest_attest(int argc, char **argv)
{
    int                 status;
    ioattest_attest_t  *attest;

    attest = calloc(1, sizeof(ioattest_attest_t));

    if (attest == NULL) {
        ioattest_complain("out of memory");
        return IOATTEST_USAGE;
    }

    memcpy(attest->options, ioattest_attest_options,
           sizeof(ioattest_attest_options));

    if (!ioattest_options_read(attest->options, IOATTEST_OPTS, argc, argv)) {
        status = IOATTEST_USAGE;

    } else if (attest->options[IOATTEST_OPT_HELP].given) {
        ioattest_attest_usage();
        status = 0;

    } else if (attest->options[IOATTEST_OPT_VERSION].given) {
        puts("ioattest " IOATTEST_VERSION);
        status = 0;

    } else {
        status = ioattest_attest_run(attest);
    }

    OPENSSL_cleanse(attest->key, sizeof(attest->key));
    free(attest);

    return status;
}
