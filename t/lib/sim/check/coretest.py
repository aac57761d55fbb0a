"""Shows the simulation's evidence to the verification library, through the
test driver of t/unit/driver: what is good must verify, and each misbehaviour
be refused for the reason that faults/expect.py has.

The driver is looked for in $CORE_DIR (default build/core).  What the policy
judges is shown to all of the library, with a policy that names the good
values; report data, which no part of the driver looks at, is expected to pass.
Arguments are the kinds of evidence and answers that are to be shown, else all
are.  Speaks TAP.
"""
import json
import os
import struct
import subprocess
import sys
import time
import urllib.parse

from check import appraise, appraise_service, evidencetest
from evidence import make, pki
from faults import expect

sys.path.append(os.path.join(evidencetest.ROOT, "fuzz"))
import evidence_seeds as seeds

DRIVER = os.path.join(evidencetest.ROOT, os.environ.get(
    "CORE_DIR", "build/core"), "driver")
ELSEWHERE = ("report_data",)
BY_DEFAULT = ("tdx_sept_ve", "gpu_ppcie", "gpu_alike")  # what an empty policy wants
NOW = int(time.time())
CPU, GPU = pki.cpu_roots(), pki.gpu_roots()
count = failures = 0


def ok(name, got, wanted):
    global count, failures
    count += 1
    failures += got != wanted
    print("ok" if got == wanted else "not ok", count, "-", name)
    if got != wanted:
        print(f"# got {got!r}, wanted {wanted!r}")


def blob(data):
    return struct.pack("<I", len(data)) + data


def run(part, record, *args, **env):
    """First word of what the driver says; why it died, where it did."""
    done = subprocess.run([DRIVER, part, *args],
                          input=record, capture_output=True,
                          env={**os.environ, **env})
    words = done.stdout.decode().split()
    if done.returncode or not words:
        return ["died", done.stderr.decode()[-200:]]
    return words


# --- one kind of evidence each ---------------------------------------------


def tdx(world, spec="", lists=()):
    quote = bytes.fromhex(world.evidence(spec)[0])
    record = b"v" + struct.pack("<qB", NOW, len(lists))
    return run("tdx", record + b"".join(
        blob(b) for b in (CPU, quote, *lists)))[0]


def snp(world, spec="", with_list=False):
    raw = bytes.fromhex(world.evidence(spec)[0])
    cert = revoked = b""
    if len(raw) == 1184:
        product = appraise.PRODUCTS.get((raw[0x188], raw[0x189]), "Milan")
        cert = world.kds(product, raw[0x1a0:0x1e0], raw[0x180:0x188]) or b""
    if with_list:
        revoked = world.fetch("/vcek/v1/Milan/crl")[2]
    record = struct.pack("<qB", NOW, with_list)
    return run("snp", record + b"".join(
        blob(b) for b in (raw, CPU, cert, revoked, b"")))[0]


def gpu(world, spec=""):
    value = world.evidence(spec)[1]
    items = value["evidence_list"]
    record = (struct.pack("<q", NOW) + evidencetest.NONCE + b"b"
              + struct.pack("<I", len(items)))
    parts = [GPU, b""]
    for item in items:
        parts += [str(item.get(n, "")).encode()
                  for n in ("evidence", "certificate")]
    return run("gpu", record + b"".join(blob(p) for p in parts))[0]


def feed(kind, fields):
    return run("vendor", kind + bytes([len(fields)])
               + b"".join(blob(f) for f in fields))


def collateral(world, spec=""):
    """Documents, then the quote against the lists, then the status."""
    quote = bytes.fromhex(world.evidence(spec)[0])
    fields = []
    for path, header in (
            ("tcb?fmspc=A0B06F000000", "TCB-Info-Issuer-Chain"),
            ("qe/identity", "SGX-Enclave-Identity-Issuer-Chain")):
        _, headers, body = world.fetch("/tdx/certification/v4/" + path)
        fields += [body, urllib.parse.unquote(
            appraise_service.chain_of(headers, header)).encode()]
    lists = [appraise_service.unhex(world.fetch(p)[2]) for p in (
        "/sgx/certification/v4/pckcrl?ca=platform&encoding=der",
        "/IntelSGXRootCA.der")]
    words = feed(b"c", fields + [CPU, *lists, b"%d" % NOW, b"300", quote])
    if words[0] == "noquote":
        return tdx(world, spec)
    if words[0] != "ok":
        return words[0]
    said = tdx(world, spec, lists)
    if said != "ok" or words[1] in ("UpToDate", "SWHardeningNeeded"):
        return said
    return "revoked" if words[1] == "Revoked" else "tcb_rejected"


def switched(spec=""):
    """Eight GPUs in protected PCIe mode, which the policy lists."""
    record = seeds.seed(seeds.LOCAL, spec=spec, **evidencetest.SWITCHED)
    return run("door", record, "new", json.dumps(
        {"gpu": {"modes": ["protected-pcie"]}}))[0]


def tokens(spec):
    """What NVIDIA's service says, beside the evidence that it was sent."""
    def say(world, quote, gpu):
        plain = world.fetch
        world.fetch = lambda path, body=b"": plain(
            path, body, [("X-Sim-Nras", spec)])
        return seeds.nvidia(world, quote, gpu)
    record = seeds.seed(seeds.NRAS, say, evidence="tdx",
                        gpus=evidencetest.GPUS)
    return run("door", record)[0]


