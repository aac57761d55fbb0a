
/*
 * The directives of the audit log and of the directory of evidence.
 */


#include "request/ngx_http_ioattest_conf.h"
#include "module/ngx_http_ioattest_module.h"


static ngx_int_t ngx_http_ioattest_conf_audit_list(ngx_conf_t *cf,
    ngx_http_ioattest_audit_t *audit);


char *
ngx_http_ioattest_conf_audit(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_ioattest_loc_conf_t *ilcf = conf;

    ngx_str_t  *value;

    (void) cmd;

    if (ilcf->audit != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        ilcf->audit = NULL;
        return NGX_CONF_OK;
    }

    if (value[1].len == 0
        || value[1].data[value[1].len - 1] == '/'
        || ngx_strlchr(value[1].data, value[1].data + value[1].len, '$')
        || ngx_strncmp(value[1].data, "syslog:", 7) == 0
        || ngx_strncmp(value[1].data, "memory:", 7) == 0)
    {
        return ngx_http_ioattest_conf_bad(cf, &value[1],
                            "\"off\" or a file, as in "
                            "/var/log/ioattest/audit.log");
    }

    ilcf->audit = ngx_http_ioattest_audit_open(cf, &value[1],
                                               NGX_HTTP_IOATTEST_VERSION);

    if (ilcf->audit == NULL
        || ngx_http_ioattest_conf_audit_list(cf, ilcf->audit) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* Each log once, for the status page. */

static ngx_int_t
ngx_http_ioattest_conf_audit_list(ngx_conf_t *cf,
    ngx_http_ioattest_audit_t *audit)
{
    ngx_uint_t                       i;
    ngx_http_ioattest_audit_t      **list;
    ngx_http_ioattest_main_conf_t   *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_ioattest_module);
    list = mcf->audits.elts;

    for (i = 0; i < mcf->audits.nelts; i++) {
        if (list[i] == audit) {
            return NGX_OK;
        }
    }

    list = ngx_array_push(&mcf->audits);
    if (list == NULL) {
        return NGX_ERROR;
    }

    *list = audit;

    return NGX_OK;
}


/* As nginx's own paths: made at start, and given to the workers' user. */

char *
ngx_http_ioattest_conf_evidence_dir(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_ioattest_loc_conf_t *ilcf = conf;

    ngx_str_t        *value;
    ngx_path_t       *path;
    ngx_file_info_t   info;

    (void) cmd;

    if (ilcf->evidence.path != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        ilcf->evidence.path = NULL;
        return NGX_CONF_OK;
    }

    if (value[1].len == 0
        || ngx_strlchr(value[1].data, value[1].data + value[1].len, '$'))
    {
        return ngx_http_ioattest_conf_bad(cf, &value[1],
                            "\"off\" or a directory, as in "
                            "/var/lib/nginx/ioattest-evidence");
    }

    path = ngx_pcalloc(cf->pool, sizeof(ngx_path_t));
    if (path == NULL) {
        return NGX_CONF_ERROR;
    }

    path->name = value[1];

    if (path->name.len > 1 && path->name.data[path->name.len - 1] == '/') {
        path->name.data[--path->name.len] = '\0';
    }

    if (ngx_conf_full_name(cf->cycle, &path->name, 0) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    /* where there is nothing yet, nginx makes it */

    if (ngx_file_info(path->name.data, &info) != NGX_FILE_ERROR
        && !ngx_is_dir(&info))
    {
        return ngx_http_ioattest_conf_bad(cf, &value[1],
                            "\"off\" or a directory, and this is none");
    }

    path->conf_file = cf->conf_file->file.name.data;
    path->line = cf->conf_file->line;

    ilcf->evidence.path = path;

    /* another directive's, if it names the same directory */

    return ngx_add_path(cf, &ilcf->evidence.path) == NGX_OK ? NGX_CONF_OK
                                                       : NGX_CONF_ERROR;
}
