#!/usr/bin/python3
"""What one verified response costs a gateway's worker.

  response.py [REQUESTS [ROUNDS]]      after make all bench

The same nginx, one worker, answers in turns with "ioattest off" and with the
responses verified; the upstream is another nginx with one fixed, validly
signed answer. Counted is the worker's own CPU time (utime and stime).
"""
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
MODULE = TOP + "/build/ngx_http_ioattest_module.so"
PROMPT = (b'{"model":"meta-llama/Llama-3.3-70B-Instruct",'
          b'"messages":[{"role":"user","content":"hello"}]}')
SIGNED = ("text", "signature", "signing_address", "signing_algo",
          "image_digest")
os.environ["PATH"] += ":/usr/sbin:/sbin"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def start_nginx(path, name, body, load="", connections=512):
    where = f"{path}/{name}"
    os.mkdir(where)
    temps = "".join(f"{t}_temp_path {where}/{t};" for t in
                    ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    with open(where + "/nginx.conf", "w") as f:
        f.write(f"{load}daemon off; worker_processes 1; pid {where}/pid;"
                f"error_log {where}/error.log; events {{ worker_connections {connections}; }}"
                f"http {{ access_log off; keepalive_requests 100000000;{temps}"
                f"{body} }}")
    return subprocess.Popen(["nginx", "-e", where + "/error.log", "-p", where,
                             "-c", where + "/nginx.conf"])


def ask_all(port, path, count):
    request = (b"POST " + path + b" HTTP/1.1\r\nHost: a\r\n"
               b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n"
               % len(PROMPT)) + PROMPT
    with socket.create_connection(("127.0.0.1", port)) as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(count):
            s.sendall(request)
            data = b""
            while b"\r\n\r\n" not in data:
                more = s.recv(65536)
                if not more:
                    sys.exit("closed by the gateway")
                data += more
            head, body = data.split(b"\r\n\r\n", 1)
            if not head.startswith(b"HTTP/1.1 200"):
                sys.exit(data.decode())
            length = int(re.search(rb"(?i)content-length: (\d+)", head)[1])
            while len(body) < length:
                body += s.recv(65536)


def cpu(pid):
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main(count, rounds, path):
    os.chmod(path, 0o755)
    sim = subprocess.Popen([sys.executable, TOP + "/t/lib/sim/sim.py",
                            "--port", "0", "--machines", "1"],
                           stdout=subprocess.PIPE, text=True)
    children = [sim]
    try:
        for line in sim.stdout:
            if line.startswith("ready "):
                api = int(line.split()[1])
                break
        reply = urllib.request.urlopen(urllib.request.Request(
            f"http://127.0.0.1:{api}/v1/private/completions", PROMPT,
            {"Content-Type": "application/json"}))
        body = reply.read().decode().replace("\\", "\\\\").replace("'", "\\'")
        headers = "".join(f"add_header {n} '{reply.headers[n]}';"
                          for n in SIGNED if reply.headers[n])
        up, port = free_port(), free_port()
        children.append(start_nginx(
            path, "upstream", f"server {{ listen 127.0.0.1:{up};"
            f"location / {{ default_type application/json; {headers}"
            f"return 200 '{body}'; }} }}"))
        gateway = start_nginx(path, "gateway", f"""
            ioattest_zone io:1m;
            ioattest_ssl_verify off;
            upstream u {{ server 127.0.0.1:{up}; keepalive 8;
                          keepalive_requests 100000000; }}
            proxy_http_version 1.1; proxy_set_header Connection "";
            server {{ listen 127.0.0.1:{port};
              location /on/ {{ ioattest zone=io; ioattest_cpu off;
                ioattest_gpu off; ioattest_request /a; ioattest_models /m;
                ioattest_valid 1h; proxy_pass http://u; }}
              location /off/ {{ ioattest off; proxy_pass http://u; }}
              location = /a {{ internal; proxy_pass
                http://127.0.0.1:{api}/v1/private/attestation; }}
              location = /m {{ internal; proxy_pass
                http://127.0.0.1:{api}/v1/models; }} }}""",
            f"load_module {MODULE}; ")
        children.append(gateway)
        time.sleep(1)
        worker = subprocess.check_output(
            ["pgrep", "-P", str(gateway.pid)], text=True).split()[0]
        cost = {b"/off/": [], b"/on/": []}
        for p in cost:
            ask_all(port, p, 200)
        for _ in range(rounds):
            for p, found in cost.items():
                before = cpu(worker)
                ask_all(port, p, count)
                found.append((cpu(worker) - before) * 1e6 / count)
        off, on = (statistics.median(c) for c in cost.values())
        print(f"{rounds} rounds of {count} requests, medians, worker CPU:")
        print(f"  ioattest off  {off:7.1f} us a response")
        print(f"  verified      {on:7.1f} us a response")
        print(f"  verification  {on - off:7.1f} us a response")
        out = subprocess.check_output([TOP + "/build/bench_verify"], text=True)
        print(out, end="")
        line = [l for l in out.splitlines() if "recover" in l]
        found = re.search(r"([\d.]+) us", line[0]) if line else None
        if found:
            print(f"ratio to one recover: {(on - off) / float(found[1]):.2f}")
    finally:
        for child in reversed(children):
            child.send_signal(signal.SIGTERM)
            child.wait()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 10000,
             int(sys.argv[2]) if len(sys.argv) > 2 else 5, temporary)
