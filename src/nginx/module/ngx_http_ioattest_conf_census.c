
/*
 * What is attested in the background, with the gateway's own key: each policy
 * of a server once, however many locations share it.  Where they have other
 * keys, each of these may be used.
 */


#include "module/ngx_http_ioattest_module.h"


static ngx_int_t ngx_http_ioattest_census_used(ngx_conf_t *cf,
    ngx_http_ioattest_main_conf_t *mcf);
static void ngx_http_ioattest_census_share(
    ngx_http_ioattest_loc_conf_t *one, ngx_http_ioattest_loc_conf_t *other);
static ngx_int_t ngx_http_ioattest_census_target(ngx_conf_t *cf,
    ngx_http_ioattest_main_conf_t *mcf, ngx_http_ioattest_loc_conf_t *conf);
static ngx_int_t ngx_http_ioattest_census_key(
    ngx_http_ioattest_target_t *target, ngx_http_ioattest_loc_conf_t *conf);
static ngx_int_t ngx_http_ioattest_census_names(
    ngx_http_ioattest_target_t *target, ngx_http_ioattest_loc_conf_t *conf);


char *
ngx_http_ioattest_conf_prewarm(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_ioattest_loc_conf_t *ilcf = conf;

    size_t                           i, n;
    ngx_str_t                       *value, *name;
    ngx_uint_t                       k;
    ngx_http_ioattest_prewarm_t     *prewarm, **place;
    ngx_http_ioattest_main_conf_t   *mcf;

    (void) cmd;

    if (ilcf->prewarm) {
        return "is duplicate";
    }

    prewarm = ngx_pcalloc(cf->pool, sizeof(ngx_http_ioattest_prewarm_t));
    if (prewarm == NULL
        || ngx_array_init(&prewarm->names, cf->pool, cf->args->nelts,
                          sizeof(ngx_str_t))
           != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    for (k = 1; k < cf->args->nelts; k++) {

        for (i = 0; i < value[k].len; i += n) {
            n = ioa_utf8_char(value[k].data + i, value[k].len - i);

            if (n == 0 || value[k].data[i] < 0x20 || value[k].data[i] == 0x7f)
            {
                break;
            }
        }

        if (value[k].len == 0 || value[k].len > IOA_MODEL_NAME_MAX
            || i < value[k].len)
        {
            return ngx_http_ioattest_conf_bad(cf, &value[k],
                             "names of models, as clients send them");
        }

        name = ngx_array_push(&prewarm->names);
        if (name == NULL) {
            return NGX_CONF_ERROR;
        }

        *name = value[k];
    }

    prewarm->file = cf->conf_file->file.name;
    prewarm->line = cf->conf_file->line;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_ioattest_module);

    place = ngx_array_push(&mcf->prewarms);
    if (place == NULL) {
        return NGX_CONF_ERROR;
    }

    *place = prewarm;
    ilcf->prewarm = prewarm;

    return NGX_CONF_OK;
}


ngx_int_t
ngx_http_ioattest_conf_census_add(ngx_conf_t *cf,
    ngx_http_ioattest_main_conf_t *mcf, ngx_http_ioattest_loc_conf_t *conf)
{
    ngx_http_ioattest_loc_conf_t  **place;

    (void) cf;

    if (conf->incomplete || conf->request.len == 0) {
        return NGX_OK;
    }

    place = ngx_array_push(&mcf->attested);
    if (place == NULL) {
        return NGX_ERROR;
    }

    *place = conf;

    return NGX_OK;
}


/* Called after all locations are merged. */

