#!/usr/bin/python3
"""The last report that doc/chaos.md quotes is of this version of ioattest, and
of a commit without changes that nobody else has."""
import os
import re
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__)))))
# as "git describe --always --dirty" writes it
COMMIT = re.compile(r"(?:.+-\d+-g)?[0-9a-f]{7,40}|v?[\d.]+")


def read(name):
    with open(os.path.join(TOP, name)) as f:
        return f.read()


def about(page):
    """Version and commit, as bench/chaos.py names what was under test."""
    report = " ".join(page.partition("\n## Last report\n")[2].split())
    found = re.search(r"\bioattest ([^ ,]+), commit ([^ ,]+), nginx/", report)
    return found.groups() if found else ("none", "none")


def clean(commit):
    return COMMIT.fullmatch(commit) is not None


VERSION = re.search(r'IOA_VERSION\s+"([^"]+)"',
                    read("src/core/attest/ioattest.h"))[1]
of, commit = about(read("doc/chaos.md"))
head = "x\n## Last report\n\n1 May, ioattest 9.9.9,\ncommit {}, nginx/1.2.3"
cases = [
    ("the last report of doc/chaos.md is of this version",
     of == VERSION, f"there {of}, here {VERSION}"),
    ("the last report of doc/chaos.md is of a commit", clean(commit),
     f"there {commit}"),
    ("a report is read over the ends of lines",
     about(head.format("0123abc")) == ("9.9.9", "0123abc"), ""),
    ("commits are told from others",
     clean("0123abc") and clean("v0.2.0-3-g0123abc")
     and not any(map(clean, ("0123abc-dirty", "v0.2.0-3-g0123abc-dirty",
                             "unknown", "none"))), ""),
    ("a page without a report has none",
     about("ioattest 9.9.9, commit 0123abc, nginx/1") == ("none", "none"), ""),
]

failed = 0
for n, (what, good, more) in enumerate(cases, 1):
    failed += not good
    print(f"{'ok' if good else 'not ok'} {n} - {what}")
    if not good and more:
        print(f"# {more}")
print(f"1..{len(cases)}")
sys.exit(failed > 0)
