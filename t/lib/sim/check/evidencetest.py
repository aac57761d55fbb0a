"""Checks the evidence side of the simulation: what is good verifies, each
misbehaviour breaks the one check that it names, and the forms are those of
real evidence.

  python3 -m check.evidencetest [-v] [--tap]

Real evidence is looked for in $IOATTEST_EVIDENCE (default ../shared/evidence
beside the repository).  -v prints every case, --tap does so in TAP.
"""
import asyncio
import os
import sys

from api import agent, server, state as state_module, wire
from check import (appraise, appraise_ocsp, appraise_service as service,
                   judge, realtest)
from evidence import make, pki, services, snp, tdx
from faults import expect, misbehave

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.abspath(os.path.join(HERE, "..", "..", "..", ".."))
NONCE = bytes(range(32))
GPUS = 2
SWITCHED = {"evidence": "tdx", "gpus": 8, "gpu_features": "ppcie"}
failures = []
counted = {}


def check(name, got, wanted):
    kind = name.split(":")[0]
    counted[kind] = counted.get(kind, 0) + 1
    if "--tap" in sys.argv:
        print("ok" if got == wanted else "not ok", sum(counted.values()),
              "-", name)
    elif "-v" in sys.argv:
        print("selftest:", name, got)
    if got != wanted:
        failures.append(f"{name}: got {got!r}, wanted {wanted!r}")


class World:
    """A simulation with one machine, and a verifier that trusts its roots."""

    def __init__(self, **settings):
        self.state = state_module.State(2, state_module.DEFAULT_MODELS)
        self.state.set({"gpus": GPUS, **settings})
        self.switched = settings.get("gpus") == 8
        self.machine = self.state.machine(0)
        certs = appraise.load(pki.cpu_roots())
        self.intel = certs[0]
        self.amd = b"".join(c.public_bytes(appraise.Encoding.PEM)
                            for c in certs[1:])
        self.nvidia = appraise.load(pki.gpu_roots())[0]

    def fetch(self, path, body=b"", headers=()):
        """(status, headers, body) of one of the services."""
        request = wire.Request("POST" if body else "GET", path, "HTTP/1.1",
                               list(headers), body)
        reply = services.route(self.state, request)
        return reply.status, dict(reply.headers), reply.body()

    def kds(self, product, chip, tcb):
        layout = snp.tcb_layout(product)
        names = {"fmc": "fmcSPL", "bootloader": "blSPL", "tee": "teeSPL",
                 "snp": "snpSPL", "microcode": "ucodeSPL"}
        query = "&".join(f"{names[n]}={tcb[at]}" for n, at in layout.items())
        status, _, body = self.fetch(
            f"/vcek/v1/{product}/{chip.hex()}?{query}")
        return body if status == 200 else None

    def evidence(self, spec=""):
        plan = misbehave.parse("attest", spec)
        return make.evidence(self.state.settings, self.machine, NONCE,
                             plan)

    def want(self, policy=None):
        layout = "auto"
        if make.setting(self.state.settings, "report_data", 0) != "nonce":
            layout = "address-nonce"
        address = bytes.fromhex(self.machine.address[2:])
        return appraise.Want(NONCE, address, layout, policy, kds=self.kds)

    def tdx(self, spec=""):
        quote, _ = self.evidence(spec)
        policy = {n: m.hex() for n, m in tdx.MEASUREMENTS.items()}
        failed, parsed = appraise.tdx(bytes.fromhex(quote),
                                      self.want(policy), self.intel)
        if parsed is not None and "seam" not in failed:
            failed |= service.collateral(self.fetch, parsed, self.intel)
        return failed

    def snp(self, spec=""):
        quote, _ = self.evidence(spec)
        product = self.state.settings["snp_product"]
        policy = {"measurement": snp.MEASUREMENT.hex(),
                  "tcb": snp.tcb_version(product, snp.TCB)}
        return appraise.snp(bytes.fromhex(quote), self.want(policy), self.amd)

    def gpu(self, spec=""):
        _, value = self.evidence(spec)
        from evidence import gpu
        arch = self.state.settings["gpu_arch"]
        policy = {"driver": gpu.DRIVER[arch], "vbios": gpu.VBIOS[arch],
                  "count": self.state.settings["gpus"],
                  "switched": self.switched}
        return appraise.gpu(value, self.want(policy), self.nvidia)

    def nras(self, spec="", path="/v4/attest/gpu"):
        import json
        _, value = self.evidence()
        status, _, body = self.fetch(path, json.dumps(value).encode(),
                                     [("X-Sim-Nras", spec)])
        if status != 200:
            return {f"status {status}"}
        return service.nras(self.fetch, body, NONCE.hex(),
                            value["evidence_list"],
                            ("2.0",) if "/v3/" in path else ("3.0", "4.0"))


