
/*
 * A walk over the zone, for the status page.
 */


#ifndef _NGX_HTTP_IOATTEST_WALK_H_INCLUDED_
#define _NGX_HTTP_IOATTEST_WALK_H_INCLUDED_


#include "zone/ngx_http_ioattest_zone.h"


/* The state of a model's census as it is shown. */
typedef enum {
    NGX_HTTP_IOATTEST_SHOW_IDLE = 0,
    NGX_HTTP_IOATTEST_SHOW_SEARCH,
    NGX_HTTP_IOATTEST_SHOW_CHASE,
    NGX_HTTP_IOATTEST_SHOW_BEHIND
} ngx_http_ioattest_show_e;


typedef struct {
    u_char                      address20[IOA_ADDRESS_LEN];
    ioa_status_t                reason;
    time_t                      at;
} ngx_http_ioattest_refused_t;


/*
 * The status page calls next until it returns NGX_DONE; each call copies a
 * batch under the lock.
 */
typedef struct {
    ngx_http_ioattest_kind_e    kind;
    ngx_http_ioattest_names_t   names;      /* MODEL; MACHINE: its model's */
    ngx_http_ioattest_machine_t machine;    /* MACHINE */
    ngx_uint_t                  trusted;    /* MACHINE: not expired */
    ngx_msec_t                  left;       /* MACHINE: ms to expiry */
    ngx_uint_t                  given_up;   /* MACHINE: not met by a chase */
    ngx_http_ioattest_refused_t doubt;      /* MACHINE: evidence that names
                                               it; reason IOA_OK: none */
    char                        early[IOA_TCB_LACKS_MAX + 1];   /* MACHINE */
    ngx_uint_t                  machines;   /* MODEL */
    ngx_uint_t                  known;      /* MODEL: not expired */
    ngx_uint_t                  wanted;     /* MODEL: has a machine that is
                                               trusted, or needs one */
    ngx_uint_t                  in_flight;  /* MODEL */
    time_t                      last_new;   /* MODEL; 0: none yet */
    uint64_t                    draws;      /* MODEL: since last_new */
    ngx_uint_t                  share_met;      /* MODEL: recently */
    ngx_uint_t                  share_refused;
    ngx_http_ioattest_show_e    census;     /* MODEL */
    ngx_msec_t                  soonest;    /* MODEL: ms to an expiry */
    ngx_uint_t                  doubted;    /* MODEL: trusted machines that
                                               refused evidence names */
    ngx_uint_t                  refused_n;  /* MODEL */
    ngx_http_ioattest_refused_t refused[NGX_HTTP_IOATTEST_NOTES_MAX];
    ngx_uint_t                  leased;     /* NAME */
    ioa_status_t                failing;    /* MODEL: reason, or IOA_OK */
    u_char                      policy[NGX_HTTP_IOATTEST_KEY_LEN];
    u_char                      key[NGX_HTTP_IOATTEST_KEY_LEN];
} ngx_http_ioattest_row_t;

/* For how long machines are trusted by a policy of today's configuration. */
typedef struct {
    const u_char               *policy32;
    ngx_msec_t                  valid;
} ngx_http_ioattest_life_t;


/*
 * lives, if given, says what is trusted: machines of another policy are not.
 * Else each is trusted as long as its location said.
 */
typedef struct {
    u_char                      key[NGX_HTTP_IOATTEST_KEY_LEN];
    ngx_uint_t                  started;
    ngx_http_ioattest_life_t   *lives;      /* NULL: not given */
    ngx_uint_t                  lives_n;
} ngx_http_ioattest_cursor_t;

/* Rows that are copied while the lock is held once. */
#define NGX_HTTP_IOATTEST_ROWS  16

/* Returns the number of rows written, 0 at the end. */
ngx_uint_t ngx_http_ioattest_store_rows(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_cursor_t *cursor,
    ngx_http_ioattest_row_t rows[NGX_HTTP_IOATTEST_ROWS]);

/* What is known of a model by its name. */
#define NGX_HTTP_IOATTEST_NAMED_NOT      0
#define NGX_HTTP_IOATTEST_NAMED_LISTED   1  /* or it was asked for */
#define NGX_HTTP_IOATTEST_NAMED_TRUSTED  2  /* a machine of it is trusted */

ngx_uint_t ngx_http_ioattest_store_named(ngx_http_ioattest_zone_t *zone,
    const u_char *policy32, const ngx_str_t *name, ngx_msec_t valid);

/* Bytes of the zone in use, whole pages. */
size_t ngx_http_ioattest_store_used_bytes(ngx_http_ioattest_zone_t *zone);


#endif /* _NGX_HTTP_IOATTEST_WALK_H_INCLUDED_ */
