#!/usr/bin/python3
"""Runs the hashing part of core over all recordings of the agent.


Signatures are checked elsewhere: a verdict here is that of the hashes, and a
reply that is to be refused for its signature, address or headers alone has
hashes that fit.

IOATTEST_VECTORS says where the recordings are (default ../shared/vectors).
Speaks TAP.
"""

import base64
import json
import os
import random
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../driver"))
import hashfeed as hf
import tap
from tap import ok


rnd = random.Random(7)

def body_of(case):
    return base64.b64decode(case.get("response_body_b64") or "")


def request_of(case):
    r = case.get("client_request") or {}
    return base64.b64decode(r.get("body_b64") or case.get(
        "client_request_b64") or "")


def header(case, name):
    for k, v in case.get("response_headers") or []:
        if k.lower() == name:
            return v
    return None


def half(text, i):
    parts = (text or "").split(":")
    return parts[i] if len(parts) == 2 else None


def digest(line):
    return line.split(b" ")[1].decode()


def status(line):
    return int(line.split(b" ")[0])


def member(line, i):
    # text is member 0
    m = line.split(b" ")[6 + i]
    return m[1:].decode() if m.startswith(b"=") else None


def is_stream(case):
    return "event-stream" in (header(case, "content-type") or "")


SEEDS = [0, 1, 12345, 987654321, 42]


