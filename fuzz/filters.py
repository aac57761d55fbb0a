#!/usr/bin/python3
"""The filters as a whole: replies of an upstream, changed at random, through
nginx with the module, beside a second opinion of each.

  filters.py [--seconds 60] [--replies N] [--seed N] [--clients 8]
             [--nginx build/san/nginx] [--module build/san/NAME.so]
             [--keep DIR]

Replies are the simulated API's: bodies and streams, an error, and some that a
key signs which nobody attested.  Their bytes, head and framing included, are
flipped, cut, repeated, moved, and spliced with those of others; of these, and
one in five, are replies recorded of a real agent, whose key nobody attested:
those in IOATTEST_VECTORS, else the few of them in fuzz/seeds/filters.  With
--replies, the recorded ones are first sent as they are, in each mode, and then
so many are; the N-th is changed as its number and the seed say.

The value of what a client gets as a good answer has to be that of a reply
which was signed; what t/lib/sim/check/judge.py accepts, in a form that no
reader of HTTP takes otherwise, has to arrive; and nginx may neither crash nor
log an alert, nor a sanitizer report anything.

The last line is "N replies, N passed, N wrong".  Exits with 1 where one is.
"""
import argparse
import asyncio
import collections
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [TOP + "/t/lib/sim", TOP + "/bench"]

from api import canon
from check import judge
from recordings import VECTORS, recordings_of
import rig

MODEL = rig.MODEL
PLAIN = ["", "size=64", "size=2048", "json_unicode", "json_floats",
         "json_spaces", "bad_request", "forged", "forged_new"]
STREAMS = ["", "chunks=3", "chunks=40", "size=600", "forged"]
MODES = ["tail", "hold", "direct", "small"]
# a head without anything that one reader may take otherwise than another
HEAD = re.compile(rb"HTTP/1\.1 [0-9]{3} [ -~]*\r\n"
                  rb"(?:[-!#$%&'*+.^_`|~0-9A-Za-z]+:[ \t]*[ -~]*\r\n)*")
# a stream of the lines that the agent writes
LINE = re.compile(rb"(?:(?:data: [^\r\n]*|event: signature)?\n)*")
LINES = [b"\r\n", b"\n", b"\r", b"\r\n\r\n", b"\n\n", b"\0", b" ", b":",
         b"\xef\xbb\xbf", b"data: ", b"event: signature\n", b"data: [DONE]\n\n",
         b"0\r\n\r\n", b"1\r\nx\r\n", b"Content-Length: 5\r\n", b"{}", b"\\u0041",
         b"Transfer-Encoding: chunked\r\n", b"Content-Encoding: gzip\r\n",
         b"X-Accel-Redirect: /status\r\n", b"HTTP/1.1 100 Continue\r\n\r\n",
         b"signature: 0x00\r\n", b"text: a\r\n", b": a comment\n"]


def body_of(stream):
    value = {"model": MODEL, "messages": [{"role": "user", "content": "hi"}]}
    if stream:
        value["stream"] = True
    return json.dumps(value).encode()


ASKED = {stream: body_of(stream) for stream in (False, True)}
HASHED = {stream: canon.Request(body).canonical
          for stream, body in ASKED.items()}


# --- replies ----------------------------------------------------------------