# --- good evidence ---------------------------------------------------------


def good():
    for how in ({}, {"quote_version": 5}, {"quote_trailing": 0},
                {"quote_version": 5, "td_body": "1.0"},
                {"report_data": "address-nonce"}):
        check(f"good: tdx {how}", World(evidence="tdx", **how).tdx(), set())
    for product in pki.PRODUCTS:
        for signer, certs in (("vcek", False), ("vcek", True),
                              ("vlek", True)):
            for version in (2, 3, 5):
                if version == 2 and product != "Milan":
                    continue
                how = {"snp_product": product, "snp_signer": signer,
                       "snp_certs": certs, "snp_version": version}
                check(f"good: snp {how}", World(
                    evidence="snp", **how).snp(), set())
    for arch in ("HOPPER", "BLACKWELL"):
        for features in ("spt", "mpt", "ppcie"):
            w = World(evidence="tdx", gpu_arch=arch, gpu_features=features)
            told = {"mode"} if (arch, features) == ("HOPPER", "ppcie") \
                else set()      # NVSwitches that nobody attested
            check(f"good: gpu {arch} {features}", w.gpu(), told)
    for arch in ("HOPPER", "BLACKWELL"):
        w = World(evidence="tdx", gpu_arch=arch)
        check(f"good: ocsp {arch}",
              appraise_ocsp.gpu(w.fetch, w.evidence()[1]), set())
        check(f"good: gpu {arch} versioned", World(
            evidence="tdx", gpu_arch=arch, gpu_records="versioned").gpu(),
              set())
    check("good: gpu switched", World(**SWITCHED).gpu(), set())
    for path in services.ATTEST:
        check(f"good: nras {path}", World(evidence="tdx").nras(path=path),
              set())
    w = World(evidence="tdx")
    w.state.set({"nras_kid": 8})
    check("good: nras after rotation", w.nras(), set())
    w = World()
    check("good: none", w.evidence(), (agent.QUOTE_ERROR, agent.GPU_ERROR))
    w.state.set({"evidence": {"1": "tdx"}})
    check("good: machine 0 of two", w.evidence(),
          (agent.QUOTE_ERROR, agent.GPU_ERROR))


# --- misbehaviour ----------------------------------------------------------


def broken(name, entry, worlds):
    """The checks that fail with this misbehaviour."""
    if entry.needs == "switched":
        return World(**SWITCHED).gpu(name)
    if entry.kind in ("tdx", "snp", "gpu"):
        bound = entry.needs == "bound"
        w = World(evidence="snp" if entry.kind == "snp" else "tdx",
                  report_data="address-nonce" if bound else "nonce") \
            if bound else worlds["snp" if entry.kind == "snp" else "tdx"]
        return getattr(w, entry.kind)(name)
    w = worlds["snp" if entry.kind == "kds" else "tdx"]
    w.state.reset("set")
    w.state.set({"gpus": GPUS, "evidence": "snp" if entry.kind == "kds"
                 else "tdx", entry.kind: name})
    try:
        if entry.kind == "collateral":
            return w.tdx()
        if entry.kind == "kds":
            return w.snp() | service.kds_crl(w.fetch, "Milan", w.amd)
        if entry.kind == "ocsp":
            return w.gpu() | appraise_ocsp.gpu(w.fetch, w.evidence()[1])
        return w.nras()
    finally:
        w.state.set({entry.kind: ""})


