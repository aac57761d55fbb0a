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

from storm_gateway import *


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
                killing += any(gateway.kill(rng.choice(workers))
                               for _ in range(20))
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
    old = set(gateway.workers())
    gateway.reload()
    for _ in range(400):
        time.sleep(0.2)
        now = gateway.workers()
        if len(now) == 2 and not old & set(now):
            break
    time.sleep(3)
    check("workers", len(gateway.workers()), 2)
    nginx_counts = gateway.connections()
    check("stub_status, Active", nginx_counts["Active"],
          1 + gateway.left["active"])
    if not gateway.killed:
        check("stub_status, Reading", nginx_counts["Reading"], 0)
        check("stub_status, Writing", nginx_counts["Writing"], 1)
        check("stub_status, Waiting", nginx_counts["Waiting"], 0)
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
