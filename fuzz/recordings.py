#!/usr/bin/python3
"""Replies that were recorded of a real agent, for filters.py.

  recordings.py DIR       puts some of them there: DIR is fuzz/seeds/filters
"""
import base64
import glob
import json
import os
import re
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VECTORS = os.environ.get("IOATTEST_VECTORS", TOP + "/../shared/vectors")
SEEDS = TOP + "/fuzz/seeds/filters"
# of the recordings, those that are kept as seeds: short ones of each kind
KEPT = {
    "resp": """bom bad_utf8 chunked compact controls dup_keys empty_array
        error_301 error_429 error_503 floats gzip ints lone_surrogate nan
        no_image_digest null pretty sig_0x status_201 truncated utf16
        vllm_headers ws_around""",
    "stream": """after_done bad_utf8 bom close_delimited comments controls
        cr_only crlf cut done_no_space error_429 error_event
        event_id_retry forged_event_before forged_event_in_done_chunk
        json_body multi_data no_final_newline no_image_digest no_space
        normal only_done two_done upstream_signature_event
        zero_length"""}


def recorded(where):
    """(name, stream, bytes) of each recorded reply, as it was framed."""
    for path in sorted(glob.glob(f"{where}/agent/cases/*.json")):
        with open(path) as f:
            case = json.load(f)
        if case["kind"] not in ("resp", "stream") \
                or not case.get("response_head"):
            continue
        body = base64.b64decode(case.get("response_body_b64") or "")
        head = case["response_head"].encode("latin-1").rstrip() + b"\r\n\r\n"
        if b"transfer-encoding: chunked" in head.lower():
            body = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in
                            re.findall(rb"(?s).{1,300}", body)) + b"0\r\n\r\n"
        if len(body) < 65536:
            yield (os.path.basename(path)[:-len(".json")],
                   case["kind"] == "stream", head + body)


def save(where, to):
    """Some of the recordings, as files."""
    wanted = {f"a_{kind}_{name}" for kind, names in KEPT.items()
              for name in names.split()}
    for name, _, data in recorded(where):
        if name in wanted:
            with open(f"{to}/{name[2:]}", "wb") as f:
                f.write(data)
            wanted.remove(name)
    if wanted:
        sys.exit(f"not recorded: {sorted(wanted)}")


def recordings_of(where):
    """[(stream, bytes)]: all that was recorded, or what the tree has."""
    if where and os.path.isdir(where + "/agent"):
        return [(stream, data) for _, stream, data in recorded(where)]
    out = []
    for path in sorted(glob.glob(SEEDS + "/*")):
        with open(path, "rb") as f:
            out.append((os.path.basename(path).startswith("stream_"),
                        f.read()))
    return out


if __name__ == "__main__":
    save(VECTORS, sys.argv[1])
