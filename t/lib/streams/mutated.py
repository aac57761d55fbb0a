#!/usr/bin/python3
"""Mutated streams through the gateway, and what three readers see of them.

  mutated.py THEME COUNT SEED

Prints "ready PORT DIGEST ADDRESS..." and serves the streams.  Once a line with
nginx's port comes on stdin, asks for COUNT streams in each of four modes at
/MODE/DIGEST/N, and speaks "ok NAME", "not ok NAME" and "# ...".  MODE is
tail-drop, tail-pass, hold-drop or hold-pass; DIGEST says whether the location
accepts one image digest alone ("one") or does not ask ("any").

Where the line is "list", prints a line of JSON that says of each stream what
it is to come to, for another client to ask, and serves until stdin ends.

IOATTEST_VECTORS says where the recordings are (default ../shared/vectors).
"""

import base64
import collections
import glob
import json
import os
import random
import signal
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "sim")]

from api import crypto
import mutate
import readers
import rules
import wire

MODES = ["tail-drop", "tail-pass", "hold-drop", "hold-pass"]
VECTORS = os.environ.get("IOATTEST_VECTORS", os.path.join(
    HERE, "..", "..", "..", "..", "shared", "vectors"))

# the one in the recordings
DIGEST = ("sha256:84127d9feb9345703f2ea1ce0c14f6dfb935b8b04816230d160f03922"
          "c94ff31")
REQUEST = "0" * 64
LONGEST = 60000
REPORTS = 5

# each verdict's least share of the streams
LEAST = 0.15


class Signer:
    """Keys that the gateway trusts, and all that they signed."""

    def __init__(self, rnd, with_recordings):
        self.rnd = rnd
        self.account = crypto.Account("ioattest mutated streams")
        self.addresses = {self.account.address.lower()}
        self.book = {}
        self.recorded = []
        if with_recordings:
            self.load()

    def load(self):
        for path in sorted(glob.glob(os.path.join(VECTORS, "agent", "cases",
                                                  "*.json"))):
            with open(path) as f:
                case = json.load(f)
            data = base64.b64decode(case.get("response_body_b64") or "")
            rest, events, fault = rules.cut(data)
            if case["kind"] == "attest" or len(events) != 1 or fault \
                    or len(data) > LONGEST or not case["complete"]:
                continue
            event = json.loads(events[0])
            if event.get("signing_algo") != "ecdsa":
                continue
            self.recorded.append((rest, data.find(rules.MARK), events[0]))
            self.note(event)

    def note(self, event):
        address = event["signing_address"].lower()
        self.addresses.add(address)
        self.book[event["text"]] = (event["signature"].lower(), address)

    def event(self, rest):
        """The event's JSON for a stream's bytes."""
        text = "%s:%s" % (REQUEST, rules.canonical(rules.agent_values(rest)))
        if text not in self.book:
            self.note({"text": text,
                       "signature": self.account.sign(text.encode()),
                       "signing_address": self.account.address})
        event = {"text": text, "signature": self.book[text][0],
                 "signing_address": self.account.address,
                 "signing_algo": "ecdsa", "image_digest": DIGEST}
        if self.rnd.random() < .15:
            del event["image_digest"]
        return json.dumps(event).encode()


# --- judgement ------------------------------------------------------------


def error_code(raw):
    """The code of a refusal, or ValueError."""
    error = json.loads(raw)
    if list(error) != ["error"] or set(error["error"]) != {
            "message", "type", "param", "code"}:
        raise ValueError("no refusal: %r" % raw[:80])
    return error["error"]["code"]


def readers_see(body, values, tail):
    """Why one of the readers sees other than values and then tail, a list of
    (event, data); or None."""
    want = [("message", v) for v in values]
    if readers.standard(body) != want + tail:
        return "the standard's reader"
    want = [d for v in values for d in readers.lines_of(v)]
    if [d for _, d in readers.splitting(body)] != want + [d for _, d in tail]:
        return "a reader that splits lines"
    if [d for _, d in readers.plain(body)] != values + [d for _, d in tail]:
        return "a reader that looks for data"
    return None


def refused(want, mode, status, body):
    if mode.startswith("hold"):
        if status != 502:
            return "status %d of what is held and refused" % status
        code = error_code(body)
    else:
        if status != 200:
            return "status %d of what has begun" % status
        parts = rules.parts(body)
        kinds = [k for k, _ in parts if k != "heartbeat"]
        if not kinds or kinds.pop() != "error" or parts[-1][0] != "error":
            return "it does not end with an error"
        if set(kinds) - {"value"}:
            return "its end was shown: %s" % kinds[-3:]
        values = [v.decode() for k, v in parts if k == "value"]
        if values != [rules.sent(v) for v in want.early][:len(values)]:
            return "no prefix of what was hashed"
        if not want.shown <= len(values) <= len(want.early):
            return "%d values shown of %d to %d" % (
                len(values), want.shown, len(want.early))
        if len(parts) - len(values) - 1 > want.comments:
            return "more heartbeats than comments"
        error = parts[-1][1]
        code = error_code(error)
        why = readers_see(body, values, [("error", error.decode())])
        if why:
            return why
    return None if code in want.faults else "refused with " + code


