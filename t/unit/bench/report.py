#!/usr/bin/python3
"""How the report of make bench is written: quartiles beside medians, aims of
which one cannot be sure, ratios that are not those of the medians, and no
report of sources that nobody else has.  Speaks TAP.
"""
import contextlib
import io
import os
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__)))))
sys.path[:0] = [TOP + "/bench", TOP + "/t/unit/driver"]

import bench  # noqa: E402
import book  # noqa: E402
import fleet  # noqa: E402
import part_fleet  # noqa: E402
import tap  # noqa: E402
from rig import Missing  # noqa: E402


def quietly(function, *args, **more):
    """(what it returns, what it prints)."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        return function(*args, **more), said.getvalue()


def verdict(*args, **more):
    page = book.Book()
    quietly(page.aim, "a thing", *args, **more)
    return page.aims[0][3]


def numbers():
    page = book.Book()
    quietly(page.figure, "a", [5, 1, 3, 2, 4], "us", "many")
    quietly(page.figure, "b", 7, "us", "one")
    text = page.text([], 1)
    tap.ok("| a | 3 | us | 2 to 4 | many |\n" in text
           and "| b | 7 | us |  | one |\n" in text,
           "a median has its quartiles beside it", text)

    tap.ok(verdict([1, 2, 3, 4, 5], 4.5) == "met"
           and verdict([1, 2, 3, 4, 5], 1.5) == "missed"
           and verdict([1, 2, 3, 4, 5], 1.5, least=True) == "met",
           "an aim that the quartiles are on one side of")
    tap.ok(verdict([1, 2, 3, 4, 5], 3.5) == "unsure"
           and verdict([1, 2, 3, 4, 5], 2.5) == "unsure"
           and verdict([1, 2, 3, 4, 5], 2.5, least=True) == "unsure",
           "one that is between them is unsure")
    tap.ok(verdict(3, 3) == "met" and verdict(3, 2) == "missed",
           "a single value")
    tap.ok(verdict(0, 0, unsure="too few") == "unsure"
           and verdict(0, 0, unsure="") == "met"
           and verdict(1, 0, unsure="too few") == "missed",
           "one that is met by too few to tell")
    tap.ok("**a thing**: too few" in aimed(0, 0, unsure="too few"),
           "and the report says what they are")
    tap.ok("**unsure**" in aimed([1, 2, 3, 4, 5], 3.5)
           and "3 x (2 to 4)" in aimed([1, 2, 3, 4, 5], 3.5),
           "and the report says so")


def aimed(*args, **more):
    page = book.Book()
    quietly(page.aim, "a thing", *args, **more)
    return page.text([], 1)


def ratios():
    page = book.Book()
    quietly(page.ratio, "steady", [2, 4, 6, 8], [1, 2, 3, 4], "twice")
    tap.ok(not page.notes and page.figures[0][1] == 2, "a ratio of each turn")

    # a machine that is half as fast from some turn on
    page = book.Book()
    quietly(page.ratio, "odd", [11, 11, 22, 22, 22], [10, 10, 10, 20, 20],
            "both were slower later")
    tap.ok(len(page.notes) == 1 and "odd: 1.1" in page.notes[0]
           and "2.2 of the two medians" in page.notes[0],
           "one that the medians do not have is spoken of", *page.notes)


SAID = """replace
 a machine replaced every minute, 0.1 requests a second
  {:46} {:>12}   0
  {:46} {:>12}   9 of 10, as far as so few tell{}
 chase, R = T/4, T = 60 s, L = 0.2 s, 6 lives
  {:46} {:>12}   29 by the table{}
  {:46} {:>12}   at most 0.1 %{}
"""


def fleets(known, *verdicts):
    """The page of what bench/fleet.py says."""
    page = book.Book()
    quietly(part_fleet.fleet_said, page, SAID.format(
        "refused", "0/120", "known before its first answer", known,
        verdicts[0], "M = 8: attestations a minute", "25.7", verdicts[1],
        "  waited", "9/9", verdicts[2]).splitlines())
    return page


def fleet_lines():
    tap.ok([fleet.in_time(n, 20) for n in (20, 18, 17, 15, 10)]
           == [True, True, fleet.UNSURE, False, False]
           and not fleet.in_time(0, 20), "nine in ten, of few")
    tap.ok(fleet.in_time(0, 0) == fleet.UNSURE, "and of none")

    page = fleets("18/20", "", "", "")
    tap.ok(page.aims[0][3] == "met"
           and [f[:3] for f in page.figures if f[0] in (
               "fleet_known_0_1", "fleet_draws_8")]
           == [("fleet_known_0_1", 90, "%"), ("fleet_draws_8", 2.57, "1/min")],
           "a fleet's lines are figures", page.figures)
    page = fleets("17/20", "   UNSURE", "", "")
    tap.ok(page.aims[0][3] == "unsure" and "17/20" in page.aims[0][4],
           "an unsure line is none that is met", page.aims)
    page = fleets("17/20", "   UNSURE", "   MISSED", "   MISSED")
    tap.ok(page.aims[0][3] == "missed" and page.aims[0][2] == "2 lines",
           "each line that is missed counts", page.aims)


def git(where, *command):
    subprocess.run(["git", "-C", where, "-c", "user.name=x", "-c",
                    "user.email=x@example.com", *command], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def reported(where):
    """What "make bench" prints and leaves in the page, without its parts."""
    with open(where + "/page", "w") as f:
        f.write("before\n" + book.BEGIN + "old\n" + book.END)
    _, said = quietly(bench.main, [])
    with open(where + "/page") as f:
        return said, f.read()


def missing(page):
    raise Missing("a program is not there")


def unmeasured(page):
    page.unmeasured("an aim", "a program is not there")


def lacking(page):
    page.lacks("a figure", "a program is not there")


def written():
    bench.PARTS.clear()
    bench.PARTS["whole"] = lambda page: None
    with tempfile.TemporaryDirectory() as where:
        book.PAGE, book.quoting = where + "/page", lambda: []
        book.machine = lambda: [f"commit {book.commit()}"]
        top, book.TOP = book.TOP, where + "/tree"
        try:
            os.mkdir(book.TOP)
            os.environ["GIT_CEILING_DIRECTORIES"] = where
            said, page = reported(where)
            tap.ok("not in a repository" in said and "old\n" in page,
                   "without a repository nothing is written down", said)

            with open(book.TOP + "/file", "w") as f:
                f.write("1")
            git(book.TOP, "init")
            git(book.TOP, "add", "file")
            git(book.TOP, "commit", "-m", "one")
            said, page = reported(where)
            tap.ok("old\n" not in page and "commit " in page
                   and "dirty" not in page, "what is committed is", said)

            for lacks, what in ((missing, "a part"), (unmeasured, "an aim"),
                                (lacking, "a figure")):
                bench.PARTS["other"] = lacks
                said, page = reported(where)
                tap.ok("not written: not measured were " in said
                       and "old\n" in page,
                       f"a report that lacks {what} is not", said)
            del bench.PARTS["other"]

            with open(book.TOP + "/file", "w") as f:
                f.write("2")
            said, page = reported(where)
            tap.ok("not written: there are changes" in said
                   and "old\n" in page, "what is not committed is not", said)
        finally:
            book.TOP = top


def main():
    numbers()
    ratios()
    fleet_lines()
    if shutil.which("git"):
        written()
    else:
        tap.skip("a report is written down", "there is no git")
    return tap.done()


sys.exit(main())
