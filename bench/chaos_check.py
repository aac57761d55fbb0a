"""Whether bench/chaos.py would find what is wrong: chaos.py --self-test.

Its tables of answers are held to the simulation's plain judge, which has
another author's reading of them (t/lib/sim/check/judge.py), and its judge is
shown gateways and APIs that are not what they say:

  control    nothing is wrong, and nothing may be found
  off        the gateway verifies nothing
  valid      the API says of tampered answers that they are valid
  tampered   the API says of valid ones that they are not
  stuck      the API keeps some answers back for good
"""
import asyncio
import contextlib
import io
import json
import os
import random
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, HERE + "/../t/lib/streams", HERE + "/../t/lib/sim"]

from api import canon, crypto, wire
import chaos_gateway
import chaos_judge
import chaos_lane
import chaos_floors
from chaos_kinds import BODIES, PLAIN, STREAMS
from check import judge
import fast_crypto
import storm_gateway

MODEL = "chaos-a"
# what the plain judge takes otherwise, and t/ has tests of: the same value
# written in another way, a tab that it strips, a last line that does not end
APART = {"minify", "pretty", "raw_utf8, json_unicode", "leading=%20%0d%0a%09",
         "trailing=%20%0a", "text_tab", "no_final_newline"}
# what has to be found, and after how long a request is stuck
CASES = {
    "control": (None, 60),
    "off": ("tampered, but delivered", 60),
    "valid": ("valid, but refused", 60),
    "tampered": ("tampered, but delivered", 60),
    "stuck": ("stuck", 2),
}
failed = 0


def say(good, what, more=""):
    global failed
    failed += not good
    print(("ok - " if good else "not ok - ") + what, flush=True)
    if not good and more:
        print("# " + more.replace("\n", "\n# "))


class Sink:
    """What wire.send() writes."""

    def __init__(self):
        self.data = b""

    def write(self, data):
        self.data += data

    async def drain(self):
        pass

    def get_extra_info(self, name):
        return None

    @property
    def transport(self):
        return self

    def abort(self):
        pass


def asked(stream):
    body = json.dumps({"model": MODEL, "stream": stream, "messages": [
        {"role": "user", "content": "c0n1 hello"}]}).encode()
    return wire.Request("POST", "/own/completions", "HTTP/1.1",
                        [("content-type", "application/json")], body)


def opinion(api, spec, verdict, stream):
    """The entry of an answer, and what the plain judge says of its bytes."""
    request, sink = asked(stream), Sink()
    api.draw = lambda where, stream: PLAIN
    api.answer(request)                 # for those that replay it
    api.draw = lambda where, stream: (spec, verdict)
    reply = api.answer(request)
    for name in ("delay", "head_delay", "mid_delay", "piece_delay"):
        setattr(reply, name, 0)
    asyncio.run(wire.send(reply, None, sink, False, True))
    entry = api.lane.judge.journal.pop("c0n1")
    known = {api.state.machine(n).address.lower() for n in range(2)}
    return entry, judge.completion(
        judge.read(sink.data, False, True),
        canon.Request(request.body).canonical, known,
        api.state.machine(0).image_digest)


class Lane:
    def __init__(self):
        self.args, self.lie = {"machines": 2, "models": [MODEL]}, ""
        self.rng = random.Random(1)
        self.world = chaos_lane.World()
        self.judge = chaos_lane.Judge(self.world, {})


def tables():
    fast_crypto.install(crypto)
    api = chaos_lane.Api(Lane())
    wrong = []
    rows = [(s, v, False) for s, v in BODIES + [PLAIN]] \
        + [(s, "stream", True) for s, _ in STREAMS + [PLAIN]]
    for spec, verdict, stream in rows:
        if verdict in ("either", "none") or spec in APART:
            continue
        entry, why = opinion(api, spec, verdict, stream)
        passes = entry.verdict == "pass" or (
            stream and (entry.want is None or not entry.want.faults))
        # an error of the API is neither
        if verdict == "error":
            passes = why is None
        if passes != (why is None):
            wrong.append(f"{spec or 'plain'}{' of a stream' if stream else ''}"
                         f": here {'passes' if passes else 'is refused'}, "
                         f"there {why or 'passes'}")
    say(not wrong, f"{len(rows)} kinds of answers are what the plain judge "
        "says that they are", "\n".join(wrong))


