"""Routes of the evidence side: services of the makers of the hardware, and
what tests may ask of it under /_sim/."""
import time
import urllib.parse

from api import agent, wire
from evidence import make, pcs
from faults import expect, misbehave
import faults.gpu  # noqa: F401 (registers its names)
import faults.nras  # noqa: F401
import faults.ocsp  # noqa: F401
import faults.pcs  # noqa: F401
import faults.snp  # noqa: F401
import faults.tdx  # noqa: F401

KINDS = ("collateral", "kds", "nras", "jwks", "ocsp")
ATTEST = ("/v3/attest/gpu", "/v4/attest/gpu")
JWKS = "/.well-known/jwks.json"
HEADERS = {kind: "x-sim-" + kind for kind in KINDS}
KDS_MACHINES = 64


def kind_of(path):
    """Which service a path belongs to, or None."""
    if path in ATTEST:
        return "nras"
    if path == JWKS:
        return "jwks"
    if path == "/ocsp":
        return "ocsp"
    if path.startswith(("/vcek/v1/", "/vlek/v1/")):
        return "kds"
    if path.startswith(("/tdx/certification/", "/sgx/certification/",
                        "/IntelSGXRootCA.")):
        return "collateral"
    return None


def _ends(state, document):
    """What Intel signs ends when a test wants it to."""
    life = state.settings["collateral_life"]
    if life is None:
        return
    last = int(time.time() + life)
    if hasattr(document, "last"):
        document.last = last
    elif "nextUpdate" in getattr(document, "value", None) or {}:
        document.value["nextUpdate"] = pcs.stamp(last)


def _early(request):
    return "update=early" in request.target.partition("?")[2].split("&")


def _answer(state, kind, request, run):
    from evidence import kds, nras, ocsp
    query = dict(urllib.parse.parse_qsl(request.target.partition("?")[2]))
    if kind == "nras":
        return nras.attest(request.path, request.body, run,
                           state.settings["nras_kid"])
    if kind == "ocsp":
        return ocsp.serve(request.body, run)
    if kind == "jwks":
        return nras.key_set(run, state.settings["nras_kid"])
    if kind == "kds":
        return kds.serve(request.path, query, run, KDS_MACHINES)

    early = _early(request)
    if early and state.settings["collateral_early"] == "down":
        return agent.error_reply(503, "Service Unavailable")

    def run_ends(document):
        _ends(state, document)
        if early:
            pcs.early(document, state.settings["collateral_early"])
        run(document)

    return pcs.serve(request.path, query, run_ends)


def route(state, request):
    """A reply of one of the services, or None."""
    kind = kind_of(request.path)
    if kind is None:
        return None
    state.stats.seen(kind, request)
    if request.method not in (("POST",) if kind in ("nras", "ocsp")
                              else ("GET", "HEAD")):
        return agent.error_reply(405, "Method Not Allowed")
    plan = state.plan(kind, request.header(HEADERS[kind]))
    delay = state.settings[kind + "_delay_ms"]
    if _early(request) and state.settings["collateral_early"] == "slow":
        delay = 3000
    if delay:
        plan.append(("delay", str(delay)))
    reply = _answer(state, kind, request,
                    lambda t: misbehave.run(kind, plan, "reply", t))
    if reply is None:
        return agent.error_reply(404, "Not Found")
    misbehave.run(kind, plan, "wire", reply)
    return reply


def control(state, name):
    """GET /_sim/NAME, or None."""
    if name == "expect":
        return agent.json_reply(200, {
            n: e.dump() for n, e in expect.EXPECT.items()})
    if name == "evidence":
        return agent.json_reply(200, make.about(
            state.settings, state.machine_count()))
    if name in ("roots/cpu.pem", "roots/gpu.pem"):
        from evidence import pki
        made = (pki.cpu_roots if name == "roots/cpu.pem"
                else pki.gpu_roots)
        return wire.Reply(200, [["content-type", "application/x-pem-file"]],
                          [made()])
    return None


def write_roots(folder):
    """cpu.pem and gpu.pem for those who verify this evidence."""
    import os

    from evidence import pki
    os.makedirs(folder, exist_ok=True)
    for name, made in (("cpu.pem", pki.cpu_roots),
                       ("gpu.pem", pki.gpu_roots)):
        with open(os.path.join(folder, name), "wb") as f:
            f.write(made())
