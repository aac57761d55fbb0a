
/*
 * The values that directives take, and the words for what was expected.
 */


#include "ngx_http_ioattest_conf.h"


const ngx_http_ioattest_conf_value_t  ngx_http_ioattest_value_flag = {
    NGX_HTTP_IOATTEST_CONF_FLAG, 0, 1, "\"on\" or \"off\"", { NULL }
};

const ngx_http_ioattest_conf_value_t  ngx_http_ioattest_value_valid = {
    NGX_HTTP_IOATTEST_CONF_SEC, 1, 86400,
    "a time between 1s and 1d, as in 10m", { NULL }
};

const ngx_http_ioattest_conf_value_t  ngx_http_ioattest_value_refresh = {
    NGX_HTTP_IOATTEST_CONF_SEC, 0, 86400,
    "a time of 1d or less, as in 1m, or 0 for no renewal", { NULL }
};

const ngx_http_ioattest_conf_value_t  ngx_http_ioattest_value_attempts = {
    NGX_HTTP_IOATTEST_CONF_NUM, 0, 1024,
    "a number between 0 and 1024", { NULL }
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

/* in the order of the constants that they stand for */

const ngx_http_ioattest_conf_value_t  ngx_http_ioattest_value_gpu = {
    NGX_HTTP_IOATTEST_CONF_NAME, 0, 2, "\"local\", \"nras\" or \"off\"",
    { "off", "local", "nras", NULL }
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
