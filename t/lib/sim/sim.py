#!/usr/bin/python3
"""Simulated private API of io.net with attesting machines behind it.

  sim.py --port N [--machines 8] [--models A,B,-C] [--ports N,M,...]
         [--control-port N] [--per-machine-ports BASE] [--pidfile FILE]
         [--lifetime SECONDS] [--host ADDRESS] [--keep-parentless] [--list]
         [--expect] [--write-roots DIR]

Prints "ready PORT" on stdout when it listens (before that "address I 0x..."
per machine, "more PORT..." and "machines PORT..." where such ports exist).
Port 0 takes a free one.  It ends by SIGTERM, with its parent (not with
--keep-parentless), or after --lifetime (600) seconds.  A model name with - before it is not attestable.

  GET  /v1/models
  POST /v1/private/attestation    {"model_id","nonce"}
  POST /v1/private/completions    also /v1/private/chat/completions,
                                  /v1/chat/completions, /v1/completions

With the setting evidence, machines show TDX or SEV-SNP and GPU evidence of
test hardware, whose makers' services are here as well:

  GET  /tdx/certification/v4/tcb?fmspc=, /tdx/certification/v4/qe/identity
  GET  /sgx/certification/v4/pckcrl?ca=platform[&encoding=der]
  GET  /IntelSGXRootCA.der, /sgx/certification/v4/rootcacrl
  GET  /vcek/v1/PRODUCT/CHIP_ID?blSPL=&teeSPL=&snpSPL=&ucodeSPL=[&fmcSPL=]
  GET  /vcek/v1/PRODUCT/cert_chain, /vlek/v1/PRODUCT/cert_chain
  GET  /vcek/v1/PRODUCT/crl
  POST /v3/attest/gpu, /v4/attest/gpu; GET /.well-known/jwks.json
  POST /ocsp

--write-roots writes what a verifier is to trust to DIR/cpu.pem and
DIR/gpu.pem; keys are made from phrases, so these are always the same.
--expect prints "NAME REASON [NEEDS]" for what can be wrong with evidence: the
gateway's reason ("-": none, it accepts), and what it needs to see it.

Machines take turns, with one counter for attestations and one for
completions; port BASE+I of --per-machine-ports is machine I alone.  Keys are
sha256("ioattest sim machine I").  Any key or none will do, but "Bearer bad..."
gives 401, "bad403...", "bad404...", "bad429...", "bad500...", "bad503..."
that status, and "badattest..." (or "badattest403...") does so for
attestations alone.

Control, on every port:

  POST /_sim/set {...}      change settings; or /_sim/set?name=value&...
  GET  /_sim/settings       what is set
  POST /_sim/reset          forget settings and counts; {"what":"stats"} or
                            {"what":"set"} for one of them
  GET  /_sim/stats          counts; last request of each kind; nonces; keys
  GET  /_sim/flights        attestations, each with start and end in seconds,
                            model_id, key, machine, and how it ended (status,
                            or gone: the other side left); most at once, in
                            all and by model_id
  GET  /_sim/answers        [prompt, machine, signer] of each completion
  GET  /_sim/machines       addresses, digests, models, the forger's address
  POST /_sim/open           {"gate":NAME}: answers waiting at that gate go on
  GET  /_sim/evidence       measurements, fmspc, chip_ids: what a policy names
  GET  /_sim/expect         --expect as JSON: {NAME: {reason, breaks, needs}}
  GET  /_sim/roots/cpu.pem  and gpu.pem: what a verifier is to trust

Settings: completion, attest, models, collateral, kds, nras, jwks:
misbehaviour, as in X-Sim below (a string, a list of strings, or an object);
completion_times, attest_times, ...: for so many requests, then none;
completion_skip, ...: after so many good ones; completion_delay_ms, ...;
machines: how many take part; completion_machines, attest_machines: the order
of turns, such as [0,0,3]; generation: N or {"I":N}, new keys (all, machine
I); image_digest: for all, or {"I":"..."}; cpu_quote, gpu: evidence in place
of the no-TEE errors; list: models (names or whole entries); strict_models:
404 for a model that is not listed; keys: {"Bearer K": {...}, "*": ...}, by
Authorization: a status for all requests, or an object of attest, models,
completion (status of such requests), headers ([[name, value], ...] of these
answers) and list (what this key is shown); {} is a good key.  A string in
place of a status is misbehaviour, such as hang or error=500.  Once set, a key
that is not there, or none, gives 401.

Settings of a fleet: balance: turns, random, or weights by machine such as
{"0": 5, "*": 1}; completion_balance, attest_balance: for one of them alone;
seed: the same draws again; attest_of, completion_of: misbehaviour of single
machines, {"3": "snp_measurement", "*": ""}; attest_jitter_ms, ...: up to so
much more than attest_delay_ms, at random; attest_share, ...: the share of
requests, from 0 to 1, that the misbehaviour set as attest, ... is for.
machines, completion_machines, attest_machines, generation and the settings of
evidence may be changed at any time: machines that come, go, get new keys,
are upgraded.

Settings of evidence, each a value, or {"I": value, "*": value} by machine:
evidence: none, tdx, snp; report_data: nonce (32 bytes, then zeros) or
address-nonce; gpus: how many (8), 0 for none; gpu_arch: HOPPER, BLACKWELL;
gpu_json_arch: what the JSON says (HOPPER); gpu_driver, gpu_vbios:
"580.159.03", "96.00.74.00.20"; gpu_features: spt, mpt, ppcie; gpu_records:
unversioned, or versioned, as drivers since CUDA 13.5; quote_version: 4, 5; td_body of version 5: 1.0, 1.5; quote_trailing: zeros behind (70);
snp_version: 2, 3, 5; snp_product: Milan, Genoa, Turin; snp_signer: vcek,
vlek; snp_certs: the certificate table behind the report.  nras_kid: number of
NVIDIA's newest token key (7); hardware, gpu_hardware: the number of another
machine, whose processor and GPUs, or GPUs alone, it runs on; collateral_life: seconds until Intel's documents
end (29 days); collateral_early: what Intel says to update=early: same, next
(the next evaluation, nothing else), short (and one SVN more than there is),
forged (signed by another), down, slow (3 s).

Misbehaviour: request header X-Sim (completions), X-Sim-Attest, X-Sim-Models,
X-Sim-Collateral, X-Sim-Kds, X-Sim-Nras, X-Sim-Jwks, X-Sim-Ocsp:
name[=value], name[=value], ...  Values may be percent-encoded.  They act in
the order of the stages below, within a stage as given.  An unknown name gives
400.  --list prints what each one does.

what is asked:
  size chunks content event_stream no_stream forged forged_new bad_request
  machine

what vLLM says, honestly signed:
  json_unicode json_surrogate json_nan json_floats json_spaces json_deep
  json_scalar crlf cr_lines no_space two_spaces done_never done_twice
  done_with_last done_split done_suffix done_no_space done_lower after_done
  ping_after_done comments event_names event_named multi_data empty_data
  no_final_newline bad_utf8 split_line one_piece stream_unicode forged_event
  error_event stream_empty tool_call

the text, before it is signed:
  request_hash front response_hash swap_hashes signed_text signed_upper
  signed_short signed_long signed_space signed_half signed_model

the signature and what goes with it:
  wrong_signer no_signature drop dup dup_other dup_first empty field
  field_case field_dash provenance algo sig_nonhex sig_short sig_long
  sig_odd sig_huge sig_0x sig_0X sig_0x0x sig_upper sig_space sig_flip
  sig_v01 sig_v sig_parity high_s r_zero s_zero r_n r_big s_n s_big sig_zero
  sig_swap sig_compact sig_no_prefix sig_sha256 sig_other_text text
  text_flip text_digit text_upper text_short text_long text_space
  text_trailing text_tab text_swap text_colon address address_lower
  address_upper address_no0x address_short address_long address_nonhex
  address_zero address_of digest digest_other digest_upper digest_short
  digest_space digest_missing digest_dup

the signature event of a stream:
  no_event two_events event_cut event_bad_json event_not_json event_array
  event_trailing event_no_data event_open event_cut_off event_no_space
  event_crlf event_cr event_order event_two_data event_fields event_extra
  event_big event_number event_other_name event_member

the answer, after signing:
  unsigned minify pretty raw_utf8 body_dup_key trailer_seal range
  replay_last echo_headers tamper_line drop_line dup_line swap_lines
  space_line smuggle_no_space smuggle_cr smuggle_done smuggle_done_no_space
  smuggle_done_suffix smuggle_data smuggle_bare_data smuggle_event
  smuggle_comment smuggle_case smuggle_nul smuggle_bom smuggle_end bom
  data_after_done comment_end event_first event_last done_dropped one_chunk
  event_with_done stop_mid_line stop_before_done forge_finish forge_tool
  forge_tool_finish forge_escaped forge_double

the HTTP reply (attest and models as well):
  status error redirect reason hdr hdr_drop accel evil_headers cookie
  accel_headers validators content_type head_big nul_header flip_body body
  empty_body trailing leading bom_body not_json gzip gzip_lie chunked length
  close_delimited no_keepalive http10 pieces every_byte bytewise truncate
  length_more length_less no_last_chunk bad_chunk stop stop_clean trailers
  two_lengths length_and_chunked early_hints continue upgrade
  bad_status_line extra_reply delay head_delay mid_delay piece_delay gate
  close reset reset_after hang

attest: which machine:
  machine

attest: evidence, before it is signed:
  gpu_nonce gpu_nonce_last gpu_request_version gpu_request_code
  gpu_request_unsigned gpu_request_one gpu_response_version
  gpu_response_code gpu_block_count gpu_opaque_size gpu_block_twice
  gpu_block_spec gpu_opaque_cut gpu_fwid gpu_fwid_cert gpu_fwid_twice
  gpu_no_fwid gpu_opaque_unknown gpu_opaque_least gpu_no_driver gpu_no_vbios
  gpu_no_nvdec0 gpu_nvdec0 gpu_feature gpu_mode_pcie gpu_one_block
  gpu_short_blocks gpu_records_versioned gpu_records_minor gpu_records_newer
  gpu_records_profile gpu_records_header gpu_records_cut gpu_records_overlap
  gpu_records_twice gpu_records_both gpu_records_behind gpu_ppcie
  gpu_switches gpu_alike gpu_17 gpu_driver gpu_vbios gpu_signature gpu_flip
  gpu_nonce_patched gpu_signature_zero gpu_truncated gpu_half
  gpu_empty_evidence gpu_trailing gpu_root gpu_root_shown gpu_root_last
  gpu_chain_swapped gpu_chain_reversed gpu_chain_4 gpu_chain_gap gpu_chain_6
  gpu_chain_1 gpu_leaf_expired gpu_leaf_ca gpu_below_leaf gpu_chain_empty
  gpu_chain_pem gpu_chip_next gpu_arch_mixed gpu_duplicate gpu_duplicate_new
  gpu_switch gpu_count gpu_base64 gpu_certificate_base64 gpu_certificate_der
  gpu_evidence_missing gpu_certificate_missing gpu_evidence_number
  gpu_arch_said gpu_members snp_version_1 snp_version_9 snp_version_6
  snp_algorithm_0 snp_algorithm_2 snp_debug snp_policy_17 snp_policy_high
  snp_flags_high snp_mbz_4c snp_mbz_18b snp_mbz_19f snp_mbz_1eb snp_mbz_1ef
  snp_mbz_208 snp_mbz_29f snp_signer_2 snp_signer_none snp_mbz
  snp_migrate_ma snp_launch snp_committed snp_current snp_provisional_build
  snp_provisional_version snp_uncommitted_build snp_vmpl snp_vmpl_host
  snp_measurement snp_host_data snp_tcb_low snp_data_nonce snp_data_tail
  snp_data_foreign snp_data_downgrade snp_data_bound snp_signature snp_key
  snp_flip snp_signature_zero snp_signature_r snp_signature_s
  snp_signature_tail snp_truncated snp_half snp_certs snp_root
  snp_vcek_expired snp_vcek_future snp_vcek_ark snp_vcek_asvk snp_vcek_cn
  snp_vcek_garbage snp_tcb_cert snp_hwid snp_hwid_short snp_hwid_none
  snp_hwid_der snp_product_name snp_product snp_reported_tcb snp_chip
  snp_chip_zero snp_claims_vlek snp_vlek snp_vlek_claims_vcek snp_vlek_ask
  snp_table_cut tdx_version_3 tdx_version_6 tdx_key_type tdx_tee_type
  tdx_vendor tdx_body_type tdx_body_newer tdx_body_mixed tdx_body_size
  tdx_debug tdx_reserved_1 tdx_reserved_7 tdx_reserved_29 tdx_sept_ve
  tdx_pks tdx_kl tdx_perfmon tdx_servicetd tdx_seam_signer
  tdx_seam_attributes tdx_mr_td tdx_mr_seam tdx_mr_config_id tdx_rtmr0
  tdx_rtmr1 tdx_rtmr2 tdx_rtmr3 tdx_data_nonce tdx_data_last tdx_data_tail
  tdx_data_zero tdx_data_foreign tdx_data_padding tdx_data_swapped
  tdx_data_bound_nonce tdx_data_downgrade tdx_data_bound tdx_signature
  tdx_signature_zero tdx_flip tdx_key tdx_qe_data tdx_qe_data_tail
  tdx_qe_auth tdx_qe_auth_empty tdx_qe_signature tdx_qe_report
  tdx_qe_mrsigner tdx_qe_prodid tdx_qe_miscselect tdx_qe_attributes
  tdx_qe_debug tdx_qe_svn tdx_qe_svn_none tdx_root tdx_root_shown
  tdx_root_last tdx_chain_swapped tdx_chain_reversed tdx_chain_no_ca
  tdx_chain_leaf tdx_chain_four tdx_pck_expired tdx_pck_future tdx_ca_leaf
  tdx_leaf_ca tdx_self_signed tdx_signer_tcb tdx_pck_plain tdx_pck_cn
  tdx_pck_root tdx_tcb_signer_ca tdx_chain_pem tdx_chain_empty
  tdx_chain_garbage tdx_chain_nul tdx_cert_type_5 tdx_cert_type_3
  tdx_inner_type_3 tdx_inner_type_6 tdx_truncated tdx_cut tdx_size_more
  tdx_size_huge tdx_auth_huge tdx_garbage tdx_trailing tdx_trailing_odd
  tdx_tcb_old tdx_tcb_none tdx_tcb_pcesvn tdx_tcb_revoked tdx_tcb_higher
  tdx_tee_tcb_svn tdx_module_old tdx_module_unknown

attest: members:
  nonce_wrong nonce_prefix nonce_last nonce_upper nonce_0x nonce_short
  nonce_long nonce_space nonce_nonhex nonce_zero nonce_empty nonce_null
  nonce_number nonce_array nonce_missing replay address_lower address_upper
  address_checksum address_no0x address_0X address_short address_long
  address_odd address_nonhex address_space address_zero address_empty
  address_null address_number address_array address_nul address_missing
  address address_of address_any address_new address_forged digest_other
  digest_upper digest_noprefix digest_short digest_space digest_control
  digest_long digest_empty digest_null digest_number digest_array digest
  digest_missing cpu_missing cpu_null cpu_string cpu_array cpu_empty
  quote_number quote_null quote_empty quote_odd quote_short quote_zero
  gpu_missing gpu_null gpu_string gpu_array gpu_empty gpu_status
  gpu_no_evidence extra quote array

attest: the JSON text:
  dup_nonce dup_nonce_first dup_address dup_address_first dup_digest
  dup_digest_first dup_same dup_escaped key_case key_escaped deep big
  big_below bad_utf8 spaced cut_json

models: entries:
  no_model_id model_id_null model_id_number model_id_empty model_id_long
  model_id_odd no_name no_id not_attestable attestable_missing
  attestable_string attestable_one empty_list no_data data_object bare_array
  dup_name dup_entry dup_attestable odd_entries many

models: the JSON text:
  big deep cut_json

collateral: documents, before they are signed:
  tcb_expired qe_expired tcb_future qe_future tcb_bad_date qe_bad_date
  tcb_signature qe_signature tcb_changed qe_changed tcb_signature_short
  qe_signature_short tcb_bad_json qe_bad_json tcb_no_signature
  qe_no_signature tcb_short_chain qe_short_chain tcb_no_chain qe_no_chain
  tcb_root qe_root tcb_ca_leaf qe_ca_leaf tcb_pck_signer qe_pck_signer
  tcb_chain_swapped qe_chain_swapped tcb_cn qe_cn tcb_below qe_below
  tcb_evaluation qe_evaluation tcb_evaluation_old qe_evaluation_old
  tcb_version qe_version tcb_version_newer qe_version_newer tcb_no_levels
  qe_no_levels tcb_twice qe_twice tcb_module_twice tcb_id tcb_type tcb_fmspc
  tcb_pceid tcb_no_tdx tcb_short_tdx tcb_short_sgx tcb_long_sgx tcb_sgx_svn
  tcb_tdx_svn tcb_pcesvn tcb_status_out_of_date tcb_status_configuration
  tcb_status_out_of_date_configuration tcb_status_configuration_hardening
  tcb_status_revoked tcb_status_unknown tcb_status_hardening tcb_advisories
  qe_status_out_of_date qe_status_revoked tcb_module_status
  tcb_module_revoked tcb_unsorted qe_unsorted tcb_module_unsorted
  levels_reversed tcb_module_missing tcb_module_signer tcb_dates qe_dates
  tcb_extra tcb_header_v3 header_case qe_id qe_mrsigner qe_prodid
  qe_miscselect qe_attributes qe_svn crl_pck crl_ca crl_tcb_signing
  crl_pck_expired crl_root_expired crl_pck_future crl_root_future
  crl_pck_signature crl_root_signature crl_pck_issuer crl_root_issuer
  crl_pck_garbage crl_root_garbage crl_hex crl_pem

kds: certificates and lists:
  kds_key kds_tcb kds_chip kds_root kds_expired kds_garbage kds_cut
  kds_trailing kds_crl_ask kds_crl_expired kds_crl_signature kds_crl_html

nras: tokens, before they are signed:
  nras_false nras_result_string nras_result_missing nras_nonce
  nras_device_nonce nras_issuer nras_device_issuer nras_expired
  nras_device_expired nras_not_before nras_exp_string nras_debug
  nras_measres nras_secboot nras_secboot_missing nras_rim_signature
  nras_rim_chain nras_ocsp nras_ocsp_response nras_ocsp_nonce nras_status
  nras_status_missing nras_ocsp_missing nras_revoked nras_mismatch
  nras_ueid_other nras_claims_4 nras_version_old nras_version_newer
  nras_version_device nras_driver_chain_missing nras_vbios_chain_missing
  nras_chain_boolean nras_warning nras_kid nras_kid_wrong nras_kid_missing
  nras_alg nras_alg_none nras_alg_hs384 nras_signature nras_signature_der
  nras_device_signature nras_digest nras_digest_name nras_device_missing
  nras_device_extra nras_device_fewer nras_device_more nras_ueid
  nras_no_submods nras_replay nras_object nras_two_parts

jwks: keys:
  jwks_stale jwks_empty jwks_curve jwks_wrong_point jwks_other_key
  jwks_garbage jwks_extra

ocsp: answers, before they are signed:
  ocsp_revoked ocsp_revoked_silent ocsp_hold ocsp_unknown ocsp_unauthorized
  ocsp_try_later ocsp_internal ocsp_stale ocsp_stale_open ocsp_future
  ocsp_open ocsp_nonce ocsp_nonce_none ocsp_nonce_short ocsp_nonce_twice
  ocsp_serial ocsp_issuer ocsp_twice ocsp_more ocsp_signature ocsp_no_signer
  ocsp_by_issuer ocsp_by_name ocsp_foreign ocsp_sibling ocsp_no_usage
  ocsp_other_usage ocsp_signer_expired ocsp_signer_future ocsp_signer_ca
  ocsp_signer_bits ocsp_signer_critical ocsp_sha1 ocsp_single_critical
  ocsp_critical ocsp_type ocsp_ber ocsp_garbage ocsp_cut ocsp_trailing
  ocsp_large
"""
import argparse
import asyncio
import os
import signal
import sys