# what a machine's state explains of a refusal, and what it does not: (its
# state, the answer's verdict, whether a reply was in its way, the reason)
EXCUSED = [
    ("may", "pass", False, "untrusted_address"),
    ("may", "pass", False, "image_digest_mismatch"),
    ("never", "pass", False, "attestation_unavailable"),
    ("may", "no_signature", False, "untrusted_address"),
    ("must", "no_signature", False, "no_signature"),
    ("must", "pass", True, "no_signature"),
]
WRONG = [
    ("may", "pass", False, "response_hash_mismatch"),
    ("may", "pass", False, "no_signature"),
    ("never", "pass", False, "signature_mismatch"),
    ("must", "pass", False, "untrusted_address"),
    ("must", "pass", False, "no_signature"),
    ("must", "pass", True, "response_hash_mismatch"),
    ("may", "no_signature", False, "response_hash_mismatch"),
    ("must", "no_signature", False, "untrusted_address"),
]


def judged(state, verdict, behind, reason):
    """The row of a refusal."""
    world = chaos_lane.World()
    if state != "never":
        world.set("0xab", True, 0 if state == "must" else 90, 0)
    # 5 s before, a reply was sent that nobody asked for, on some connection
    world.unasked.append(99)
    judge = chaos_lane.Judge(world, {})
    x = chaos_lane.Exchange("c0n1", "own", 100.0, False)
    x.ended, x.status, x.whole = 101.0, 502, True
    x.body = json.dumps({"error": {"code": reason}},
                        separators=(",", ":")).encode()
    e = chaos_lane.Entry("u1", "own", "", verdict)
    e.address, e.body, e.behind = "0xab", b"", behind
    judge.journal["c0n1"] = e
    judge.take(x)
    return next(iter(judge.tally))


def excuses():
    wrong = [f"{row}: {judged(*row)}" for row in EXCUSED + WRONG
             if (judged(*row) == chaos_judge.FOUND) != (row in WRONG)]
    say(not wrong, "a refusal is excused by what its machine did, if that "
        "explains its reason", "\n".join(wrong))


PAGE = b"\r\n".join((
    b"<html>", b"<head><title>502 Bad Gateway</title></head>", b"<body>",
    b"<center><h1>502 Bad Gateway</h1></center>",
    b"<hr><center>nginx/1.22.1</center>", b"</body>", b"</html>", b""))
UNSENT = "no answer, and not asked"
# what a client gets that the API was not asked for, in which of its times
DOWN = [
    (PAGE, 502, [99, 102], chaos_judge.OUTAGE),
    (PAGE, 502, [90, 99], UNSENT),
    (PAGE + b" ", 502, [99, 102], chaos_judge.FOUND),
    (PAGE, 200, [99, 102], chaos_judge.FOUND),
    (b"", 502, [99, 102], chaos_judge.FOUND),
    (b'{"error":{"code":"untrusted_address"}}', 502, [99, 102],
     chaos_judge.FOUND),
    (b'{"error":{"code":"attestation_unavailable"}}', 502, [99, 102],
     chaos_judge.FOUND),
]


def down():
    wrong = []
    for body, status, since, row in DOWN:
        judge = chaos_judge.Judge(chaos_judge.World(), {})
        judge.world.down.append(since)
        x = chaos_judge.Exchange("c0n1", "own", 100.0, False)
        x.ended, x.status, x.whole, x.body = 101.0, status, True, body
        judge.take(x)
        if judge.tally != {row: 1}:
            wrong.append(f"{status} {body}, down {since}: {judge.tally}")
    say(not wrong, "while the API is down a client gets nginx's own 502 and "
        "nothing else", "\n".join(wrong))


# --- what has to happen ----------------------------------------------------

def whole(rounds, seconds=1200):
    """The record of a run in which all of it happened."""
    record = chaos_floors.Record(rounds, seconds, 0.4)
    for name in rounds.keys() - {"check"}:
        for event in rounds[name][0]:
            record.happened[name, event] = 1
        record.ran[name].update(dict.fromkeys(
            ("delivered", "tampered", "left", "halves", "evictions",
             "outage"), 1), requests=200000)
    record.drawn.update(body=10**6, stream=10**5, both=10**5, replay=10**5,
                        dry=10**5)
    record.specs.update(chaos_floors.KINDS)
    record.places.update(list(chaos_floors.MODES))
    record.killed = record.reloads = record.upgrades = record.leaps = 5
    record.in_lock = 5
    record.log.update(killed=5, reloads=3, upgrades=5, leaps=3)
    return record