def nras(world, spec=""):
    value = json.dumps(world.evidence()[1]).encode()
    reply = world.fetch("/v4/attest/gpu", value, [("X-Sim-Nras", spec)])[2]
    keys = world.fetch("/.well-known/jwks.json")[2]
    said = feed(b"n", [reply, keys, evidencetest.NONCE,
                       b"%d" % evidencetest.GPUS, b"%d" % NOW, b"3"])[0]
    return "gpu_evidence_invalid" if said == "nokeys" else said


def policy(cpu, spec=""):
    """All of the library, with a policy that names the good values."""
    good = make.about(evidencetest.World(evidence=cpu).state.settings, 0)
    least = {k: v for k, v in good["sev_snp"].pop("tcb").items()
             if k != "fmc"}
    card = good["gpu"]["HOPPER"]
    text = json.dumps({
        "tdx": {name: [value] for name, value in good["tdx"].items()},
        "sev_snp": {"vmpl": 0, "min_tcb": {"Milan": least}, **{
            name: [value] for name, value in good["sev_snp"].items()}},
        "gpu": {"arch": ["HOPPER"], "count": evidencetest.GPUS,
                "driver_versions": [card["driver"]],
                "vbios_versions": [card["vbios"]]}})
    flags = seeds.LOCAL | (seeds.SNP if cpu == "snp" else seeds.TDX)
    record = seeds.seed(flags, spec=spec, evidence=cpu, snp_certs=True,
                        gpus=evidencetest.GPUS)
    return run("door", record, "new", text)[0]


def ocsp(world, **env):
    """Its own answers, through all of the library."""
    record = seeds.seed(seeds.OCSP, seeds.ocsp(world), evidence="tdx",
                        gpus=evidencetest.GPUS)
    return run("door", record, **env)[0]


# --- all of them -----------------------------------------------------------


def good():
    world = evidencetest.World
    for how in ({}, {"quote_version": 5}, {"quote_trailing": 0},
                {"quote_version": 5, "td_body": "1.0"}):
        ok(f"tdx {how}", collateral(world(evidence="tdx", **how)), "ok")
    for product in pki.PRODUCTS:
        for signer, certs in (("vcek", False), ("vcek", True),
                              ("vlek", True)):
            for version in (3, 5) if product != "Milan" else (2, 3, 5):
                how = {"snp_product": product, "snp_signer": signer,
                       "snp_certs": certs, "snp_version": version}
                ok(f"snp {how}", snp(world(evidence="snp", **how)), "ok")
    for arch in ("HOPPER", "BLACKWELL"):
        for records in ("unversioned", "versioned"):
            ok(f"gpu {arch} {records}", gpu(world(
                evidence="tdx", gpu_arch=arch, gpu_records=records)), "ok")
    ok("nras", nras(world(evidence="tdx")), "ok")
    ok("nras, with the evidence", tokens(""), "ok")
    ok("gpu switched", switched(), "ok")
    ok("ocsp", ocsp(world(evidence="tdx")), "ok")
    ok("ocsp, and nobody knows with what nonce",
       ocsp(world(evidence="tdx"), DOOR_NO_NONCE="1"),
       "attestation_unavailable")
    for cpu in ("tdx", "snp"):
        ok(f"policy {cpu}", policy(cpu), "ok")


def verdict(name, entry, world):
    """What the library says, with one misbehaviour."""
    if entry.needs == "switched":
        return switched(name)
    if entry.breaks == "sent":
        return tokens(name)
    if entry.needs == "policy" or name in BY_DEFAULT:
        return policy("snp" if entry.kind == "snp" else "tdx", name)
    world.state.reset("set")
    world.state.set({"gpus": evidencetest.GPUS, "evidence": "snp"
                     if entry.kind in ("snp", "kds") else "tdx"})
    if entry.kind in ("collateral", "kds", "jwks", "ocsp"):
        world.state.set({entry.kind: name})
    if entry.kind == "collateral":
        return collateral(world)
    if entry.kind == "kds":
        return snp(world, with_list="crl" in name)
    if entry.kind == "ocsp":
        return ocsp(world)
    if entry.kind in ("nras", "jwks"):
        return nras(world, name if entry.kind == "nras" else "")
    if entry.needs == "collateral":
        return collateral(world, name)
    return {"tdx": tdx, "snp": snp, "gpu": gpu}[entry.kind](world, name)


def main():
    if not os.access(DRIVER, os.X_OK):
        print("1..0 # SKIP the driver is not built; "
              f"{len(expect.EXPECT)} cases skipped")
        return 0
    good()
    world = evidencetest.World(evidence="tdx")
    kinds = sys.argv[1:]
    for name, entry in expect.EXPECT.items():
        if kinds and entry.kind not in kinds:
            continue
        if name in ("crl_pck_garbage", "crl_root_garbage", "kds_crl_html"):
            continue                    # refused by who reads the list
        wanted = "ok" if entry.breaks in ELSEWHERE else entry.reason or "ok"
        ok(name, verdict(name, entry, world), wanted)
    print(f"1..{count}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
