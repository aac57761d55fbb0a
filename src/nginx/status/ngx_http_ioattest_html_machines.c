
/*
 * The page's table of machines.
 */


#include "request/ngx_http_ioattest_printable.h"
#include "status/ngx_http_ioattest_html.h"


/* digits of a GPU's id that are shown */
#define NGX_HTTP_IOATTEST_HTML_UEID  6


static void ngx_http_ioattest_html_machine(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_fact_t *machine, time_t now);
static void ngx_http_ioattest_html_cpu(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_proved_t *proved);
static void ngx_http_ioattest_html_gpu(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_proved_t *proved);
static void ngx_http_ioattest_html_ueids(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_proved_t *proved);
static void ngx_http_ioattest_html_doubt(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_row_t *row, time_t now);
static void ngx_http_ioattest_html_trust(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_machine_t *m);


void
ngx_http_ioattest_html_machines(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_zone_facts_t *zone, time_t now)
{
    ngx_uint_t                  i;
    ngx_http_ioattest_fact_t  **fact;

    static const char *const  columns[] = {
        "Machine", "CPU", "GPUs", "Trust", "Attested", "Answers", NULL
    };

    if (zone->machines.nelts == 0) {
        ngx_http_ioattest_text_add(text, "<h3>Machines</h3>\n"
                                   "<p class=\"empty\">None is trusted now."
                                   "</p>\n");
        return;
    }

    ngx_http_ioattest_html_table(text, "machines", "Machines", columns);

    fact = zone->machines.elts;

    for (i = 0; i < zone->machines.nelts && i < NGX_HTTP_IOATTEST_HTML_ROWS;
         i++)
    {
        ngx_http_ioattest_html_machine(text, fact[i], now);
    }

    ngx_http_ioattest_html_table_end(text, zone->machines.nelts);
}


static void
ngx_http_ioattest_html_machine(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_fact_t *machine, time_t now)
{
    ngx_str_t                           name, digest;
    const ngx_http_ioattest_row_t      *row;
    const ngx_http_ioattest_machine_t  *m;

    row = &machine->row;
    m = &row->machine;

    name = ngx_http_ioattest_text_html(text, row->names.name,
                                       row->names.name_len);
    digest = ngx_http_ioattest_text_html(text, m->image_digest,
                                         m->image_digest_len);

    ngx_http_ioattest_text_add(text, "<tr><td>");
    ngx_http_ioattest_html_address(text, m->address20);
    ngx_http_ioattest_text_add(text,
                               "<br><span class=\"model\">%V</span>", &name);

    if (digest.len) {
        ngx_http_ioattest_text_add(text, "<br><small>image <code>%V</code>"
                                   "</small>", &digest);
    }

    ngx_http_ioattest_text_add(text, "</td><td>");
    ngx_http_ioattest_html_cpu(text, &m->proved);
    ngx_http_ioattest_html_early(text, row);
    ngx_http_ioattest_text_add(text, "</td><td>");
    ngx_http_ioattest_html_gpu(text, &m->proved);
    ngx_http_ioattest_text_add(text, "</td><td>");
    ngx_http_ioattest_html_trust(text, m);
    ngx_http_ioattest_html_doubt(text, row, now);
    ngx_http_ioattest_text_add(text, "</td><td>");
    ngx_http_ioattest_html_time(text, "attested",
                     ngx_http_ioattest_fact_attested(machine, now), now);
    ngx_http_ioattest_text_add(text, "<br><small>again ");

    if (machine->renews && machine->renewal == 0) {
        ngx_http_ioattest_text_add(text, "<span class=\"renewal\">now%s"
                                   "</span>", machine->conf->own_key
                                   ? "" : ", with the next request");

    } else {
        ngx_http_ioattest_html_time(text, "renewal", machine->renews
                        ? now + (time_t) (machine->renewal / 1000) : 0, now);
    }

    ngx_http_ioattest_text_add(text, "</small><br><small>expires ");
    ngx_http_ioattest_html_time(text, "expires",
                     ngx_http_ioattest_fact_expires(machine, now), now);
    ngx_http_ioattest_text_add(text, "</small>");
    ngx_http_ioattest_text_add(text, "</td><td class=\"number\">");
    ngx_http_ioattest_html_number(text, "verified", m->verified);
    ngx_http_ioattest_text_add(text, "</td></tr>\n");
}


static void
ngx_http_ioattest_html_cpu(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_proved_t *proved)
{
    size_t      len;
    u_char      hex[2 * IOA_POLICY_CHIP_LEN], *p;
    ngx_str_t   advisories;
    ngx_uint_t  good;

    if (proved->cpu == 0) {
        ngx_http_ioattest_text_add(text, "<span class=\"none\">not asked for"
                                   "</span>");
        return;
    }

    good = (proved->tcb_status == IOA_TCB_UP_TO_DATE);

    ngx_http_ioattest_text_add(text, "<span class=\"cpu\">%s</span><br>"
                               "<span class=\"tcb %s\">%s</span>",
                               ngx_http_ioattest_cpu_name(proved->cpu),
                               good ? "good" : "fair",
                               ioa_tcb_name(proved->tcb_status));

    len = ngx_strlen(proved->advisories);

    if (len) {
        advisories = ngx_http_ioattest_text_html(text,
                                      (u_char *) proved->advisories, len);
        ngx_http_ioattest_text_add(text, "<br><small class=\"advisories\">%V"
                                   "</small>", &advisories);
    }

    if (proved->ids.cpu_len) {
        p = ngx_hex_dump(hex, (u_char *) proved->ids.cpu,
                         proved->ids.cpu_len);

        ngx_http_ioattest_text_add(text, "<br><small>%s <code>%*s</code>"
                                   "</small>", proved->cpu == IOA_CPU_TDX
                                   ? "PPID" : "chip id",
                                   (size_t) (p - hex), hex);
    }
}


