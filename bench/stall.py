#!/usr/bin/python3
"""What verifying reports costs the other requests of the same worker.

  stall.py [SECONDS [ROUNDS]]      after make

One nginx worker; its upstreams are processes of their own.  Measured is the
latency of a plainly proxied location, and of a verified completion of a
machine that is trusted already, while nothing else happens and while reports
with a TDX quote and 8 GPUs are verified without a pause, in turns of SECONDS;
with ioattest_thread_pool as it is by default, and off.  These reports are
refused in the end, for a driver that the policy does not name: every
signature is verified by then, nothing is kept, and a request that waits for a
machine causes one report after the other until it has waited long enough.
The simulator and whoever sends such requests run at the lowest priority, for
they need the CPU too.
"""
import json
import multiprocessing
import os
import socket
import sys
import tempfile
import time
import urllib.request
from statistics import median

import report
from rig import MODULE, PROMPT, SIGNED, free_port, start_nginx

CONTENT = b"Content-Type: application/json\r\n"


def ask(s, path):
    """One request on a connection that stays open.  Returns status, body."""
    s.sendall(b"POST " + path + b" HTTP/1.1\r\nHost: a\r\n" + CONTENT
              + b"Content-Length: %d\r\n\r\n" % len(PROMPT) + PROMPT)
    data = b""
    while b"\r\n\r\n" not in data:
        data += receive(s)
    head, body = data.split(b"\r\n\r\n", 1)
    fields = dict(line.lower().split(b": ", 1)
                  for line in head.split(b"\r\n")[1:])
    while len(body) < int(fields.get(b"content-length", 0)):
        body += receive(s)
    return int(head.split()[1]), body


def receive(s):
    data = s.recv(65536)
    if not data:
        sys.exit("closed by the gateway")
    return data


def connect(port):
    s = socket.create_connection(("127.0.0.1", port))
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return s


def reports(port, go):
    os.nice(19)
    while True:
        go.wait()
        with connect(port) as s:
            status, body = ask(s, b"/again/")
        if status != 502:
            sys.exit(f"a report gives {status} {body.decode()}")


def verified(api):
    """How many reports were asked for."""
    with urllib.request.urlopen(
            f"http://127.0.0.1:{api}/_sim/stats") as reply:
        return json.load(reply)["attestations"]["total"]


def latencies(port, path, seconds):
    s = connect(port)
    found = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        start = time.perf_counter()
        status, _ = ask(s, path)
        found.append(time.perf_counter() - start)
        if status != 200:
            sys.exit(f"{path.decode()} gives {status}")
        time.sleep(0.001)
    s.close()
    return found


def quantile(values, part):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * part))] * 1e6


def configuration(where, port, fixed, api, pool):
    return f"""
        ioattest_zone io:8m; ioattest_zone again:8m;
        ioattest_ssl_verify off;
        ioattest_cpu_trusted_certificate {where}/cpu.pem;
        ioattest_gpu_trusted_certificate {where}/gpu.pem;
        {pool}
        ioattest_models /m; ioattest_request /a;
        ioattest_cpu tdx; ioattest_gpu local;
        upstream u {{ server 127.0.0.1:{fixed}; keepalive 8;
                      keepalive_requests 100000000; }}
        proxy_http_version 1.1; proxy_set_header Connection "";
        server {{ listen 127.0.0.1:{port};
          location /plain/ {{ ioattest off; proxy_pass http://u; }}
          location /on/ {{ ioattest zone=io; ioattest_valid 1h;
            proxy_pass http://u; }}
          location /again/ {{ ioattest zone=again; ioattest_attempts 1;
            ioattest_parallel 1; ioattest_wait 200ms;
            ioattest_fail_timeout 0; ioattest_policy {where}/policy.json;
            proxy_pass http://u; }}
          location = /a {{ internal; proxy_pass
            http://127.0.0.1:{api}/v1/private/attestation; }}
          location = /m {{ internal; proxy_pass
            http://127.0.0.1:{api}/v1/models; }} }}"""


def completion(where, fixed, api):
    """An upstream with one fixed answer, validly signed."""
    reply = urllib.request.urlopen(urllib.request.Request(
        f"http://127.0.0.1:{api}/v1/private/completions", PROMPT,
        {"Content-Type": "application/json"}))
    body = reply.read().decode().replace("\\", "\\\\").replace("'", "\\'")
    headers = "".join(f"add_header {n} '{reply.headers[n]}';"
                      for n in SIGNED if reply.headers[n])
    return start_nginx(where, "upstream", f"server {{ listen "
                       f"127.0.0.1:{fixed}; location / {{ default_type "
                       f"application/json; {headers} return 200 '{body}'; "
                       f"}} }}")


def measure(port, api, seconds, rounds):
    """(path, quiet, busy, reports a second) for both locations: quantiles in
    us by name, one of each turn, while nothing else happens and while reports
    are verified."""
    go = multiprocessing.Event()
    child = multiprocessing.Process(target=reports, args=(port, go),
                                    daemon=True)
    child.start()
    for path in (b"/plain/", b"/on/"):
        found = {False: [], True: []}
        latencies(port, path, 0.5)
        took = 0
        for _ in range(rounds):
            for busy in found:
                (go.set if busy else go.clear)()
                time.sleep(0.5)
                before = verified(api)
                found[busy].append(latencies(port, path, seconds))
                more = verified(api) - before
                took += busy * more
                if more > 3 and not busy:
                    sys.exit("reports are verified where none should be")
        go.clear()
        quiet, busy = ({f"p{part * 100:.0f}": [
            quantile(turn, part) for turn in found[b]]
            for part in (0.5, 0.99)} for b in (False, True))
        yield path.decode(), quiet, busy, took / (rounds * seconds)
    child.terminate()


def run(seconds, rounds, where, pools):
    """What measure() says, with the pool's name, for one nginx after the
    other."""
    os.chmod(where, 0o755)
    with open(where + "/policy.json", "w") as f:
        json.dump({"gpu": {"driver_versions": ["0.0"]}}, f)
    sim, api = report.start_sim(where)
    children = [sim]
    try:
        os.setpriority(os.PRIO_PROCESS, sim.pid, 19)
        report.post(api, "/_sim/set", {"evidence": "tdx", "gpus": 8})
        fixed = free_port()
        children.append(completion(where, fixed, api))
        for name in pools:
            port = free_port()
            children.append(start_nginx(
                where, name, configuration(
                    where, port, fixed, api,
                    "" if name == "default"
                    else f"ioattest_thread_pool {name};"),
                f"load_module {MODULE}; "))
            time.sleep(1)
            for found in measure(port, api, seconds, rounds):
                yield name, *found
            gateway = children.pop()
            gateway.terminate()
            gateway.wait()
    finally:
        for child in reversed(children):
            child.terminate()
            child.wait()


def main(seconds, rounds, where):
    print("load before: %.2f %.2f %.2f, %d CPUs"
          % (*os.getloadavg(), os.cpu_count()))
    for name, path, quiet, busy, rate in run(seconds, rounds, where,
                                             ("default", "off")):
        line = f"thread pool {name:7} {path:8}"
        for part in quiet:
            a, b = median(quiet[part]), median(busy[part])
            line += f" {part} {a:.0f} -> {b:.0f} us, ratio {b / a:.2f};"
        print(line, f"{rate:.1f} reports a second", flush=True)
    print("load after: %.2f %.2f %.2f" % os.getloadavg())


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        main(float(sys.argv[1]) if len(sys.argv) > 1 else 3,
             int(sys.argv[2]) if len(sys.argv) > 2 else 3, temporary)
