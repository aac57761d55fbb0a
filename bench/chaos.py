#!/usr/bin/python3
"""Everything at once, and whether anything is wrong of what came through.

  chaos.py [--seconds 1200] [--seed N] [--only ROUND,...] [--lanes 2]
           [--clients 24] [--port N] [--nginx nginx] [--module FILE.so]
           [--keep DIR] [--lenient]
  chaos.py --self-test            the judge finds what it is to find

after make; make chaos.  Clients ask, and an API answers them truly or not, over
a fleet of machines that come, go, turn bad and renew their keys, while nginx is
reloaded, killed, upgraded and its clock is set.  Each client compares what
came with what was sent: doc/chaos.md says how, and what is counted.

Rounds, in turn until the time is over: answers, reloads, kills, clock, full,
upgrades, dark, outage, all; and steady at the end, for the memory.  Ends with the
counts, and with 1 where a bar is missed.
"""
import argparse
import collections
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, HERE + "/../t/lib/streams", HERE + "/../t/lib/sim"]

from chaos_fleet import LINGER, MODELS, OTHER, OTHER_DIGEST, SHARP, Fleet
from chaos_floors import TRACED, Record
from chaos_gateway import TIMEOUT, Gateway
from chaos_judge import OUTAGE
from chaos_kinds import KINDS
import storm_gateway
from storm_gateway import TOP, check

SETTLE = 60
TURNED = 15                     # s, of a reload or a kill
UPGRADED = 60                   # and of an upgrade
GROWTH = 3072                   # kB, of a worker in a round
WAITING = 8192                  # and where all clients may wait at once
# kB over all rounds, of a master, whose configuration is another each time, and
# of the zone
KEPT = 1024
# s, after which a worker is measured
WARM = 4
# of a worker in the last round, in which nothing happens: kB, twice what a young
# one has been seen to grow by, and bytes for each request that it had
STEADY, PER_REQUEST = 2048, 16
# s until a slot has to be free; it is after 2 * TIMEOUT anyway, and of a worker
# that was killed no sooner where nothing is attested in the background
SLOTS = TIMEOUT + 5
SLOTS_KILLED = 2 * TIMEOUT + 10

# round -> (seconds between, on average, of each thing that happens; what
# clients do; whether no worker is killed and no binary exchanged)
ROUNDS = {
    "answers": ({"renew": 8, "come": 12, "go": 12, "turn": 24,
                 "mend": 24, "lie": 5},
                {"leave": 0.0}, True),
    "reloads": ({"reload": 1.5, "policy": 7, "renew": 9, "come": 14,
                 "go": 14},
                {"leave": 0.03}, True),
    "kills": ({"kill": 2.5, "kill_in_lock": 4, "reload": 8, "renew": 12},
              {"leave": 0.03}, False),
    "clock": ({"clock": 1.5, "renew": 8, "turn": 25, "mend": 25, "lie": 6,
               "reload": 6},
              {"leave": 0.05}, True),
    "full": ({"renew": 10, "reload": 8},
             {"leave": 0.03, "locations": ["tiny", "own", "both"],
              "ids": 26}, True),
    "upgrades": ({"upgrade": 9, "reload": 6, "come": 18, "go": 18},
                 {"leave": 0.03}, False),
    "dark": ({"dark": 9, "come": 18, "go": 18, "reload": 9, "kill": 9},
             {"leave": 0.05}, False),
    "outage": ({"outage": 5}, {"leave": 0.03}, True),
    "all": ({"outage": 14, "kill": 5, "kill_in_lock": 9, "reload": 3,
             "policy": 11, "renew": 9, "come": 14, "go": 14, "turn": 28,
             "mend": 28, "lie": 7, "clock": 4, "upgrade": 25}, {"leave": 0.08}, False),
    # the last one, when all the others are over: nothing happens
    "steady": ({}, {"leave": 0.03}, True),
    # of chaos_check.py
    "check": ({}, {"leave": 0.0}, True),
}


