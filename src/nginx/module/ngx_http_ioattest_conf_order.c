
/*
 * Filters of other modules that see a response before it is verified.
 *
 * nginx calls filters in reverse order of the modules.  A module loaded after
 * this one has its filters called before ours, that is, between the copy
 * filter and ours.  Whether a module has filters cannot be determined, but
 * this is where filter modules are meant to be loaded.
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

        /* modules install filters in postconfiguration */

        if (http->postconfiguration == NULL) {
            continue;
        }

        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "ioattest: \"%s\" stands before it and may see or "
                      "change responses that are not verified yet: load "
                      "ngx_http_ioattest_module after all other modules, "
                      "as from modules-enabled/99-ioattest.conf",
                      module->name);
    }
}


/* Returns the index of the module, or the number of modules. */

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
