
/*
 * The machines and the models of a zone, as JSON.
 */


#include "zone/ngx_http_ioattest_walk.h"
#include "request/ngx_http_ioattest_conf.h"
#include "request/ngx_http_ioattest_printable.h"
#include "status/ngx_http_ioattest_status.h"


static void ngx_http_ioattest_json_machine(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_row_t *row);
static void ngx_http_ioattest_json_proved(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_proved_t *proved);
static void ngx_http_ioattest_json_ids(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_proved_t *proved);
static void ngx_http_ioattest_json_model(ngx_http_request_t *r,
    ngx_http_ioattest_text_t *text, ngx_http_ioattest_row_t *row);
static void ngx_http_ioattest_json_census(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_row_t *row);
static void ngx_http_ioattest_json_server(ngx_http_request_t *r,
    ngx_http_ioattest_text_t *text, const u_char *policy32);
static void ngx_http_ioattest_json_refused(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_row_t *row);
static time_t ngx_http_ioattest_json_shown(time_t noted, time_t now);
static u_char *ngx_http_ioattest_json_time(u_char *buf, time_t at);


/* as ngx_http_ioattest_show_e */
static const char *const  ngx_http_ioattest_json_shows[] = {
    "idle", "search", "chase", "behind"
};


void
ngx_http_ioattest_json_rows(ngx_http_request_t *r,
    ngx_http_ioattest_text_t *text, ngx_http_ioattest_zone_t *zone)
{
    ngx_uint_t                  i, n, pass, first, leases;
    ngx_http_ioattest_row_t     rows[NGX_HTTP_IOATTEST_ROWS];
    ngx_http_ioattest_cursor_t  cursor;

    leases = 0;

    for (pass = 0; pass < 2; pass++) {

        ngx_http_ioattest_text_add(text, pass ? "],\"models\":["
                                              : "\"machines\":[");

        ngx_memzero(&cursor, sizeof(ngx_http_ioattest_cursor_t));
        first = 1;

        for ( ;; ) {
            n = ngx_http_ioattest_store_rows(zone, &cursor, rows,
                                             NGX_HTTP_IOATTEST_ROWS);
            if (n == 0) {
                break;
            }

            for (i = 0; i < n; i++) {

                if (pass) {
                    leases += rows[i].leased;
                }

                if (rows[i].kind != (pass ? NGX_HTTP_IOATTEST_NODE_MODEL
                                          : NGX_HTTP_IOATTEST_NODE_MACHINE)
                    || (!pass && !rows[i].trusted))
                {
                    continue;
                }

                ngx_http_ioattest_text_add(text, first ? "" : ",");
                first = 0;

                if (pass) {
                    ngx_http_ioattest_json_model(r, text, &rows[i]);

                } else {
                    ngx_http_ioattest_json_machine(text, &rows[i]);
                }
            }
        }
    }

    ngx_http_ioattest_text_add(text, "],\"leases\":%ui,", leases);
}


static void
ngx_http_ioattest_json_machine(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_row_t *row)
{
    u_char                        address[IOA_ADDRESS_TEXT_LEN];
    u_char                        at[32], until[32];
    time_t                        age, left, attested, expires;
    ngx_str_t                     name, id, digest;
    ngx_http_ioattest_machine_t  *m;

    m = &row->machine;

    name = ngx_http_ioattest_text_escape(text, row->names.name,
                                         row->names.name_len);
    id = ngx_http_ioattest_text_escape(text, row->names.id,
                                       row->names.id_len);
    digest = ngx_http_ioattest_text_escape(text, m->image_digest,
                                           m->image_digest_len);

    ioa_address_print(address, m->address20);

    age = (ngx_current_msec - m->attested_ms) / 1000;
    left = row->left / 1000;

    attested = ngx_http_ioattest_json_shown(m->attested_at,
                                            ngx_time() - age);
    expires = ngx_http_ioattest_json_shown(m->expires_at, ngx_time() + left);

    *ngx_http_ioattest_json_time(at, attested) = '\0';
    *ngx_http_ioattest_json_time(until, expires) = '\0';

    ngx_http_ioattest_text_add(text,
                               "{\"model\":\"%V\",\"model_id\":\"%V\","
                               "\"signing_address\":\"%*s\","
                               "\"image_digest\":\"%V\",",
                               &name, &id, (size_t) IOA_ADDRESS_TEXT_LEN,
                               address, &digest);

    ngx_http_ioattest_json_proved(text, &m->proved);
    ngx_http_ioattest_json_ids(text, &m->proved);

    ngx_http_ioattest_text_add(text,
                               "\"signer_bound\":%s,\"via_tls\":%s,"
                               "\"pinned\":%s,"
                               "\"attested_at\":\"%s\","
                               "\"expires_at\":\"%s\",\"verified\":%uL}",
                               m->proved.signer_bound ? "true" : "false",
                               m->via_tls ? "true" : "false",
                               m->pinned ? "true" : "false", at, until,
                               m->verified);
}


