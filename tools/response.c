/*
 * response: verifies a saved response, with or without the request that it
 * answers.
 */

#include <stdio.h>
#include <string.h>

#include "command.h"
#include "headers.h"
#include "input.h"
#include "judge.h"
#include "option.h"
#include "response_print.h"

#define IOATTEST_BODY_MAX       (64 * 1024 * 1024)
#define IOATTEST_HEADERS_MAX    (1024 * 1024)
#define IOATTEST_SIGNATURE_MAX  (1024 * 1024)

enum {
    IOATTEST_OPT_HEADERS = 0,
    IOATTEST_OPT_SIGNATURE,
    IOATTEST_OPT_STREAM,
    IOATTEST_OPT_BODY,
    IOATTEST_OPT_REQUEST,
    IOATTEST_OPT_DEFAULTS,
    IOATTEST_OPT_ADDRESS,
    IOATTEST_OPT_IMAGE_DIGEST,
    IOATTEST_OPT_TEXT,
    IOATTEST_OPT_JSON,
    IOATTEST_OPT_HELP,
    IOATTEST_OPT_VERSION,
    IOATTEST_OPTS
};

static const ioattest_option_t  ioattest_response_options[IOATTEST_OPTS] = {
    [IOATTEST_OPT_HEADERS] = { .name = "--headers", .max = 1 },
    [IOATTEST_OPT_SIGNATURE] = { .name = "--signature", .max = 1 },
    [IOATTEST_OPT_STREAM] = { .name = "--stream" },
    [IOATTEST_OPT_BODY] = { .name = "--body", .max = 1 },
    [IOATTEST_OPT_REQUEST] = { .name = "--request", .max = 1 },
    [IOATTEST_OPT_DEFAULTS] = { .name = "--request-defaults", .max = 1 },
    [IOATTEST_OPT_ADDRESS] = { .name = "--address",
                               .max = IOATTEST_OPTION_VALUES_MAX },
    [IOATTEST_OPT_IMAGE_DIGEST] = { .name = "--image-digest",
                                    .max = IOATTEST_OPTION_VALUES_MAX },
    [IOATTEST_OPT_TEXT] = { .name = "--text", .max = 1 },
    [IOATTEST_OPT_JSON] = { .name = "--json" },
    [IOATTEST_OPT_HELP] = { .name = "--help" },
    [IOATTEST_OPT_VERSION] = { .name = "--version" }
};

/* The state of a run: options, files, and what is judged. */
typedef struct {
    ioattest_option_t  options[IOATTEST_OPTS];
    ioattest_case_t    saved;
    ioa_bytes_t        headers;
    ioa_bytes_t        defaults_file;
    ioa_defaults_t    *defaults;
    uint8_t            addresses[IOATTEST_OPTION_VALUES_MAX][IOA_ADDRESS_LEN];
    ioa_bytes_t        digests[IOATTEST_OPTION_VALUES_MAX];
} ioattest_response_t;


static void
ioattest_response_usage(void)
{
    fputs(
"usage: ioattest response (--headers FILE | --signature FILE | --stream)\n"
"           --body FILE [--request FILE [--request-defaults FILE]]\n"
"           --address ADDRESS ... [--image-digest DIGEST ...]\n"
"           [--text agent|raw|body] [--json]\n"
"\n"
"Verifies that the response was signed by one of the addresses, was not\n"
"changed, and answers the request. Makes the gateway's checks in the same\n"
"order, and names the first that fails.\n"
"\n"
"Where the signature is; one of:\n"
"  --headers FILE     in the headers, as written by curl -D FILE; the last\n"
"                     of several blocks is used. For an event stream (by\n"
"                     its Content-Type), in the stream's signature event\n"
"                     (--text agent)\n"
"  --signature FILE   in a JSON object with \"text\", \"signature\",\n"
"                     \"signing_address\" and \"signing_algo\"; with --text\n"
"                     agent the body is read as JSON\n"
"  --stream           in the signature event of the body, an event stream\n"
"                     without saved headers (--text agent)\n"
"\n"
"  --body FILE        the response's body, without any content coding\n"
"  --request FILE     the request's body; without it the request is not\n"
"                     checked. Not with --text body\n"
"  --request-defaults FILE\n"
"                     a JSON object of members that the API's front adds to\n"
"                     a request that lacks them, as for the directive\n"
"                     ioattest_request_defaults (--text agent)\n"
"  --address ADDRESS  0x and 40 hex digits: a trusted signer, as in its\n"
"                     attestation; may be repeated, up to 64 times\n"
"  --image-digest DIGEST\n"
"                     sha256:... that the response has to name; may be\n"
"                     repeated to allow several. Default: any, or none\n"
"  --text FORM        the form of the signed text:\n"
"                     agent  hashes of canonical JSON, request:response;\n"
"                            the default\n"
"                     raw    hashes of the bytes, [model:]request:response\n"
"                     body   the body itself\n"
"  --json             the verdict as one JSON object on one line\n"
"  --help, --version\n"
"\n"
"FILE may be - for standard input, once. A body or request has at most 64\n"
"MB, headers and signature 1 MB.\n"
"\n"
"The first line is \"verified\", or the name of the reason of the refusal;\n"
"further results follow. The image digest is not covered by the signature,\n"
"and no attestation is checked.\n"
"\n"
"Exit status: 0 verified, 1 refused, 2 usage or unreadable input.\n",
          stdout);
}


