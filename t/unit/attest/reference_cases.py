#!/usr/bin/python3
"""Which of the simulator's cases tries what the tests of other verifiers try.

The names on the left are theirs: the 46 samples of dcap-qvl, what the tests of
go-tdx-guest and go-sev-guest change.  That each case breaks the one check that
it says, and that the library refuses it for that, simulator.py and
simulator_core.py show; here it is shown that none is missing.  Speaks TAP.
"""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "../driver"),
                os.path.join(HERE, "../../lib/sim")]
from check import evidencetest
from faults import expect
import tap

# "=": accepted, the control; "-": not taken at all, SGX quotes are of version 3
DCAP_QVL = """
valid_sgx_v3 -tdx_version_3
invalid_sgx_v4 tdx_tee_type
valid_tdx_v4 =tdx_trailing
invalid_quote_v5 tdx_body_type tdx_body_mixed tdx_body_size
tdx_missing_components tcb_no_tdx tcb_short_tdx
tdx_qe_identity_id_mismatch qe_id
tdx_debug_enabled tdx_debug
tdx_sept_ve_disabled tdx_sept_ve
tdx_reserved_bits_set tdx_reserved_1 tdx_reserved_7 tdx_reserved_29
tdx_pks_enabled =tdx_pks
tdx_kl_enabled =tdx_kl
debug_sgx_v3 -tdx_version_3
invalid_quote_format tdx_garbage
truncated_quote tdx_truncated tdx_cut
tcb_expired tcb_expired
tcb_issue_date_future tcb_future
sgx_tcb_id_mismatch tcb_id
invalid_tcb_json tcb_bad_json
sgx_component_svn_mismatch tcb_sgx_svn tcb_short_sgx tcb_long_sgx
tdx_component_svn_mismatch tcb_tdx_svn
component_svn_all_higher =tdx_tcb_higher
short_tcb_chain tcb_short_chain
invalid_cert_format tdx_chain_garbage tdx_chain_pem
invalid_tcb_signature tcb_signature tcb_changed
fmspc_mismatch tcb_fmspc tcb_pceid
qe_report_hash_mismatch tdx_qe_data tdx_qe_data_tail tdx_key
invalid_qe_report_signature tdx_qe_signature tdx_qe_report
invalid_quote_signature tdx_signature tdx_flip
qe_identity_expired qe_expired
qe_identity_issue_date_future qe_future
invalid_qe_identity_json qe_bad_json
short_qe_identity_chain qe_short_chain
invalid_qe_identity_signature qe_signature qe_changed
qe_mrsigner_mismatch tdx_qe_mrsigner qe_mrsigner
qe_isvprodid_mismatch tdx_qe_prodid qe_prodid
qe_miscselect_mismatch tdx_qe_miscselect qe_miscselect
qe_attributes_mismatch tdx_qe_attributes qe_attributes
qe_debug_enabled tdx_qe_debug
unknown_tcb_status tcb_status_unknown
revoked_platform_tcb tcb_status_revoked tdx_tcb_revoked
revoked_qe_tcb qe_status_revoked
cert_type_5_with_pck_chain tdx_cert_type_5
cert_type_3_with_pck_chain tdx_inner_type_3
cert_type_3_without_pck_chain tdx_cert_type_3
ca_used_as_end_entity_tcb tcb_ca_leaf
ca_used_as_end_entity_qe qe_ca_leaf
"""

