
/*
 * Setters of the directives: what the command table points to.
 */


#ifndef _NGX_HTTP_IOATTEST_MODULE_H_INCLUDED_
#define _NGX_HTTP_IOATTEST_MODULE_H_INCLUDED_


#include "request/ngx_http_ioattest_conf.h"


/* A number, time, size or flag with its bounds, for cmd->post. */
typedef struct {
    enum {
        NGX_HTTP_IOATTEST_CONF_FLAG = 0,
        NGX_HTTP_IOATTEST_CONF_NUM,
        NGX_HTTP_IOATTEST_CONF_NUM_AUTO,    /* or "auto": ATTEMPTS_AUTO */
        NGX_HTTP_IOATTEST_CONF_SEC,
        NGX_HTTP_IOATTEST_CONF_SEC_OFF,     /* "off" is 0 */
        NGX_HTTP_IOATTEST_CONF_MSEC,
        NGX_HTTP_IOATTEST_CONF_MSEC_OFF,    /* "off" is 0 */
        NGX_HTTP_IOATTEST_CONF_SIZE,
        NGX_HTTP_IOATTEST_CONF_NAME         /* the index in names */
    }            type;
    ngx_int_t    min;
    ngx_int_t    max;
    const char  *expected;
    const char  *names[4];
} ngx_http_ioattest_conf_value_t;


extern const ngx_http_ioattest_conf_value_t
    ngx_http_ioattest_value_flag;
extern const ngx_http_ioattest_conf_value_t
    ngx_http_ioattest_value_valid;
extern const ngx_http_ioattest_conf_value_t
    ngx_http_ioattest_value_refresh;
extern const ngx_http_ioattest_conf_value_t
    ngx_http_ioattest_value_attempts;
extern const ngx_http_ioattest_conf_value_t
    ngx_http_ioattest_value_timeout;
extern const ngx_http_ioattest_conf_value_t
    ngx_http_ioattest_value_fail;
extern const ngx_http_ioattest_conf_value_t
    ngx_http_ioattest_value_wait;
extern const ngx_http_ioattest_conf_value_t
    ngx_http_ioattest_value_parallel;
extern const ngx_http_ioattest_conf_value_t
    ngx_http_ioattest_value_background;
extern const ngx_http_ioattest_conf_value_t
    ngx_http_ioattest_value_pool;
extern const ngx_http_ioattest_conf_value_t
    ngx_http_ioattest_value_size;
extern const ngx_http_ioattest_conf_value_t
    ngx_http_ioattest_value_replay;
extern const ngx_http_ioattest_conf_value_t
    ngx_http_ioattest_value_slack;
extern const ngx_http_ioattest_conf_value_t
    ngx_http_ioattest_value_gpu;
extern const ngx_http_ioattest_conf_value_t
    ngx_http_ioattest_value_data;
extern const ngx_http_ioattest_conf_value_t
    ngx_http_ioattest_value_text;
extern const ngx_http_ioattest_conf_value_t
    ngx_http_ioattest_value_bind;
extern const ngx_http_ioattest_conf_value_t
    ngx_http_ioattest_value_stream;
extern const ngx_http_ioattest_conf_value_t
    ngx_http_ioattest_value_event;
extern const ngx_http_ioattest_conf_value_t
    ngx_http_ioattest_value_keep;


char *ngx_http_ioattest_conf_value(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_ioattest_conf_zone(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_ioattest_conf_enable(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_ioattest_conf_uri(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_ioattest_conf_kds(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_ioattest_conf_ocsp(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_ioattest_conf_complex(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_ioattest_conf_authorization(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
char *ngx_http_ioattest_conf_prewarm(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_ioattest_conf_cpu(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_ioattest_conf_roots(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_ioattest_conf_reference(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
char *ngx_http_ioattest_conf_policy(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_ioattest_conf_pool(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_ioattest_conf_digests(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_ioattest_conf_trust(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_ioattest_conf_audit(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_ioattest_conf_evidence_dir(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
char *ngx_http_ioattest_conf_status(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_ioattest_conf_defaults(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* merge: the configuration of a location */

void *ngx_http_ioattest_conf_create(ngx_conf_t *cf);
char *ngx_http_ioattest_conf_merge(ngx_conf_t *cf, void *parent, void *child);


/* order: warns of filters that see a response before it is verified */
void ngx_http_ioattest_conf_order(ngx_conf_t *cf);


/*
 * changes: notes in zone->changes, and logs, which members of the policies a
 * reload has changed.
 */
void ngx_http_ioattest_conf_changes(ngx_http_ioattest_zone_t *zone,
    ngx_http_ioattest_zone_t *old, ngx_log_t *log);

/* The zone of that name before a reload, of another size; or NULL. */
ngx_http_ioattest_zone_t *ngx_http_ioattest_conf_resized(
    ngx_shm_zone_t *shm_zone);

/* Logs "invalid value ... expected ...": always NGX_CONF_ERROR. */
char *ngx_http_ioattest_conf_bad(ngx_conf_t *cf, ngx_str_t *value,
    const char *expected);

/* Out: conf->policy32, of all settings that decide on trust. */
ngx_int_t ngx_http_ioattest_conf_digest(ngx_conf_t *cf,
    ngx_http_ioattest_loc_conf_t *conf);

/* census: what is attested in the background */

/* Remembers a merged location that needs attestations. */
ngx_int_t ngx_http_ioattest_conf_census_add(ngx_conf_t *cf,
    ngx_http_ioattest_main_conf_t *mcf, ngx_http_ioattest_loc_conf_t *conf);
ngx_int_t ngx_http_ioattest_conf_census(ngx_conf_t *cf);

/* Warns if a merged, protected location writes prompts to files. */
void ngx_http_ioattest_conf_sizes(ngx_conf_t *cf,
    ngx_http_ioattest_loc_conf_t *conf);

/* Checks a merged, protected location, and computes what depends on it. */
char *ngx_http_ioattest_conf_finish(ngx_conf_t *cf,
    ngx_http_ioattest_loc_conf_t *conf);


#endif /* _NGX_HTTP_IOATTEST_MODULE_H_INCLUDED_ */
