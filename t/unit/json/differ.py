#!/usr/bin/env python3
"""The JSON scanner and the model scanner beside Python's json.

Python is what the agent reads requests with.  Texts are generated, then
damaged; each is judged here and by the driver, and both must agree.  Where
Python takes more than we do on purpose, the rule is written out below.
Speaks TAP.  IOA_DIFFER_COUNT sets how many texts (default 12000),
IOA_DIFFER_SEED which ones.
"""

import codecs
import json
import os
import random
import struct
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../driver"))
import tap

COUNT = int(os.environ.get("IOA_DIFFER_COUNT", "12000"))
SEED = int(os.environ.get("IOA_DIFFER_SEED", "1"))
DRIVER = os.path.join(os.environ.get("CORE_DIR", "build/core"), "driver")
NAME_MAX = 200
JSON_DEPTH_MAX = 32


class Refused(Exception):
    """A text that Python takes and we do not."""


def strict_pairs(pairs):
    keys = [key for key, _ in pairs]
    if len(set(keys)) != len(keys):
        raise Refused("duplicate key")
    return dict(pairs)


class Members(list):
    """An object with its duplicates."""


def refuse_constant(word):
    raise Refused(word)


def decode(data):
    if data.startswith(codecs.BOM_UTF8):
        raise Refused("BOM")
    return data.decode("utf-8")         # strict: no surrogates


def flawed(text):
    return "\0" in text or any("\ud800" <= c <= "\udfff" for c in text)


def walk(value, depth=0):
    """Every string of a value, and the depth of every container."""
    if isinstance(value, str):
        yield value, depth
    elif isinstance(value, dict):
        yield "", depth + 1
        for key, item in value.items():
            yield key, depth
            yield from walk(item, depth + 1)
    elif isinstance(value, list):
        yield "", depth + 1
        for item in value:
            yield from walk(item, depth + 1)


def whole_json(data):
    """What ioa_json_parse should say."""
    try:
        value = json.loads(decode(data), object_pairs_hook=strict_pairs,
                           parse_constant=refuse_constant,
                           parse_int=lambda digits: 0)
    except (ValueError, Refused, RecursionError):
        return "0"
    for text, depth in walk(value):
        if flawed(text) or depth > JSON_DEPTH_MAX:
            return "0"
    return "1"


def request(data):
    """What the model scanner should say: one BOM is skipped."""
    if not data:
        return "model_unknown"
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        value = json.loads(decode(data), object_pairs_hook=Members,
                           parse_constant=refuse_constant,
                           parse_int=lambda digits: 0)
    except (ValueError, Refused):
        return "request_ambiguous"
    if not isinstance(value, Members):
        return "request_ambiguous"
    models = [item for key, item in value if key == "model"]
    if len(models) > 1:
        return "request_ambiguous"
    if not models or not isinstance(models[0], str):
        return "model_unknown"
    if flawed(models[0]):
        return "request_ambiguous"
    name = models[0].encode()
    if not name or len(name) > NAME_MAX:
        return "model_unknown"
    return "ok " + name.hex()


