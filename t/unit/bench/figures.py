#!/usr/bin/python3
"""What documents say that it costs is what the last report says.

A measured figure in a document carries its name in doc/bench.md behind it, in
a comment: "57 us<!-- bench: over_2k -->".  Each has to be the report's, with
the digits that are quoted; and a figure of that kind without a name, which
nobody could hold to the report, is not allowed.
"""
import os
import re
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__)))))
sys.path.insert(0, TOP + "/bench")

import book  # noqa: E402

# times, shares and ratios: "42 us", "1.8 times"; 10ms is a setting
FIGURE = re.compile(r"\d[\d,]*(?:\.\d+)?(?: (?:us|ms|%)| times| x)(?![\w])")
# figures that nobody measured: (document, what stands there)
OTHERS = {("SECURITY.md", "99.9 %")}
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


def prose(text):
    """The text without what is quoted in fences and between backquotes."""
    return re.sub(r"(?ms)^ *```.*?^ *```$|`[^`\n]*`", "", text)


def unnamed(name, text):
    found = []
    text = prose(text)
    for match in FIGURE.finditer(text):
        rest = text[match.end():]
        if not re.match(r"<!-- bench: \w+ -->", rest) \
                and (name, match[0]) not in OTHERS:
            found.append(match[0])
    return found


def check(name, text, report):
    wrong = [f"{m[1]} is {report.get(m[3], 'not there')}: {m[3]}"
             for m in book.MARK.finditer(text)
             if m[3] not in report or not same(m[1], report[m[3]])]
    # each mark has a figure before it
    wrong += ["a mark without a figure"] * (
        text.count("<!-- bench: ") - len(book.MARK.findall(text)))
    return wrong, unnamed(name, text)


def main():
    with open(book.PAGE) as f:
        report = figures(f.read())
    ok(len(report) >= 20, "the report has figures", len(report))
    quoted = 0
    for path in book.quoting():
        name = os.path.relpath(path, TOP)
        with open(path) as f:
            text = f.read()
        quoted += text.count("<!-- bench: ")
        wrong, loose = check(name, text, report)
        ok(not wrong, f"{name}: its figures are the report's", *wrong)
        ok(not loose, f"{name}: each figure has a name in the report", *loose)
    ok(quoted >= 5, "documents quote the report", quoted)

    # what is to be found is found
    wrong, loose = check("x", "9 us<!-- bench: a --> 7 ms<!-- bench: b --> "
                         "8.0 us<!-- bench: a -->, 42 us, 1.8 times, 3 %, "
                         "10ms `5 us`", {"a": "8.04"})
    ok(len(wrong) == 2, "one that differs, one that is not there", *wrong)
    ok(loose == ["42 us", "1.8 times", "3 %"], "those without a name", *loose)
    ok(same("57", "56.7") and not same("56", "56.7") and same("0.5", "0.45")
       and same("1,234", "1,234") and not same("1,235", "1,234"),
       "as many digits as are quoted")
    print(f"1..{count}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
