/*
 * ioa_policy_lines: the canonical form of a policy, see ioa_policy.h.
 */

#include <stdio.h>
#include <string.h>

#include "base/ioa_sha256.h"
#include "policy/ioa_policy.h"
#include "policy/ioa_policy_fields.h"

#define IOA_POLICY_LINE_MAX  192    /* a path, " = ", a word */


/* Where a walk through the lines is: the row of the table, the entry. */
typedef struct {
    const ioa_policy_file_t  *policy;
    size_t                    field;
    size_t                    entry;
} ioa_policy_walk_t;


static void
ioa_policy_walk(ioa_policy_walk_t *walk, const ioa_policy_file_t *policy)
{
    walk->policy = policy;
    walk->field = 0;
    walk->entry = 0;
}


/* Out: value, of the walk's entry.  Returns: 0 where its row has no more. */
static int
ioa_policy_entry(char value[IOA_POLICY_WORD_MAX + 1],
    const ioa_policy_walk_t *walk, const ioa_policy_field_t *field)
{
    int64_t                   number;
    const ioa_policy_list_t  *list;

    if (field->kind < IOA_POLICY_NUMBER) {
        list = ioa_policy_field_list(walk->policy, field);

        /* the one list whose default is not "anything" */

        if (field->kind == IOA_POLICY_STATUS && list->n == 0) {
            strcpy(value, "default");
            return walk->entry == 0;
        }

        if (walk->entry >= list->n) {
            return 0;
        }

        strcpy(value, list->words[walk->entry]);
        return 1;
    }

    number = ioa_policy_field_value(walk->policy, field);

    if (walk->entry > 0 || number < 0) {
        return 0;
    }

    if (field->kind == IOA_POLICY_BOOL) {
        strcpy(value, number ? "true" : "false");

    } else {
        snprintf(value, IOA_POLICY_WORD_MAX + 1, "%lld%s",
                 (long long) number, field->kind == IOA_POLICY_TIME ? "s"
                                                                    : "");
    }

    return 1;
}


/*
 * Out: line, the next; the walk stands behind it.
 * Returns: the line's row plus one, or 0 behind the last.
 */
static size_t
ioa_policy_next(char line[IOA_POLICY_LINE_MAX], ioa_policy_walk_t *walk)
{
    char                       value[IOA_POLICY_WORD_MAX + 1];
    const ioa_policy_field_t  *field;

    if (walk->policy == NULL) {
        return 0;
    }

    while ((field = ioa_policy_field(walk->field)) != NULL) {

        if (ioa_policy_entry(value, walk, field)) {
            walk->entry++;
            snprintf(line, IOA_POLICY_LINE_MAX, "%s%s = %s",
                     ioa_policy_places[field->section].prefix, field->name,
                     value);
            return walk->field + 1;
        }

        walk->field++;
        walk->entry = 0;
    }

    return 0;
}


static void
ioa_policy_lines(const ioa_policy_file_t *policy, ioa_policy_line_pt line,
    void *ctx)
{
    char               text[IOA_POLICY_LINE_MAX];
    ioa_policy_walk_t  walk;

    ioa_policy_walk(&walk, policy);

    while (ioa_policy_next(text, &walk)) {
        line(ctx, text);
    }
}


static void
ioa_policy_hash_line(void *ctx, const char *line)
{
    ioa_sha256_t  *sha;

    sha = ctx;
    ioa_sha256_update(sha, (const uint8_t *) line, strlen(line));
    ioa_sha256_update(sha, (const uint8_t *) "\n", 1);
}


void
ioa_policy_digest(uint8_t digest32[IOA_POLICY_DIGEST_LEN],
    const ioa_policy_file_t *policy)
{
    ioa_sha256_t  sha;

    ioa_sha256_init(&sha);
    ioa_policy_lines(policy, ioa_policy_hash_line, &sha);
    ioa_sha256_final(digest32, &sha);
}


/* Hands a line on behind its sign. */
static void
ioa_policy_signed_line(const char *sign, const char *line,
    ioa_policy_line_pt handler, void *ctx)
{
    char  text[IOA_POLICY_LINE_MAX + sizeof("+ ")];

    if (handler != NULL) {
        snprintf(text, sizeof(text), "%s%s", sign, line);
        handler(ctx, text);
    }
}


/* Both walks go up by row, and within a row by the order of its words. */
size_t
ioa_policy_diff(const ioa_policy_file_t *older,
    const ioa_policy_file_t *newer, ioa_policy_line_pt line, void *ctx)
{
    int                order;
    char               gone[IOA_POLICY_LINE_MAX], come[IOA_POLICY_LINE_MAX];
    size_t             n, row_old, row_new;
    ioa_policy_walk_t  old, new;

    n = 0;
    ioa_policy_walk(&old, older);
    ioa_policy_walk(&new, newer);
    row_old = ioa_policy_next(gone, &old);
    row_new = ioa_policy_next(come, &new);

    while (row_old != 0 || row_new != 0) {

        if (row_old == 0 || row_new == 0) {
            order = row_old == 0 ? 1 : -1;

        } else if (row_old != row_new) {
            order = row_old < row_new ? -1 : 1;

        } else {
            order = strcmp(gone, come);
        }

        if (order != 0) {
            ioa_policy_signed_line(order < 0 ? "- " : "+ ",
                                   order < 0 ? gone : come, line, ctx);
            n++;
        }

        if (order <= 0) {
            row_old = ioa_policy_next(gone, &old);
        }

        if (order >= 0) {
            row_new = ioa_policy_next(come, &new);
        }
    }

    return n;
}