class Generator:
    """Texts that are JSON, or nearly."""

    strings = ["", "model", "Model", "m\u00f6del", "\U0001f600", "a/b:c", "0",
               "\u20ac", "\x7f", "\u2028", "\ud7ff\ue000", "modelmodel",
               "x" * 199, "x" * 200, "x" * 201, "\u20ac" * 66 + "xx",
               "\u20ac" * 67, "\t\n\"\\"]
    numbers = ["0", "-0", "1", "12345678901234567890", "0.5", "-1.5e-3",
               "1E400", "2e+05", "1e-400", "99999999999999999999.5"]
    wrong = ["01", "1.", ".5", "+1", "NaN", "-Infinity", "nul", "True", "'a'",
             "1e", "-", "\"\\x\"", "\"\\u00g0\"", "\"\\ud800\"",
             "\"\\u0000\"", "\"\\udc00\\ud800\"", "\"a\nb\"", "\ufeff", "\0",
             "/**/", "]", "}", "{", "[", ",", ":", "\"", "\\", "\u00a0"]

    def __init__(self, rng):
        self.rng = rng

    def space(self):
        return self.rng.choice(["", "", "", " ", "\n", "\t \r\n"])

    def string(self, text=None):
        rng = self.rng
        if text is None:
            text = rng.choice(self.strings)
        out = []
        for char in text:
            way = rng.random()
            if way < 0.1 or char in "\"\\" or char < " ":
                unit = char.encode("utf-16-be", "surrogatepass")
                digits = ["\\u" + unit[i:i + 2].hex()
                          for i in range(0, len(unit), 2)]
                out.append("".join(d.upper().replace("\\U", "\\u")
                                   if way < 0.05 else d for d in digits))
            elif way < 0.13 and char == "/":
                out.append("\\/")
            else:
                out.append(char)
        return '"' + "".join(out) + '"'

    def value(self, depth):
        rng = self.rng
        kind = rng.random()
        if kind < 0.01:
            return rng.choice(self.wrong)
        if depth > 0 and kind < 0.25:
            return self.object(depth)
        if depth > 0 and kind < 0.4:
            items = [self.space() + self.value(depth - 1) + self.space()
                     for _ in range(rng.randrange(4))]
            return "[" + (",".join(items) or self.space()) + "]"
        if kind < 0.7:
            return self.string()
        return rng.choice(self.numbers + ["true", "false", "null"])

    def object(self, depth, top=False):
        rng = self.rng
        members = []
        keys = [rng.choice(self.strings) for _ in range(rng.randrange(5))]
        if rng.random() < 0.8:
            keys = list(dict.fromkeys(keys))
        if top and rng.random() < 0.6 and "model" not in keys:
            keys.insert(rng.randrange(len(keys) + 1), "model")
        for key in keys:
            item = (self.string() if key == "model" and rng.random() < 0.8
                    else self.value(depth - 1))
            members.append(self.space() + self.string(key) + self.space()
                           + ":" + self.space() + item + self.space())
        return "{" + (",".join(members) or self.space()) + "}"

    def deep(self):
        rng = self.rng
        n = rng.choice([30, 31, 32, 33, 34, 100, 300])
        opens = [rng.choice(["[", '{"a":']) for _ in range(n)]
        closes = ["]" if o == "[" else "}" for o in reversed(opens)]
        if rng.random() < 0.2:
            closes.pop()
        return "".join(opens) + "1" + "".join(closes)

    def damage(self, data):
        rng = self.rng
        data = bytearray(data)
        for _ in range(rng.randrange(1, 3)):
            at = rng.randrange(len(data) + 1)
            way = rng.randrange(5)
            if way == 0:
                del data[at:]
            elif way == 1:
                del data[at:at + 1]
            elif way == 2:
                wrong = rng.choice(self.wrong).encode("utf-8")
                data[at:at] = wrong
            elif way == 3 and at < len(data):
                data[at] ^= 1 << rng.randrange(8)
            else:
                data[at:at + 1] = bytes([rng.randrange(256)])
        return bytes(data)

    def text(self):
        rng = self.rng
        kind = rng.random()
        if kind < 0.03:
            text = self.deep()
        elif kind < 0.8:
            text = self.object(4, top=True)
        else:
            text = self.value(4)
        data = (self.space() + text + self.space()).encode(
            "utf-8", "surrogatepass")
        if rng.random() < 0.5:
            data = self.damage(data)
        return data


def main():
    if hasattr(sys, "set_int_max_str_digits"):
        sys.set_int_max_str_digits(0)
    sys.setrecursionlimit(5000)
    generator = Generator(random.Random(SEED))
    texts = [generator.text() for _ in range(COUNT)]

    feed = b"".join(kind + struct.pack("<I", len(text)) + text
                    for text in texts for kind in (b"j", b"r"))
    run = subprocess.run([DRIVER, "parse"], input=feed,
                         stdout=subprocess.PIPE, check=True)
    lines = run.stdout.decode().splitlines()

    wrong, seen = [], {}
    for i, text in enumerate(texts):
        for rule, got in ((whole_json, lines[2 * i]),
                          (request, lines[2 * i + 1])):
            want = rule(text)
            label = rule.__name__ + " " + want.split()[0]
            seen[label] = seen.get(label, 0) + 1
            if got != want:
                wrong.append((rule.__name__, text, want, got))

    tap.ok(not wrong and len(lines) == 2 * COUNT,
           "%d texts, judged as Python does" % COUNT)
    for name, text, want, got in wrong[:5]:
        print("# %s %r: want %s, got %s" % (name, text, want, got))

    labels = ["whole_json 0", "whole_json 1", "request ok",
              "request model_unknown", "request request_ambiguous"]
    enough = all(seen.get(label, 0) * 50 >= COUNT for label in labels)
    tap.ok(enough, "each verdict was wanted often")
    print("# " + ", ".join("%s: %d" % item for item in sorted(seen.items())))
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
