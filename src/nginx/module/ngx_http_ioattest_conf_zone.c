
/*
 * The directive for the zone, and the setup of the zone when nginx starts or
 * reloads.
 */


#include "zone/ngx_http_ioattest_zone.h"
#include "request/ngx_http_ioattest_conf.h"
#include "request/ngx_http_ioattest_log.h"
#include "module/ngx_http_ioattest_module.h"

#include <openssl/rand.h>


static ngx_int_t ngx_http_ioattest_zone_init(ngx_shm_zone_t *shm_zone,
    void *data);


char *
ngx_http_ioattest_conf_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_ioattest_main_conf_t *mcf = conf;

    u_char                     *colon;
    ssize_t                     size;
    ngx_str_t                  *value, name, number;
    ngx_shm_zone_t             *shm_zone;
    ngx_http_ioattest_zone_t   *zone, **zp;

    (void) cmd;

    value = cf->args->elts;

    colon = ngx_strlchr(value[1].data, value[1].data + value[1].len, ':');

    if (colon == NULL || colon == value[1].data) {
        return ngx_http_ioattest_conf_bad(cf, &value[1],
                                          "a name and a size, as in io:4m");
    }

    name.data = value[1].data;
    name.len = colon - value[1].data;

    number.data = colon + 1;
    number.len = value[1].data + value[1].len - number.data;

    size = ngx_parse_size(&number);

    if (size == NGX_ERROR || size < (ssize_t) (8 * ngx_pagesize)) {
        return ngx_http_ioattest_conf_bad(cf, &value[1],
                                "a name and a size of 32k or more, as in "
                                "io:4m");
    }

    zone = ngx_pcalloc(cf->pool, sizeof(ngx_http_ioattest_zone_t));
    if (zone == NULL) {
        return NGX_CONF_ERROR;
    }

    shm_zone = ngx_shared_memory_add(cf, &name, size,
                                     &ngx_http_ioattest_module);
    if (shm_zone == NULL) {
        return NGX_CONF_ERROR;
    }

    if (shm_zone->data) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"ioattest_zone\" \"%V\" is duplicate", &name);
        return NGX_CONF_ERROR;
    }

    zone->name = name;
    zone->shm_zone = shm_zone;
    zone->policies = &mcf->policies;
    zone->changes = &mcf->changes;

    shm_zone->init = ngx_http_ioattest_zone_init;
    shm_zone->data = zone;

    zp = ngx_array_push(&mcf->zones);
    if (zp == NULL) {
        return NGX_CONF_ERROR;
    }

    *zp = zone;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_ioattest_zone_init(ngx_shm_zone_t *shm_zone, void *data)
{
    ngx_log_t                  shown;
    ngx_http_ioattest_zone_t  *zone, *old, *resized;

    zone = shm_zone->data;
    old = data;

    resized = old ? NULL : ngx_http_ioattest_conf_resized(shm_zone);

    if (resized) {
        ngx_log_error(NGX_LOG_WARN,
                      ngx_http_ioattest_log_shown(&shown, shm_zone->shm.log),
                      0,
                      "ioattest zone \"%V\" has another size now and starts "
                      "empty: all machines are attested again, and counters "
                      "and the replay window begin anew", &zone->name);

        ngx_http_ioattest_conf_changes(zone, resized, shm_zone->shm.log);
    }

    if (old) {
        ngx_memcpy(zone->secret, old->secret, NGX_HTTP_IOATTEST_KEY_LEN);

        ngx_http_ioattest_conf_changes(zone, old, shm_zone->shm.log);

    } else if (RAND_bytes(zone->secret, NGX_HTTP_IOATTEST_KEY_LEN) != 1) {
        ngx_log_error(NGX_LOG_EMERG, shm_zone->shm.log, 0,
                      "ioattest: RAND_bytes() failed");
        return NGX_ERROR;
    }

    if (ngx_http_ioattest_store_init(zone, old, shm_zone->shm.log)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    /* NGX_AGAIN: allocated by the first response that needs the window */

    if (zone->replay && ngx_http_ioattest_replay_open(zone) == NGX_DECLINED) {
        ngx_log_error(NGX_LOG_EMERG, shm_zone->shm.log, 0,
                      "ioattest zone \"%V\" has no room left in one piece "
                      "for what \"ioattest_replay\" needs: restart nginx, or "
                      "give the zone another name or size", &zone->name);
        return NGX_ERROR;
    }

    return NGX_OK;
}
