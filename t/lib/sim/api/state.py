"""What the simulated API knows: its machines and models, what a test has
set, and what it has counted."""
import collections
import copy
import uuid

from api import agent, crypto, fleet
from evidence import make, services
from faults import misbehave

DEFAULT_MODELS = ("meta-llama/Llama-3.3-70B-Instruct", "Qwen/Qwen3-32B",
                  "-acme/plain-7b")
SETTINGS = {
    "completion": "", "completion_times": None, "completion_skip": 0,
    "attest": "", "attest_times": None, "attest_skip": 0,
    "models": "", "models_times": None, "models_skip": 0,
    "completion_delay_ms": 0, "attest_delay_ms": 0, "models_delay_ms": 0,
    "machines": None, "completion_machines": None, "attest_machines": None,
    "generation": 0, "image_digest": None, "cpu_quote": None, "gpu": None,
    "list": None, "strict_models": False, "nras_kid": 7, "keys": None,
    **make.SETTINGS, **fleet.SETTINGS,
}
for _kind in services.KINDS:
    SETTINGS.update({_kind: "", _kind + "_times": None, _kind + "_skip": 0,
                     _kind + "_delay_ms": 0})


class BadSetting(Exception):
    pass


def model_entry(name):
    """A models list entry; "-" before the name: not attestable."""
    attestable = not name.startswith("-")
    name = name.lstrip("-")
    return {"id": name, "object": "model", "created": 1730000000,
            "owned_by": "io.net", "name": name,
            "model_id": str(uuid.uuid5(uuid.NAMESPACE_URL, name)),
            "supports_attestation": attestable}


class Stats:
    def __init__(self):
        self.connections = 0
        self.requests = 0
        self.open = 0
        self.max_open = 0
        self.gone = 0
        self.waiting = 0
        self.errors = collections.Counter()
        self.totals = collections.Counter()
        self.machines = collections.defaultdict(collections.Counter)
        self.models = collections.defaultdict(collections.Counter)
        self.keys = collections.defaultdict(collections.Counter)
        self.paths = collections.Counter()
        self.documents = collections.Counter()
        self.last = {}
        self.nonces = []
        self.answers = []           # [prompt, machine, signer's address]
        self.flights = fleet.Flights()

    def seen(self, kind, request):
        self.totals[kind] += 1
        if kind in services.KINDS:
            self.documents[request.target] += 1
        self.last[kind] = {
            "method": request.method, "target": request.target,
            "version": request.version, "headers": request.headers,
            "body": request.body[:1 << 20].decode("utf-8", "replace")}
        key = request.header("authorization")
        self.keys[kind]["-" if key is None else key] += 1

    def dump(self):
        out = {"connections": self.connections, "requests": self.requests,
               "open": self.open, "max_open": self.max_open,
               "client_gone": self.gone, "waiting": self.waiting,
               "refused": dict(self.errors), "paths": dict(self.paths),
               "nonces": self.nonces,
               "nonces_unique": len(set(self.nonces)), "last": self.last}
        for kind, total in (("attestations", "attest"),
                            ("completions", "completion"),
                            ("models", "models")):
            out[kind] = {
                "total": self.totals[total],
                "machines": {str(k): v for k, v in
                             sorted(self.machines[total].items())},
                "models": dict(self.models[total]),
                "keys": dict(self.keys[total])}
        out["documents"] = dict(self.documents)
        out["services"] = {k: self.totals[k] for k in services.KINDS}
        return out


