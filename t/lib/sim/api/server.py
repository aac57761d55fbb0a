"""Connections and routes of the simulated API."""
import asyncio
import json
import traceback
import urllib.parse

from api import agent, canon, state as state_module, wire
from evidence import make, services
import faults.answer  # noqa: F401 (registers its names)
import faults.completion  # noqa: F401
import faults.stream  # noqa: F401
import faults.forge  # noqa: F401
from faults import attest, misbehave

COMPLETIONS = ("/v1/private/completions", "/v1/private/chat/completions",
               "/v1/chat/completions", "/v1/completions")
ATTESTATIONS = ("/v1/private/attestation", "/v1/attestation")
GATE_LIMIT = 60


def key_error(request, kind, key):
    """Status with which a caller's key is refused, a misbehaviour that it
    meets, or None."""
    if key is not None:
        return key.get(kind) if isinstance(key, dict) else key
    value = request.header("authorization") or ""
    if not value.startswith("Bearer bad"):
        return None
    key = value[len("Bearer "):]
    if key.startswith("badattest"):
        if kind != "attest":
            return None
        key = "bad" + key[len("badattest"):]
    for status in (403, 404, 429, 500, 503):
        if key.startswith(f"bad{status}"):
            return status
    return 401


KEY_DETAIL = {401: "Invalid API key", 402: "Payment Required",
              403: "Forbidden", 404: "Not Found", 429: "Too Many Requests"}