async def whole(port, spec, stream):
    """The bytes that the simulated API answers with."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = ASKED[stream]
    writer.write(b"POST /v1/private/completions HTTP/1.1\r\nHost: x\r\n"
                 b"Content-Type: application/json\r\nConnection: close\r\n"
                 + (b"X-Sim: %s\r\n" % spec.encode() if spec else b"")
                 + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    raw = await asyncio.wait_for(reader.read(1 << 22), 10)
    while True:
        more = await asyncio.wait_for(reader.read(1 << 22), 10)
        if not more:
            break
        raw += more
    writer.close()
    return raw


class Mutator:
    def __init__(self, rng, seeds, recordings):
        self.rng, self.seeds, self.recordings = rng, seeds, recordings

    def seed(self):
        some = self.recordings and self.rng.random() < .2
        return self.rng.choice(self.recordings if some else self.seeds)

    def at(self, data):
        """A place: any, one in the head, or where a line or a chunk ends."""
        rng = self.rng
        how = rng.random()
        if how < .3:
            return rng.randrange(len(data) + 1)
        if how < .6:
            return rng.randrange(max(1, data.find(b"\r\n\r\n")) + 1)
        places = [m.start() for m in re.finditer(rb"[\r\n]+", data)]
        return rng.choice(places) + rng.randrange(-1, 3) if places else 0

    def change(self, data):
        rng = self.rng
        a = min(max(0, self.at(data)), len(data))
        b = min(len(data), a + rng.choice([1, 1, 2, 8, 64, 700]))
        how = rng.randrange(9)
        if how == 0 and a < len(data):
            return data[:a] + bytes([data[a] ^ 1 << rng.randrange(8)]) \
                + data[a + 1:]
        if how == 1:
            return data[:a] + data[b:]
        if how == 2:
            return data[:b] + data[a:]
        if how == 3:
            return data[:a] + rng.choice(LINES) + data[a:]
        if how == 4:
            return data[:a]
        if how == 5:
            other = self.seed()[1]
            c = min(len(other), max(0, self.at(other)))
            return data[:a] + other[c:]
        if how == 6:
            c = min(len(data), b + rng.choice([1, 8, 64, 700]))
            return data[:a] + data[b:c] + data[a:b] + data[c:]
        if how == 7:
            return self.line(data)
        return data[:a] + bytes([rng.randrange(256)]) + data[a + 1:]

    def line(self, data):
        """A header's line is twice there, away, last or in other letters."""
        head, found, rest = data.partition(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        if len(lines) < 3 or not found:
            return data
        rng = self.rng
        i = rng.randrange(1, len(lines))
        how = rng.randrange(4)
        if how == 0:
            lines.insert(rng.randrange(1, len(lines) + 1), lines[i])
        elif how == 1:
            del lines[i]
        elif how == 2:
            lines.append(lines.pop(i))
        else:
            lines[i] = rng.choice([bytes.upper, bytes.title,
                                   bytes.lower])(lines[i])
        return b"\r\n".join(lines) + found + rest

    def draw(self):
        """(stream, bytes)"""
        stream, data = self.seed()
        if self.rng.random() < .1:
            return stream, data
        for _ in range(self.rng.choice([1, 1, 1, 2, 3, 6])):
            data = self.change(data)
        return stream, data


# --- upstream and clients -----------------------------------------------------


def once(pairs):
    """An object, without a name twice."""
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a name twice")
    return dict(pairs)


class Fuzz:
    def __init__(self, args, mutator, known, digest):
        self.args, self.mutator = args, mutator
        self.known, self.digest = known, digest
        self.replies, self.port, self.gateway = {}, None, None
        self.tally, self.wrong, self.n = collections.Counter(), [], 0
        self.last = args.replies and (len(mutator.recordings) * len(MODES)
                                      + args.replies)
        self.asked, self.good = set(), set()

    async def serve(self, reader, writer):
        """One request on a connection; the reply in one or several pieces."""
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: (\d+)", head)
            await reader.readexactly(int(length[1]) if length else 0)
            n = int(re.search(rb"/(\d+) ", head)[1])
            self.asked.add(n)
            data = self.replies[n]
            rng = random.Random(n)
            if rng.random() < .3 and len(data) > 1:
                at = rng.randrange(len(data))
                writer.write(data[:at])
                await writer.drain()
                await asyncio.sleep(.002)
                data = data[at:]
            writer.write(data)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, KeyError):
            pass
        finally:
            writer.close()

    def draw(self, n):
        """(mode, stream, bytes) of the n-th reply."""
        rng = self.mutator.rng = random.Random(f"{self.args.seed} {n}")
        known = self.mutator.recordings
        if self.args.replies and n <= len(known) * len(MODES):
            return (MODES[n % len(MODES)], *known[(n - 1) // len(MODES)])
        return (rng.choice(MODES), *self.mutator.draw())

    async def one(self):
        self.n += 1
        n = self.n
        mode, stream, data = self.draw(n)
        self.replies[n] = data
        got = await judge.ask(self.gateway, "POST", f"/{mode}/{n}",
                              {"Content-Type": "application/json"},
                              ASKED[stream], wait=20)
        self.judge(n, mode, stream, data, got)
        del self.replies[n]

    def opinion(self, stream, data):
        """(reply, why it may not pass, whether its form is one of HTTP's)"""
        try:
            sent = judge.read(data, False, True)
            why = judge.completion(sent, HASHED[stream], self.known,
                                   self.digest)
        except (ValueError, IndexError, KeyError):
            return None, "not to be read", False
        return sent, why, self.plain(stream, data, sent)

    @staticmethod
    def plain(stream, data, sent):
        """Whether no reader of HTTP can take it otherwise."""
        head, _, rest = data.partition(b"\r\n\r\n")
        names = [k.lower() for k, _ in sent.headers]
        kind = dict((k.lower(), v) for k, v in sent.headers).get(
            "content-type", "")
        if sent.status != 200 or sent.interim or sent.left \
                or not HEAD.fullmatch(head + b"\r\n") \
                or len(set(names)) != len(names) \
                or any(name.startswith("x-accel-") for name in names) \
                or kind.split(";")[0] != ("text/event-stream" if stream
                                          else "application/json") \
                or stream and not LINE.fullmatch(sent.body):
            return False
        while "transfer-encoding" in names and rest != b"0\r\n\r\n":
            size = re.match(rb"([0-9a-f]{1,6})\r\n", rest)
            n = int(size[1], 16) if size else 0
            rest = rest[size.end():] if n else b""
            if rest[n:n + 2] != b"\r\n":
                return False
            rest = rest[n + 2:]
        return True

    def learn(self, seeds):
        """What is good of the replies as they are."""
        for stream, data in seeds:
            sent, why, plain = self.opinion(stream, data)
            if why is None and plain:
                self.good.add(self.seen(stream, sent.body))
        if len(self.good) < 6:
            sys.exit("hardly a reply of the simulation's is good")

    @staticmethod
    def seen(stream, body):
        """What a client understands."""
        if not stream:
            try:
                return canon.compact(json.loads(body, object_pairs_hook=once))
            except ValueError:
                return body
        event = re.compile(rb"event: signature\ndata: .*\n\n")
        values = judge._reader_lines(event.sub(b"", body)) or ()
        return tuple(v for v in values if v != "[DONE]")

    def judge(self, n, mode, stream, data, got):
        sent, why, plain = self.opinion(stream, data)
        code = re.search(rb'"code":"(\w+)"', got.body)
        passed = got.status == 200 and got.whole and not code
        self.tally["passed" if passed else "refused"] += 1
        if not passed:
            self.tally[code[1].decode() if code
                       else f"status {got.status}"] += 1
        problem = None
        if got.status is None:
            problem = "no answer"
        elif passed and self.seen(stream, got.body) not in self.good:
            problem = f"passed, and nobody signed it: {why}"
        elif not passed and why is None and plain and n in self.asked:
            problem = "refused, though nothing is wrong"
        elif not passed and got.status == 200 and not stream:
            problem = "a status of 200, and no whole answer"
        if problem:
            self.tell(n, mode, stream, data, got, problem)

    def tell(self, n, mode, stream, data, got, problem):
        self.tally["wrong"] += 1
        if len(self.wrong) < 20:
            name = f"{self.args.keep}/wrong-{self.args.seed}-{n}"
            with open(name, "wb") as f:
                f.write(data)
            self.wrong.append(f"{problem}: /{mode}/{n}, "
                              f"{'stream' if stream else 'body'}, {name}: "
                              f"{got.status} {got.body[:200]!r}")
            print("#", self.wrong[-1], flush=True)

    async def client(self, until):
        while time.monotonic() < until and self.n != self.last:
            await self.one()

    async def run(self):
        server = await asyncio.start_server(self.serve, "127.0.0.1",
                                            self.port, backlog=256)
        until = time.monotonic() + self.args.seconds
        await asyncio.gather(*(self.client(until)
                               for _ in range(self.args.clients)))
        server.close()


# --- nginx ---------------------------------------------------------------------


def configuration(where, port, api, up, digest):
    temps = "".join(f"{t}_temp_path {where}/{t};" for t in (
        "client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    common = (f"ioattest zone=io; ioattest_image_digest {digest}; "
              "ioattest_bind both; proxy_pass http://127.0.0.1:%d; " % up)
    more = {"tail": "", "hold": "ioattest_stream hold; ",
            "direct": "proxy_buffering off; ",
            "small": "proxy_buffers 16 1k; proxy_buffer_size 8k; "
                     "proxy_busy_buffers_size 8k; "}
    places = "".join(f"location /{name}/ {{ {common} {text} }}"
                     for name, text in more.items())
    user = "user root;" if os.getuid() == 0 else ""
    return f"""daemon off; {user} worker_processes 1; pid {where}/pid;
error_log {where}/error.log info; {{modules}}
events {{{{ worker_connections 512; }}}}
http {{{{ access_log off; {temps}
  ioattest_zone io:4m; ioattest_ssl_verify off; ioattest_cpu off;
  ioattest_gpu off; ioattest_pass_errors off; ioattest_valid 1d;
  ioattest_request /a; ioattest_models /m; proxy_read_timeout 5s;
  ioattest_fail_timeout 1s;
  server {{{{ listen 127.0.0.1:{port};
    {places.replace('{', '{{').replace('}', '}}')}
    location = /a {{{{ internal;
      proxy_pass http://127.0.0.1:{api}/v1/private/attestation; }}}}
    location = /m {{{{ internal;
      proxy_pass http://127.0.0.1:{api}/v1/models; }}}}
    location = /status {{{{ ioattest_status json; }}}} }}}} }}}}"""


def start(args, text):
    with open(args.keep + "/nginx.conf", "w") as f:
        f.write(text.format(modules=" ".join(
            f"load_module {os.path.abspath(path)};"
            for path in args.module.split())))
    env = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=1",
           "UBSAN_OPTIONS": "print_stacktrace=1"}
    with open(args.keep + "/stderr", "wb") as err:
        process = subprocess.Popen(
            [args.nginx, "-e", args.keep + "/error.log", "-p", args.keep,
             "-c", args.keep + "/nginx.conf"], stderr=err, env=env)
    time.sleep(1.5)
    if process.poll() is not None:
        sys.exit("nginx does not start: see " + args.keep)
    return process


def complaints(where):
    """What nginx and the sanitizers said that is not to be."""
    out = []
    for name in ("error.log", "stderr"):
        with open(f"{where}/{name}", errors="replace") as f:
            out += [line.strip() for line in f if re.search(
                r"\[(?:alert|emerg|crit)\]|runtime error|Sanitizer|exited on",
                line)]
    return out


def main():
    p = argparse.ArgumentParser(usage=__doc__)
    p.add_argument("--seconds", type=float, default=60)
    p.add_argument("--seed", type=int, default=int(time.time()))
    p.add_argument("--clients", type=int, default=8)
    p.add_argument("--nginx", default=TOP + "/build/san/nginx")
    p.add_argument("--module", default=TOP
                   + "/build/san/ngx_http_ioattest_module.so")
    p.add_argument("--keep")
    p.add_argument("--replies", type=int)
    args = p.parse_args()
    print("seed", args.seed, flush=True)
    if not args.keep:
        args.keep = tempfile.mkdtemp(prefix="ioattest-filters-")
    else:
        os.makedirs(args.keep, exist_ok=True)

    with rig.Rig() as rigged:
        api, address = rigged.sim()
        about = json.load(urllib.request.urlopen(
            f"http://127.0.0.1:{api}/_sim/machines"))
        digest = about["machines"][0]["image_digest"]
        seeds = []
        for stream, specs in ((False, PLAIN), (True, STREAMS)):
            for spec in specs:
                raw = asyncio.run(whole(api, spec, stream))
                if raw.startswith(b"HTTP/1."):
                    seeds.append((stream, raw))
        recordings = recordings_of(VECTORS)
        print(f"{len(recordings)} recorded replies", flush=True)
        fuzz = Fuzz(args, Mutator(None, seeds, recordings), {address.lower()},
                    digest)
        fuzz.learn(seeds)
        fuzz.port, fuzz.gateway = rig.free_port(), rig.free_port()
        process = start(args, configuration(args.keep, fuzz.gateway, api,
                                            fuzz.port, digest))
        try:
            asyncio.run(fuzz.run())
        finally:
            process.send_signal(signal.SIGQUIT)
            process.wait(60)
    said = complaints(args.keep)
    for line in said[:20]:
        print("#", line)
    for name, count in sorted(fuzz.tally.items()):
        print(f"{name:40} {count:8}")
    print(f"{fuzz.n} replies, {fuzz.tally['passed']} passed, "
          f"{fuzz.tally['wrong'] + len(said)} wrong")
    return 1 if fuzz.tally["wrong"] or said or not fuzz.tally["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
