"""What the measurements share: ports, nginx, upstream, load, CPU time."""
import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = TOP + "/build"
MODULE = BUILD + "/ngx_http_ioattest_module.so"
MODEL = "meta-llama/Llama-3.3-70B-Instruct"
PROMPT = (b'{"model":"meta-llama/Llama-3.3-70B-Instruct",'
          b'"messages":[{"role":"user","content":"hello"}]}')
SIGNED = ("text", "signature", "signing_address", "signing_algo",
          "image_digest")
CONNECTIONS = 16
os.environ["PATH"] += ":/usr/sbin:/sbin"

_port_lock = threading.Lock()
_next_port = int(os.environ.get("BENCH_PORT", "23000"))


def free_port():
    """Below those that the system gives to connections, which are many."""
    global _next_port
    while True:
        with _port_lock:
            _next_port += 1
            port = _next_port
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


class Missing(Exception):
    """Something that a part needs is not installed."""


# --- processes -------------------------------------------------------------


class Rig(contextlib.ExitStack):
    """Processes and a directory that end with it."""

    def __init__(self):
        super().__init__()
        self.where = tempfile.mkdtemp(prefix="ioattest-bench-")
        os.chmod(self.where, 0o755)
        self.callback(shutil.rmtree, self.where, ignore_errors=True)

    def start(self, command, ready=None, **more):
        """Starts a process; with READY its output is read up to that word,
        and the rest of that line is returned too."""
        if ready:
            more.update(stdout=subprocess.PIPE, text=True)
        process = subprocess.Popen(command, **more)
        self.callback(stop, process)
        if not ready:
            return process
        seen = []
        for line in process.stdout:
            seen.append(line.split())
            if line.startswith(ready):
                return process, seen
        sys.exit(f"{command[0]} does not start")

    def sim(self, machines=1, settings=None):
        """Port and first address of a simulated API."""
        _, seen = self.start(
            [sys.executable, TOP + "/t/lib/sim/sim.py", "--port", "0",
             "--machines", str(machines), "--lifetime", "3600"], "ready ")
        port = int(seen[-1][1])
        if settings:
            post(port, "/_sim/set", settings)
        return port, [w[2] for w in seen if w[0] == "address"][0]

    def upstream(self, answers, *signers):
        port = free_port()
        self.start([BUILD + "/bench_upstream", str(port), answers,
                    *map(str, signers)], "ready")
        return port

    def nginx(self, name, body, load="", workers=1, connections=2048):
        """Port that BODY may name as PORT, and the workers' pids."""
        port = free_port()
        process = start_nginx(self.where, name, body.replace(
            "PORT", str(port)), load, connections, workers)
        self.callback(stop, process)
        try:
            return port, children(process.pid, workers)
        except LookupError:
            with open(f"{self.where}/{name}/error.log") as f:
                sys.exit(f"nginx does not start: {f.read()[-2000:]}")


def stop(process):
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def children(pid, count=1):
    for _ in range(100):
        time.sleep(0.05)
        try:
            with open(f"/proc/{pid}/task/{pid}/children") as f:
                found = [int(p) for p in f.read().split()]
        except OSError:
            break
        if len(found) >= count:
            time.sleep(0.3)
            return found
    raise LookupError("it has no workers")


def start_nginx(path, name, body, load="", connections=512, workers=1):
    where = f"{path}/{name}"
    os.mkdir(where)
    temps = "".join(f"{t}_temp_path {where}/{t};" for t in
                    ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    with open(where + "/nginx.conf", "w") as f:
        user = "user root; " if os.getuid() == 0 else ""
        f.write(f"{load}{user}daemon off; worker_processes {workers};"
                f"pid {where}/pid; error_log {where}/error.log;"
                f"events {{ worker_connections {connections}; }}"
                f"http {{ access_log off; keepalive_requests 100000000;"
                f"{temps} {body} }}")
    # what it warns of is also in its log
    return subprocess.Popen(["nginx", "-e", where + "/error.log", "-p", where,
                             "-c", where + "/nginx.conf"],
                            stderr=subprocess.DEVNULL)


def post(port, path, body, headers=None):
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    return urllib.request.urlopen(urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", body,
        {"Content-Type": "application/json", **(headers or {})})).read()


# --- CPU time --------------------------------------------------------------


