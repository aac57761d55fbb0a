#!/usr/bin/python3
"""What a response and an event may cost: bench/limits, counted by callgrind.

Counted are instructions of the library's own code, which are the same in each
run of one build; see bench/instructions.py.  Speaks TAP.
"""

import os
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
    if "bmi2" not in open("/proc/cpuinfo").read().split():
        return "the limits are those of a processor with BMI2"
    made = subprocess.run(["readelf", "-p", ".comment", instructions.DRIVER],
                          capture_output=True, text=True).stdout
    if "GCC" not in made or "clang" in made:
        return "the limits are those of gcc"
    return None


def main():
    limit = instructions.limits()
    measured = {name for name, _, _ in instructions.WORKS}

    tap.ok(limit and set(limit) <= measured, "each limit is of what is measured")

    for name, what, size in instructions.WORKS:
        if name in limit:
            own = instructions.own(instructions.measure(what, size))
            tap.ok(0 < own <= limit[name],
                   f"{name}: at most {limit[name]} instructions",
                   f"{own:.0f}: look at bench/instructions.py --where")

    # the counter counts: nothing of the driver's own is in one recover
    recover = instructions.measure("recover", 512)
    tap.ok(instructions.own(recover) < 100
           and sum(recover.values()) > 100000, "libraries are told apart")

    return tap.done()


why = skip()
if why:
    print("1..0 # SKIP " + why)
    sys.exit(0)
sys.exit(main())