class Chaos(Fleet):
    def __init__(self, args, where):
        super().__init__(args, where)
        self.args, self.where = args, where
        self.gateway = Gateway(args, where, self.sims[0].port,
                               self.sims[1].port,
                               [lane.port for lane in self.lanes], MODELS)
        self.record = Record(ROUNDS, args.seconds, args.share)
        self.totals, self.wrongs = collections.Counter(), collections.Counter()
        self.rows, self.slowest = [], 0
        self.cuts, self.broken = [], []
        self.found = []             # of all rounds, to be named at the end
        self.compared = collections.Counter()
        self.cut_by_kills = 0

    # --- nginx -------------------------------------------------------------

    # what has not happened says False, and is tried again before its round ends

    def reload(self):
        self.gateway.write()
        self.turned()
        self.gateway.reload()

    def turned(self, seconds=TURNED):
        """For so long workers that are to go close what they had kept."""
        now = time.monotonic()
        self.tell("turned", at=now, until=now + seconds)
        self.known()

    def policy(self):
        """The image of one machine is taken off the list, or put on it."""
        workers = self.gateway.workers()
        self.other = not self.other
        self.digests()
        if self.other:
            self.in_force()
        else:
            # as soon as the first worker has it
            self.world(OTHER, time.monotonic(), LINGER)
        self.reload()
        if not self.other:
            self.gateway.reloaded(workers)
            self.in_force()

    def in_force(self):
        # the zone may still have the trust of an earlier time with this policy
        self.policy_at = time.monotonic()
        self.world(OTHER, self.policy_at, LINGER if self.other else SHARP)

    def digests(self):
        self.gateway.digests = [self.digest] \
            + ([OTHER_DIGEST] if self.other else [])

    def kill(self):
        workers = self.gateway.workers()
        self.turned()
        return workers != [] and any(
            self.gateway.kill(self.rng.choice(workers)) for _ in range(30))

    def kill_in_lock(self):
        self.tell("emptied", at=time.monotonic())
        self.turned()
        killed = self.gateway.kill_in_lock(1.5)
        self.tell("emptied", at=time.monotonic())
        return killed

    def upgrade(self):
        self.tell("lost", at=time.monotonic())
        self.turned(UPGRADED)
        upgraded = self.gateway.upgrade()
        self.tell("found", at=time.monotonic() + 1)
        return bool(upgraded)

    def clock(self):
        self.gateway.step(self.rng.choice(
            [0, 1, -1, 60, -60, 3600, -3600, 5400, -5400]))

    # --- a round -----------------------------------------------------------

    def tracing(self):
        """Kills take the right to look at a process's sockets."""
        fd = os.pidfd_open(self.lanes[0].process.pid)
        got = storm_gateway.LIBC.syscall(storm_gateway.PIDFD_GETFD, fd, 0, 0)
        os.close(fd)
        if got >= 0:
            return os.close(got)
        self.record.traced = False
        if not self.args.lenient:
            sys.exit("kills take Linux 5.6 and the right to trace nginx: see "
                     "doc/chaos.md")
        print("  NOT DONE: kills, since nginx may not be traced here")
        for events, _, _ in ROUNDS.values():
            for name in TRACED:
                events.pop(name, None)

    def start(self):
        self.meet()
        self.digests()
        self.gateway.write()
        self.gateway.start()

    def round(self, name, seconds):
        events, clients, exact = ROUNDS[name]
        before = [lane.report(clear=True) for lane in self.lanes]
        self.gateway.write()
        self.gateway.reload()
        time.sleep(0.5)
        zones, seen, usage, met = self.gateway.zones(), {}, {}, 0
        pid = self.gateway.process.pid
        self.tell("go", share=self.args.share, lie=self.args.lie,
                  limit=self.args.limit, **clients)
        start = time.monotonic()
        self.turned()
        # each of them, however short the round is
        due = {e: start + min(self.rng.expovariate(1 / s),
                              self.rng.random() * seconds / 2)
               for e, s in events.items()}
        while (now := time.monotonic()) < start + seconds:
            for event, at in due.items():
                if at <= now:
                    due[event] = self.bring_about(
                        name, event, now, start + seconds)
            for row in [r for r in self.later if r[0] <= now]:
                self.later.remove(row)
                row[1]()
            if self.gateway.process.poll() is not None:
                sys.exit("nginx is gone")
            if self.measure(seen, usage, now - max(WARM, seconds / 3)):
                met = met or self.made()
            time.sleep(0.05)
        for row in self.later:
            row[1]()
        self.later = []
        grown = {p: kb - usage[p] for p, kb in self.rss().items()
                 if p in usage}
        if name == "steady":
            self.steady(grown, self.made() - met)
        self.tell("pause")
        self.gateway.write(calm=True)
        self.gateway.reload()
        return self.settle(name, seconds, before, zones, grown,
                           exact, pid == self.gateway.process.pid)

    def bring_about(self, name, event, now, end):
        """The time at which it is due again."""
        wait = self.rng.expovariate(1 / ROUNDS[name][0][event])
        if getattr(self, event)() is False:
            return now + min(wait, (end - now) / 3)
        self.record.happened[name, event] += 1
        self.note(event)
        return now + wait

    def note(self, event):
        with open(self.where + "/events", "a") as f:
            f.write(f"{time.monotonic():.2f} {event}, there "
                    f"{sorted(self.there)}, bad {self.bad}, other "
                    f"{self.other}, keys {list(self.generation.values())}\n")

    def measure(self, seen, usage, before):
        """What workers use that were there before that: one that has just
        begun grows by all that it is."""
        workers = self.gateway.workers()
        for pid in workers:
            seen.setdefault(pid, time.monotonic())
        old = [p for p in workers if p not in usage and seen[p] < before]
        usage |= {p: kb for p, kb in self.rss().items() if p in old} \
            if old else {}
        return old

    def rss(self):
        out = {}
        for pid in self.gateway.workers():
            try:
                with open(f"/proc/{pid}/statm") as f:
                    out[pid] = int(f.read().split()[1]) * 4
            except OSError:
                pass
        return out

    def made(self):
        reports = [lane.report() for lane in self.lanes]
        self.keep(reports)
        return sum(r["made"] for r in reports)

    @staticmethod
    def steady(grown, requests):
        """What a worker has kept of its share of so many requests."""
        most = max(grown.values(), default=-1)
        allowed = STEADY + requests * PER_REQUEST // 2048
        check("a worker grew, while nothing happened, kB", most,
              f"at most {allowed}, {requests} requests",
              len(grown) >= 2 and most <= allowed)

    def drained(self):
        start, shown = time.monotonic(), False
        self.unused, quiet = 0, start
        while time.monotonic() < start + self.args.limit + 10:
            reports = [lane.report() for lane in self.lanes]
            self.keep(reports)
            if not any(r["busy"] for r in reports):
                break
            if self.asked():
                quiet = time.monotonic()
            elif time.monotonic() > quiet + SLOTS:
                # the waiting could have them
                self.unused = max(self.unused, sum(self.busy()))
            if time.monotonic() > start + 30 and not shown:
                shown = True
                for r in reports:
                    for line in r["open"]:
                        print("    has no answer yet:", line, flush=True)
                if self.args.cores:
                    for pid in self.gateway.everyone():
                        subprocess.run(["gcore", "-o", self.where + "/core",
                                        str(pid)], stdout=subprocess.DEVNULL)
            time.sleep(0.2)
        return reports

    def keep(self, reports):
        """Of reports, what is given once."""
        for r in reports:
            self.cuts += r["lost"]
            self.broken += r["broken"]

    def settle(self, name, seconds, before, zones, grown, exact, same):
        """What is left of a round, and whether it adds up."""
        reports = self.drained()
        print(f" {name}", flush=True)
        asked = sum(r["made"] for r in reports) \
            - sum(r["made"] for r in before)
        tally = collections.Counter()
        for r, b in zip(reports, before):
            tally += collections.Counter(r["tally"]) \
                - collections.Counter(b["tally"])
        self.row(seconds, asked, tally, reports, before)
        self.met(name, asked, tally, reports, before, zones)
        self.killed_only()
        self.idle(exact)
        self.counters(tally, reports, before, zones, same)
        self.memory(name, grown)
        if name == "outage":
            self.unhurt(zones)
        self.heal()
        if not self.other:
            self.other = True
            self.digests()
            self.in_force()
        return tally

    def row(self, seconds, asked, tally, reports, before):
        slow = max(r["slowest"] for r in reports)
        self.slowest = max(self.slowest, slow)
        self.wrongs = collections.Counter()
        for r, b in zip(reports, before):
            self.wrongs += collections.Counter(r["wrongs"]) \
                - collections.Counter(b["wrongs"])
        print(f"  {asked} requests, {asked / seconds:.0f} a second, slowest "
              f"{slow:.1f} s: " + ", ".join(
                  f"{k} {n}" for k, n in sorted(tally.items())), flush=True)
        self.totals += tally
        check("requests in a row of these", sum(tally.values()), asked)
        check("found wrong", sum(self.wrongs.values()), 0)
        for what, n in sorted(self.wrongs.items()):
            print(f"    {n} {what}")
        for line in self.broken[:20]:
            print("   ", line)
        self.found += self.broken[:20]
        errors = sum(r["errors"] for r in reports) \
            - sum(r["errors"] for r in before)
        check("faults of the bench itself", errors, 0)
        check("requests that never ended", sum(r["busy"] for r in reports), 0)

    def met(self, name, asked, tally, reports, before, zones):
        """What of it the floors are held to."""
        record = self.record
        for r, b in zip(reports, before):
            for what in "specs", "places", "drawn", "void":
                getattr(record, what).update(
                    collections.Counter(r[what])
                    - collections.Counter(b[what]))
        now = self.gateway.zones()
        record.ran[name].update({
            "requests": asked, "delivered": tally["delivered"],
            "tampered": tally["tampered, refused"], "left": tally["left"],
            "outage": tally[OUTAGE],
            "halves": sum(r["halves"] - b["halves"]
                          for r, b in zip(reports, before)),
            "evictions": sum(max(0, now[z]["evictions"] - zones[z]["evictions"])
                             for z in zones)})

    def killed_only(self):
        """Whose answer was cut, was the client of a killed worker."""
        peers = collections.defaultdict(list)
        for port, at in self.gateway.peers:
            peers[port].append(at)
        self.gateway.peers = []
        others = [row for row in self.cuts
                  if not any(abs(row[1] - at) < 5 for at in peers[row[0]])]
        check("cut, though no worker of theirs was killed", len(others), 0)
        for row in others[:5]:
            print("   ", row)
        self.cut_by_kills += len(self.cuts) - len(others)
        self.cuts, self.broken = [], []

    def asked(self):
        """Attestations that the API is asked for now."""
        return sum(s.ask("flights")["in_flight"] for s in self.sims)

    def busy(self):
        """Slots and leases that are taken."""
        zones = self.gateway.zones().values()
        return [sum(m.get("in_flight", 0) for z in zones
                    for m in z["models"]), sum(z["leases"] for z in zones)]

    def given_back(self, seconds):
        """Slots and leases, once nothing is asked of the API any more."""
        quiet = time.monotonic()
        while self.busy() != [0, 0] and time.monotonic() < quiet + seconds:
            if self.asked():
                quiet = time.monotonic()
            time.sleep(0.3)
        check("attestations in flight, leases", self.busy(), [0, 0])

    def idle(self, exact):
        """Two workers, nothing in flight, nobody in stub_status."""
        gateway = self.gateway
        start = time.monotonic()

        # those of a killed worker are nobody's until their time is over
        if exact:
            check("slots that nobody used, while some waited", self.unused, 0)
        self.given_back(SLOTS if exact else SLOTS_KILLED)
        check("masters before this one", gateway.ended(), True)
        while time.monotonic() < start + SETTLE:
            nginx_counts = gateway.connections()
            idle = nginx_counts["Active"] - gateway.left["active"]
            if len(gateway.workers()) == 2 and idle == 1:
                break
            time.sleep(0.3)
        check("workers", len(gateway.workers()), 2)
        check("stub_status, Active", idle, 1)
        if not gateway.left["active"]:
            got = [nginx_counts[name]
                   for name in ("Reading", "Writing", "Waiting")]
            check("stub_status, Reading Writing Waiting", got, [0, 1, 0])

    def counters(self, tally, reports, before, zones, same):
        """The status against what clients saw, where it has seen all of it."""
        now = self.gateway.zones()
        emptied = [n for n in now if now[n]["resets"] != zones[n]["resets"]]
        why = "a new binary counts from 0" if not same else \
            f"zone {', '.join(emptied)} was emptied" if emptied else ""
        self.compared[not why] += 1
        if why:
            print(f"    counters are not compared: {why}", flush=True)
        else:
            self.adds_up(tally, reports, before, zones, now)

    def unhurt(self, before):
        """An API that is down says nothing of its machines."""
        now = self.gateway.zones()
        for zone in now:
            was, refused = [sum(z[zone]["attestations"]["rejected"].values())
                            for z in (before, now)]
            check(f"attestations refused in {zone}", refused - was, 0)
            check(f"models that fail in {zone}", [
                m["model"] for m in now[zone]["models"] if m["failing"]], [])
            check(f"machines that are refused in {zone}", sum(
                m["refused"] is not None for m in now[zone]["machines"]), 0)

    @staticmethod
    def adds_up(tally, reports, before, zones, now):
        def grown(*path):
            total = 0
            for part, sign in ((now, 1), (zones, -1)):
                for zone in part.values():
                    for step in path:
                        zone = zone.get(step, 0) if zone else 0
                    total += sign * zone
            return total
        unknown = tally["left"] + tally["cut"] + tally["dry, other"] \
            + tally["either refused"] + tally["cut, either"]
        seen = tally["delivered"] + tally["dry, good"]
        got = grown("responses", "verified")
        check("verified, in the status", got,
              f"{seen} to {seen + unknown}", seen <= got <= seen + unknown)
        codes = collections.Counter()
        for r, b in zip(reports, before):
            codes += collections.Counter(r["codes"]) \
                - collections.Counter(b["codes"])
        wrong = []
        names = {*codes, *now["io"]["responses"]["rejected"]}
        for name in sorted(names):
            n = grown("responses", "rejected", name)
            if not codes[name] <= n <= codes[name] + unknown:
                wrong.append(f"{name}: {n}, seen {codes[name]}")
        check("reasons in the status that do not add up", len(wrong), 0)
        for line in wrong:
            print("   ", line)
        storm_gateway.missed += wrong
        if not unknown:
            print("    (exactly: no client left)")
        # nginx's own are errors without a signature as well
        n, seen = grown("responses", "unsigned"), sum(tally[row] for row in (
            "errors passed", "no answer", "no answer, and not asked", OUTAGE))
        check("unsigned, in the status", n, f"{seen} to {seen + unknown}",
              seen <= n <= seen + unknown)

    def memory(self, name, grown):
        zones = self.gateway.zones()
        zone, tiny = zones["io"], zones["tiny"]
        with open(f"/proc/{self.gateway.process.pid}/statm") as f:
            master = int(f.read().split()[1]) * 4
        rss = self.rss()
        print(f"    kB: master {master}, workers {sorted(rss.values())}, "
              f"zone {zone['used'] >> 10}, tiny {tiny['used'] >> 10} "
              f"of {len(tiny['machines'])} machines, evictions "
              f"{zone['evictions']} and {tiny['evictions']}, resets "
              f"{zone['resets']}" + (f", workers grew by {sorted(grown.values())}"
                 if grown else ""), flush=True)
        self.rows.append({"name": name, "master": master,
                          "pid": self.gateway.process.pid,
                          "zone": zone["used"] >> 10,
                          "grown": max(grown.values(), default=0)})

    def flat(self):
        """Whether memory is what it was: of workers that nothing has replaced,
        of masters, and of the zone that each has."""
        for names, bar in ({"dark", "all"}, WAITING), \
                (ROUNDS.keys() - {"dark", "all"}, GROWTH):
            grown = max((row["grown"] for row in self.rows
                         if row["name"] in names), default=0)
            check("a worker grew, in a round" + (
                ", dark or all, kB" if bar == WAITING else ", kB"), grown,
                f"at most {bar}", grown <= bar)
        for what in "master", "zone":
            # an upgraded binary begins anew
            of = collections.defaultdict(list)
            for row in self.rows:
                of[row["pid"]].append(row[what])
            by = max(rows[-1] - rows[0] for rows in of.values())
            check(f"{what} grew, in {max(map(len, of.values()))} rounds, kB",
                  by, f"at most {KEPT}", by <= KEPT)

    # --- all of it ---------------------------------------------------------

    def run(self):
        args = self.args
        self.about = about(args)
        print(f" seed {args.seed}, {self.about}", flush=True)
        self.tracing()
        self.start()
        names = args.only or [n for n in ROUNDS
                              if n not in ("steady", "check")]
        begun = time.monotonic()
        # a tenth is the last round's
        seconds = 0.9 * args.seconds
        turns = max(1, round(seconds / (len(names) * 70)))
        each = seconds / (turns * len(names))
        for _ in range(turns):
            for name in names:
                self.round(name, max(2, each - min(6, each / 4)))
        self.round("steady", min(120, max(10, args.seconds / 10)))
        return self.end(time.monotonic() - begun)

    def end(self, seconds):
        print(f" in all, {seconds:.0f} s, seed {self.seed}: {self.about}")
        for key, n in sorted(self.totals.items(), key=lambda row: -row[1]):
            print(f"  {key:44} {n:>10}")
        record = self.record
        check("requests, all of which are in these rows",
              sum(self.totals.values()), record.requests())
        print(f"  {'of those cut, by a kill':44} {self.cut_by_kills:>10}")
        print("  happened:", ", ".join(
            f"{e} {record.of(e)}"
            for e in sorted({e for _, e in record.happened})))
        print(f"  kinds of answers {len(record.specs)} of {len(KINDS)}, "
              f"slowest request {self.slowest:.1f} s, workers killed "
              f"{len(self.gateway.killed)}, of them in the lock "
              f"{self.gateway.in_lock}")
        print(f"  rounds whose counters were compared {self.compared[True]}, "
              f"not {self.compared[False]}")
        self.flat()
        self.given_back(SLOTS_KILLED)
        check("quit, s", round(self.gateway.stop(), 1), "below 20",
              self.gateway.process.returncode == 0)
        self.gateway.judge()
        for part in self.lanes + self.sims:
            part.stop()
        self.floors()
        failed = storm_gateway.failed
        for line in self.found + storm_gateway.missed:
            print(f"  missed: {line}")
        for line in self.slow:
            print(f"  missed, and not the gateway's: {line}")
        print(f" {failed} missed" if failed else " all held")
        return failed

    def floors(self):
        """Whether all of it happened."""
        record, gateway = self.record, self.gateway
        record.killed, record.in_lock = len(gateway.killed), gateway.in_lock
        record.reloads, record.upgrades = gateway.reloads, gateway.upgrades
        record.leaps, record.hold = gateway.leaps, bool(gateway.hold)
        record.told = self.args.level in ("debug", "info", "notice")
        record.log = gateway.said()
        for line in record.left_out():
            print(f"  not demanded: {line}")
        missed = record.missed()
        self.slow = list(filter(None, [record.few()]))
        for row in ("delivered", "tampered, refused"):
            check(f"{row}: some", self.totals[row] > 0, True)
        if missed and self.args.lenient:
            self.slow += missed
            return
        check(f"of {sum(1 for _ in record.floors())} that had to happen, "
              "did not", len(missed), 0)
        storm_gateway.missed += missed


