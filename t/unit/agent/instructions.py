#!/usr/bin/python3
"""What a response and an event may cost: bench/limits, counted by callgrind.

Counted are instructions of the library's own code, which are the same in each
run of one build; see bench/instructions.py.  Speaks TAP.
"""

import os
import re
import shutil
import subprocess
import sys

TOP = os.path.dirname(os.path.abspath(__file__)) + "/../../.."
sys.path[:0] = [TOP + "/bench", TOP + "/t/unit/driver"]
import instructions
import tap


def skip():
    """Why nothing can be said of this build, or None."""
    if not shutil.which("valgrind"):
        return "valgrind is not installed"
    if os.environ.get("CORE_DIR", "build/core") != "build/core":
        return "the limits are those of a usual build"
    if os.uname().machine != "x86_64":
        return "the limits are those of x86-64"
    if not {"bmi2", "avx2"} <= set(open("/proc/cpuinfo").read().split()):
        return "the limits are those of a processor with BMI2 and AVX2"
    made = subprocess.run(["readelf", "-p", ".comment", instructions.DRIVER],
                          capture_output=True, text=True).stdout
    if not re.search(r"GCC: \(.*\) 12\.", made) or "clang" in made:
        return "the limits are those of gcc 12"
    return None


def main():
    limit = instructions.limits()
    measured = {name for name, _, _ in instructions.WORKS}
    measured |= {"worker.first", "worker.2048", "worker.event"}

    tap.ok(limit and set(limit) <= measured, "each limit is of what is measured")

    alone = {}
    for name, what, size in instructions.WORKS:
        if name in limit:
            alone[name] = instructions.measure(what, size)
            own = instructions.own(alone[name])
            tap.ok(0 < own <= limit[name],
                   f"{name}: at most {limit[name]} instructions",
                   f"{own:.0f}: look at bench/instructions.py --where")

    # the counter counts: nothing of the driver's own is in one recover
    recover = instructions.measure("recover", 512)
    tap.ok(instructions.own(recover) < 100
           and sum(recover.values()) > 100000, "libraries are told apart")

    worker(limit, alone, recover)
    return tap.done()


def no_worker():
    """Why a worker is not counted here, or None."""
    if not os.path.exists(instructions.MODULE):
        return "the module is not built"
    nginx = shutil.which("nginx", path=os.environ["PATH"]
                         + ":/usr/sbin:/sbin")
    if not nginx:
        return "nginx is not installed"
    said = subprocess.run([nginx, "-v"], capture_output=True, text=True)
    if "nginx/1.22." not in said.stderr:
        return "the worker's limits are those of nginx 1.22"
    return None


def worker(limit, alone, recover):
    """A whole response, a whole event: all but cryptography has a limit, and
    of that there is no more than the library alone needs."""
    why = no_worker()
    if why:
        tap.ok(True, "a worker # SKIP " + why)
        return
    try:
        with instructions.gateway() as gateway:
            found = {"worker.first": gateway.response("/on/2048", 20, 64),
                     "worker.2048": gateway.response("/on/2048"),
                     "worker.event": gateway.event("/on", 2)}
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as e:
        # it stops a sleeping process, which takes the right to trace it
        tap.ok(e.cmd[0] == "callgrind_control", "a worker # SKIP "
               "callgrind_control cannot reach it: may it be traced?")
        return
    for name, beside in (("worker.first", "response.2048"),
                         ("worker.2048", "response.2048"),
                         ("worker.event", "event")):
        rest = instructions.rest(found[name])
        tap.ok(0 < rest <= limit[name],
               f"{name}: at most {limit[name]} instructions",
               f"{rest:.0f}: look at bench/instructions.py --where")
        hashing = instructions.within(found[name], "libcrypto")
        tap.ok(0 < hashing < 1.5 * instructions.within(
            alone[beside], "libcrypto"), f"{name}: hashed once", hashing)
    secp = instructions.within(found["worker.2048"], "libsecp256k1")
    tap.ok(0 < secp < 1.5 * sum(recover.values()),
           "worker.2048: recovered once", secp)


why = skip()
if why:
    print("1..0 # SKIP " + why)
    sys.exit(0)
sys.exit(main())
