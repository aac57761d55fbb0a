
/*
 * Notes about addresses of a model.
 *
 * A note says that refused evidence named the address.  It is a hint only,
 * since forged evidence may name an honest machine: it is dropped when the
 * address is met, and responses are refused for it only after a search that
 * began later has ended without meeting the address.
 *
 * A missed address has signed responses, and was not met by as many
 * attestations as "ioattest_attempts" allows.
 */


#include "zone/ngx_http_ioattest_node.h"


typedef char ngx_http_ioattest_notes_fit_t
    [sizeof(ngx_http_ioattest_notes_t) <= NGX_HTTP_IOATTEST_NODE_SIZE
     && sizeof(ngx_http_ioattest_missed_t) <= NGX_HTTP_IOATTEST_NODE_SIZE
     ? 1 : -1];


static void *ngx_http_ioattest_piece_locked(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_sh_t *sh, ngx_http_ioattest_node_t *model);
static ngx_http_ioattest_note_t *ngx_http_ioattest_note_place_locked(
    ngx_http_ioattest_notes_t *notes);
static void ngx_http_ioattest_note_drop_locked(
    ngx_http_ioattest_notes_t *notes, ngx_http_ioattest_note_t *note);


/* Allocates a piece of the zone for the model, which may not be dropped. */

static void *
ngx_http_ioattest_piece_locked(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_sh_t *sh, ngx_http_ioattest_node_t *model)
{
    void        *piece;
    ngx_uint_t   held;

    held = model->u.model.held;
    model->u.model.held = 1;

    while ((piece = ngx_slab_calloc_locked(zone->shpool,
                                           NGX_HTTP_IOATTEST_NODE_SIZE))
           == NULL)
    {
        if (!ngx_http_ioattest_node_drop_locked(zone, sh)) {
            break;
        }
    }

    model->u.model.held = held;

    return piece;
}


ngx_http_ioattest_note_t *
ngx_http_ioattest_note_find_locked(ngx_http_ioattest_model_node_t *mn,
    const u_char *address20)
{
    ngx_uint_t  i;

    for (i = 0; mn->notes && i < mn->notes->n; i++) {
        if (ngx_memcmp(mn->notes->note[i].address20, address20,
                       IOA_ADDRESS_LEN)
            == 0)
        {
            return &mn->notes->note[i];
        }
    }

    return NULL;
}


ngx_uint_t
ngx_http_ioattest_note_locked(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_sh_t *sh, ngx_http_ioattest_node_t *model,
    const ngx_http_ioattest_ended_t *ended, ngx_msec_t fail_timeout)
{
    ngx_uint_t                       fresh;
    ngx_http_ioattest_note_t        *note;
    ngx_http_ioattest_model_node_t  *mn;

    mn = &model->u.model;

    if (mn->notes == NULL) {
        mn->notes = ngx_http_ioattest_piece_locked(zone, sh, model);

        if (mn->notes == NULL) {
            return 1;
        }
    }

    note = ngx_http_ioattest_note_find_locked(mn, ended->address20);
    fresh = (note == NULL);

    if (fresh) {
        note = ngx_http_ioattest_note_place_locked(mn->notes);
        ngx_memcpy(note->address20, ended->address20, IOA_ADDRESS_LEN);
    }

    if (fresh || (ngx_msec_int_t) (note->until - ngx_current_msec) <= 0) {

        /*
         * A note that had ended lasts twice as long, and a new search has to
         * look for the address; a note that had not ended only starts again.
         */

        if (!fresh) {
            note->repeats = ngx_min(note->repeats + 1, 255);
        }

        note->since = ngx_current_msec;
        note->answered = (uint32_t) mn->answered;
        note->met = (uint32_t) mn->met;
        note->searched = 0;
    }

    note->until = ngx_current_msec
                  + ngx_http_ioattest_backoff(note->repeats, fail_timeout);
    note->reason = (uint16_t) ended->reason;
    note->at = ngx_time();

    return fresh;
}


/* If all are in use, the note that ends first is overwritten. */

