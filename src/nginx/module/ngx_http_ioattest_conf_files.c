
/*
 * Files that define what is trusted: vendors' roots, the policy and the GPUs'
 * reference values; and what the API's front adds to a request.  They are
 * read together with the configuration, and never again.
 */


#include "request/ngx_http_ioattest_conf.h"
#include "module/ngx_http_ioattest_module.h"


#define NGX_HTTP_IOATTEST_DAY             86400
#define NGX_HTTP_IOATTEST_REFERENCE_WARN  (30 * NGX_HTTP_IOATTEST_DAY)


static ngx_int_t ngx_http_ioattest_read_file(ngx_conf_t *cf, ngx_str_t *name,
    size_t max, ngx_str_t *text);
static void ngx_http_ioattest_roots_cleanup(void *data);
static void ngx_http_ioattest_reference_cleanup(void *data);
static void ngx_http_ioattest_reference_warn(ngx_conf_t *cf, ngx_str_t *name,
    ioa_reference_t *reference);
static void ngx_http_ioattest_defaults_cleanup(void *data);
static void ngx_http_ioattest_policy_cleanup(void *data);


/* Reads a whole file.  NGX_OK; NGX_ERROR with a line in the log. */

static ngx_int_t
ngx_http_ioattest_read_file(ngx_conf_t *cf, ngx_str_t *name, size_t max,
    ngx_str_t *text)
{
    ssize_t           n;
    ngx_int_t         rc;
    ngx_file_t        file;
    ngx_file_info_t   fi;

    if (ngx_conf_full_name(cf->cycle, name, 1) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_memzero(&file, sizeof(ngx_file_t));

    file.name = *name;
    file.log = cf->log;
    file.fd = ngx_open_file(name->data, NGX_FILE_RDONLY|NGX_FILE_NONBLOCK,
                            NGX_FILE_OPEN, 0);

    if (file.fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_open_file_n " \"%V\" failed", name);
        return NGX_ERROR;
    }

    rc = NGX_ERROR;

    if (ngx_fd_info(file.fd, &fi) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_fd_info_n " \"%V\" failed", name);
        goto done;
    }

    if (!ngx_is_file(&fi) || ngx_file_size(&fi) > (off_t) max) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is not a regular file of at most %uz "
                           "bytes",
                           name, max);
        goto done;
    }

    text->len = (size_t) ngx_file_size(&fi);
    text->data = ngx_pnalloc(cf->temp_pool, text->len + 1);

    if (text->data == NULL) {
        goto done;
    }

    n = ngx_read_file(&file, text->data, text->len, 0);

    if (n != (ssize_t) text->len) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "could not read \"%V\"", name);
        goto done;
    }

    rc = NGX_OK;

done:

    if (ngx_close_file(file.fd) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_ALERT, cf, ngx_errno,
                           ngx_close_file_n " \"%V\" failed", name);
    }

    return rc;
}


char *
ngx_http_ioattest_conf_roots(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char *p = conf;

    char                  why[IOA_CHAIN_TEXT_MAX];
    ngx_str_t            *value, name, text;
    ioa_roots_t         **roots;
    ioa_chain_rc_t        rc;
    ngx_pool_cleanup_t   *cln;

    value = cf->args->elts;
    name = value[1];
    roots = (ioa_roots_t **) (p + cmd->offset);

    if (*roots != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    if (ngx_http_ioattest_read_file(cf, &name, IOA_ROOTS_LEN_MAX, &text)
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NGX_CONF_ERROR;
    }

    /* the CPU file may contain VCEKs; a GPU sends its whole chain */

    rc = (cmd->offset == offsetof(ngx_http_ioattest_loc_conf_t, cpu_roots))
         ? ioa_roots_parse_leaves(roots, text.data, text.len)
         : ioa_roots_parse(roots, text.data, text.len);

    if (rc != IOA_CHAIN_OK) {
        *roots = NULL;
        ioa_roots_text(why, rc, text.data, text.len);
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\" in \"%V\" directive, "
                           "expected a file of CA certificates in PEM: %s",
                           &value[1], &value[0], why);
        return NGX_CONF_ERROR;
    }

    cln->handler = ngx_http_ioattest_roots_cleanup;
    cln->data = *roots;

    return NGX_CONF_OK;
}


static void
ngx_http_ioattest_roots_cleanup(void *data)
{
    ioa_roots_free(data);
}


char *
ngx_http_ioattest_conf_reference(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_ioattest_loc_conf_t *ilcf = conf;

    char                 error[IOA_REFERENCE_ERROR_MAX];
    ngx_str_t           *value, name, text;
    ngx_pool_cleanup_t  *cln;

    (void) cmd;

    if (ilcf->gpu_reference != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;
    name = value[1];

    if (ngx_http_ioattest_read_file(cf, &name, IOA_REFERENCE_SIZE_MAX, &text)
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NGX_CONF_ERROR;
    }

    if (!ioa_reference_parse(&ilcf->gpu_reference, error, text.data,
                             text.len))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\" in \"%V\" directive, "
                           "expected a file of \"ioattest rim\", found: %s",
                           &value[1], &value[0], error);
        return NGX_CONF_ERROR;
    }

    cln->handler = ngx_http_ioattest_reference_cleanup;
    cln->data = ilcf->gpu_reference;

    ngx_http_ioattest_reference_warn(cf, &name, ilcf->gpu_reference);

    return NGX_CONF_OK;
}


