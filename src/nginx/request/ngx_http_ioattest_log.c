
/*
 * Log lines that nginx's own level must not hide.
 */


#include "request/ngx_http_ioattest_log.h"


ngx_log_t *
ngx_http_ioattest_log_shown(ngx_log_t *shown, ngx_log_t *log)
{
    if (log->log_level < NGX_LOG_ERR || log->log_level >= NGX_LOG_NOTICE) {
        return log;
    }

    *shown = *log;
    shown->log_level = NGX_LOG_NOTICE;

    return shown;
}
