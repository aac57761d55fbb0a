#!/usr/bin/env python3
"""doc/checks.md names every check of the code, and none that is not there.

A check's name is a literal that begins with its family; a "#" in it stands
for a GPU's number ("gpu.#.chain") or a document ("tdx.#.chain").
"""

import glob
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..", "..")
sys.path[:0] = [os.path.join(HERE, "..", "driver"),
                os.path.join(ROOT, "t", "lib", "sim")]

import tap                                                  # noqa: E402
from faults import (expect, gpu, nras, ocsp, pcs, snp,      # noqa: E402,F401
                    tdx)

FAMILIES = "reply|cpu|tdx|sev_snp|gpu|nras"
LITERAL = re.compile(r'"((?:%s)\.[a-z0-9_.#]*[a-z0-9_])"' % FAMILIES)


def read(path):
    with open(path) as f:
        return f.read()


def code_names(texts):
    found = {}
    for path, text in texts.items():
        text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
        for name in LITERAL.findall(text):
            found.setdefault(name, path)
    return found


def document_names(text):
    names = set()
    for line in text.splitlines():
        m = re.match(r"\| `([a-z0-9_.<>]+)` \|", line)
        if m:
            names.add(m.group(1).replace("<n>", "#").replace("<document>",
                                                            "#"))
    return names


def claims(text):
    """SECURITY.md's table: (check, function, file, test, case or None)."""
    rows = []
    for line in text.splitlines():
        m = re.match(r"\| [^|]+ \| `([^`]+)` \| `(\w+)\(\)`, `([^`]+)` \| "
                     r"`([^`]+)`(?:: `([^`]+)`)? \|$", line)
        if m:
            rows.append(m.groups())
    return rows


def table_rows(text):
    """How many rows there are, well formed or not."""
    at = text.index("| claim | check |")
    return sum(line.startswith("| ") for line in
               text[at:].splitlines()) - 2


def claim_faults(row, made, reasons, cases):
    """What of one row does not exist."""
    check, function, path, test, case = row
    name = check.replace("<n>", "#").replace("<document>", "#")
    if name not in made and check not in reasons:
        yield "no check %s" % check
    whole = os.path.join(ROOT, path)
    if not os.path.exists(whole):
        yield "no file %s" % path
    elif not re.search(r"^%s\(" % function, read(whole), re.M):
        yield "no function %s in %s" % (function, path)
    if not os.path.exists(os.path.join(ROOT, test)):
        yield "no test %s" % test
    if case and case not in cases:
        yield "no case %s" % case


def main():
    paths = glob.glob(os.path.join(ROOT, "src", "*", "*", "*.c"))
    texts = {os.path.relpath(p, ROOT): read(p) for p in paths}
    said = document_names(read(os.path.join(ROOT, "doc", "checks.md")))
    made = code_names(texts)

    tap.ok(len(made) > 100 and len(said) > 100, "names are found")
    missing = sorted("%s (%s)" % (n, made[n]) for n in made if n not in said)
    tap.ok(not missing, "every check is documented", missing)
    stale = sorted(said - set(made))
    tap.ok(not stale, "no check is documented that is not there", stale)

    security = read(os.path.join(ROOT, "SECURITY.md"))
    rows = claims(security)
    reasons = set(re.findall(r'"([a-z_]+)"', texts["src/core/base/"
                                                   "ioa_status.c"]))
    cases = set(expect.EXPECT)
    tap.ok(len(rows) > 30 and len(rows) == table_rows(security),
           "every row of SECURITY.md's claims can be read",
           [len(rows), table_rows(security)])
    wrong = [w for row in rows
             for w in claim_faults(row, made, reasons, cases)]
    tap.ok(not wrong, "what it names exists", wrong)
    for path, n in (("src/no.c", 4), ("src/core/base/ioa_time.c", 4)):
        stray = ("gpu.no_such", "ioa_no_such", path, "t/no.t", "no_case")
        tap.ok(len(list(claim_faults(stray, made, reasons, cases))) == n,
               "a row that names what is not there is found")

    # a name that is no literal of a family would be seen nowhere above
    strays = []
    for path, text in texts.items():
        for m in re.finditer(r'\{ "([^"]+)", ioa_\w+_step_\w+ \}', text):
            if not LITERAL.match('"%s"' % m.group(1)):
                strays.append("%s: %s" % (path, m.group(1)))
    tap.ok(not strays, "every step's name has a family", strays)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
