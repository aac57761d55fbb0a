#!/usr/bin/python3
"""What documents say that it costs is what the last report says.

A measured figure in a document carries its name in doc/bench.md behind it, in
a comment: "57 us<!-- bench: over_2k -->".  Each has to be the report's, with
the digits that are quoted; and a figure of that kind without a name, which
nobody could hold to the report, is not allowed, unless unmeasured.txt says why
it is none of the bench: a setting, a limit, what another program measured.
In a table a figure is also what stands under a head that names its unit.
"""
import os
import re
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__)))))
sys.path.insert(0, TOP + "/bench")

import book  # noqa: E402

# Times, shares, ratios, rates: "42 us", "1.8 times", "3x", "13,000 requests a
# second"; a line may end before the unit.  "10s" and "0x" are none.
FIGURE = re.compile(r"(?<![\w.,])(?!0x)\d[\d,]*(?:\.\d+)?"
                    r"(?:\s+|(?!m?s\b))" + book.UNIT + r"(?!\w)")
HEAD = re.compile(r"(?:^|\s)" + book.UNIT + r"(?!\w)")
NUMBER = re.compile(r"(?<![\w.,-])\d[\d,]*(?:\.\d+)?(?!\w)")
MARKED = re.compile(r"<!-- bench: \w+ -->")
UNMEASURED = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                          "unmeasured.txt")
count = failed = 0


def ok(good, name, *more):
    global count, failed
    count += 1
    failed += not good
    print(f"{'' if good else 'not '}ok {count} - {name}")
    for line in more if not good else ():
        print(f"# {line}")


def figures(page):
    """{name: value as it is written} of the table in doc/bench.md."""
    table = page.partition("### Figures")[2].partition("### Notes")[0]
    return dict(re.findall(r"(?m)^\| (\w+) \| ([\d.,]+) \| ", table))


def number(text):
    return float(text.replace(",", ""))


def same(quoted, value):
    """Whether QUOTED is VALUE with as many digits as QUOTED has; of VALUE
    three were kept, so that its last may have been rounded once already."""
    unit = 10.0 ** -len(quoted.partition(".")[2])
    kept = 10.0 ** -len(value.partition(".")[2]) if "." in value else 1
    slack = unit / 2 + (kept / 2 if kept < unit else 0) + 1e-9
    return abs(number(quoted) - number(value)) <= slack


def no_code(text):
    """The text without what is quoted in fences and between backquotes."""
    return re.sub(r"(?ms)^ *```.*?^ *```$|`[^`\n]*`", "", text)


def prose(name, text):
    """The text without code, and YAML without its marks of comments; white
    space is one space, a paragraph's and a table row's end one line's."""
    text = no_code(text)
    if name.endswith(".yml"):
        text = re.sub(r"(?m)^\s*#\s?", "", text)
    text = re.sub(r"(?m)^\|.*$", lambda m: m[0] + "\n", text)
    return re.sub(r"\s*\n(?:\s*\n)+|\s+",
                  lambda m: "\n" if m[0].count("\n") > 1 else " ", text)


def exceptions(text):
    """{document: {what stands there: why}} of unmeasured.txt."""
    found = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, _, rest = line.partition(" | ")
            stands, _, why = rest.rpartition(" | ")
            found.setdefault(name, {})[stands] = why
    return found


def under_heads(text):
    """Numbers without a unit in columns of tables whose head names it."""
    heads = []
    for line in text.splitlines():
        cells = line.strip("|").split("|") if line.startswith("|") else []
        if not cells or not heads:
            heads = cells
            continue
        for head, cell in zip(heads, cells):
            if HEAD.search(head):
                yield from ((m[0], cell[m.end():])
                            for m in NUMBER.finditer(cell))


