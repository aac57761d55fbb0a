/*
 * ioa_collateral_lacks: which SVNs are short, in words, see
 * ioa_collateral_parts.h.
 */

#include <stdio.h>
#include <string.h>

#include "tdx/ioa_collateral_parts.h"

#define IOA_LACKS_ITEM_MAX  128
#define IOA_LACKS_NAME_MAX  32      /* "SGX Late Microcode Update" has 25 */
#define IOA_LACKS_MORE_MAX  12      /* " and 33 more" */
#define IOA_LACKS_TAIL_MAX  64      /* what follows that */
#define IOA_LACKS_DAY       10      /* of a date, without its time */

/* What is being written; the text has IOA_TCB_LACKS_MAX bytes and a NUL. */
typedef struct {
    char    *text;
    size_t   n;
    size_t   room;          /* for items, but for IOA_LACKS_MORE_MAX */
    int      names;         /* components with Intel's words for them */
    size_t   more;          /* items for which there was no room */
} ioa_lacks_t;


static void
ioa_lacks_item(ioa_lacks_t *lacks, const char *what, unsigned is,
    unsigned needed)
{
    int   n;
    char  item[IOA_LACKS_ITEM_MAX];

    n = snprintf(item, sizeof(item), "%s%s is %u, %u is needed",
                 lacks->n != 0 ? ", " : "", what, is, needed);

    if (lacks->more != 0 || n < 0 || (size_t) n >= sizeof(item)
        || (size_t) n > lacks->room - lacks->n)
    {
        lacks->more++;
        return;
    }

    memcpy(lacks->text + lacks->n, item, (size_t) n + 1);
    lacks->n += (size_t) n;
}


/* A string of a component's, as ", text"; nothing where there is none. */
static void
ioa_lacks_name(char name[IOA_LACKS_NAME_MAX + 3],
    const ioa_json_t *component, const char *member)
{
    size_t          len;
    const uint8_t  *text;

    name[0] = '\0';

    if (ioa_json_string(&text, &len, ioa_json_member(component, member))
        && len != 0 && len <= IOA_LACKS_NAME_MAX)
    {
        snprintf(name, IOA_LACKS_NAME_MAX + 3, ", %.*s", (int) len,
                 (const char *) text);
    }
}


/* One of 16 components, from 0, by its number and Intel's words for it. */
static void
ioa_lacks_component(ioa_lacks_t *lacks, const char *kind, size_t i,
    const ioa_json_t *list, unsigned is, unsigned needed)
{
    char               what[IOA_LACKS_ITEM_MAX];
    char               category[IOA_LACKS_NAME_MAX + 3];
    char               type[IOA_LACKS_NAME_MAX + 3];
    size_t             at;
    const char        *names;
    const ioa_json_t  *component;

    component = lacks->names ? ioa_json_first(list) : NULL;

    for (at = 0; at < i && component != NULL; at++) {
        component = ioa_json_next(component);
    }

    ioa_lacks_name(category, component, "category");
    ioa_lacks_name(type, component, "type");

    names = category[0] != '\0' ? category : type;

    if (names[0] == '\0') {
        snprintf(what, sizeof(what), "%s component %zu", kind, i + 1);

    } else {
        snprintf(what, sizeof(what), "%s component %zu (%s%s)", kind, i + 1,
                 names + 2, names == category ? type : "");
    }

    ioa_lacks_item(lacks, what, is, needed);
}


static void
ioa_lacks_platform(ioa_lacks_t *lacks, const ioa_collateral_level_t *level,
    const ioa_collateral_quote_t *quote)
{
    size_t             i;
    const ioa_json_t  *tcb, *list;

    tcb = ioa_json_member(level->value, "tcb");
    list = ioa_json_member(tcb, "sgxtcbcomponents");

    for (i = 0; i < IOA_COLLATERAL_COMPONENTS; i++) {
        if (quote->pck_svns16[i] < level->sgx[i]) {
            ioa_lacks_component(lacks, "SGX", i, list, quote->pck_svns16[i],
                                level->sgx[i]);
        }
    }

    if (quote->pcesvn < level->pcesvn) {
        ioa_lacks_item(lacks, "PCESVN", quote->pcesvn, level->pcesvn);
    }

    list = ioa_json_member(tcb, "tdxtcbcomponents");

    for (i = ioa_collateral_first_tdx(quote); i < IOA_COLLATERAL_COMPONENTS;
         i++)
    {
        if (quote->tee_tcb_svn16[i] < level->tdx[i]) {
            ioa_lacks_component(lacks, "TDX", i, list,
                                quote->tee_tcb_svn16[i], level->tdx[i]);
        }
    }
}