from api import server, state as state_module
from evidence import services
from faults import expect, misbehave

PARENT = os.getppid()


def arguments(argv):
    p = argparse.ArgumentParser(description="simulated private API")
    p.add_argument("--host", default="127.0.0.1")
    p.add_argument("--port", type=int, help="0: any free port")
    p.add_argument("--ports", default="", help="more ports, N,M,...")
    p.add_argument("--control-port", type=int,
                   help="one more port, for /_sim/ (which every port serves)")
    p.add_argument("--per-machine-ports", type=int, metavar="BASE",
                   help="port BASE+i answers as machine i alone; 0: any free "
                   "ports")
    p.add_argument("--machines", type=int, default=8)
    p.add_argument("--models", default="",
                   help="names by comma; -name is not attestable")
    p.add_argument("--pidfile")
    p.add_argument("--lifetime", type=float, default=600, metavar="SECONDS")
    p.add_argument("--keep-parentless", action="store_true",
                   help="do not exit when the parent process ends")
    p.add_argument("--list", action="store_true",
                   help="print every misbehaviour and exit")
    p.add_argument("--expect", action="store_true",
                   help="print what a gateway is to say of wrong evidence, "
                   "and exit")
    p.add_argument("--write-roots", metavar="DIR",
                   help="write cpu.pem and gpu.pem there, and exit")
    return p.parse_args(argv)


