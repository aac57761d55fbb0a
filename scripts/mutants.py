#!/usr/bin/env python3
"""Mutants: the source with one check taken out, which a test must notice.

    mutants.py [-j COPIES] [-l] [WORD ...]

Each mutant of the tables t/mutants/*.txt is made in a copy of the tree, in
build/mutants, and the one test that must catch it is run there.  Before that
each of these tests is run without a mutant, and must pass.

WORD ... is a table's name, or a part of a file's or a title: only mutants that
have one of them are tried.  -l lists them.  doc/mutants.md has the rest, and
how a table is written.

It ends with those that survive as listed, and why, then those that are wrong;
the last line is "N mutants: N killed, N survive as listed, N wrong".  Exits
with 1 where a mutant survives that is not listed as equivalent, or is killed
although it is, does not build, or is not found in the source; or where a test
that drives nginx ends without a check that failed, and does so without the
mutant, too.
"""

import argparse
import concurrent.futures
import glob
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TABLES = os.path.join(ROOT, "t", "mutants")
COPIES = os.environ.get("IOATTEST_MUTANTS",
                        os.path.join(ROOT, "build", "mutants"))
KINDS = ("unit", "python", "sim", "zone", "t")
SKIP = {".git", "build", "node_modules", "__pycache__"}
PORT = int(os.environ.get("TEST_NGINX_PORT", 22000))
FLAGS = os.environ.get("CFLAGS") or "-O1 -w"


class Wrong(Exception):
    """A table, or a mutant of it, is not as it must be."""


# --- the tables ------------------------------------------------------------


class Mutant:
    def __init__(self, table, line, title, file, test):
        self.table, self.line, self.title = table, line, title
        self.file, self.test = file, test
        self.before, self.old, self.new, self.after = [], [], [], []
        self.equivalent = ""

    def where(self):
        return "t/mutants/%s.txt:%d" % (self.table, self.line)

    def place(self, lines):
        """The number of the line, from 0, that old begins at."""
        want = self.before + self.old + self.after
        bare = [line.strip() for line in lines]
        found = [i for i in range(len(bare) - len(want) + 1)
                 if bare[i:i + len(want)] == want]
        if len(found) != 1:
            raise Wrong("%s stands %d times in %s" % (
                " / ".join(want), len(found), self.file))
        return found[0] + len(self.before)

    def make(self, text):
        lines = text.split("\n")
        at = self.place(lines)
        indent = lines[at][:len(lines[at]) - len(lines[at].lstrip())]
        lines[at:at + len(self.old)] = [indent + line if line else ""
                                        for line in self.new]
        return "\n".join(lines)


def check_mutant(mutant):
    if not mutant.file or not mutant.test:
        raise Wrong("%s: no file or test" % mutant.where())
    if not mutant.old or mutant.old == mutant.new:
        raise Wrong("%s: changes nothing" % mutant.where())
    if len(mutant.old) > 3 or len(mutant.new) > 3:
        raise Wrong("%s: more than a condition" % mutant.where())
    words = mutant.test.split()
    words = words[1:] if words[0] == "san" else words
    most = {"zone": 1, "sim": 3}.get(words[0], 2)
    if words[0] not in KINDS or not min(most, 2) <= len(words) <= most:
        raise Wrong("%s: no test: %s" % (mutant.where(), mutant.test))


def read_table(path):
    name = os.path.basename(path)[:-len(".txt")]
    mutants, file, test = [], "", ""
    with open(path) as f:
        for number, line in enumerate(f, 1):
            mark, rest = line[:1], line[1:].strip()
            if line.startswith("file "):
                file = line.split(None, 1)[1].strip()
            elif line.startswith("test "):
                test = " ".join(line.split()[1:])
            elif mark == "*":
                mutants.append(Mutant(name, number, rest, file, test))
            elif mark in "#\n":
                continue
            elif not mutants:
                raise Wrong("%s:%d: before the first title" % (path, number))
            elif mark == "=":
                one = mutants[-1]
                (one.after if one.old else one.before).append(rest)
            elif mark == "-":
                mutants[-1].old.append(rest)
            elif mark == "+":
                mutants[-1].new.append(rest)
            elif mark == "?":
                mutants[-1].equivalent += (" " if mutants[-1].equivalent
                                           else "") + rest
            else:
                raise Wrong("%s:%d: %s" % (path, number, line.strip()))
    for mutant in mutants:
        check_mutant(mutant)
    return mutants


def read_tables():
    mutants = []
    for path in sorted(glob.glob(os.path.join(TABLES, "*.txt"))):
        mutants += read_table(path)
    return mutants


# --- a copy of the tree ----------------------------------------------------


def files_of(root):
    for at, folders, names in os.walk(root):
        folders[:] = [f for f in folders if f not in SKIP
                      and not f.startswith("servroot")]
        for name in names:
            path = os.path.join(at, name)
            if os.path.isfile(path):
                yield os.path.relpath(path, root)


