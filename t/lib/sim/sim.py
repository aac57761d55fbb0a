#!/usr/bin/python3
"""Simulated private API of io.net with attesting machines behind it.

  sim.py --port N [--machines 8] [--models A,B,-C] [--ports N,M,...]
         [--control-port N] [--per-machine-ports BASE] [--pidfile FILE]
         [--lifetime SECONDS] [--host ADDRESS] [--keep-parentless] [--list]

Prints "ready PORT" on stdout when it listens (before that "address I 0x..."
per machine, "more PORT..." and "machines PORT..." where such ports exist).
Port 0 takes a free one.  It ends by SIGTERM, with its parent, or after
--lifetime (600) seconds.  A model name with - before it is not attestable.

  GET  /v1/models
  POST /v1/private/attestation    {"model_id","nonce"}
  POST /v1/private/completions    also /v1/private/chat/completions,
                                  /v1/chat/completions, /v1/completions

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
  GET  /_sim/machines       addresses, digests, models, the forger's address
  POST /_sim/open           {"gate":NAME}: answers waiting at that gate go on

Settings: completion, attest, models: misbehaviour, as in X-Sim below (a
string, a list of strings, or an object); completion_times, attest_times,
models_times: for so many requests, then none; completion_skip, ...: after so
many good ones; completion_delay_ms, attest_delay_ms, models_delay_ms;
machines: how many take part; completion_machines, attest_machines: the order
of turns, such as [0,0,3]; generation: N or {"I":N}, new keys (all, machine
I); image_digest: for all, or {"I":"..."}; cpu_quote, gpu: evidence in place
of the no-TEE errors; list: models (names or whole entries); strict_models:
404 for a model that is not listed.

Misbehaviour: request header X-Sim (completions), X-Sim-Attest, X-Sim-Models:
name[=value], name[=value], ...  Values may be percent-encoded.  They act in
the order of the stages below, within a stage as given.  An unknown name gives
400.  --list prints what each one does.

what is asked:
  size chunks content event_stream no_stream forged bad_request machine

what vLLM says, honestly signed:
  json_unicode json_surrogate json_nan json_floats json_spaces json_deep
  json_scalar crlf cr_lines no_space two_spaces done_never done_twice
  done_with_last done_split done_suffix done_no_space done_lower after_done
  ping_after_done comments event_names event_named multi_data empty_data
  no_final_newline bad_utf8 split_line one_piece stream_unicode forged_event
  error_event stream_empty

the text, before it is signed:
  request_hash response_hash swap_hashes signed_text signed_upper
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
  event_big event_number event_other_name

the answer, after signing:
  unsigned minify pretty raw_utf8 body_dup_key trailer_seal range
  replay_last echo_headers tamper_line drop_line dup_line swap_lines
  space_line smuggle_no_space smuggle_cr smuggle_done smuggle_done_no_space
  smuggle_done_suffix smuggle_data smuggle_bare_data smuggle_event
  smuggle_comment smuggle_case smuggle_nul smuggle_bom smuggle_end bom
  data_after_done comment_end event_first event_last done_dropped one_chunk
  event_with_done stop_mid_line stop_before_done

the HTTP reply (attest and models as well):
  status error redirect reason hdr hdr_drop accel evil_headers cookie
  accel_headers validators content_type head_big nul_header flip_body body
  empty_body trailing leading bom_body not_json gzip gzip_lie chunked length
  close_delimited no_keepalive http10 pieces every_byte bytewise truncate
  length_more length_less no_last_chunk stop stop_clean trailers two_lengths
  length_and_chunked early_hints continue upgrade bad_status_line
  extra_reply delay head_delay mid_delay piece_delay gate close reset
  reset_after hang

attest: which machine:
  machine

attest: members:
  nonce_wrong nonce_prefix nonce_last nonce_upper nonce_0x nonce_short
  nonce_long nonce_space nonce_nonhex nonce_zero nonce_empty nonce_null
  nonce_number nonce_array nonce_missing replay address_lower address_upper
  address_checksum address_no0x address_0X address_short address_long
  address_odd address_nonhex address_space address_zero address_empty
  address_null address_number address_array address_nul address_missing
  address address_of address_forged digest_other digest_upper
  digest_noprefix digest_short digest_space digest_control digest_long
  digest_empty digest_null digest_number digest_array digest digest_missing
  cpu_missing cpu_null cpu_string cpu_array cpu_empty quote_number
  quote_null quote_empty quote_odd quote_short quote_zero gpu_missing
  gpu_null gpu_string gpu_array gpu_empty gpu_status gpu_no_evidence extra
  quote array

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
"""
import argparse
import asyncio
import os
import signal
import sys

import misbehave
import server
import state as state_module

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
    asyncio.run(main(options))
    sys.stdout.flush()
    os._exit(0)
