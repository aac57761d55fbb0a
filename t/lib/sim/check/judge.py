"""A second opinion on the simulation's replies: a plain reading of what a
client may accept, to show that every misbehaviour does what it says.
"""
import asyncio
import hashlib
import json
import re

from api import canon, crypto

SEAL = ("text", "signature", "signing_address", "signing_algo")


class Got:
    """A reply as it came over the wire."""

    def __init__(self):
        self.raw = b""
        self.reset = False
        self.interim = []
        self.status = None
        self.headers = []
        self.body = b""
        self.whole = False
        self.left = b""

    def all(self, name):
        return [v for k, v in self.headers if k.lower() == name]


def _head(data):
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return None, data
    if b"\0" in data[:end]:
        return (None, []), data
    lines = data[:end].decode("latin-1").split("\r\n")
    status = re.fullmatch(r"HTTP/1\.[01] (\d{3}) .*", lines[0])
    headers = [(n, v.strip(" \t")) for n, _, v in
               (line.partition(":") for line in lines[1:])]
    return (int(status[1]) if status else None, headers), data[end + 4:]


def _chunks(data):
    """(body, complete, rest) of chunked bytes."""
    body = b""
    while True:
        line, found, rest = data.partition(b"\r\n")
        if not found:
            return body, False, b""
        try:
            size = int(line, 16)
        except ValueError:
            return body, False, data
        if size == 0:
            end = rest.find(b"\r\n") if rest.startswith(b"\r\n") \
                else rest.find(b"\r\n\r\n") + 2
            return body, True, rest[end + 2:]
        body += rest[:size]
        if len(rest) < size + 2:
            return body, False, b""
        data = rest[size + 2:]


def read(raw, reset, closed):
    """Parse everything that came on a connection."""
    got = Got()
    got.raw, got.reset = raw, reset
    while True:
        head, raw = _head(raw)
        if head is None or head[0] is None:
            return got
        got.status, got.headers = head
        if got.status not in (100, 103):
            break
        got.interim.append(got.status)
    lengths = set(got.all("content-length"))
    if got.all("transfer-encoding"):
        got.body, got.whole, got.left = _chunks(raw)
        got.whole = got.whole and not lengths
    elif len(lengths) == 1:
        n = int(lengths.pop())
        got.body, got.left = raw[:n], raw[n:]
        got.whole = len(got.body) == n
    elif lengths or got.status == 101:
        return got
    else:
        got.body, got.whole = raw, closed and not reset
    return got


async def ask(port, method, path, headers, body, wait=1.0):
    """One request on a connection of its own."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"{method} {path} HTTP/1.1\r\nHost: sim\r\nConnection: close\r\n"
    for name, value in headers.items():
        head += f"{name}: {value}\r\n"
    head += f"Content-Length: {len(body)}\r\n\r\n"
    raw, reset, closed = b"", False, False
    try:
        writer.write(head.encode() + body)
        while True:
            data = await asyncio.wait_for(reader.read(1 << 20), wait)
            if not data:
                closed = True
                break
            raw += data
    except ConnectionError:
        reset = True
    except asyncio.TimeoutError:
        pass
    writer.close()
    return read(raw, reset, closed)


# --- completions -----------------------------------------------------------


def _sealed(fields, known, digest):
    """None, or what is wrong with text, signature, address, digest."""
    for name in SEAL:
        if len(fields.get(name, [])) != 1:
            return f"{name}: {len(fields.get(name, []))} of them"
    text, sig, address, algo = (fields[n][0] for n in SEAL)
    if not all(isinstance(v, str) for v in (text, sig, address, algo)):
        return "not strings"
    if algo != "ecdsa":
        return "algorithm"
    if not re.fullmatch(r"[0-9a-f]{64}:[0-9a-f]{64}", text):
        return "text form"
    signer = crypto.recover_text(text.encode(), sig)
    if signer is None:
        return "signature form"
    if not re.fullmatch(r"0x[0-9a-fA-F]{40}", address):
        return "address form"
    if signer.lower() != address.lower():
        return "signature mismatch"
    if address.lower() not in known:
        return "unknown address"
    if fields.get("image_digest") != [digest]:
        return "digest"
    return None


def _compacted(body):
    """Canonical form of a body in the agent's form, or None."""
    if not re.fullmatch(rb"[\x20-\x7e]+", body):
        return None
    try:
        value = json.loads(body)
    except ValueError:
        return None
    return canon.compact(value) if json.dumps(value).encode() == body else None


def _reader_lines(data):
    """Data lines as a standard event-stream reader takes them."""
    text = data.decode("utf-8", "replace")
    if text.startswith("\ufeff"):
        text = text[1:]
    out = []
    for line in re.split(r"\r\n|\n|\r", text):
        name, _, value = line.partition(":")
        if name == "data":
            out.append(value[1:] if value.startswith(" ") else value)
        elif name == "event" and value.strip() != "message":
            return None
    return out


