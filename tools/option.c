/*
 * option: see option.h.
 */

#include <string.h>

#include "command.h"
#include "option.h"


/* The option for arguments without dashes, which has an empty name. */
static ioattest_option_t *
ioattest_option_operand(ioattest_option_t *options, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        if (options[i].name[0] != '-') {
            return &options[i];
        }
    }

    return NULL;
}


/*
 * In: ended, 1 after "--": an argument is then never an option.
 * Out: *value, the part after "=" in arg, else NULL.
 */
static ioattest_option_t *
ioattest_option_find(const char **value, ioattest_option_t *options, size_t n,
    const char *arg, int ended)
{
    size_t  i, len;

    len = strcspn(arg, "=");
    *value = arg[len] == '=' ? arg + len + 1 : NULL;

    if (ended || arg[0] != '-' || arg[1] == '\0') {
        *value = arg;
        return ioattest_option_operand(options, n);
    }

    for (i = 0; i < n; i++) {
        if (strlen(options[i].name) == len
            && memcmp(options[i].name, arg, len) == 0)
        {
            return &options[i];
        }
    }

    return NULL;
}


/* Records that an option was given, with a value or without (NULL). */
static int
ioattest_option_note(ioattest_option_t *option, const char *value)
{
    size_t  most;

    most = option->max == 0 ? 1 : option->max;

    if (option->given == most) {
        if (most == 1) {
            ioattest_complain("%s is given twice", option->name);
        } else {
            ioattest_complain("%s is given more than %zu times",
                              option->name, most);
        }

        return 0;
    }

    option->values[option->given++] = value;

    return 1;
}


int
ioattest_options_read(ioattest_option_t *options, size_t n, int argc,
    char **argv)
{
    int                 i, ended;
    const char         *value;
    ioattest_option_t  *option;

    for (i = 1, ended = 0; i < argc; i++) {

        if (!ended && strcmp(argv[i], "--") == 0) {
            ended = 1;
            continue;
        }

        option = ioattest_option_find(&value, options, n, argv[i], ended);

        if (option == NULL) {
            ioattest_complain("unknown %s \"%s\": see ioattest %s --help",
                              argv[i][0] == '-' && !ended ? "option"
                                                          : "argument",
                              argv[i], argv[0]);
            return 0;
        }

        if (option->max == 0 && value != NULL) {
            ioattest_complain("%s takes no value", option->name);
            return 0;
        }

        if (option->max != 0 && value == NULL) {

            /* an option in the value's place: the value was forgotten */

            if (argv[i + 1] == NULL || strncmp(argv[i + 1], "--", 2) == 0) {
                ioattest_complain("%s needs a value", option->name);
                return 0;
            }

            value = argv[++i];
        }

        if (!ioattest_option_note(option, value)) {
            return 0;
        }
    }

    return 1;
}
