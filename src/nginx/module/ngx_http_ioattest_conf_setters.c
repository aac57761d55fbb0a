
/*
 * Setters of the directives.  A bad value is refused with a sentence that
 * names the directive, the value and what was expected.
 */


#include "request/ngx_http_ioattest_conf.h"
#include "request/ngx_http_ioattest_key.h"
#include "status/ngx_http_ioattest_status.h"
#include "module/ngx_http_ioattest_module.h"


static char *ngx_http_ioattest_conf_uri_word(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf, const char *word, ngx_uint_t *flag,
    const char *expected);


char *
ngx_http_ioattest_conf_bad(ngx_conf_t *cf, ngx_str_t *value,
    const char *expected)
{
    ngx_str_t  *name;

    name = cf->args->elts;

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid value \"%V\" in \"%V\" directive, "
                       "expected %s", value, name, expected);

    return NGX_CONF_ERROR;
}


char *
ngx_http_ioattest_conf_enable(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_ioattest_loc_conf_t *ilcf = conf;

    ngx_str_t  *value;

    (void) cmd;

    if (ilcf->enable != NGX_CONF_UNSET) {
        return "is duplicate";
    }

    value = cf->args->elts;

    ilcf->line = cf->conf_file->line;
    ilcf->file = cf->conf_file->file.name;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        ilcf->enable = 0;
        return NGX_CONF_OK;
    }

    if (value[1].len <= 5 || ngx_strncmp(value[1].data, "zone=", 5) != 0) {
        return ngx_http_ioattest_conf_bad(cf, &value[1],
                                          "\"off\" or \"zone=name\"");
    }

    ilcf->enable = 1;
    ilcf->zone_name.data = value[1].data + 5;
    ilcf->zone_name.len = value[1].len - 5;

#if (NGX_THREADS && defined ANGIE_VERSION)

    /*
     * The default pool is added here: Angie merges configurations after it
     * has set up the pools, and a pool added then would have no threads.
     */

    if (ilcf->thread_pool_name.data == NULL
        && ngx_thread_pool_add(cf, NULL) == NULL)
    {
        return NGX_CONF_ERROR;
    }

#endif

    return NGX_CONF_OK;
}


char *
ngx_http_ioattest_conf_uri(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char *p = conf;

    ngx_str_t  *value, *field;

    value = cf->args->elts;
    field = (ngx_str_t *) (p + cmd->offset);

    if (field->data) {
        return "is duplicate";
    }

    /* cmd->post is set if "off" is allowed */

    if (cmd->post && ngx_strcmp(value[1].data, "off") == 0) {
        ngx_str_set(field, "");
        return NGX_CONF_OK;
    }

    if (value[1].len == 0 || value[1].data[0] != '/'
        || ngx_strlchr(value[1].data, value[1].data + value[1].len, '$')
        || ngx_strlchr(value[1].data, value[1].data + value[1].len, '?'))
    {
        return ngx_http_ioattest_conf_bad(cf, &value[1],
                           cmd->post ? "\"off\" or the path of an internal "
                                       "location, as in /_ioattest/models"
                                     : "the path of an internal location, "
                                       "as in /_ioattest/attestation");
    }

    *field = value[1];

    return NGX_CONF_OK;
}


char *
ngx_http_ioattest_conf_kds(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_ioattest_loc_conf_t *ilcf = conf;

    return ngx_http_ioattest_conf_uri_word(cf, cmd, conf, "no_crl",
                                  &ilcf->amd_no_crl,
                                  "\"no_crl\" behind a path, for a mirror "
                                  "that has no CRL, or nothing");
}


char *
ngx_http_ioattest_conf_ocsp(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_ioattest_loc_conf_t *ilcf = conf;

    return ngx_http_ioattest_conf_uri_word(cf, cmd, conf, "accept_hold",
                                  &ilcf->gpu_hold,
                                  "\"accept_hold\" behind a path, for "
                                  "boards on certificateHold, or nothing");
}


/* A location or "off", and behind a location a word that sets the flag. */

static char *
ngx_http_ioattest_conf_uri_word(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf, const char *word, ngx_uint_t *flag, const char *expected)
{
    char *p = conf;

    char       *rv;
    ngx_str_t  *value, *field;

    rv = ngx_http_ioattest_conf_uri(cf, cmd, conf);

    if (rv != NGX_CONF_OK || cf->args->nelts == 2) {
        return rv;
    }

    value = cf->args->elts;
    field = (ngx_str_t *) (p + cmd->offset);

    if (field->len == 0 || ngx_strcmp(value[2].data, word) != 0) {
        return ngx_http_ioattest_conf_bad(cf, &value[2], expected);
    }

    *flag = 1;

    return NGX_CONF_OK;
}


char *
ngx_http_ioattest_conf_complex(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t  *value;

    value = cf->args->elts;

    if (value[1].len == 0) {
        return ngx_http_ioattest_conf_bad(cf, &value[1],
                                 "a name, which may hold variables");
    }

    return ngx_http_set_complex_value_slot(cf, cmd, conf);
}


/* A key that is refused is not shown in the message. */

