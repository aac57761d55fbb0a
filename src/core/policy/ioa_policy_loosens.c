/*
 * ioa_policy_loosens: whether a change lets a policy take what it refused.
 */

#include <string.h>

#include "policy/ioa_policy.h"
#include "policy/ioa_policy_fields.h"


/* The member that a line is of, by its path before " = ". */
static const ioa_policy_field_t *
ioa_policy_line_field(const char *line)
{
    size_t                     i, prefix, name;
    const char                *place;
    const ioa_policy_field_t  *field;

    for (i = 0; (field = ioa_policy_field(i)) != NULL; i++) {
        place = ioa_policy_places[field->section].prefix;
        prefix = strlen(place);
        name = strlen(field->name);

        if (strncmp(line, place, prefix) == 0
            && strncmp(line + prefix, field->name, name) == 0
            && strncmp(line + prefix + name, " = ", 3) == 0)
        {
            return field;
        }
    }

    return NULL;
}


/* 1 where each word of the list must be there, or must not: it only adds. */
static int
ioa_policy_list_adds(const ioa_policy_field_t *field)
{
    return field->kind == IOA_POLICY_PLATFORM_BIT
           || field->kind == IOA_POLICY_GUEST_BIT;
}


/* 1 where the line adds a status that is taken by default. */
static int
ioa_policy_status_usual(const char *line)
{
    const char  *word;

    word = strstr(line, " = ") + 3;

    return strcmp(word, ioa_tcb_name(IOA_TCB_UP_TO_DATE)) == 0
           || strcmp(word, ioa_tcb_name(IOA_TCB_SW_HARDENING_NEEDED)) == 0;
}


/* A number that is missing asks for nothing. */
static int
ioa_policy_number_loosens(int64_t was, int64_t is,
    const ioa_policy_field_t *field)
{
    if (was < 0) {
        return 0;
    }

    if (is < 0) {
        return 1;
    }

    if (field->kind == IOA_POLICY_TIME) {
        return is > was;
    }

    if (field->kind == IOA_POLICY_BOOL
        && strcmp(field->name, "provisional") == 0)
    {
        /* the one that allows */
        return is > was;
    }

    if (field->kind == IOA_POLICY_BOOL
        || strncmp(field->name, "min_", sizeof("min_") - 1) == 0
        || (field->section >= IOA_POLICY_IN_MIN_TCB
            && field->section <= IOA_POLICY_IN_TURIN))
    {
        return is < was;
    }

    /* exactly this one is taken: another one was not */

    return is != was;
}


int
ioa_policy_loosens(const ioa_policy_file_t *older,
    const ioa_policy_file_t *newer, const char *line)
{
    int                        added;
    const ioa_policy_list_t   *was, *is;
    const ioa_policy_field_t  *field;

    added = (line[0] == '+');
    field = ioa_policy_line_field(line + 2);

    /* what is not understood deserves a look */

    if (field == NULL) {
        return 1;
    }

    if (field->kind >= IOA_POLICY_NUMBER) {
        return ioa_policy_number_loosens(ioa_policy_field_value(older, field),
                                         ioa_policy_field_value(newer, field),
                                         field);
    }

    if (ioa_policy_list_adds(field)) {
        return !added;
    }

    was = ioa_policy_field_list(older, field);
    is = ioa_policy_field_list(newer, field);

    /* an empty list takes anything, but for the one with a default */

    if (field->kind == IOA_POLICY_STATUS) {
        return added && (was->n != 0 || !ioa_policy_status_usual(line));
    }

    return added ? was->n != 0 : is->n == 0;
}
