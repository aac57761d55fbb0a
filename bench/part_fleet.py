"""Measurements that have programs of their own: other requests while reports
are verified, fleets, instructions."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

import stall as stalling
from rig import Missing, TOP

# what is measured of fleets, at ten times the speed; of replace, which takes a
# minute in life for each machine, what has to be known before it is met
SCENES = ["--faster", "10", "--turns", "20", "--rates", "0.1,0.2", "cold",
          "bad", "steady", "replace", "liar"]
# a proof ends at a whole second, of which too few are left at ten times the
# speed to count what it costs
COST = ["--faster", "4", "--lives", "6", "cost"]
# a program that counts instructions, where it is there
COUNTER = TOP + "/bench/instructions.py"


def stall(page):
    page.part("Other requests of a worker while reports of 8 GPUs are "
              "verified without a pause")
    with tempfile.TemporaryDirectory() as where:
        for _, path, quiet, busy, rate in stalling.run(2, 6, where,
                                                       ("default",)):
            name = "plain" if "plain" in path else "verified"
            if rate < 1:
                page.lacks(f"a {name} request beside reports", "so much else "
                           "goes on here that no report was made")
                continue
            what = f"a {name} request"
            for part in ("p50", "p99"):
                page.figure(f"stall_{name}_{part}", busy[part], "us",
                            f"{what}, {part}")
                page.figure(f"stall_{name}_{part}_quiet", quiet[part], "us",
                            f"{what}, {part}, while nothing else happens")
            page.figure(f"stall_{name}_p99_more", [
                (b - q) / 1e3 for b, q in zip(busy["p99"], quiet["p99"])],
                "ms", f"{what}, p99 later by")
            page.figure(f"stall_{name}_reports", rate, "1/s",
                        "reports verified meanwhile")
    report(page)


def report(page):
    said = subprocess.run([sys.executable, TOP + "/bench/report.py"],
                          stdout=subprocess.PIPE, text=True, check=True)
    for name, took, bare, ratio in re.findall(
            r"(cold|warm) cache: report ([\d.]+) ms, bare signatures "
            r"([\d.]+) ms, ratio ([\d.]+)", said.stdout):
        when = ("its certificates met the first time" if name == "cold"
                else "its certificates met before")
        page.figure(f"report_{name}", float(took), "ms",
                    f"a report of 8 GPUs, {when}: CPU of a thread")
        page.figure(f"report_{name}_x", float(ratio), "x",
                    "that, beside its signatures alone")


def fleet(page):
    page.part("Fleets, ten times as fast as in life, and what they cost four "
              "times: bench/fleet.py")
    lines, counts = [], []
    for scenes in (SCENES, COST):
        said = subprocess.run(
            [sys.executable, TOP + "/bench/fleet.py"] + scenes,
            stdout=subprocess.PIPE, text=True, check=False,
            stderr=subprocess.DEVNULL).stdout
        end = re.search(r"^(\d+) missed, (\d+) unsure\n\Z", said, re.M)
        if not end:
            sys.exit("bench/fleet.py failed")
        lines += said.splitlines()
        counts += [int(n) for n in end.groups()]
    for line in lines:
        print("  " + line)
    if sum(counts) != sum(1 for row in scenes_of(lines) if row[3]):
        sys.exit("what bench/fleet.py says is not what is read of it")
    fleet_said(page, lines)


def scenes_of(lines):
    """(scene, what, value, verdict or None) of each line of bench/fleet.py
    that has a value."""
    scene = above = ""
    for line in lines:
        if re.match(r" \S", line):
            scene = line.strip()
        found = re.match(r"  ( *\S.{42,}?) +(\S+)(?: .*?)??( MISSED| UNSURE)?$",
                         line)
        if found:
            what = found[1].strip()
            if found[1].startswith(" "):
                what = f"{above}, {what}"
            else:
                above = what
            yield (scene, what, found[2],
                   (found[3] or "").strip().lower() or None)


def fleet_said(page, lines):
    """Aim and figures of what bench/fleet.py has said."""
    rows = list(scenes_of(lines))
    missed, unsure = ([f"{scene}: {what}: {value}" for scene, what, value, v
                       in rows if v == verdict]
                      for verdict in ("missed", "unsure"))
    few = ["too few to tell: " + line for line in unsure]
    page.aim("fleets: what is missed of the table's figures", len(missed), 0,
             unit="lines", rest="; ".join(missed + few), unsure="; ".join(few))

    def of(scene, what):
        return [v for s, w, v, _ in rows if scene in s and w == what]

    for name, scene in (("cold", "12 requests a second: cold"),
                        ("new_keys", "12 requests a second: new keys")):
        for value in of(scene, "all known after, s"):
            if value != "None":
                page.figure(f"fleet_{name}", float(value), "s",
                            "20 machines, 2 s each, until all are known: "
                            + scene.rpartition(": ")[2])
    for rate in ("0.1", "0.2"):
        for value in of(f"every minute, {rate} ",
                        "known before its first answer"):
            known, turns = map(int, value.split("/"))
            if not turns:
                page.lacks(f"a machine replaced at {rate} requests a second",
                           "none of them was asked")
                continue
            page.figure(f"fleet_known_{rate.replace('.', '_')}",
                        100 * known / turns, "%",
                        f"of {turns} machines that were replaced were known "
                        f"before their first answer, {rate} requests a second")
    for name, scene, passed in (("bad", " bad of ", "passed, of the bad"),
                                ("liar", "a liar ", "passed, of the liar")):
        good = [tuple(map(int, v.split("/"))) for v in of(scene, "refused")]
        page.figure(f"fleet_{name}_refused", sum(n for n, _ in good), "",
                    f"of {sum(n for _, n in good):,} answers of good machines "
                    f"beside a {name} one, refused")
        page.figure(f"fleet_{name}_passed", sum(
            int(v.split("/")[0]) for v in of(scene, passed)), "",
            f"answers of a {name} machine, passed")
    for name in ("1", "8", "20"):
        for value in of("chase", f"M = {name}: attestations a minute"):
            page.figure(f"fleet_draws_{name}", float(value) / 10, "1/min",
                        f"fleet of {name}, 2 s each: attestations, "
                        "ioattest_valid 10m")
    for value in of("8 machines, 1 s", "waited, steady, %"):
        page.figure("fleet_waited", float(value), "%",
                    "of requests waited, 8 machines that stay")


def instructions(page):
    page.part("Instructions of user space, by callgrind: "
              "bench/instructions.py")
    if not os.path.exists(COUNTER):
        raise Missing("bench/instructions.py is not there")
    if not shutil.which("valgrind"):
        raise Missing("valgrind is not there: sh scripts/deps.sh")
    said = subprocess.run([sys.executable, COUNTER], stdout=subprocess.PIPE,
                          text=True, check=True).stdout
    over = counted(page, said)
    page.aim("instructions of library and worker above their limits in "
             "bench/limits", over, 0, unit="lines",
             rest="bench/instructions.py shows them")


def counted(page, said):
    """Figures of both tables.  Returns how many are above their limits."""
    over, heads = 0, ()
    for line in said.splitlines():
        words = line.split()
        if words[0] == "the":
            heads = line.replace("in all", "all").split()[2:]
            continue
        name, numbers = words[0], dict(zip(heads, words[1:]))
        label = re.sub(r"\W", "_", name)
        if "own" in numbers:
            page.figure(f"instructions_library_{label}",
                        float(numbers["own"]), "",
                        f"{name}: instructions of the library")
        else:
            page.figure(f"instructions_worker_{label}",
                        float(numbers["over"]), "",
                        f"{name}: instructions of a worker, over off")
        if numbers["limit"] != "-":
            held = numbers["own" if "own" in numbers else "rest"]
            over += float(held) > float(numbers["limit"])
    return over
