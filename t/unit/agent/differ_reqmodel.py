#!/usr/bin/python3
"""Compares ioa_reqmodel with a plain statement of the agent's rules.

IOA_DIFFER_COUNT sets how many (default 8000), IOA_DIFFER_SEED which ones.
Speaks TAP.
"""

import hashlib
import json
import os
import random
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../driver"))
import hashfeed as hf
import tap


sys.set_int_max_str_digits(4300)
sys.setrecursionlimit(20000)
rnd = random.Random(hf.SEED)

DECLARED = ["messages", "model", "temperature", "max_tokens", "stream",
            "top_p", "frequency_penalty", "presence_penalty", "stop", "n",
            "logprobs"]
FLOATS = {"temperature", "top_p", "frequency_penalty", "presence_penalty"}


class Refused(Exception):
    pass


def pairs(items):
    if len({k for k, _ in items}) != len(items):
        raise Refused("twice")
    return dict(items)


def constant(_):
    raise Refused("no number")


def real(text):
    v = float(text)
    if v in (float("inf"), float("-inf")):
        raise Refused("too large")
    return v


def depth(v):
    if isinstance(v, dict):
        return 1 + max([depth(x) for x in v.values()] or [0])
    if isinstance(v, list):
        return 1 + max([depth(x) for x in v] or [0])
    return 0


def coerce(name, v):
    if name == "messages" and not isinstance(v, list):
        raise Refused(name)
    if name == "model" and not isinstance(v, str):
        raise Refused(name)
    if name in ("stream", "logprobs") and not isinstance(v, bool):
        raise Refused(name)
    if name in ("max_tokens", "n"):
        if isinstance(v, float) and v == int(v) and abs(v) < 1e16:
            return int(v)
        if not isinstance(v, int) or isinstance(v, bool):
            raise Refused(name)
    if name in FLOATS:
        if isinstance(v, bool) or not isinstance(v, (int, float)):
            raise Refused(name)
        try:
            return float(v)
        except OverflowError:
            raise Refused(name)
    return v


def statement(data):
    try:
        text = data.decode("utf-8")
        text = text[text.startswith("\ufeff"):]
        v = json.loads(text, object_pairs_hook=pairs, parse_float=real,
                       parse_constant=constant)
        if not isinstance(v, dict) or depth(v) > 64:
            return None
        if re.search("[\ud800-\udfff]", json.dumps(v, ensure_ascii=False)):
            return None
        out = {}
        for name in DECLARED:
            if name == "stream" and name not in v:
                out[name] = False
            elif v.get(name) is not None:
                out[name] = coerce(name, v[name])
        for k, x in v.items():
            if k not in DECLARED and x is not None:
                out[k] = x
        s = json.dumps(out, separators=(",", ":")).encode()
        model = v.get("model")
        if not isinstance(model, str) or model == "":
            m = (hf.MODEL_UNKNOWN, b"")
        elif "\x00" in model:
            m = (hf.REQUEST_AMBIGUOUS, b"")
        elif len(model.encode()) > 200:
            m = (hf.MODEL_UNKNOWN, b"")
        else:
            m = (hf.OK, model.encode())
        return (hashlib.sha256(s).hexdigest(), int(v.get("stream") is True),
                m)
    except (ValueError, Refused, RecursionError):
        return None


def key(name):
    if rnd.random() < 0.1 and name:
        i = rnd.randrange(len(name))
        name = name[:i] + "\\u%04x" % ord(name[i]) + name[i + 1:]
    return '"' + name + '"'


def scalar():
    return rnd.choice(["1", "0", "-0", "0.5", "1e2", "1E-7", "true", "false",
                       "null", '"x"', '"\u00e9\\ud83d\\ude00"', "5000.0",
                       "1e400", "NaN", "100000000000000000000",
                       "9007199254740993", "1" * rnd.choice([300, 310, 4300,
                                                             4301]),
                       '"\\ud800"', '"1"', "2.50", "-1.5E+3", "0.7",
                       "0.30000000000000004", "123456789012345680.0"])


def value(d=0):
    k = rnd.randrange(8)
    if k < 4 or d > 3:
        return scalar() if rnd.random() < .5 else rnd.choice(
            ["1", '"a"', "true", "null", "0.25"])
    if k < 6:
        return "[" + ",".join(value(d + 1) for _ in range(
            rnd.randrange(4))) + "]"
    return "{" + ",".join(key("k%d" % (i if rnd.random() < .98 else 0)) + ":"
                          + value(d + 1)
                          for i in range(rnd.randrange(12))) + "}"