static ngx_http_ioattest_note_t *
ngx_http_ioattest_note_place_locked(ngx_http_ioattest_notes_t *notes)
{
    ngx_uint_t                 i;
    ngx_http_ioattest_note_t  *note;

    note = &notes->note[0];

    if (notes->n < NGX_HTTP_IOATTEST_NOTES_MAX) {
        note = &notes->note[notes->n++];

    } else {

        for (i = 1; i < notes->n; i++) {
            if ((ngx_msec_int_t) (notes->note[i].until - note->until) < 0) {
                note = &notes->note[i];
            }
        }
    }

    ngx_memzero(note, sizeof(ngx_http_ioattest_note_t));

    return note;
}


static void
ngx_http_ioattest_note_drop_locked(ngx_http_ioattest_notes_t *notes,
    ngx_http_ioattest_note_t *note)
{
    *note = notes->note[--notes->n];
}


ngx_uint_t
ngx_http_ioattest_note_met_locked(ngx_http_ioattest_model_node_t *mn,
    const u_char *address20)
{
    ngx_uint_t                 i;
    ngx_http_ioattest_note_t  *note;

    for (i = 0; mn->missed && i < NGX_HTTP_IOATTEST_MISSED_MAX; i++) {
        if (ngx_memcmp(mn->missed->missing[i].address20, address20,
                       IOA_ADDRESS_LEN)
            == 0)
        {
            mn->missed->missing[i].used = 0;
        }
    }

    note = ngx_http_ioattest_note_find_locked(mn, address20);

    if (note == NULL) {
        return 0;
    }

    ngx_http_ioattest_note_drop_locked(mn->notes, note);

    if (mn->notes->n == 0) {

        /* every machine that was refused has been met since */
        mn->refused = 0;
    }

    return 1;
}


/*
 * A search that ends misses an honest machine once in 300 times, with four
 * that answer equally often.  So as many attestations as a response may wait
 * for must have met other machines since the note.
 */

void
ngx_http_ioattest_notes_searched_locked(ngx_http_ioattest_model_node_t *mn,
    ngx_uint_t attempts)
{
    ngx_uint_t                 i;
    ngx_http_ioattest_note_t  *note;

    for (i = 0; mn->notes && i < mn->notes->n; i++) {
        note = &mn->notes->note[i];

        if ((ngx_msec_int_t) (mn->search_at - note->since) >= 0
            && ((uint32_t) mn->met - note->met >= attempts
                || (uint32_t) mn->answered - note->answered
                   >= NGX_HTTP_IOATTEST_ATTEMPTS_MOST * attempts))
        {
            note->searched = 1;
        }
    }
}


ngx_uint_t
ngx_http_ioattest_missed_locked(ngx_http_ioattest_model_node_t *mn,
    const u_char *address20)
{
    ngx_uint_t                    i;
    ngx_http_ioattest_missing_t  *missing;

    for (i = 0; mn->missed && i < NGX_HTTP_IOATTEST_MISSED_MAX; i++) {
        missing = &mn->missed->missing[i];

        if (missing->used
            && (ngx_msec_int_t) (missing->until - ngx_current_msec) > 0
            && ngx_memcmp(missing->address20, address20, IOA_ADDRESS_LEN)
               == 0)
        {
            return 1;
        }
    }

    return 0;
}


void
ngx_http_ioattest_miss_locked(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_sh_t *sh, ngx_http_ioattest_node_t *model,
    const u_char *address20)
{
    ngx_uint_t                       i;
    ngx_http_ioattest_missing_t     *missing, *place;
    ngx_http_ioattest_model_node_t  *mn;

    mn = &model->u.model;

    if (ngx_http_ioattest_missed_locked(mn, address20)) {
        return;
    }

    if (mn->missed == NULL) {
        mn->missed = ngx_http_ioattest_piece_locked(zone, sh, model);

        if (mn->missed == NULL) {
            return;
        }
    }

    place = &mn->missed->missing[0];

    for (i = 0; i < NGX_HTTP_IOATTEST_MISSED_MAX; i++) {
        missing = &mn->missed->missing[i];

        if (!missing->used) {
            place = missing;
            break;
        }

        if ((ngx_msec_int_t) (missing->until - place->until) < 0) {
            place = missing;
        }
    }

    ngx_memcpy(place->address20, address20, IOA_ADDRESS_LEN);
    place->used = 1;
    place->until = ngx_current_msec + NGX_HTTP_IOATTEST_MISSED_TIME;
}
