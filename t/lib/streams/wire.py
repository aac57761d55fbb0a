"""The two ends of the gateway: an upstream that serves stream N, and a client
that asks for many at once.
"""

import os
import random
import re
import selectors
import socket

HEAD = (b"HTTP/1.1 200 OK\r\n"
        b"Content-Type: text/event-stream; charset=utf-8\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n")
BODY = b'{"model":"m","messages":[],"stream":true}'
ASK = (b"POST /%s/%d HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
       b"Content-Length: %d\r\n\r\n%s")
LENGTH = re.compile(rb"(?i)\r\ncontent-length: (\d+)")
NUMBER = re.compile(rb"/(\d+)[ /]")
CONNECTIONS = 12
SECONDS = 20


# --- the upstream ---------------------------------------------------------


def frame(piece):
    return b"%x\r\n%s\r\n" % (len(piece), piece)


def pieces(data, number):
    """data in HTTP chunks, in one of several ways, by its number: a list of
    what is sent at once."""
    rnd = random.Random(number)
    way = rnd.randrange(8)
    if way == 0 or not data:
        return [frame(data) if data else b""]
    if way == 1 and len(data) <= 2000:
        return [b"".join(frame(data[i:i + 1]) for i in range(len(data)))]
    out, at = [], 0
    longest = rnd.choice([9, 40, 200, 1000]) if len(data) < 4000 else 3000
    while at < len(data):
        n = rnd.randrange(1, longest + 1)
        out.append(frame(data[at:at + n]))
        at += n
    if way < 6:
        return [b"".join(out)]
    # at moments of their own
    k = rnd.randrange(len(out))
    return [b"".join(out[:k]), b"".join(out[k:])] if k else [b"".join(out)]


class Upstream:
    """Serves streams, a list of (bytes, regular end), in a process of its
    own."""

    def __init__(self, streams):
        self.streams = streams
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.listener.getsockname()[1]
        self.select = selectors.DefaultSelector()
        self.later = []

    def start(self):
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            try:
                self.serve(parent)
            finally:
                os._exit(0)
        self.listener.close()
        return pid

    def serve(self, parent):
        self.select.register(self.listener, selectors.EVENT_READ)
        while os.getppid() == parent:
            for key, _ in self.select.select(0 if self.later else 1):
                if key.fileobj is self.listener:
                    sock, _ = self.listener.accept()
                    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    self.select.register(sock, selectors.EVENT_READ, [b""])
                    continue
                try:
                    self.read(key.fileobj, key.data)
                except OSError:
                    self.drop(key.fileobj)
            later, self.later = self.later, []
            for sock, rest, end in later:
                try:
                    self.send(sock, rest, end)
                except OSError:
                    self.drop(sock)

    def drop(self, sock):
        try:
            self.select.unregister(sock)
        except KeyError:
            pass
        sock.close()

    def read(self, sock, got):
        data = sock.recv(65536)
        if not data:
            self.drop(sock)
            return
        got[0] += data
        head, end, body = got[0].partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        if not end or len(body) < int(length.group(1) if length else 0):
            return
        got[0] = b""
        number = int(NUMBER.search(head).group(1))
        data, complete = self.streams[number]
        out = pieces(data, number)
        out[0] = HEAD + out[0]
        if complete:
            out[-1] += b"0\r\n\r\n"
        self.send(sock, out, complete)

    def send(self, sock, out, complete):
        sock.sendall(out[0])
        if out[1:]:
            self.later.append((sock, out[1:], complete))
        elif not complete:
            self.drop(sock)


# --- the client -----------------------------------------------------------


def dechunk(data):
    """The body of chunks, or None where the last one is not there."""
    out, at = [], 0
    while True:
        end = data.find(b"\r\n", at)
        if end < 0:
            return None
        n = int(data[at:end].split(b";")[0], 16)
        at = end + 2
        if len(data) < at + n + 2:
            return None
        if n == 0:
            return b"".join(out)
        out.append(data[at:at + n])
        at += n + 2


def answer(data):
    """(status, head, body) or None where it is not all there."""
    head, end, body = data.partition(b"\r\n\r\n")
    if not end:
        return None
    low = head.lower()
    if b"transfer-encoding: chunked" in low:
        body = dechunk(body)
    else:
        at = low.find(b"content-length: ")
        n = int(low[at + 16:].split(b"\r\n", 1)[0]) if at >= 0 else -1
        body = body if len(body) == n else None
    return None if body is None else (int(head.split(b" ", 2)[1]), low, body)


class Client:
    """Asks for (place, number), each once, and hands over each answer."""

    def __init__(self, port, asks, take):
        self.address = ("127.0.0.1", port)
        self.asks = iter(asks)
        self.take = take
        self.select = selectors.DefaultSelector()
        self.open = 0

    def run(self):
        for _ in range(CONNECTIONS):
            self.next(None)
        while self.open:
            ready = self.select.select(SECONDS)
            if not ready:
                for key in list(self.select.get_map().values()):
                    self.take(*key.data[:2], "no answer in time")
                return
            for key, _ in ready:
                self.read(key.fileobj, key.data)

    def next(self, sock):
        ask = next(self.asks, None)
        if ask is None:
            if sock:
                sock.close()
            return
        place, number = ask
        if sock is None:
            sock = socket.create_connection(self.address)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.sendall(ASK % (place.encode(), number, len(BODY), BODY))
        self.select.register(sock, selectors.EVENT_READ,
                             [place, number, b""])
        self.open += 1

    def read(self, sock, state):
        try:
            data = sock.recv(262144)
        except OSError:
            data = b""
        state[2] += data
        got = answer(state[2])
        if got is None and data:
            return
        self.select.unregister(sock)
        self.open -= 1
        self.take(state[0], state[1], got or "closed: %r" % state[2][-200:])
        # a stream that is refused ends with its connection
        if got is None or b"\r\nconnection: close" in got[1] \
                or b"event: error\n" in got[2]:
            sock.close()
            sock = None
        self.next(sock)
