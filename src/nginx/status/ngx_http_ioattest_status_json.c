
/*
 * The status as JSON.
 */


#include "zone/ngx_http_ioattest_walk.h"
#include "request/ngx_http_ioattest_conf.h"
#include "request/ngx_http_ioattest_printable.h"
#include "status/ngx_http_ioattest_status.h"


typedef struct {
    uint64_t    verified;
    uint64_t    unsigned_errors;
    uint64_t    rejected[IOA_STATUS_MAX];
    uint64_t    attested;
    uint64_t    failed[IOA_STATUS_MAX];
    uint64_t    match;
    uint64_t    mismatch;
    uint64_t    unknown;
    uint64_t    dry_run;
} ngx_http_ioattest_totals_t;


static void ngx_http_ioattest_json_zone(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_zone_t *zone, ngx_http_ioattest_totals_t *all);
static void ngx_http_ioattest_json_rows(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_zone_t *zone);
static void ngx_http_ioattest_json_machine(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_row_t *row);
static void ngx_http_ioattest_json_proved(ngx_http_ioattest_text_t *text,
    ioa_proved_t *proved);
static void ngx_http_ioattest_json_model(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_row_t *row);
static void ngx_http_ioattest_json_counts(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_totals_t *t);
static void ngx_http_ioattest_json_reasons(ngx_http_ioattest_text_t *text,
    uint64_t *count);
static u_char *ngx_http_ioattest_json_time(u_char *buf, time_t at);


void
ngx_http_ioattest_status_json(ngx_http_request_t *r,
    ngx_http_ioattest_text_t *text)
{
    ngx_uint_t                       i;
    ngx_http_ioattest_zone_t       **zone;
    ngx_http_ioattest_totals_t       all;
    ngx_http_ioattest_main_conf_t   *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_ioattest_module);
    zone = mcf->zones.elts;

    ngx_memzero(&all, sizeof(ngx_http_ioattest_totals_t));

    ngx_http_ioattest_text_add(text, "{\"version\":\"%s\",\"zones\":[",
                               NGX_HTTP_IOATTEST_VERSION);

    for (i = 0; i < mcf->zones.nelts; i++) {
        ngx_http_ioattest_text_add(text, i ? "," : "");
        ngx_http_ioattest_json_zone(text, zone[i], &all);
    }

    ngx_http_ioattest_text_add(text, "],");
    ngx_http_ioattest_json_counts(text, &all);
    ngx_http_ioattest_text_add(text, "}\n");
}


static void
ngx_http_ioattest_json_zone(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_zone_t *zone, ngx_http_ioattest_totals_t *all)
{
    ngx_str_t                      name;
    ngx_uint_t                     i, used, size;
    ngx_http_ioattest_totals_t     t;
    ngx_http_ioattest_counters_t  *c;

    c = ngx_http_ioattest_store_counters(zone);

    t.verified = c->verified;
    t.unsigned_errors = c->unsigned_errors;
    t.attested = c->attest_verified;
    t.match = c->requests_match;
    t.mismatch = c->requests_mismatch;
    t.unknown = c->requests_unknown;
    t.dry_run = c->dry_run;

    all->verified += t.verified;
    all->unsigned_errors += t.unsigned_errors;
    all->attested += t.attested;
    all->match += t.match;
    all->mismatch += t.mismatch;
    all->unknown += t.unknown;
    all->dry_run += t.dry_run;

    for (i = 0; i < IOA_STATUS_MAX; i++) {
        t.rejected[i] = c->rejected[i];
        t.failed[i] = c->attest_rejected[i];
        all->rejected[i] += t.rejected[i];
        all->failed[i] += t.failed[i];
    }

    name = ngx_http_ioattest_text_escape(text, zone->name.data,
                                         zone->name.len);

    ngx_http_ioattest_text_add(text,
                               "{\"name\":\"%V\",\"size\":%uz,\"used\":%uz,"
                               "\"evictions\":%uA,\"resets\":%ui,",
                               &name, zone->shm_zone->shm.size,
                               ngx_http_ioattest_store_used_bytes(zone),
                               c->evicted,
                               ngx_http_ioattest_store_resets(zone));

    ngx_http_ioattest_replay_count(zone, &used, &size);

    ngx_http_ioattest_text_add(text,
                               "\"replay\":{\"used\":%ui,\"size\":%ui,"
                               "\"evictions\":%uA},",
                               used, size, c->replay_evicted);

    ngx_http_ioattest_json_rows(text, zone);
    ngx_http_ioattest_json_counts(text, &t);
    ngx_http_ioattest_text_add(text, "}");
}


static void
ngx_http_ioattest_json_rows(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_zone_t *zone)
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
                    || (!pass && rows[i].machine.expires_at <= ngx_time()))
                {
                    continue;
                }

                ngx_http_ioattest_text_add(text, first ? "" : ",");
                first = 0;

                if (pass) {
                    ngx_http_ioattest_json_model(text, &rows[i]);

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

    *ngx_http_ioattest_json_time(at, m->attested_at) = '\0';
    *ngx_http_ioattest_json_time(until, m->expires_at) = '\0';

    ngx_http_ioattest_text_add(text,
                               "{\"model\":\"%V\",\"model_id\":\"%V\","
                               "\"signing_address\":\"%*s\","
                               "\"image_digest\":\"%V\",",
                               &name, &id, (size_t) IOA_ADDRESS_TEXT_LEN,
                               address, &digest);

    ngx_http_ioattest_json_proved(text, &m->proved);

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


/* Null where nothing was asked for. */

static void
ngx_http_ioattest_json_proved(ngx_http_ioattest_text_t *text,
    ioa_proved_t *proved)
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
        ngx_http_ioattest_text_add(text, "\"gpu\":null,");
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
                               "\"vbios\":\"%V\"},",
                               &arch, proved->gpus, &driver, &vbios);
}


static void
ngx_http_ioattest_json_model(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_row_t *row)
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
                               "\"machines\":%ui,\"failing\":\"%s\"}",
                               &name, &id, sizeof(policy), policy,
                               row->machines, ioa_status_name(row->failing));
}


static void
ngx_http_ioattest_json_counts(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_totals_t *t)
{
    ngx_http_ioattest_text_add(text,
                               "\"responses\":{\"verified\":%uL,"
                               "\"unsigned\":%uL,\"rejected\":{",
                               t->verified, t->unsigned_errors);
    ngx_http_ioattest_json_reasons(text, t->rejected);

    ngx_http_ioattest_text_add(text,
                               "}},\"attestations\":{\"verified\":%uL,"
                               "\"rejected\":{", t->attested);
    ngx_http_ioattest_json_reasons(text, t->failed);

    ngx_http_ioattest_text_add(text,
                               "}},\"requests\":{\"match\":%uL,"
                               "\"mismatch\":%uL,\"unknown\":%uL},"
                               "\"dry_run_would_reject\":%uL",
                               t->match, t->mismatch, t->unknown, t->dry_run);
}


static void
ngx_http_ioattest_json_reasons(ngx_http_ioattest_text_t *text,
    uint64_t *count)
{
    ngx_uint_t  i, first;

    first = 1;

    for (i = 1; i < IOA_STATUS_MAX; i++) {

        if (count[i]) {
            ngx_http_ioattest_text_add(text, "%s\"%s\":%uL",
                                       first ? "" : ",",
                                       ioa_status_name(i), count[i]);
            first = 0;
        }
    }
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
