#!/usr/bin/env python3
"""Each target of fuzz/ takes its seeds: built without libFuzzer (make unit),
it is run once over each, and demands of the code what it demands there.

Speaks TAP.
"""

import glob
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
sys.path[:0] = [os.path.join(HERE, "..", "driver")]

import tap                                                  # noqa: E402

BUILT = os.path.join(ROOT, os.environ.get("CORE_DIR", "build/core"), "replay")
SEEDS = os.path.join(ROOT, "fuzz", "seeds")
FILES, BYTES = 150, 768 * 1024          # what a target's seeds may be
ALL = 3 * 1024 * 1024                   # and all of them


def replay(name, files):
    """Returns: what is wrong, and with what input."""
    done = subprocess.run([os.path.join(BUILT, "fuzz_" + name), *files],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said = done.stdout.decode(errors="replace").strip().splitlines() or [""]
    if done.returncode == 0 and said[-1] == "%d inputs" % len(files):
        return ""
    return "left with %d: %s" % (done.returncode, " / ".join(said[-3:]))


def main():
    names = {os.path.basename(path)[len("fuzz_"):-len(".c")]
             for path in glob.glob(os.path.join(ROOT, "fuzz", "fuzz_*.c"))}
    there = set(os.listdir(SEEDS)) - {"filters"}    # of fuzz/filters.py
    tap.ok(names == there, "each target has seeds, and none are left over",
           names ^ there)
    with open(os.path.join(ROOT, "HACKING.md")) as f:
        listed = set(re.findall(r"^\| .* \| `(\w+)` \|$", f.read().split(
            "| parser | target |")[-1].split("\n\n")[0], re.M))
    tap.ok(names == listed, "HACKING.md lists each target, and no other",
           names ^ listed)
    total = 0
    for name in sorted(names):
        files = sorted(glob.glob(os.path.join(SEEDS, name, "*")))
        size = sum(os.path.getsize(path) for path in files)
        total += size
        tap.ok(0 < len(files) <= FILES and size <= BYTES,
               "%s: a few seeds, and small" % name,
               "%d files of %d bytes" % (len(files), size))
        if name == "rim" and not os.path.exists(BUILT + "/fuzz_rim"):
            print("# rim: built without libxml2")
            continue
        bad = replay(name, files)
        tap.ok(not bad, "%s: %d seeds" % (name, len(files)), bad)
    tap.ok(total <= ALL, "all seeds together are small", total)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