def read(path, mode="rb"):
    with open(path, mode) as f:
        return f.read()


def sync(copy):
    """Only what differs is written, so that make has little to do."""
    wanted = set(files_of(ROOT))
    for name in wanted:
        here, there = os.path.join(ROOT, name), os.path.join(copy, name)
        if os.path.exists(there) and read(here) == read(there):
            continue
        os.makedirs(os.path.dirname(there), exist_ok=True)
        shutil.copyfile(here, there)
        shutil.copymode(here, there)
    for name in set(files_of(copy)) - wanted:
        os.remove(os.path.join(copy, name))


# --- one test --------------------------------------------------------------


def core_dir(words):
    return "build/core-san" if words[0] == "san" else "build/core"


def parts(test):
    """Of a test: its kind, its name, what it is told."""
    words = test.split()
    words = words[1:] if words[0] == "san" else words
    return words[0], "".join(words[1:2]), words[2:]


def targets(test):
    core = core_dir(test.split())
    kind, name, _ = parts(test)
    if kind == "unit":
        return ["%s/unit/%s" % (core, name)]
    if kind in ("python", "sim"):
        return [core + "/driver"]
    return ["zone-test"] if kind == "zone" else ["module", "tool"]


def command(test):
    core = core_dir(test.split())
    kind, name, more = parts(test)
    if kind == "unit":
        return ["%s/unit/%s" % (core, name)]
    if kind == "python":
        return [sys.executable, "t/unit/%s.py" % name]
    if kind == "sim":
        return [sys.executable, "-m", "check." + name, *more]
    script = "t/zone.t" if kind == "zone" else "t/" + name
    return ["perl", "-It/lib", "-It/runner", script]


def environment(copy, test):
    number = int(os.path.basename(copy))
    env = {k: v for k, v in os.environ.items()
           if not k.startswith(("MAKE", "MFLAGS", "TEST_NGINX"))}
    env.update(CORE_DIR=core_dir(test.split()), PYTHONDONTWRITEBYTECODE="1",
               PYTHONUNBUFFERED="1", PYTHONPATH="t/lib/sim",
               TEST_NGINX_PORT=str(PORT + 100 * (number - 1)),
               TEST_NGINX_LOAD_MODULES=os.path.join(
                   copy, "build", "ngx_http_ioattest_module.so"))
    return env


def build(copy, test):
    """Returns: what make said, where it failed."""
    more = ["SAN=1"] if test.startswith("san ") else []
    done = subprocess.run(["make", "CFLAGS=" + FLAGS, *more, *targets(test)],
                          cwd=copy, env=environment(copy, test),
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          stdin=subprocess.DEVNULL)
    return done.stdout.decode(errors="replace") if done.returncode else ""


