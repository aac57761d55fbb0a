"""HTTP/1.1 on the byte level: reading a request, and sending a reply in all
the orderly and disorderly ways that a test may ask for.
"""
import asyncio
import json
import time
from http.client import responses as REASONS

HEAD_LIMIT = 1 << 20
BODY_LIMIT = 64 << 20


class BadRequest(Exception):
    pass


class Request:
    def __init__(self, method, target, version, headers, body):
        self.method = method
        self.target = target
        self.path = target.split("?")[0]
        self.version = version
        self.headers = headers
        self.body = body
        self.machine = None             # number of the one that has answered
        self.status = None              # of the reply, or how it ended

    def model_id(self):
        """Of an attestation's request; None where there is none."""
        try:
            return str(json.loads(self.body)["model_id"])
        except (ValueError, LookupError, TypeError):
            return None

    def header(self, name):
        """First value of a header, or None."""
        for key, value in self.headers:
            if key.lower() == name:
                return value
        return None

    def keepalive(self):
        token = (self.header("connection") or "").lower()
        if self.version == "HTTP/1.0":
            return token == "keep-alive"
        return token != "close"


async def _read_chunked(reader):
    parts, total = [], 0
    while True:
        line = await reader.readuntil(b"\r\n")
        size = int(line.split(b";")[0].strip(), 16)
        if size == 0:
            break
        total += size
        if total > BODY_LIMIT:
            raise BadRequest("body too large")
        parts.append(await reader.readexactly(size))
        if await reader.readexactly(2) != b"\r\n":
            raise BadRequest("bad chunk")
    while await reader.readuntil(b"\r\n") != b"\r\n":
        pass
    return b"".join(parts)


