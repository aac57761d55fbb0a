"""Checks what the simulation does with many machines: who is drawn, what one
of them does wrong, how many are asked at once.
"""
import asyncio
import collections
import json
import sys
import time

from api import server, state as state_module
from check import judge

JSON = {"Content-Type": "application/json"}
failures = []


def check(what, good, seen):
    if not good:
        failures.append(what)
    print(f"fleettest: {'fine' if good else 'FAILED'}: {what}"
          + ("" if good else f": {seen!r}"))


class Test:
    def __init__(self, port, state):
        self.port = port
        self.state = state

    def begin(self, **settings):
        self.state.reset()
        self.state.set(settings)

    async def attest(self, model="m", key=None):
        headers = dict(JSON, **({"Authorization": key} if key else {}))
        return await judge.ask(
            self.port, "POST", "/v1/private/attestation", headers,
            json.dumps({"model_id": model, "nonce": "ab" * 32}).encode())

    async def complete(self, text):
        return await judge.ask(
            self.port, "POST", "/v1/private/completions", JSON, json.dumps(
                {"model": "m", "messages": [
                    {"role": "user", "content": text}]}).encode())

    def drawn(self, kind):
        return self.state.stats.machines[kind]

    def flights(self):
        return self.state.stats.flights.dump()


async def draws(t):
    t.begin(machines=4)
    for i in range(8):
        await t.attest()
    check("machines take turns", t.drawn("attest") ==
          {n: 2 for n in range(4)}, t.drawn("attest"))

    t.begin(machines=4, balance="random", attest_balance={"0": 3, "*": 1})
    for i in range(240):
        await t.attest()
        if i % 2:
            await t.complete(f"n{i}")
    got, sent = t.drawn("attest"), t.drawn("completion")
    check("weights", 95 < got[0] < 145 and min(got.values()) > 20, got)
    check("random draws, apart from those of attestations",
          set(sent) == {0, 1, 2, 3} and max(sent.values()) < 55, sent)
    answers = t.state.stats.answers
    check("who answered what is known", len(answers) == 120 and
          answers[0][0] == "n1" and collections.Counter(
              a[1] for a in answers) == sent, answers[:3])

    seen = []
    for _ in range(2):
        t.begin(machines=8, balance="random", seed=7)
        for i in range(12):
            await t.attest()
        seen.append([f["machine"] for f in t.flights()["flights"]])
    check("a seed gives the same draws", seen[0] == seen[1] and
          len(set(seen[0])) > 2, seen)


async def wrongs(t):
    t.begin(machines=4, attest_of={"2": "digest_other", "3": "error=500"})
    for _ in range(4):
        await t.attest()
    how = {f["machine"]: f["how"] for f in t.flights()["flights"]}
    check("one machine's fault is its own", how ==
          {0: 200, 1: 200, 2: 200, 3: 500}, how)

    t.begin(machines=4, attest="error=503", attest_share=0.25)
    for _ in range(200):
        await t.attest()
    bad = [f["how"] for f in t.flights()["flights"]].count(503)
    check("a share of what is asked", 30 < bad < 75, bad)

    t.begin(keys={"Bearer a": {}, "Bearer b": {"attest": 402},
                  "Bearer c": {"attest": "error=500"}})
    for key in ("Bearer a", "Bearer b", "Bearer c", "Bearer d"):
        await t.attest(key=key)
    how = {f["key"]: f["how"] for f in t.flights()["flights"]}
    check("keys", how == {"Bearer a": 200, "Bearer b": 402, "Bearer c": 500,
                          "Bearer d": 401}, how)

    for name, value in (("balance", "sideways"), ("attest_share", 2),
                        ("attest_of", {"1": "nothing"}),
                        ("keys", {"Bearer x": {"attest": "nothing"}})):
        try:
            t.state.set({name: value})
            check(f"{name} is checked", False, value)
        except (ValueError, state_module.BadSetting):
            pass


async def at_once(t):
    t.begin(machines=20, balance="random", attest_delay_ms=400)
    start = time.monotonic()
    await asyncio.gather(*[t.attest(f"m{i % 2}") for i in range(60)])
    took = time.monotonic() - start
    got = t.flights()
    check("60 at once wait once", took < 4 and got["peak"] == 60, (took, got))
    check("by model", got["peaks"] == {"m0": 30, "m1": 30}, got["peaks"])
    check("start and end", all(
        0.35 < f["end"] - f["start"] < 4 for f in got["flights"]),
        got["flights"][:2])

    # who leaves is no longer in flight
    t.begin(attest="hang")
    reader, writer = await asyncio.open_connection("127.0.0.1", t.port)
    writer.write(b"POST /v1/private/attestation HTTP/1.1\r\nHost: x\r\n"
                 b"Content-Length: 17\r\n\r\n{\"model_id\":\"go\"}")
    for _ in range(100):
        await asyncio.sleep(0.02)
        if t.flights()["in_flight"]:
            break
    check("one is in flight", t.flights()["in_flight"] == 1, t.flights())
    t.state.reset("stats")
    check("and stays so when counts are forgotten",
          t.flights()["in_flight"] == 1, t.flights())
    writer.close()
    for _ in range(100):
        await asyncio.sleep(0.02)
        if not t.flights()["in_flight"]:
            break
    got = t.flights()
    check("until it leaves", got["in_flight"] == 0 and
          got["flights"][0]["how"] == "gone" and
          got["flights"][0]["model"] == "go", got)


async def fast(t):
    t.begin(machines=20, balance="random")
    start = time.process_time()
    for i in range(200):
        await t.complete(f"fast {i}")
    took = time.process_time() - start
    print(f"fleettest: {took * 5:.1f} ms of processor for a completion, "
          "its client included")


async def main():
    state = state_module.State(8, state_module.DEFAULT_MODELS)
    srv = server.Server(state)
    listener = await asyncio.start_server(srv.handler(), "127.0.0.1", 0,
                                          backlog=1024, limit=1 << 20)
    t = Test(listener.sockets[0].getsockname()[1], state)
    for part in (draws, wrongs, at_once, fast):
        await part(t)
    check("no error of the simulation's own",
          not state.stats.errors["simulation"], state.stats.errors)
    print(f"fleettest: {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
