/*
 * ioa_collateral_levels: TCB levels in their order, see ioa_collateral.h.
 */

#include <string.h>

#include "tdx/ioa_collateral.h"


/*
 * Returns: above 0 where a comes before b, 0 where their SVNs are the same.
 * Levels of a module or QE have zeros where those of a platform have SVNs,
 * and the other way round.
 */
static int
ioa_collateral_level_cmp(const ioa_collateral_level_t *a,
    const ioa_collateral_level_t *b)
{
    int  rc;

    rc = memcmp(a->sgx, b->sgx, sizeof(a->sgx));

    if (rc == 0) {
        rc = a->pcesvn - b->pcesvn;
    }

    if (rc == 0) {
        rc = memcmp(a->tdx, b->tdx, sizeof(a->tdx));
    }

    return rc != 0 ? rc : a->isvsvn - b->isvsvn;
}


/*
 * Puts a level in its place.
 * Returns: 1; 0 where one with the same SVNs is there.
 * In: levels, with room for one more.
 */
static int
ioa_collateral_level_insert(ioa_collateral_levels_t *levels,
    const ioa_collateral_level_t *level)
{
    int     rc;
    size_t  i;

    for (i = levels->n; i > 0; i--) {
        rc = ioa_collateral_level_cmp(&levels->list[i - 1], level);

        if (rc == 0) {
            return 0;
        }

        if (rc > 0) {
            break;
        }
    }

    memmove(&levels->list[i + 1], &levels->list[i],
            (levels->n - i) * sizeof(*level));
    levels->list[i] = *level;
    levels->n++;

    return 1;
}


int
ioa_collateral_levels(ioa_collateral_levels_t *levels,
    const ioa_json_t *object, ioa_collateral_read_pt read)
{
    const ioa_json_t        *list, *value;
    ioa_collateral_level_t   level;

    levels->n = 0;
    list = ioa_json_member(object, "tcbLevels");

    if (!ioa_json_is_array(list)) {
        return 0;
    }

    for (value = ioa_json_first(list); value != NULL;
         value = ioa_json_next(value))
    {
        if (levels->n == IOA_COLLATERAL_LEVELS_MAX || !read(&level, value)
            || !ioa_collateral_level_insert(levels, &level))
        {
            return 0;
        }
    }

    return levels->n > 0;
}


int
ioa_collateral_level_tcb(ioa_tcb_t *tcb,
    const ioa_collateral_levels_t *levels, size_t i)
{
    size_t                         better;
    int64_t                        date;
    const ioa_collateral_level_t  *level;

    level = &levels->list[i];

    memset(tcb, 0, sizeof(ioa_tcb_t));
    tcb->status = level->status;

    if (ioa_tcb_is_out_of_date(level->status)) {
        tcb->out_since = level->date;

        for (better = 0; better < i; better++) {
            date = levels->list[better].date;

            if (date > level->date
                && (tcb->out_since == level->date || date < tcb->out_since))
            {
                tcb->out_since = date;
            }
        }
    }

    return ioa_collateral_advisories(tcb, level->advisories);
}
