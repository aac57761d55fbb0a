#!/usr/bin/python3
"""Instructions of a verified response and of a stream's event.

  instructions.py              after make all unit; needs valgrind
  instructions.py --core       the library alone
  instructions.py --where      also the functions that they are spent in

The library does the work of a response over and over ("driver hot"): what its
own code takes is beside its limit in bench/limits, which
t/unit/agent/instructions.py holds.  Then nginx with the module, one process,
answers with the responses verified and with "ioattest off"; the difference is
printed.  "rest" is what a worker takes for a verified response outside of
libsecp256k1 and libcrypto, nginx's own part with it.  Counted is by callgrind:
user space alone, and a processor as valgrind knows it, which has no instructions
for SHA-256.
"""
import argparse
import asyncio
import collections
import contextlib
import multiprocessing
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

from rig import MODULE, free_port

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
DRIVER = os.path.join(TOP, os.environ.get("CORE_DIR", "build/core"), "driver")
LIMITS = TOP + "/bench/limits"
ROUNDS = 5
EVENTS = (200, 1200)

# (name, what the driver does, size); of a stream an event is measured
WORKS = [("response.512", "response", 512),
         ("response.2048", "response", 2048),
         ("response.16384", "response", 16384),
         ("tokens.16384", "tokens", 16384),
         ("event", "stream", EVENTS),
         ("model.256", "model", 256),
         ("request.256", "request", 256),
         ("recover", "recover", 512),
         ("sha256.2048", "sha256", 2048)]


def callgrind(directory, command, *options):
    """A command that writes its instructions by function into directory."""
    return ["valgrind", "--tool=callgrind", "--compress-strings=no",
            "--compress-pos=no", f"--callgrind-out-file={directory}/out",
            *options, *command]


def read(directory):
    """{(object, function): instructions} of what callgrind has written."""
    found = collections.Counter()
    where = [None, None]
    called = False
    with open(directory + "/out") as f:
        for line in f:
            if line.startswith("ob="):
                where[0] = os.path.basename(line[3:].strip())
            elif line.startswith("fn="):
                where[1] = re.sub(r"'\d+$", "", line[3:].strip())
            elif line.startswith("calls="):
                called = True
            elif line[0].isdigit():
                # behind "calls=" stands what the callee took
                if not called:
                    found[tuple(where)] += int(line.split()[1])
                called = False
    return found


# --- the library -----------------------------------------------------------


