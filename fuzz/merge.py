#!/usr/bin/python3
"""Puts what a grown corpus has found into the seeds.

  merge.py TARGET ...

libFuzzer says what each input of build/fuzz/grown/fuzz_TARGET and of
fuzz/seeds/TARGET reaches.  What an earlier call has put there (grown-*) is
chosen anew: inputs that reach what the other seeds do not, first those that
take new branches, the most of them for their bytes, then those that take
known ones more or less often, as many as BYTES and FILES let a target have.

Corpora that grew beside real evidence are elsewhere (build/fuzz/corpus):
pieces of it are in them.
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


def reached(target, places):
    """{path: what it reaches, as numbers of libFuzzer's}"""
    with tempfile.TemporaryDirectory() as none, \
            tempfile.TemporaryDirectory() as beside:
        control = beside + "/control"
        subprocess.run([os.path.abspath(f"build/fuzz/fuzz_{target}"),
                        "-set_cover_merge=1", "-verbosity=0",
                        "-merge_control_file=" + control, none, *places],
                       check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        with open(control) as f:
            lines = f.read().split("\n")
    names = lines[2:2 + int(lines[0])]
    out = {}
    for line in lines:
        words = line.split()
        if words and words[0] == "FT":
            out[names[int(words[1])]] = set(map(int, words[2:]))
    return out


def choose(candidates, known, room, files):
    """The best of [(size, path, what it reaches)], one by one."""
    out = []
    while candidates and files > len(out):
        best = max(candidates, default=None,
                   key=lambda c: len(c[2] - known) / (c[0] + 16))
        candidates = [c for c in candidates
                      if c is not best and c[2] - known and c[0] <= room]
        if best[2] - known and best[0] <= room:
            out.append(best[1])
            known |= best[2]
            room -= best[0]
    return out


def branches(numbers):
    """libFuzzer has eight numbers for each: how often it was taken."""
    return {n // 8 for n in numbers}


def merge(target):
    seeds, corpus = f"fuzz/seeds/{target}", f"build/fuzz/grown/fuzz_{target}"
    length, most = LENGTH.get(target, 2048), BYTES.get(target, 160 * 1024)
    os.makedirs(corpus, exist_ok=True)
    what = reached(target, [seeds, corpus])
    made = [(size, path) for size, path in sizes(seeds) if not is_grown(path)]
    grown = [(size, path) for size, path in sizes(seeds) + sizes(corpus)
             if (size, path) not in made and size <= length and path in what]
    room, files = most - sum(size for size, _ in made), FILES - len(made)
    known = set().union(*(what.get(path, set()) for _, path in made))

    chosen = choose([(size, path, branches(what[path]))
                     for size, path in grown], branches(known), room, files)
    for path in chosen:
        known |= what[path]
    chosen += choose([(size, path, what[path]) for size, path in grown],
                     known, room - sum(map(os.path.getsize, chosen)),
                     files - len(chosen))
    with tempfile.TemporaryDirectory() as new:
        for path in chosen:
            with open(path, "rb") as f:
                name = hashlib.sha256(f.read()).hexdigest()[:12]
            shutil.copyfile(path, f"{new}/grown-{name}")
        for _, path in sizes(seeds):
            if is_grown(path):
                os.remove(path)
        for _, path in sizes(new):
            shutil.copy(path, seeds)
    all_of = set().union(*what.values())
    print(f"{target}: {len(sizes(seeds))} files of "
          f"{sum(size for size, _ in sizes(seeds))} bytes, "
          f"{len(branches(known))} of {len(branches(all_of))} branches")


for name in sys.argv[1:]:
    merge(name)
