#!/usr/bin/python3
"""One lane of bench/chaos.py: clients, and the API that answers them, in one
process, so that each client's answer is compared with what was sent.

Reads commands from stdin, a JSON object a line (see Lane.command), and answers
in lines on stdout.
"""
import asyncio
import collections
import json
import os
import random
import socket
import sys
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, HERE + "/../t/lib/streams", HERE + "/../t/lib/sim"]

from api import agent, canon, crypto, state as state_module, wire
import fast_crypto
import faults.answer  # noqa: F401 (registers its names)
import faults.completion  # noqa: F401
import faults.forge  # noqa: F401
import faults.stream  # noqa: F401
from faults import misbehave

from chaos_judge import Entry, Exchange, Judge, World
from chaos_kinds import PLAIN, context, odds
import rules

OLD = 15                    # of what is replayed
# what slow answers have not: where a read fills nginx's buffer to the byte, and
# the next comes later, nginx 1.22 forgets its timer, and a worker that is to go
# exits in the middle of the answer, with the module or without it
FILL = ["", "", "ok ", "a b c d e f g h ", "caf\u00e9 ", "x" * 2000 + " "]


class Api:
    """The upstream: honest or not, and it writes down which."""

    def __init__(self, lane):
        self.lane, self.rng = lane, lane.rng
        self.state = state_module.State(lane.args["machines"],
                                        lane.args["models"])
        self.fleet = list(range(lane.args["machines"]))
        self.share = 0.3                # of answers that are not plain
        self.drawn = collections.Counter()  # for each of these contexts
        self.void = collections.Counter()   # kinds that could not be made
        self.asked = self.errors = 0
        self.sent = collections.deque(maxlen=400)
        # two may be bound to one port while neither listens: this one keeps it
        # while the API is down
        self.kept = self.bound(0)
        self.port = self.kept.getsockname()[1]
        self.server, self.idle = None, set()

    @staticmethod
    def bound(port):
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(("127.0.0.1", port))
        return s

    async def up(self):
        self.server = await asyncio.start_server(
            self.talk, sock=self.bound(self.port), limit=1 << 20, backlog=1024)
        if self.lane.judge.world.down:
            self.lane.judge.world.down[-1][1] = time.monotonic()

    def down(self):
        """Nobody listens, and no connection is kept; what was asked before is
        answered yet."""
        self.lane.judge.world.down.append([time.monotonic(), float("inf")])
        self.server.close()
        self.server = None
        for writer in self.idle:
            writer.close()

    async def talk(self, reader, writer):
        behind = False
        try:
            while True:
                self.idle.add(writer)
                request = await wire.read_request(reader, writer)
                self.idle.discard(writer)
                if request is None or self.server is None:
                    break
                try:
                    reply = self.answer(request, behind)
                except Exception:       # noqa: BLE001, a fault of the bench
                    self.errors += 1
                    traceback.print_exc()
                    break
                behind = behind or bool(reply.tail)
                if not await wire.send(reply, reader, writer, False,
                                       not request.keepalive()) \
                        or self.server is None:
                    break
        except (wire.BadRequest, EOFError, ConnectionError,
                asyncio.CancelledError):
            pass
        finally:
            self.idle.discard(writer)
            writer.close()

    def draw(self, where, stream):
        """Misbehaviour and verdict of an answer."""
        rng, lie = self.rng, self.lane.lie
        if lie and rng.random() < 0.1 and not stream:
            # chaos_check.py: what the judge has to find
            return {"valid": ("flip_body", "pass"), "stuck": ("delay=3500", "pass"),
                    "tampered": ("", "response_hash_mismatch")}.get(lie, PLAIN)
        what, left = context(where, stream), rng.random()
        self.drawn[what] += 1
        for likely, rows in odds(what, self.share):
            if left < likely:
                return rng.choice(rows)
            left -= likely
        return PLAIN

    def answer(self, request, behind=False):
        lane, rng = self.lane, self.rng
        self.asked += 1
        where = request.path.split("/")[1]
        parsed = canon.Request(request.body)
        cid = parsed.prompt().split(" ", 1)[0]
        stream = parsed.stream
        spec, verdict = self.draw(where, stream)
        if stream and verdict != "none":
            verdict = "stream"
        entry = Entry(f"u{self.asked}", where, spec, verdict)
        entry.stream, entry.behind = stream, behind
        if spec == "replay_own":
            reply = self.replay(entry)
            if reply is not None:
                lane.judge.journal[cid] = entry
                return reply
            self.void[spec] += 1
            entry.spec, entry.verdict = spec, verdict = PLAIN
        if spec == "replay_last" and self.state.last_completion is None:
            self.void[spec] += 1
            entry.spec, entry.verdict = spec, verdict = PLAIN

        machine = self.state.machine(rng.choice(self.fleet))
        job = agent.Job(parsed, machine, misbehave.parse("completion", spec))
        job.server, job.http = self.state, request
        job.content = f"{cid}-{entry.serial} "
        if "delay" not in spec:
            job.content += rng.choice(FILL) * rng.choice([1, 1, 1, 4, 20])
        reply = agent.answer(job, self.stage(job.plan))
        self.note(entry, job, reply)
        lane.judge.journal[cid] = entry
        return reply

    @staticmethod
    def stage(plan):
        def run(step, target):
            if step == "wire":
                misbehave.run("completion", plan, "answer", target)
                misbehave.run("completion", plan, "wire", target.reply)
            else:
                misbehave.run("completion", plan, step, target)
        return run

    def note(self, entry, job, reply):
        """What was sent, and what a client may get of it."""
        entry.address, entry.body = job.machine.address, reply.body()
        if "extra_reply" in entry.spec:
            self.lane.judge.world.unasked.append(time.monotonic())
        if entry.verdict == "pass" and entry.where in ("both", "replay"):
            self.sent.append((entry, time.monotonic(), reply.headers))
        if not job.plan and not entry.stream:
            self.state.last_completion = job.fields, reply.pieces
        if entry.verdict != "stream":
            return
        entry.digest = job.machine.image_digest
        if job.signer is job.machine:
            text = job.text.decode("latin-1")
            entry.book[text] = (job.machine.sign(job.text),
                                job.machine.address.lower())
        if not job.plan:
            sent = [p for p in reply.pieces if p not in job.events]
            entry.expect = b"".join(sent)
            return
        whole = reply.cut is None and reply.bad_chunk is None \
            and (reply.framing != "chunked" or reply.last_chunk)
        data = reply.body() if reply.bad_chunk is None else \
            b"".join(reply.pieces[:reply.bad_chunk])
        entry.want = rules.Stream(data, whole, entry.book, entry.digest)

    def replay(self, entry):
        """An answer of before, whose text the gateway has seen."""
        now = time.monotonic()
        old = [row for row in self.sent if row[0].where == entry.where
               and row[0].again == "delivered" and now - row[1] < OLD]
        if not old:
            return None
        was, at, headers = self.rng.choice(old)
        entry.address, entry.body, entry.again = was.address, was.body, at
        reply = wire.Reply(200, [], [was.body])
        reply.headers = headers
        return reply


