#!/usr/bin/python3
"""doc/chaos.md says how many kinds of answers bench/chaos_kinds.py has, and
which rounds bench/chaos.py."""
import os
import re
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__)))))
sys.path.insert(0, TOP + "/bench")

import chaos  # noqa: E402

with open(os.path.join(TOP, "doc", "chaos.md")) as f:
    PAGE = f.read()

quoted = re.findall(r"\b(\d+)\s+kinds\b", PAGE)
rounds = re.findall(r"(?m)^\| `(\w+)` \| ", PAGE)
cases = [
    ("the number of kinds", set(quoted), {str(len(chaos.KINDS))}),
    ("the rounds", rounds, [name for name in chaos.ROUNDS if name != "check"]),
]

failed = 0
for n, (what, got, wanted) in enumerate(cases, 1):
    failed += got != wanted
    print(f"{'ok' if got == wanted else 'not ok'} {n} - {what} of doc/chaos.md")
    if got != wanted:
        print(f"# there {got}, in the code {wanted}")
print(f"1..{len(cases)}")
sys.exit(failed > 0)