/* Null if no such evidence was asked for. */

static void
ngx_http_ioattest_json_proved(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_proved_t *proved)
{
    char       *p, *end;
    ngx_str_t   arch, driver, vbios, advisory;

    if (proved->cpu == 0) {
        ngx_http_ioattest_text_add(text, "\"cpu\":null,\"tcb_status\":null,"
                                   "\"advisories\":[],");

    } else {
        ngx_http_ioattest_text_add(text, "\"cpu\":\"%s\","
                                   "\"tcb_status\":\"%s\","
                                   "\"advisories\":[",
                                   ngx_http_ioattest_cpu_name(proved->cpu),
                                   ioa_tcb_name(proved->tcb_status));

        for (p = proved->advisories; *p; p = end + (*end == ',')) {

            end = p + strcspn(p, ",");

            advisory = ngx_http_ioattest_text_escape(text, (u_char *) p,
                                                     end - p);

            ngx_http_ioattest_text_add(text, "%s\"%V\"",
                                       p == proved->advisories ? "" : ",",
                                       &advisory);
        }

        ngx_http_ioattest_text_add(text, "],");
    }

    if (proved->gpus == 0) {
        ngx_http_ioattest_text_add(text, "\"gpu\":null,"
                                   "\"reference\":false,");
        return;
    }

    arch = ngx_http_ioattest_text_escape(text, (u_char *) proved->gpu_arch,
                                         ngx_strlen(proved->gpu_arch));
    driver = ngx_http_ioattest_text_escape(text,
                                         (u_char *) proved->gpu_driver,
                                         ngx_strlen(proved->gpu_driver));
    vbios = ngx_http_ioattest_text_escape(text, (u_char *) proved->gpu_vbios,
                                          ngx_strlen(proved->gpu_vbios));

    ngx_http_ioattest_text_add(text, "\"gpu\":{\"arch\":\"%V\","
                               "\"count\":%uz,\"driver\":\"%V\","
                               "\"vbios\":\"%V\",\"mode\":\"%s\"%s},"
                               "\"reference\":%s,",
                               &arch, proved->gpus, &driver, &vbios,
                               proved->gpu_mode,
                               ngx_strcmp(proved->gpu_mode, "protected-pcie")
                               == 0 ? ",\"nvswitches\":\"not attested\"" : "",
                               proved->gpu_reference ? "true" : "false");
}


/* Which machine it is; null where its evidence does not say it. */

static void
ngx_http_ioattest_json_ids(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_proved_t *proved)
{
    char                      ueid[IOA_UEID_TEXT_MAX + 1];
    u_char                    hex[2 * IOA_POLICY_CHIP_LEN], *p;
    ngx_uint_t                i;
    const char               *other;
    ngx_http_ioattest_ids_t  *ids;

    ids = &proved->ids;
    p = ngx_hex_dump(hex, ids->cpu, ids->cpu_len);
    other = (proved->cpu == IOA_CPU_TDX) ? "chip_id" : "ppid";

    if (p == hex) {
        ngx_http_ioattest_text_add(text, "\"ppid\":null,\"chip_id\":null,");

    } else {
        ngx_http_ioattest_text_add(text, "\"%s\":\"%*s\",\"%s\":null,",
                                   proved->cpu == IOA_CPU_TDX ? "ppid"
                                                              : "chip_id",
                                   (size_t) (p - hex), hex, other);
    }

    ngx_http_ioattest_text_add(text, "\"ueids\":[");

    for (i = 0; i < ids->ueids_n; i++) {
        ioa_ueid_print(ueid, ids->ueids[i]);
        ngx_http_ioattest_text_add(text, "%s\"%s\"", i ? "," : "", ueid);
    }

    ngx_http_ioattest_text_add(text, "],");

    if (proved->gpus > ids->ueids_n) {
        ngx_http_ioattest_text_add(text, "\"ueids_not_shown\":%uz,",
                                   proved->gpus - ids->ueids_n);
    }
}


