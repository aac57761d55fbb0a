#!/usr/bin/python3
"""What a verified event stream costs: memory, and time to the first event.
What it costs in CPU time is in the report of "make bench".

  stream.py [STREAMS [BYTES [ROUNDS]]]     after make

The same nginx, one worker, passes the same signed stream with "ioattest off"
and with the stream verified.  Memory: STREAMS at once, each stopped by the
upstream before its end, the worker's resident set over that at rest.  Time:
from the request to the whole first event, in turns, the median of ROUNDS.
"""
import asyncio
import multiprocessing
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

from rig import MODULE, TOP, free_port, start_nginx

PROMPT = (b'{"model":"meta-llama/Llama-3.3-70B-Instruct","messages":'
          b'[{"role":"user","content":"hello"}],"stream":true}')
PIECE = 4096


def upstream(port, body, gate):
    """Sends BODY; where asked for /held it waits before the last 64 kB."""

    async def one(reader, writer):
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(re.search(rb"(?i)content-length: (\d+)",
                                       head)[1])
                await reader.readexactly(length)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: "
                             b"text/event-stream; charset=utf-8\r\n"
                             b"Transfer-Encoding: chunked\r\n\r\n")
                held = b"held" in head.split(b"\r\n")[0]
                first = body.index(b"\n\n") + 2
                writer.write(b"%x\r\n%s\r\n" % (first, body[:first]))
                await asyncio.sleep(0.005)
                for i in range(first, len(body), PIECE):
                    if held and len(body) - i < 65536:
                        held = False
                        while not gate.is_set():
                            await asyncio.sleep(0.1)
                    piece = body[i:i + PIECE]
                    writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                    await writer.drain()
                writer.write(b"0\r\n\r\n")
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            writer.close()

    async def run():
        server = await asyncio.start_server(one, "127.0.0.1", port,
                                            backlog=2048)
        await server.serve_forever()

    asyncio.run(run())


def request(path, close):
    return (b"POST " + path + b" HTTP/1.1\r\nHost: a\r\n" + close
            + b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n"
            % len(PROMPT)) + PROMPT


async def fill(port, path, count, seen):
    """COUNT streams, all of them read to their end."""

    async def one():
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request(path, b"Connection: close\r\n"))
        first = True
        last = b""
        while True:
            data = await reader.read(65536)
            if not data:
                break
            if first:
                first = False
                seen.append(1)
            last = (last + data)[-4096:]
        writer.close()
        return b"data: [DONE]" in last

    return await asyncio.gather(*[one() for _ in range(count)])


def rss(pid):
    with open(f"/proc/{pid}/status") as f:
        return int(re.search(r"VmRSS:\s+(\d+)", f.read())[1])


def memory(port, worker, path, count, gate):
    gate.clear()
    rest = rss(worker)

    async def run():
        seen = []
        task = asyncio.create_task(fill(port, path, count, seen))
        peak = 0
        steady = 0
        while steady < 10:
            await asyncio.sleep(0.3)
            now = rss(worker)
            steady = steady + 1 if len(seen) == count and now <= peak else 0
            peak = max(peak, now)
        gate.set()
        return peak, await task

    peak, ends = asyncio.run(run())
    if not all(ends):
        sys.exit(f"{path}: {ends.count(False)} streams did not end well")
    return (peak - rest) / count


async def first_event(port, path):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    start = time.perf_counter()
    writer.write(request(path, b"Connection: close\r\n"))
    data = b""
    while b"\n\n" not in data.partition(b"\r\n\r\n")[2]:
        data += await reader.read(65536)
    took = time.perf_counter() - start
    while await reader.read(65536):
        pass
    writer.close()
    return took


def main(count, size, rounds, path):
    os.chmod(path, 0o755)
    resource.setrlimit(resource.RLIMIT_NOFILE, (8192, 8192))
    sim = subprocess.Popen([sys.executable, TOP + "/t/lib/sim/sim.py",
                            "--port", "0", "--machines", "1"],
                           stdout=subprocess.PIPE, text=True)
    children = [sim]
    try:
        for line in sim.stdout:
            if line.startswith("address 0"):
                address = line.split()[2]
            if line.startswith("ready "):
                api = int(line.split()[1])
                break
        body = urllib.request.urlopen(urllib.request.Request(
            f"http://127.0.0.1:{api}/v1/private/completions", PROMPT,
            {"Content-Type": "application/json",
             "X-Sim": f"size={size}"})).read()
        gate = multiprocessing.Event()
        up, port = free_port(), free_port()
        child = multiprocessing.Process(target=upstream,
                                        args=(up, body, gate),
                                        daemon=True)
        child.start()
        gateway = start_nginx(path, "gateway", f"""
            ioattest_zone io:1m;
            ioattest_ssl_verify off;
            proxy_http_version 1.1; proxy_set_header Connection "";
            proxy_buffering off; proxy_read_timeout 10m;
            server {{ listen 127.0.0.1:{port} backlog=2048;
              location /on/ {{ ioattest zone=io; ioattest_trust {address};
                proxy_pass http://127.0.0.1:{up}; }}
              location /off/ {{ proxy_pass http://127.0.0.1:{up}; }} }}""",
            f"load_module {MODULE}; worker_rlimit_nofile 8192;", 8192)
        children.append(gateway)
        time.sleep(1)
        worker = subprocess.check_output(
            ["pgrep", "-P", str(gateway.pid)], text=True).split()[0]

        took = {b"/off/": [], b"/on/": []}
        gate.set()
        for _ in range(rounds):
            for p in took:
                took[p].append(asyncio.run(first_event(port, p)))
        off, on = (statistics.median(took[p]) * 1e6
                   for p in (b"/off/", b"/on/"))
        print(f"first event, median of {rounds}: off {off:.0f} us, on "
              f"{on:.0f} us, ratio {on / off:.3f}")

        off = memory(port, worker, b"/off/held", count, gate)
        on = memory(port, worker, b"/on/held", count, gate)
        print(f"{count} streams of {len(body)} bytes at once: off "
              f"{off:.1f} kB, on {on:.1f} kB each, {on - off:.1f} kB more")
        child.terminate()
    finally:
        for c in children:
            c.terminate()
            c.wait()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as directory:
        args = [int(a) for a in sys.argv[1:]]
        main(*(args + [1000, 1000000, 400][len(args):]), directory)
