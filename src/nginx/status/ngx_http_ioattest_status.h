
/*
 * What the module reports: variables, and the status page.
 */


#ifndef _NGX_HTTP_IOATTEST_STATUS_H_INCLUDED_
#define _NGX_HTTP_IOATTEST_STATUS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "status/ngx_http_ioattest_facts.h"


/* longest text of one call: a machine with every name escaped */
#define NGX_HTTP_IOATTEST_LINE  8192


typedef struct {
    ngx_pool_t                  *pool;
    ngx_chain_t                 *chain;
    ngx_chain_t                **last;
    ngx_buf_t                   *buf;
    off_t                        size;
    ngx_uint_t                   failed;
} ngx_http_ioattest_text_t;


ngx_int_t ngx_http_ioattest_variables_add(ngx_conf_t *cf);

/* 1 if a directive uses $ioattest_request_sha256. */
ngx_uint_t ngx_http_ioattest_variables_hash(ngx_conf_t *cf);

ngx_int_t ngx_http_ioattest_status_handler(ngx_http_request_t *r);


/* status_text */

void ngx_http_ioattest_text_add(ngx_http_ioattest_text_t *text,
    const char *fmt, ...);

/*
 * Text for a JSON string or a label's value, whatever the bytes are: control
 * characters and invalid UTF-8 become question marks.
 */
ngx_str_t ngx_http_ioattest_text_escape(ngx_http_ioattest_text_t *text,
    const u_char *data, size_t len);


/* n / all as a decimal number between 0 and 1; 0 if all is 0 */
ngx_str_t ngx_http_ioattest_text_share(ngx_http_ioattest_text_t *text,
    uint64_t n, uint64_t all);

/*
 * The largest share of a model's responses that machines may have which have
 * not been met in so many attestations, with a probability of 99.9 %: see
 * doc/machines.md.
 */
ngx_str_t ngx_http_ioattest_text_unseen(ngx_http_ioattest_text_t *text,
    uint64_t draws);

/* RFC 3339, section 5.6 */
ngx_str_t ngx_http_ioattest_text_time(ngx_http_ioattest_text_t *text,
    time_t at);

/* The digits of a policy's digest that are shown. */
ngx_str_t ngx_http_ioattest_text_policy(ngx_http_ioattest_text_t *text,
    const u_char *policy32);

/* Text for a page, whatever the bytes are: as text_escape, and for HTML. */
ngx_str_t ngx_http_ioattest_text_html(ngx_http_ioattest_text_t *text,
    const u_char *data, size_t len);

/* the version of the library that is used */
const char *ngx_http_ioattest_openssl(void);


/* the status in its formats */
void ngx_http_ioattest_status_json(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_facts_t *facts);
void ngx_http_ioattest_status_prometheus(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_facts_t *facts);
void ngx_http_ioattest_status_html(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_facts_t *facts);

/* members of JSON, with a comma behind them */
void ngx_http_ioattest_json_rows(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_zone_facts_t *zone, time_t now);
void ngx_http_ioattest_json_when(ngx_http_ioattest_text_t *text,
    const char *name, time_t at);
void ngx_http_ioattest_json_address(ngx_http_ioattest_text_t *text,
    const char *name, const u_char *address20);

/* status_early: machines by the TCB that Intel will ask for next */
void ngx_http_ioattest_json_early(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_row_t *row);
void ngx_http_ioattest_html_early(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_row_t *row);

/* status_models: Prometheus' series of models, read once */

/* A zone whose status is being written for Prometheus. */
typedef struct {
    const ngx_http_ioattest_zone_facts_t  *zone;
    time_t                                 now;
    ngx_str_t                              label;   /* its name, escaped */
    ngx_array_t                            models;  /* see status_models */
} ngx_http_ioattest_scrape_t;

/* status_audit: the member "audit", or a table, if there is an audit log */
void ngx_http_ioattest_json_audit(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_facts_t *facts);
void ngx_http_ioattest_html_audit(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_facts_t *facts);

void ngx_http_ioattest_scrape_models(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape);
void ngx_http_ioattest_prom_early(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape);
void ngx_http_ioattest_prom_model_machines(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape);
void ngx_http_ioattest_prom_model_in_flight(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape);
void ngx_http_ioattest_prom_model_draws(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape);
void ngx_http_ioattest_prom_model_unseen(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape);
void ngx_http_ioattest_prom_model_refused(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape);
void ngx_http_ioattest_prom_model_expires(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_scrape_t *scrape);


/*
 * Answers "?model=NAME".  Returns the status, with text for the body or
 * without any; NGX_DECLINED if no model is asked for.
 */
ngx_int_t ngx_http_ioattest_status_probe(ngx_http_request_t *r,
    ngx_http_ioattest_text_t *text);


#endif /* _NGX_HTTP_IOATTEST_STATUS_H_INCLUDED_ */
