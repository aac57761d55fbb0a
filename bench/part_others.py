"""The same job by what one would use otherwise: a proxy in Python, one in
Node, a page of Lua in nginx.  Each is shown tampered answers before it is
timed, and must refuse them."""
import functools
import http.client
import os
import re
import shutil
import subprocess
import sys

from rig import (BUILD, CONNECTIONS, LOAD_MODULE, PROMPT, TOP,
                 Load, Missing, Rig, answer, compact, free_port,
                 gateway, header, write)
from samples import Job, each

HERE = TOP + "/bench/others"
ROUNDS = 15
SIZE = 2048
GOOD = "good"
# the same answers without the white space that the agent puts into them
BYTES = "bytes_"
BYTES_ONLY = (" lua_bytes did so with the same answers without white space; "
              "it is no gateway, since it refuses the agent's own.")
LUA = "/usr/lib/nginx/modules/ngx_http_lua_module.so"
NDK = "/usr/lib/nginx/modules/ndk_http_module.so"


# --- answers, good and tampered --------------------------------------------


def other_body(head, body):
    """A letter of the answer is another one."""
    return head, re.sub(br'("content":\s*"[^"\\]*)([A-Za-z])(?=[^"\\]*")',
                        lambda m: m[1] + (b"y" if m[2] != b"y" else b"z"),
                        body, count=1)


def other_text(head, body):
    """So it is here, and the signed text has the new hash."""
    import hashlib
    head, body = other_body(head, body)
    text = header(head, "text")
    digest = hashlib.sha256(compact(head, body)[1]).hexdigest()
    return head.replace(text, text[:65] + digest), body


def other_signature(head, body):
    """A bit of the signature's r is another one."""
    old = header(head, "signature")
    return head.replace(old, old[:-70] + "%x" % (int(old[-70], 16) ^ 1)
                        + old[-69:]), body


def no_signature(head, body):
    return re.sub(r"(?m)^signature: .*\n", "", head), body


def prepare(rig, api):
    """(folder, body of the good answer, names of those that must not pass).
    The folder has each answer as the agent sends it, with white space, and
    by the name BYTES + NAME without any."""
    where = rig.where + "/answers"
    os.mkdir(where)
    good = answer(api, f"size={SIZE}")
    if compact(*good) == good:
        sys.exit("the agent's answer has no white space")
    bad = {f.__name__: f(*good) for f in (other_body, other_text,
                                          other_signature, no_signature)}
    # signed well, and by a key that nobody attested
    bad["other_signer"] = answer(api, f"size={SIZE},forged")
    for name, changed in {GOOD: good, **bad}.items():
        if changed == good and name != GOOD:
            sys.exit(f"{name} is not tampered with")
        write(where, name, *changed)
        write(where, BYTES + name, *compact(*changed))
    return where, good[1], list(bad)


def ask(port, path):
    c = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    c.request("POST", path, PROMPT, {"Content-Type": "application/json"})
    reply = c.getresponse()
    body = reply.read()
    c.close()
    return reply.status, body


def judge(name, port, path, body, bad):
    """It passes what is signed, and nothing else.  What hashes bytes alone
    has to refuse the agent's own answer too."""
    if path.endswith(BYTES):
        body = compact("", body)[1]
        status, got = ask(port, path[:-len(BYTES)] + GOOD)
        if status != 502:
            sys.exit(f"{name}: the agent's own answer gives {status}")
    status, got = ask(port, path + GOOD)
    if status != 200 or got != body:
        sys.exit(f"{name}: a good answer gives {status} {got[:300]}")
    for case in bad:
        status, got = ask(port, path + case)
        if status != 502 or body[200:] in got:
            sys.exit(f"{name}: {case} gives {status}: it does not verify")


# --- the others ------------------------------------------------------------


def lua_conf(up, address):
    return f"""
        lua_shared_dict bench 1m;
        init_by_lua_block {{
            ngx.shared.bench:set("known", "{address}")
            package.path = "{HERE}/?.lua;" .. package.path
            verify = require "verify"
        }}
        upstream u {{ server 127.0.0.1:{up}; keepalive 64;
                      keepalive_requests 100000000; }}
        proxy_http_version 1.1; proxy_set_header Connection "";
        client_body_buffer_size 64k;
        subrequest_output_buffer_size 64k;
        server {{ listen 127.0.0.1:PORT backlog=2048 reuseport;
          location /off/ {{ proxy_pass http://u; }}
          location /lua/ {{ content_by_lua_block {{ verify.gateway() }} }}
          location /lua/bytes/ {{
            content_by_lua_block {{ verify.bytes_only() }} }}
          location /up/ {{ internal; proxy_pass http://u/; }} }}"""


def start_lua(rig, up, address):
    for module in (LUA, NDK):
        if not os.path.exists(module):
            raise Missing("nginx's Lua module is not there: sh "
                          "bench/others/install.sh")
    port, pids = rig.nginx("lua", lua_conf(up, address),
                           f"load_module {NDK}; load_module {LUA}; ")
    rig.lua = port, pids
    return "Lua in nginx, FFI to libsecp256k1, libcrypto, nettle", port, \
        "/lua/", pids


