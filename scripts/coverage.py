#!/usr/bin/python3
"""Says how much of src/core the unit tests have run, file by file.

  coverage.py DIR [--missed]      DIR: objects built with --coverage, and run

A branch is a way out of a condition, as gcov counts them.  --missed prints
the lines of branches that were never taken.
"""
import json
import pathlib
import subprocess
import sys


def counted(data):
    """(path, lines, lines run, branches, branches taken, missed lines)"""
    out = subprocess.run(["gcov", "--json-format", "--stdout", "-b", data],
                         capture_output=True, check=True).stdout
    for file in json.loads(out)["files"]:
        if not file["file"].startswith("src/core/"):
            continue
        lines = file["lines"]
        branches = [(line["line_number"], b["count"]) for line in lines
                    for b in line["branches"]]
        yield (file["file"], len(lines), sum(1 for n in lines if n["count"]),
               len(branches), sum(1 for _, n in branches if n),
               sorted({at for at, n in branches if not n}))


def percent(part, whole):
    return 100 * part / whole if whole else 100


def main(where, show):
    total = [0, 0, 0, 0]
    for data in sorted(pathlib.Path(where).rglob("ioa_*.gcda")):
        for path, *numbers, missed in counted(str(data)):
            if path.endswith(".h"):
                continue
            total = [a + b for a, b in zip(total, numbers)]
            lines, ran, branches, taken = numbers
            print(f"{path:40} lines {percent(ran, lines):5.1f} %  "
                  f"branches {percent(taken, branches):5.1f} %"
                  f"  ({branches - taken} of {branches} not taken)")
            if show and missed:
                print("    " + " ".join(map(str, missed)))
    print(f"{'all':40} lines {percent(total[1], total[0]):5.1f} %  "
          f"branches {percent(total[3], total[2]):5.1f} %"
          f"  ({total[2] - total[3]} of {total[2]} not taken)")
    return 0 if total[0] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], "--missed" in sys.argv))
