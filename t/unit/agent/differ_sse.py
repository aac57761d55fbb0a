#!/usr/bin/python3
"""Compares ioa_sse with a plain statement of its rules, on random streams.


The statement reads the whole stream at once: cut out the events, split what
is left at line feeds, hash by the agent's rule, judge each line as a reader
of the HTML standard sees it, and write down what leaves: what is shown before
the verdict, and what is held for it.

IOA_DIFFER_COUNT sets how many (default 12000), IOA_DIFFER_SEED which ones.
Speaks TAP.
"""

import hashlib
import json
import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../driver"))
import hashfeed as hf
import tap


rnd = random.Random(hf.SEED)

MARK = b"event: signature\ndata: "
VALUES = [("text", b"t"), ("signature", b"00"), ("signing_address", b"0x0"),
          ("signing_algo", b"ecdsa"), ("image_digest", b"sha256:1")]
EVENT = MARK + json.dumps({k: v.decode() for k, v in VALUES}).encode() + b"\n\n"
LINE_MAX = 16384
ACTS = {"finish_reason", "tool_calls", "function_call"}


def fold(name):
    return name.replace("\u017f", "s").replace("\u212a", "k").lower()


def depth(text):
    deepest = level = 0
    string = escape = False
    for c in text:
        if string:
            string = escape or c != '"'
            escape = c == "\\" and not escape
        elif c == '"':
            string = True
        elif c in "[{":
            level += 1
            deepest = max(deepest, level)
        elif c in "]}":
            level -= 1
    return deepest


def plain(value):
    """One whole JSON object that ends nothing and calls nothing."""
    def pairs(members):
        for k, v in members:
            if fold(k) in ACTS and not (v is None or v in ("", [], {})
                                        and v is not False):
                raise ValueError("acts")
        return dict(members)

    def constant(name):
        raise ValueError(name)

    try:
        text = value.decode("utf-8").strip(" \t")
        if not text.startswith("{"):
            return False
        json.loads(text, object_pairs_hook=pairs, parse_constant=constant)
    except (ValueError, RecursionError):
        return False
    return depth(text) <= 64


def judge_line(line, first, ended, done):
    """Returns (kind, value): bad, done, data, beat or None.  line has no line
    feed."""
    body = line
    if line.endswith(b"\r"):
        if not ended:
            return "bad", None
        body = line[:-1]
    if b"\r" in body or (first and body.startswith(b"\xef\xbb\xbf")):
        # a reader sees another line behind it
        return "bad", None
    field, _, value = body.partition(b":")
    if value.startswith(b" "):
        value = value[1:]
    if body.startswith(b":"):
        return "beat", None
    if field == b"event":
        return (None if value == b"message" else "bad"), None
    if field != b"data":
        return None, None
    if value.startswith(b"[DONE]"):
        return ("done" if value == b"[DONE]" and not done else "bad"), None
    if not body.startswith(b"data: ") or done:
        return "bad", None
    try:
        line[6:].decode("utf-8")
    except UnicodeDecodeError:
        return "bad", None
    return "data", line[6:]


def part(data):
    """Returns what is left without the events (one byte of 0 to 255 each, or
    None where the first one stood), the events, and whether the end of data
    may yet become one."""
    rest, events, at = [], [], 0
    while True:
        i = data.find(MARK, at)
        if i < 0:
            tail = data[at:]
            k = next(k for k in range(len(MARK) - 1, -1, -1)
                     if tail.endswith(MARK[:k]))
            return rest + list(tail[:len(tail) - k]), events, tail[len(tail)
                                                                  - k:]
        rest += list(data[at:i]) + [None]
        end = data.find(b"\n", i + len(MARK))
        if end < 0 or end + 1 == len(data):
            return rest, events + ["open"], b""
        if data[end + 1:end + 2] != b"\n":
            return rest, events + ["bad"], b""
        events.append(data[i + len(MARK):end])
        at = end + 2


def made(rest, everything, final):
    """Returns (fault, done, chunks, shown, held) of the bytes of a stream."""
    shown, held = b"", b""
    holding, done, first, chunks = everything, False, True, []
    lines, now = [], []
    for c in rest:
        if c == 10:
            lines.append((now, True))
            now = []
        else:
            now.append(c)
    lines.append((now, False))
    for line, ended in lines:
        cut = None in line
        line = bytes(c for c in line if c is not None)
        if not ended and (not final or line == b""):
            if line.startswith((b"data: [DONE]", b"data:[DONE]")):
                done = True
            break
        kind, value = judge_line(line, first, ended, done)
        first = False
        if kind == "bad":
            return True, done, chunks, shown, held
        done = done or kind == "done"
        holding = holding or cut or kind == "done"
        if kind == "beat" and ended:
            if everything:
                held += b":\n"
            else:
                shown += b":\n"
        if kind == "data":
            chunks.append(value)
            out = value[:-1] if value.endswith(b"\r") else value
            holding = (holding or not ended or len(out) + 6 > LINE_MAX
                       or not plain(out))
            if holding:
                held += b"data: " + out + b"\n\n"
            else:
                shown += b"data: " + out + b"\n\n"
    return False, done, chunks, shown, held


