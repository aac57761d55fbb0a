/*
 * inspect_cert: certificates, and the vendors' extensions in the first.  See
 * inspect_print.h.
 */

#include <string.h>

#include "attest/ioattest.h"
#include "inspect_print.h"
#include "inspect_text.h"


static void
ioattest_cert_one(ioattest_out_t *out, const ioa_chain_t *chain, size_t i)
{
    char     cn[IOA_CHAIN_CN_MAX + 1];
    int64_t  from, to;

    ioattest_out_string(out, "subject",
                        ioa_chain_subject_cn(cn, chain, i) ? cn : NULL);
    ioattest_out_string(out, "issuer",
                        ioa_chain_issuer_cn(cn, chain, i) ? cn : NULL);

    if (ioa_chain_dates(&from, &to, chain, i)) {
        ioattest_out_time(out, "not_before", from);
        ioattest_out_time(out, "not_after", to);
    }

    ioattest_out_bool(out, "is_ca", ioa_chain_is_ca(chain, i));
}


/* Which of Intel's CAs issued the leaf. */
static const char *
ioattest_cert_pck_ca(const ioa_chain_t *chain)
{
    char  cn[IOA_CHAIN_CN_MAX + 1];

    if (!ioa_chain_issuer_cn(cn, chain, 0)) {
        return NULL;
    }

    return strcmp(cn, "Intel SGX PCK Platform CA") == 0 ? "platform"
           : strcmp(cn, "Intel SGX PCK Processor CA") == 0 ? "processor"
           : NULL;
}


static void
ioattest_cert_pck(ioattest_out_t *out, const ioa_chain_t *chain)
{
    ioa_pck_t     pck;
    ioa_reader_t  value;

    if (!ioa_chain_extension(&value, chain, 0, IOA_PCK_OID)
        || !ioa_pck_parse(&pck, value))
    {
        return;
    }

    ioattest_out_open(out, "pck");
    ioattest_out_hex(out, "ppid", pck.ppid, IOA_PCK_PPID_LEN);
    ioattest_out_hex(out, "fmspc", pck.fmspc, IOA_PCK_FMSPC_LEN);
    ioattest_out_hex(out, "pceid", pck.pceid, IOA_PCK_PCEID_LEN);
    ioattest_out_number(out, "pcesvn", pck.pcesvn);
    ioattest_out_hex(out, "cpusvn", pck.cpusvn, IOA_PCK_COMPS);
    ioattest_out_hex(out, "components", pck.comps, IOA_PCK_COMPS);
    ioattest_out_string(out, "ca", ioattest_cert_pck_ca(chain));
    ioattest_out_close(out);
}


static void
ioattest_cert_snp(ioattest_out_t *out, const ioa_chain_t *chain)
{
    ioa_snp_cert_t  cert;

    if (!ioa_snp_cert_read(&cert, chain)) {
        return;
    }

    ioattest_out_open(out, "amd");
    ioattest_out_string(out, "signing_key", cert.signer == IOA_SNP_VLEK
                                            ? "VLEK" : "VCEK");
    ioattest_out_string(out, "product", ioa_snp_product_name(cert.product));

    if (cert.product == IOA_SNP_TURIN) {
        ioattest_out_number(out, "fmc", cert.tcb.fmc);
    }

    ioattest_out_number(out, "bootloader", cert.tcb.bootloader);
    ioattest_out_number(out, "tee", cert.tcb.tee);
    ioattest_out_number(out, "snp", cert.tcb.snp);
    ioattest_out_number(out, "microcode", cert.tcb.microcode);
    ioattest_out_hex(out, "chip_id", cert.chip.pos,
                     ioa_reader_left(&cert.chip));
    ioattest_out_close(out);
}


static void
ioattest_cert_gpu(ioattest_out_t *out, const ioa_chain_t *chain)
{
    char            chip[IOA_GPU_CHIP_MAX + 1],
                    ueid[IOA_UEID_TEXT_MAX + 1];
    ioa_reader_t    fwid;
    ioa_gpu_arch_t  arch;

    if (!ioa_gpu_cert_arch(&arch, chip, chain)) {
        return;
    }

    ioattest_out_open(out, "gpu");
    ioattest_out_string(out, "chip", chip);
    ioattest_out_string(out, "arch", ioa_gpu_arch_name(arch));
    ioattest_out_string(out, "ueid", ioa_gpu_cert_ueid(ueid, chain) ? ueid
                                                                    : NULL);

    if (ioa_gpu_cert_fwid(&fwid, chain, arch)) {
        ioattest_out_hex(out, "fwid", fwid.pos, ioa_reader_left(&fwid));
    }

    ioattest_out_close(out);
}


void
ioattest_inspect_certs(ioattest_out_t *out, ioa_bytes_t bytes)
{
    size_t           i;
    ioa_chain_t     *chain;
    ioa_chain_rc_t   rc = IOA_CHAIN_NO_MEMORY;

    chain = ioa_chain_new(NULL);

    if (chain != NULL) {
        rc = ioattest_text_first(bytes) == '-'
             ? ioa_chain_add_pem(chain, bytes.data, bytes.len)
             : ioa_chain_add_der(chain, bytes.data, bytes.len);
    }

    if (rc != IOA_CHAIN_OK) {
        ioattest_out_string(out, "certificates_error", ioa_chain_rc_name(rc));
        ioa_chain_free(chain);
        return;
    }

    ioattest_out_list(out, "certificates");

    for (i = 0; i < ioa_chain_count(chain); i++) {
        ioattest_out_item(out, "certificate", i);
        ioattest_cert_one(out, chain, i);
        ioattest_out_close(out);
    }

    ioattest_out_list_end(out);

    ioattest_cert_pck(out, chain);
    ioattest_cert_snp(out, chain);
    ioattest_cert_gpu(out, chain);
    ioa_chain_free(chain);
}
