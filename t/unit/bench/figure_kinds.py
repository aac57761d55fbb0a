#!/usr/bin/python3
"""What figures.py takes for a figure, and for none: each way in which one can
be written.  Speaks TAP.
"""
import os
import re
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__)))))
sys.path[:0] = [TOP + "/t/unit/bench", TOP + "/t/unit/driver"]

import figures  # noqa: E402
import tap  # noqa: E402
from figures import check, same  # noqa: E402

FIGURES = (
    "46 us", "46us", "46\nus", "46 µs", "46µs", "46 μs", "46ms", "3 ms",
    "46 ns", "5.1 s", "10-16 us", "46 microseconds", "3 milliseconds",
    "900 nanoseconds", "1 second", "1.8 times", "3x", "2 x", "1.3 ×", "1.3×",
    "1.3-fold", "13,000 requests a second", "13,000 rps", "13,000 requests/s",
    "13,000 req/s", "13,000\nresponses per second", "9 a minute",
    "0.3 attestations a\nminute", "3 %", "3%", "15 percent", "15 per cent",
    "24,000 instructions", "1.19 recovers", "4 MB/s")
COSTS = ("takes 3 MB", "costs some 3 MB", "needs about 40 kB", "uses 3 MiB",
         "grew by 52 kB")
WORDS = ("a million requests", "half a million responses", "2.5 million events",
         "three thousand mutants", "two million verified answers")
NONE = ("0x12", "10s", "TLS 1.3 says", "5 systems", "`5 us`", "`46ms`",
        "up to 3 MB", "4 MB are enough", "a zone of 4 MB", "3 requests wait",
        "percent-encoded", "-fold", "2 xylophones", "5 msgs")


def names():
    wrong, loose, _ = check(
        "x", "9 us<!-- bench: a --> 7 ms<!-- bench: b --> "
        "8.0 us<!-- bench: a -->, 42 us, 1.8 times, 3 %, 10s `5 us`",
        {"a": "8.04"})
    tap.ok(len(wrong) == 2, "one that differs, one that is not there", wrong)
    tap.ok(loose == ["42 us", "1.8 times", "3 %"], "those without a name",
           loose)
    _, loose, unused = check("x", "a limit of 3 % and 5 %", {},
                             {"a limit of 3 %": "", "9 %": ""})
    tap.ok(loose == ["5 %"] and unused == ["9 %"],
           "a reason is for what it names alone", (loose, unused))
    tap.ok(same("57", "56.7") and not same("56", "56.7")
           and same("0.5", "0.45") and same("1,234", "1,234")
           and not same("1,235", "1,234"), "as many digits as are quoted")


def kinds():
    for figure in FIGURES + COSTS:
        _, loose, _ = check("x", f"It {figure}, it says.", {})
        tap.ok(len(loose) == 1, f"{figure!r} is a figure", loose)
        wrong, loose, _ = check(
            "x", f"It {figure}<!-- bench: a -->",
            {"a": re.search(r"[\d,.]+(?=\D*$)", figure)[0]})
        tap.ok(not wrong and not loose, "... and may have a name",
               (wrong, loose))
    for words in WORDS:
        _, loose, _ = check("x", f"It took {words}, it says.", {})
        tap.ok(len(loose) == 1, f"{words!r} is to be in digits", loose)
    for other in NONE:
        tap.ok(not check("x", f"It is {other}.", {})[1], f"{other!r} is none")
    table = "| a | calls a minute |\n| --- | --- |\n| 7 | %s |\n"
    tap.ok(check("x", table % "0.3", {})[1] == ["0.3"]
           and check("x", table % "5 s", {})[1] == ["5 s"]
           and not check("x", table % "0.3<!-- bench: a -->", {"a": "0.3"})[1],
           "under a head that names the unit")


def counts():
    said = figures.counted(
        "A run had 990,334 requests.\n\nIt took 930 minutes.\n\n"
        "| requests: the sum | 16,894 |\n\nAn answer is one of 226 kinds.\n",
        "| table | mutants | killed |\n| --- | --- | --- |\n"
        "| `json` | 30 | 29 |\n| all | 687 | 675 |\n")

    def found(name, text):
        return figures.miscounted(name, text, said)

    for text in ("16,894 requests", "990,334 requests", "226 kinds",
                 "687 mutants", "30 mutants", "9 requests a second"):
        tap.ok(not found("README.md", f"Of {text}."),
               f"{text!r} may be said", found("README.md", text))
    for text in ("16,895 requests", "930 requests", "9 tampered answers",
                 "227 kinds", "686 mutants", "675\nmutants"):
        tap.ok(len(found("README.md", f"Of {text}.")) == 1,
               f"{text!r} may not", found("README.md", text))
    tap.ok(found("HACKING.md", "686 mutants")
           and not found("CHANGES", "the first 1,000 requests"),
           "elsewhere that is so for mutants alone")


def versions():
    page = "- ioattest 1.2.3, commit %s\n- 2 x a processor\n"
    good = figures.of_this_version(page % "83d428b", "1.2.3")
    tap.ok(good is None, "a report of this version", good)
    for commit, version, what in (
            ("83d428b", "1.2.4", "another version"),
            ("83d428b-dirty", "1.2.3", "sources with changes"),
            ("none", "1.2.3", "sources of no repository")):
        tap.ok(figures.of_this_version(page % commit, version),
               f"one of {what} is none")
    tap.ok(figures.of_this_version("", "1.2.3"), "nor one that does not say")


names()
kinds()
counts()
versions()
sys.exit(tap.done())
