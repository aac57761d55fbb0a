#!/usr/bin/python3
"""A storm on a gateway, and whether anything of it is left when it is over.

  storm.py [--seconds 60] [--no-kill] [--no-reload] [--no-shutdown-timeout]
           [--off] [--seed N] [--port 37000]
           [--nginx build/san/nginx] [--module build/san/NAME.so] [--keep DIR]
  storm.py --attestations 100000 [...]           memory over so many of them

after make san NGINX_SRC=DIR, or make nginx.  In the storm the API hangs,
resets, lies and is slow, clients of HTTP/1.1 and HTTP/2 leave at any moment,
nginx is reloaded each second, and workers are killed, also while they hold
the lock of the zone.  Afterwards there may be no report of a sanitizer, no
alert but of the workers that were killed, no slot or lease in use, and no
descriptor, connection or count of stub_status too many: a worker that is
killed takes none of its counts back, so what it had is counted before.

--off storms the same without the module.
"""
import argparse
import asyncio
import collections
import glob
import json
import os
import random
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
MODELS = ["storm-a", "storm-b", "storm-c", "storm-d"]
ZONE = 4 << 20
DIGEST = "sha256:" + "%064x" % 7
failed = 0


def check(what, value, wanted, good=None):
    global failed
    good = value == wanted if good is None else good
    failed += not good
    print(f"  {what:44} {value!s:>10}   {wanted}"
          + ("" if good else "   MISSED"), flush=True)


# --- the API ---------------------------------------------------------------