static void
ngx_http_ioattest_html_gpu(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_proved_t *proved)
{
    ngx_str_t   arch, driver, vbios, mode;
    ngx_uint_t  clear;

    if (proved->gpus == 0) {
        ngx_http_ioattest_text_add(text, "<span class=\"none\">not asked for"
                                   "</span>");
        return;
    }

    arch = ngx_http_ioattest_text_html(text, (u_char *) proved->gpu_arch,
                                       ngx_strlen(proved->gpu_arch));
    driver = ngx_http_ioattest_text_html(text, (u_char *) proved->gpu_driver,
                                         ngx_strlen(proved->gpu_driver));
    vbios = ngx_http_ioattest_text_html(text, (u_char *) proved->gpu_vbios,
                                        ngx_strlen(proved->gpu_vbios));
    mode = ngx_http_ioattest_text_html(text, (u_char *) proved->gpu_mode,
                                       ngx_strlen(proved->gpu_mode));

    clear = (ngx_strcmp(proved->gpu_mode, "protected-pcie") == 0);

    ngx_http_ioattest_html_number(text, "gpus", proved->gpus);
    ngx_http_ioattest_text_add(text, " &times; %V", &arch);

    if (mode.len) {
        ngx_http_ioattest_text_add(text, ", %V", &mode);
    }

    ngx_http_ioattest_text_add(text, "<br><small>driver <code>%V</code></small>"
                               "<br><small>VBIOS <code>%V</code></small>",
                               &driver, &vbios);

    ngx_http_ioattest_text_add(text, "<br><small class=\"%s\">%s</small>",
                               proved->gpu_reference ? "good" : "fair",
                               proved->gpu_reference
                               ? "measures what NVIDIA published"
                               : "no reference to compare with");

    if (clear) {
        ngx_http_ioattest_text_add(text, "<br><small class=\"fair\">"
                                   "NVSwitches not attested</small>");
    }

    ngx_http_ioattest_html_ueids(text, proved);
}


/* The ends of the GPUs' ids, by which they are told apart; all as a title. */

static void
ngx_http_ioattest_html_ueids(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_proved_t *proved)
{
    char                            ueid[IOA_UEID_TEXT_MAX + 1];
    size_t                          len, shown;
    ngx_uint_t                      i;
    const ngx_http_ioattest_ids_t  *ids;

    ids = &proved->ids;

    if (ids->ueids_n == 0) {
        return;
    }

    ngx_http_ioattest_text_add(text, "<br><small class=\"ueids\">UEID");

    for (i = 0; i < ids->ueids_n; i++) {
        ioa_ueid_print(ueid, ids->ueids[i]);
        len = ngx_strlen(ueid);
        shown = ngx_min(len, NGX_HTTP_IOATTEST_HTML_UEID);

        ngx_http_ioattest_text_add(text, " <code class=\"ueid\" title=\"%s\">"
                                   "%s%s</code>", ueid,
                                   shown < len ? "&hellip;" : "",
                                   ueid + len - shown);
    }

    if (proved->gpus > ids->ueids_n) {
        ngx_http_ioattest_text_add(text, " and %uz more",
                                   proved->gpus - ids->ueids_n);
    }

    ngx_http_ioattest_text_add(text, "</small>");
}


/* Who vouches for the signing key, and what of the machine is pinned. */

static void
ngx_http_ioattest_html_trust(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_machine_t *m)
{
    const char  *key, *class;

    if (m->proved.signer_bound) {
        key = "key bound by hardware";
        class = "good";

    } else if (m->via_tls) {
        key = "key by TLS alone";
        class = "fair";

    } else {
        key = "key by nothing verified here";
        class = "bad";
    }

    ngx_http_ioattest_text_add(text, "<span class=\"bound %s\">%s</span><br>"
                               "<span class=\"tls\">TLS %s</span><br>"
                               "<span class=\"pinned %s\">%s</span>",
                               class, key,
                               m->via_tls ? "verified" : "not verified",
                               m->pinned ? "good" : "bad",
                               m->pinned ? "pinned"
                                         : "not pinned: any genuine machine");
}


/* Evidence that was refused since the machine was met, and names it. */

static void
ngx_http_ioattest_html_doubt(ngx_http_ioattest_text_t *text,
    const ngx_http_ioattest_row_t *row, time_t now)
{
    if (row->doubt.reason == IOA_OK) {
        return;
    }

    ngx_http_ioattest_text_add(text, "<br><small class=\"fair\">evidence "
                               "refused since: <code>%s</code>, ",
                               ioa_status_name(row->doubt.reason));
    ngx_http_ioattest_html_time(text, "doubted", row->doubt.at, now);
    ngx_http_ioattest_text_add(text, "</small>");
}
