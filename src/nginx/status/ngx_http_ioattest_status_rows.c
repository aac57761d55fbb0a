
/*
 * The machines and the models of a zone, as JSON.
 */


#include "request/ngx_http_ioattest_printable.h"
#include "status/ngx_http_ioattest_status.h"


static void ngx_http_ioattest_json_machine(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_fact_t *machine, time_t now);
static void ngx_http_ioattest_json_doubt(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_row_t *row);
static void ngx_http_ioattest_json_proved(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_proved_t *proved);
static void ngx_http_ioattest_json_ids(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_proved_t *proved);
static void ngx_http_ioattest_json_model(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_fact_t *model);
static void ngx_http_ioattest_json_census(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_row_t *row);
static void ngx_http_ioattest_json_server(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_loc_conf_t *conf);
static void ngx_http_ioattest_json_refused(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_row_t *row);


void
ngx_http_ioattest_json_rows(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_zone_facts_t *zone, time_t now)
{
    ngx_uint_t                  i;
    ngx_http_ioattest_fact_t  **fact;

    ngx_http_ioattest_text_add(text, "\"machines\":[");

    fact = zone->machines.elts;

    for (i = 0; i < zone->machines.nelts; i++) {
        ngx_http_ioattest_text_add(text, i ? "," : "");
        ngx_http_ioattest_json_machine(text, fact[i], now);
    }

    ngx_http_ioattest_text_add(text, "],\"models\":[");

    fact = zone->models.elts;

    for (i = 0; i < zone->models.nelts; i++) {
        ngx_http_ioattest_text_add(text, i ? "," : "");
        ngx_http_ioattest_json_model(text, fact[i]);
    }

    ngx_http_ioattest_text_add(text, "],");
}


static void
ngx_http_ioattest_json_machine(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_fact_t *machine, time_t now)
{
    ngx_str_t                           name, id, digest;
    const ngx_http_ioattest_row_t      *row;
    const ngx_http_ioattest_machine_t  *m;

    row = &machine->row;
    m = &row->machine;

    name = ngx_http_ioattest_text_escape(text, row->names.name,
                                         row->names.name_len);
    id = ngx_http_ioattest_text_escape(text, row->names.id,
                                       row->names.id_len);
    digest = ngx_http_ioattest_text_escape(text, m->image_digest,
                                           m->image_digest_len);

    ngx_http_ioattest_text_add(text, "{\"model\":\"%V\",\"model_id\":\"%V\",",
                               &name, &id);
    ngx_http_ioattest_json_address(text, "signing_address", m->address20);
    ngx_http_ioattest_text_add(text, "\"image_digest\":\"%V\",", &digest);

    ngx_http_ioattest_json_proved(text, &m->proved);
    ngx_http_ioattest_json_ids(text, &m->proved);
    ngx_http_ioattest_json_early(text, row);
    ngx_http_ioattest_json_doubt(text, row);

    ngx_http_ioattest_json_when(text, "attested_at",
                         ngx_http_ioattest_fact_attested(machine, now));
    ngx_http_ioattest_json_when(text, "expires_at",
                         ngx_http_ioattest_fact_expires(machine, now));
    ngx_http_ioattest_json_when(text, "renewal_at", machine->renews
                         ? now + (time_t) (machine->renewal / 1000) : 0);

    ngx_http_ioattest_text_add(text,
                               "\"signer_bound\":%s,\"via_tls\":%s,"
                               "\"pinned\":%s,\"verified\":%uL}",
                               m->proved.signer_bound ? "true" : "false",
                               m->via_tls ? "true" : "false",
                               m->pinned ? "true" : "false", m->verified);
}


/* Null if no evidence that names the machine was refused since it was met. */

