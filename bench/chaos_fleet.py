"""The machines of bench/chaos.py, which come, go, turn bad and renew their keys:
in the simulated APIs that attest them, in the lanes where they answer, and in
what the lanes' judges know of them.
"""
import json
import os
import random
import subprocess
import sys
import time

from api import agent
from chaos_judge import AWAY
from chaos_gateway import MODES, TIMEOUT, VALID
from storm_gateway import Sim

HERE = os.path.dirname(os.path.abspath(__file__))
MACHINES = 8
MODELS = ["chaos-a", "chaos-b"]
LIAR = "a liar"                 # in the place of an address
OTHER = 3                       # the machine of another image
OTHER_DIGEST = "sha256:" + "0d" * 32
SHARP = 5                       # s until a reload's policy is everywhere
LEAST = 4                       # machines that stay
# s after evidence has turned bad: an attestation that was begun before may yet
# end, and is good for its time
LINGER = VALID + TIMEOUT + 1


class LaneProcess:
    def __init__(self, **args):
        self.process = subprocess.Popen(
            [sys.executable, HERE + "/chaos_lane.py"], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.write(args)
        self.port = json.loads(self.process.stdout.readline())["port"]

    def write(self, value):
        self.process.stdin.write(json.dumps(value) + "\n")
        self.process.stdin.flush()

    def report(self, clear=False):
        self.write({"do": "report", "clear": clear})
        return json.loads(self.process.stdout.readline())

    def know(self):
        """Waits until it has read what was written."""
        self.write({"do": "sync"})
        self.process.stdout.readline()

    def stop(self):
        self.process.stdin.close()
        self.process.wait()


class Fleet:
    def __init__(self, args, where):
        self.seed, self.rng = args.seed, random.Random(args.seed)
        self.sims = [Sim(where, MACHINES, MODELS) for _ in range(2)]
        self.lanes = [LaneProcess(
            number=n, seed=args.seed, machines=MACHINES, models=MODELS,
            modes=MODES, locations=sorted(MODES), clients=args.clients,
            port=args.port, pause=args.pause) for n in range(args.lanes)]
        self.generation = dict.fromkeys(range(MACHINES), 0)
        self.there = set(range(MACHINES))
        self.bad, self.other, self.good = {}, True, {}
        self.policy_at = 0
        self.failing = False        # some attestations
        self.down = []              # lanes whose API nobody can reach
        self.later = []             # [when, what is to be done]

    def meet(self):
        """What is there at first."""
        about = self.sims[0].ask("machines")
        self.digest = about["machines"][0]["image_digest"]
        self.fleet(balance="random", seed=self.seed,
                   image_digest={str(OTHER): OTHER_DIGEST})
        self.sims[1].set(evidence={"0": "snp", "1": "snp", "*": "tdx"},
                         gpus=1)
        self.tell("set", image_digest={str(OTHER): OTHER_DIGEST})
        for i in range(MACHINES):
            self.world(i, 0, 0)

    def tell(self, do, **given):
        for lane in self.lanes:
            lane.write({"do": do, **given})

    def known(self):
        """A judge that hears of a change when it has happened is late."""
        for lane in self.lanes:
            lane.know()

    def fleet(self, **given):
        self.known()
        for sim in self.sims:
            sim.set(**given)

    def address(self, i):
        return agent.Machine(i, self.generation[i]).address

    def is_good(self, i):
        return i not in self.bad and (i != OTHER or self.other)

    def world(self, i, at, linger):
        """Whether machine i is good, since then; for how long trust may be
        left after it was."""
        self.good[self.address(i)] = self.is_good(i)
        self.tell("world", address=self.address(i), good=self.is_good(i),
                  at=at, linger=linger)

    def away(self, i):
        """Its address cannot be attested any more: who knows it trusts it, and
        the others cannot."""
        if self.good[self.address(i)]:
            self.good[self.address(i)] = False
            self.tell("world", address=self.address(i), good=False,
                      at=time.monotonic(), linger=AWAY)

    def keys(self):
        return {str(i): g for i, g in self.generation.items()}

    def renew(self, i=None):
        """A machine has a new key, which nobody has met."""
        i = self.rng.choice(sorted(self.there)) if i is None else i
        self.away(i)
        self.generation[i] += 1
        # what was begun before a policy may still be judged by the one before
        excluded = i == OTHER and not self.other
        self.world(i, self.policy_at if excluded else 0, SHARP)
        self.fleet(generation=self.keys())
        self.tell("set", generation=self.keys())

    def come(self):
        gone = sorted(set(range(MACHINES)) - self.there)
        if not gone:
            return False
        i = self.rng.choice(gone)
        self.there.add(i)
        self.world(i, time.monotonic(), LINGER)
        self.fleet(attest_machines=sorted(self.there))
        self.tell("set", fleet=sorted(self.there))
        return True

    def go(self):
        if len(self.there) <= LEAST:
            return False
        i = self.rng.choice(sorted(self.there))
        self.there.discard(i)
        self.away(i)
        self.tell("set", fleet=sorted(self.there))
        time.sleep(0.2)
        self.fleet(attest_machines=sorted(self.there))
        return True

    # a judge is told before a machine may be good, before it may be bad, and
    # after it has turned bad

    def turn(self):
        """A machine's evidence turns bad, its key renewed or not."""
        i = self.rng.choice(sorted(self.there))
        self.bad[i] = self.rng.choice(["digest_other",
                                       "digest_other,address_any"])
        renewed = self.rng.random() < 0.5
        # for a moment it is its old key that is bad
        self.world(i, time.monotonic(), LINGER)
        self.evidence()
        if renewed:
            self.good[self.address(i)] = True
            self.renew(i)
        else:
            self.world(i, time.monotonic(), LINGER)

    def mend(self):
        if not self.bad:
            return False
        i = self.rng.choice(sorted(self.bad))
        del self.bad[i]
        self.world(i, time.monotonic(), LINGER)
        self.evidence()
        return True

    def evidence(self):
        self.fleet(attest_of={str(n): f for n, f in self.bad.items()})

    def lie(self):
        """Some attestations fail, whoever they are of."""
        if self.failing and self.rng.random() < 0.5:
            self.fleet(attest="", attest_share=None, attest_delay_ms=0)
            self.lying = self.failing = False
            return
        self.failing = True
        how = self.rng.choice(
            ["nonce_wrong", "replay", "address_any,digest_other",
             "address_new", "cut_json", "error=500", "truncate",
             "not_json", "bad_chunk", "two_lengths"])
        self.lying = "digest_other" in how
        self.fleet(attest=how, attest_share=0.08,
                   attest_delay_ms=self.rng.choice([0, 30, 200]))

    @property
    def lying(self):
        return not self.good.get(LIAR, True)

    @lying.setter
    def lying(self, lies):
        """Whether some evidence is wrong in itself now, as if a machine more
        had turned bad: that closes a pool."""
        if lies != self.lying:
            self.good[LIAR] = not lies
            self.tell("world", address=LIAR, good=not lies,
                      at=time.monotonic(), linger=LINGER)

    def dark(self):
        """For some seconds nothing can be attested."""
        self.tell("dark", on=True, at=time.monotonic())
        self.fleet(attest=self.rng.choice(["hang", "reset", "error=503"]),
                   attest_share=None)
        self.later.append((time.monotonic() + 1 + 3 * self.rng.random(),
                           self.light))

    def light(self):
        self.fleet(attest="", attest_share=None)
        self.lying = False
        # those in flight have their time, and then there is a pause
        self.tell("dark", on=False, at=time.monotonic() + TIMEOUT + 5)

    def outage(self):
        """For a second or two nobody listens where the API was: all of it, or
        what one lane has of it."""
        lanes = self.lanes if self.rng.random() < 0.5 \
            else [self.rng.choice(self.lanes)]
        for lane in lanes:
            if lane not in self.down:
                self.down.append(lane)
                lane.write({"do": "down"})
                self.later.append((time.monotonic() + 1 + self.rng.random(),
                                   lambda lane=lane: self.back(lane)))

    def back(self, lane):
        self.down.remove(lane)
        lane.write({"do": "up"})

    def heal(self):
        """All is as it was, so that the next round begins with good ones."""
        self.fleet(attest="", attest_share=None, attest_delay_ms=0,
                   attest_of={}, attest_machines=None)
        self.lying = self.failing = False
        for i in set(range(MACHINES)) - self.there:
            self.world(i, time.monotonic(), LINGER)
        self.there = set(range(MACHINES))
        self.tell("set", fleet=sorted(self.there))
        for i in list(self.bad):
            del self.bad[i]
            self.generation[i] += 1
            self.world(i, 0, 0)
        self.fleet(generation=self.keys())
        self.tell("set", generation=self.keys())