GO_TDX_GUEST = """
short_quote tdx_cut
long_quote =tdx_trailing_odd
version tdx_version_3 tdx_version_6
key_type tdx_key_type
tee_type tdx_tee_type
vendor tdx_vendor
chain_order tdx_chain_swapped tdx_chain_reversed
issuer tdx_pck_root tdx_tcb_signer_ca
common_name tdx_pck_cn
root tdx_root tdx_root_shown tdx_root_last
expired tdx_pck_expired
no_pck_extension tdx_pck_plain
crl_expired crl_pck_expired crl_root_expired
crl_signature crl_pck_signature crl_root_signature
crl_issuer crl_pck_issuer crl_root_issuer
crl_malformed crl_pck_garbage crl_root_garbage
revoked_leaf crl_pck
revoked_ca crl_ca
revoked_signer crl_tcb_signing
signer_name tcb_cn qe_cn tcb_below qe_below tcb_pck_signer qe_pck_signer
issuer_chain tcb_chain_swapped qe_chain_swapped tcb_no_chain qe_no_chain
tcb_version tcb_version
tcb_levels tcb_no_levels qe_no_levels
tcb_status tcb_status_out_of_date tcb_status_configuration
pcesvn tcb_pcesvn tdx_tcb_pcesvn
module_signer tdx_seam_signer tcb_module_signer
module_attributes tdx_seam_attributes
module_identity tdx_module_unknown tcb_module_missing
module_status tcb_module_status tdx_module_old tcb_module_revoked
qe_status qe_status_out_of_date qe_svn tdx_qe_svn tdx_qe_svn_none
mr_td tdx_mr_td
rtmr tdx_rtmr0 tdx_rtmr1 tdx_rtmr2 tdx_rtmr3
report_data tdx_data_nonce tdx_data_tail
"""

GO_SEV_GUEST = """
mbz snp_mbz snp_mbz_4c snp_mbz_18b snp_mbz_19f snp_mbz_1eb snp_mbz_1ef
mbz_tail snp_mbz_208 snp_mbz_29f snp_policy_high snp_flags_high
policy_bit_17 snp_policy_17
version snp_version_1 snp_version_9
algorithm snp_algorithm_0 snp_algorithm_2
signature_flipped snp_flip snp_signature snp_signature_zero
signature_tail snp_signature_r snp_signature_s snp_signature_tail
wrong_key snp_key
signing_key snp_signer_2 snp_signer_none
product snp_product snp_product_name
cert_expired snp_vcek_expired
cert_backdated snp_vcek_future
cert_issuer snp_root snp_vcek_ark snp_vcek_asvk snp_vlek_ask
cert_name snp_vcek_cn snp_claims_vlek snp_vlek_claims_vcek
cert_tcb snp_tcb_cert snp_reported_tcb
hwid snp_hwid snp_hwid_short snp_hwid_none snp_chip
provisional_build snp_provisional_build
provisional_version snp_provisional_version
provisional_tcb snp_committed snp_current
running_ahead =snp_uncommitted_build
launch_tcb snp_launch
minimum_tcb snp_tcb_low
debug snp_debug
migration snp_migrate_ma
vmpl snp_vmpl
measurement snp_measurement
host_data snp_host_data
report_data snp_data_nonce snp_data_tail
cert_table snp_table_cut =snp_certs
vlek =snp_vlek
masked_chip =snp_chip_zero
revoked_ask kds_crl_ask
crl_signature kds_crl_signature
crl_expired kds_crl_expired
short_report snp_truncated snp_half
"""

assert evidencetest.World        # whose modules fill what expect lists


def missing(name):
    """Whether there is no such case, or it does not end as it ought to."""
    accepted = name.startswith("=")
    entry = expect.EXPECT.get(name.lstrip("=-"))
    return entry is None or (entry.reason == "") != accepted


def main():
    for of, table, least in (("dcap-qvl", DCAP_QVL, 46),
                             ("go-tdx-guest", GO_TDX_GUEST, 30),
                             ("go-sev-guest", GO_SEV_GUEST, 30)):
        rows = [line.split() for line in table.split("\n") if line]
        for theirs, *ours in rows:
            gone = [name for name in ours if missing(name)]
            tap.ok(ours and not gone, "%s: %s" % (of, theirs), gone)
        tap.ok(len({row[0] for row in rows}) >= least,
               "%s: %d cases" % (of, len(rows)))
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
