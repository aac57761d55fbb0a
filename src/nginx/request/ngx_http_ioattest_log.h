
/*
 * Log lines that nginx's own level must not hide.
 */


#ifndef _NGX_HTTP_IOATTEST_LOG_H_INCLUDED_
#define _NGX_HTTP_IOATTEST_LOG_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/*
 * For what was attested and what changed: a log that writes notices and
 * warnings wherever "log" writes errors, since "error" is the level of an
 * error_log that names none.  A log that hides errors hides them too.  The
 * result is "log" or "shown", which the caller provides and which is valid
 * for as long as "log" is.
 */
ngx_log_t *ngx_http_ioattest_log_shown(ngx_log_t *shown, ngx_log_t *log);


#endif /* _NGX_HTTP_IOATTEST_LOG_H_INCLUDED_ */