class Server:
    def __init__(self, state):
        self.state = state
        self.gates = asyncio.Condition()

    # --- connections -------------------------------------------------------

    def handler(self, fixed=None):
        """Connection handler; fixed: the machine behind this port."""
        async def connection(reader, writer):
            stats = self.state.stats
            counted = False
            try:
                while True:
                    request = await wire.read_request(reader, writer)
                    if request is None:
                        break
                    stats = self.state.stats
                    if not request.path.startswith("/_sim/"):
                        stats.requests += 1
                        stats.paths[request.path] += 1
                        if not counted:
                            counted = True
                            stats.connections += 1
                            stats.open += 1
                            stats.max_open = max(stats.max_open, stats.open)
                    if not await self.serve(request, reader, writer, fixed):
                        break
            except wire.BadRequest as err:
                writer.write(b"HTTP/1.1 400 Bad Request\r\nconnection: close"
                             b"\r\n\r\n" + str(err).encode())
            except (asyncio.IncompleteReadError, ConnectionError):
                self.state.stats.gone += 1
            finally:
                if counted:
                    self.state.stats.open -= 1
                writer.close()
        return connection

    async def serve(self, request, reader, writer, fixed):
        """Answer one request; False where the connection ends."""
        if request.path not in ATTESTATIONS:
            return await self.answer(request, reader, writer, fixed)
        self.state.stats.flights.begin(
            reader, request.model_id(), request.header("authorization"))
        how = "gone"
        try:
            kept = await self.answer(request, reader, writer, fixed)
            how = request.status
            return kept
        finally:
            self.state.stats.flights.done(reader, how, request.machine)

    async def answer(self, request, reader, writer, fixed):
        if request.path.startswith("/_sim/"):
            reply = await self.control(request)
        else:
            try:
                reply = self.route(request, fixed)
            except misbehave.Unknown as err:
                reply = agent.error_reply(400, str(err))
            except canon.Refused as err:
                reply = agent.error_reply(err.status, err.detail)
            except (LookupError, TypeError, ValueError, AttributeError) as err:
                self.state.stats.errors["simulation"] += 1
                traceback.print_exc()
                reply = agent.error_reply(500, f"simulation: {err!r}")
        stats = self.state.stats
        stats.waiting += 1
        request.status = reply.end or reply.status
        try:
            for gate in reply.gates:
                await self.wait_gate(gate)
            return await wire.send(reply, reader, writer,
                                   request.method == "HEAD",
                                   not request.keepalive())
        finally:
            self.state.stats.waiting -= 1

    async def wait_gate(self, name):
        async def wait():
            async with self.gates:
                await self.gates.wait_for(
                    lambda: name in self.state.open_gates)
        try:
            await asyncio.wait_for(wait(), GATE_LIMIT)
        except asyncio.TimeoutError:
            pass

    def route(self, request, fixed):
        path, method = request.path, request.method
        if path in COMPLETIONS:
            if method not in ("POST", "HEAD"):
                return agent.error_reply(405, "Method Not Allowed")
            return self.completion(request, fixed)
        if path in ATTESTATIONS:
            if method != "POST":
                return agent.error_reply(405, "Method Not Allowed")
            return self.attestation(request, fixed)
        if path == "/v1/models":
            if method not in ("GET", "HEAD"):
                return agent.error_reply(405, "Method Not Allowed")
            return self.models(request)
        if path == "/ping":
            return agent.json_reply(200, {"status": "ok", "version": "sim"})
        reply = services.route(self.state, request)
        if reply is not None:
            return reply
        return agent.error_reply(404, "Not Found")

    def begin(self, kind, header, request):
        """Count, and the plan, and an error for the key if it is bad."""
        self.state.stats.seen(kind, request)
        plan = self.state.plan(kind, request.header(header))
        delay = self.state.balancer.delay(self.state.settings, kind)
        if delay:
            plan.append(("delay", str(delay)))
        key = self.state.key(request)
        status = key_error(request, kind, key)
        if isinstance(status, str):
            plan += misbehave.parse(kind, status)
            status = None
        if status is None:
            return plan, None
        self.state.stats.errors[f"{kind} {status}"] += 1
        reply = agent.error_reply(status, KEY_DETAIL.get(status,
                                                         "simulated error"))
        if isinstance(key, dict):
            reply.headers += [list(h) for h in key.get("headers", [])]
        if delay:
            misbehave.run(kind, [("delay", str(delay))], "wire", reply)
        return plan, reply

    # --- the API -----------------------------------------------------------

    def completion(self, request, fixed):
        state = self.state
        plan, refused = self.begin("completion", "x-sim", request)
        if refused:
            return refused
        body = request.body
        if request.method == "HEAD" and not body:
            body = b"{}"
        parsed = canon.Request(body, request.header("content-type"))
        name = parsed.model if parsed.model is not None else "-"
        state.stats.models["completion"][
            name.encode("utf-8", "replace").decode()] += 1
        if state.settings["strict_models"] and name not in {
                e.get("name") for e in state.entries()}:
            return agent.error_reply(404, f"Model {name!r} not found")
        job = agent.Job(parsed, state.next_machine("completion", fixed, plan),
                        plan)
        plan += state.plan_of("completion", job.machine)
        job.server = state
        job.http = request
        why = parsed.unforwardable()
        if why is not None and not job.stream:
            return agent.error_reply(500, why)

        def stage(step, target):
            if step == "wire":
                misbehave.run("completion", plan, "answer", target)
                misbehave.run("completion", plan, "wire", target.reply)
            else:
                misbehave.run("completion", plan, step, target)

        if why is not None:
            reply = wire.Reply(200, [["content-type",
                                      "text/event-stream; charset=utf-8"]],
                               [], "chunked")
            reply.last_chunk = False
            return reply
        reply = agent.answer(job, stage)
        state.stats.machines["completion"][job.machine.number] += 1
        state.stats.answers.append([parsed.prompt()[:200], job.machine.number,
                                    job.signer.address])
        state.last_completion = (job.fields, job.reply.pieces)
        return reply

    def attestation(self, request, fixed):
        state = self.state
        plan, refused = self.begin("attest", "x-sim-attest", request)
        try:
            given = json.loads(request.body)
        except ValueError:
            given = None
        if isinstance(given, dict):
            state.stats.models["attest"][str(given.get("model_id"))] += 1
            state.stats.nonces.append(given.get("nonce"))
        if refused:
            return refused
        a = attest.Attest(
            None, state.next_machine("attest", fixed, plan), state)
        plan += state.plan_of("attest", a.machine)
        misbehave.run("attest", plan, "ask", a)
        a.value = agent.attestation(
            a.machine, request.body, request.header("content-type"),
            lambda nonce: make.evidence(state.settings, a.machine, nonce,
                                        plan))
        request.machine = a.machine.number
        state.stats.machines["attest"][a.machine.number] += 1
        good = dict(a.value)
        misbehave.run("attest", plan, "members", a)
        if state.first_attestation is None:
            state.first_attestation = good
        a.body = json.dumps(a.value, separators=(",", ":")).encode()
        misbehave.run("attest", plan, "raw", a)
        reply = wire.Reply(200, [["content-type", "application/json"]],
                           [a.body])
        misbehave.run("attest", plan, "wire", reply)
        return reply

    def models(self, request):
        plan, refused = self.begin("models", "x-sim-models", request)
        if refused:
            return refused
        m = attest.Models(self.state.entries(self.state.key(request)))
        misbehave.run("models", plan, "members", m)
        m.body = json.dumps(m.value, separators=(",", ":")).encode()
        misbehave.run("models", plan, "raw", m)
        reply = wire.Reply(200, [["content-type", "application/json"]],
                           [m.body])
        misbehave.run("models", plan, "wire", reply)
        return reply

    # --- control -----------------------------------------------------------

    async def control(self, request):
        """/_sim/...: what tests ask for and set."""
        state, name = self.state, request.path[len("/_sim/"):]
        query = dict(urllib.parse.parse_qsl(
            request.target.partition("?")[2], keep_blank_values=True))
        try:
            values = json.loads(request.body) if request.body.strip() else {}
            if not isinstance(values, dict):
                raise ValueError("an object is wanted")
            if name == "stats":
                return agent.json_reply(200, state.stats.dump())
            if name == "flights":
                return agent.json_reply(200, state.stats.flights.dump())
            if name == "answers":
                return agent.json_reply(200, state.stats.answers)
            if name == "machines":
                return agent.json_reply(200, state.describe())
            if name == "settings":
                return agent.json_reply(200, state.settings)
            if name == "set":
                for key, value in query.items():
                    try:
                        values[key] = json.loads(value)
                    except ValueError:
                        values[key] = value
                state.set(values)
                return agent.json_reply(200, {"set": list(values)})
            if name == "reset":
                state.reset(values.get("what") or query.get("what", "all"))
                return agent.json_reply(200, {"reset": True})
            if name == "open":
                async with self.gates:
                    state.open_gates.add(
                        values.get("gate") or query.get("gate", "gate"))
                    self.gates.notify_all()
                return agent.json_reply(200, {"open": sorted(
                    state.open_gates)})
            reply = services.control(state, name)
            if reply is not None:
                return reply
        except (ValueError, state_module.BadSetting) as err:
            return agent.error_reply(400, f"/_sim/{name}: {err}")
        return agent.error_reply(404, f"no /_sim/{name}")
