"""Many machines behind a balancer: which one answers, how it misbehaves, how
long it takes, and what has been in flight at once.
"""
import collections
import random
import time

from faults import misbehave

ROUTED = ("completion", "attest")
SETTINGS = {
    "balance": "turns", "seed": 1, "attest_share": None,
    "completion_share": None, "models_share": None,
}
for _kind in ROUTED:
    SETTINGS.update({_kind + "_balance": None, _kind + "_of": None})
for _kind in (*ROUTED, "models"):
    SETTINGS[_kind + "_jitter_ms"] = 0


def number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def check(name, value):
    """ValueError where a setting cannot be."""
    if name.endswith("balance"):
        weights = value.values() if isinstance(value, dict) else ()
        if value not in (None, "turns", "random") and not (
                weights and all(number(w) and w >= 0 for w in weights)):
            raise ValueError(f"{name} cannot be {value!r}")
    elif name.endswith("_share"):
        if value is not None and not (number(value) and 0 <= value <= 1):
            raise ValueError(f"{name} is from 0 to 1")
    elif name.endswith("_of"):
        for spec in (value or {}).values():
            misbehave.parse(name[:-len("_of")], spec)
    elif name == "keys":
        for key in (value or {}).values():
            for kind in (*ROUTED, "models"):
                spec = key.get(kind) if isinstance(key, dict) else key
                if isinstance(spec, str):
                    misbehave.parse(kind, spec)


class Balancer:
    """Draws machines.  A seed gives the same draws again."""

    def __init__(self):
        self.turn = collections.Counter()
        self.seed(1)

    def seed(self, value):
        self.random = {kind: random.Random(f"{kind} {value}")
                       for kind in (*ROUTED, "models")}

    def draw(self, settings, kind, machines):
        how = settings[kind + "_balance"] or settings["balance"]
        if how == "random":
            return self.random[kind].choice(machines)
        if isinstance(how, dict):
            weights = [how.get(str(n), how.get("*", 0)) for n in machines]
            if any(weights):
                return self.random[kind].choices(machines, weights)[0]
        self.turn[kind] += 1
        return machines[(self.turn[kind] - 1) % len(machines)]

    def delay(self, settings, kind):
        """Milliseconds before the answer."""
        jitter = settings.get(kind + "_jitter_ms", 0)
        if jitter:
            jitter = self.random[kind].randrange(jitter + 1)
        return settings[kind + "_delay_ms"] + jitter

    def hit(self, settings, kind):
        """Whether the setting named by the kind is to act this time."""
        share = settings.get(kind + "_share")
        return share is None or self.random[kind].random() < share


class Flights:
    """Attestations between the last byte of the request and the last of the
    reply, or until the other side has left."""

    def __init__(self, live=()):
        self.zero = time.monotonic()
        self.rows = []
        self.live = {}
        self.peak = 0
        self.peaks = collections.Counter()
        for reader, row in live:
            self.begin(reader, *row[2:])

    def now(self):
        return round(time.monotonic() - self.zero, 4)

    def begin(self, reader, model, key, machine=None, how=None):
        self.sweep()
        row = [self.now(), None, model, key, machine, how]
        self.rows.append(row)
        self.live[reader] = row
        self.peak = max(self.peak, len(self.live))
        count = sum(1 for r in self.live.values() if r[2] == model)
        self.peaks[model] = max(self.peaks[model], count)

    def done(self, reader, how, machine=None):
        row = self.live.pop(reader, None)
        if row is not None:
            row[1], row[4], row[5] = self.now(), machine, how

    def sweep(self):
        """Whose connection has ended waits no more."""
        for reader in [r for r in self.live
                       if r.at_eof() or r.exception() is not None]:
            self.done(reader, "gone")

    def dump(self):
        self.sweep()
        names = ("start", "end", "model", "key", "machine", "how")
        return {"in_flight": len(self.live), "peak": self.peak,
                "peaks": dict(self.peaks), "now": self.now(),
                "flights": [dict(zip(names, r)) for r in self.rows]}