char *
ngx_http_ioattest_conf_authorization(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_ioattest_loc_conf_t *ilcf = conf;

    ngx_str_t                         *value;
    ngx_http_compile_complex_value_t   ccv;

    (void) cmd;

    if (ilcf->authorization) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (value[1].len == 0 || !ngx_http_ioattest_key_printable(&value[1])) {
        return "has an invalid value, expected that of an Authorization "
               "header, which may hold variables";
    }

    if (cf->args->nelts == 3 && ngx_strcmp(value[2].data, "own") != 0) {
        return "has an invalid second value, expected \"own\" or nothing";
    }

    ilcf->authorization = ngx_palloc(cf->pool,
                                     sizeof(ngx_http_complex_value_t));
    if (ilcf->authorization == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = &value[1];
    ccv.complex_value = ilcf->authorization;

    if (ngx_http_compile_complex_value(&ccv) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    ilcf->own_key = (cf->args->nelts == 3
                     || ilcf->authorization->lengths == NULL);

    return NGX_CONF_OK;
}


char *
ngx_http_ioattest_conf_cpu(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_ioattest_loc_conf_t *ilcf = conf;

    ngx_str_t   *value;
    ngx_uint_t   i, bit;

    (void) cmd;

    if (ilcf->cpu) {
        return "is duplicate";
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_strcmp(value[i].data, "off") == 0) {
            bit = NGX_HTTP_IOATTEST_CPU_OFF;

        } else if (ngx_strcmp(value[i].data, "tdx") == 0) {
            bit = IOA_CPU_TDX;

        } else if (ngx_strcmp(value[i].data, "sev-snp") == 0) {
            bit = IOA_CPU_SEV_SNP;

        } else {
            bit = 0;
        }

        if (bit == 0 || (ilcf->cpu & bit)
            || ((ilcf->cpu | bit) & NGX_HTTP_IOATTEST_CPU_OFF
                && cf->args->nelts != 2))
        {
            return ngx_http_ioattest_conf_bad(cf, &value[i],
                         "\"off\" alone, or \"tdx\" and \"sev-snp\", each "
                         "once");
        }

        ilcf->cpu |= bit;
    }

    return NGX_CONF_OK;
}


char *
ngx_http_ioattest_conf_digests(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_ioattest_loc_conf_t *ilcf = conf;

    ngx_str_t    *value;
    ngx_uint_t    i;
    ioa_bytes_t  *digest, text;

    (void) cmd;

    if (ilcf->image_digests != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    ilcf->image_digests = ngx_array_create(cf->pool, cf->args->nelts,
                                           sizeof(ioa_bytes_t));
    if (ilcf->image_digests == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        text.data = value[i].data;
        text.len = value[i].len;

        if (!ioa_image_digest_valid(text)) {
            return ngx_http_ioattest_conf_bad(cf, &value[i],
                              "sha256: and 64 lower-case hex digits");
        }

        digest = ngx_array_push(ilcf->image_digests);
        if (digest == NULL) {
            return NGX_CONF_ERROR;
        }

        *digest = text;
    }

    return NGX_CONF_OK;
}


char *
ngx_http_ioattest_conf_trust(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_ioattest_loc_conf_t *ilcf = conf;

    u_char       *address;
    ngx_str_t    *value;
    ngx_uint_t    i;
    ioa_bytes_t   text;

    (void) cmd;

    if (ilcf->trust != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    ilcf->trust = ngx_array_create(cf->pool, cf->args->nelts,
                                   IOA_ADDRESS_LEN);
    if (ilcf->trust == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        address = ngx_array_push(ilcf->trust);
        if (address == NULL) {
            return NGX_CONF_ERROR;
        }

        text.data = value[i].data;
        text.len = value[i].len;

        if (!ioa_address_parse(address, text)) {
            return ngx_http_ioattest_conf_bad(cf, &value[i],
                                         "0x and 40 hex digits");
        }
    }

    return NGX_CONF_OK;
}


char *
ngx_http_ioattest_conf_status(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_ioattest_loc_conf_t *ilcf = conf;

    ngx_str_t                 *value;
    ngx_http_core_loc_conf_t  *clcf;

    (void) cmd;

    if (ilcf->status_format != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;
    ilcf->status_format = NGX_HTTP_IOATTEST_STATUS_AUTO;

    if (cf->args->nelts == 2) {

        if (ngx_strcmp(value[1].data, "json") == 0) {
            ilcf->status_format = NGX_HTTP_IOATTEST_STATUS_JSON;

        } else if (ngx_strcmp(value[1].data, "prometheus") == 0) {
            ilcf->status_format = NGX_HTTP_IOATTEST_STATUS_PROMETHEUS;

        } else if (ngx_strcmp(value[1].data, "html") == 0) {
            ilcf->status_format = NGX_HTTP_IOATTEST_STATUS_HTML;

        } else {
            return ngx_http_ioattest_conf_bad(cf, &value[1],
                            "\"json\", \"prometheus\", \"html\" or nothing");
        }
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_ioattest_status_handler;

    return NGX_CONF_OK;
}