def misbehaviour():
    worlds = {k: World(evidence=k) for k in ("tdx", "snp")}
    for name, entry in expect.EXPECT.items():
        wanted = {entry.breaks} if entry.breaks else set()
        check(f"{entry.kind}: {name}", broken(name, entry, worlds), wanted)
    w = World(evidence="tdx")
    for setting, spec in (("jwks", "jwks_stale"),):
        w.state.set({setting: spec, setting + "_times": 1})
        check("jwks: jwks_stale once", w.nras(), {"kid"})
        check("jwks: jwks_stale then found", w.nras(), set())
    try:
        World(evidence="snp").evidence("tdx_debug")
        check("names: of other hardware", "taken", "refused")
    except misbehave.Unknown:
        check("names: of other hardware", "refused", "refused")


def reasons():
    """Every reason is one of the gateway's."""
    path = os.path.join(ROOT, "src/core/base/ioa_status.h")
    with open(path) as f:
        text = f.read()
    for name, entry in expect.EXPECT.items():
        known = f"IOA_{entry.reason.upper()}," in text
        check(f"reasons: {name}", known if entry.reason else True, True)
        check(f"reasons: {name} and check", bool(entry.reason),
              bool(entry.breaks))


# --- over the wire ---------------------------------------------------------

ASKED = (
    ("/tdx/certification/v4/tcb?fmspc=A0B06F000000", 200, b'{"tcbInfo":'),
    ("/tdx/certification/v4/tcb?fmspc=000000000000", 404, b""),
    ("/tdx/certification/v4/qe/identity", 200, b'{"enclaveIdentity":'),
    ("/sgx/certification/v4/pckcrl?ca=platform&encoding=der", 200, b"0\x82"),
    ("/sgx/certification/v4/pckcrl?ca=processor", 200, b"-----BEGIN X509"),
    ("/sgx/certification/v4/rootcacrl", 200, b"3082"),
    ("/IntelSGXRootCA.der", 200, b"0\x82"),
    ("/vcek/v1/Genoa/cert_chain", 200, b"-----BEGIN CERT"),
    ("/vlek/v1/Genoa/cert_chain", 200, b"-----BEGIN CERT"),
    ("/vcek/v1/Turin/crl", 200, b"0\x82"),
    ("/vcek/v1/Rome/crl", 404, b"{"),
    ("/vcek/v1/Milan/00?blSPL=1&teeSPL=0&snpSPL=1&ucodeSPL=1", 404, b""),
    ("/vcek/v1/Milan/00", 400, b""),
    ("/.well-known/jwks.json", 200, b'{"keys":'),
    ("/v4/attest/gpu", 405, b"{"),
    ("/ocsp", 405, b"{"),
    ("/_sim/roots/cpu.pem", 200, pki.cpu_roots()),
    ("/_sim/roots/gpu.pem", 200, pki.gpu_roots()),
    ("/_sim/expect", 200, b'{"'), ("/_sim/evidence", 200, b'{"'))


async def wire_check():
    state = state_module.State(2, state_module.DEFAULT_MODELS)
    listener = await asyncio.start_server(
        server.Server(state).handler(), "127.0.0.1", 0, limit=1 << 20)
    port = listener.sockets[0].getsockname()[1]
    for path, status, start in ASKED:
        got = await judge.ask(port, "GET", path, {}, b"")
        check(f"wire: {path}", (got.status, got.body[:len(start)]),
              (status, start))
    got = await judge.ask(port, "GET", ASKED[2][0],
                          {"X-Sim-Collateral": "error=503"}, b"")
    check("wire: error", got.status, 503)
    got = await judge.ask(port, "GET", ASKED[2][0],
                          {"X-Sim-Collateral": "nothing"}, b"")
    check("wire: unknown name", got.status, 400)
    listener.close()


def main():
    good()
    misbehaviour()
    reasons()
    asyncio.run(wire_check())
    realtest.run(check)
    mark = "# " if "--tap" in sys.argv else ""
    for failure in failures:
        print(f"{mark}evidencetest: FAILED:", failure)
    print(f"{mark}evidencetest:",
          ", ".join(f"{n} {k}" for k, n in counted.items()),
          "failed" if failures else "ok")
    if mark:
        print(f"1..{sum(counted.values())}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