def verified(want, mode, digest, status, head, body):
    if status != 200 or b"\r\ncontent-type: text/event-stream" not in head:
        return "status %d, %s" % (status, body[:150])
    parts = rules.parts(body)
    rest = [p for p in parts if p[0] != "heartbeat"]
    if not 0 <= want.comments - (len(parts) - len(rest)) <= want.late:
        return "not as many heartbeats as comments"
    tail = []
    if want.done:
        if not rest or rest.pop()[0] != "done":
            return "no [DONE] at its end"
        tail = [("message", "[DONE]")]
    if mode.endswith("pass"):
        if not rest or rest[-1][0] != "signature":
            return "no event before [DONE]"
        raw = rest.pop()[1]
        tail.insert(0, ("signature", raw.decode()))
        event = rules.read(raw)
        names = [n for n, _ in event]
        if names != list(rules.FIVE[:5 if digest else 4]):
            return "an event with other members: %s" % names
        for name, value in event:
            if value.lower() != want.event[name].lower():
                return "another " + name
    if [k for k, _ in rest if k != "value"]:
        return "unexpected parts: %s" % rest[-3:]
    values = [v.decode() for _, v in rest]
    if values != [rules.sent(v) for v in want.values]:
        return "other values"
    return readers_see(body, values, tail)


def judge(want, mode, digest, got):
    if isinstance(got, str):
        return got
    status, head, body = got
    try:
        if want.faults:
            return refused(want, mode, status, body)
        return verified(want, mode, digest, status, head, body)
    except (ValueError, KeyError, TypeError, UnicodeDecodeError) as e:
        return "%s: %s" % (type(e).__name__, e)


# --- all of it ------------------------------------------------------------


class Run:
    def __init__(self, theme, count, seed):
        self.seed = seed
        rnd = random.Random("%s %d" % (theme, seed))
        self.signer = Signer(rnd, theme == "recorded")
        maker = mutate.Maker(rnd, self.signer)
        self.streams, self.wants, self.done = [], [], []
        for _ in range(count):
            data, complete, done = maker.make(theme)
            digest = rnd.choice([None, DIGEST])
            self.streams.append((data, complete))
            self.done.append(done)
            self.wants.append((rules.Stream(data, complete, self.signer.book,
                                            digest), digest))
        self.bad = collections.Counter()
        self.ran = collections.Counter()

    def asks(self):
        for number, (_, digest) in enumerate(self.wants):
            for mode in MODES:
                yield "%s/%s" % (mode, "one" if digest else "any"), number

    def take(self, place, number, got):
        mode = place.split("/")[0]
        want, digest = self.wants[number]
        why = judge(want, mode, digest, got)
        kind = "refused" if want.faults else "verified"
        self.ran[mode, kind] += 1
        if why:
            self.bad[mode, kind] += 1
            if sum(self.bad.values()) <= REPORTS:
                self.report(mode, number, why, got)

    def report(self, mode, number, why, got):
        want = self.wants[number][0]
        print("# seed %d, stream %d, %s: %s" % (self.seed, number, mode, why))
        print("# done to it: %s; faults: %s" % (
            ", ".join(self.done[number]), sorted(want.faults)))
        print("# sent %r" % (self.streams[number][0],))
        print("# got  %r" % (got if isinstance(got, str) else got[2],))

    def tally(self):
        """Streams verified and refused by what was done to them."""
        kinds = collections.defaultdict(lambda: [0, 0])
        for done, (want, _) in zip(self.done, self.wants):
            for what in set(done):
                kinds[what][bool(want.faults)] += 1
        for what, (good, bad) in sorted(kinds.items()):
            print("# %-24s %5d verified %5d refused" % (what, good, bad))
        faults = collections.Counter(
            f for want, _ in self.wants for f in want.faults)
        print("# faults:", dict(sorted(faults.items())))

    def list(self):
        """What each stream is to come to."""
        return [{
            "path": "one" if digest else "any", "number": number,
            "faults": sorted(want.faults), "shown": want.shown,
            "values": want.early if want.faults else want.values,
            "done": ", ".join(self.done[number]),
        } for number, (want, digest) in enumerate(self.wants)]

    def results(self):
        total = len(self.streams)
        for mode in MODES:
            for kind in ("verified", "refused"):
                bad, ran = self.bad[mode, kind], self.ran[mode, kind]
                print("%sok %s: %d streams %s, as they should be%s" % (
                    "not " if bad else "", mode, ran, kind,
                    ", but for %d" % bad if bad else ""))
                print("%sok %s: enough of them" % (
                    "" if ran >= LEAST * total else "not ", mode))
        every = sum(self.ran.values()) == total * len(MODES)
        print("%sok %d streams were asked for in %d modes" % (
            "" if every else "not ", total, len(MODES)))


def main():
    run = Run(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
    upstream = wire.Upstream(run.streams)
    pid = upstream.start()
    try:
        print("ready", upstream.port, DIGEST, *sorted(run.signer.addresses),
              flush=True)
        line = sys.stdin.readline().strip()
        if line == "list":
            print(json.dumps(run.list()), flush=True)
            sys.stdin.read()
        elif line:
            wire.Client(int(line), run.asks(), run.take).run()
            run.tally()
            run.results()
    finally:
        os.kill(pid, signal.SIGTERM)


if __name__ == "__main__":
    main()
