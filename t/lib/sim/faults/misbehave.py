"""Misbehaviour on demand: the registry, the syntax, and all that concerns
the HTTP reply itself, whatever it carries.

A plan is a list of (name, value) in the order given.  Each name belongs to
one stage; agent.answer() and server.py call run(stage, ...) between steps.
"""
import gzip
import urllib.parse

KINDS = ("completion", "attest", "models", "collateral", "kds", "nras",
         "jwks", "ocsp")


class Unknown(Exception):
    pass


class Entry:
    def __init__(self, stage, fn, doc):
        self.stage = stage
        self.fn = fn
        self.doc = doc


REGISTRY = {kind: {} for kind in KINDS}


def register(kinds, stage, name, doc):
    """Decorator: fn(target, value) makes the misbehaviour `name`."""
    def put(fn):
        for kind in kinds:
            assert name not in REGISTRY[kind], name
            REGISTRY[kind][name] = Entry(stage, fn, doc)
        return fn
    return put


def wire(name, doc):
    return register(KINDS, "wire", name, doc)


def parse(kind, spec):
    """"a, b=1" or a list or an object to a plan; Unknown for other names."""
    if not spec:
        return []
    if isinstance(spec, dict):
        items = [(k, "" if v is True else str(v)) for k, v in spec.items()]
    else:
        parts = spec.split(",") if isinstance(spec, str) else spec
        items = []
        for part in parts:
            name, _, value = part.strip().partition("=")
            if name:
                items.append((name.strip(),
                              urllib.parse.unquote(value.strip())))
    for name, _ in items:
        if name not in REGISTRY[kind]:
            raise Unknown(f"no misbehaviour {name!r} for {kind}")
    return items


def run(kind, plan, stage, target):
    for name, value in plan:
        entry = REGISTRY[kind][name]
        if entry.stage == stage:
            entry.fn(target, value)


def number(value, default):
    return int(value, 0) if value else default


