"""What a client of bench/chaos.py may have got, told from what was sent.

It shares no code with the gateway.  The upstream writes down each answer as it
sends it (Entry), under an id that stands in the answer's own bytes; a client
writes down what came (Exchange).  World says which machines were good when.
"""
import collections
import json
import re
import time

import mutated
import rules

# after a machine's evidence is good again, until its answers have to pass
HEAL = 30
# how long an address is trusted that cannot be attested any more: as the case
# may be
AWAY = 1e9
# s, in which machines are met anew
COLD = 2
# s, for which a reply that nobody asked for may wait in a connection
UNASKED = 5
SERIAL = re.compile(rb"(c\d+n\d+)-(u\d+)")
# s, after which a stream that waits is kept alive
BEAT = 14
HEARTBEAT = re.compile(rb"^:\n", re.M)
CODE = re.compile(rb'"code":"(\w+)"')
ENDS = re.compile(rb"\[DONE\]|event: signature|\"finish_reason\":\"|"
                  rb"\"tool_calls\":\[\{")
# what a request may be refused for because no machine can be attested
DARK = {"attestation_unavailable", "attestation_timeout",
        "attestation_malformed", "untrusted_address", "nonce_mismatch"}
# and where its machine's evidence may be wrong.  What an answer's body, text or
# signature is refused for is not among them: no machine explains that
EVIDENCE = DARK | {
    "image_digest_mismatch", "measurement_mismatch", "report_data_mismatch",
    "cpu_evidence_missing", "cpu_evidence_invalid", "gpu_evidence_missing",
    "gpu_evidence_invalid", "tcb_rejected", "revoked"}
# nginx's own 502, whole
PAGE = re.compile(
    rb"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
    rb"<center><h1>502 Bad Gateway</h1></center>\r\n"
    rb"<hr><center>nginx[^<]*</center>\r\n</body>\r\n</html>\r\n")
# the row of those who met it while nobody listened
OUTAGE = "no answer: the API was down"
# the row of a request in which something was found, whatever else it was
FOUND = "found wrong"


class Entry:
    """An answer as it was sent."""

    def __init__(self, serial, where, spec, verdict):
        self.serial, self.where, self.spec = serial, where, spec
        self.verdict = verdict
        self.address = self.body = self.expect = self.want = None
        self.book, self.digest, self.reasons = {}, None, ""
        self.stream = False
        self.again = None           # the time of that of which it is a replay
        self.behind = False         # a reply that nobody asked for, in its way


class Exchange:
    """A request, and what came of it."""

    def __init__(self, cid, where, begun, stream):
        self.cid, self.where, self.begun = cid, where, begun
        self.stream = stream
        self.ended = self.status = self.port = None
        self.head = self.body = b""
        self.whole = self.left = self.reused = False
        self.error = ""


class World:
    """Which machines are good, and since when, by address."""

    def __init__(self):
        self.states = collections.defaultdict(list)
        self.dark = []              # [from, to]: attestations cannot be had
        self.down = []              # [from, to]: the API is
        self.lost = []              # [from, to]: two zones, or another one
        self.emptied = []           # when the zone was
        self.turned = []            # [from, to]: workers go, or are killed
        self.unasked = []           # when a reply was sent that nobody asked for

    def set(self, address, good, at, linger):
        self.states[address.lower()].append((at, good, linger,
                                             time.monotonic()))

    def may(self, address, begun, ended):
        """"must", "may" or "never" be trusted within a request's time."""
        verdict = "never"
        for at, good, linger, _ in self.states[address.lower()]:
            if at > ended + 1:
                break
            if at > begun:
                verdict = "may"
            elif good:
                verdict = "may" if at and begun < at + HEAL else "must"
            else:
                verdict = "never" if begun > at + linger else "may"
        return verdict

    def all_good(self, begun, ended):
        """Whether no evidence was bad; a machine that went has none."""
        return all(self.may(a, begun, ended) == "must" or not s[-1][1]
                   and (s[-1][3] + 3 * HEAL < begun or s[-1][2] == AWAY)
                   for a, s in self.states.items())

    def is_cold(self, begun, ended):
        """Whether the zone was emptied just before, and a machine is bad: the
        first eight attestations may all have met it."""
        return any(at - COLD < ended and begun < at + COLD
                   for at in self.emptied) and any(
            not s[-1][1] and s[-1][2] != AWAY for s in self.states.values())

    def is_dark(self, begun, ended):
        return any(a <= ended and begun <= b for a, b in self.dark)

    def is_down(self, begun, ended):
        return any(a <= ended and begun <= b for a, b in self.down)