def _stream(got, want, known, digest):
    found = list(re.finditer(rb"(?:^|\n)(event: signature\ndata: (.*)\n\n)",
                             got.body))
    if got.body.count(b"event: signature") != 1 or len(found) != 1:
        return "signature events"
    fields = {}
    try:
        pairs = json.loads(found[0][2], object_pairs_hook=list)
        for name, value in pairs:
            fields.setdefault(name, []).append(value)
    except (ValueError, TypeError):
        return "event JSON"
    if not set(fields) <= {*SEAL, "image_digest", "vllm"}:
        return "event members"
    wrong = _sealed(fields, known, digest)
    if wrong:
        return wrong
    rest = got.body[:found[0].start(1)] + got.body[found[0].end(1):]
    try:
        canonical = canon.stream_canonical(rest)
    except UnicodeDecodeError:
        return "not UTF-8"
    text = fields["text"][0]
    if text[65:] != canon.sha256_hex(canonical):
        return "response hash"
    if text[:64] != want:
        return "request hash"
    seen = _reader_lines(rest)
    if seen is None:
        return "event name"
    hashed = [v.rstrip("\r") for v in json.loads(canonical)["chunks"]]
    if [v for v in seen if v != "[DONE]"] != hashed:
        return "reader sees other data"
    if "[DONE]" in seen[:-1]:
        return "early [DONE]"
    if not rest.rstrip().endswith(b"[DONE]") and seen[-1:] == ["[DONE]"]:
        return None if b"data" not in rest.rsplit(b"[DONE]", 1)[1] else "end"
    return None


def completion(got, request, known, digest):
    """None where the reply may be passed on, else why not."""
    if got.status is None:
        return "no answer"
    if got.status >= 400 and not any(got.all(n) for n in SEAL):
        return "unsigned error"
    if got.status != 200:
        return f"status {got.status}"
    if not got.whole:
        return "not whole"
    if got.left:
        return "bytes after the reply"
    if got.all("content-encoding"):
        return "coded"
    want = hashlib.sha256(request.encode()).hexdigest()
    if "text/event-stream" in "".join(got.all("content-type")):
        return _stream(got, want, known, digest)
    wrong = _sealed({n: got.all(n) for n in SEAL + ("image_digest",)
                     if got.all(n)}, known, digest)
    if wrong:
        return wrong
    canonical = _compacted(got.body)
    if canonical is None:
        return "body form"
    text = got.all("text")[0]
    if text[65:] != canon.sha256_hex(canonical):
        return "response hash"
    return None if text[:64] == want else "request hash"


# --- attestations and models -----------------------------------------------


def _pairs(pairs):
    if len({k for k, _ in pairs}) != len(pairs):
        raise ValueError("duplicate key")
    return dict(pairs)


def _depth(value):
    deepest, level = 0, 0
    for c in re.sub(rb'"(?:\\.|[^"\\])*"', b"", value):
        level += (c in b"[{") - (c in b"]}")
        deepest = max(deepest, level)
    return deepest


def _json(got, limit):
    if got.status != 200 or not got.whole or got.left:
        return None, f"status {got.status}, whole {got.whole}"
    if got.all("content-encoding"):
        return None, "coded"
    if len(got.body) > limit:
        return None, "too large"
    if _depth(got.body) > 32:
        return None, "too deep"
    try:
        return json.loads(got.body.decode(), object_pairs_hook=_pairs), None
    except ValueError as err:
        return None, str(err)


def attestation(got, nonce, known, digest):
    """None where it would be taken (evidence itself not looked at)."""
    value, wrong = _json(got, 1 << 20)
    if wrong:
        return wrong
    if not isinstance(value, dict):
        return "not an object"
    echo, address = value.get("nonce"), value.get("signing_address")
    if not isinstance(echo, str) or echo.lower() != nonce:
        return "nonce"
    if not isinstance(address, str) or not re.fullmatch(
            r"0x[0-9a-fA-F]{40}", address):
        return "address form"
    if address.lower() not in known:
        return "unknown address"
    if value.get("image_digest") != digest:
        return "digest"
    cpu, gpu = value.get("cpu"), value.get("gpu")
    if cpu != {"quote": "Error: TDX Interface not found (/sys/kernel/config/"
                        "tsm)"} or gpu != {"error": "NVIDIA SDK not "
                                                    "installed"}:
        return "evidence"
    return None


def models(got, wanted):
    """None where the list gives the wanted entries and no others."""
    value, wrong = _json(got, 4 << 20)
    if wrong:
        return wrong
    if not isinstance(value, dict) or value.get("data") != wanted:
        return "other entries"
    return None