static void
ngx_http_ioattest_json_model(ngx_http_request_t *r,
    ngx_http_ioattest_text_t *text, ngx_http_ioattest_row_t *row)
{
    u_char     policy[2 * NGX_HTTP_IOATTEST_POLICY_LEN];
    ngx_str_t  name, id;

    name = ngx_http_ioattest_text_escape(text, row->names.name,
                                         row->names.name_len);
    id = ngx_http_ioattest_text_escape(text, row->names.id,
                                       row->names.id_len);
    ngx_hex_dump(policy, row->policy, NGX_HTTP_IOATTEST_POLICY_LEN);

    ngx_http_ioattest_text_add(text,
                               "{\"model\":\"%V\",\"model_id\":\"%V\","
                               "\"policy\":\"%*s\","
                               "\"machines\":%ui,\"failing\":\"%s\",",
                               &name, &id, sizeof(policy), policy,
                               row->machines, ioa_status_name(row->failing));

    ngx_http_ioattest_json_server(r, text, row->policy);
    ngx_http_ioattest_json_census(text, row);
    ngx_http_ioattest_json_refused(text, row);
}


static void
ngx_http_ioattest_json_census(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_row_t *row)
{
    u_char     at[32];
    ngx_str_t  unseen, refused;

    unseen = ngx_http_ioattest_text_unseen(text, row->draws);
    refused = ngx_http_ioattest_text_share(text, row->share_refused,
                                        row->share_met + row->share_refused);

    ngx_http_ioattest_text_add(text, "\"known\":%ui,\"in_flight\":%ui,"
                               "\"census\":\"%s\",\"draws\":%uL,"
                               "\"unseen_below\":%V,\"refused_share\":%V,",
                               row->known, row->in_flight,
                               ngx_http_ioattest_json_shows[row->census],
                               row->draws, &unseen, &refused);

    if (row->last_new == 0) {
        ngx_http_ioattest_text_add(text, "\"last_new\":null,");
        return;
    }

    *ngx_http_ioattest_json_time(at, row->last_new) = '\0';

    ngx_http_ioattest_text_add(text, "\"last_new\":\"%s\",", at);
}


/*
 * The first name of a server that attests under the policy; null if no
 * server does so any more.
 */

static void
ngx_http_ioattest_json_server(ngx_http_request_t *r,
    ngx_http_ioattest_text_t *text, const u_char *policy32)
{
    ngx_str_t                       name;
    ngx_uint_t                      i;
    ngx_http_core_srv_conf_t       *cscf;
    ngx_http_ioattest_loc_conf_t  **conf;
    ngx_http_ioattest_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_ioattest_module);
    conf = mcf->attested.elts;

    for (i = 0; i < mcf->attested.nelts; i++) {

        if (ngx_memcmp(conf[i]->policy32, policy32, NGX_HTTP_IOATTEST_KEY_LEN)
            != 0)
        {
            continue;
        }

        cscf = conf[i]->server->srv_conf[ngx_http_core_module.ctx_index];
        name = ngx_http_ioattest_text_escape(text, cscf->server_name.data,
                                             cscf->server_name.len);

        ngx_http_ioattest_text_add(text, "\"server\":\"%V\",", &name);
        return;
    }

    ngx_http_ioattest_text_add(text, "\"server\":null,");
}


static void
ngx_http_ioattest_json_refused(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_row_t *row)
{
    u_char       at[32], address[IOA_ADDRESS_TEXT_LEN];
    ngx_uint_t   i;

    ngx_http_ioattest_text_add(text, "\"refused\":[");

    for (i = 0; i < row->refused_n; i++) {
        ioa_address_print(address, row->refused[i].address20);
        *ngx_http_ioattest_json_time(at, row->refused[i].at) = '\0';

        ngx_http_ioattest_text_add(text, "%s{\"address\":\"%*s\","
                                   "\"reason\":\"%s\",\"at\":\"%s\"}",
                                   i ? "," : "",
                                   (size_t) IOA_ADDRESS_TEXT_LEN, address,
                                   ioa_status_name(row->refused[i].reason),
                                   at);
    }

    ngx_http_ioattest_text_add(text, "]}");
}


/*
 * The monotonic clock decides on expiry.  The time noted is shown, unless the
 * wall clock has been set since.
 */

static time_t
ngx_http_ioattest_json_shown(time_t noted, time_t now)
{
    return (now - noted <= 1 && noted - now <= 1) ? noted : now;
}


/* RFC 3339, section 5.6 */

static u_char *
ngx_http_ioattest_json_time(u_char *buf, time_t at)
{
    ngx_tm_t  tm;

    ngx_gmtime(at, &tm);

    return ngx_sprintf(buf, "%4d-%02d-%02dT%02d:%02d:%02dZ",
                       tm.ngx_tm_year, tm.ngx_tm_mon, tm.ngx_tm_mday,
                       tm.ngx_tm_hour, tm.ngx_tm_min, tm.ngx_tm_sec);
}
