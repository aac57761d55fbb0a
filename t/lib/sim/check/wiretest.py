"""Starts the simulation and tries every misbehaviour over the wire: those
said to be fine must pass a plain judge (judge.py), all others must not.
"""
import asyncio
import json
import sys

from api import canon, server, state as state_module
from check import judge
from faults import misbehave

# What changes a good reply without harm, for a body and for a stream.
FINE = set("""
machine size chunks content event_stream no_stream json_unicode
json_surrogate json_nan json_floats json_spaces json_scalar json_deep
crlf two_spaces done_never done_with_last done_lower ping_after_done
comments event_names multi_data empty_data
split_line one_piece stream_unicode error_event stream_empty provenance
sig_0x sig_upper sig_v01 address_lower address_upper event_cut
smuggle_comment comment_end event_first done_dropped one_chunk
event_with_done every_byte bytewise pieces chunked close_delimited http10
no_keepalive reason hdr hdr_drop accel evil_headers cookie accel_headers
validators content_type head_big early_hints continue trailers delay
head_delay mid_delay piece_delay gate reset_after
length event_last done_twice done_split done_no_space after_done tool_call
""".split())
# Fine for one of the two alone, by what they touch.
FINE_BODY = set("""
cr_lines no_space done_suffix no_final_newline field_case text_tab stop
event_named bad_utf8 forged_event no_event two_events event_bad_json
event_not_json event_array event_trailing event_no_data event_open
event_cut_off event_no_space event_crlf event_cr event_order event_two_data
event_fields event_number event_other_name event_extra event_big
event_member tamper_line drop_line dup_line
swap_lines space_line smuggle_no_space smuggle_cr smuggle_done
smuggle_done_no_space smuggle_done_suffix smuggle_data smuggle_bare_data
smuggle_event smuggle_case smuggle_nul stop_clean raw_utf8 smuggle_bom
smuggle_end bom data_after_done stop_mid_line stop_before_done forge_finish
forge_tool forge_tool_finish forge_escaped forge_double
""".split())
FINE_STREAM = set("minify pretty raw_utf8 body_dup_key unsigned "
                  "trailing trailer_seal smuggle_case".split())
FINE_ATTEST = set("""
machine nonce_upper address_lower address_upper address_checksum extra
big_below spaced key_escaped address_of address_any
""".split())
FINE_MODELS = set()
VALUES = {
    "machine": "3", "size": "3000", "content": "x%2Cy", "hdr": "X-A:b",
    "status": "503", "error": "503", "drop": "signature",
    "dup": "signature", "dup_other": "signing_address", "dup_first": "text",
    "empty": "signature", "field": "signing_algo:rsa", "text": "x",
    "address": "0x12", "digest": "sha256:00", "body": "{}", "delay": "20",
    "head_delay": "20", "mid_delay": "20", "piece_delay": "5",
    "hdr_drop": "server", "address_of": "2", "event_named": "other",
    "stop_clean": "1", "content_type": "",
}
STREAM_ONLY_VALUES = {"content_type": "text/event-stream"}
NONCE = "ab" * 32
BODY = {"model": "Qwen/Qwen3-32B", "temperature": 1,
        "messages": [{"role": "user", "content": "tell me of herons"}]}


def expected(kind, name, stream):
    if kind == "attest" and misbehave.REGISTRY[kind][name].stage != "wire":
        return name in FINE_ATTEST
    if kind == "models" and misbehave.REGISTRY[kind][name].stage != "wire":
        return name in FINE_MODELS
    if kind != "completion":
        return name in FINE or name in ("leading", "stop", "stop_clean")
    return name in FINE or name in (FINE_STREAM if stream else FINE_BODY)


async def one(port, state, kind, name, stream):
    value = VALUES.get(name)
    if stream:
        value = STREAM_ONLY_VALUES.get(name, value)
    spec = name if value is None else f"{name}={value}"
    known = {state.machine(i).address.lower() for i in range(4)}
    digest = state.machine(0).image_digest
    headers = {"Content-Type": "application/json"}
    if kind == "completion":
        body = json.dumps(dict(BODY, stream=stream)).encode()
        headers["X-Sim"] = spec
        await judge.ask(port, "POST", "/v1/private/completions",
                        {"Content-Type": "application/json"},
                        b'{"model":"another"}')
        got = await judge.ask(port, "POST", "/v1/private/completions",
                              headers, body)
        return judge.completion(got, canon.Request(body).canonical, known,
                                digest)
    if kind == "attest":
        headers["X-Sim-Attest"] = spec
        if name == "replay":
            state.first_attestation = None
            await judge.ask(port, "POST", "/v1/private/attestation",
                            {"Content-Type": "application/json"},
                            b'{"nonce":"01"}')
        got = await judge.ask(
            port, "POST", "/v1/private/attestation", headers,
            json.dumps({"model_id": "x", "nonce": NONCE}).encode())
        return judge.attestation(got, NONCE, known, digest)
    headers["X-Sim-Models"] = spec
    got = await judge.ask(port, "GET", "/v1/models", headers, b"")
    return judge.models(got, state.entries())


async def main():
    verbose = "-v" in sys.argv
    state = state_module.State(4, state_module.DEFAULT_MODELS)
    srv = server.Server(state)
    listener = await asyncio.start_server(srv.handler(), "127.0.0.1", 0,
                                          limit=1 << 20)
    port = listener.sockets[0].getsockname()[1]
    state.open_gates.add("gate")
    tried = bad = 0
    for kind in ("completion", "attest", "models"):
        for name, entry in misbehave.REGISTRY[kind].items():
            if entry.stage == "evidence":
                continue
            for stream in (False, True) if kind == "completion" else (False,):
                why = await one(port, state, kind, name, stream)
                tried += 1
                wrong = (why is None) != expected(kind, name, stream)
                bad += wrong
                if wrong or verbose:
                    print("wiretest:", "FAILED" if wrong else "fine", kind,
                          name, "stream" if stream else "", "->",
                          why or "accepted")
    bad += state.stats.errors["simulation"]
    print(f"wiretest: {tried} replies judged, {bad} not as expected")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
