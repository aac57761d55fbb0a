
/*
 * Warns if prompts may be written in clear to a file.  nginx does that with
 * bodies larger than client_body_buffer_size, and a protected location always
 * reads the whole body first, with "proxy_request_buffering off" as well.
 */


#include "request/ngx_http_ioattest_conf.h"
#include "module/ngx_http_ioattest_module.h"


void
ngx_http_ioattest_conf_sizes(ngx_conf_t *cf,
    ngx_http_ioattest_loc_conf_t *conf)
{
    ngx_http_core_loc_conf_t  *clcf;

    /* merged before, since core modules come before all others */

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (conf->incomplete) {
        return;
    }

    /* inherited values were checked for the block around this one */

    if (conf->body_buffer_size == clcf->client_body_buffer_size
        && conf->max_body_size == clcf->client_max_body_size
        && conf->body_in_file_only == clcf->client_body_in_file_only)
    {
        return;
    }

    conf->body_buffer_size = clcf->client_body_buffer_size;
    conf->max_body_size = clcf->client_max_body_size;
    conf->body_in_file_only = clcf->client_body_in_file_only;

    if (clcf->client_body_in_file_only) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "\"client_body_in_file_only\" writes each prompt "
                           "in clear to a file, in location \"%V\"",
                           &clcf->name);
        return;
    }

    if (clcf->client_max_body_size != 0
        && clcf->client_max_body_size
           <= (off_t) clcf->client_body_buffer_size)
    {
        return;
    }

    ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                       "\"client_body_buffer_size\" of %uz bytes is less "
                       "than \"client_max_body_size\" of %O bytes%s in "
                       "location \"%V\": a larger prompt is written in clear "
                       "to a file of \"client_body_temp_path\"",
                       clcf->client_body_buffer_size,
                       clcf->client_max_body_size,
                       clcf->client_max_body_size ? "" : " (no limit)",
                       &clcf->name);
}
