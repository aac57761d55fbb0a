
/*
 * Values of directives: their ranges, the text of what is expected, and the
 * setter that reads them.
 */


#include "module/ngx_http_ioattest_module.h"


/* the result for "auto": not a number that a directive accepts */
#define NGX_HTTP_IOATTEST_CONF_AUTO  (-2)


static ngx_uint_t ngx_http_ioattest_conf_is_set(const char *p,
    const ngx_http_ioattest_conf_value_t *spec);
static void ngx_http_ioattest_conf_put(char *p,
    const ngx_http_ioattest_conf_value_t *spec, ngx_int_t n);
static ngx_int_t ngx_http_ioattest_conf_parse(ngx_str_t *value,
    const ngx_http_ioattest_conf_value_t *spec);


const ngx_http_ioattest_conf_value_t  ngx_http_ioattest_value_flag = {
    NGX_HTTP_IOATTEST_CONF_FLAG, 0, 1, "\"on\" or \"off\"", { NULL }
};

const ngx_http_ioattest_conf_value_t  ngx_http_ioattest_value_valid = {
    NGX_HTTP_IOATTEST_CONF_SEC, 1, 86400,
    "a time between 1s and 1d, as in 10m", { NULL }
};

const ngx_http_ioattest_conf_value_t  ngx_http_ioattest_value_refresh = {
    NGX_HTTP_IOATTEST_CONF_SEC_OFF, 0, 86400,
    "\"off\" or a time of 1d or less, as in 1m", { NULL }
};

const ngx_http_ioattest_conf_value_t  ngx_http_ioattest_value_attempts = {
    NGX_HTTP_IOATTEST_CONF_NUM_AUTO, 0, 1024,
    "\"auto\" or a number between 0 and 1024", { NULL }
};

const ngx_http_ioattest_conf_value_t  ngx_http_ioattest_value_parallel = {
    NGX_HTTP_IOATTEST_CONF_NUM, 1, NGX_HTTP_IOATTEST_PARALLEL_MAX,
    "a number between 1 and 32", { NULL }
};

const ngx_http_ioattest_conf_value_t  ngx_http_ioattest_value_keep = {
    NGX_HTTP_IOATTEST_CONF_NUM, 1, 1000000,
    "a number between 1 and 1000000", { NULL }
};

const ngx_http_ioattest_conf_value_t  ngx_http_ioattest_value_wait = {
    NGX_HTTP_IOATTEST_CONF_MSEC, 1, 3600000,
    "a time between 1ms and 1h, as in 60s", { NULL }
};

const ngx_http_ioattest_conf_value_t  ngx_http_ioattest_value_background = {
    NGX_HTTP_IOATTEST_CONF_MSEC_OFF, 0, 7 * 86400 * 1000,
    "\"off\" or a time of 7d or less, as in 1h", { NULL }
};

const ngx_http_ioattest_conf_value_t  ngx_http_ioattest_value_timeout = {
    NGX_HTTP_IOATTEST_CONF_MSEC, 1, 600000,
    "a time between 1ms and 10m, as in 10s", { NULL }
};

const ngx_http_ioattest_conf_value_t  ngx_http_ioattest_value_fail = {
    NGX_HTTP_IOATTEST_CONF_MSEC, 0, 60000,
    "a time of 60s or less, as in 5s", { NULL }
};

const ngx_http_ioattest_conf_value_t  ngx_http_ioattest_value_size = {
    NGX_HTTP_IOATTEST_CONF_SIZE, 4096, 1024 * 1024 * 1024,
    "a size between 4k and 1g, as in 8m", { NULL }
};

const ngx_http_ioattest_conf_value_t  ngx_http_ioattest_value_replay = {
    NGX_HTTP_IOATTEST_CONF_MSEC_OFF, 0, 86400000,
    "\"off\" or a time of 1d or less, as in 10m", { NULL }
};

const ngx_http_ioattest_conf_value_t  ngx_http_ioattest_value_slack = {
    NGX_HTTP_IOATTEST_CONF_SEC, 0, 365 * 86400,
    "a time of a year or less, as in 7d", { NULL }
};

/* in the order of their constants */

const ngx_http_ioattest_conf_value_t  ngx_http_ioattest_value_gpu = {
    NGX_HTTP_IOATTEST_CONF_NAME, 0, 2, "\"local\", \"nras\" or \"off\"",
    { "off", "local", "nras", NULL }
};

const ngx_http_ioattest_conf_value_t  ngx_http_ioattest_value_pool = {
    NGX_HTTP_IOATTEST_CONF_NAME, 0, 1, "\"any\" or \"all\"",
    { "any", "all", NULL }
};

const ngx_http_ioattest_conf_value_t  ngx_http_ioattest_value_data = {
    NGX_HTTP_IOATTEST_CONF_NAME, 0, 2,
    "\"auto\", \"nonce\" or \"address-nonce\"",
    { "auto", "nonce", "address-nonce", NULL }
};

const ngx_http_ioattest_conf_value_t  ngx_http_ioattest_value_text = {
    NGX_HTTP_IOATTEST_CONF_NAME, 0, 2, "\"agent\", \"raw\" or \"body\"",
    { "agent", "raw", "body", NULL }
};

const ngx_http_ioattest_conf_value_t  ngx_http_ioattest_value_bind = {
    NGX_HTTP_IOATTEST_CONF_NAME, 0, 2, "\"off\", \"response\" or \"both\"",
    { "off", "response", "both", NULL }
};

const ngx_http_ioattest_conf_value_t  ngx_http_ioattest_value_stream = {
    NGX_HTTP_IOATTEST_CONF_NAME, 0, 1, "\"tail\" or \"hold\"",
    { "tail", "hold", NULL }
};