def work(what, size):
    """{(object, function): instructions} of one round."""
    with tempfile.TemporaryDirectory() as directory:
        subprocess.run(callgrind(
            directory, [DRIVER, "hot", what, str(size), str(ROUNDS)],
            "--collect-atstart=no", "--toggle-collect=hot_round*"),
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return per(read(directory), ROUNDS)


def per(found, n):
    return collections.Counter({k: v / n for k, v in found.items()})


def less(more, fewer):
    more = collections.Counter(more)
    more.subtract(fewer)
    return more


def measure(what, size):
    if isinstance(size, int):
        return work(what, size)
    few, many = size
    return per(less(work(what, many), work(what, few)), many - few)


def own(found):
    return sum(n for (obj, _), n in found.items() if obj == "driver")


def limits():
    """{name: instructions} of bench/limits."""
    with open(LIMITS) as f:
        lines = [line.split() for line in f if not line.startswith("#")]
    return {name: int(number) for name, number in lines}


def show(found, least):
    for (obj, function), n in found.most_common(25):
        if n >= least:
            print(f"    {n:10.0f}  {obj[:20]:20}  {function}")


def library(where):
    limit = limits()
    print(f"{'the library':24} {'in all':>10} {'own':>10} {'limit':>10}")
    for name, what, size in WORKS:
        found = measure(what, size)
        print(f"{name:24} {sum(found.values()):10.0f} {own(found):10.0f} "
              f"{limit.get(name, '-'):>10}", flush=True)
        if where:
            show(found, sum(found.values()) / 2000)


# --- the gateway -----------------------------------------------------------


PROMPT = (b'{"model":"meta-llama/Llama-3.3-70B-Instruct",'
          b'"messages":[{"role":"user","content":"hello"}]%s}')
FIELDS = ("text", "signature", "signing_address", "signing_algo",
          "image_digest")
NGINX = """load_module {module}; daemon off; master_process off; {user}
pid {at}/pid; error_log {at}/error.log; events {{ worker_connections 64; }}
http {{
    access_log off; {temps} keepalive_requests 100000000;
    keepalive_timeout 10m; client_body_timeout 10m;
    proxy_http_version 1.1; proxy_set_header Connection "";
    proxy_buffers 8 4k; proxy_buffer_size 4k;
    ioattest_zone io:1m; ioattest_ssl_verify off; ioattest_background off;
    ioattest_wait 5m; ioattest_timeout 5m; ioattest_valid 1h;
    upstream u {{ server 127.0.0.1:{up}; keepalive 8;
                  keepalive_requests 100000000; }}
    server {{
        listen 127.0.0.1:{port};
        location /on/ {{
            ioattest zone=io; ioattest_cpu off; ioattest_gpu off;
            ioattest_request /a; ioattest_models /m; proxy_pass http://u;
        }}
        location /off/ {{ ioattest off; proxy_pass http://u; }}
        location = /a {{ internal; proxy_pass
            http://127.0.0.1:{api}/v1/private/attestation; }}
        location = /m {{ internal;
            proxy_pass http://127.0.0.1:{api}/v1/models; }}
    }}
}}"""


def prompt(stream):
    return PROMPT % (b',"stream":true' if stream else b"")


def answers(api):
    """{name: (head, body)}: what the simulator says, once for all."""
    found = {}
    for name, fault in [("512", "size=512"), ("2048", "size=2048"),
                        ("16384", "size=16384")] \
            + [(f"e{n}", f"chunks={n}") for n in EVENTS]:
        stream = name[0] == "e"
        reply = urllib.request.urlopen(urllib.request.Request(
            f"http://127.0.0.1:{api}/v1/private/completions", prompt(stream),
            {"Content-Type": "application/json", "X-Sim": fault}))
        body = reply.read()
        head = (f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n"
                f"Content-Type: {reply.headers['Content-Type']}\r\n")
        head += "".join(f"{f}: {reply.headers[f]}\r\n" for f in FIELDS
                        if reply.headers[f])
        found[name] = (head + "\r\n").encode(), body
    return found


def upstream(port, answer):
    async def one(reader, writer):
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(re.search(rb"(?i)content-length: (\d+)",
                                       head)[1])
                await reader.readexactly(length)
                name = head.split()[1].decode().split("/")[-1]
                writer.write(b"".join(answer[name]))
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            writer.close()

    async def run():
        server = await asyncio.start_server(one, "127.0.0.1", port)
        await server.serve_forever()

    asyncio.run(run())


def ask(port, path, count, stream, before=0, then=None):
    """Sends before requests, calls then, and sends count more, all in one
    connection; calls then again."""
    body = prompt(stream)
    request = (f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: "
               f"application/json\r\nContent-Length: {len(body)}\r\n\r\n"
               ).encode() + body
    for _ in range(300):
        try:
            s = socket.create_connection(("127.0.0.1", port))
            break
        except OSError:
            time.sleep(0.1)
    else:
        sys.exit("nginx does not start")
    with s, s.makefile("rb") as f:
        for i in range(before + count):
            if then and i == before:
                then()
            s.sendall(request)
            status = f.readline()
            length = None
            for line in iter(f.readline, b"\r\n"):
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split()[1])
            if b" 200 " not in status:
                sys.exit(f"{path}: {status} {f.read(length)}")
            if length is None:
                for line in iter(f.readline, b"0\r\n"):
                    f.read(int(line, 16) + 2)
                f.readline()
            else:
                f.read(length)
        if then:
            then()


