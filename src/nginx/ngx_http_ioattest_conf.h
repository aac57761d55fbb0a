
/*
 * Setters of the directives: what the command table points to.  Floor F6.
 */


#ifndef _NGX_HTTP_IOATTEST_CONF_H_INCLUDED_
#define _NGX_HTTP_IOATTEST_CONF_H_INCLUDED_


#include "ngx_http_ioattest.h"


/* A number, time, size or flag with its bounds, for cmd->post. */
typedef struct {
    enum {
        NGX_HTTP_IOATTEST_CONF_FLAG = 0,
        NGX_HTTP_IOATTEST_CONF_NUM,
        NGX_HTTP_IOATTEST_CONF_SEC,
        NGX_HTTP_IOATTEST_CONF_MSEC,
        NGX_HTTP_IOATTEST_CONF_MSEC_OFF,    /* "off" is 0 */
        NGX_HTTP_IOATTEST_CONF_SIZE,
        NGX_HTTP_IOATTEST_CONF_NAME         /* its place in names */
    }            type;
    ngx_int_t    min;
    ngx_int_t    max;
    const char  *expected;
    const char  *names[4];
} ngx_http_ioattest_conf_value_t;


char *ngx_http_ioattest_conf_value(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_ioattest_conf_zone(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_ioattest_conf_enable(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_ioattest_conf_uri(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_ioattest_conf_complex(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_ioattest_conf_cpu(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_ioattest_conf_digests(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_ioattest_conf_trust(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_ioattest_conf_status(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/*
 * Checks a merged location that is protected, and works out the rest.
 * own: "ioattest" stands in this very block.
 */
char *ngx_http_ioattest_conf_finish(ngx_conf_t *cf,
    ngx_http_ioattest_loc_conf_t *conf, ngx_uint_t own);


#endif /* _NGX_HTTP_IOATTEST_CONF_H_INCLUDED_ */
