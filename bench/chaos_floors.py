"""Whether what bench/chaos.py is to do did happen: the least of each thing.

A run in which no worker was killed, or no machine turned bad, has shown nothing
of it, however well it went.  Each round brings about each of its happenings at
least once, however short it is; of what is drawn by chance, so much is demanded
as is certain: where that many were to be expected, none comes once in 500
million runs.
"""
import collections

from chaos_gateway import MODES
from chaos_kinds import KINDS, odds

CERTAIN = 20
# of what was drawn, at least this share reaches the judge: others' clients left
JUDGED = 0.5
# of those that leave, so many send half a request; the others may be too late
HALVES = 0.2
# s of a run, from when on kills in the lock are demanded, and so many in LONG
SOME, LONG, IN_LOCK = 180, 1200, 5
# of a run of LONG; with less it is the machine that is missing
MANY = 1000000
SLOW = ("delay=", "head_delay=", "mid_delay=", "piece_delay=")
DYING = ("close", "reset", "hang", "truncate", "stop", "no_last_chunk",
         "bad_chunk", "length_more")
# requests for a location, of which a good answer has to have come through
ENOUGH = 200
# what takes the right to trace nginx
TRACED = ("kill", "kill_in_lock")


class Record:
    """What happened in a run."""

    def __init__(self, rounds, seconds, share):
        self.rounds, self.seconds, self.share = rounds, seconds, share
        self.happened = collections.Counter()   # (round, event)
        # round -> what its clients met, and what the status says
        self.ran = collections.defaultdict(collections.Counter)
        self.drawn = collections.Counter()      # of each context
        self.void = collections.Counter()       # kinds that could not be made
        self.specs = collections.Counter()      # kinds that were judged
        self.places = collections.Counter()     # locations that delivered
        self.killed = self.in_lock = self.reloads = self.upgrades = 0
        self.leaps = 0                  # of the clock, by a minute or more
        self.log = collections.Counter()    # the same, as nginx says it
        self.traced = self.hold = self.told = True

    def of(self, event):
        return sum(n for (_, e), n in self.happened.items() if e == event)

    def requests(self):
        return sum(row["requests"] for row in self.ran.values())

    def kinds(self):
        """How many of each kind of answer were to be expected."""
        out = collections.Counter()
        for context, n in self.drawn.items():
            for likely, rows in odds(context, self.share):
                for spec, _ in rows:
                    out[spec] += n * likely / len(rows)
        out.subtract(self.void)
        return out

    # --- what has to be there ----------------------------------------------

    def floors(self):
        """Each as [what, how many, how many at least]."""
        yield from self.of_rounds()
        yield from self.of_log()
        yield from self.of_answers()
        if self.traced and self.hold and self.seconds >= SOME and any(
                "kill_in_lock" in self.rounds[name][0] for name in self.ran):
            yield ["workers killed in the lock", self.in_lock,
                   max(1, int(IN_LOCK * self.seconds / LONG))]

    def of_rounds(self):
        for name, row in self.ran.items():
            events, clients, _ = self.rounds[name]
            for event in events:
                if event == "kill_in_lock" or (
                        event in TRACED and not self.traced):
                    continue
                yield [f"{name}: {event}", self.happened[name, event], 1]
            yield [f"{name}: answers delivered", row["delivered"], 1]
            if row["requests"] * self.share / 4 >= CERTAIN:
                yield [f"{name}: tampered answers refused", row["tampered"], 1]
            if row["requests"] * clients["leave"] * HALVES >= CERTAIN:
                yield [f"{name}: clients that left", row["left"], 1]
            if "locations" in clients:
                yield [f"{name}: evictions from a zone that is full",
                       row["evictions"], 1]
            if "outage" in events:
                yield [f"{name}: requests while the API was down",
                       row["outage"], 1]
        anywhere = sum(row["requests"] for name, row in self.ran.items()
                       if "locations" not in self.rounds[name][1])
        for where in MODES if anywhere >= ENOUGH * len(MODES) else ():
            yield [f"answers delivered of /{where}/", self.places[where], 1]
        leaving = sum(row["requests"] * self.rounds[name][1]["leave"]
                      for name, row in self.ran.items())
        if leaving * HALVES >= CERTAIN:
            yield ["half requests",
                   sum(row["halves"] for row in self.ran.values()), 1]

    def of_log(self):
        """What nginx has to say of it.  Two that come at once are one."""
        yield ["workers killed, by nginx's log", self.log["killed"],
               self.killed]
        if not self.told:
            return
        yield ["reloads, by nginx's log", self.log["reloads"],
               (self.reloads + 1) // 2]
        yield ["new binaries, by nginx's log", self.log["upgrades"],
               self.upgrades]
        yield ["steps of the clock, by nginx's log", self.log["leaps"],
               (self.leaps + 1) // 2]

    def of_answers(self):
        due = self.certain()
        for spec in due:
            yield [f"answers of the kind \"{spec or 'plain'}\"",
                   self.specs[spec], 1]
        for what, names in ("slow", SLOW), ("dying", DYING):
            if any(self.is_of(spec, names) for spec in due):
                yield [f"answers of a {what} upstream", sum(
                    n for spec, n in self.specs.items()
                    if self.is_of(spec, names)), 1]

    def certain(self):
        """The kinds of which one has to have been judged."""
        return sorted(spec for spec, n in self.kinds().items()
                      if n * JUDGED >= CERTAIN)

    @staticmethod
    def is_of(spec, names):
        return any(part.strip().startswith(names) for part in spec.split(","))

    def missed(self):
        return [f"{what}: {got}, wanted at least {least}"
                for what, got, least in self.floors() if got < least]

    def few(self):
        """What is the machine's, and no fault of the gateway."""
        n = self.requests() - sum(row["outage"] for row in self.ran.values())
        if self.seconds >= LONG and n < MANY:
            return f"fewer than a million requests: the machine is too slow " \
                f"({n:,})"
        return ""

    def left_out(self):
        """What was not demanded, and why."""
        if not self.traced:
            yield "kills, since nginx may not be traced here"
        elif not self.hold:
            yield "kills in the lock, with sanitizers: nothing holds it there"
        if not self.told:
            yield "what nginx's log has at the level notice alone"
        rest = len(KINDS) - len(self.certain())
        if rest:
            yield f"{rest} kinds of answers, of which so few requests need " \
                "have none"