/* Returns: the value of an option, NULL if it was not given. */
static const char *
ioattest_response_value(const ioattest_response_t *response, int option)
{
    return response->options[option].values[0];
}


static int
ioattest_response_form(ioattest_response_t *response)
{
    size_t       i;
    const char  *name;

    name = ioattest_response_value(response, IOATTEST_OPT_TEXT);

    if (name == NULL) {
        response->saved.form = IOA_TEXT_AGENT;
        return 1;
    }

    for (i = 0; i < IOATTEST_TEXTS; i++) {
        if (strcmp(name, ioattest_text_names[i]) == 0) {
            response->saved.form = (ioa_text_form_e) i;
            return 1;
        }
    }

    ioattest_complain("--text is agent, raw or body, not \"%s\"", name);

    return 0;
}


static int
ioattest_response_addresses(ioattest_response_t *response)
{
    size_t                    i;
    ioa_bytes_t               text;
    const ioattest_option_t  *option;

    option = &response->options[IOATTEST_OPT_ADDRESS];

    if (option->given == 0) {
        ioattest_complain("--address is missing: whose signature is to be "
                          "trusted?");
        return 0;
    }

    for (i = 0; i < option->given; i++) {
        text.data = (const uint8_t *) option->values[i];
        text.len = strlen(option->values[i]);

        if (!ioa_address_parse(response->addresses[i], text)) {
            ioattest_complain("--address is 0x and 40 hex digits, not \"%s\"",
                              option->values[i]);
            return 0;
        }
    }

    response->saved.addresses = response->addresses;
    response->saved.addresses_n = option->given;

    return 1;
}


static int
ioattest_response_digests(ioattest_response_t *response)
{
    size_t                    i;
    const ioattest_option_t  *option;

    option = &response->options[IOATTEST_OPT_IMAGE_DIGEST];

    for (i = 0; i < option->given; i++) {
        response->digests[i].data = (const uint8_t *) option->values[i];
        response->digests[i].len = strlen(option->values[i]);

        if (!ioa_image_digest_valid(response->digests[i])) {
            ioattest_complain("--image-digest is sha256: and 64 lower-case "
                              "hex digits, not \"%s\"", option->values[i]);
            return 0;
        }
    }

    response->saved.image_digests = response->digests;
    response->saved.image_digests_n = option->given;

    return 1;
}


static int
ioattest_response_source(ioattest_response_t *response)
{
    size_t                    given;
    const ioattest_option_t  *options = response->options;

    given = options[IOATTEST_OPT_HEADERS].given
            + options[IOATTEST_OPT_SIGNATURE].given
            + options[IOATTEST_OPT_STREAM].given;

    if (given != 1) {
        ioattest_complain("%s of --headers, --signature and --stream is "
                          "needed", given == 0 ? "one" : "only one");
        return 0;
    }

    if (options[IOATTEST_OPT_STREAM].given) {
        response->saved.source = IOATTEST_SOURCE_STREAM;

    } else if (options[IOATTEST_OPT_SIGNATURE].given) {
        response->saved.source = IOATTEST_SOURCE_FILE;
    }

    return 1;
}


/* Checks the options before any file is opened. */
static int
ioattest_response_check(ioattest_response_t *response)
{
    const ioattest_option_t  *options = response->options;

    if (!ioattest_response_source(response)
        || !ioattest_response_form(response))
    {
        return 0;
    }

    if (options[IOATTEST_OPT_BODY].given == 0) {
        ioattest_complain("--body is missing");
        return 0;
    }

    if (response->saved.source == IOATTEST_SOURCE_STREAM
        && response->saved.form != IOA_TEXT_AGENT)
    {
        ioattest_complain("--stream is of --text agent alone: no other text "
                          "is in the stream");
        return 0;
    }

    if (options[IOATTEST_OPT_REQUEST].given
        && response->saved.form == IOA_TEXT_BODY)
    {
        ioattest_complain("--request cannot be checked with --text body: "
                          "that text does not name a request");
        return 0;
    }

    if (options[IOATTEST_OPT_DEFAULTS].given
        && (response->saved.form != IOA_TEXT_AGENT
            || options[IOATTEST_OPT_REQUEST].given == 0))
    {
        ioattest_complain("--request-defaults needs --request, and --text "
                          "agent: the agent alone hashes members");
        return 0;
    }

    return ioattest_response_addresses(response)
           && ioattest_response_digests(response);
}


