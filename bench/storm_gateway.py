"""The gateway and the simulator of bench/storm.py."""

import argparse
import asyncio
import collections
import ctypes
import glob
import json
import os
import platform
import random
import re
import shutil
import signal
import socket
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
LIBC = ctypes.CDLL(None)
PIDFD_GETFD = 438
# epoll_wait() and epoll_pwait(), as /proc has them
EPOLL = {"x86_64": ("232", "281"), "aarch64": ("22",)}
DIGEST = "sha256:" + "%064x" % 7
failed = 0
missed = []                     # each of them in words


def check(what, value, wanted, good=None):
    global failed
    good = value == wanted if good is None else good
    failed += not good
    if not good:
        missed.append(f"{what}: {value}, wanted {wanted}")
    print(f"  {what:44} {value!s:>10}   {wanted}"
          + ("" if good else "   MISSED"), flush=True)


# --- the API ---------------------------------------------------------------


class Sim:
    def __init__(self, where, machines=6, models=MODELS):
        sim = TOP + "/t/lib/sim/sim.py"
        subprocess.run([sys.executable, sim, "--write-roots", where],
                       check=True, stdout=subprocess.DEVNULL)
        self.process = subprocess.Popen(
            [sys.executable, sim, "--port", "0", "--machines", str(machines),
             "--models", ",".join(models), "--lifetime", "7200"],
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


def location(name, *directives, protect="ioattest zone=io;",
             to="api/v1/private/"):
    return (f"location /{name}/ {{ {protect} "
            + "".join(d + "; " for d in directives)
            + f"proxy_pass http://{to}; }}\n")


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
    patience = 4                    # s, proxy_read_timeout

    def __init__(self, args, where, api, attest=None):
        self.args, self.where, self.api = args, where, api
        self.attest = attest or api
        self.port, self.h2 = args.port, args.port + 1
        self.binary = os.path.abspath(args.nginx)
        self.left = collections.Counter()
        self.killed, self.in_lock = [], 0
        self.peers = []             # ports of clients whose worker was killed
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
                return self.get("/connections") and None
            except OSError:
                pass
        sys.exit(f"nginx does not start: see {self.where}/error.log")

    def command(self):
        return [self.binary, "-e", self.where + "/error.log", "-p",
                self.where, "-c", self.where + "/nginx.conf"]

    def configure(self, shutdown, http, server, main="", lanes=""):
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
            f.write(f"""{load} {main or "daemon off;"} {user} worker_processes 2;
pid {where}/pid; error_log {where}/error.log {self.args.level};
{"worker_shutdown_timeout %s;" % shutdown if shutdown else ""}
thread_pool default threads=4 max_queue=8;
events {{ worker_connections 512; }}
http {{
    access_log off; {temps}
    upstream api {{ server 127.0.0.1:{self.api}; keepalive 16; }}
    {lanes}
    upstream attest {{ server 127.0.0.1:{self.attest}; keepalive 32;
                       keepalive_requests 100000000; }}
    proxy_http_version 1.1; proxy_set_header Connection "";
    proxy_read_timeout {self.patience}s; proxy_next_upstream off; keepalive_timeout 5s;
    client_header_timeout 5s; client_body_timeout 5s; send_timeout 5s;
    {http}
    server {{
        listen 127.0.0.1:{self.port} backlog=1024;
        listen 127.0.0.1:{self.h2} backlog=1024{" http2" if old else ""};
        {"" if old else "http2 on;"}
        {server}{internal}
        location = /connections {{ stub_status; }}
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

    def zones(self):
        return {z["name"]: z for z in
                json.loads(self.get("/status"))["zones"]}

    def status(self):
        return self.zones()["io"]

    def connections(self):
        numbers = re.findall(r"(Active connections|Reading|Writing|Waiting)"
                             r": (\d+)", self.get("/connections"))
        return {name.split()[0]: int(n) for name, n in numbers}

    def reload(self):
        self.process.send_signal(signal.SIGHUP)

    def workers(self):
        return self.children(self.process.pid)

    @staticmethod
    def children(pid):
        try:
            with open(f"/proc/{pid}/task/{pid}/children") as f:
                return [int(p) for p in f.read().split()]
        except OSError:
            return []

    # What a worker that is about to be killed will leave in stub_status: its
    # clients and its tasks, each of which has a socket.  /proc/net/tcp does
    # not do: a connection that the client has reset is no longer in it, while
    # nginx still has and counts it.

    def count(self, pid):
        return sum(1 for _ in self.counted(pid))

    def counted(self, pid):
        """The peer's port of each client, None of each task."""
        pidfd = os.pidfd_open(pid)
        try:
            for name in glob.glob(f"/proc/{pid}/fd/*"):
                if not os.readlink(name).startswith("socket:["):
                    continue
                fd = LIBC.syscall(PIDFD_GETFD, pidfd,
                                  int(os.path.basename(name)), 0)
                if fd < 0:
                    sys.exit("pidfd_getfd() failed: this takes Linux 5.6, "
                             "and the right to trace nginx")
                with socket.socket(fileno=fd) as s:
                    if self.is_task(s):
                        yield None
                    elif self.is_client(s):
                        yield self.peer(s)
        finally:
            os.close(pidfd)

    @staticmethod
    def is_task(s):
        return s.family == socket.AF_UNIX and s.type == socket.SOCK_DGRAM

    def is_client(self, s):
        return s.family == socket.AF_INET \
            and s.getsockname()[1] in (self.port, self.h2) \
            and not s.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)

    @staticmethod
    def peer(s):
        try:
            return s.getpeername()[1]
        except OSError:
            return 0                    # the client has reset it

    # nginx opens a socket a moment before it counts it, and closes it a
    # moment after: neither while it waits, nor while it holds the lock.

    @staticmethod
    def waits(pid):
        with open(f"/proc/{pid}/syscall") as f:
            return f.read().split()[0] in EPOLL[platform.machine()]

    def kill(self, pid, holder=None):
        """Stops, counts, kills: where it waits, or holder() says it holds."""
        try:
            os.kill(pid, signal.SIGSTOP)
            while "\nState:\tT" not in open(f"/proc/{pid}/status").read():
                if "\nState:\tZ" in open(f"/proc/{pid}/status").read():
                    return False
            if not (holder() if holder else self.waits(pid)):
                os.kill(pid, signal.SIGCONT)
                return False
            left = list(self.counted(pid))
            os.kill(pid, signal.SIGKILL)
        except (OSError, ProcessLookupError):
            return False
        self.left["active"] += len(left)
        self.peers += [(port, time.monotonic()) for port in left if port]
        self.killed.append(pid)
        self.in_lock += bool(holder)
        return True

    def kill_in_lock(self, seconds):
        """Looks at the lock, the first word of the zone, until one has it."""
        memory = {}
        for pid in self.workers():
            try:
                with open(f"/proc/{pid}/maps") as f:
                    start = [int(line.split("-")[0], 16) for line in f
                             if "/dev/zero" in line and self.size(line)]
                if start:
                    memory[pid] = open(f"/proc/{pid}/mem", "rb", 0), start[0]
            except OSError:
                continue

        def holder(pid):
            file, at = memory[pid]
            file.seek(at)
            return struct.unpack("Q", file.read(8))[0]

        # any of them can tell who has it
        end = time.monotonic() + seconds
        try:
            while memory and time.monotonic() < end:
                for pid in list(memory):
                    try:
                        held = holder(pid)
                        if held in memory and self.kill(
                                held, lambda: holder(held) == held):
                            return True
                    except (OSError, struct.error):
                        memory.pop(pid)[0].close()
        finally:
            for file, _ in memory.values():
                file.close()
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