def unnamed(name, text, allowed):
    """(figures that have neither a name nor a reason, reasons not needed)."""
    text = prose(name, text)
    unused = [stands for stands in allowed if stands not in text]
    for stands in sorted(allowed, key=len, reverse=True):
        text = text.replace(stands, "")
    found = [m[0] for m in FIGURE.finditer(text)
             if not MARKED.match(text[m.end():])]
    found += [number for number, rest in under_heads(text)
              if not MARKED.match(rest) and not FIGURE.match(number + rest)]
    return found, unused


def check(name, text, report, allowed=()):
    marked = no_code(text)
    wrong = [f"{m[1]} is {report.get(m[3], 'not there')}: {m[3]}"
             for m in book.MARK.finditer(marked)
             if m[3] not in report or not same(m[1], report[m[3]])]
    # each mark has a figure before it
    wrong += ["a mark without a figure"] * (
        marked.count("<!-- bench: ") - len(book.MARK.findall(marked)))
    return (wrong, *unnamed(name, text, allowed))


def main():
    with open(book.PAGE) as f:
        report = figures(f.read())
    with open(UNMEASURED) as f:
        allowed = exceptions(f.read())
    ok(len(report) >= 20, "the report has figures", len(report))
    quoted = 0
    names = [os.path.relpath(path, TOP) for path in book.stating()]
    ok(set(allowed) <= set(names), "reasons are of documents that are read",
       *set(allowed) - set(names))
    for name in names:
        with open(os.path.join(TOP, name)) as f:
            text = f.read()
        quoted += text.count("<!-- bench: ")
        wrong, loose, unused = check(name, text, report,
                                     allowed.get(name, ()))
        ok(not wrong, f"{name}: its figures are the report's", *wrong)
        ok(not loose, f"{name}: each figure has a name in the report", *loose)
        ok(not unused, f"{name}: what has a reason stands there", *unused)
    ok(quoted >= 5, "documents quote the report", quoted)

    # what is to be found is found
    wrong, loose, _ = check(
        "x", "9 us<!-- bench: a --> 7 ms<!-- bench: b --> "
        "8.0 us<!-- bench: a -->, 42 us, 1.8 times, 3 %, 10s `5 us`",
        {"a": "8.04"})
    ok(len(wrong) == 2, "one that differs, one that is not there", *wrong)
    ok(loose == ["42 us", "1.8 times", "3 %"], "those without a name", *loose)
    for figure in ("13,000 requests a second", "3x", "46\nus", "46us",
                   "24,000 instructions", "4 MB/s", "1.19 recovers", "5.1 s",
                   "9 a minute", "10-16 us", "0.3 attestations a\nminute", "2 x"):
        _, loose, _ = check("x", f"It takes {figure}, it says.", {})
        ok(len(loose) == 1, f"{figure!r} is a figure", *loose)
        wrong, loose, _ = check(
            "x", f"{figure}<!-- bench: a -->",
            {"a": re.search(r"[\d,.]+(?=\D*$)", figure)[0]})
        ok(not wrong and not loose, "... and may have a name", *wrong, *loose)
    table = "| a | calls a minute |\n| --- | --- |\n| 7 | %s |\n"
    ok(check("x", table % "0.3", {})[1] == ["0.3"]
       and check("x", table % "5 s", {})[1] == ["5 s"]
       and not check("x", table % "0.3<!-- bench: a -->", {"a": "0.3"})[1],
       "under a head that names the unit")
    for other in ("0x12", "10s", "TLS 1.3 says", "5 systems", "`5 us`"):
        ok(not check("x", other, {})[1], f"{other!r} is none")
    _, loose, unused = check("x", "a limit of 3 % and 5 %", {},
                             {"a limit of 3 %": "", "9 %": ""})
    ok(loose == ["5 %"] and unused == ["9 %"],
       "a reason is for what it names alone", *loose, *unused)
    ok(same("57", "56.7") and not same("56", "56.7") and same("0.5", "0.45")
       and same("1,234", "1,234") and not same("1,235", "1,234"),
       "as many digits as are quoted")
    print(f"1..{count}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
