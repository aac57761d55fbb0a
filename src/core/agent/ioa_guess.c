/*
 * ioa_guess: see ioa_guess.h.
 */

#include <string.h>

#include "agent/ioa_guess.h"

/* What a front may add; each line is tried as a file of defaults. */
#define IOA_GUESS_SAMPLING                                                \
    "\"temperature\":0.7,\"top_p\":1,\"frequency_penalty\":0,"               \
    "\"presence_penalty\":0,\"n\":1,\"logprobs\":false"
#define IOA_GUESS_TOOLS                                                   \
    "\"tool_choice\":\"none\",\"parallel_tool_calls\":false"
#define IOA_GUESS_USAGE                                                   \
    "\"stream_options\":{\"include_usage\":true}"

static const char *const  ioa_guess_members[] = {
    "{" IOA_GUESS_SAMPLING "," IOA_GUESS_TOOLS "," IOA_GUESS_USAGE
        "}",
    "{" IOA_GUESS_SAMPLING "," IOA_GUESS_USAGE "," IOA_GUESS_TOOLS
        "}",
    "{" IOA_GUESS_SAMPLING "}",
    "{" IOA_GUESS_SAMPLING "," IOA_GUESS_TOOLS "}",
    "{" IOA_GUESS_SAMPLING "," IOA_GUESS_USAGE "}",
    "{" IOA_GUESS_USAGE "}",
    "{" IOA_GUESS_TOOLS "}",
    "{" IOA_GUESS_TOOLS "," IOA_GUESS_USAGE "}",
    "{" IOA_GUESS_USAGE "," IOA_GUESS_TOOLS "}",
    "{}"
};


/* 1 where the request, with these members, has that hash. */
static int
ioa_guess_fits(ioa_reqmodel_t *rm, const char *members,
    const uint8_t signed32[IOA_SHA256_LEN], size_t text_max)
{
    int              fits;
    char             error[IOA_DEFAULTS_ERROR_MAX];
    uint8_t          digest32[IOA_SHA256_LEN];
    ioa_defaults_t  *defaults;

    if (!ioa_defaults_parse(&defaults, error, (const uint8_t *) members,
                            strlen(members)))
    {
        return 0;
    }

    fits = ioa_reqmodel_again(digest32, rm, defaults, text_max) == IOA_OK
           && memcmp(digest32, signed32, IOA_SHA256_LEN) == 0;

    ioa_defaults_free(defaults);

    return fits;
}


const char *
ioa_guess(ioa_reqmodel_t *rm, const uint8_t signed32[IOA_SHA256_LEN],
    size_t text_max)
{
    size_t  i;

    for (i = 0; i < sizeof(ioa_guess_members) / sizeof(char *); i++) {
        if (ioa_guess_fits(rm, ioa_guess_members[i], signed32, text_max)) {
            return ioa_guess_members[i];
        }
    }

    return NULL;
}
