#!/usr/bin/python3
"""Puts what a grown corpus has found into the seeds.

  merge.py TARGET ...

Of build/fuzz/corpus/fuzz_TARGET, libFuzzer's merge names the inputs that reach
what fuzz/seeds/TARGET does not; the smallest of these are put there, as many
as t/unit/fuzz/seeds.py lets a target have.  Inputs made of real evidence,
build/fuzz/real, are no part of it: look at what is new before it is committed.
"""
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile

FILES, BYTES = 150, 300 * 1024
LENGTH = 2048


def sizes(where):
    return sorted((os.path.getsize(path), path) for path in
                  (os.path.join(where, name) for name in os.listdir(where)))


def merge(target):
    seeds, grown = f"fuzz/seeds/{target}", f"build/fuzz/corpus/fuzz_{target}"
    with tempfile.TemporaryDirectory() as small, \
            tempfile.TemporaryDirectory() as found:
        for size, path in sizes(seeds):
            shutil.copy(path, found)
        for size, path in sizes(grown):
            if size <= LENGTH:
                shutil.copy(path, small)
        subprocess.run([f"build/fuzz/fuzz_{target}", "-set_cover_merge=1",
                        "-verbosity=0", found, small], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        files = len(os.listdir(seeds))
        total = sum(size for size, _ in sizes(seeds))
        new = 0
        for size, path in sizes(found):
            if os.path.exists(os.path.join(seeds, os.path.basename(path))):
                continue
            if files + new == FILES or total + size > BYTES:
                break
            with open(path, "rb") as f:
                name = hashlib.sha256(f.read()).hexdigest()[:12]
            shutil.copyfile(path, os.path.join(seeds, "grown-" + name))
            total += size
            new += 1
    print(f"{target}: {new} new, {files + new} files of {total} bytes")


for name in sys.argv[1:]:
    merge(name)