class Judge:
    def __init__(self, world, modes):
        self.world = world
        self.modes = modes          # location -> (mode, what it asks for)
        self.journal = {}           # cid -> Entry
        self.tally = collections.Counter()  # each request is in one row
        self.wrongs = collections.Counter()
        self.row = None             # of this request
        self.codes = collections.Counter()
        self.specs = collections.Counter()
        self.places = collections.Counter()     # locations that delivered
        self.broken = []            # what may not be
        self.lost = []              # [port, time, cid]: their worker killed?
        self.slowest = 0

    def wrong(self, what, x, e, more=""):
        self.row = FOUND
        self.wrongs[what] += 1
        if self.wrongs[what] <= 5 and len(self.broken) < 40:
            self.broken.append(
                f"{what}: {x.cid} /{x.where}/ {x.ended - x.begun:.2f} s, "
                f"status {x.status} {self.code(x) or ''} {x.error} "
                f"[{e.spec if e else 'not sent'}] {more} "
                f"at {x.begun:.2f} {x.body[-160:]!r}")

    @staticmethod
    def code(x):
        if x.status is not None and (x.status >= 400
                                     or b"event: error" in x.body):
            found = CODE.search(x.body)
            return found[1].decode() if found else ""
        return ""

    def put(self, row):
        """The request's row, unless something was found wrong."""
        if self.row != FOUND:
            self.row = row

    def take(self, x):
        self.row = None
        e = self.journal.pop(x.cid, None)
        if e is not None and not x.left:
            self.specs[e.spec] += 1
        self.judge(x, e)
        if self.row is None:
            self.wrong("in no row", x, e)
        self.tally[self.row] += 1

    def judge(self, x, e):
        self.slowest = max(self.slowest, x.ended - x.begun)
        if x.left:
            self.put("left")
            return self.partial(x, e)
        if x.error == "stuck":
            return self.wrong("stuck", x, e)
        if not x.whole and not (e and e.stream and self.code(x)):
            return self.cut(x, e)
        if x.where == "dry":
            return self.dry(x, e)
        self.count(x)
        if e is None:
            return self.unsent(x)
        if e.stream and e.verdict == "stream":
            return self.judge_stream(x, e)
        return self.judge_body(x, e)

    def closed(self, x):
        """The connection that was kept had ended, and nothing was asked."""
        self.row = None
        if any(at <= x.ended and x.begun < until
               for at, until in self.world.turned):
            self.put("not sent: its connection had ended")
        else:
            self.wrong("a connection closed that was kept", x, None)
        self.tally[self.row] += 1

    def count(self, x):
        """What the gateway has to have counted."""
        code = self.code(x)
        if code:
            self.codes[code] += 1

    # --- parts of an answer ------------------------------------------------

    def cut(self, x, e):
        """The connection ended before the answer did."""
        if e is not None and e.verdict == "either":
            return self.put("cut, either")
        self.partial(x, e)
        self.put("cut")
        if len(self.lost) < 100000:
            self.lost.append([x.port, x.ended, x.cid, round(x.begun, 2), x.where,
                              e.spec if e else "not sent",
                              len(x.head) + len(x.body)])

    def partial(self, x, e):
        """What has come must be allowed all the same."""
        if not x.body or x.where == "dry":
            return
        if e is None:
            if not self.code(x):
                self.wrong("delivered what was not sent", x, e)
        elif e.verdict == "stream" and (
                e.want and e.want.faults or self.bad(x, e)):
            if ENDS.search(x.body.replace(b"[DONE] ", b"")):
                self.wrong("the end of a bad stream shown", x, e)
        elif e.verdict not in ("pass", "stream", "either", "error", "none") \
                and x.status == 200:
            self.wrong("a part of a tampered answer delivered", x, e)

    def bad(self, x, e):
        return self.world.may(e.address, x.begun, x.ended) == "never"

    # --- whole answers -----------------------------------------------------

    def unsent(self, x):
        """Refused before anything was asked of the API."""
        code = self.code(x)
        if x.status == 502 and not code and PAGE.fullmatch(x.body):
            # or nginx used a connection that the API had just closed
            return self.put(
                OUTAGE if self.world.is_down(x.begun, x.ended)
                else "no answer, and not asked")
        if not code:
            return self.wrong("an answer that the API never gave", x, None)
        self.refused_valid(x, None, code, "before it was sent")

    def refused_valid(self, x, e, code, more=""):
        """A request that no answer was tampered with for."""
        why = self.excuse(x, e, code)
        if why:
            self.put("refused: " + why)
        elif e is None and code == "image_digest_mismatch" \
                and self.world.is_cold(x.begun, x.ended):
            self.put("refused: none was met yet but bad ones")
        elif code == "no_signature" and (e.behind if e else any(
                x.begun - UNASKED < at < x.ended
                for at in self.world.unasked)):
            # what came behind the answer before is read as the next one's
            self.put("refused: a reply that nobody asked for")
        else:
            self.wrong("valid, but refused", x, e, more)

    def excuse(self, x, e, code):
        """What the fleet has done that explains the reason, if anything."""
        if code not in EVIDENCE:
            return None
        if e and self.world.may(e.address, x.begun, x.ended) != "must":
            return "its machine was bad"
        if x.where == "pool" and not self.world.all_good(
                x.begun - 2 * HEAL, x.ended):
            return "one of the pool was bad"
        if code in DARK and self.world.is_dark(x.begun, x.ended):
            return "no attestation could be had"
        return None

    def delivered(self, x, e):
        """It was; was it to be?"""
        self.places[x.where] += 1
        self.put("delivered")
        found = SERIAL.search(x.body)
        if e.again is None and SERIAL.search(e.body) and (
                found is None or found[1].decode() != x.cid
                or found[2].decode() != e.serial):
            self.wrong("another's answer", x, e)
        elif self.bad(x, e):
            self.wrong("delivered, of a machine that is bad", x, e)

    def judge_body(self, x, e):
        code, passes = self.code(x), e.verdict == "pass"
        if e.verdict == "error":
            self.put("errors passed")
            if code or x.status < 400 or SERIAL.search(x.body):
                self.wrong("not the API's error", x, e)
        elif e.verdict == "none":
            self.put("no answer")
            if code or x.status not in (502, 504) or SERIAL.search(x.body):
                self.wrong("not nginx's error", x, e)
        elif x.status == 200 and not code:
            if not passes and e.verdict != "either" and not (
                    e.again and any(since <= x.ended and e.again <= until
                                    for since, until in self.world.lost)):
                self.wrong("tampered, but delivered", x, e)
            elif x.body != e.body:
                self.wrong("delivered, but other bytes", x, e)
            else:
                self.delivered(x, e)
        elif passes:
            self.refused_valid(x, e, code)
        elif e.verdict == "either":
            self.put("either refused")
        else:
            self.refused(x, e, code, e.verdict.split("|"))

    def refused(self, x, e, code, reasons):
        if x.status != 502 and not (x.stream and x.status == 200):
            self.wrong("refused with another status", x, e)
        elif code in reasons:
            self.put("tampered, refused")
        elif self.excuse(x, e, code):
            self.put("tampered, refused for its machine")
        else:
            self.wrong("refused for another reason", x, e)
        if SERIAL.search(x.body) and not x.stream:
            self.wrong("bytes of a refused answer delivered", x, e)

    def judge_stream(self, x, e):
        code, mode = self.code(x), self.modes.get(x.where, "tail-drop")
        if e.want is None:
            # plain: the bytes are known
            if not code and x.status == 200 and x.body == e.expect:
                return self.delivered(x, e)
            if code:
                return self.refused_valid(x, e, code)
            e.want = rules.Stream(e.body, True, e.book, e.digest)
        why, body = None, x.body
        if x.ended - x.begun > BEAT:
            # it waited, and the gateway's own heartbeats are not counted
            body, e.want.comments = HEARTBEAT.sub(b"", body), 0
        if not code:
            if e.want.faults:
                return self.wrong("a tampered stream delivered", x, e,
                                  str(e.want.faults))
            why = self.reads(mutated.verified, e.want, mode, True, x.status,
                             x.head.lower(), body)
            if why is None:
                return self.delivered(x, e)
            return self.wrong("a stream, but other bytes", x, e, why)
        if not e.want.faults:
            return self.refused_valid(x, e, code)
        held = x.status == 502
        if not held:
            why = self.reads(mutated.refused, e.want, "tail-drop", x.status,
                             body)
            if why and not why.startswith("refused with"):
                return self.wrong("more than may be seen of a stream", x, e,
                                  why)
        self.refused(x, e, code, e.want.faults | set(
            e.reasons.split("|") if e.reasons else ()))

    @staticmethod
    def reads(judge, *what):
        """What a judge of streams says, or that it cannot read this one."""
        try:
            return judge(*what)
        except (ValueError, KeyError, TypeError) as err:
            return repr(err)

    def dry(self, x, e):
        """Nothing is altered, whatever it is."""
        if e is None or e.verdict not in ("pass", "response_hash_mismatch"):
            self.put("dry, other")
        elif x.body != e.body:
            self.wrong("a dry run altered it", x, e)
        else:
            self.places[x.where] += e.verdict == "pass"
            self.put("dry, good" if e.verdict == "pass" else "dry, bad")
