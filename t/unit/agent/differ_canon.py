#!/usr/bin/python3
"""Compares ioa_pyjson with Python's json on random texts.

IOA_DIFFER_COUNT sets how many (default 6000), IOA_DIFFER_SEED which ones.
Speaks TAP.
"""

import json
import os
import random
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../driver"))
import hashfeed as hf
import tap


sys.set_int_max_str_digits(4300)
rnd = random.Random(hf.SEED)


def number():
    k = rnd.randrange(14)
    if k == 0:
        return str(rnd.randrange(-10 ** rnd.randrange(1, 40),
                                 10 ** rnd.randrange(1, 40)))
    if k == 1:
        return repr(rnd.random() * 10 ** rnd.randrange(-12, 20))
    if k == 2:
        return "%.17g" % (-rnd.random())
    if k == 3:
        x = rnd.uniform(-10, 10) * 10.0 ** rnd.randrange(-320, 300)
        return "%.*e" % (rnd.randrange(0, 25), x)
    if k == 4:
        x = struct.unpack("<d", struct.pack("<Q", rnd.getrandbits(64)))[0]
        return repr(x) if x == x and abs(x) != float("inf") else "1.0"
    if k == 5:
        x = struct.unpack("<d", struct.pack("<Q", rnd.getrandbits(64)))[0]
        return "%.*e" % (rnd.randrange(0, 20), x) if x == x and abs(
            x) != float("inf") else "1E2"
    if k == 6:
        return rnd.choice(["0", "-0", "-0.0", "0.0", "0e5", "-0E-9", "1E2",
                           "1e400", "-1e400", "1e-400", "5e-324", "2e-324",
                           "1e16", "1e15", "1e-7", "0.0001", "0.00001", "1e22",
                           "1e23", "9007199254740993.0", "4.9e-324",
                           "1.7976931348623159e308", "2.2250738585072011e-308",
                           "123456789012345678901234567890.5", "1.50",
                           "100000000000000000000.0", "9999999999999999.0",
                           "0.1e1", "1e99999999999999999999",
                           "1e-99999999999999999999", "12e+05",
                           "0.30000000000000004",
                           "01", "1.", ".5", "+1", "1e", "1e+", "-", "--1",
                           "1.5.2", "1-2", "0x10", "1_0", "1" * 4299,
                           "1" * 4300, "1" * 4301, "-" + "9" * 4300,
                           "0." + "3" * 900, "1" + "0" * 850 + "1.5",
                           "1" * 310 + ".0", "1" * 308 + "e0"])
    if k == 7:
        e = rnd.randrange(-1074, 1024)
        return repr(2.0 ** e) if rnd.random() < .5 else "%.20e" % (2.0 ** e)
    if k == 8:
        # near a middle between two doubles
        x = rnd.getrandbits(53) | 1 << 52
        e = rnd.randrange(-90, 20)
        from fractions import Fraction
        f = (Fraction(2 * x + 1) * Fraction(2) ** (e - 1))
        d = rnd.randrange(15, 40)
        s = "%d" % (f * 10 ** d)
        s = str(int(s) + rnd.choice([-1, 0, 0, 1]))
        return s + "e-%d" % d
    if k == 9:
        return "%d.%se%d" % (rnd.randrange(100), "".join(
            rnd.choice("0123456789") for _ in range(rnd.randrange(1, 22))),
            rnd.randrange(-30, 30))
    return rnd.choice([str(rnd.randrange(1000)), "%.3f" % rnd.random(),
                       repr(-rnd.random()), repr(round(rnd.random(), 5)),
                       repr(rnd.random() * 20)])


PIECES = ["a", "bc", " ", "\\n", '\\"', "\\\\", "\\/", "\\b", "\\f", "\\r",
          "\\t", "\\u0000", "\\u00e9", "\\u00E9", "\\ud83d\\ude00", "\\uD83D",
          "\\udc00", "\\u0041", "\\u007f", "\x7f", "\\u000a", "\\u000b",
          "\\u0022", "\\u005c", "/", "\u00e9", "\u4e2d", "\U0001f600",
          "\u2028", "\\u001f", "\\u0020", "\\u007e", "\\uffff", "\\ud800",
          "event: signature", "[DONE]", "\\uabCd"]
BAD = ["\\x", "\\u12", "\\u12g4", "\n", "\x00", "\\U0041", "\\'", "\\u+123"]


def string():
    n = rnd.randrange(0, 12)
    s = "".join(rnd.choice(PIECES) for _ in range(n))
    if rnd.random() < 0.004:
        s += rnd.choice(BAD)
    if rnd.random() < 0.05:
        s += "word " * rnd.randrange(300)
    return '"' + s + '"'


def ws():
    return rnd.choice(["", "", "", " ", "\n", "\t\r\n  "])


class Keys:
    n = 0


def value(depth):
    k = rnd.randrange(10)
    if k < 3:
        return number()
    if k < 5:
        return string()
    if k == 5:
        return rnd.choice(["true", "false", "null", "NaN", "Infinity",
                           "-Infinity", "true", "null"]) \
            if rnd.random() < .98 else rnd.choice(
                ["tru", "nul", "True", "nan", "-NaN", "Infinit", "nulll", ""])
    if depth > 5:
        return "0"
    items = []
    for _ in range(rnd.randrange(0, 5)):
        v = ws() + value(depth + 1) + ws()
        if k < 8:
            Keys.n += 1
            v = ws() + '"k%d' % Keys.n + string()[1:] + ws() + ":" + v
        items.append(v)
    if rnd.random() < 0.005:
        items.append("")
    body = ",".join(items)
    if rnd.random() < 0.002:
        return "[" + body + "}"
    return "{" + body + "}" if k < 8 else "[" + body + "]"


def expected(data):
    try:
        text = data.decode("utf-8", "strict")
    except UnicodeDecodeError:
        return None
    if text.startswith("\ufeff"):
        return None
    try:
        return json.dumps(json.loads(text), separators=(",", ":")).encode()
    except (ValueError, RecursionError):
        return None


def main():
    rounds = hf.rounds(6000)
    records, want = [], []
    for i in range(rounds):
        Keys.n = 0
        data = (ws() + value(0) + ws()).encode()
        if rnd.random() < 0.1 and data:
            p = rnd.randrange(len(data))
            data = data[:p] + bytes([rnd.randrange(256)]) + data[p + 1:]
        if rnd.random() < 0.03:
            data = data[:rnd.randrange(len(data) + 1)]
        want.append(expected(data))
        records.append(("t", rnd.choice([0, 0, 1, rnd.randrange(2, 1 << 31)]),
                        data))
    bad = good = 0
    for (kind, seed, data), w, line in zip(records, want, hf.run(records)):
        if w is None:
            if not line.endswith(b" bad"):
                bad += 1
                print("# taken:", seed, data[:300], line[:300])
        elif line != w:
            # a changed byte may have made two keys equal
            if line.endswith(b" bad") or len(line) <= len(w):
                bad += 1
                print("# differs:", seed, data[:300], line[:300], w[:300])
        else:
            good += 1
        if bad > 5:
            break
    tap.ok(not bad, "%d random texts, %d of them JSON, as Python prints them"
           % (len(records), good))
    return tap.done()


sys.exit(main())