class Gateway:
    def __init__(self, up, api):
        self.up, self.api = up, api

    def count(self, path, requests, stream=False, before=0):
        """{(object, function): instructions} of a whole life of nginx, or
        where there are requests before, of those behind them alone."""
        with tempfile.TemporaryDirectory() as at:
            os.chmod(at, 0o755)
            port = free_port()
            temps = "".join(f"{t}_temp_path {at}/{t};" for t in (
                "client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
            with open(at + "/nginx.conf", "w") as f:
                f.write(NGINX.format(
                    module=MODULE, at=at, temps=temps, up=self.up, port=port,
                    api=self.api,
                    user="user root;" if os.getuid() == 0 else ""))
            nginx = shutil.which("nginx", path=os.environ["PATH"]
                                 + ":/usr/sbin:/sbin")
            process = subprocess.Popen(callgrind(
                at, [nginx, "-e", at + "/error.log", "-p", at,
                     "-c", at + "/nginx.conf"],
                *(["--instr-atstart=no"] if before else [])),
                stderr=subprocess.DEVNULL)
            states = iter(("on", "off"))

            def switch():
                subprocess.run(["callgrind_control", "-i", next(states),
                                str(process.pid)], check=True, timeout=20,
                               stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)

            try:
                ask(port, path, requests, stream, before,
                    switch if before else None)
            finally:
                process.terminate()
                process.wait()
            return read(at)

    def response(self, path, before=1020, requests=128):
        """Of one response, when all that is first is done: after the first
        thousand of a zone one request in 64 is hashed, until then each is."""
        return per(self.count(path, requests, before=before), requests)

    def event(self, where, streams=4):
        few, many = (self.count(f"{where}/e{n}", streams, True)
                     for n in EVENTS)
        return per(less(many, few), streams * (EVENTS[1] - EVENTS[0]))


CRYPTO = ("libsecp256k1", "libcrypto")


def within(found, *objects):
    """Instructions in objects whose names begin so."""
    return sum(n for (obj, _), n in found.items() if obj.startswith(objects))


def rest(found):
    return sum(found.values()) - within(found, *CRYPTO)


@contextlib.contextmanager
def gateway():
    """A gateway that is counted, before an upstream and a simulated API."""
    sim = subprocess.Popen([sys.executable, TOP + "/t/lib/sim/sim.py",
                            "--port", "0", "--machines", "1"],
                           stdout=subprocess.PIPE, text=True)
    child = None
    try:
        for line in sim.stdout:
            if line.startswith("ready "):
                api = int(line.split()[1])
                break
        up = free_port()
        child = multiprocessing.Process(target=upstream,
                                        args=(up, answers(api)), daemon=True)
        child.start()
        yield Gateway(up, api)
    finally:
        if child:
            child.terminate()
        sim.terminate()
        sim.wait()


def module(where):
    recover = sum(work("recover", 512).values())
    print(f"{'the gateway':24} {'off':>10} {'verified':>10} {'over':>10} "
          f"{'module':>10} {'recovers':>10} {'rest':>10} {'limit':>10}")
    with gateway() as one:
        for name in ("512", "2048", "16384", "event"):
            if name == "event":
                off, on = one.event("/off"), one.event("/on")
            else:
                off = one.response("/off/" + name)
                on = one.response("/on/" + name)
            over = less(on, off)
            total = sum(over.values())
            print(f"{name:24} {sum(off.values()):10.0f} "
                  f"{sum(on.values()):10.0f} {total:10.0f} "
                  f"{within(over, 'ngx_http_ioattest'):10.0f} "
                  f"{total / recover:10.3f} {rest(on):10.0f} "
                  f"{limits().get('worker.' + name, '-'):>10}", flush=True)
            if where:
                show(over, total / 2000)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--core", action="store_true")
    parser.add_argument("--where", action="store_true")
    given = parser.parse_args()
    if not shutil.which("valgrind"):
        sys.exit("valgrind is not installed: scripts/deps.sh")
    library(given.where)
    if not given.core:
        module(given.where)