static void
ngx_http_ioattest_reference_cleanup(void *data)
{
    ioa_reference_free(data);
}


/* NVIDIA's certificates end, and with them what they vouch for. */

static void
ngx_http_ioattest_reference_warn(ngx_conf_t *cf, ngx_str_t *name,
    ioa_reference_t *reference)
{
    int64_t      not_after, left;
    const char  *id;

    id = ioa_reference_ends(&not_after, reference);

    if (id == NULL) {
        return;
    }

    left = not_after - (int64_t) ngx_time();

    if (left >= 0 && left < NGX_HTTP_IOATTEST_REFERENCE_WARN) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "manifest \"%s\" in \"%V\" expires in %L days: "
                           "have NVIDIA's of today verified by "
                           "\"ioattest rim\"", id, name,
                           (int64_t) (left / NGX_HTTP_IOATTEST_DAY));

    } else if (left < 0) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "manifest \"%s\" in \"%V\" expired %L days ago, "
                           "and counts for \"gpu.reference_expired\" of the "
                           "policy after that: have NVIDIA's of today "
                           "verified by \"ioattest rim\"", id, name,
                           (int64_t) (-left / NGX_HTTP_IOATTEST_DAY));
    }
}


char *
ngx_http_ioattest_conf_policy(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_ioattest_loc_conf_t *ilcf = conf;

    char                             error[IOA_POLICY_ERROR_MAX];
    ngx_str_t                       *value, name, text;
    ngx_pool_cleanup_t              *cln;
    ngx_http_ioattest_policy_t      *policy;
    ngx_http_ioattest_main_conf_t   *mcf;

    (void) cmd;

    if (ilcf->policy_file != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;
    name = value[1];

    if (ngx_http_ioattest_read_file(cf, &name, IOA_POLICY_SIZE_MAX, &text)
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_ioattest_module);

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    policy = ngx_array_push(&mcf->policies);

    if (cln == NULL || policy == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(policy, sizeof(ngx_http_ioattest_policy_t));

    if (!ioa_policy_parse(&ilcf->policy_file, error, text.data, text.len)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\" in \"%V\" directive, "
                           "expected a policy, found: %s",
                           &value[1], &value[0], error);
        return NGX_CONF_ERROR;
    }

    cln->handler = ngx_http_ioattest_policy_cleanup;
    cln->data = ilcf->policy_file;

    ilcf->policy_name = name;

    policy->name = name;
    policy->file = ilcf->policy_file;

    return NGX_CONF_OK;
}


static void
ngx_http_ioattest_policy_cleanup(void *data)
{
    ioa_policy_free(data);
}


char *
ngx_http_ioattest_conf_defaults(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_ioattest_loc_conf_t *ilcf = conf;

    char                 error[IOA_DEFAULTS_ERROR_MAX];
    ngx_str_t           *value, name, text;
    ngx_pool_cleanup_t  *cln;

    (void) cmd;

    if (ilcf->request_defaults != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;
    name = value[1];

    if (ngx_http_ioattest_read_file(cf, &name, IOA_DEFAULTS_SIZE_MAX, &text)
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NGX_CONF_ERROR;
    }

    if (!ioa_defaults_parse(&ilcf->request_defaults, error, text.data,
                            text.len))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\" in \"%V\" directive, "
                           "expected a JSON object of members of a request, "
                           "found: %s",
                           &value[1], &value[0], error);
        return NGX_CONF_ERROR;
    }

    cln->handler = ngx_http_ioattest_defaults_cleanup;
    cln->data = ilcf->request_defaults;

    return NGX_CONF_OK;
}


static void
ngx_http_ioattest_defaults_cleanup(void *data)
{
    ioa_defaults_free(data);
}


char *
ngx_http_ioattest_conf_pool(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_ioattest_loc_conf_t *ilcf = conf;

    ngx_str_t  *value;

    (void) cmd;

    if (ilcf->thread_pool_name.data) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        ngx_str_set(&ilcf->thread_pool_name, "");
        return NGX_CONF_OK;
    }

#if (NGX_THREADS)

    ilcf->thread_pool_name = value[1];

    /* added now, as "aio threads" does, since a merge may be too late */

    if (ngx_thread_pool_add(cf, &value[1]) == NULL) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;

#else

    return ngx_http_ioattest_conf_bad(cf, &value[1],
                                "\"off\": nginx was built without threads");

#endif
}