/*
 * The level to reach: of those above the matched one the lowest that is
 * UpToDate, or else that is not out of date.
 * Returns: NULL where there is none.
 */
static const ioa_collateral_level_t *
ioa_lacks_target(const ioa_collateral_levels_t *levels, size_t matched)
{
    size_t             i;
    ioa_tcb_status_t   status;

    for (i = matched; i > 0; i--) {
        if (levels->list[i - 1].status == IOA_TCB_UP_TO_DATE) {
            return &levels->list[i - 1];
        }
    }

    for (i = matched; i > 0; i--) {
        status = levels->list[i - 1].status;

        if (status != IOA_TCB_REVOKED && !ioa_tcb_is_out_of_date(status)) {
            return &levels->list[i - 1];
        }
    }

    return NULL;
}


static void
ioa_lacks_items(ioa_lacks_t *lacks, ioa_collateral_part_t part,
    const ioa_collateral_level_t *level, const ioa_collateral_quote_t *quote)
{
    switch (part) {
    case IOA_COLLATERAL_PLATFORM:
        ioa_lacks_platform(lacks, level, quote);
        break;
    case IOA_COLLATERAL_MODULE:
        ioa_lacks_item(lacks, "TDX module svn",
                       quote->tee_tcb_svn16[IOA_COLLATERAL_MODULE_SVN],
                       level->isvsvn);
        break;
    default: /* IOA_COLLATERAL_QE */
        ioa_lacks_item(lacks, "QE isvsvn", quote->qe_isvsvn, level->isvsvn);
    }
}


static void
ioa_lacks_tail(char tail[IOA_LACKS_TAIL_MAX],
    const ioa_collateral_level_t *level)
{
    size_t          len = 0;
    const uint8_t  *date = NULL;

    if (!ioa_json_string(&date, &len, ioa_json_member(level->value,
                                                      "tcbDate"))
        || len < IOA_LACKS_DAY)
    {
        snprintf(tail, IOA_LACKS_TAIL_MAX, " for %s",
                 ioa_tcb_name(level->status));
        return;
    }

    snprintf(tail, IOA_LACKS_TAIL_MAX, " for %s (%.*s)",
             ioa_tcb_name(level->status), IOA_LACKS_DAY, (const char *) date);
}


void
ioa_collateral_lacks(char text[IOA_TCB_LACKS_MAX + 1],
    ioa_collateral_part_t part, const ioa_collateral_levels_t *levels,
    size_t matched, const ioa_collateral_quote_t *quote)
{
    char                           tail[IOA_LACKS_TAIL_MAX];
    char                           more[IOA_LACKS_MORE_MAX + 1] = "";
    ioa_lacks_t                    lacks;
    const ioa_collateral_level_t  *level;

    text[0] = '\0';
    level = ioa_lacks_target(levels, matched);

    if (level == NULL) {
        snprintf(text, IOA_TCB_LACKS_MAX + 1, "Intel has no better level");
        return;
    }

    ioa_lacks_tail(tail, level);

    memset(&lacks, 0, sizeof(lacks));
    lacks.text = text;
    lacks.room = IOA_TCB_LACKS_MAX - IOA_LACKS_MORE_MAX - strlen(tail);
    lacks.names = 1;
    ioa_lacks_items(&lacks, part, level, quote);

    /* numbers rather than words where both have no room */

    if (lacks.more != 0) {
        lacks.n = 0;
        lacks.names = 0;
        lacks.more = 0;
        ioa_lacks_items(&lacks, part, level, quote);
    }

    if (lacks.more != 0) {
        snprintf(more, sizeof(more), " and %u more",
                 (unsigned) lacks.more % 100);
    }

    snprintf(text + lacks.n, IOA_TCB_LACKS_MAX + 1 - lacks.n, "%s%s", more,
             tail);
}