def same(lines, n):
    """lines come in groups of n chunkings: all alike?"""
    bad = []
    for i in range(0, len(lines), n):
        # what was shown after each piece depends on the pieces
        def key(x):
            f = x.split(b" ")
            return f[:4] + f[6:] if len(f) > 6 and f[0] == b"0" else f[:2]
        if len({tuple(key(x)) for x in lines[i:i + n]}) != 1:
            bad.append(i // n)
    return bad


def run(records):
    """Streams go to a filter of their own."""
    lines = iter(hf.run([r for r in records if r[0] not in "sd"]))
    streams = iter(hf.run([r for r in records if r[0] in "sd"], hf.STREAMS))
    return [next(streams if r[0] in "sd" else lines) for r in records]


def chunkings(kind, items):
    recs = [(kind, s, d) for d in items for s in SEEDS]
    lines = run(recs)
    return lines[::len(SEEDS)], same(lines, len(SEEDS))


def responses(cases):
    todo = [c for c in cases if c["kind"] in ("req", "resp")
            and not is_stream(c) and header(c, "text")]
    lines, bad = chunkings("c", [body_of(c) for c in todo])
    miss = [c["name"] for c, l in zip(todo, lines)
            if digest(l) != half(header(c, "text"), 1) or status(l)]
    ok(not miss, "%d signed replies: the hash is the signed one" % len(todo),
       str(miss[:5]))
    ok(not bad, "the same in %d chunkings each" % len(SEEDS), str(bad[:5]))


def rewrites(cases):
    """The reply as some front may have written it anew."""
    recs, want, n = [], [], 0
    for c in cases:
        if c["kind"] != "resp" or not header(c, "text"):
            continue
        v = json.loads(body_of(c))
        n += 1
        forms = [json.dumps(v, ensure_ascii=False, indent=1),
                 json.dumps(v, ensure_ascii=False, separators=(",", ":")),
                 json.dumps(v).replace("/", "\\/").replace("\\u00e9",
                                                           "\\u00E9")]
        for f in forms:
            try:
                recs.append(("c", rnd.choice(SEEDS), f.encode()))
            except UnicodeEncodeError:
                continue
            want.append(half(header(c, "text"), 1))
    lines = hf.run(recs)
    miss = [recs[i][2][:80] for i in range(len(recs))
            if digest(lines[i]) != want[i]]
    ok(not miss, "%d rewritten forms of %d replies: the same hash"
       % (len(recs), n), str(miss[:3]))


# why a request that the agent takes and whose hash is a rule is refused here
REFUSED = {
    "duplicate keys": ["dup_declared", "dup_extra", "dup_extra_null_first",
                       "dup_nested"],
    "not UTF-8 or a BOM": ["bom_utf8", "utf16_bom", "utf16le", "utf32",
                           "text_raw_surrogate"],
    "deeper than 64": ["deep_100", "deep_900", "deep_3000", "deep_obj_100",
                       "deeper_9000"],
    "cannot be sent on": ["extra_1e400", "extra_m1e400", "extra_inf",
                          "extra_nan", "extra_ninf", "model_lone_surrogate",
                          "text_lone_surrogate",
                          "text_lone_surrogate_stream",
                          "text_swapped_surrogates", "temperature_overflow"],
}


def requests(cases):
    todo = [c for c in cases if c["kind"] in ("req", "resp", "stream")]
    lines, bad = chunkings("q", [request_of(c) for c in todo])
    ok(not bad, "%d requests: the same in %d chunkings each"
       % (len(todo), len(SEEDS)), str([todo[i]["name"] for i in bad[:5]]))
    hit, wrong, refused, silent = 0, [], {}, []
    names = {n: why for why, ns in REFUSED.items() for n in ns}
    for c, l in zip(todo, lines):
        want = c.get("canonical_request_sha256")
        scope = (c.get("gateway") or {}).get("request_rule_in_scope")
        if status(l) == 0:
            if want is None:
                silent.append(c["name"])
            elif digest(l) != want:
                wrong.append(c["name"])
            else:
                hit += 1
            continue
        if status(l) != hf.REQUEST_AMBIGUOUS:
            wrong.append(c["name"])
        elif want is not None:
            short = c["name"].split("_req_", 1)[-1]
            why = names.get(short) or ("coerced" if not scope else None)
            if why is None:
                wrong.append(c["name"] + " refused")
            else:
                refused[why] = refused.get(why, 0) + 1
    ok(not wrong, "%d requests have the agent's own hash" % hit,
       str(wrong[:9]))
    print("# refused though the agent has a hash:", refused)
    print("# a hash though the agent took none (its verdict is about other"
          " things): %d, %s" % (len(silent), sorted(
              {n.split("_", 1)[1] for n in silent})))
    # an independent statement of which may be silent
    allowed = {"req_auth_missing", "req_auth_wrong", "req_ct_text_plain"}
    over = [n for n in silent if n.split("_", 1)[1] not in allowed
            and "_bad_" in n]
    ok(not over, "what the agent answers with 422 has no hash", str(over))


STREAM_WANT = {
    "bad_utf8": hf.STREAM_TRUNCATED,
    "forged_event_in_done_chunk": hf.STREAM_AMBIGUOUS,
}


def streams(cases):
    todo = [c for c in cases if c["kind"] == "stream" or (
        is_stream(c) and c["status"] == 200)]
    lines, bad = chunkings("s", [body_of(c) for c in todo])
    ok(not bad, "%d streams: the same in %d chunkings each"
       % (len(todo), len(SEEDS)), str([todo[i]["name"] for i in bad[:5]]))
    wrong, tally = [], {}
    for c, l in zip(todo, lines):
        verdict = c["expected"]["verdict"]
        st = status(l)
        if st == 0:
            fits = (digest(l) == half(member(l, 0), 1)
                    and member(l, 0) == c["expected"].get("text"))
            got = "accept" if fits else "mismatch"
        else:
            got = str(st)
        tally[verdict, got] = tally.get((verdict, got), 0) + 1
        good = (got == "accept" if verdict == "accept" else
                got == str(hf.STREAM_AMBIGUOUS) if verdict == "policy" else
                got != "accept")
        if not good:
            wrong.append((c["name"], verdict, got))
    ok(not wrong, "%d streams have their verdict" % len(todo),
       str(wrong[:9]))
    print("# verdict of the recording and ours:", sorted(tally.items()))
    return [c for c, l in zip(todo, lines) if status(l) == 0
            and c["expected"]["verdict"] == "accept"]


def output(line):
    """What leaves of a stream."""
    f = line.split(b" ")
    return b"".join(bytes.fromhex(h.decode()) for h in f[2:4] if h != b"-")


def form(cases):
    """The form that vLLM sends comes out byte for byte, less the event."""
    todo = [c for c in cases if c["kind"] == "stream"
            and c["expected"]["verdict"] == "accept"]
    lines = run([("d", 0, body_of(c)) for c in todo])
    same, wrong = 0, []
    for c, l in zip(todo, lines):
        data = body_of(c)
        i = data.find(b"event: signature\ndata: ")
        less = data[:i] + data[data.find(b"\n\n", i) + 2:]
        chunks = json.loads(c["canonical_response"])["chunks"]
        want = b"".join(b"data: " + v.removesuffix("\r").encode() + b"\n\n"
                        for v in chunks)
        if re.search(rb"^data: ?\[DONE\]", less, re.M):
            want += b"data: [DONE]\n\n"
        # heartbeats stand beside them
        if output(l).replace(b"\n:\n", b"\n").removeprefix(b":\n") != want:
            wrong.append(c["name"])
        same += output(l) == less
    ok(not wrong, "%d signed streams: what leaves is what was signed"
       % len(todo), str(wrong[:5]))
    ok(same > len(todo) / 2, "%d of them leave as they came, less the event"
       % same)


# the hashes of these fit: other checks refuse them
ELSEWHERE = ("self_signed", "other_key", "address_changed", "no_signature",
             "empty_signature", "no_signing_address", "algo",
             "empty_signing_address", "image_digest_changed",
             "other_key_same_address", "self_signed_other_key",
             "resigned_body",
             "no_event_cut", "no_event")


def tampered(cases):
    wrong, recs, elsewhere = [], [], {}
    for c in cases:
        recs.append(("s" if is_stream(c) else "c", 0, body_of(c)))
        recs.append(("q", 0, request_of(c)))
    lines = run(recs)
    n = 0
    for i, c in enumerate(cases):
        l, q = lines[2 * i], lines[2 * i + 1]
        kind = c["name"].split("__")[1]
        if is_stream(c):
            text = member(l, 0) if status(l) == 0 else None
        else:
            text = header(c, "text")
        fits = (status(l) == 0 and status(q) == 0 and text is not None
                and text == digest(q) + ":" + digest(l))
        if fits and kind in ELSEWHERE:
            elsewhere[kind] = elsewhere.get(kind, 0) + 1
        elif fits:
            wrong.append(c["name"])
        else:
            n += 1
    ok(not wrong, "%d altered replies: %d refused by the hashes"
       % (len(cases), n), str(wrong[:9]))
    print("# left to the checks of signature, address and headers:",
          elsewhere)


def flips(cases):
    """Every byte of some replies changed; every prefix."""
    for name in ("a_resp_compact", "a_resp_floats", "a_resp_controls",
                 "a_resp_unicode_escaped", "a_resp_nulls", "a_resp_nan",
                 "a_resp_ws_around", "a_resp_array"):
        c = cases[name]
        data = body_of(c)
        want = half(header(c, "text"), 1)
        recs, where = [], []
        for i in range(len(data)):
            for bit in range(8):
                recs.append(("c", 0, data[:i] + bytes(
                    [data[i] ^ 1 << bit]) + data[i + 1:]))
                where.append(i)
        for i in range(len(data)):
            recs.append(("c", 0, data[:i]))
            where.append(-1)
        hits, even = [], 0
        for r, w, l in zip(recs, where, hf.run(recs)):
            if digest(l) != want:
                continue
            # the same value, written otherwise, has the same hash
            try:
                if json.dumps(json.loads(r[2])) == json.dumps(
                        json.loads(data)):
                    even += 1
                    continue
            except ValueError:
                pass
            hits.append((w, r[2][max(0, w - 9):w + 9]))
        ok(not hits, "%s: each bit flipped, each prefix (%d, of which %d"
           " are the same value)" % (name, len(recs), even), str(hits[:5]))


def reader_data(data):
    """What a standard reader takes as data, the signature event aside."""
    i = data.find(b"event: signature\ndata: ")
    if i >= 0:
        j = data.find(b"\n\n", i)
        data = data[:i] + (data[j + 2:] if j >= 0 else b"")
    seen = []
    for line in data.replace(b"\r\n", b"\n").replace(b"\r",
                                                     b"\n").split(b"\n"):
        field, _, value = line.partition(b":")
        value = value[1:] if value.startswith(b" ") else value
        if field == b"data" and value != b"[DONE]":
            seen.append(value)
        if field == b"event" and value != b"message":
            seen.append(field)
    return seen


def stream_changes(cases):
    """Every byte changed, every prefix: refused, or nobody sees it."""
    for name in ("a_stream_event_id_retry", "a_stream_comments",
                 "a_stream_crlf", "a_stream_partial_then_done",
                 "a_stream_split_done", "a_stream_unicode",
                 "a_stream_done_with_last", "a_stream_no_final_newline"):
        data = body_of(cases[name])
        base = run([("s", 0, data)])[0]
        want = digest(base)
        recs = [("s", 0, data[:i] + bytes([b]) + data[i + 1:])
                for i in range(len(data))
                for b in sorted({data[i] ^ 1 << k for k in range(8)}
                                | {10, 13, 32, 58} - {data[i]})]
        changes = len(recs)
        recs += [("s", 0, data[:i]) for i in range(len(data))]
        odd, tally = [], {"refused": 0}
        for (_, _, d), l in zip(recs, run(recs)):
            if status(l) != 0 or digest(l) != want:
                tally["refused"] += 1
                continue
            if reader_data(d) != reader_data(data):
                odd.append(d)
                continue
            if l.split(b" ")[6:] != base.split(b" ")[6:]:
                why = "event changed, for the other checks"
            elif len(d) != len(data):
                why = "cut behind the data"
            else:
                why = "bytes that are not data"
            tally[why] = tally.get(why, 0) + 1
        ok(not odd, "%s: %d changed bytes, each prefix" % (name, changes),
           str(odd[:2]))
        print("#", tally)


def main():
    root = os.path.join(hf.vectors(), "agent")
    if not os.path.isdir(root):
        print("1..0 # SKIP no recordings at " + root)
        return 0
    cases = []
    for e in json.load(open(os.path.join(root, "index.json"))):
        with open(os.path.join(root, "cases", e["name"] + ".json")) as f:
            cases.append(json.load(f))
    print("# %d recordings" % len(cases))
    responses(cases)
    rewrites(cases)
    requests(cases)
    streams(cases)
    form(cases)
    with open(os.path.join(root, "tampered.json")) as f:
        tampered(json.load(f)["cases"])
    flips({c["name"]: c for c in cases})
    stream_changes({c["name"]: c for c in cases})
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