def broken(rounds, what):
    """A run in which that did not happen; others go with it."""
    record = whole(rounds)
    name, _, thing = what.partition(": ")
    if (name, thing) in record.happened:
        record.happened[name, thing] = 0
    elif name in record.ran:
        record.ran[name][{
            "answers delivered": "delivered",
            "tampered answers refused": "tampered",
            "clients that left": "left",
            "evictions from a zone that is full": "evictions",
            "requests while the API was down": "outage"}[thing]] = 0
    elif what == "half requests":
        for row in record.ran.values():
            row["halves"] = 0
    elif what == "workers killed in the lock":
        record.in_lock -= 1
    elif what.startswith("answers of a "):
        names = chaos_floors.SLOW if "slow" in what else chaos_floors.DYING
        for spec in chaos_floors.KINDS:
            if record.is_of(spec, names):
                record.specs[spec] = 0
    elif what.startswith("answers delivered of "):
        record.places[what.split("/")[1]] = 0
    elif what.startswith("answers of the kind "):
        spec = what.split('"')[1]
        record.specs["" if spec == "plain" else spec] = 0
    else:
        record.log[{"workers": "killed", "reloads,": "reloads",
                    "new": "upgrades", "steps": "leaps"}[
                        what.split()[0]]] -= 1
    return record


def floors(rounds):
    """Each is missed where what it demands has not happened, and else none."""
    record, wrong = whole(rounds), []
    wrong += [f"found: {line}" for line in record.missed()]
    all_of = [what for what, _, _ in record.floors()]
    for what in all_of:
        found = broken(rounds, what).missed()
        if not any(line.startswith(what + ": ") for line in found) or (
                len(found) > 1 and "answers of a " not in what):
            wrong.append(f"without {what}: {found}")
    # each happening, each kind, and each way to count
    least = sum(len(rounds[n][0]) for n in record.ran) \
        + len(chaos_floors.KINDS) + len(chaos_floors.MODES) + 12
    if len(all_of) < least:
        wrong.append(f"only {len(all_of)} floors, of {least}")
    say(not wrong, f"each of {len(all_of)} floors is missed where it has to be",
        "\n".join(wrong))

    wrong = []
    slow = whole(rounds)
    for row in slow.ran.values():
        row["requests"] = 90000
    if not slow.few() or slow.missed() or record.few():
        wrong.append(f"of few requests: {slow.few()}, {slow.missed()}")
    short = whole(rounds, 180)
    short.in_lock = 0
    if len(short.missed()) != 1 or short.few():
        wrong.append(f"no kill in the lock in 180 s: {short.missed()}")
    short.hold = False
    if short.missed():
        wrong.append(f"no hold: {short.missed()}")
    none = whole(rounds)
    for name, event in none.happened:
        if event in chaos_floors.TRACED:
            none.happened[name, event] = 0
    none.killed = none.in_lock = 0
    none.traced = False
    if none.missed() or not any("kills" in x for x in none.left_out()):
        wrong.append(f"nginx may not be traced: {none.missed()}")
    none.drawn.clear()
    none.specs.clear()
    if none.missed():
        wrong.append(f"kinds demanded that nothing was drawn of: "
                     f"{none.missed()}")
    say(not wrong, "what a run is too short or has no right for is not "
        "demanded", "\n".join(wrong))


def cases(chaos):
    """One after the other, each a round."""
    # some answers never end, and each round waits for nginx to give them up
    chaos_gateway.Gateway.patience = 5
    chaos.start()
    for name, (wanted, limit) in CASES.items():
        chaos.args.lie, chaos.args.limit = name, limit
        storm_gateway.failed = 0
        with contextlib.redirect_stdout(io.StringIO()) as text:
            tally = chaos.round("check", 2)
        if wanted is None:
            good = not storm_gateway.failed and tally["delivered"]
        else:
            good = storm_gateway.failed and chaos.wrongs[wanted]
        say(good, f"{name}: {wanted or 'nothing is found'}", text.getvalue())
    chaos.gateway.stop()
    for part in chaos.lanes + chaos.sims:
        part.stop()


def main(args, where, chaos, rounds):
    tables()
    excuses()
    down()
    floors(rounds)
    cases(chaos(args, where))
    print(f"1..{len(CASES) + 5}")
    return failed
