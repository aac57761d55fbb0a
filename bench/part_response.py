"""What one verified response costs a worker, and what hashing costs."""
import re
import subprocess
from statistics import median, quantiles

from rig import BUILD, Base, LOAD_MODULE, Load, Rig, answers, gateway
from samples import made_of, shares

# name -> (what to ask the simulator for, requests in a turn, turns)
JSON = {
    "512": (2500, 11), "2k": (2500, 25), "16k": (1500, 11),
    "256k": (150, 11), "2m": (20, 11),
}
BYTES = {"512": 512, "2k": 2048, "16k": 16384, "256k": 262144,
         "2m": 2097152}
# seen with strace: for 256 KB off takes 36 calls of writev() to the client,
# and on takes one
FEWER = ("a response that is held goes to the client in one write, and one "
         "that is passed on in a write for each few buffers, which may cost "
         "more than is missing here.")
MANY_WRITES = 262144
ALIKE = ": by no more than the turns differ."
STREAMS = {"20": (800, 11), "200": (400, 11), "2000": (60, 11)}


class Turns:
    """Rounds of off and on, in turns, and of what cannot be spared."""

    def __init__(self, rig, port, worker):
        self.base, self.port, self.worker = Base(rig), port, worker

    def measure(self, off, on, count, rounds):
        for path in (off, on):
            Load(self.port, path, max(20, count // 10), self.worker)
        rows = []
        for i in range(rounds):
            legs = {}
            for path in (off, on) if i % 2 else (on, off):
                legs[path] = Load(self.port, path, count, self.worker)
            rows.append((legs[off].cpu, legs[on].cpu, self.base.recover(),
                         self.base.sha256(legs[off].bytes),
                         legs[off].bytes))
        return rows


def column(rows, f):
    return [f(*row) for row in rows]


def start(rig):
    api, _ = rig.sim()
    wanted = {f"json-{n}": (f"size={b}", False, None)
              for n, b in BYTES.items()}
    wanted.update({f"stream-{n}": (f"chunks={n}", True, None)
                   for n in STREAMS})
    up = rig.upstream(answers(rig, api, wanted))
    port, worker = rig.nginx("gateway", gateway(up, api), LOAD_MODULE)
    return Turns(rig, port, worker)


def response(page):
    page.part("A verified response: worker CPU, 16 connections, each answer "
              "held whole")
    with Rig() as rig:
        turns = start(rig)
        port, worker = turns.port, turns.worker
        for name, (count, rounds) in JSON.items():
            off, on = f"/off/json-{name}", f"/on/json-{name}"
            json(page, name, turns.measure(off, on, count, rounds),
                 lambda: made_of(rig, port, worker, off, on, count))
        library(page)
        page.part("A verified stream: worker CPU, 16 connections")
        for name, (count, rounds) in STREAMS.items():
            off, on = f"/stream/off/stream-{name}", f"/stream/on/stream-{name}"
            stream(page, name, turns.measure(off, on, count, rounds),
                   lambda: made_of(rig, port, worker, off, on, count))


def json(page, name, rows, rest):
    size = name + "B" if name == "512" else name.upper() + "B"
    page.figure(f"off_{name}", column(rows, lambda off, *_: off), "us",
                f"JSON of {size}, ioattest off")
    page.figure(f"on_{name}", column(rows, lambda off, on, *_: on), "us",
                f"JSON of {size}, verified")
    over = page.figure(
        f"over_{name}", column(rows, lambda off, on, *_: on - off), "us",
        f"JSON of {size}, over off")
    bare = page.figure(
        f"bare_{name}",
        column(rows, lambda a, b, recover, sha, n: recover + sha), "us",
        f"one secp256k1_ecdsa_recover and SHA-256 of {size}")
    if median(over) < median(bare):
        page.say(f"over_{name} is less than bare_{name}"
                 + (": " + FEWER if BYTES[name] >= MANY_WRITES else
                    ALIKE if quantiles(over)[2] >= quantiles(bare)[0]
                    else "."))
    if name == "2k":
        page.figure("recover", column(rows, lambda a, b, r, *_: r), "us",
                    "one secp256k1_ecdsa_recover")
        page.aim("a verified response of 2 KB, over off, beside one "
                 "recover", page.ratio("over_recovers", over, column(
                     rows, lambda a, b, recover, *_: recover),
                     "JSON of 2KB, over off, in recovers"), 1.1, rest=rest)
    if name == "2m":
        page.aim("2 MB of JSON, over off, beside its SHA-256", page.ratio(
            "over_sha_2m", over, column(rows, lambda a, b, r, sha, n_: sha),
            "JSON of 2MB, over off, in SHA-256s of it"), 1.2, rest=rest)


def stream(page, name, rows, rest):
    n = int(name)
    page.figure(f"stream_off_{name}", column(rows, lambda off, *_: off),
                "us", f"stream of {name} events, ioattest off")
    page.figure(f"stream_over_{name}",
                column(rows, lambda off, on, *_: on - off), "us",
                f"stream of {name} events, verified, over off")
    page.figure(f"stream_bare_{name}",
                column(rows, lambda a, b, recover, sha, n: recover + sha),
                "us", f"one recover and SHA-256 of its bytes, {name} events")
    if name != "2000":
        return
    event = page.figure("event_over", column(
        rows, lambda off, on, *_: (on - off) / n), "us",
        "an event of 2,000, over off")
    twice = page.figure("event_sha_twice", column(
        rows, lambda a, b, r, sha, n_: 2 * sha / n), "us",
        "SHA-256 of that event, twice")
    page.aim("an event of a stream, over off, beside hashing it twice",
             page.ratio("event_x", event, twice,
                        "an event, over off, in what hashing it twice takes"),
             1, rest=rest)


def library(page):
    """The library's own part: the text's hash, the recovery, the address."""
    said = subprocess.run([BUILD + "/bench_verify"], stdout=subprocess.PIPE,
                          text=True, check=True).stdout
    page.figure("signature_recovers", float(re.search(
        r"ratio ([\d.]+)", said)[1]), "x",
        "a signature verified by the library, in recovers")


def hashing(page):
    page.part("Canonical hashing beside SHA-256 of the same bytes")
    said = subprocess.run([BUILD + "/bench_hash", "-p"], check=True,
                          stdout=subprocess.PIPE, text=True).stdout
    worst, which = [0], ""
    for name, ratios in re.findall(r"^(.*?) +\d+ bytes .*\nratios (.*)$",
                                   said, re.M):
        label = re.sub(r"\W+", "_", name).lower()
        values = page.figure(f"hash_{label}", [
            float(ratio) for ratio in ratios.split()], "x", name)
        if median(values) > median(worst) and "stream" not in name:
            worst, which = values, name
    page.aim(f"canonical hashing beside SHA-256, the worst ({which})", worst,
             1.5, rest=lambda: shares([BUILD + "/bench_hash", "-o", which]))
