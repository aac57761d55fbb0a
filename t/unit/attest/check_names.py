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
sys.path.insert(0, os.path.join(HERE, "..", "driver"))

import tap                                                  # noqa: E402

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