def kill(do, pid):
    try:
        do(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def end(process, copy):
    """Ends a test, and the servers that it has left in its copy."""
    kill(os.killpg, process.pid)
    process.wait()
    for path in glob.glob("/proc/[0-9]*"):
        try:
            if (os.fsencode(copy + "/t/") in read(path + "/cmdline")
                    or read(path + "/comm", "r").startswith("nginx")
                    and os.readlink(path + "/cwd") == copy):
                kill(os.kill, int(os.path.basename(path)))
        except OSError:
            pass


def complaint(text):
    """The first check that failed, or that all were skipped."""
    for line in text.splitlines():
        if line.startswith("not ok") and "# TODO" not in line:
            return line[len("not ok "):]
        if line.startswith("1..0"):
            return line
    return ""


def wait(process, log, limit, whole):
    """Returns: what it left with, None where it did not leave.  One that
    starts no servers is ended at its first failure."""
    until = time.time() + limit
    while time.time() < until:
        try:
            return process.wait(0.2 if whole else 0.05)
        except subprocess.TimeoutExpired:
            if not whole and complaint(read(log).decode(errors="replace")):
                return 1
    return None


def run(copy, test, limit):
    """Returns: (passed, by what it failed, seconds)."""
    began = time.time()
    log = os.path.join(copy, "build", "test.log")
    with open(log, "wb") as out:
        process = subprocess.Popen(command(test), cwd=copy, stdout=out,
                                   env=environment(copy, test),
                                   stderr=subprocess.STDOUT,
                                   stdin=subprocess.DEVNULL,
                                   start_new_session=True)
    code = wait(process, log, limit, test.split()[0] in ("t", "zone"))
    end(process, copy)
    took = time.time() - began
    text = read(log).decode(errors="replace")
    if code is None:
        return False, "no end after %d s" % limit, took
    bad = complaint(text)
    if code and not bad:
        bad = "exit %d: %s" % (code, (text.strip().splitlines()
                                      or [""])[-1])
    return not bad, bad, took


# --- all of them -----------------------------------------------------------


class Trial:
    def __init__(self, copies):
        self.copies = queue.Queue()
        self.limits = {}
        for number in range(1, copies + 1):
            copy = os.path.join(COPIES, str(number))
            sync(copy)
            self.copies.put(copy)

    def whole(self, test):
        """A test of the tree as it is.  Returns: what is wrong with it."""
        copy = self.copies.get()
        try:
            said = build(copy, test)
            if said:
                return "does not build:\n" + said[-2000:]
            good, by, took = run(copy, test, 600)
            self.limits[test] = 30 + 5 * took
            return "" if good else by
        finally:
            self.copies.put(copy)

    def verdict(self, copy, test, good, by):
        """What a run says, once the tree is as it was.  Returns: (verdict, by
        what)."""
        if by.startswith("1..0"):
            return "is skipped", by
        if good or is_sure(test, by):
            return ("survives" if good else "killed"), by
        said = build(copy, test)
        good, other, _ = (False, said, 0) if said else run(
            copy, test, self.limits[test])
        if good:
            return "killed", by
        return "fails anyway", "%s; and without the mutant: %s" % (by, other)

    def one(self, mutant):
        """Returns: (verdict, by what)."""
        copy = self.copies.get()
        path = os.path.join(copy, mutant.file)
        try:
            text = read(path, "r")
            with open(path, "w") as f:
                f.write(mutant.make(text))
            try:
                said = build(copy, mutant.test)
                if said:
                    return "does not build", said.strip().splitlines()[-1]
                good, by, _ = run(copy, mutant.test,
                                  self.limits[mutant.test])
            finally:
                with open(path, "w") as f:
                    f.write(text)
            return self.verdict(copy, mutant.test, good, by)
        except (OSError, Wrong) as e:
            return "not found", str(e)
        finally:
            self.copies.put(copy)


def is_sure(test, by):
    """Whether a failure is a check's that said so, and not, as where servers
    are slow or do not start, perhaps the machine's."""
    return test.split()[0] not in ("t", "zone") \
        or re.match(r"[0-9]+( |$)", by) is not None


def is_right(mutant, verdict):
    return verdict == ("survives" if mutant.equivalent else "killed")


def chosen(mutants, words):
    tables = {m.table for m in mutants}
    return [m for m in mutants if not words or any(
        w == m.table if w in tables else w in m.file or w in m.title
        for w in words)]


def tests_pass(trial, pool, mutants):
    tests = sorted({m.test for m in mutants})
    wrong = False
    for test, bad in zip(tests, pool.map(trial.whole, tests)):
        if bad:
            wrong = True
            print("without a mutant %s fails: %s" % (test, bad))
    return not wrong


def print_end(title, results, last):
    """What is worth reading after hundreds of lines: these mutants."""
    if not results:
        return
    print("\n%s:" % title)
    for mutant, verdict, by in results:
        print("  %s %s, %s\n      %s" % (
            mutant.where(), mutant.title, mutant.file,
            last(mutant, verdict, by)))


def report(mutants, verdicts):
    killed, listed, wrong = 0, [], []
    for mutant, (verdict, by) in zip(mutants, verdicts):
        by = by or "all passed"
        right = is_right(mutant, verdict)
        if not right:
            wrong.append((mutant, verdict, by))
        elif mutant.equivalent:
            listed.append((mutant, verdict, by))
        else:
            killed += 1
        print("%-14s %s: %s\n               %s: %s" % (
            verdict if right else verdict.upper(), mutant.where(),
            mutant.title, mutant.test, by), flush=True)
    print_end("survive as listed", listed, lambda m, v, by: m.equivalent)
    print_end("wrong", wrong, lambda m, v, by: "%s: %s: %s%s" % (
        v.upper(), m.test, by,
        " (listed as equivalent)" if m.equivalent else ""))
    print("%s%d mutants: %d killed, %d survive as listed, %d wrong" % (
        "\n" if listed or wrong else "", killed + len(listed) + len(wrong),
        killed, len(listed), len(wrong)))
    return not wrong


def main():
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n", 1)[0], add_help=True)
    parser.add_argument("-j", type=int, default=1, metavar="COPIES")
    parser.add_argument("-l", action="store_true", help="list them")
    parser.add_argument("word", nargs="*")
    args = parser.parse_args()

    try:
        mutants = chosen(read_tables(), args.word)
    except Wrong as e:
        sys.exit(str(e))
    if args.l or not mutants:
        for m in mutants:
            print("%s %s: %s (%s)" % (m.where(), m.file, m.title, m.test))
        return 0 if mutants else "there is no such mutant"

    # neighbours in the table change the same file, which is compiled less
    trial = Trial(args.j)
    with concurrent.futures.ThreadPoolExecutor(args.j) as pool:
        if not tests_pass(trial, pool, mutants):
            return 1
        good = report(mutants, pool.map(trial.one, mutants))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
