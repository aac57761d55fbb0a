#!/usr/bin/python3
"""Puts what a grown corpus has found into the seeds.

  merge.py TARGET ...

Of build/fuzz/grown/fuzz_TARGET and of what an earlier call has put into
fuzz/seeds/TARGET (grown-*), libFuzzer's merge names the fewest inputs that
reach what the other seeds do not.  These are put there in place of the
earlier ones, the smallest first, as many as BYTES and FILES let a target
have.  Corpora that grew beside real evidence are elsewhere
(build/fuzz/corpus): pieces of it are in them.
"""
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile

FILES = 150                         # as t/unit/fuzz/seeds.py
# Evidence is long: the longest input, and all seeds of a target.
LENGTH = {"evidence": 65536, "spdm": 12288, "report": 16384, "snp": 8192,
          "chain": 8192, "tdx": 8192, "rim": 8192, "collateral": 8192,
          "nras": 8192, "reference": 4096, "ocsp": 4096, "tail": 8192}
BYTES = {"evidence": 720 * 1024, "spdm": 200 * 1024}


def sizes(where):
    return sorted((os.path.getsize(path), path) for path in
                  (os.path.join(where, name) for name in os.listdir(where)))


def is_grown(path):
    return os.path.basename(path).startswith("grown-")


def merge(target):
    seeds, corpus = f"fuzz/seeds/{target}", f"build/fuzz/grown/fuzz_{target}"
    length, most = LENGTH.get(target, 2048), BYTES.get(target, 160 * 1024)
    made = [(size, path) for size, path in sizes(seeds) if not is_grown(path)]
    before = [path for _, path in sizes(seeds) if is_grown(path)]
    total, files = sum(size for size, _ in made), len(made)
    with tempfile.TemporaryDirectory() as small, \
            tempfile.TemporaryDirectory() as found:
        for _, path in made:
            shutil.copy(path, found)
        for path in before:
            shutil.copy(path, small)
        for size, path in sizes(corpus) if os.path.isdir(corpus) else ():
            if size <= length:
                shutil.copy(path, small)
        subprocess.run([os.path.abspath(f"build/fuzz/fuzz_{target}"),
                        "-set_cover_merge=1", "-verbosity=0", found, small],
                       check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        names = {os.path.basename(path) for _, path in made}
        found_new = [(size, path) for size, path in sizes(found)
                     if os.path.basename(path) not in names]
        for path in before:
            os.remove(path)
        new = 0
        for size, path in found_new:
            if files + new == FILES or total + size > most:
                break
            with open(path, "rb") as f:
                name = hashlib.sha256(f.read()).hexdigest()[:12]
            shutil.copyfile(path, os.path.join(seeds, "grown-" + name))
            total += size
            new += 1
    print(f"{target}: {new} of {len(found_new)} that reach more, "
          f"{files + new} files of {total} bytes")


for name in sys.argv[1:]:
    merge(name)
