#!/usr/bin/env python3
"""Each member of each structure in shared memory has its place in
t/unit/zone/layout.c, and each of these structures is named in
doc/releasing.md: whoever changes one is told to raise the layout's number.

Speaks TAP.
"""

import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
sys.path.insert(0, os.path.join(HERE, "..", "driver"))

import tap                                                  # noqa: E402

ZONE = "src/nginx/zone/"
HEADERS = ("ngx_http_ioattest_zone.h", "ngx_http_ioattest_node.h")

# of a process, or handed from one function to another
NOT_SHARED = set("zone model key resting limits waiter found ended news"
                 .split())


def read(path):
    with open(os.path.join(ROOT, path)) as f:
        return f.read()


def members(body):
    """The names of a structure's members; those of a union have one place."""
    body = re.sub(r"union \{.*?\} (\w+);", r"int \1;", body, flags=re.S)
    names = []
    for one in body.split(";"):
        one = re.sub(r":\s*\d+$", "", one.strip()).strip()
        while one.endswith("]"):
            one = one[:one.rindex("[")].strip()
        if one:
            names.append(re.search(r"(\w+)$", one).group(1))
    return names


def structures():
    text = "".join(read(ZONE + name) for name in HEADERS)
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    found = {}
    for tag, body, name in re.findall(
            r"struct (?:ngx_http_ioattest_(\w+)_s )?\{(.*?)\n\}"
            r"(?: ngx_http_ioattest_(\w+)_t)?;", text, re.S):
        found[tag or name] = members(body)
    return found


def main():
    found = structures()
    for name in sorted(NOT_SHARED):
        tap.ok(name in found, "%s is there, and not shared" % name)
    shared = {name: m for name, m in found.items() if name not in NOT_SHARED}
    places = {}
    for kind, name, member in re.findall(
            r"^    +(SIZE|AT|BIT)\((\w+)(?:, (\w+))?, \d+\)",
            read("t/unit/zone/layout.c"), re.M):
        places.setdefault(name, [])
        if kind != "SIZE":
            places[name].append(member)
    page = read("doc/releasing.md")
    for name in sorted(set(shared) | set(places)):
        tap.ok(sorted(places.get(name, [])) == sorted(shared.get(name, [])),
               "t/unit/zone/layout.c has the members of %s, and its size"
               % name, set(shared.get(name, [])) ^ set(places.get(name, [])))
        tap.ok("`%s`" % name in page, "doc/releasing.md names " + name)

    # structures that only one file knows could not be compared
    for name in sorted(os.listdir(os.path.join(ROOT, ZONE))):
        own = re.findall(r"^(?:typedef )?struct (\w*) ?\{.*?^\} ?(\w*);",
                         read(ZONE + name), re.M | re.S)
        if name.endswith(".c"):
            tap.ok(set(a or b for a, b in own)
                   <= {"ngx_http_ioattest_known_key_t"},
                   name + " keeps no structure of shared memory to itself",
                   own)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