def start_lua_bytes(rig, up, address):
    """The nginx of the other, which is measured by turns with it."""
    if not hasattr(rig, "lua"):
        raise Missing("that Lua is not there")
    port, pids = rig.lua
    return "that Lua by bytes alone, which refuses the agent's answers", \
        port, "/lua/bytes/" + BYTES, pids


def start_python(rig, up, address):
    python = "/usr/bin/python3"
    if not os.path.exists(python):
        python = sys.executable
    if subprocess.run([python, "-c", "import Cryptodome"], check=False,
                      stderr=subprocess.DEVNULL).returncode:
        raise Missing("python3-pycryptodome is not there: sh "
                      "bench/others/install.sh")
    port = free_port()
    process, seen = rig.start([python, HERE + "/proxy.py", str(port),
                               str(up), address], "ready")
    return " ".join(seen[-1][1:]), port, "/", [process.pid]


def start_node(kind):
    def start(rig, up, address):
        modules = BUILD + "/bench/node_modules"
        if not shutil.which("node") or not os.path.isdir(modules):
            raise Missing("node or its packages are not there: sh "
                          "bench/others/install.sh")
        port = free_port()
        process, seen = rig.start(
            ["node", HERE + "/proxy.mjs", kind, str(port), str(up), address],
            "ready", env={**os.environ, "BENCH_MODULES": modules})
        return " ".join(seen[-1][1:]), port, "/", [process.pid]
    return start


# how each is started, requests in a turn, and before all turns, since a
# compiler at work is not what is measured
EVERY = {"lua": (start_lua, 2500, 5000),
         "lua_bytes": (start_lua_bytes, 2500, 5000), "python": (start_python, 1000, 1000),
         "node_native": (start_node("native"), 1000, 6000),
         "node_ethers": (start_node("ethers"), 150, 600)}


def measure(page, names):
    page.part(f"A verified response of {SIZE} bytes by other means: CPU of "
              f"the gateway, {CONNECTIONS} connections")
    with Rig() as rig:
        api, address = rig.sim()
        where, body, bad = prepare(rig, api)
        up = rig.upstream(where)
        port, pids = rig.nginx("gateway", gateway(up, api), LOAD_MODULE)
        run = {"off": ("nginx, ioattest off", port, "/off/", pids),
               "ours": ("nginx with ioattest", port, "/on/", pids)}
        judge("ioattest", port, "/on/", body, bad)
        for name in names:
            try:
                run[name] = EVERY[name][0](rig, up, address)
            except Missing as missing:
                page.lacks(name, missing)
                continue
            judge(name, run[name][1], run[name][2], body, bad)
        page.say("Each of them passed the good answer, byte for byte as the "
                 f"agent sends it, and refused {len(bad)} tampered ones: "
                 f"{', '.join(bad)}." + (BYTES_ONLY if "lua_bytes" in run
                                         else ""))
        tell(page, run, turns(run), lambda: each(rig, {
            what: Job(run[name][1], run[name][3], run[name][2] + GOOD, 20000)
            for what, name in (("ioattest", "ours"), ("Lua", "lua"))}))


def turns(run):
    """(CPU, rate) of each turn, by name."""
    for name, (_, port, path, pids) in run.items():
        Load(port, path + GOOD, EVERY.get(name, (0, 0, 2500))[2], pids)
    rows = {name: [] for name in run}
    for i in range(ROUNDS):
        for name in list(run)[::1 if i % 2 else -1]:
            _, port, path, pids = run[name]
            leg = Load(port, path + GOOD, EVERY.get(name, (0, 2500))[1], pids)
            rows[name].append((leg.cpu, leg.rate))
    return rows


def tell(page, run, rows, rest):
    """REST finds out what a response is made of, ours and Lua's."""
    cpu = {name: [r[0] for r in rows[name]] for name in run}
    rate = {name: [r[1] for r in rows[name]] for name in run}
    for name, (what, *_) in run.items():
        page.figure(f"by_{name}", cpu[name], "us",
                    f"{what}: CPU of a response")
    for name, (what, *_) in run.items():
        page.figure(f"rate_{name}", rate[name], "1/s",
                    f"{what}: responses, one process")
    beside = {name: page.ratio(
        f"beside_{name}", cpu[name], cpu["ours"],
        f"{name.replace('_', ', ')}: its CPU of a response, divided by "
        "ioattest's") for name in run if name not in ("off", "ours")}
    if "lua" not in run:
        page.unmeasured("15 % more responses than that Lua",
                        "it was not measured beside it")
        return
    found = functools.lru_cache(rest)
    page.aim("responses a second, divided by that Lua's", page.ratio(
        "rate_over_lua", rate["ours"], rate["lua"],
        "ioattest's responses a second, divided by Lua's"),
        1.15, least=True, rest=found)
    page.aim("responses for a second of CPU, divided by that Lua's",
             beside["lua"], 1.15, least=True, rest=found)


def others(page):
    measure(page, list(EVERY))


def lua(page):
    measure(page, ["lua", "lua_bytes"])


def python(page):
    measure(page, ["python"])


def node(page):
    measure(page, ["node_native", "node_ethers"])
