#!/usr/bin/python3
"""A gateway in front of many machines, at full scale: who is refused, who
waits, how many attestations it takes.

  fleet.py [--faster N] [--parallel K] [--lives N] [--turns N]
           [--rates R,R] [NAME ...]                             after make

  cold      20 machines, 2 s an attestation, 12 requests a second: cold start,
            then new keys on all machines
  bad       1 bad of 4, 1 of 8, 2 of 4: whose answers are refused, and that
            the search ends
  steady    8 machines, 1 s, ioattest_valid 20 s: who waits, and who does
            after a quiet time
  replace   the same, one machine after the other gets new keys: how often one
            is known before the first client has its answer
  cost      attestations a minute for 1, 8 and 20 machines, ioattest_valid 60 s
            and 200 ms an attestation, which is a tenth of 600 s and 2 s
  liar      a machine that names the others' addresses, a reload with another
            policy in the middle

Without names: all.  Times are divided by N, so that one can see sooner what
comes out (20 at most); what is measured are counts and shares.  cost takes as
many lives of a proof as --lives says (6), replace as many machines as --turns
says (20) at each of --rates requests a second (0.1,0.2,12).  Beside each number
stands what it should be.
"""
import argparse
import json
import math
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

from rig import MODULE, TOP, free_port

sys.path.insert(0, TOP + "/t/lib")
import load  # noqa: E402

MODEL = "meta-llama/Llama-3.3-70B-Instruct"
OTHER_DIGEST = "sha256:" + "ab" * 32
FAST = 1.0
PARALLEL = None
LIVES = 6
TURNS, RATES = 20, "0.1,0.2,12"
UNSURE = "unsure"
failed = unsure = 0


def say(what, value, bar=None, good=True):
    """GOOD: whether it is as it should be, or UNSURE."""
    global failed, unsure
    failed += not good
    unsure += good == UNSURE
    print(f"  {what:46} {value!s:>12}" + (f"   {bar}" if bar else "")
          + ("   UNSURE" if good == UNSURE else "" if good else "   MISSED"),
          flush=True)


def whole(seconds):
    return max(1, round(seconds / FAST))


def ms(seconds):
    return max(1, int(seconds * 1000 / FAST))