const ngx_http_ioattest_conf_value_t  ngx_http_ioattest_value_event = {
    NGX_HTTP_IOATTEST_CONF_NAME, 0, 1, "\"pass\" or \"drop\"",
    { "pass", "drop", NULL }
};


char *
ngx_http_ioattest_conf_value(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char *p = conf;

    ngx_int_t                              n;
    ngx_str_t                             *value;
    const ngx_http_ioattest_conf_value_t  *spec;

    spec = cmd->post;
    value = cf->args->elts;
    p += cmd->offset;

    if (ngx_http_ioattest_conf_is_set(p, spec)) {
        return "is duplicate";
    }

    n = ngx_http_ioattest_conf_parse(&value[1], spec);

    if (n == NGX_ERROR
        || (n != NGX_HTTP_IOATTEST_CONF_AUTO
            && (n < spec->min || n > spec->max)))
    {
        return ngx_http_ioattest_conf_bad(cf, &value[1], spec->expected);
    }

    ngx_http_ioattest_conf_put(p, spec, n);

    return NGX_CONF_OK;
}


/*
 * Each type is compared by its own name, since time_t may be larger than
 * ngx_int_t on a 32-bit system.
 */

static ngx_uint_t
ngx_http_ioattest_conf_is_set(const char *p,
    const ngx_http_ioattest_conf_value_t *spec)
{
    switch (spec->type) {

    case NGX_HTTP_IOATTEST_CONF_FLAG:
        return *(const ngx_flag_t *) p != NGX_CONF_UNSET;

    case NGX_HTTP_IOATTEST_CONF_SEC:
    case NGX_HTTP_IOATTEST_CONF_SEC_OFF:
        return *(const time_t *) p != NGX_CONF_UNSET;

    case NGX_HTTP_IOATTEST_CONF_MSEC:
    case NGX_HTTP_IOATTEST_CONF_MSEC_OFF:
        return *(const ngx_msec_t *) p != NGX_CONF_UNSET_MSEC;

    case NGX_HTTP_IOATTEST_CONF_SIZE:
        return *(const size_t *) p != NGX_CONF_UNSET_SIZE;

    default: /* NGX_HTTP_IOATTEST_CONF_NUM, _NUM_AUTO, _NAME */
        return *(const ngx_uint_t *) p != NGX_CONF_UNSET_UINT;
    }
}


static void
ngx_http_ioattest_conf_put(char *p,
    const ngx_http_ioattest_conf_value_t *spec, ngx_int_t n)
{
    switch (spec->type) {

    case NGX_HTTP_IOATTEST_CONF_FLAG:
        *(ngx_flag_t *) p = n;
        break;

    case NGX_HTTP_IOATTEST_CONF_SEC:
    case NGX_HTTP_IOATTEST_CONF_SEC_OFF:
        *(time_t *) p = n;
        break;

    case NGX_HTTP_IOATTEST_CONF_MSEC:
    case NGX_HTTP_IOATTEST_CONF_MSEC_OFF:
        *(ngx_msec_t *) p = n;
        break;

    case NGX_HTTP_IOATTEST_CONF_SIZE:
        *(size_t *) p = n;
        break;

    case NGX_HTTP_IOATTEST_CONF_NUM_AUTO:
        *(ngx_uint_t *) p = (n == NGX_HTTP_IOATTEST_CONF_AUTO)
                            ? NGX_HTTP_IOATTEST_ATTEMPTS_AUTO
                            : (ngx_uint_t) n;
        break;

    default: /* NGX_HTTP_IOATTEST_CONF_NUM, NGX_HTTP_IOATTEST_CONF_NAME */
        *(ngx_uint_t *) p = n;
    }
}


static ngx_int_t
ngx_http_ioattest_conf_parse(ngx_str_t *value,
    const ngx_http_ioattest_conf_value_t *spec)
{
    ngx_int_t  n;

    switch (spec->type) {

    case NGX_HTTP_IOATTEST_CONF_FLAG:

        if (value->len == 2
            && ngx_strncasecmp(value->data, (u_char *) "on", 2) == 0)
        {
            return 1;
        }

        if (value->len == 3
            && ngx_strncasecmp(value->data, (u_char *) "off", 3) == 0)
        {
            return 0;
        }

        return NGX_ERROR;

    case NGX_HTTP_IOATTEST_CONF_NUM_AUTO:

        if (ngx_strcmp(value->data, "auto") == 0) {
            return NGX_HTTP_IOATTEST_CONF_AUTO;
        }

        /* fall through */

    case NGX_HTTP_IOATTEST_CONF_NUM:
        return ngx_atoi(value->data, value->len);

    case NGX_HTTP_IOATTEST_CONF_SEC_OFF:

        if (ngx_strcmp(value->data, "off") == 0) {
            return 0;
        }

        /* fall through */

    case NGX_HTTP_IOATTEST_CONF_SEC:
        return ngx_parse_time(value, 1);

    case NGX_HTTP_IOATTEST_CONF_MSEC_OFF:

        if (ngx_strcmp(value->data, "off") == 0) {
            return 0;
        }

        n = ngx_parse_time(value, 0);

        return n ? n : NGX_ERROR;

    case NGX_HTTP_IOATTEST_CONF_MSEC:
        return ngx_parse_time(value, 0);

    case NGX_HTTP_IOATTEST_CONF_SIZE:
        return ngx_parse_size(value);

    default: /* NGX_HTTP_IOATTEST_CONF_NAME */

        for (n = 0; spec->names[n]; n++) {
            if (ngx_strcmp(value->data, spec->names[n]) == 0) {
                return n;
            }
        }

        return NGX_ERROR;
    }
}