ngx_int_t
ngx_http_ioattest_conf_census(ngx_conf_t *cf)
{
    ngx_uint_t                       i, k;
    ngx_http_ioattest_loc_conf_t   **conf;
    ngx_http_ioattest_main_conf_t   *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_ioattest_module);
    conf = mcf->attested.elts;

    if (ngx_http_ioattest_census_used(cf, mcf) != NGX_OK) {
        return NGX_ERROR;
    }

    for (i = 0; i < mcf->attested.nelts; i++) {

        for (k = 0; k < mcf->attested.nelts; k++) {
            ngx_http_ioattest_census_share(conf[i], conf[k]);
        }
    }

    for (i = 0; i < mcf->attested.nelts; i++) {

        if (conf[i]->own_key
            && ngx_http_ioattest_census_target(cf, mcf, conf[i]) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* Refuses an "ioattest_prewarm" that would have no effect. */

static ngx_int_t
ngx_http_ioattest_census_used(ngx_conf_t *cf,
    ngx_http_ioattest_main_conf_t *mcf)
{
    const char                      *lacks;
    ngx_uint_t                       i, k;
    ngx_http_ioattest_prewarm_t    **prewarm;
    ngx_http_ioattest_loc_conf_t   **conf;

    prewarm = mcf->prewarms.elts;
    conf = mcf->attested.elts;

    for (i = 0; i < mcf->prewarms.nelts; i++) {
        lacks = "a location with \"ioattest\" on that it applies to";

        for (k = 0; k < mcf->attested.nelts; k++) {

            if (conf[k]->prewarm != prewarm[i]) {
                continue;
            }

            if (!conf[k]->own_key) {

                if (lacks) {
                    lacks = "a key of the gateway's own, see "
                            "\"ioattest_authorization\"";
                }

                continue;
            }

            if (conf[k]->model_id && conf[k]->model_id->lengths) {
                lacks = "an \"ioattest_model_id\" without variables";
                break;
            }

            lacks = NULL;
        }

        if (lacks) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "\"ioattest_prewarm\" needs %s in %V:%ui",
                          lacks, &prewarm[i]->file, prewarm[i]->line);
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/*
 * Locations with the same policy share its machines: they use the shortest
 * validity, the longest refresh and the shortest pause after a failure of
 * all. Locations with the same zone share the largest number of parallel
 * attestations.
 */

static void
ngx_http_ioattest_census_share(ngx_http_ioattest_loc_conf_t *one,
    ngx_http_ioattest_loc_conf_t *other)
{
    ngx_http_ioattest_limits_t  *limits;

    limits = &one->limits;

    if (one->zone == other->zone) {
        limits->total = ngx_max(limits->total, 4 * other->limits.parallel);
    }

    if (ngx_memcmp(one->policy32, other->policy32, NGX_HTTP_IOATTEST_KEY_LEN)
        != 0)
    {
        return;
    }

    limits->census_valid = ngx_min(limits->census_valid,
                                   other->limits.valid);
    limits->census_refresh = ngx_max(limits->census_refresh,
                                     other->limits.refresh);
    limits->fail_timeout = ngx_min(limits->fail_timeout,
                                   other->limits.fail_timeout);

    if (limits->census_refresh >= limits->census_valid) {
        limits->census_refresh = limits->census_valid / 2;
    }
}


static ngx_int_t
ngx_http_ioattest_census_target(ngx_conf_t *cf,
    ngx_http_ioattest_main_conf_t *mcf, ngx_http_ioattest_loc_conf_t *conf)
{
    ngx_uint_t                   i;
    ngx_http_ioattest_target_t  *target;

    target = mcf->targets.elts;

    for (i = 0; i < mcf->targets.nelts; i++) {

        if (ngx_memcmp(target[i].conf->policy32, conf->policy32,
                       NGX_HTTP_IOATTEST_KEY_LEN)
            == 0)
        {
            break;
        }
    }

    if (i < mcf->targets.nelts) {
        target = &target[i];

        target->conf->limits.background =
                                  ngx_max(target->conf->limits.background,
                                          conf->limits.background);

    } else {
        target = ngx_array_push(&mcf->targets);

        if (target == NULL
            || ngx_array_init(&target->prewarm, cf->pool, 1,
                              sizeof(ngx_http_ioattest_wish_t))
               != NGX_OK
            || ngx_array_init(&target->confs, cf->pool, 1,
                              sizeof(ngx_http_ioattest_loc_conf_t *))
               != NGX_OK)
        {
            return NGX_ERROR;
        }

        target->conf = conf;
        ngx_memcpy(target->origin32, conf->origin32,
                   NGX_HTTP_IOATTEST_KEY_LEN);
    }

    if (ngx_http_ioattest_census_key(target, conf) != NGX_OK) {
        return NGX_ERROR;
    }

    return conf->prewarm
           ? ngx_http_ioattest_census_names(target, conf) : NGX_OK;
}


/* Adds the location, unless the target has one with the same key and id. */

static ngx_int_t
ngx_http_ioattest_census_key(ngx_http_ioattest_target_t *target,
    ngx_http_ioattest_loc_conf_t *conf)
{
    ngx_uint_t                      i;
    ngx_http_complex_value_t       *one, *other;
    ngx_http_ioattest_loc_conf_t  **known, **place;

    known = target->confs.elts;
    one = conf->authorization;

    for (i = 0; i < target->confs.nelts; i++) {
        other = known[i]->authorization;

        if (known[i]->model_id == conf->model_id
            && other->value.len == one->value.len
            && ngx_memcmp(other->value.data, one->value.data, one->value.len)
               == 0)
        {
            return NGX_OK;
        }
    }

    place = ngx_array_push(&target->confs);
    if (place == NULL) {
        return NGX_ERROR;
    }

    *place = conf;

    return NGX_OK;
}


/* Adds the names that the target does not have yet. */

static ngx_int_t
ngx_http_ioattest_census_names(ngx_http_ioattest_target_t *target,
    ngx_http_ioattest_loc_conf_t *conf)
{
    ngx_str_t                 *name;
    ngx_uint_t                 i, k;
    ngx_http_ioattest_wish_t  *known, *place;

    name = conf->prewarm->names.elts;

    for (i = 0; i < conf->prewarm->names.nelts; i++) {
        known = target->prewarm.elts;

        for (k = 0; k < target->prewarm.nelts; k++) {
            if (known[k].conf->model_id == conf->model_id
                && known[k].name.len == name[i].len
                && ngx_strncmp(known[k].name.data, name[i].data, name[i].len)
                   == 0)
            {
                break;
            }
        }

        if (k < target->prewarm.nelts) {
            continue;
        }

        place = ngx_array_push(&target->prewarm);
        if (place == NULL) {
            return NGX_ERROR;
        }

        place->name = name[i];
        place->conf = conf;
    }

    return NGX_OK;
}
