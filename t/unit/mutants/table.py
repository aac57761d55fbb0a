#!/usr/bin/env python3
"""The tables of mutants (t/mutants, scripts/mutants.py) are true of the
source: each text that is to be changed stands there, once, the test that must
catch it is there, and what is made of a file of src/core can be compiled.
Whether the test does catch it is what "make mutants" finds out.  And
doc/mutants.md says how many there are.

Speaks TAP.
"""

import collections
import contextlib
import io
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
sys.path[:0] = [os.path.join(HERE, "..", "driver"),
                os.path.join(ROOT, "scripts")]

import mutants                                              # noqa: E402
import tap                                                  # noqa: E402

LEAST = 150
FOLDERS = ("core/crypto core/json core/agent core/x509 core/tdx core/snp "
           "core/nvidia core/policy core/attest nginx/zone nginx/gate "
           "nginx/request nginx/response nginx/attest nginx/subrequest "
           "nginx/module nginx/audit")

TABLE = """
file a.c
test unit a/b

* one
= before
- if (bad) {
+ if (0) {
"""


def source(path):
    return mutants.read(os.path.join(ROOT, path), "r")


def test_file(test):
    kind, name, _ = mutants.parts(test)
    return {"unit": "t/unit/%s.c", "python": "t/unit/%s.py",
            "sim": "t/lib/sim/check/%s.py", "zone": "t/zone.t%s",
            "t": "t/%s"}[kind] % name


def lost(all_of_them):
    """Mutants whose text or whose test is not there."""
    bad = []
    for m in all_of_them:
        try:
            m.make(source(m.file))
        except (OSError, mutants.Wrong) as e:
            bad.append("%s: %s" % (m.where(), e))
        if not os.path.exists(os.path.join(ROOT, test_file(m.test))):
            bad.append("%s: there is no %s" % (m.where(), test_file(m.test)))
    return bad


def rounds(text, some):
    """Texts with all of these mutants, no two of one line in the same."""
    lines = text.split("\n")
    left = sorted(some, key=lambda m: m.place(lines))
    while left:
        made, rest, end = [], [], 0
        for m in left:
            at = m.place(lines)
            if at < end:
                rest.append(m)
                continue
            made += lines[end:at] + m.new
            end = at + len(m.old)
        yield "\n".join(made + lines[end:])
        left = rest