static void
ngx_http_ioattest_json_doubt(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_row_t *row)
{
    if (row->doubt.reason == IOA_OK) {
        ngx_http_ioattest_text_add(text, "\"refused\":null,");
        return;
    }

    ngx_http_ioattest_text_add(text, "\"refused\":{");
    ngx_http_ioattest_json_when(text, "at", row->doubt.at);
    ngx_http_ioattest_text_add(text, "\"reason\":\"%s\"},",
                               ioa_status_name(row->doubt.reason));
}


/* Null if no such evidence was asked for. */

static void
ngx_http_ioattest_json_proved(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_proved_t *proved)
{
    const char *p, *end;
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
    const ngx_http_ioattest_proved_t *proved)
{
    char                            ueid[IOA_UEID_TEXT_MAX + 1];
    u_char                          hex[2 * IOA_POLICY_CHIP_LEN], *p;
    ngx_uint_t                      i;
    const char                     *other;
    const ngx_http_ioattest_ids_t  *ids;

    ids = &proved->ids;
    p = ngx_hex_dump(hex, (u_char *) ids->cpu, ids->cpu_len);
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
ngx_http_ioattest_json_model(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_fact_t *model)
{
    ngx_str_t                       name, id, policy;
    const ngx_http_ioattest_row_t  *row;

    row = &model->row;

    name = ngx_http_ioattest_text_escape(text, row->names.name,
                                         row->names.name_len);
    id = ngx_http_ioattest_text_escape(text, row->names.id,
                                       row->names.id_len);
    policy = ngx_http_ioattest_text_policy(text, row->policy);

    ngx_http_ioattest_text_add(text,
                               "{\"model\":\"%V\",\"model_id\":\"%V\","
                               "\"policy\":\"%V\","
                               "\"machines\":%ui,\"failing\":\"%s\",",
                               &name, &id, &policy, row->machines,
                               ioa_status_name(row->failing));

    ngx_http_ioattest_json_server(text, model->conf);
    ngx_http_ioattest_json_census(text, row);
    ngx_http_ioattest_json_refused(text, row);
}


static void
ngx_http_ioattest_json_census(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_row_t *row)
{
    ngx_str_t  unseen, refused;

    unseen = ngx_http_ioattest_text_unseen(text, row->draws);
    refused = ngx_http_ioattest_text_share(text, row->share_refused,
                                        row->share_met + row->share_refused);

    ngx_http_ioattest_text_add(text, "\"known\":%ui,\"wanted\":%s,"
                               "\"in_flight\":%ui,"
                               "\"census\":\"%s\",\"draws\":%uL,"
                               "\"unseen_below\":%V,\"refused_share\":%V,",
                               row->known, row->wanted ? "true" : "false",
                               row->in_flight,
                               ngx_http_ioattest_show_names[row->census],
                               row->draws, &unseen, &refused);

    ngx_http_ioattest_json_when(text, "last_new", row->last_new);
}


/* Null if no server attests under the policy any more. */

static void
ngx_http_ioattest_json_server(ngx_http_ioattest_text_t *text,
    ngx_http_ioattest_loc_conf_t *conf)
{
    ngx_str_t  name;

    if (conf == NULL) {
        ngx_http_ioattest_text_add(text, "\"server\":null,");
        return;
    }

    name = ngx_http_ioattest_fact_server(conf);
    name = ngx_http_ioattest_text_escape(text, name.data, name.len);

    ngx_http_ioattest_text_add(text, "\"server\":\"%V\",", &name);
}


static void
ngx_http_ioattest_json_refused(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_row_t *row)
{
    ngx_uint_t  i;

    ngx_http_ioattest_text_add(text, "\"refused\":[");

    for (i = 0; i < row->refused_n; i++) {
        ngx_http_ioattest_text_add(text, "%s{", i ? "," : "");
        ngx_http_ioattest_json_address(text, "address",
                                       row->refused[i].address20);
        ngx_http_ioattest_json_when(text, "at", row->refused[i].at);
        ngx_http_ioattest_text_add(text, "\"reason\":\"%s\"}",
                                   ioa_status_name(row->refused[i].reason));
    }

    ngx_http_ioattest_text_add(text, "]}");
}