class Sim:
    def __init__(self, where):
        sim = TOP + "/t/lib/sim/sim.py"
        subprocess.run([sys.executable, sim, "--write-roots", where],
                       check=True, stdout=subprocess.DEVNULL)
        self.process = subprocess.Popen(
            [sys.executable, sim, "--port", "0", "--machines", "6",
             "--models", ",".join(MODELS), "--lifetime", "7200"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for line in self.process.stdout:
            words = line.split()
            if words[0] == "ready":
                self.port = int(words[1])
                break
        self.models = self.ask("machines")["models"]

    def ask(self, name, value=None):
        data = None if value is None else json.dumps(value).encode()
        with urllib.request.urlopen(
                f"http://127.0.0.1:{self.port}/_sim/{name}", data,
                timeout=20) as reply:
            return json.load(reply)

    def set(self, **values):
        self.ask("set", values)

    def stop(self):
        self.process.terminate()
        self.process.wait()


FAULTS = ["hang", "reset", "close", "error=500", "error=503", "cut_json",
          "truncate", "no_last_chunk", "bad_chunk", "head_big", "stop",
          "not_json", "gzip_lie", "pieces", "bad_status_line", "two_lengths"]
LIES = ["nonce_wrong", "replay", "address_any", "digest_other", "address_new",
        "tdx_signature", "snp_signature", "gpu_nonce", "tdx_tcb_revoked",
        "digest_other,address_any", "quote_empty", "gpu_missing"]


def weather(rng):
    """What the API does next."""
    kind = rng.random()
    if kind < 0.35:
        return {k: "" for k in ("attest", "completion", "models",
                                "collateral", "kds", "nras", "jwks")} \
            | {k + "_delay_ms": 0 for k in ("attest", "completion",
                                            "collateral", "kds")}
    if kind < 0.5:
        return {"attest": rng.choice(LIES), "attest_share": rng.random()}
    if kind < 0.65:
        return {"attest": rng.choice(FAULTS), "attest_share": rng.random()}
    if kind < 0.8:
        what = rng.choice(["collateral", "kds", "nras", "jwks", "models"])
        return {what: rng.choice(["hang", "reset", "error=500", "close",
                                  "truncate", "not_json"])}
    if kind < 0.9:
        return {rng.choice(["attest", "collateral", "kds", "completion"])
                + "_delay_ms": rng.choice([20, 200, 500, 1500])}
    return rng.choice([
        {"generation": rng.randrange(9)}, {"balance": "random"},
        {"balance": "turns"}, {"machines": rng.randrange(2, 7)},
        {"evidence": {"0": "snp", "1": "snp", "*": "tdx"}},
        {"evidence": "snp"}, {"evidence": "tdx"}, {"gpus": 1}, {"gpus": 2},
        {"nras_kid": rng.randrange(5, 9)}])


# --- the gateway -----------------------------------------------------------


def location(name, *directives, protect="ioattest zone=io;"):
    return (f"location /{name}/ {{ {protect} "
            + "".join(d + "; " for d in directives)
            + "proxy_pass http://api/v1/private/; }\n")


PLAIN = ("ioattest_cpu off", "ioattest_gpu off")
OWN = 'ioattest_authorization "Bearer gw"'
COLLATERAL = ("ioattest_collateral /_pcs/", "ioattest_amd_kds /_kds/")
NRAS = ("ioattest_gpu nras", "ioattest_nras /_nras",
        "ioattest_nras_jwks /_jwks")


def locations(digits):
    warm = "ioattest_prewarm " + " ".join(MODELS[:2])
    return {
        "callers": PLAIN,
        "own": PLAIN + (OWN, warm, digits),
        "pool": PLAIN + (OWN, "ioattest_pool all", warm, "ioattest_parallel 3"),
        "any": COLLATERAL,
        "anyown": COLLATERAL + (OWN, warm),
        "loop": COLLATERAL + (OWN, "ioattest_thread_pool off"),
        "nras": NRAS + COLLATERAL + ("ioattest_parallel 2",),
        "nrasloop": NRAS + (OWN, "ioattest_thread_pool off", warm),
        "hold": PLAIN + (OWN, "ioattest_stream hold", "ioattest_bind both"),
        "dry": COLLATERAL + (OWN, "ioattest_dry_run on"),
        "replay": PLAIN + ("ioattest_replay 10s", "ioattest_attempts 3"),
    }


class Gateway:
    def __init__(self, args, where, api, attest=None):
        self.args, self.where, self.api = args, where, api
        self.attest = attest or api
        self.port, self.h2 = args.port, args.port + 1
        self.binary = os.path.abspath(args.nginx)
        self.left = collections.Counter()
        self.killed, self.in_lock = [], 0
        version = subprocess.run([self.binary, "-v"], capture_output=True,
                                 text=True).stderr
        self.version = tuple(int(n) for n in
                             re.search(r"/(\d+)\.(\d+)\.(\d+)", version)
                             .groups())
        os.mkdir(where + "/logs")
        os.environ["ASAN_OPTIONS"] = (
            f"detect_leaks=0:detect_odr_violation=0:log_path={where}/san:"
            "quarantine_size_mb=16:malloc_context_size=12")
        os.environ["UBSAN_OPTIONS"] = \
            f"print_stacktrace=1:log_path={where}/san"

    def start(self):
        self.stderr = open(self.where + "/stderr", "w")
        self.process = subprocess.Popen(self.command(), stderr=self.stderr)
        for _ in range(200):
            time.sleep(0.1)
            try:
                return self.get("/stub") and None
            except OSError:
                pass
        sys.exit(f"nginx does not start: see {self.where}/error.log")

    def command(self):
        return [self.binary, "-e", self.where + "/error.log", "-p",
                self.where, "-c", self.where + "/nginx.conf"]

    def configure(self, shutdown, http, server):
        where = self.where
        temps = "".join(f"{t}_temp_path {where}/{t};" for t in (
            "client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        user = "user root;" if os.getuid() == 0 else ""
        old = self.version < (1, 25, 1)
        load = "" if self.args.off else \
            f"load_module {os.path.abspath(self.args.module)};"
        internal = "" if self.args.off else """
        location = /status { ioattest_status json; }"""
        with open(where + "/nginx.conf.new", "w") as f:
            f.write(f"""{load} daemon off; {user} worker_processes 2;
pid {where}/pid; error_log {where}/error.log {self.args.level};
{"worker_shutdown_timeout %s;" % shutdown if shutdown else ""}
thread_pool default threads=4 max_queue=8;
events {{ worker_connections 512; }}
http {{
    access_log off; {temps}
    upstream api {{ server 127.0.0.1:{self.api}; keepalive 16; }}
    upstream attest {{ server 127.0.0.1:{self.attest}; keepalive 32;
                       keepalive_requests 100000000; }}
    proxy_http_version 1.1; proxy_set_header Connection "";
    proxy_read_timeout 4s; proxy_next_upstream off; keepalive_timeout 5s;
    client_header_timeout 5s; client_body_timeout 5s; send_timeout 5s;
    {http}
    server {{
        listen 127.0.0.1:{self.port} backlog=1024;
        listen 127.0.0.1:{self.h2} backlog=1024{" http2" if old else ""};
        {"" if old else "http2 on;"}
        {server}{internal}
        location = /stub {{ stub_status; }}
        location = /_attestation {{ internal;
            proxy_pass http://attest/v1/private/attestation; }}
        location = /_models {{ internal; proxy_pass http://api/v1/models; }}
        location ~ ^/_(?:pcs|kds)/(.*)$ {{ internal;
            proxy_pass http://api/$1$is_args$args; }}
        location ^~ /_nras {{ internal; rewrite ^ /v4/attest/gpu break;
            proxy_pass http://api; }}
        location ^~ /_jwks {{ internal;
            rewrite ^ /.well-known/jwks.json break;
            proxy_pass http://api; }}
    }}
}}""")
        os.rename(where + "/nginx.conf.new", where + "/nginx.conf")

    def storm(self, rng, calm=False):
        """The configuration of the storm, each time somewhat another one."""
        shutdown = rng.choice([None, "1s", "300ms"])
        if self.args.no_shutdown_timeout or calm:
            shutdown = None
        protect = "" if self.args.off else "ioattest zone=io;"
        digits = "ioattest_image_digest " + " ".join(
            "sha256:" + c * 64 for c in rng.sample("abcdef", 2))
        http = "" if self.args.off else f"""
    ioattest_zone io:{ZONE}; ioattest_ssl_verify off;
    ioattest_request /_attestation; ioattest_models /_models;
    ioattest_cpu_trusted_certificate {self.where}/cpu.pem;
    ioattest_gpu_trusted_certificate {self.where}/gpu.pem;
    ioattest_timeout 800ms; ioattest_wait 2s; ioattest_fail_timeout 100ms;
    ioattest_valid 3s; ioattest_refresh 1s;
    {"ioattest_background off;" if calm else ""}"""
        server = ""
        for name, lines in locations(digits).items():
            if calm:
                lines = [x for x in lines if "prewarm" not in x]
            server += location(name, *(() if self.args.off else lines),
                               protect=protect)
        self.configure(shutdown, http, server)

    def get(self, path):
        """What it answers; a worker that was just killed answers nothing."""
        for again in range(3):
            try:
                with urllib.request.urlopen(
                        f"http://127.0.0.1:{self.port}{path}",
                        timeout=20) as reply:
                    return reply.read().decode()
            except OSError:
                if again == 2 or self.process.poll() is not None:
                    raise
                time.sleep(0.5)

    def status(self):
        return json.loads(self.get("/status"))["zones"][0]

    def stub(self):
        numbers = re.findall(r"(Active connections|Reading|Writing|Waiting)"
                             r": (\d+)", self.get("/stub"))
        return {name.split()[0]: int(n) for name, n in numbers}

    def reload(self):
        self.process.send_signal(signal.SIGHUP)

    def workers(self):
        try:
            with open("/proc/%d/task/%d/children" % (
                    (self.process.pid,) * 2)) as f:
                return [int(p) for p in f.read().split()]
        except OSError:
            return []

    # what a worker that is about to be killed will leave in stub_status

    def count(self, pid):
        with open(f"/proc/{pid}/net/tcp") as f:
            tcp = {}
            for line in f.readlines()[1:]:
                words = line.split()
                if int(words[1].split(":")[1], 16) in (self.port, self.h2) \
                        and words[3] != "0A":
                    tcp[words[9]] = 1
        with open(f"/proc/{pid}/net/unix") as f:
            for line in f.readlines()[1:]:
                words = line.split()
                if words[4] == "0002" and len(words) == 7:
                    tcp[words[6]] = 1
        n = 0
        for name in glob.glob(f"/proc/{pid}/fd/*"):
            try:
                inode = os.readlink(name)
            except OSError:
                continue
            n += inode.startswith("socket:[") and inode[8:-1] in tcp
        return n

    def kill(self, pid, holder=None):
        """Stops, counts, kills.  holder: only where that says it holds."""
        try:
            os.kill(pid, signal.SIGSTOP)
            while "\nState:\tT" not in open(f"/proc/{pid}/status").read():
                if "\nState:\tZ" in open(f"/proc/{pid}/status").read():
                    return False
            if holder and not holder():
                os.kill(pid, signal.SIGCONT)
                return False
            left = self.count(pid)
            os.kill(pid, signal.SIGKILL)
        except (OSError, ProcessLookupError):
            return False
        self.left["active"] += left
        self.killed.append(pid)
        self.in_lock += bool(holder)
        return True

    def kill_in_lock(self, seconds):
        """Looks at the lock, the first word of the zone, until it has it."""
        end = time.monotonic() + seconds
        for pid in random.sample(self.workers(), len(self.workers())):
            try:
                with open(f"/proc/{pid}/maps") as f:
                    start = [int(line.split("-")[0], 16) for line in f
                             if "/dev/zero" in line and self.size(line)]
                memory = open(f"/proc/{pid}/mem", "rb", 0)
            except OSError:
                continue
            if not start:
                continue
            with memory:
                def holds():
                    memory.seek(start[0])
                    return struct.unpack("Q", memory.read(8))[0] == pid
                try:
                    while time.monotonic() < end:
                        if holds() and self.kill(pid, holds):
                            return True
                except (OSError, struct.error):
                    continue
        return False

    @staticmethod
    def size(line):
        a, b = line.split()[0].split("-")
        return int(b, 16) - int(a, 16) == ZONE

    def usage(self):
        """Descriptors and kB of each worker."""
        rows = []
        for pid in self.workers():
            try:
                with open(f"/proc/{pid}/status") as f:
                    rss = int(re.search(r"VmRSS:\s+(\d+)", f.read())[1])
                rows.append((len(os.listdir(f"/proc/{pid}/fd")), rss))
            except (OSError, TypeError):
                pass
        return rows

    def log(self):
        with open(self.where + "/error.log", errors="replace") as f:
            yield from f

    def stop(self):
        self.process.send_signal(signal.SIGQUIT)
        start = time.monotonic()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
        return time.monotonic() - start

    def judge(self):
        """What log and sanitizers say."""
        bad = collections.Counter()
        locked = 0
        for line in self.log():
            if not re.search(r"\[(alert|emerg|crit)\]", line):
                continue
            m = re.search(r"worker process (\d+) exited on signal 9", line)
            if m and int(m[1]) in self.killed:
                continue
            if re.search(r'zone "io" was locked by (\d+)', line):
                locked += 1
                continue
            bad[re.sub(r"\d+", "N", line.split("]", 1)[1][:150])] += 1
        check("alerts", sum(bad.values()), 0)
        for line, n in bad.most_common(5):
            print(f"    {n} x {line.strip()}")
        check("locks that were held as their holder died", locked,
              self.in_lock, locked <= len(self.killed))
        reports = glob.glob(self.where + "/san.*")
        check("reports of sanitizers", len(reports), 0)
        for name in reports[:2]:
            print(open(name).read()[:3000])
        self.stderr.close()
        with open(self.where + "/stderr") as f:
            text = f.read()
        check("runtime errors on stderr", text.count("runtime error"), 0)


# --- clients ---------------------------------------------------------------


def frame(kind, flags, stream, data):
    return struct.pack(">I", len(data))[1:] + bytes([kind, flags]) \
        + struct.pack(">I", stream) + data


def literal(name, value):
    return bytes([0, len(name)]) + name.encode() \
        + bytes([len(value)]) + value.encode()


class Clients(threading.Thread):
    """So many at once, each on and on, until told to stop."""

    def __init__(self, gateway, at_once, seed):
        super().__init__(daemon=True)
        self.gateway, self.at_once = gateway, at_once
        self.rng = random.Random(seed)
        self.seen = collections.Counter()
        self.over = False
        self.paths = list(locations(""))

    def run(self):
        asyncio.run(self.all())

    def end(self):
        self.over = True
        self.join()

    async def all(self):
        await asyncio.gather(*[self.one() for _ in range(self.at_once)])

    async def one(self):
        rng = self.rng
        while not self.over:
            await asyncio.sleep(rng.random() * 0.1)
            talk = rng.choice([self.http1, self.http1, self.http2])
            limit = rng.choice([rng.random() * 0.05, rng.random(), 8, 8])
            writers = []
            try:
                await asyncio.wait_for(talk(writers), limit)
            except asyncio.TimeoutError:
                self.seen["left"] += 1
            except (OSError, EOFError, ValueError):
                self.seen["closed"] += 1
            for writer in writers:
                if rng.random() < 0.3:
                    writer.transport.abort()
                else:
                    writer.close()

    def request(self):
        rng = self.rng
        path = "/" + rng.choice(self.paths) + "/completions"
        body = {"model": rng.choice(MODELS), "messages": [
            {"role": "user", "content": "x" * rng.choice([3, 300, 30000])}]}
        if rng.random() < 0.4:
            body["stream"] = True
        sim = rng.choice([""] * 8 + ["forged", "flip_body", "truncate",
                                     "reset", "hang", "stop", "unsigned",
                                     "mid_delay=300", "piece_delay=5",
                                     "sig_flip", "error=500"])
        head = {"authorization": "Bearer k%d" % rng.randrange(4),
                "content-type": "application/json"}
        if sim:
            head["x-sim"] = sim
        return path, head, json.dumps(body).encode()

    async def http1(self, writers):
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", self.gateway.port)
        writers.append(writer)
        for _ in range(self.rng.randrange(1, 4)):
            path, head, body = self.request()
            lines = [f"POST {path} HTTP/1.1", "Host: localhost",
                     f"Content-Length: {len(body)}"]
            lines += [f"{k}: {v}" for k, v in head.items()]
            cut = self.rng.choice([None] * 9 + [self.rng.randrange(200)])
            writer.write(("\r\n".join(lines) + "\r\n\r\n").encode()
                         + body[:cut])
            text = (await reader.readuntil(b"\r\n\r\n")).lower()
            self.seen[int(text.split()[1])] += 1
            if b"chunked" in text:
                while True:
                    size = int(await reader.readuntil(b"\r\n"), 16)
                    await reader.readexactly(size + 2)
                    if size == 0:
                        break
            else:
                m = re.search(rb"content-length: (\d+)", text)
                await reader.readexactly(int(m[1]))
            if b"connection: close" in text:
                return

    async def http2(self, writers):
        rng = self.rng
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", self.gateway.h2)
        writers.append(writer)
        writer.write(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, b""))
        streams = [1 + 2 * i for i in range(rng.randrange(1, 6))]
        for stream in streams:
            path, head, body = self.request()
            body = body[:12000]
            block = literal(":method", "POST") + literal(":scheme", "http") \
                + literal(":path", path) + literal(":authority", "localhost")
            for name, value in head.items():
                block += literal(name, value)
            writer.write(frame(1, 4, stream, block)
                         + frame(0, 1, stream, body))
        open_streams = set(streams)
        while open_streams:
            if rng.random() < 0.05:
                stream = rng.choice(sorted(open_streams))
                writer.write(frame(3, 0, stream, struct.pack(">I", 8)))
                open_streams.discard(stream)
                self.seen["reset"] += 1
            head = await reader.readexactly(9)
            data = await reader.readexactly(
                struct.unpack(">I", b"\0" + head[:3])[0])
            stream = struct.unpack(">I", head[5:])[0]
            if head[3] == 7:
                self.seen["goaway"] += 1
            elif head[3] == 0:
                if data:
                    more = struct.pack(">I", len(data))
                    writer.write(frame(8, 0, 0, more))
                    writer.write(frame(8, 0, stream, more))
                if head[4] & 1:
                    open_streams.discard(stream)
                    self.seen["h2"] += 1
            elif head[3] == 3 or (head[3] == 1 and head[4] & 1):
                open_streams.discard(stream)


# --- the storm -------------------------------------------------------------


def storm(args, where):
    rng = random.Random(args.seed)
    sim = Sim(where)
    gateway = Gateway(args, where, sim.port)
    gateway.storm(rng)
    gateway.start()
    sim.set(evidence="tdx", gpus=1)
    clients = Clients(gateway, args.clients, args.seed)
    clients.start()

    start = time.monotonic()
    reloads = killing = 0
    fds, rss = [], []
    weathers = 0
    while time.monotonic() - start < args.seconds:
        second = time.monotonic()
        for _ in range(rng.randrange(1, 4)):
            try:
                sim.set(**weather(rng))
                weathers += 1
            except OSError as err:
                print("  the simulator:", err)
            time.sleep(0.1)
        if not args.no_kill and rng.random() < 0.3:
            workers = gateway.workers()
            if workers and rng.random() < 0.4:
                killing += gateway.kill(rng.choice(workers))
            elif not args.off:
                killing += gateway.kill_in_lock(0.5)
        if not args.no_reload:
            gateway.storm(rng)
            gateway.reload()
            reloads += 1
        for n, kb in gateway.usage():
            fds.append(n)
            rss.append(kb)
        time.sleep(max(0.0, second + 1 - time.monotonic()))
        if gateway.process.poll() is not None:
            sys.exit("nginx is gone")

    clients.end()
    time.sleep(1)
    print(f" {args.seconds} s: {reloads} reloads, {killing} workers killed, "
          f"{gateway.in_lock} in the lock, the API changed {weathers} times")
    print("  clients:", dict(sorted(clients.seen.items(), key=str)))
    if not args.off:
        about = gateway.status()
        print("  attestations:", about["attestations"])
    print(f"  most descriptors {max(fds, default=0)}, "
          f"{max(rss, default=0)} kB of one worker")

    # calm: nothing is attested any more, old workers go

    sim.ask("reset", {"what": "set"})
    gateway.storm(rng, calm=True)
    gateway.reload()
    time.sleep(2)
    for _ in range(150):
        if len(gateway.workers()) == 2:
            break
        time.sleep(0.2)
    time.sleep(3)
    check("workers", len(gateway.workers()), 2)
    stub = gateway.stub()
    check("stub_status, Active", stub["Active"],
          1 + gateway.left["active"])
    if not gateway.killed:
        check("stub_status, Reading", stub["Reading"], 0)
        check("stub_status, Writing", stub["Writing"], 1)
        check("stub_status, Waiting", stub["Waiting"], 0)
    if not args.off:
        about = gateway.status()
        check("leases", about["leases"], 0)
        check("attestations in flight",
              sum(m.get("in_flight", 0) for m in about["models"]), 0)
        print(f"  zone: {len(about['machines'])} machines, "
              f"{len(about['models'])} models, used {about['used']}, "
              f"resets {about['resets']}")
    at_end = gateway.usage()
    check("descriptors of a worker", max(n for n, _ in at_end), "at most 40",
          max(n for n, _ in at_end) <= 40)
    check("quit, s", round(gateway.stop(), 1), "below 10",
          gateway.process.returncode == 0)
    gateway.judge()
    sim.stop()


# --- memory ----------------------------------------------------------------


class Attestations(threading.Thread):
    """An API of 60 machines that does nothing but attest, as fast as can be."""

    def __init__(self, models):
        super().__init__(daemon=True)
        self.models = json.dumps({"object": "list", "data": models}).encode()
        self.n, self.ready = 0, threading.Event()
        self.start()
        self.ready.wait()

    def run(self):
        asyncio.run(self.serve())

    async def serve(self):
        server = await asyncio.start_server(self.talk, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self.ready.set()
        await server.serve_forever()

    async def talk(self, reader, writer):
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                m = re.search(rb"(?i)content-length: (\d+)", head)
                asked = json.loads(await reader.readexactly(int(m[1])))
                self.n += 1
                body = json.dumps({
                    "signing_address": "0x%040x" % (self.n % 60 + 1),
                    "nonce": asked["nonce"], "image_digest": DIGEST,
                    "attestation": {}, "cpu": {}, "gpu": {}}).encode()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: "
                             b"application/json\r\nContent-Length: %d\r\n\r\n"
                             % len(body) + body)
        except (OSError, EOFError):
            pass
        finally:
            writer.close()


def memory(args, where):
    sim = Sim(where)
    api = Attestations(sim.models)
    gateway = Gateway(args, where, sim.port, api.port)
    own = (OWN, "ioattest_parallel 16",
           "ioattest_prewarm " + " ".join(MODELS))
    gateway.configure(None, f"""
    ioattest_zone io:{ZONE}; ioattest_ssl_verify off;
    ioattest_request /_attestation; ioattest_models /_models;
    ioattest_valid 1s; ioattest_timeout 5s;
    ioattest_fail_timeout 100ms;""",
                      location("own", *PLAIN, *own))
    gateway.start()
    rows = []
    start = time.monotonic()
    while api.n < args.attestations:
        time.sleep(0.5)
        if len(rows) * args.attestations / 10 <= api.n:
            usage = gateway.usage()
            rows.append((api.n, sum(kb for _, kb in usage),
                         max(n for n, _ in usage)))
            print("  %8d attestations, %7d kB, %d descriptors, %d s" % (
                *rows[-1], time.monotonic() - start), flush=True)
        if time.monotonic() - start > args.limit:
            break
    usage = gateway.usage()
    rows.append((api.n, sum(kb for _, kb in usage),
                 max(n for n, _ in usage)))
    print("  %8d attestations, %7d kB, %d descriptors, %d s" % (
        *rows[-1], time.monotonic() - start), flush=True)
    check("attestations", api.n, args.attestations,
          api.n >= args.attestations)
    half = rows[len(rows) // 2]
    check("growth over the second half, kB", rows[-1][1] - half[1],
          "at most 1024", rows[-1][1] - half[1] <= 1024)
    about = gateway.status()
    print("  attestations:", about["attestations"])
    check("verified", about["attestations"]["verified"],
          "nearly all", about["attestations"]["verified"] >= 0.99 * api.n)
    check("quit, s", round(gateway.stop(), 1), "below 10",
          gateway.process.returncode == 0)
    gateway.judge()
    sim.stop()


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--seconds", type=float, default=60)
    p.add_argument("--attestations", type=int)
    p.add_argument("--limit", type=float, default=3600, help="seconds")
    p.add_argument("--no-kill", action="store_true")
    p.add_argument("--no-reload", action="store_true")
    p.add_argument("--no-shutdown-timeout", action="store_true")
    p.add_argument("--off", action="store_true")
    p.add_argument("--clients", type=int, default=40)
    p.add_argument("--seed", type=int, default=int(time.time()))
    p.add_argument("--port", type=int, default=37000)
    p.add_argument("--level", default="info")
    p.add_argument("--nginx", default=TOP + "/build/san/nginx")
    p.add_argument("--module",
                   default=TOP + "/build/san/ngx_http_ioattest_module.so")
    p.add_argument("--keep", help="a new directory, which stays")
    args = p.parse_args()
    where = args.keep or tempfile.mkdtemp(prefix="ioattest-storm-")
    if args.keep:
        os.mkdir(where)
    os.chmod(where, 0o755)
    print(f" seed {args.seed}, {args.nginx}")
    (memory if args.attestations else storm)(args, where)
    if not args.keep and not failed:
        shutil.rmtree(where)
    elif failed:
        print(f" {failed} missed; what nginx said is in {where}")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