static int
ioattest_response_file(ioa_bytes_t *bytes,
    const ioattest_response_t *response, int option, size_t max)
{
    const char  *path;

    path = ioattest_response_value(response, option);

    return path == NULL || ioattest_input_read(bytes, path, max);
}


static int
ioattest_response_defaults(ioattest_response_t *response)
{
    char          error[IOA_DEFAULTS_ERROR_MAX];
    ioa_bytes_t  *file = &response->defaults_file;

    if (!ioattest_response_file(file, response, IOATTEST_OPT_DEFAULTS,
                                IOA_DEFAULTS_SIZE_MAX))
    {
        return 0;
    }

    if (file->data != NULL
        && !ioa_defaults_parse(&response->defaults, error, file->data,
                               file->len))
    {
        ioattest_complain("%s, %s",
                          ioattest_response_value(response,
                                                  IOATTEST_OPT_DEFAULTS),
                          error);
        return 0;
    }

    response->saved.defaults = response->defaults;

    return 1;
}


static int
ioattest_response_read(ioattest_response_t *response)
{
    size_t            line;
    const char       *what;
    ioattest_case_t  *saved = &response->saved;

    saved->request_max = IOATTEST_BODY_MAX;

    if (!ioattest_response_file(&response->headers, response,
                                IOATTEST_OPT_HEADERS, IOATTEST_HEADERS_MAX)
        || !ioattest_response_file(&saved->file, response,
                                   IOATTEST_OPT_SIGNATURE,
                                   IOATTEST_SIGNATURE_MAX)
        || !ioattest_response_file(&saved->body, response,
                                   IOATTEST_OPT_BODY, IOATTEST_BODY_MAX)
        || !ioattest_response_file(&saved->request, response,
                                   IOATTEST_OPT_REQUEST, IOATTEST_BODY_MAX)
        || !ioattest_response_defaults(response))
    {
        return 0;
    }

    if (saved->source == IOATTEST_SOURCE_HEADERS
        && !ioattest_headers_parse(&saved->headers, &line, &what,
                                   response->headers))
    {
        ioattest_complain("%s, line %zu, %s: headers are read as curl -D "
                          "writes them",
                          ioattest_response_value(response,
                                                  IOATTEST_OPT_HEADERS),
                          line, what);
        return 0;
    }

    return 1;
}


static int
ioattest_response_judge(const ioattest_response_t *response)
{
    int                 status;
    ioattest_verdict_t  verdict;

    status = IOATTEST_USAGE;

    if (!ioattest_judge(&verdict, &response->saved)) {
        ioattest_complain("out of memory");

    } else {

        ioattest_response_print(&verdict, response->saved.form,
                            response->options[IOATTEST_OPT_JSON].given != 0);
        status = verdict.verified ? IOATTEST_VERIFIED : IOATTEST_REFUSED;
    }

    ioattest_verdict_cleanup(&verdict);

    return status;
}


int
ioattest_response(int argc, char **argv)
{
    int                  status;
    ioattest_response_t  response;

    memset(&response, 0, sizeof(response));
    memcpy(response.options, ioattest_response_options,
           sizeof(ioattest_response_options));

    if (!ioattest_options_read(response.options, IOATTEST_OPTS, argc, argv)) {
        return IOATTEST_USAGE;
    }

    if (response.options[IOATTEST_OPT_HELP].given) {
        ioattest_response_usage();
        return 0;
    }

    if (response.options[IOATTEST_OPT_VERSION].given) {
        puts("ioattest " IOATTEST_VERSION);
        return 0;
    }

    status = IOATTEST_USAGE;

    if (ioattest_response_check(&response)
        && ioattest_response_read(&response))
    {
        status = ioattest_response_judge(&response);
    }

    ioa_defaults_free(response.defaults);
    ioattest_input_free(&response.defaults_file);
    ioattest_input_free(&response.headers);
    ioattest_input_free(&response.saved.file);
    ioattest_input_free(&response.saved.body);
    ioattest_input_free(&response.saved.request);

    return status;
}
