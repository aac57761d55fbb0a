/*
 * inspect_tdx: TDX and SGX quotes.  See inspect_print.h.
 */

#include "attest/ioattest.h"
#include "inspect_print.h"
#include "inspect_sgx.h"


static void
ioattest_tdx_attributes(ioattest_out_t *out, uint64_t bits)
{
    ioattest_out_bits(out, "td_attributes", bits);
    ioattest_out_open(out, "td_attributes_bits");
    ioattest_out_bool(out, "debug", (bits & IOA_TDX_TD_DEBUG) != 0);
    ioattest_out_bool(out, "sept_ve_disable",
                      (bits & IOA_TDX_TD_SEPT_VE_DISABLE) != 0);
    ioattest_out_bool(out, "pks", (bits & IOA_TDX_TD_PKS) != 0);
    ioattest_out_bool(out, "kl", (bits & IOA_TDX_TD_KL) != 0);
    ioattest_out_bool(out, "perfmon", (bits & IOA_TDX_TD_PERFMON) != 0);

    bits &= ~(IOA_TDX_TD_DEBUG | IOA_TDX_TD_SEPT_VE_DISABLE | IOA_TDX_TD_PKS
              | IOA_TDX_TD_KL | IOA_TDX_TD_PERFMON);

    if (bits != 0) {
        ioattest_out_bits(out, "others", bits);
    }

    ioattest_out_close(out);
}


static void
ioattest_tdx_body(ioattest_out_t *out, const ioattest_piece_t *piece,
    const ioa_tdx_body_t *body)
{
    size_t  i;

    static const char *const  rtmrs[IOA_TDX_RTMRS] = {
        "rtmr0", "rtmr1", "rtmr2", "rtmr3"
    };

    ioattest_out_hex(out, "mr_td", body->mr_td, IOA_TDX_MR_LEN);

    for (i = 0; i < IOA_TDX_RTMRS; i++) {
        ioattest_out_hex(out, rtmrs[i], body->rtmr[i], IOA_TDX_MR_LEN);
    }

    ioattest_out_hex(out, "mr_config_id", body->mr_config_id,
                     IOA_TDX_MR_LEN);
    ioattest_out_hex(out, "mr_owner", body->mr_owner, IOA_TDX_MR_LEN);
    ioattest_out_hex(out, "mr_owner_config", body->mr_owner_config,
                     IOA_TDX_MR_LEN);
    ioattest_out_hex(out, "report_data", body->report_data,
                     IOA_TDX_REPORT_DATA_LEN);
    ioattest_inspect_layout(out, piece, body->report_data);

    ioattest_tdx_attributes(out, body->td_attributes);
    ioattest_out_bits(out, "xfam", body->xfam);
    ioattest_out_hex(out, "tee_tcb_svn", body->tee_tcb_svn, IOA_TDX_SVN_LEN);
    ioattest_out_hex(out, "mr_seam", body->mr_seam, IOA_TDX_MR_LEN);
    ioattest_out_hex(out, "mrsigner_seam", body->mrsigner_seam,
                     IOA_TDX_MR_LEN);
    ioattest_out_hex(out, "seam_attributes", body->seam_attributes,
                     IOA_TDX_ATTRIBUTES_LEN);

    if (body->td15) {
        ioattest_out_hex(out, "tee_tcb_svn2", body->tee_tcb_svn2,
                         IOA_TDX_SVN_LEN);
        ioattest_out_hex(out, "mr_servicetd", body->mr_servicetd,
                         IOA_TDX_MR_LEN);
    }
}


/* An enclave's report. */
static void
ioattest_tdx_enclave(ioattest_out_t *out, const ioa_tdx_qe_t *enclave)
{
    size_t   i;
    uint8_t  miscselect[4];

    /* in the order of its bytes, as Intel's collateral has it */

    for (i = 0; i < sizeof(miscselect); i++) {
        miscselect[i] = (uint8_t) (enclave->miscselect >> 8 * i);
    }

    ioattest_out_hex(out, "mrenclave", enclave->mrenclave,
                     IOA_TDX_QE_HASH_LEN);
    ioattest_out_hex(out, "mrsigner", enclave->mrsigner,
                     IOA_TDX_QE_HASH_LEN);
    ioattest_out_number(out, "isvprodid", enclave->isvprodid);
    ioattest_out_number(out, "isvsvn", enclave->isvsvn);
    ioattest_out_hex(out, "miscselect", miscselect, sizeof(miscselect));
    ioattest_out_hex(out, "attributes", enclave->attributes,
                     sizeof(enclave->attributes));
    ioattest_out_hex(out, "cpusvn", enclave->cpusvn, IOA_TDX_SVN_LEN);
    ioattest_out_hex(out, "report_data", enclave->report_data,
                     IOA_TDX_REPORT_DATA_LEN);
}


static void
ioattest_tdx_qe(ioattest_out_t *out, const ioa_tdx_qe_t *qe)
{
    ioattest_out_open(out, "qe");
    ioattest_tdx_enclave(out, qe);
    ioattest_out_close(out);
}


static void
ioattest_tdx_certs(ioattest_out_t *out, ioa_reader_t certs)
{
    ioa_bytes_t  bytes;

    bytes.data = certs.pos;
    bytes.len = ioa_reader_left(&certs);

    if (bytes.len != 0) {
        ioattest_inspect_certs(out, bytes);
    }
}


void
ioattest_inspect_tdx(ioattest_out_t *out, const ioattest_piece_t *piece)
{
    ioa_tdx_quote_t  quote;

    if (ioa_tdx_parse(&quote, piece->bytes.data, piece->bytes.len)
        != IOA_TDX_OK)
    {
        return;
    }

    ioattest_out_number(out, "version", quote.version);
    ioattest_out_string(out, "tee_type", "TDX");
    ioattest_out_string(out, "body_type", quote.body.td15 ? "TD 1.5"
                                                          : "TD 1.0");
    ioattest_tdx_body(out, piece, &quote.body);
    ioattest_out_hex(out, "qe_vendor_id", quote.vendor, IOA_TDX_VENDOR_LEN);
    ioattest_out_hex(out, "user_data", quote.user_data,
                     IOA_TDX_USER_DATA_LEN);
    ioattest_tdx_qe(out, &quote.qe);
    ioattest_tdx_certs(out, quote.certs);
}


void
ioattest_inspect_sgx(ioattest_out_t *out, const ioattest_piece_t *piece)
{
    ioa_reader_t    r;
    ioattest_sgx_t  quote;

    ioa_reader_init(&r, piece->bytes.data, piece->bytes.len);

    if (!ioattest_sgx_parse(&quote, r)) {
        return;
    }

    ioattest_out_number(out, "version", quote.version);
    ioattest_out_string(out, "tee_type", "SGX");
    ioattest_tdx_enclave(out, &quote.enclave);
    ioattest_out_hex(out, "qe_vendor_id", quote.vendor, IOA_TDX_VENDOR_LEN);
    ioattest_out_hex(out, "user_data", quote.user_data,
                     IOA_TDX_USER_DATA_LEN);
    ioattest_tdx_qe(out, &quote.qe);
    ioattest_tdx_certs(out, quote.certs);
}