def event(digest):
    values = VALUES if digest else VALUES[:4]
    return MARK + json.dumps({k: v.decode() for k, v in values}).encode() + (
        b"\n\n")


def cut(rest):
    """Whether a last line may be wrong already, though it has no end."""
    return rest[-1:] not in ([], [10])


def statement(data, kind):
    """Returns (status, digest, shown, held), the status negative where what
    is wrong with the last line may be told as well; None where the event is
    another one."""
    rest, events, tail = part(data)
    if len(events) > 1:
        # of what comes behind the second one nothing is looked at
        where = [i for i, c in enumerate(rest) if c is None][1]
        fault, done, chunks, shown, held = made(rest[:where], kind in "ab",
                                                False)
        return hf.STREAM_AMBIGUOUS, None, shown, None
    final = events and events[-1] not in ("open", "bad")
    if final:
        rest += list(tail)
    fault, done, chunks, shown, held = made(rest, kind in "ab", final)
    if fault:
        return hf.STREAM_AMBIGUOUS, None, shown, None
    if not events:
        status = hf.STREAM_UNSIGNED if done else hf.STREAM_TRUNCATED
        return -status if cut(rest) else status, None, shown, None
    if not final:
        return -hf.MALFORMED_SIGNATURE, None, shown, None
    if events[0] != EVENT[len(MARK):-2]:
        return None
    if kind in "sa":
        held += event(kind == "s")
    if done:
        held += b"data: [DONE]\n\n"
    s = json.dumps({"chunks": [c.decode() for c in chunks]},
                   separators=(",", ":")).encode()
    return hf.OK, hashlib.sha256(s).hexdigest(), shown, held


LINES = [b'data: {"a":"b\\n"}', b"data: x", b"data: ", b"data:", b"data",
         b"data:x", b"data: [DONE]", b"data:[DONE]", b"data: [DONE] x",
         b"data: [DONE", b"data:[DON", b"data:  [DONE]", b"data: [done]",
         b"data: [DONE]\r", b"event: message", b"event:message",
         b"event: signature", b"event: sig", b"event", b"event:", b"event: ",
         b"event: error", b"events: x", b"event: message\r", b"id: 1",
         b"retry: 5", b": comment", b":", b"Data: x", b" data: x", b"dat",
         b"dataa: x", b"data : x", b"\xef\xbb\xbfdata: x", b"\xef\xbb",
         b"data: a\rb", b"x\ry", b"data: caf\xc3\xa9 \xf0\x9f\x98\x80\x7f\x00",
         b"data: \xff", b"data: \xe4", b"data: \xe4\xb8", b": \xff", b"\r",
         b"event: even", b": a\x0bdata: {}", b": \xe2\x80\xa8data: {}",
         b"data: e", b"data: eve", b"data: ends in event: signature",
         b"data: " + b"word " * 60]

SCALARS = ["null", '""', "[]", "{}", "[ ]", "{ \t}", "0", "1.5e-3", "-0",
           "true", "false", '"stop"', '"a\\u0041\\"\\n"', '"\u2028\u00e9"',
           "[[]]", '[{"a":1},2]', '{"b":[]}', "01", "+1", "1.", ".5", "1e",
           "nul", "NaN", "Infinity", '"\\x"', '"\\ud800"', "'a'", "",
           "[1,]", '{"a":1,}', '{"a"}', "[1 2]", '"\t"', "\x00"]
NAMES = ["a", "content", "finish_reason", "tool_calls", "function_call",
         "Finish_Reason", "finish\\u005freason", "tool\\u005Fcalls",
         "\\u0066unction_call", "fini\u017fh_rea\u017fon", "finish_reason ",
         "finish_reasons", "tool_call", "function_calls", "tool\u0173_call",
         "\\ud83d\\ude00", "", "finish_rea\\ud800on", "tool_call\\u017f",
         "tool_cal\\\\s"]


def value(level=0):
    r = rnd.random()
    if level > 3 or r < 0.5:
        return rnd.choice(SCALARS[:18] if rnd.random() < .9 else SCALARS)
    if r < 0.8:
        return chunk(level + 1)
    return "[%s]" % rnd.choice([",", " , "]).join(
        value(level + 1) for _ in range(rnd.randrange(3)))


def chunk(level=0):
    names = NAMES if rnd.random() < 0.6 else NAMES[:2]
    return "{%s}" % rnd.choice([",", ", ", " ,\t"]).join(
        '"%s"%s%s' % (rnd.choice(names), rnd.choice([":", ": ", " : "]),
                      value(level) if rnd.random() < .6
                      else rnd.choice(SCALARS[:6]))
        for _ in range(rnd.randrange(4)))