def about(args):
    """What was under test: ioattest, its commit, nginx, OpenSSL."""
    with open(TOP + "/src/core/attest/ioattest.h") as f:
        version = re.search(r'IOA_VERSION\s+"([^"]+)"', f.read())[1]
    try:
        commit = subprocess.run(
            ["git", "-C", TOP, "describe", "--always", "--dirty"],
            capture_output=True, text=True).stdout.strip()
    except OSError:
        commit = ""
    built = subprocess.run([args.nginx, "-V"], capture_output=True,
                           text=True).stderr
    nginx = re.search(r"nginx/\S+", built)[0]
    openssl = re.search(r"running with (OpenSSL [^ )]+)", built) \
        or re.search(r"built with (\S+ \S+)", built)
    return ", ".join((f"ioattest {version}", f"commit {commit or 'unknown'}",
                      nginx, openssl[1] if openssl else "no OpenSSL"))


def free_port():
    """One that is free, with the next, below those that clients are given."""
    first = 31000 + os.getpid() % 800 * 2
    for port in range(first, first + 100, 2):
        try:
            for n in port, port + 1:
                with socket.socket() as s:
                    s.bind(("127.0.0.1", n))
            return port
        except OSError:
            pass
    sys.exit(f"no port is free from {first} on")


def arguments():
    p = argparse.ArgumentParser(usage=__doc__)
    p.add_argument("--seconds", type=float, default=1200)
    p.add_argument("--seed", type=int, default=int(time.time()))
    p.add_argument("--only", type=lambda t: t.split(","))
    p.add_argument("--lanes", type=int, default=2)
    p.add_argument("--clients", type=int, default=24, help="of a lane")
    p.add_argument("--pause", type=float, default=0,
                   help="s between a client's requests, at most")
    p.add_argument("--share", type=float, default=0.4,
                   help="of answers that are not plain")
    p.add_argument("--port", type=int, help="and the next one")
    p.add_argument("--level", default="notice")
    p.add_argument("--nginx", default=shutil.which(
        "nginx", path=os.environ["PATH"] + ":/usr/sbin") or "nginx")
    p.add_argument("--module",
                   default=TOP + "/build/ngx_http_ioattest_module.so")
    p.add_argument("--limit", type=float, default=90,
                   help="s after which a request is stuck")
    p.add_argument("--keep", help="a new directory, which stays")
    p.add_argument("--cores", action="store_true",
                   help="gcore of all workers where a request hangs")
    p.add_argument("--lenient", action="store_true",
                   help="no kills where nginx may not be traced, and nothing "
                        "counts that did not happen")
    p.add_argument("--self-test", action="store_true")
    args = p.parse_args()
    args.port = args.port or free_port()
    args.off, args.lie = False, ""
    return args


def main():
    args = arguments()
    where = args.keep or tempfile.mkdtemp(prefix="ioattest-chaos-")
    if args.keep:
        os.mkdir(where)
    os.chmod(where, 0o755)
    if args.self_test:
        import chaos_check
        failed = chaos_check.main(args, where, Chaos, ROUNDS)
        shutil.rmtree(where)
        sys.exit(bool(failed))
    failed = Chaos(args, where).run()
    if failed or args.keep:
        print(f" what nginx said is in {where}")
    else:
        shutil.rmtree(where)
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
