#!/usr/bin/python3
"""Compares ioa_sse with a plain statement of its rules, on random streams.


The statement reads the whole stream at once: cut out the events, split what
is left at line feeds, hash by the agent's rule, judge each line as a reader
of the HTML standard sees it.

IOA_DIFFER_COUNT sets how many (default 12000), IOA_DIFFER_SEED which ones.
Speaks TAP.
"""

import hashlib
import json
import os
import random
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "driver"))
import hashfeed as hf


rnd = random.Random(hf.SEED)

MARK = b"event: signature\ndata: "
EVENT = (MARK + b'{"text": "t", "signature": "00", "signing_address": "0x0", '
         b'"signing_algo": "ecdsa"}\n\n')


def judge_line(line, first, ended, done):
    """Returns (ambiguous from this offset in the line or None, hashed value
    or None, is [DONE]).  line has no line feed."""
    body = line
    if line.endswith(b"\r"):
        if not ended:
            return len(line) - 1, None, False
        body = line[:-1]
    cr = body.find(b"\r")
    if first and body.startswith(b"\xef\xbb\xbf"):
        return 0, None, False
    field, colon, value = body.partition(b":")
    if cr >= 0:
        # a reader sees another line behind it
        return cr, None, False
    if value.startswith(b" "):
        value = value[1:]
    if field == b"event":
        return (None if value == b"message" else 0), None, False
    if field != b"data":
        return None, None, False
    if value.startswith(b"[DONE]"):
        return (None if value == b"[DONE]" and not done else 0), None, True
    if not body.startswith(b"data: ") or done:
        return 0, None, False
    try:
        return None, line[6:].decode("utf-8"), False
    except UnicodeDecodeError as e:
        return 6 + e.start, None, False


def statement(data):
    """Returns (status, digest, where holding begins, fault's line, fault)."""
    hold = len(data)
    rest, at, events, status = b"", 0, [], hf.OK
    while True:
        i = data.find(MARK, at)
        if i < 0:
            rest += data[at:]
            k = next(k for k in range(len(MARK) - 1, -1, -1)
                     if rest.endswith(MARK[:k]))
            if not events and k:
                # a mark that is cut: nobody knows
                rest = rest[:-k]
            break
        rest += data[at:i]
        if events:
            status = hf.STREAM_AMBIGUOUS
            break
        hold = i
        end = data.find(b"\n", i + len(MARK))
        if end < 0 or data[end:end + 2] != b"\n\n":
            # the lines before it are judged first
            status = hf.MALFORMED_SIGNATURE
            events.append(None)
            break
        events.append(data[i + len(MARK):end])
        at = end + 2
    values, done, pos, fault = [], False, 0, None
    lines = rest.split(b"\n")
    for k, line in enumerate(lines):
        ended = k < len(lines) - 1
        if not ended and (not events or status != hf.OK):
            # cut here: judged as far as it is certain
            f, v, d = judge_line(line + b"z", k == 0, True, done)
            if b"\r" in line[:-1] or (line[:1] and re.match(
                    rb"(data:[^ \[\r]|data: ?\[DONE\][^\r])", line, re.S)):
                f = judge_line(line, k == 0, True, done)[0]
                if f is not None and fault is None:
                    fault = (pos, pos + f)
            elif f is not None and fault is None:
                fault = "maybe"
            d = re.match(rb"data: ?\[DONE\]", line) is not None
            if d and not done:
                done = True
                hold = min(hold, pos)
            break
        f, v, d = judge_line(line, k == 0, ended, done)
        if f is not None:
            fault = (pos, pos + f)
            if d and not done:
                hold = min(hold, pos)
            break
        if d:
            done = True
            hold = min(hold, pos)
        if v is not None:
            values.append(v)
        pos += len(line) + 1
    if fault == "maybe":
        return None
    if fault:
        return hf.STREAM_AMBIGUOUS, None, hold, fault
    if status != hf.OK:
        return status, None, hold, None
    if not events:
        return (hf.STREAM_UNSIGNED if done else hf.STREAM_TRUNCATED, None,
                hold, None)
    try:
        if events[0] != EVENT[len(MARK):-2]:
            json.loads(events[0])
            return None
    except ValueError:
        return None
    s = json.dumps({"chunks": values}, separators=(",", ":")).encode()
    return hf.OK, hashlib.sha256(s).hexdigest(), hold, None


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
         b"event: even",
         b"data: e", b"data: eve", b"data: ends in event: signature",
         b"data: " + b"word " * 60]


def stream():
    out = b""
    n = rnd.randrange(0, 7)
    for _ in range(n):
        if rnd.random() < 0.75:
            line = rnd.choice([LINES[0], LINES[1], b"data: {\"i\":%d}"
                               % rnd.randrange(99), b"data: \xc3\xa9"])
        else:
            line = rnd.choice(LINES)
        out += line + rnd.choice([b"\n\n", b"\n\n", b"\n", b"\r\n\r\n"]
                                 if rnd.random() < .9 else
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


def passable_fits(want, data, line):
    """What may be shown, after each piece."""
    status, _, hold, fault = want
    stop = min(hold, fault[1]) if fault else hold
    # an event within the first bytes of a line: what the line is, is open
    start = data.rfind(b"\n", 0, hold) + 1
    least = start if hold - start < 16 else hold - 4
    if fault:
        least = min(least, fault[0])
    steps = line.split(b" ")[:-1]
    last = 0
    for s in steps:
        at, p, holding = (int(x) for x in s.split(b":"))
        if p < last or p > stop or p > at:
            return "%s beyond %d" % (s, stop)
        whole = data.rfind(b"\n", 0, min(at, least)) + 1
        if p < min(whole, at - 64):
            return "%s kept back, hold at %d" % (s, least)
        if p and data[p - 1:p] != b"\n":
            return "%s: part of a line" % s
        if (data[:at].endswith(b"\n\n") and at <= least and p != at
                and not holding):
            return "%s: whole event kept back" % s
        last = p
    return None


def main():
    rounds = hf.rounds(12000)
    streams, records, wants = [], [], []
    for _ in range(rounds):
        d = stream()
        w = statement(d)
        if w is None:
            continue
        seed = rnd.choice([0, 1, 1, rnd.randrange(2, 1 << 31)])
        streams.append(d)
        wants.append(w)
        records += [("s", seed, d), ("p", seed, d)]
    lines = hf.run(records)
    bad, tally = 0, {}
    for i, (d, w) in enumerate(zip(streams, wants)):
        f = lines[2 * i].split(b" ")
        tally[w[0]] = tally.get(w[0], 0) + 1
        why = None
        if int(f[0]) != w[0]:
            why = "status %s, not %d" % (f[0], w[0])
        elif w[1] and f[1].decode() != w[1]:
            why = "digest"
        else:
            why = passable_fits(w, d, lines[2 * i + 1])
        if why:
            bad += 1
            print("#", why, records[2 * i][1], d, lines[2 * i], w)
            if bad > 3:
                break
    print("%sok 1 - %d random streams, by status %s"
          % ("not " if bad else "", len(streams), sorted(tally.items())))
    print("1..1")
    return 1 if bad else 0


sys.exit(main())