class State:
    def __init__(self, machines, models):
        self.count = machines
        self.names = list(models)
        self.rogue = crypto.Account("ioattest sim forger")
        self._machines = {}
        self.reset()

    def reset(self, what="all"):
        """Forget settings, counts, or both; connections stay open."""
        if what in ("all", "stats"):
            live = getattr(self, "stats", None)
            self.stats = Stats()
            if live is not None:
                self.stats.open = self.stats.max_open = live.open
                self.stats.waiting = live.waiting
                live.flights.sweep()
                self.stats.flights = fleet.Flights(live.flights.live.items())
            self.first_attestation = None
            self.last_completion = None
        if what in ("all", "set"):
            self.settings = copy.deepcopy(SETTINGS)
            self.balancer = fleet.Balancer()
            self.open_gates = set()

    # --- machines ----------------------------------------------------------

    def machine_count(self):
        return self.settings["machines"] or self.count

    def machine(self, number):
        """Machine `number` of the current generation, as now set up."""
        generation = self.settings["generation"]
        if isinstance(generation, dict):
            generation = generation.get(str(number), 0)
        key = (number, generation)
        if key not in self._machines:
            self._machines[key] = agent.Machine(number, generation)
        m = self._machines[key]
        digest = self.settings["image_digest"]
        if isinstance(digest, dict):
            digest = digest.get(str(number))
        m.image_digest = m.default_digest if digest is None else digest
        m.cpu_quote, m.gpu = self.settings["cpu_quote"], self.settings["gpu"]
        return m

    def next_machine(self, kind, fixed, plan):
        """The one behind this port, or whom the balancer picks, unless the
        request wants another."""
        named = [value for name, value in plan if name == "machine"]
        if fixed is None and named:
            fixed = int(named[-1] or "0", 0)
        if fixed is not None:
            return self.machine(fixed)
        order = self.settings[kind + "_machines"]
        order = order if order else range(self.machine_count())
        return self.machine(self.balancer.draw(self.settings, kind, order))

    # --- settings ----------------------------------------------------------

    def set(self, values):
        for name, value in values.items():
            if name not in SETTINGS:
                raise BadSetting(f"no setting {name!r}")
            if name in misbehave.KINDS:
                try:
                    misbehave.parse(name, value)
                except misbehave.Unknown as err:
                    raise BadSetting(str(err)) from None
            make.check(name, value)
            try:
                fleet.check(name, value)
            except misbehave.Unknown as err:
                raise BadSetting(str(err)) from None
        self.settings.update(values)
        if "seed" in values:
            self.balancer.seed(values["seed"])

    def plan(self, kind, header):
        """What this request is to suffer: its own header, and the settings
        while their number of times lasts."""
        plan = misbehave.parse(kind, header)
        settings = self.settings
        spec = settings[kind]
        if spec and not self.balancer.hit(settings, kind):
            spec = ""
        if spec:
            if settings[kind + "_skip"] > 0:
                settings[kind + "_skip"] -= 1
                spec = ""
            elif settings[kind + "_times"] is not None:
                if settings[kind + "_times"] > 0:
                    settings[kind + "_times"] -= 1
                else:
                    spec = ""
        return plan + misbehave.parse(kind, spec)

    def plan_of(self, kind, machine):
        """What is set for one machine; "*" is for all others."""
        given = self.settings[kind + "_of"] or {}
        return misbehave.parse(
            kind, given.get(str(machine.number), given.get("*")))

    # --- keys --------------------------------------------------------------

    def key(self, request):
        """What is set for the key of a request: {} for a good one, None where
        keys are not set up."""
        keys = self.settings["keys"]
        if keys is None:
            return None
        value = request.header("authorization") or ""
        return keys.get(value, keys.get("*", 401) if value else 401)

    # --- models ------------------------------------------------------------

    def entries(self, key=None):
        given = self.settings["list"]
        if isinstance(key, dict) and "list" in key:
            given = key["list"]
        out = []
        for item in self.names if given is None else given:
            out.append(model_entry(item) if isinstance(item, str)
                       else dict(item))
        return out

    def describe(self):
        """For GET /_sim/machines."""
        return {
            "machines": [{"number": i, "address": m.address,
                          "image_digest": m.image_digest}
                         for i in range(self.machine_count())
                         for m in [self.machine(i)]],
            "forger": self.rogue.address, "models": self.entries()}
