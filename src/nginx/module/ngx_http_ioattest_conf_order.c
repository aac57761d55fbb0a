
/*
 * The filters of other modules that see a response before it is verified.
 *
 * nginx calls filters in the order of its modules, the last one first.  A
 * filter module that was loaded after this one stands between it and the copy
 * filter.  Whether such a module has filters cannot be asked, but that is the
 * place where its makers wanted it to be called.
 */


#include "module/ngx_http_ioattest_module.h"


static ngx_uint_t ngx_http_ioattest_conf_module(ngx_conf_t *cf,
    const char *name);


void
ngx_http_ioattest_conf_order(ngx_conf_t *cf)
{
    ngx_uint_t          i, own, copy;
    ngx_module_t       *module;
    ngx_http_module_t  *http;

    own = ngx_http_ioattest_conf_module(cf, "ngx_http_ioattest_module");
    copy = ngx_http_ioattest_conf_module(cf, "ngx_http_copy_filter_module");

    for (i = own + 1; i < copy; i++) {
        module = cf->cycle->modules[i];

        if (module->type != NGX_HTTP_MODULE) {
            continue;
        }

        http = module->ctx;

        /* there a module puts its filters into their places */

        if (http->postconfiguration == NULL) {
            continue;
        }

        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "ioattest: \"%s\" stands before it and may see or "
                      "change a response that is not verified yet: load "
                      "ngx_http_ioattest_module after all others, as "
                      "from modules-enabled/99-ioattest.conf",
                      module->name);
    }
}


/* Its place, or that behind all modules. */

static ngx_uint_t
ngx_http_ioattest_conf_module(ngx_conf_t *cf, const char *name)
{
    ngx_uint_t  i;

    for (i = 0; cf->cycle->modules[i]; i++) {
        if (ngx_strcmp(cf->cycle->modules[i]->name, name) == 0) {
            break;
        }
    }

    return i;
}
