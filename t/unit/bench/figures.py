#!/usr/bin/python3
"""What documents say that it costs is what the last report says.

A measured figure in a document carries its name in doc/bench.md behind it, in
a comment: "57 us<!-- bench: over_2k -->".  Each has to be the report's, with
the digits that are quoted; and a figure of that kind without a name, which
nobody could hold to the report, is not allowed, unless unmeasured.txt says why
it is none of the bench: a setting, a limit, what another program measured.
In a table a figure is also what stands under a head that names its unit.

The report has to be of this version, of sources that were committed.  How many
mutants there are is said as doc/mutants.md has it, and README.md says of
requests, answers and their kinds what doc/chaos.md does.  What counts as a
figure: figure_kinds.py.
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
                    r"(?:\s+|(?!s\b))" + book.UNIT + r"(?!\w)")
# A size is a figure where it is what something takes: others are limits.
COST = re.compile(r"\b(?:tak(?:es?|ing)|took|costs?|costing|needs?|uses?|using"
                  r"|gr[oe]ws?(?:\s+by)?)\s+(?:[a-z]+\s+){0,2}"
                  r"(\d[\d,]*(?:\.\d+)?\s*[KkMG]i?B)(?!\w)")
# Large numbers in words, which nobody can compare
WORDS = re.compile(r"\b(?:an?|half\s+an?|one|two|three|several|\d[\d,.]*)\s+"
                   r"(?:thousand|million|billion)\s+(?:[a-z]+\s+)?"
                   r"(?:answers|events|mutants|requests|responses|streams)\b")
COUNT = re.compile(r"(?<![\w.,])(\d[\d,]*)\s+(?:[a-z]+\s+)?"
                   r"(answers|kinds|mutants|requests|responses)\b"
                   r"(?!/|\s+(?:a|per)\s+(?:second|minute))")
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


def of_this_version(page, version):
    """Why the report is not one of this version that anybody could make
    again, or None."""
    found = re.search(r"(?m)^- ioattest (\S+), commit (\S+)$", page)
    if not found:
        return "it does not say of which version it is"
    if found[1] != version:
        return f"it is of {found[1]}, and this is {version}"
    if found[2] == "none" or found[2].endswith("-dirty"):
        return f"it is of sources that are in no commit: {found[2]}"
    return None


def version():
    with open(TOP + "/src/core/attest/ioattest.h") as f:
        return re.search(r'IOA_VERSION\s+"(.*)"', f.read())[1]


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
    found += [m[1] for m in COST.finditer(text)
              if not MARKED.match(text[m.end():])]
    found += [m[0] for m in WORDS.finditer(text)]
    return found, unused


def counted(chaos, mutants):
    """{what is counted: numbers that may be said of it} of the two pages."""
    said = {what: {n for line in prose("", chaos).splitlines() if what in line
                   for n in re.findall(r"\d[\d,]*\d|\d", line)}
            for what in ("answers", "kinds", "requests", "responses")}
    said["mutants"] = set(re.findall(r"(?m)^\| (?:all|`\w+`) \| (\d+) \| ",
                                     mutants))
    return said


def miscounted(name, text, said):
    """Counts in a document that are not those of the pages."""
    return [m[0] for m in COUNT.finditer(prose(name, text))
            if (name == "README.md" or m[2] == "mutants")
            and m[1] not in said[m[2]]]


def check(name, text, report, allowed=()):
    marked = no_code(text)
    wrong = [f"{m[1]} is {report.get(m[3], 'not there')}: {m[3]}"
             for m in book.MARK.finditer(marked)
             if m[3] not in report or not same(m[1], report[m[3]])]
    # each mark has a figure before it
    wrong += ["a mark without a figure"] * (
        marked.count("<!-- bench: ") - len(book.MARK.findall(marked)))
    return (wrong, *unnamed(name, text, allowed))


def read(name):
    with open(os.path.join(TOP, name)) as f:
        return f.read()


def main():
    page = read("doc/bench.md")
    report = figures(page)
    why = of_this_version(page, version())
    ok(not why, "the report is of this version and of a commit", why)
    said = counted(read("doc/chaos.md"), read("doc/mutants.md"))
    ok(len(said["requests"]) > 1 and len(said["mutants"]) > 1,
       "the pages have counts", said)
    with open(UNMEASURED) as f:
        allowed = exceptions(f.read())
    ok(len(report) >= 20, "the report has figures", len(report))
    quoted = 0
    names = [os.path.relpath(path, TOP) for path in book.stating()]
    ok(set(allowed) <= set(names), "reasons are of documents that are read",
       *set(allowed) - set(names))
    for name in names:
        text = read(name)
        quoted += text.count("<!-- bench: ")
        wrong, loose, unused = check(name, text, report,
                                     allowed.get(name, ()))
        ok(not wrong, f"{name}: its figures are the report's", *wrong)
        ok(not loose, f"{name}: each figure has a name in the report", *loose)
        ok(not unused, f"{name}: what has a reason stands there", *unused)
        if name != "doc/mutants.md":
            loose = miscounted(name, text, said)
            ok(not loose, f"{name}: counts are those of the pages", *loose)
    ok(quoted >= 5, "documents quote the report", quoted)

    print(f"1..{count}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
