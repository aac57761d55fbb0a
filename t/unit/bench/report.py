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
    tap.ok("**unsure**" in aimed([1, 2, 3, 4, 5], 3.5)
           and "3 x (2 to 4)" in aimed([1, 2, 3, 4, 5], 3.5),
           "and the report says so")


def aimed(*args):
    page = book.Book()
    quietly(page.aim, "a thing", *args)
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
    if shutil.which("git"):
        written()
    else:
        tap.skip("a report is written down", "there is no git")
    return tap.done()


sys.exit(main())
