#!/usr/bin/python3
"""The recordings of the agent, served again and asked for again.

  replay.py serve               prints the port; answers /CASE/PIECES
  replay.py addresses           prints "address" lines, attested ones
  replay.py drive PORT MODE...  asks for every case at /ADDRESS/MODE/CASE/...
                                and speaks "ok NAME" or "not ok NAME # why"

MODE is a location of the gateway: tail, hold or both.  PIECES says how the
reply comes: as it was recorded (r), in one piece (1), byte by byte (b).
IOATTEST_VECTORS says where the recordings are (default ../shared/vectors).
"""

import base64
import glob
import http.client
import json
import os
import re
import socket
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.join(HERE, "..", "..", "..")
WHERE = os.environ.get("IOATTEST_VECTORS",
                       os.path.join(TOP, "..", "shared", "vectors"))

sys.path.insert(0, os.path.join(TOP, "t", "unit", "driver"))


def load():
    """name -> case; of altered replies too."""
    cases = {}
    for path in sorted(glob.glob(os.path.join(WHERE, "agent", "cases",
                                              "*.json"))):
        with open(path) as f:
            c = json.load(f)
        if c["kind"] == "attest":
            continue
        cases[c["name"]] = {
            "status": c["status"], "headers": c["response_headers"],
            "body": base64.b64decode(c["response_body_b64"] or ""),
            "pieces": [base64.b64decode(p) for p in
                       c.get("received_chunks_b64") or []],
            "complete": c["complete"],
            "request": base64.b64decode(
                c["client_request"].get("body_b64") or ""),
            "address": c["expected"].get("signing_address"),
            "verdict": c["expected"]["verdict"],
            "canonical": c["canonical_request_sha256"],
            "chunks": json.loads(c.get("canonical_response")
                                 or "{}").get("chunks")
            if c["kind"] == "stream" else None,
        }
    with open(os.path.join(WHERE, "agent", "tampered.json")) as f:
        for c in json.load(f)["cases"]:
            cases["tampered_" + c["name"]] = {
                "status": c["status"], "headers": c["response_headers"],
                "body": base64.b64decode(c["response_body_b64"] or ""),
                "pieces": [], "complete": True,
                "request": base64.b64decode(c["client_request_b64"] or ""),
                "address": c["attested_address"], "verdict": "altered",
                "canonical": None, "chunks": None,
            }
    return cases


def header(case, name):
    for k, v in case["headers"]:
        if k.lower() == name:
            return v
    return None


def is_stream(case):
    return "event-stream" in (header(case, "content-type") or "")


# ---- the API

