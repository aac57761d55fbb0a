
/*
 * Which machine it is: the ids of its processor and its GPUs.  A signing
 * address stays with the machine that it was first trusted on.
 */


#include "zone/ngx_http_ioattest_node.h"


static void ngx_http_ioattest_ids_make(ngx_http_ioattest_ids_t *ids,
    const ioa_proved_t *proved);
static void ngx_http_ioattest_ids_text(char *dst, size_t size,
    const char *src);


void
ngx_http_ioattest_machine_prove(ngx_http_ioattest_machine_t *machine,
    const ioa_proved_t *proved)
{
    ngx_http_ioattest_proved_t  *p;

    p = &machine->proved;

    p->cpu = proved->cpu;
    p->tcb_status = proved->tcb_status;
    p->signer_bound = proved->signer_bound;
    p->expires = proved->expires;
    p->documents_end = proved->documents_end;
    p->gpus = proved->gpus;
    p->gpu_reference = proved->gpu_reference;

    ngx_http_ioattest_ids_text(p->advisories, sizeof(p->advisories),
                               proved->advisories);
    ngx_http_ioattest_ids_text(p->gpu_arch, sizeof(p->gpu_arch),
                               proved->gpu_arch);
    ngx_http_ioattest_ids_text(p->gpu_mode, sizeof(p->gpu_mode),
                               proved->gpu_mode);
    ngx_http_ioattest_ids_text(p->gpu_driver, sizeof(p->gpu_driver),
                               proved->gpu_driver);
    ngx_http_ioattest_ids_text(p->gpu_vbios, sizeof(p->gpu_vbios),
                               proved->gpu_vbios);

    ngx_http_ioattest_ids_make(&p->ids, proved);
}


static void
ngx_http_ioattest_ids_make(ngx_http_ioattest_ids_t *ids,
    const ioa_proved_t *proved)
{
    size_t         len;
    ngx_uint_t     i;
    const char    *cpu, *ueid;
    ioa_sha256_t   sha;

    ngx_memzero(ids, sizeof(ngx_http_ioattest_ids_t));

    cpu = (proved->cpu == IOA_CPU_TDX) ? proved->ppid : proved->chip_id;
    len = ngx_strlen(cpu) / 2;

    if (len <= sizeof(ids->cpu)
        && ioa_hex_decode(ids->cpu, len, (const uint8_t *) cpu, 2 * len))
    {
        ids->cpu_len = (uint8_t) len;
    }

    if (proved->gpus == 0) {
        return;
    }

    ioa_sha256_init(&sha);

    for (i = 0; i < proved->gpus && i < IOA_GPUS_MAX; i++) {
        ueid = proved->ueids[i];

        /* each with its end, so that no two lists are one text */

        ioa_sha256_update(&sha, (const uint8_t *) ueid, ngx_strlen(ueid) + 1);

        if (ids->ueids_n < NGX_HTTP_IOATTEST_UEIDS_MAX
            && ioa_ueid_parse(ids->ueids[ids->ueids_n],
                              (const uint8_t *) ueid, ngx_strlen(ueid)))
        {
            ids->ueids_n++;
        }
    }

    ioa_sha256_final(ids->gpus32, &sha);
}


/* Texts are as long as there is room. */

static void
ngx_http_ioattest_ids_text(char *dst, size_t size, const char *src)
{
    (void) ngx_cpystrn((u_char *) dst, (u_char *) src, size);
}


/*
 * An address that hardware binds may take the place of one that it did not:
 * anybody can name an address that is not bound.
 */

ngx_http_ioattest_changed_e
ngx_http_ioattest_ids_changed_locked(ngx_http_ioattest_sh_t *sh,
    const u_char *key32, const ngx_http_ioattest_machine_t *machine,
    ngx_http_ioattest_ids_t *was)
{
    ngx_http_ioattest_node_t          *node;
    const ngx_http_ioattest_ids_t     *ids;
    const ngx_http_ioattest_proved_t  *old, *new;

    node = ngx_http_ioattest_node_find_locked(sh, key32,
                                              NGX_HTTP_IOATTEST_NODE_MACHINE);

    if (node == NULL
        || !ngx_http_ioattest_within(node->u.machine.info.attested_ms,
                                     NGX_HTTP_IOATTEST_BOUND_TIME))
    {
        return NGX_HTTP_IOATTEST_CHANGED_NOTHING;
    }

    old = &node->u.machine.info.proved;
    new = &machine->proved;
    ids = &old->ids;

    if (new->signer_bound && !old->signer_bound) {
        return NGX_HTTP_IOATTEST_CHANGED_NOTHING;
    }

    *was = *ids;

    if (new->cpu != old->cpu) {
        return NGX_HTTP_IOATTEST_CHANGED_CPU;
    }

    if (new->ids.cpu_len != ids->cpu_len
        || ngx_memcmp(new->ids.cpu, ids->cpu, ids->cpu_len) != 0)
    {
        return (old->cpu == IOA_CPU_TDX) ? NGX_HTTP_IOATTEST_CHANGED_PPID
                                         : NGX_HTTP_IOATTEST_CHANGED_CHIP_ID;
    }

    if (ngx_memcmp(new->ids.gpus32, ids->gpus32, sizeof(ids->gpus32)) != 0) {
        return NGX_HTTP_IOATTEST_CHANGED_UEIDS;
    }

    return NGX_HTTP_IOATTEST_CHANGED_NOTHING;
}