class Sim:
    def __init__(self, machines):
        self.process = subprocess.Popen(
            [sys.executable, TOP + "/t/lib/sim/sim.py", "--port", "0",
             "--machines", str(machines), "--lifetime", "7200"],
            stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            words = line.split()
            if words[0] == "ready":
                self.port = int(words[1])
                break
        about = self.ask("machines")
        self.digest = about["machines"][0]["image_digest"]

    def ask(self, name, value=None):
        data = None if value is None else json.dumps(value).encode()
        with urllib.request.urlopen(
                f"http://127.0.0.1:{self.port}/_sim/{name}", data) as reply:
            return json.load(reply)

    def set(self, **values):
        self.ask("set", values)

    def draws(self):
        return self.ask("stats")["attestations"]["total"]

    def name(self, rows):
        """Which machine answered each row, or None."""
        by = {a[0]: a[1] for a in self.ask("answers")}
        for row in rows:
            row["machine"] = by.get(row["prompt"])
        return rows

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Gateway:
    def __init__(self, sim, *directives):
        self.sim, self.port = sim, free_port()
        self.where = tempfile.mkdtemp(prefix="ioattest-fleet-")
        self.configure(*directives)
        self.process = subprocess.Popen(self.command)
        for _ in range(100):
            time.sleep(0.05)
            try:
                return self.status() and None
            except OSError:
                pass
        sys.exit("nginx does not start")

    @property
    def command(self):
        return ["nginx", "-e", self.where + "/error.log", "-p", self.where,
                "-c", self.where + "/nginx.conf"]

    def configure(self, *directives):
        temps = "".join(f"{t}_temp_path {self.where}/{t};" for t in (
            "client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        more = "".join(d + ";" for d in directives)
        if PARALLEL and "ioattest_parallel" not in more:
            more += f"ioattest_parallel {PARALLEL};"
        user = "user root;" if os.getuid() == 0 else ""
        api = f"server 127.0.0.1:{self.sim.port};"
        with open(self.where + "/nginx.conf", "w") as f:
            f.write(f"""load_module {MODULE}; daemon off; {user}
worker_processes 2; pid {self.where}/pid; error_log {self.where}/error.log info;
events {{ worker_connections 1024; }}
http {{
    access_log off; {temps}
    ioattest_zone io:8m; ioattest_ssl_verify off;
    upstream api {{ {api} keepalive 64; }} upstream attest {{ {api} }}
    proxy_http_version 1.1; proxy_set_header Connection "";
    ioattest_cpu off; ioattest_gpu off;
    ioattest_authorization "Bearer gateway";
    ioattest_request /a; ioattest_models /m; {more}
    add_header X-Wait $ioattest_wait always;
    server {{
        listen 127.0.0.1:{self.port} backlog=1024;
        location /v1/private/ {{ ioattest zone=io;
            proxy_pass http://api/v1/private/; }}
        location = /a {{ internal;
            proxy_pass http://attest/v1/private/attestation; }}
        location = /m {{ internal; proxy_pass http://attest/v1/models; }}
        location = /status {{ ioattest_status json; }}
    }}
}}""")

    def reload(self):
        self.process.send_signal(signal.SIGHUP)

    def status(self):
        with urllib.request.urlopen(
                f"http://127.0.0.1:{self.port}/status") as reply:
            return json.load(reply)

    def models(self):
        return [m for m in self.status()["zones"][0]["models"]
                if m["model"] == MODEL]

    def settled(self, known, seconds):
        """Seconds until so many are known and no search goes on, or None;
        self.met: until so many were known."""
        start = time.monotonic()
        self.met = None
        while time.monotonic() - start < seconds / FAST:
            for m in self.models():
                if m.get("known") != known:
                    continue
                self.met = self.met or time.monotonic() - start
                if m.get("census") != "search":
                    return time.monotonic() - start
            time.sleep(0.05)
        return None

    def stop(self):
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait()
        with open(self.where + "/error.log") as f:
            alarms = re.findall(r"^.*\[(?:alert|crit|emerg)\].*$", f.read(),
                                re.M)
        say("alarms in the log", len(alarms), "0", not alarms)
        for line in alarms[:3]:
            print("   ", line)
        shutil.rmtree(self.where)


class Load(threading.Thread):
    """Runs beside what else is done; rows() waits for it."""

    def __init__(self, gateway, **given):
        super().__init__(daemon=True)
        given["port"] = gateway.port
        given["prompt"] = f"n{time.monotonic_ns()}"
        self.given, self.got = given, None
        self.start()

    def run(self):
        self.got = load.run(**self.given)

    def rows(self):
        self.join()
        return self.got


def waited(rows):
    return [r for r in rows if (r["wait"] or 0) > 0]


def refused(rows):
    return [r for r in rows if r["status"] != 200]


def share(part, rows):
    return f"{len(part)}/{len(rows)}"


def judge(rows):
    bad = refused(rows)
    say("refused", share(bad, rows), "0", not bad)
    for row in bad[:3]:
        print(f"    {row['status']} {row['reason']} {row['error']}, "
              f"{row['ms']:.0f} ms")
    say("waited", share(waited(rows), rows))
    longest = max([r["wait"] or 0 for r in rows], default=0) * FAST
    say("longest wait, s", f"{longest:.1f}", "below 45", longest < 45)


def ended(gateway, seconds):
    met = gateway.met
    say("all known after, s", met and f"{met * FAST:.1f}", None,
        met is not None)
    say("search ended after, s", seconds and f"{seconds * FAST:.1f}", None,
        seconds is not None)


# --- what is measured ------------------------------------------------------


def cold():
    sim = Sim(20)
    sim.set(balance="random", attest_delay_ms=ms(2))
    gateway = Gateway(sim)
    for when, generation, known in (("cold", 0, 20), ("new keys", 1, 40)):
        print(f" 20 machines, 2 s, 12 requests a second: {when}")
        sim.ask("reset", {"what": "stats"})
        sim.set(generation=generation)
        before = Load(gateway, rate=12, seconds=60 / FAST)
        settled = gateway.settled(known, 180)
        judge(before.rows())
        ended(gateway, settled)
        draws = sim.draws()
        say("attestations", draws, f"at most {16 * known + 64}",
            draws <= 16 * known + 72)
    gateway.stop()
    sim.stop()


def bad():
    for machines, wrong in ((4, [3]), (8, [5]), (4, [1, 3])):
        sim = Sim(machines)
        print(f" {len(wrong)} bad of {machines}, 1 s, 12 requests a second")
        sim.set(balance="random", attest_delay_ms=ms(1),
                attest_of={str(n): "digest_other" for n in wrong})
        gateway = Gateway(sim, f"ioattest_image_digest {sim.digest}")
        beside = Load(gateway, rate=12, seconds=60 / FAST)
        settled = gateway.settled(machines - len(wrong), 60)
        rows = sim.name(beside.rows())
        judge([r for r in rows if r["machine"] not in wrong])
        lies = [r for r in rows if r["machine"] in wrong]
        passed = [r for r in lies if r["status"] == 200]
        say("passed, of the bad", share(passed, lies), "0", not passed)
        own = [r for r in lies if r["reason"] == "image_digest_mismatch"]
        say("refused by their own reason", share(own, lies), "all",
            len(own) == len(lies))
        ended(gateway, settled)
        say("attestations", sim.draws())
        gateway.stop()
        sim.stop()


def steady():
    sim = Sim(8)
    sim.set(balance="random", attest_delay_ms=ms(1))
    gateway = Gateway(sim, f"ioattest_valid {whole(20)}s")
    print(" 8 machines, 1 s, ioattest_valid 20 s, 12 requests a second")
    judge(Load(gateway, rate=12, seconds=20 / FAST).rows())
    say("settled", gateway.settled(8, 60) is not None)
    sim.ask("reset", {"what": "stats"})
    rows = Load(gateway, rate=12 * FAST, seconds=240 / FAST).rows()
    judge(rows)
    part = 100 * len(waited(rows)) / len(rows)
    say("waited, steady, %", f"{part:.3f}", "at most 0.1", part <= 0.1)
    say("attestations in a life", round(sim.draws() / 12, 1),
        "29 by the table")
    time.sleep(30 / FAST)
    rows = Load(gateway, rate=0, count=100).rows()
    say("waited after a quiet time", share(waited(rows), rows), "0",
        not waited(rows))
    say("refused after a quiet time", share(refused(rows), rows), "0",
        not refused(rows))
    gateway.stop()
    sim.stop()


def enough(known, turns, share):
    """Whether so few of so many are to be expected, one time in 20 or more,
    where each is known with this probability."""
    return sum(math.comb(turns, n) * share ** n * (1 - share) ** (turns - n)
               for n in range(known + 1)) >= 0.05


def in_time(known, turns):
    """Whether nine of ten were known: UNSURE where they were not and so few
    tell nothing."""
    if turns and 10 * known >= 9 * turns:
        return True
    return UNSURE if enough(known, turns, 0.9) else False


def replace_at(rate, out):
    sim = Sim(8)
    sim.set(balance="random", attest_delay_ms=ms(1))
    gateway = Gateway(sim, f"ioattest_valid {whole(20)}s")
    Load(gateway, rate=12, seconds=10 / FAST).rows()
    known = turns = 0
    bad, every, generation = [], [], {}
    for turn in range(TURNS):
        generation[str(turn % 8)] = f"{rate} {turn}"
        sim.set(generation=generation)
        # it comes at any moment between two requests
        time.sleep(random.random() / rate / FAST)
        rows = sim.name(Load(gateway, rate=rate * FAST,
                             seconds=60 / FAST).rows())
        first = [r for r in rows if r["machine"] == turn % 8]
        if first:
            turns += 1
            known += not waited(first)
        bad += refused(rows)
        every += rows
    out.append((rate, known, turns, share(bad, every), not bad))
    gateway.stop()
    sim.stop()


def replace():
    """All rates at once, each with a gateway and machines of its own."""
    out = []
    together(replace_at, [(float(rate), out) for rate in RATES.split(",")])
    for rate, known, turns, part, good in sorted(out):
        print(f" a machine replaced every minute, {rate:g} requests a second")
        say("refused", part, "0", good)
        # where clients ask ten times as often as a search may, they meet it first
        say("known before its first answer", f"{known}/{turns}",
            "9 of 10, as far as so few tell" if rate < 1 else None,
            rate >= 1 or in_time(known, turns))


def together(function, given):
    threads = [threading.Thread(target=function, args=args) for args in given]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(given[0][-1]) != len(given):
        sys.exit("what was measured at once is not all there")


def cost_of(machines, table, out):
    sim = Sim(machines)
    sim.set(balance="random", attest_delay_ms=ms(0.2))
    gateway = Gateway(sim, f"ioattest_valid {whole(60)}s",
                      f"ioattest_parallel {PARALLEL or 2}")
    Load(gateway, rate=10, seconds=4).rows()
    gateway.settled(machines, 60)
    time.sleep(60 / FAST)
    sim.ask("reset", {"what": "stats"})
    rows = Load(gateway, rate=2 * FAST, seconds=60 * LIVES / FAST).rows()
    out.append((machines, table, sim.draws() / LIVES, rows))
    gateway.stop()
    sim.stop()


def cost():
    print(f" chase, R = T/4, T = 60 s, L = 0.2 s, {LIVES} lives")
    out = []
    together(cost_of, [(1, 3, out), (8, 29, out), (20, 92, out)])
    for machines, table, draws, rows in sorted(out):
        # one machine needs 1 in T - R; the table has two in flight
        good = draws <= 1.2 * table and (machines == 1
                                         or draws >= 0.8 * table)
        say(f"M = {machines}: attestations a minute", f"{draws:.1f}",
            f"{table} by the table", good)
        say("  waited", share(waited(rows), rows), "at most 0.1 %",
            len(waited(rows)) <= max(1, len(rows) / 1000))


def liar():
    sim = Sim(4)
    sim.set(balance="random", attest_delay_ms=ms(1),
            attest_of={"3": "digest_other,address_any"})
    gateway = Gateway(sim, f"ioattest_image_digest {sim.digest}")
    print(" a liar among 4, a reload with another policy after 30 s")
    beside = Load(gateway, rate=12, seconds=60 / FAST)
    time.sleep(30 / FAST)
    gateway.configure(f"ioattest_image_digest {sim.digest} {OTHER_DIGEST}")
    gateway.reload()
    rows = sim.name(beside.rows())
    judge([r for r in rows if r["machine"] != 3])
    passed = [r for r in rows if r["machine"] == 3 and r["status"] == 200]
    say("passed, of the liar", len(passed), "0", not passed)
    gateway.stop()
    sim.stop()


def main():
    global FAST, PARALLEL, LIVES, TURNS, RATES
    every = {f.__name__: f for f in (cold, bad, steady, replace, cost, liar)}
    p = argparse.ArgumentParser(usage=__doc__)
    p.add_argument("--faster", type=float, default=1)
    p.add_argument("--parallel", type=int)
    p.add_argument("--lives", type=int, default=6)
    p.add_argument("--turns", type=int, default=TURNS)
    p.add_argument("--rates", default=RATES)
    p.add_argument("names", nargs="*", choices=[[], *every])
    given = p.parse_args()
    FAST, PARALLEL, LIVES = min(given.faster, 20), given.parallel, given.lives
    TURNS, RATES = given.turns, given.rates
    for name in given.names or every:
        print(name, flush=True)
        every[name]()
    print(f"{failed} missed, {unsure} unsure")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
