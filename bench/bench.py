#!/usr/bin/python3
"""One report of what verification costs, beside what it is to cost.

  bench.py [PART ...]           what "make bench B=PART" runs

  response      worker CPU for a verified response and for a stream
  hash          canonical hashing beside SHA-256
  others        the same job in Python, in Node, and in Lua in nginx
  python, node, lua     one of them alone
  workers       one worker and two
  zone          1, 1,000 and 100,000 trusted machines
  stall         other requests while reports of 8 GPUs are verified
  fleet         a gateway in front of many machines
  instructions  instructions, by callgrind

Without a part all of them, and the report goes into doc/bench.md and its
figures to where documents quote them, unless there are changes that are not
committed, for then nobody can tell what was measured, or something could not
be measured.  Exit status 0 also where an aim is missed, 1 where something does
not work, as a gateway that lets a tampered answer through.
"""
import sys
import time

import book
import part_fleet
import part_others
import part_response
import part_workers
import part_zone
from rig import Missing

PARTS = {
    "response": part_response.response, "hash": part_response.hashing,
    "others": part_others.others, "workers": part_workers.workers,
    "zone": part_zone.zone, "stall": part_fleet.stall,
    "fleet": part_fleet.fleet, "instructions": part_fleet.instructions,
}
ALONE = {
    "python": part_others.python, "node": part_others.node,
    "lua": part_others.lua,
}


def main(names):
    every = {**PARTS, **ALONE}
    for name in names:
        if name not in every:
            sys.exit(f"bench.py: there is no part {name}; there are "
                     + ", ".join(every))
    start = time.time()
    before = book.load_average()
    page = book.Book()
    for line in book.machine():
        print(line)
    print(before + (": the machine is not quiet" if page.busy else ""))
    why = book.why_not()
    if not names and why:
        print(f"The report will not be written down: {why}.")
    for name in names or PARTS:
        try:
            every[name](page)
        except Missing as missing:
            page.lacks(name, missing)
    page.end()
    if names:
        return
    if page.lacking:
        why = "not measured were " + "; ".join(page.lacking)
    if why:
        print(f"\nnot written: {why}")
    else:
        page.write(book.machine() + [f"{before} at the beginning"],
                   (time.time() - start) / 60)


if __name__ == "__main__":
    main(sys.argv[1:])