def reply(case, how):
    out = [b"HTTP/1.1 %d X\r\n" % case["status"]]
    chunked = is_stream(case)
    for k, v in case["headers"]:
        if k.lower() not in ("transfer-encoding", "content-length",
                             "connection"):
            out.append(k.encode("latin-1") + b": " + v.encode("latin-1")
                       + b"\r\n")
    if chunked:
        out.append(b"Transfer-Encoding: chunked\r\n\r\n")
    else:
        out.append(b"Content-Length: %d\r\n\r\n" % len(case["body"]))
    yield b"".join(out)
    body = case["body"]
    if how == "b":
        pieces = [body[i:i + 1] for i in range(len(body))]
    elif how == "r" and case["pieces"]:
        pieces = case["pieces"]
    else:
        pieces = [body] if body else []
    # a segment for each byte takes long: a few dozen of them say the same
    if len(pieces) > 64 and how == "b":
        step = -(-len(body) // 64)
        pieces = [body[i:i + step] for i in range(0, len(body), step)]
    for p in pieces:
        yield b"%x\r\n%s\r\n" % (len(p), p) if chunked else p
    if chunked and case["complete"]:
        yield b"0\r\n\r\n"


def serve_one(sock, cases):
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    f = sock.makefile("rb")
    try:
        while True:
            line = f.readline()
            if not line:
                return
            target = line.split(b" ")[1].decode()
            length = 0
            while True:
                h = f.readline()
                if h in (b"\r\n", b""):
                    break
                k, _, v = h.partition(b":")
                if k.lower() == b"content-length":
                    length = int(v)
            f.read(length)
            name, how = target.strip("/").split("/")
            case = cases[name]
            for piece in reply(case, how):
                sock.sendall(piece)
            if not case["complete"]:
                return
    except OSError:
        pass
    finally:
        f.close()
        sock.close()


def serve():
    cases = load()
    s = socket.socket()
    s.bind(("127.0.0.1", 0))
    s.listen(128)
    print("ready", s.getsockname()[1], flush=True)
    parent = os.getppid()
    s.settimeout(1)
    while os.getppid() == parent:
        try:
            c, _ = s.accept()
        except socket.timeout:
            continue
        c.settimeout(None)
        threading.Thread(target=serve_one, args=(c, cases),
                         daemon=True).start()


# ---- the client

# The hash of these is the agent's own secret: coerced, or in no one form.
def ambiguous(cases):
    import hashfeed as hf
    names = sorted(cases)
    lines = hf.run([("q", 0, cases[n]["request"]) for n in names])
    return {n for n, l in zip(names, lines)
            if int(l.split(b" ")[0]) == hf.REQUEST_AMBIGUOUS}


def ask(conn, path, case):
    conn.request("POST", path, body=case["request"],
                 headers={"Content-Type": "application/json"})
    r = conn.getresponse()
    try:
        body = r.read()
    except http.client.IncompleteRead as e:
        body = e.partial
    m = re.search(rb'"code":"(\w+)"\}\}', body)
    return r.status, body, m.group(1).decode() if m else ""


def made(case):
    """What leaves of a stream: what was signed, and [DONE].  Heartbeats aside,
    as they may stand anywhere."""
    out = b"".join(b"data: " + c.removesuffix("\r").encode() + b"\n\n"
                   for c in case["chunks"])
    done = re.search(rb"^data: ?\[DONE\]\r?$", case["body"], re.M)
    return out + (b"data: [DONE]\n\n" if done else b"")


def without_heartbeats(body):
    return re.sub(rb"^:\n", b"", body, flags=re.M)


def judge(name, case, mode, unforetold, got):
    """Why the answer is wrong, or None."""
    status, body, code = got
    if mode == "both" and name in unforetold:
        return None if (status, code) == (400, "request_ambiguous") \
            else "ambiguous: %d %s" % (status, code)
    if case["status"] >= 400 and not header(case, "text") \
            and not header(case, "signature"):
        same = status == case["status"] and body == case["body"]
        return None if same else "an error's answer: %d %s" % (status, code)
    if name.endswith("__image_digest_changed"):
        # of an address that is trusted by configuration none is known
        return None if status == 200 else "refused: %d %s" % (status, code)
    if case["verdict"] == "accept" and is_stream(case):
        if status == case["status"] and without_heartbeats(body) == made(case):
            return None
        return "other than signed: %d %s" % (status, code)
    if case["verdict"] == "accept":
        if status == case["status"] and body == case["body"]:
            return None
        return "refused: %d %s" % (status, code)
    if not code:
        return "passed: %d" % status
    if case["verdict"] == "policy" and code != "stream_ambiguous":
        return "for another reason: " + code
    if mode != "hold" and is_stream(case) and status == 200:
        # begun, and ended by an event of its own
        good = b"event: error\ndata: {" in body and body.endswith(b"}\n\n")
        return None if good else "not ended by an error"
    return None if status == 502 else "status %d" % status


def drive(port, modes):
    cases = load()
    unforetold = ambiguous(cases)
    order = addresses(cases)
    tally = {}
    for mode in modes:
        conn = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        for i, (name, case) in enumerate(sorted(cases.items())):
            at = order.index(case["address"].lower()
                             if case["address"] else order[0])
            path = "/%d/%s/%s/%s" % (at, mode, name, "r1b"[i % 3])
            try:
                got = ask(conn, path, case)
                why = judge(name, case, mode, unforetold, got)
                if got[2]:
                    # a stream that has begun ends with its connection
                    conn.close()
            except (OSError, http.client.HTTPException) as e:
                why, got = repr(e), (0, b"", "")
                conn.close()
            key = (mode, case["verdict"], got[2] or got[0])
            tally[key] = tally.get(key, 0) + 1
            print("%sok %s %s%s" % ("not " if why else "", mode, name,
                                    " # " + why if why else ""))
        conn.close()
    for key, n in sorted(tally.items(), key=str):
        print("#", *key, n)


def addresses(cases):
    return sorted({c["address"].lower() for c in cases.values()
                   if c["address"]})


def main():
    if not os.path.isdir(os.path.join(WHERE, "agent")):
        sys.exit("no recordings at " + WHERE)
    if sys.argv[1] == "serve":
        serve()
    elif sys.argv[1] == "addresses":
        print("\n".join(addresses(load())))
    else:
        drive(int(sys.argv[2]), sys.argv[3:])


main()
