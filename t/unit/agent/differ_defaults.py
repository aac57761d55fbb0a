#!/usr/bin/python3
"""Compares requests with defaults of the API's front (ioa_defaults) with the
simulator's model of front and agent.

IOA_DIFFER_COUNT sets how many (default 6000), IOA_DIFFER_SEED which ones.
Speaks TAP.
"""

import json
import os
import random
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "../driver"),
                os.path.join(HERE, "../../lib/sim")]
import hashfeed as hf
import tap
from api import canon

rnd = random.Random(hf.SEED)

VALUES = {"temperature": [0.7, 1, 0, 1e-3, 2.5, None],
          "top_p": [1, 0.95, -0.0], "n": [1, 2, 2.0, None],
          "frequency_penalty": [0, 0.5], "presence_penalty": [0, -1],
          "logprobs": [False, True, None], "max_tokens": [256, 16.0],
          "stop": [None, [], "\u00e9", {"a": None}],
          "tool_choice": ["none", "auto", {"type": "function"}, None],
          "parallel_tool_calls": [False, True],
          "stream_options": [{"include_usage": True}, {}, None, [], "x",
                             {"include_usage": False, "deep": {"a": 1}},
                             {"deep": {"b": [1e16, 1e-7]}}],
          "": [1], "caf\u00e9 \u007f\"": [{"\U0001f600": 1}]}
CLIENT = {"messages": [[], [{"role": "user", "content": "hi \u00e9"}], None],
          "model": ["m", "meta-llama/Llama"], "stream": [True, False, None],
          "extra": [1, {"n": 1}], "seed": [2**70]}


def pick(chance, *tables):
    names = [n for table in tables for n in table if rnd.random() < chance]
    rnd.shuffle(names)
    values = {n: v for table in tables for n, v in table.items()}
    return {n: rnd.choice(values[n]) for n in names}


def text(value):
    return json.dumps(value, ensure_ascii=rnd.random() < 0.5,
                      indent=rnd.choice([None, None, 1])).encode()


def differ():
    cases = [(pick(0.4, VALUES), pick(0.5, VALUES, CLIENT))
             for _ in range(hf.rounds(6000))]
    records = [("d", rnd.choice([0, 1, rnd.randrange(2, 1 << 31)]),
                text(d) + b"\0" + text(r)) for d, r in cases]
    bad = added = 0
    for (defaults, request), line in zip(cases, hf.run(records)):
        want = canon.Request(json.dumps(request).encode(), None, defaults)
        plain = canon.Request(json.dumps(request).encode())
        added += want.canonical != plain.canonical
        field = line.split(b" ")
        if (field[0] != b"0"
                or field[1].decode() != canon.sha256_hex(want.canonical)
                or int(field[2]) != int(want.stream)):
            bad += 1
            print("#", defaults, request, line)
            if bad > 3:
                break
    tap.ok(not bad, "%d requests with defaults, as if they had been sent"
           % len(cases))
    tap.ok(added > len(cases) // 2, "to %d of them something was added"
           % added)


# What is no file of defaults, and what is said of it.
WRONG = [
    (b"", "line 1: this is not JSON"),
    (b"[]", "line 1: this is not a JSON object"),
    (b'{"a":1,\n"a":2}', 'line 2: member "a" is duplicate'),
    (b'{"a":1,\n"b":{"c":1,\n"\\u0063":2}}',
     'line 3: member "c" is duplicate'),
    (b'{"n":1,\n\n"top_p":1', "line 3: this is not JSON"),
    (b'{"n":1}{}', "line 1: this is not JSON"),
    (b'{"n":1,\n"temperature":"0.7"}',
     "line 2: temperature: a string for a number"),
    (b'{"n":\n1.5}', "line 2: n: not a whole number"),
    (b'{"logprobs":0}', "line 1: logprobs: not a bool"),
    (b'{"x":NaN}', "line 1: this is not JSON"),
    (b'{"x":1e400}', "line 1: a number that is malformed, too large or too long"),
    (b'{"n":1,\n"model":"m"}',
     "line 2: model: cannot be a default: the gateway goes by what the client"
     " says there"),
    (b'{"messages":[]}',
     "line 1: messages: cannot be a default: the gateway goes by what the"
     " client says there"),
    (b'{"stream":false}',
     "line 1: stream: cannot be a default: the gateway goes by what the"
     " client says there"),
    (b'{"a":\n' + b"[" * 8 + b"]" * 8 + b"}",
     "line 2: this is nested deeper than 8 levels"),
    (b"{" + b",".join(b'"%d":1' % i for i in range(65)) + b"}",
     "line 1: this object has more than 64 members"),
    (b'{"a":"' + b"x" * 65536 + b'"}', "it has more than 65536 bytes"),
]


def wrong():
    records = [("d", 0, d + b"\0{}") for d, _ in WRONG]
    for (_, want), line in zip(WRONG, hf.run(records)):
        tap.ok(line == b"bad " + want.encode(), want, line)
    good = [b"{}", b'{"a":' + b"[" * 7 + b"]" * 7 + b"}",
            b'{"n":null}', b"{" + b",".join(b'"%d":1' % i
                                            for i in range(64)) + b"}"]
    lines = hf.run([("d", 0, d + b"\0{}") for d in good])
    tap.ok(all(line[:2] == b"0 " for line in lines),
           "what is at the bounds is taken", lines)


def ambiguous():
    """Defaults do not make a request less ambiguous."""
    bodies = [b'{"n":1,"n":1}', b'{"n":"1"}', b"[]", b"{", b'{"n":1.5}',
              b'{"stream_options":{"a":1,"a":1}}']
    lines = hf.run([("d", 0, b'{"n":1,"stream_options":{"a":1}}\0' + b)
                    for b in bodies])
    tap.ok(all(int(line.split(b" ")[0]) == hf.REQUEST_AMBIGUOUS
               for line in lines), "an ambiguous request stays so", lines)


def large():
    """A hostile request costs no more than its size."""
    body = b"{" + b",".join(b'"k%d":1' % i for i in range(200000)) + b"}"
    defaults = json.dumps({"k%d" % i: 1 for i in range(64)}).encode()
    line = hf.run([("d", 0, defaults + b"\0" + body)])[0]
    tap.ok(line[:2] == b"0 ", "200,000 members and 64 defaults", line)


def main():
    differ()
    wrong()
    ambiguous()
    large()
    return tap.done()


sys.exit(main())