def flip_bit(data, bit):
    """One bit of a byte string, counted from its start; negative from its
    end."""
    out = bytearray(data)
    bit %= len(out) * 8
    out[bit // 8] ^= 1 << bit % 8
    return bytes(out)


# --- status and headers ----------------------------------------------------


@wire("status", "=N: this status, everything else as it was")
def _(reply, value):
    reply.status = number(value, 500)
    if reply.status in (204, 304):
        reply.pieces, reply.framing = [], "none"


@wire("error", "=N: an unsigned {\"detail\"} with this status")
def _(reply, value):
    for name in ("text", "signature", "signing_address", "signing_algo",
                 "image_digest", "content-type"):
        reply.header_drop(name)
    reply.headers.append(["content-type", "application/json"])
    reply.status = number(value, 500)
    reply.framing = "length"
    reply.set_body(b'{"detail":"simulated error %d"}' % reply.status)


@wire("redirect", "[=URL]: 302 with Location, the rest as it was")
def _(reply, value):
    reply.status = 302
    reply.headers.append(["location", value or "http://127.0.0.1:1/evil"])


@wire("reason", "=TEXT: reason phrase")
def _(reply, value):
    reply.reason = value


@wire("hdr", "=NAME:VALUE: one more header")
def _(reply, value):
    name, _, content = value.partition(":")
    reply.headers.append([name.strip(), content.strip()])


@wire("hdr_drop", "=NAME: without this header")
def _(reply, value):
    reply.header_drop(value.lower())


@wire("accel", "[=URI]: X-Accel-Redirect")
def _(reply, value):
    reply.headers.append(["X-Accel-Redirect", value or "/internal/secret"])


EVIL = (("Set-Cookie", "sim=leaked; Path=/"), ("X-Sim-Leak", "leaked"),
        ("WWW-Authenticate", "Basic realm=leaked"),
        ("Access-Control-Allow-Origin", "https://leaked.example"),
        ("Refresh", "0; url=https://leaked.example/"),
        ("Link", "</leaked.css>; rel=preload"))


@wire("evil_headers", "Set-Cookie, Refresh, Link and others, all with the "
      "word \"leaked\"")
def _(reply, value):
    reply.headers += [list(h) for h in EVIL]


@wire("cookie", "Set-Cookie: sim=leaked")
def _(reply, value):
    reply.headers.append(["Set-Cookie", "sim=leaked"])


@wire("accel_headers", "X-Accel-Redirect, -Expires, -Buffering, "
      "-Limit-Rate, -Charset")
def _(reply, value):
    reply.headers += [["X-Accel-Redirect", "/internal/secret"],
                      ["X-Accel-Expires", "60"],
                      ["X-Accel-Buffering", "no"],
                      ["X-Accel-Limit-Rate", "1000000"],
                      ["X-Accel-Charset", "koi8-r"]]


@wire("validators", "ETag, Last-Modified, Accept-Ranges")
def _(reply, value):
    reply.headers += [["ETag", "\"sim\""], ["Accept-Ranges", "bytes"],
                      ["Last-Modified", "Mon, 03 Nov 2025 10:00:00 GMT"]]


@wire("content_type", "=VALUE; empty takes it away")
def _(reply, value):
    reply.header_drop("content-type")
    if value:
        reply.headers.append(["content-type", value])


@wire("head_big", "[=N]: N bytes (64 KiB) of header more")
def _(reply, value):
    reply.headers.append(["x-big", "x" * number(value, 65536)])


@wire("nul_header", "a header value with a NUL in it")
def _(reply, value):
    reply.headers.append(["x-nul", "a\0b"])


# --- body ------------------------------------------------------------------


@wire("flip_body", "[=BIT]: one bit flipped; default bit 0 of the middle byte")
def _(reply, value):
    body = reply.body()
    if body:
        bit = number(value, len(body) // 2 * 8)
        reply.set_body(flip_bit(body, bit))


@wire("body", "=TEXT: this body instead")
def _(reply, value):
    reply.set_body(value.encode())


@wire("empty_body", "Content-Length: 0, or no chunk but the last")
def _(reply, value):
    reply.set_body(b"")


@wire("trailing", "[=TEXT]: bytes after the end of the body")
def _(reply, value):
    reply.pieces.append(value.encode() or b" {}")


@wire("leading", "[=TEXT]: bytes before the body")
def _(reply, value):
    reply.pieces.insert(0, value.encode() or b" ")


@wire("bom_body", "a UTF-8 BOM before the body")
def _(reply, value):
    reply.pieces.insert(0, b"\xef\xbb\xbf")


@wire("not_json", "a body of HTML, status 200")
def _(reply, value):
    reply.set_body(b"<html><body>It works</body></html>")


@wire("gzip", "gzip-coded body, with the header")
def _(reply, value):
    reply.set_body(gzip.compress(reply.body(), mtime=0))
    reply.headers.append(["Content-Encoding", "gzip"])


@wire("gzip_lie", "[=CODING]: Content-Encoding over a plain body")
def _(reply, value):
    reply.headers.append(["Content-Encoding", value or "gzip"])


# --- framing ---------------------------------------------------------------


@wire("chunked", "chunked framing")
def _(reply, value):
    reply.framing = "chunked"


@wire("length", "Content-Length framing")
def _(reply, value):
    reply.framing = "length"


@wire("close_delimited", "body ends with the connection")
def _(reply, value):
    reply.framing = "close"


@wire("no_keepalive", "Connection: close after an orderly reply")
def _(reply, value):
    reply.keepalive = False


@wire("http10", "an HTTP/1.0 status line, body ends with the connection")
def _(reply, value):
    reply.version, reply.framing = "HTTP/1.0", "close"


@wire("pieces", "=N: body in pieces (chunks) of N bytes")
def _(reply, value):
    body, size = reply.body(), number(value, 16)
    reply.pieces = [body[i:i + size] for i in range(0, len(body), size)]


@wire("every_byte", "every body byte a chunk of its own")
def _(reply, value):
    body = reply.body()
    reply.framing = "chunked"
    reply.pieces = [body[i:i + 1] for i in range(len(body))]


@wire("bytewise", "[=MS]: head and body sent byte by byte")
def _(reply, value):
    reply.bytewise = number(value, 0) / 1000


@wire("truncate", "[=N]: Content-Length says N (10) bytes more than come; "
      "with chunked: the last N bytes and the last chunk are missing")
def _(reply, value):
    missing = number(value, 10)
    if reply.framing == "length":
        reply.headers.append(
            ["content-length", str(len(reply.body()))])
    reply.cut = max(0, len(reply.body()) - missing)


@wire("length_more", "[=N]: whole body, but Content-Length N (10) larger")
def _(reply, value):
    reply.framing, reply.length_add = "length", number(value, 10)


@wire("length_less", "[=N]: Content-Length N (10) smaller than the body")
def _(reply, value):
    reply.framing, reply.length_add = "length", -number(value, 10)


@wire("no_last_chunk", "chunked, all data, then closed without last chunk")
def _(reply, value):
    reply.framing, reply.last_chunk = "chunked", False


@wire("bad_chunk", "[=N]: chunked; after N (1) pieces a chunk whose size is no "
      "number")
def _(reply, value):
    reply.framing, reply.bad_chunk = "chunked", number(value, 1)


@wire("stop", "=N: connection closed after N pieces of the body")
def _(reply, value):
    keep = reply.pieces[:number(value, 1)]
    if reply.framing == "length":
        reply.headers.append(["content-length", str(len(reply.body()))])
        reply.keepalive = False
    reply.pieces, reply.last_chunk = keep, False


@wire("stop_clean", "=N: only N pieces, then an orderly end")
def _(reply, value):
    reply.pieces = reply.pieces[:number(value, 1)]


@wire("trailers", "trailers x-trailer and x-sim-leak: leaked")
def _(reply, value):
    reply.framing = "chunked"
    reply.trailers += [["x-trailer", "yes"], ["x-sim-leak", "leaked"]]


@wire("two_lengths", "a second, different Content-Length")
def _(reply, value):
    size = len(reply.body())
    reply.framing = "none"
    reply.headers += [["Content-Length", str(size)],
                      ["Content-Length", str(size + 1)]]


@wire("length_and_chunked", "both framings in one head")
def _(reply, value):
    reply.framing = "chunked"
    reply.headers.append(["Content-Length", str(len(reply.body()))])


@wire("early_hints", "103 with a Link (\"leaked\") before the reply")
def _(reply, value):
    reply.interim += (b"HTTP/1.1 103 Early Hints\r\n"
                      b"Link: </leaked.css>; rel=preload\r\n\r\n")


@wire("continue", "100 Continue before the reply")
def _(reply, value):
    reply.interim += b"HTTP/1.1 100 Continue\r\n\r\n"


@wire("upgrade", "101 Switching Protocols, then raw bytes")
def _(reply, value):
    reply.status, reply.framing = 101, "none"
    reply.headers += [["Upgrade", "websocket"], ["Connection", "Upgrade"]]
    reply.tail = b"leaked raw bytes after 101\n"
    reply.pieces = []


@wire("bad_status_line", "a reply that is not HTTP")
def _(reply, value):
    reply.interim, reply.end = b"", None
    reply.version, reply.keepalive = "JUNK/9", False


@wire("extra_reply", "a second, unasked reply behind the first")
def _(reply, value):
    reply.tail = (b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n"
                  b"X-Sim-Leak: leaked\r\n\r\nleaked")


# --- time and end ----------------------------------------------------------


@wire("delay", "=MS: before the head")
def _(reply, value):
    reply.delay += number(value, 1000) / 1000


@wire("head_delay", "=MS: between head and body")
def _(reply, value):
    reply.head_delay = number(value, 1000) / 1000


@wire("mid_delay", "=MS: in the middle of the body")
def _(reply, value):
    reply.mid_delay = number(value, 1000) / 1000


@wire("piece_delay", "=MS: between the pieces of the body")
def _(reply, value):
    reply.piece_delay = number(value, 100) / 1000


@wire("gate", "=NAME: not answered before POST /_sim/open {\"gate\":NAME}")
def _(reply, value):
    reply.gates.append(value or "gate")


@wire("close", "connection closed without an answer")
def _(reply, value):
    reply.end = "close"


@wire("reset", "connection reset (RST) without an answer")
def _(reply, value):
    reply.end = "reset"


@wire("reset_after", "connection reset (RST) after the whole reply")
def _(reply, value):
    reply.reset = True


@wire("hang", "no answer as long as the other side waits")
def _(reply, value):
    reply.end = "hang"
