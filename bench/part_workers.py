"""One worker and two: requests a second, and whether they hinder each other."""
import functools
import os
import subprocess
import sys

from rig import BUILD, LOAD_MODULE, TOP, Load, Rig, answers, cpu, gateway
from samples import Job, difference

CONNS = 64
COUNT = 4000
ROUNDS = 15


def workers(page):
    page.part(f"One worker and two: JSON of 2 KB, verified, {CONNS} "
              "connections")
    with Rig() as rig:
        api, _ = rig.sim()
        up = rig.upstream(answers(rig, api, {
            "json": ("size=2048", False, None)}))
        run = {n: rig.nginx(f"workers{n}", gateway(up, api), LOAD_MODULE, n)
               for n in (1, 2)}
        rows = {1: [], 2: []}
        shares = []
        for i in range(-1, ROUNDS):
            for n in (1, 2) if i % 2 else (2, 1):
                port, pids = run[n]
                before = [cpu(p) for p in pids]
                leg = Load(port, "/on/json", COUNT, pids, CONNS)
                if i < 0:
                    continue
                rows[n].append((leg.rate, leg.cpu))
                if n == 2:
                    used = [cpu(p) - b for p, b in zip(pids, before)]
                    shares.append(min(used) / sum(used))
        tell(page, rows, shares, lambda: difference(rig, *(
            Job(*run[n], "/on/json", 5 * COUNT, CONNS) for n in (1, 2))))


def held(page):
    """By the module that make lockcheck has built."""
    module = BUILD + "/lockcheck/good.so"
    aim = "no zone's lock is held over anything but look-ups"
    if not os.path.exists(module):
        page.unmeasured(aim, "make lockcheck first")
        return
    said = subprocess.run([sys.executable, TOP + "/scripts/held.py", module],
                          stdout=subprocess.PIPE, text=True, check=False)
    found = said.stdout.splitlines()
    if said.returncode != (1 if found else 0):
        sys.exit("scripts/held.py failed")
    page.aim(aim, len(found), 0, unit="other calls", rest="; ".join(found))
    page.say("What is called with a zone's lock was read from the code by "
             "scripts/held.py, which also says what is called for a reason. "
             "The audit log has a lock of its own, held while a line is "
             "written.")


def tell(page, rows, shares, rest):
    """REST finds out what a response takes more of by two workers."""
    found = functools.lru_cache(rest)
    for n in (1, 2):
        page.figure(f"workers_{n}_rate", [r[0] for r in rows[n]],
                    "1/s", f"workers: {n}, responses")
        page.figure(f"workers_{n}_cpu", [r[1] for r in rows[n]], "us",
                    f"workers: {n}, CPU of a response, of all workers")
    page.aim("two workers beside one, by responses a second", page.ratio(
        "workers_rate", *([r[0] for r in rows[n]] for n in (2, 1)),
        "two workers' responses a second, divided by one's"),
        1.9, least=True, rest=lambda: f"{crowded()}; {found()}")
    page.figure("workers_share", [100 * share for share in shares], "%",
                "of two workers, the share of the one that does less")
    page.aim("two workers beside one, by CPU time", page.ratio(
        "workers_x", [2 * r[1] for r in rows[1]], [r[1] for r in rows[2]],
        "twice one worker's CPU of a response, divided by two workers'"),
        1.9, least=True, rest=found)
    held(page)
    page.say(f"{crowded()}, so that the rate of two workers is less than they "
             "could do where they have processors to themselves. The CPU time "
             "of a response has less of that: it is twice that of one worker "
             "where both wait for each other half of the time.")


def crowded():
    return ("Load, upstream and workers share "
            f"{os.cpu_count()} processors")