def compiles(text):
    with tempfile.NamedTemporaryFile("w", suffix=".c") as f:
        f.write(text)
        f.flush()
        done = subprocess.run([os.environ.get("CC", "cc"), "-std=c11", "-w",
                               "-fsyntax-only", "-Isrc/core", "-Isrc/nginx",
                               f.name], cwd=ROOT, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
    return done.stdout.decode(errors="replace")[:300]


def test_compile(all_of_them):
    files = {}
    for m in all_of_them:
        if m.file.startswith("src/core/"):
            files.setdefault(m.file, []).append(m)
    for path, some in sorted(files.items()):
        said = [compiles(text) for text in rounds(source(path), some)]
        tap.ok(not any(said), "%s with its %d mutants compiles" % (
            path, len(some)), " ".join(said))


def wrong(text):
    """What is said of a table with this text."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "table.txt")
        with open(path, "w") as f:
            f.write(text)
        try:
            mutants.read_table(path)[0].make("before\n  if (bad) {\n")
        except mutants.Wrong as e:
            return str(e)
    return ""


def test_reader():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "table.txt")
        with open(path, "w") as f:
            f.write(TABLE)
        m, = mutants.read_table(path)
    tap.ok(m.make("before\n  if (bad) {\n") == "before\n  if (0) {\n",
           "a line is changed, and keeps its place")
    for name, text, says in (
            ("a text that is not there", "before\nif (worse) {", "0 times"),
            ("a text that is there twice",
             "before\nif (bad) {\nbefore\nif (bad) {", "2 times")):
        try:
            said = m.make(text)
        except mutants.Wrong as e:
            said = str(e)
        tap.ok(says in said, name + " is said", said)
    for name, old, new, says in (
            ("a mutant that changes nothing", "+ if (0) {", "+ if (bad) {",
             "changes nothing"),
            ("one without a test", "test unit a/b", "", "no file or test"),
            ("a test of no kind", "unit a/b", "unity a/b", "no test"),
            ("a line that means nothing", "= before", "before", ":6: before")):
        said = wrong(TABLE.replace(old, new))
        tap.ok(says in said, name + " is said", said)


def test_report():
    """What survives, and what is wrong, is said again at the end."""
    made = [mutants.Mutant("a", n, "title %d" % n, "a.c", "unit a/b")
            for n in range(4)]
    made[1].equivalent = made[2].equivalent = "another check does it"
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        good = mutants.report(made, [
            ("killed", "1 - a"), ("survives", ""), ("killed", "1 - a"),
            ("survives", "")])
    end = out.getvalue()[out.getvalue().index("\n\n"):]
    wanted = """

survive as listed:
  t/mutants/a.txt:1 title 1, a.c
      another check does it

wrong:
  t/mutants/a.txt:2 title 2, a.c
      KILLED: unit a/b: 1 - a (listed as equivalent)
  t/mutants/a.txt:3 title 3, a.c
      SURVIVES: unit a/b: all passed

4 mutants: 1 killed, 1 survive as listed, 2 wrong
"""
    tap.ok(end == wanted and not good,
           "a report ends with those that survive and those that are wrong",
           end)


def counts(all_of_them):
    """Of each table, and of all: mutants, killed ones, equivalent ones."""
    have = {}
    for m in all_of_them:
        for name in (m.table, "all"):
            row = have.setdefault(name, [0, 0, 0])
            row[0] += 1
            row[2 if m.equivalent else 1] += 1
    return have


def test_page(all_of_them):
    page = source("doc/mutants.md")
    have = counts(all_of_them)
    said = {name: [int(n) for n in row] for name, *row in re.findall(
        r"^\| `?(\w+)`? \| (\d+) \| (\d+) \| (\d+) \|$", page, re.M)}
    for name in sorted(set(have) | set(said)):
        tap.ok(have.get(name) == said.get(name),
               "doc/mutants.md has the counts of " + name,
               "%s there, %s in t/mutants" % (said.get(name), have.get(name)))
    why = collections.Counter(re.findall(
        r"^\| `(\w+)` \| .+ \|$", page.partition("| in |")[2], re.M))
    tap.ok(why == {name: row[2] for name, row in have.items()
                   if row[2] and name != "all"},
           "doc/mutants.md says why each equivalent one is", why)


def test_sure():
    """A failure that may be the machine's is tried without the mutant."""
    trial = mutants.Trial(0)
    trial.limits = {"t a.t": 1, "unit a/b": 1, "zone": 1}
    ran = []

    def again(good):
        def run(copy, test, limit):
            ran.append(test)
            return good, "" if good else "exit 1: no server", 1
        return run

    kept = mutants.build, mutants.run
    mutants.build = lambda copy, test: ""
    for name, test, good, by, passes, wanted, runs in (
            ("a check that failed", "t a.t", False, "3 - a", False, "killed",
             0),
            ("one without a name", "zone", False, "3", False, "killed", 0),
            ("no end", "t a.t", False, "no end after 9 s", True, "killed", 1),
            ("no end, with the machine's fault", "t a.t", False,
             "no end after 9 s", False, "fails anyway", 1),
            ("no check that failed", "zone", False, "exit 1: no nginx", False,
             "fails anyway", 1),
            ("no end of a unit test", "unit a/b", False, "no end after 9 s",
             False, "killed", 0),
            ("all passed", "t a.t", True, "", False, "survives", 0),
            ("all skipped", "t a.t", False, "1..0 # SKIP", False,
             "is skipped", 0)):
        del ran[:]
        mutants.run = again(passes)
        verdict, said = trial.verdict("copy", test, good, by)
        tap.ok(verdict == wanted and len(ran) == runs and by in said,
               "%s: %s" % (name, wanted), "%s, %s" % (verdict, said))
    mutants.build, mutants.run = kept


def main():
    test_reader()
    test_report()
    test_sure()
    all_of_them = mutants.read_tables()
    tap.ok(len(all_of_them) >= LEAST, "%d mutants" % len(all_of_them))
    for folder in FOLDERS.split():
        tap.ok(any(m.file.startswith("src/%s/" % folder)
                   for m in all_of_them), "some are of src/" + folder)
    bad = lost(all_of_them)
    tap.ok(not bad, "text and test of each is there", "; ".join(bad[:5]))
    titles = [(m.file, m.title) for m in all_of_them]
    tap.ok(len(set(titles)) == len(titles), "no two of a file have one title",
           sorted(t for t in titles if titles.count(t) > 1)[:3])
    test_page(all_of_them)
    if not bad:
        test_compile(all_of_them)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