def cpu(*pids):
    """User and system time of processes and all their threads, in us."""
    total = 0
    for pid in pids:
        for task in os.listdir(f"/proc/{pid}/task"):
            try:
                with open(f"/proc/{pid}/task/{task}/schedstat") as f:
                    total += int(f.read().split()[0])
            except OSError:
                pass
    return total / 1e3


class Load:
    """One run of bench_load: what it said, and the CPU time per answer."""

    def __init__(self, port, path, count, pids=(), conns=CONNECTIONS,
                 models=0):
        before = cpu(*pids)
        said = subprocess.run(
            [BUILD + "/bench_load", str(port), path, str(conns), str(count),
             str(models)], stdout=subprocess.PIPE, text=True, check=False)
        if said.returncode:
            sys.exit(f"load on {path} failed")
        self.cpu = (cpu(*pids) - before) / count
        words = said.stdout.split()
        self.rate = count / float(words[1])
        self.bytes = int(words[2])
        self.p50, self.p99 = map(float, words[3:5])


class Base:
    """bench_base: CPU time in us of a recovery, of SHA-256."""

    def __init__(self, rig):
        self.process = rig.start([BUILD + "/bench_base"], text=True,
                                 stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE)

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline()) / 1e3

    def recover(self, times=400):
        return self.ask(f"recover {times}")

    def sha256(self, size):
        return self.ask(f"sha256 {max(8, 4000000 // max(size, 500))} {size}")


# --- signed answers --------------------------------------------------------


def answers(rig, port, wanted):
    """Files of whole answers, got from the simulator at PORT.

    WANTED: name -> (X-Sim or None, stream or not, function of the body or
    None, whether the answer is to keep its image digest)
    """
    where = tempfile.mkdtemp(dir=rig.where)
    for name, (told, stream, change) in wanted.items():
        write(where, name, *answer(port, told, stream, change))
    return where


def answer(port, told=None, stream=False, change=None):
    """(header, body) of a completion: the header's lines but its length."""
    prompt = json.loads(PROMPT)
    if stream:
        prompt["stream"] = True
    reply = urllib.request.urlopen(urllib.request.Request(
        f"http://127.0.0.1:{port}/v1/private/completions",
        json.dumps(prompt).encode(), {"Content-Type": "application/json",
                                      **({"X-Sim": told} if told else {})}))
    body = reply.read()
    head = "HTTP/1.1 200 OK\r\nContent-Type: " + reply.headers[
        "Content-Type"] + "\r\n" + "".join(
        f"{n}: {reply.headers[n]}\r\n" for n in SIGNED if reply.headers[n])
    if change:
        head, body = change(head, body)
    return head, body


def write(where, name, head, body):
    with open(f"{where}/{name}", "wb") as f:
        f.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)


def compact(head, body):
    """The same value without white space: its bytes are what is signed."""
    return head, json.dumps(json.loads(body), separators=(",", ":")).encode()


def header(head, name):
    return re.search(rf"(?m)^{name}: (.*)\r$", head)[1]


# --- the gateway -----------------------------------------------------------


def gateway(up, api, more="", zones="io:8m"):
    """A configuration with /on/ and /off/; in MORE further locations."""
    return f"""
        ioattest_zone {zones}; ioattest_ssl_verify off;
        upstream u {{ server 127.0.0.1:{up}; keepalive 64;
                      keepalive_requests 100000000; }}
        upstream api {{ server 127.0.0.1:{api}; }}
        proxy_http_version 1.1; proxy_set_header Connection "";
        proxy_max_temp_file_size 0; client_body_buffer_size 64k;
        ioattest_cpu off; ioattest_gpu off; ioattest_valid 2h;
        ioattest_request /a; ioattest_models /m;
        server {{ listen 127.0.0.1:PORT backlog=2048 reuseport;
          location /off/ {{ ioattest off; proxy_pass http://u; }}
          location /on/ {{ ioattest zone=io; proxy_pass http://u; }}
          location /stream/on/ {{ ioattest zone=io; proxy_buffering off;
            proxy_pass http://u; }}
          location /stream/off/ {{ ioattest off; proxy_buffering off;
            proxy_pass http://u; }}
          location = /a {{ internal; proxy_pass
            http://api/v1/private/attestation; }}
          location = /m {{ internal; proxy_pass http://api/v1/models; }}
          {more} }}"""


LOAD_MODULE = f"load_module {MODULE}; "