CONTENTS = ["a", "b c", "", "\\n", "\\\"", "\\u00e9", "\u00e9", "\\", '"',
            'x","finish_reason":"y', 'x","tool_calls":[],"d":"', "\x01",
            'x"}', "\\x", "a" * 40, "finish_reason"]


def alike():
    """Lines of which each is the one before, but for a string or two."""
    end = rnd.choice(['"finish_reason":null}', '"finish_reason":""}', '"z":1}',
                      '"tool_calls":[]} '])
    key = rnd.choice(["c", "c", "content", "finish_reason"])
    for _ in range(rnd.randrange(2, 6)):
        r = rnd.random()
        yield ('data: {"id":"%s","%s":"%s",%s' % (
            "i" if r < .8 else "j", key, rnd.choice(
                CONTENTS[:6] if rnd.random() < .7 else CONTENTS),
            end if rnd.random() < .9 else '"finish_reason":"stop"}')).encode()


def deep():
    n = rnd.choice([31, 32, 33])
    return '{"a":[' * n + "]}" * n


def data_line():
    r = rnd.random()
    if r < 0.35:
        return rnd.choice([LINES[0], b'data: {"i":%d}' % rnd.randrange(99),
                           b'data: {"c":"\xc3\xa9"}'])
    if r < 0.8:
        text = chunk()
        if rnd.random() < 0.1:
            text += rnd.choice([" ", "\t", "x", "}", "{}", " 1"])
        return b"data: " + text.encode()
    if r < 0.81:
        return b"data: " + deep().encode()
    if r < 0.82:
        room = LINE_MAX - len(b'data: {"a":""}') + rnd.randrange(-1, 3)
        return b'data: {"a":"' + b"x" * room + b'"}'
    return rnd.choice(LINES)


def stream():
    out = b""
    lines = list(alike()) if rnd.random() < 0.3 else [
        data_line() for _ in range(rnd.randrange(0, 7))]
    for line in lines:
        out += line + rnd.choice(
            [b"\n\n", b"\n\n", b"\n", b"\r\n\r\n"] if rnd.random() < .9 else
            [b"", b"\r", b"\r\n"])
    if rnd.random() < 0.8:
        i = rnd.choice([len(out), len(out), 0, rnd.randrange(len(out) + 1)])
        out = out[:i] + EVENT + out[i:]
    if rnd.random() < 0.6:
        out += rnd.choice([b"data: [DONE]\n\n", b"data: [DONE]",
                           b"data:[DONE]\n\n"])
    if rnd.random() < 0.05:
        i = rnd.randrange(len(out) + 1)
        out = out[:i] + EVENT + out[i:]
    if rnd.random() < 0.15 and out:
        i = rnd.randrange(len(out))
        out = out[:i] + bytes([rnd.choice(
            [rnd.randrange(256), 10, 13, 32, 58])]) + out[i + 1:]
    if rnd.random() < 0.1:
        out = out[:rnd.randrange(len(out) + 1)]
    return out


def unhex(field):
    return b"" if field == b"-" else bytes.fromhex(field.decode())


def judge(data, kind, want, line):
    f = line.split(b" ")
    status, digest, shown, held = want
    if int(f[0]) != status and not (
            status < 0 and int(f[0]) in (-status, hf.STREAM_AMBIGUOUS)):
        return "status %s, not %d" % (f[0], status)
    if digest and f[1].decode() != digest:
        return "digest"
    if unhex(f[2]) != shown:
        return "shown %s, not %s" % (unhex(f[2]), shown)
    if status == hf.OK and unhex(f[3]) != held:
        return "held %s, not %s" % (unhex(f[3]), held)
    # after each piece all is shown that may be, and no more
    steps = f[4].split(b",")[:-1]
    for step in steps[:-1] if len(data) < 2000 else []:
        at, n = (int(x) for x in step.split(b":"))
        so_far = statement(data[:at], kind)
        if so_far and so_far[2] != shown[:n]:
            return "%s, and not %s" % (step, so_far)
    return None


def main():
    streams, records, wants = [], [], []
    for _ in range(hf.rounds(12000)):
        d = stream()
        kind = rnd.choice("ssddab")
        want = statement(d, kind)
        if want is None:
            continue
        wants.append(want)
        seed = rnd.choice([0, 1, rnd.randrange(2, 1 << 31)]) if (
            len(d) < 400) else rnd.choice([0, rnd.randrange(2, 1 << 31)])
        records.append((kind, seed, d))
    bad, tally, both = 0, {}, 0
    for record, want, line in zip(records, wants,
                                  hf.run(records, hf.STREAMS)):
        tally[abs(want[0])] = tally.get(abs(want[0]), 0) + 1
        both += want[0] == hf.OK and want[2] != b"" and want[3] != b""
        why = judge(record[2], record[0], want, line)
        if why:
            bad += 1
            print("#", why, record, line[:300])
            if bad > 3:
                break
    tap.ok(not bad, "%d random streams, by status %s, %d shown and held"
           % (len(records), sorted(tally.items()), both))
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