async def read_request(reader, writer):
    """The next request of a connection; None at its end."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    except asyncio.LimitOverrunError:
        raise BadRequest("header too large") from None
    lines = head[:-4].decode("latin-1").split("\r\n")
    try:
        method, target, version = lines[0].split(" ")
        headers = []
        for line in lines[1:]:
            name, colon, value = line.partition(":")
            if not colon:
                raise ValueError
            headers.append((name, value.strip()))
        req = Request(method, target, version, headers, b"")
        if (req.header("expect") or "").lower() == "100-continue":
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if (req.header("transfer-encoding") or "").lower() == "chunked":
            req.body = await _read_chunked(reader)
        else:
            length = int(req.header("content-length") or 0)
            if not 0 <= length <= BODY_LIMIT:
                raise BadRequest("body too large")
            if length:
                req.body = await reader.readexactly(length)
    except ValueError:
        raise BadRequest("malformed request") from None
    return req


_date = (0, "")


def http_date():
    global _date
    now = int(time.time())
    if now != _date[0]:
        _date = (now, time.strftime("%a, %d %b %Y %H:%M:%S GMT",
                                    time.gmtime(now)))
    return _date[1]


class Reply:
    """What goes back, and how.  pieces are sent as one HTTP chunk each."""

    def __init__(self, status=200, headers=(), pieces=(), framing="length"):
        self.status = status
        self.reason = None
        self.version = "HTTP/1.1"
        self.headers = [["date", http_date()], ["server", "uvicorn"]]
        self.headers += [list(h) for h in headers]
        self.pieces = list(pieces)
        self.framing = framing          # length, chunked, close, none
        self.keepalive = True
        self.interim = b""              # raw bytes before the status line
        self.length_add = 0             # lie about Content-Length
        self.last_chunk = True
        self.bad_chunk = None           # pieces before an invalid chunk
        self.trailers = []
        self.cut = None                 # body bytes sent before the cut
        self.end = None                 # instead of an answer: close/reset/hang
        self.reset = False              # end by RST
        self.tail = b""                 # raw bytes after the reply
        self.delay = 0                  # seconds before the head
        self.head_delay = 0             # seconds between head and body
        self.mid_delay = 0              # seconds in the middle of the body
        self.piece_delay = 0            # seconds between pieces
        self.bytewise = None            # seconds between single bytes
        self.gates = []                 # names; each waits for its opening

    def body(self):
        return b"".join(self.pieces)

    def set_body(self, body):
        self.pieces = [body] if body else []

    def header_set(self, name, value):
        self.header_drop(name)
        self.headers.append([name, value])

    def header_drop(self, name):
        self.headers = [h for h in self.headers if h[0].lower() != name]

    def head(self, close):
        reason = self.reason
        if reason is None:
            reason = REASONS.get(self.status, "Unknown")
        out = [f"{self.version} {self.status:03d} {reason}".encode("latin-1")]
        for name, value in self.headers:
            if isinstance(value, str):
                value = value.encode("latin-1", "replace")
            out.append(name.encode("latin-1") + b": " + value)
        names = {h[0].lower() for h in self.headers}
        if self.framing == "length" and "content-length" not in names:
            size = sum(map(len, self.pieces)) + self.length_add
            out.append(b"content-length: %d" % size)
        elif self.framing == "chunked":
            out.append(b"Transfer-Encoding: chunked")
        if self.trailers:
            out.append(b"Trailer: " + ", ".join(
                t[0] for t in self.trailers).encode())
        if close and self.status != 101:
            out.append(b"connection: close")
        return b"\r\n".join(out) + b"\r\n\r\n"

    def body_writes(self):
        """Byte strings in the order in which they are to be sent."""
        out, left = [], self.cut
        for i, piece in enumerate(self.pieces):
            if i == self.bad_chunk:
                break
            if left is not None:
                whole, piece = piece, piece[:left]
                left -= len(piece)
                if len(piece) < len(whole) and self.framing == "chunked":
                    # announce the whole chunk, send a part of it
                    out.append(b"%x\r\n" % len(whole) + piece)
                    break
            if piece and self.framing == "chunked":
                out.append(b"%x\r\n" % len(piece) + piece + b"\r\n")
            elif piece:
                out.append(piece)
            if left is not None and left <= 0:
                break
        if self.framing == "chunked" and self.bad_chunk is not None:
            out.append(b"no number\r\n")
        elif (self.framing == "chunked" and self.cut is None
              and self.last_chunk):
            end = b"0\r\n"
            for name, value in self.trailers:
                end += f"{name}: {value}\r\n".encode("latin-1")
            out.append(end + b"\r\n")
        return out

    def broken(self):
        """True where the connection cannot be used after this reply."""
        return (self.framing == "close" or self.cut is not None
                or self.length_add != 0 or not self.keepalive
                or (self.framing == "chunked" and not self.last_chunk)
                or self.bad_chunk is not None
                or self.reset or self.status == 101 or bool(self.tail)
                or self.version == "HTTP/1.0")


async def _write(writer, data):
    writer.write(data)
    await writer.drain()


async def _hang(reader):
    """Wait until the other side has closed, and tell the server so."""
    while await reader.read(65536):
        pass
    raise ConnectionResetError


def _abort(writer):
    """Close by RST, as a crashed peer would look."""
    import socket
    import struct
    sock = writer.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                        struct.pack("ii", 1, 0))
    writer.transport.abort()


async def send(reply, reader, writer, head_only, close):
    """Send it.  False where the connection is to be closed."""
    if reply.delay:
        await asyncio.sleep(reply.delay)
    if reply.end == "hang":
        await _hang(reader)
    if reply.end:
        if reply.end == "reset":
            _abort(writer)
        return False
    honest = not reply.broken()
    # A reply that lies does not announce the close that follows.
    say_close = close or reply.framing == "close" or not reply.keepalive
    head = reply.interim + reply.head(say_close)
    writes = [] if head_only else reply.body_writes()
    if reply.bytewise is not None:
        for data in [head] + writes:
            for i in range(len(data)):
                await _write(writer, data[i:i + 1])
                await asyncio.sleep(reply.bytewise)
    elif not (reply.head_delay or reply.mid_delay or reply.piece_delay):
        await _write(writer, head + b"".join(writes))
    else:
        await _write(writer, head)
        await asyncio.sleep(reply.head_delay)
        if reply.mid_delay and len(writes) == 1:
            half = len(writes[0]) // 2
            writes = [writes[0][:half], writes[0][half:]]
        for i, data in enumerate(writes):
            if reply.mid_delay and i == len(writes) // 2:
                await asyncio.sleep(reply.mid_delay)
            elif i and reply.piece_delay:
                await asyncio.sleep(reply.piece_delay)
            await _write(writer, data)
    if reply.tail:
        await _write(writer, reply.tail)
    if reply.reset:
        await asyncio.sleep(0.05)
        _abort(writer)
    return honest and not close