def print_list():
    for kind in misbehave.KINDS:
        for name, entry in misbehave.REGISTRY[kind].items():
            if entry.stage != "wire" or kind == "completion":
                shown = "all" if entry.stage == "wire" else kind
                print(f"{shown:10} {name:20} {entry.doc}")


async def watch_parent(stop):
    while os.getppid() == PARENT:
        await asyncio.sleep(0.5)
    stop.set()


async def main(args):
    models = [m for m in args.models.split(",") if m]
    state = state_module.State(args.machines,
                               models or state_module.DEFAULT_MODELS)
    for i in range(args.machines):
        state.machine(i)
    srv = server.Server(state)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)

    listening = []

    async def listen(port, fixed=None):
        s = await asyncio.start_server(
            srv.handler(fixed), args.host, port, backlog=1024,
            reuse_address=True, limit=1 << 20)
        listening.append(s)
        return s.sockets[0].getsockname()[1]

    main_port = await listen(args.port or 0)
    more = [await listen(int(p)) for p in args.ports.split(",") if p]
    if args.control_port is not None:
        more.append(await listen(args.control_port))
    fixed = []
    if args.per_machine_ports is not None:
        base = args.per_machine_ports
        for i in range(args.machines):
            fixed.append(await listen(base + i if base else 0, i))
    if args.pidfile:
        with open(args.pidfile, "w") as f:
            f.write(f"{os.getpid()}\n")
    if more:
        print("more", *more)
    if fixed:
        print("machines", *fixed)
    for i in range(args.machines):
        print("address", i, state.machine(i).address)
    print("ready", main_port, flush=True)

    tasks = [] if args.keep_parentless else [
        asyncio.create_task(watch_parent(stop))]
    try:
        await asyncio.wait_for(stop.wait(), args.lifetime)
    except asyncio.TimeoutError:
        pass
    for task in tasks:
        task.cancel()
    for s in listening:
        s.close()
    if args.pidfile and os.path.exists(args.pidfile):
        os.unlink(args.pidfile)


if __name__ == "__main__":
    options = arguments(sys.argv[1:])
    if options.list:
        print_list()
        sys.exit(0)
    if options.expect:
        print("\n".join(expect.lines()))
        sys.exit(0)
    if options.write_roots:
        services.write_roots(options.write_roots)
        sys.exit(0)
    asyncio.run(main(options))
    sys.stdout.flush()
    os._exit(0)