GOOD = {"messages": ['[{"role":"user","content":"caf\u00e9"}]', "[]",
                     '[{"role":"user","content":null},null]'],
        "model": ['"m"', '"meta-llama/Llama"', '"caf\\u00e9 \U0001f600"', '""',
                  '"' + "m" * 200 + '"', '"' + "m" * 201 + '"', '"a\\u0000"',
                  '"\\/\\n\\""', '"\\ud83d\\ude00"'],
        "stream": ["true", "false", "null"], "logprobs": ["true", "false"],
        "max_tokens": ["1", "5000", "-0", "-7", "256.0", "1e3", "-0.0",
                       "1e15", "1e16", "0.5"], "n": ["1", "2"],
        "stop": ['"x"', "[]", "null", "1.50"]}


def request():
    names = [n for n in DECLARED if rnd.random() < 0.6]
    names += ["x%d" % i for i in range(rnd.randrange(4))]
    names += rnd.choice([[], [], ["Model"], ["", "model_dump"],
                         ["tool_choice"]])
    rnd.shuffle(names)
    if rnd.random() < 0.03 and names:
        names.append(rnd.choice(names))
    parts = []
    for n in names:
        if rnd.random() < 0.04:
            v = value()
        elif n in GOOD:
            v = rnd.choice(GOOD[n])
        elif n in FLOATS:
            v = rnd.choice(["1", "0", "-0", "0.7", "1e-3", "0.70", "null",
                            "2", "1e22", "-0.0", "5e-324"])
        else:
            v = value()
        parts.append(rnd.choice(["", " ", "\n\t"]) + key(n) + ": " + v)
    s = "{" + ",".join(parts) + "}"
    if rnd.random() < 0.02:
        n = rnd.choice([62, 63, 64, 65])
        s = '{"x":' + "[" * n + "]" * n + "}"
    if rnd.random() < 0.02:
        s = rnd.choice(["", "[]", "null", "\ufeff{}", "\ufeff\ufeff{}",
                        '\ufeff{"model":"m"}', "{} x", " {} ", "{}",
                        '{"a":{"b":1,"b":2}}', '{"a":[{"\\u0062":1,"b":2}]}',
                        '{"a":{"b":{"c":1,"d":2},"c":1},"d":{"b":1}}'])
    b = s.encode("utf-8", "surrogatepass")
    if rnd.random() < 0.03 and b:
        i = rnd.randrange(len(b))
        b = b[:i] + bytes([rnd.randrange(256)]) + b[i + 1:]
    return b


def hostile():
    """Nothing takes more than n log n: time of sizes 1 and 4."""
    makers = {
        "keys of one object": lambda n: b'{"a":{' + b",".join(
            b'"%d":1' % i for i in range(n)) + b"}}",
        "keys with one beginning": lambda n: b"{" + b",".join(
            b'"' + b"x" * 60 + b'%d":1' % i for i in range(n)) + b"}",
        "objects in objects": lambda n: b"[" * 0 + b'{"a":[' + b",".join(
            b'{"a":{"b":{}}}' for _ in range(n)) + b"]}",
    }
    slow = []
    for name, make in makers.items():
        t = []
        for n in (20000, 80000):
            d = make(n)
            a = time.monotonic()
            line = hf.run([("q", 0, d)])[0]
            t.append(time.monotonic() - a)
            if line[:2] != b"0 ":
                slow.append(name + " refused")
        if t[1] > 12 * t[0] + 0.5:
            slow.append("%s %s" % (name, t))
    tap.ok(not slow, "no shape of keys is slow", slow)


def main():
    rounds = hf.rounds(8000)
    data = [request() for _ in range(rounds)]
    recs = [("q", rnd.choice([0, 1, rnd.randrange(2, 1 << 31)]), d)
            for d in data]
    bad = good = 0
    for d, line in zip(data, hf.run(recs)):
        w = statement(d)
        f = line.split(b" ")
        if w is None:
            fits = int(f[0]) == hf.REQUEST_AMBIGUOUS
        else:
            good += 1
            fits = (f[0] == b"0" and f[1].decode() == w[0]
                    and int(f[2]) == w[1] and int(f[3]) == w[2][0]
                    and bytes.fromhex(f[4].decode()) == w[2][1])
        if not fits:
            bad += 1
            print("#", d[:300], line, w)
            if bad > 3:
                break
    tap.ok(not bad, "%d random requests, %d of them with a hash"
           % (len(data), good))
    hostile()
    return tap.done()


sys.exit(main())