class Lane:
    def __init__(self):
        self.args = json.loads(sys.stdin.readline())
        self.number = self.args["number"]
        self.rng = random.Random(f"{self.args['seed']} {self.number}")
        if not fast_crypto.install(crypto):
            print("  the signatures are made in plain Python: slow",
                  file=sys.stderr)
        self.world = World()
        self.judge = Judge(self.world, self.args["modes"])
        self.api = Api(self)
        self.going, self.open = False, set()
        self.busy = self.made = self.halves = 0
        self.ids = 6                # models of a zone that is small
        self.leave, self.lie, self.limit = 0.05, "", 90
        self.where = self.args["locations"]

    # --- clients -----------------------------------------------------------

    async def client(self):
        idle = None
        while True:
            if not self.going:
                if idle:
                    idle[1].close()
                    idle = None
                await asyncio.sleep(0.02)
                continue
            self.busy += 1
            try:
                idle = await self.one(idle)
            except Exception:           # noqa: BLE001, a fault of the bench
                self.api.errors += 1
                traceback.print_exc()
                idle = None
            self.busy -= 1
            if self.api.server is None:
                # it is refused at once, and would be most of all requests
                await asyncio.sleep(self.rng.random() * 0.2)
            if self.args["pause"]:
                await asyncio.sleep(self.rng.random() * self.args["pause"])

    def request(self, where):
        rng = self.rng
        self.made += 1
        cid = f"c{self.number}n{self.made}"
        stream = rng.random() < 0.25
        body = {"model": rng.choice(self.args["models"]), "messages": [
            {"role": "user", "content": cid + " "
             + rng.choice(["", "hi", "x" * 300])}]}
        if rng.random() < 0.02:
            body["messages"].insert(0, {"role": "system",
                                        "content": "y" * 30000})
        if stream:
            body["stream"] = True
        head = ""
        if where == "tiny":
            head = f"X-Id: id-{rng.randrange(self.ids)}\r\n"
        if where == "callers":
            head = f"Authorization: Bearer k{rng.randrange(4)}\r\n"
        body = json.dumps(body).encode()
        return cid, stream, (
            f"POST /{where}/completions HTTP/1.1\r\nHost: chaos\r\n"
            f"X-Lane: {self.number}\r\nContent-Type: application/json\r\n"
            f"{head}Content-Length: {len(body)}\r\n\r\n").encode() + body

    async def one(self, idle):
        """One request; the connection where it may be kept."""
        rng = self.rng
        where = rng.choice(self.where)
        cid, stream, data = self.request(where)
        x = Exchange(cid, where, time.monotonic(), stream)
        self.open.add(x)
        leaves = rng.random() < self.leave
        limit = rng.random() ** 2 * 0.3 if leaves else \
            self.limit
        reader = writer = None
        try:
            if idle is None:
                reader, writer = await asyncio.open_connection(
                    "127.0.0.1", self.args["port"], limit=1 << 22)
            else:
                reader, writer = idle
                x.reused = True
            x.port = writer.get_extra_info("sockname")[1]
            if leaves and rng.random() < 0.2:
                data = data[:rng.randrange(len(data))]
                self.halves += 1
            writer.write(data)
            await asyncio.wait_for(self.read(reader, x), limit)
        except asyncio.TimeoutError:
            x.left, x.error = leaves, "" if leaves else "stuck"
        except (OSError, EOFError, ValueError) as err:
            x.error = type(err).__name__
            x.left = leaves
        self.open.discard(x)
        x.ended = time.monotonic()
        if x.error and x.reused and not x.head and not x.left \
                and x.error != "stuck" and cid not in self.judge.journal:
            # nginx had closed the connection that was kept
            self.judge.closed(x)
            writer.close()
            return None
        e = self.judge.journal.get(cid)
        self.judge.take(x)
        if e is not None and e.verdict == "pass" and x.whole \
                and x.status == 200 and e.again is None:
            e.again = "delivered"
        # behind a refused stream nginx closes
        if x.whole and not x.error and b"connection: close" not in x.head \
                and not (x.status == 200 and self.judge.code(x)):
            return reader, writer
        if writer is not None:
            if x.left and rng.random() < 0.3:
                writer.transport.abort()
            else:
                writer.close()
        return None

    async def read(self, reader, x):
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        x.head, x.status = head, int(head[9:12])
        at = head.find(b"content-length: ")
        if b"\r\ntransfer-encoding: chunked" in head:
            body = bytearray()
            while True:
                size = int(await reader.readuntil(b"\r\n"), 16)
                body += (await reader.readexactly(size + 2))[:-2]
                x.body = bytes(body) if size < 65536 else body
                if size == 0:
                    break
        elif at >= 0:
            size = int(head[at + 16:head.index(b"\r\n", at)])
            x.body = await reader.readexactly(size)
        elif x.status not in (204, 304):
            while data := await reader.read(65536):
                x.body += data
        x.whole = True

    def about(self, x):
        e = self.judge.journal.get(x.cid)
        return f"{x.cid} /{x.where}/ {time.monotonic() - x.begun:.1f} s, " \
            f"port {x.port}, got {len(x.head) + len(x.body)}, " \
            f"[{e.spec if e else 'not sent'}]"

    # --- commands ----------------------------------------------------------

    def command(self, given):
        """go, pause, set, world, dark, down, up, emptied, turned, lost, found,
        sync, report."""
        name, state = given.pop("do"), self.api.state
        if name == "go":
            self.api.share, self.leave = given["share"], given["leave"]
            self.lie, self.limit = given["lie"], given["limit"]
            self.where = given.get("locations") or self.args["locations"]
            self.ids = given.get("ids", 6)
            self.going = True
        elif name == "pause":
            self.going = False
        elif name == "set":
            self.api.fleet = given.pop("fleet", self.api.fleet)
            state.set(given)
        elif name == "world":
            self.world.set(given["address"], given["good"], given["at"],
                           given["linger"])
        elif name == "dark":
            if given["on"]:
                self.world.dark.append([given["at"], float("inf")])
            else:
                self.world.dark[-1][1] = given["at"]
        elif name == "down":
            self.api.down()
        elif name == "up":
            self.task = asyncio.ensure_future(self.api.up())
        elif name == "emptied":
            self.world.emptied.append(given["at"])
        elif name == "turned":
            self.world.turned.append((given["at"], given["until"]))
        elif name == "sync":
            print("{}", flush=True)
        elif name == "lost":
            self.world.lost.append([given["at"], float("inf")])
        elif name == "found":
            self.world.lost[-1][1] = given["at"]
        elif name == "report":
            judge = self.judge
            out = {"tally": judge.tally, "wrongs": judge.wrongs,
                   "codes": judge.codes,
                   "specs": judge.specs, "places": judge.places,
                   "broken": judge.broken,
                   "lost": judge.lost, "busy": self.busy,
                   "made": self.made, "halves": self.halves,
                   "drawn": self.api.drawn, "void": self.api.void,
                   "asked": self.api.asked, "errors": self.api.errors,
                   "slowest": judge.slowest, "waiting": len(judge.journal),
                   "open": [self.about(x) for x in self.open]}
            print(json.dumps(out), flush=True)
            judge.broken, judge.lost = [], []
            if given.get("clear"):
                judge.slowest = 0
                judge.journal.clear()

    async def run(self):
        await self.api.up()
        print(json.dumps({"port": self.api.port}), flush=True)
        stdin = asyncio.StreamReader(limit=1 << 24)
        await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(stdin), sys.stdin)
        clients = [asyncio.ensure_future(self.client())
                   for _ in range(self.args["clients"])]
        while line := await stdin.readline():
            self.command(json.loads(line))
        for task in clients:
            task.cancel()


if __name__ == "__main__":
    asyncio.run(Lane().run())
