#!/usr/bin/python3
"""Real GPU evidence and its verdicts.

IOATTEST_EVIDENCE says where it is (default ../shared/evidence).  CORE_DIR is
where driver was built.  Speaks TAP.
"""

import base64
import json
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../driver"))
import tap
from gpujudge import (INVALID, MISSING, OK, checks, expect, failed,
                      gpus, judge, record, run)
from tap import ok


EVIDENCE = os.environ.get("IOATTEST_EVIDENCE", "../shared/evidence")


def read(path):
    with open(os.path.join(EVIDENCE, path), "rb") as f:
        return f.read()


SDK = "NVIDIA+attestation-sdk/"
SAMPLES = SDK + "nv-attestation-sdk-cpp/unit-tests/testdata/"
GPU = SAMPLES + "sample_attestation_data/gpu/"
SERIAL = SDK + "common-test-data/serialized_test_evidence/"
NVTRUST = "NVIDIA+nvtrust/guest_tools/"
LOCAL = NVTRUST + "gpu_verifiers/local_gpu_verifier/src/verifier/"
TRUSTEE = "confidential-containers+trustee/deps/verifier/test_data/nvidia/"
GONV = "confidentsecurity+go-nvtrust/pkg/gonvtrust/mocks/"

ROOT = LOCAL + "certs/verifier_device_root.pem"

# evidence in JSON, with its chains: verdict, check, what is there
PAYLOADS = [
    (SERIAL + "hopper_evidence.json", OK, None,
     ["HOPPER/590.12/96.00.A5.00.01/fwid 1/protected-pcie"]),
    (SERIAL + "hopper_evidence_cert_hold.json", OK, None,
     ["HOPPER/570.86.10/96.00.AF.00.01/fwid 1/single"]),
    (SERIAL + "multi_gpu_hopper.json", OK, None,
     ["HOPPER/590.12/96.00.A5.00.01/fwid 1/protected-pcie"] * 4),
    (SERIAL + "switch_evidence_ls10.json", INVALID, "gpu.0.chip", []),
    (SAMPLES + "evidence_hopper_590_12.json", OK, None,
     ["HOPPER/590.12/96.00.A5.00.01/fwid 1/protected-pcie"]),
    (NVTRUST + "ppcie-verifier-sdk-cpp/tests/data/gpu_evidence.json", OK,
     None, 8),
    ("scrtlabs+secretvm-verify/test-data/gpu_attest.txt", OK, None,
     ["HOPPER/550.144.03/96.00.9F.00.02/fwid 1/single"]),
]

# evidence in hex, and a chain: verdict, check, what is there
FILES = [
    (SAMPLES + "hopperAttestationReport.txt", SAMPLES + "hopperCertChain.txt",
     OK, None, "HOPPER/580.159.03/96.00.74.00.20/fwid 1/single"),
    (GPU + "blackwellAttestationReport.txt", GPU + "blackwellCertChain.txt",
     OK, None, "BLACKWELL/575.32/97.00.88.00.0F/fwid 1/single"),
    (GPU + "hopperAttestationReport.txt", GPU + "hopperCertChain.txt",
     OK, None, "HOPPER/535.86.09/96.00.5E.00.01/fwid 0/single"),
    (GPU + "hopperAttestationReport.txt", GONV + "gpuAkCertChain.txt",
     INVALID, "gpu.0.signature", None),        # another device's
    (GPU + "hopperAttestationReportExpired.txt",
     GPU + "hopperCertChainExpired.txt", OK, None,
     "HOPPER/570.124.03/96.00.5E.00.04/fwid 1/single"),
    (GPU + "hopperAttestationReportInvalidSignature.txt",
     GPU + "hopperCertChain.txt", INVALID, "gpu.0.signature", None),
    (LOCAL + "samples/hopperAttestationReport.txt",
     LOCAL + "samples/hopperCertChain.txt", OK, None,
     "HOPPER/550.90.07/96.00.9F.00.01/fwid 1/single"),
    (TRUSTEE + "hopperAttestationReport.txt",
     TRUSTEE + "hopper_cert_chain_case1.txt", OK, None,
     "HOPPER/550.90.07/96.00.9F.00.01/fwid 1/single"),
    (TRUSTEE + "hopperAttestationReport.txt",
     TRUSTEE + "hopper_cert_chain_case2.txt", INVALID,
     "gpu.0.certificates", None),              # root only
    (TRUSTEE + "hopperAttestationReport.txt",
     TRUSTEE + "hopper_cert_chain_case3.txt", INVALID,
     "gpu.0.certificates", None),              # no provisioner
    (TRUSTEE + "hopperAttestationReport.txt",
     TRUSTEE + "hopper_cert_chain_case4.txt", INVALID,
     "gpu.0.certificates", None),              # no leaf
    (TRUSTEE + "hopper_coco_report1.txt", TRUSTEE + "hopper_coco_certs1.txt",
     OK, None, "HOPPER/580.95.05/96.00.74.00.1A/fwid 1/single"),
    (GONV + "attestationReport.txt", GONV + "gpuAkCertChain.txt", OK, None,
     "HOPPER/545.00/96.00.5E.00.01/fwid 0/single"),
    (GONV + "attestationReport.txt", GONV + "invalidCertChain.txt", INVALID,
     "gpu.0.certificates", None),              # no device
]

OTHERS = {ROOT, "derived/roots/nvidia_device_identity_ca.pem"}

# of NVIDIA's, and no evidence of a GPU: RIM roots, replies of its service
ELSEWHERE = {
    LOCAL + "certs/verifier_RIM_root.pem", "derived/roots/nvidia_rim_root.pem",
    SAMPLES + "sample_attestation_data/hopperClaimsv3_decoded.json",
    SAMPLES + "sample_attestation_data/hopperClaimsv3_detached_eat.json",
    "derived/nearai-vllm-proxy-nras/nras_1gpu.json",
    "derived/nearai-vllm-proxy-nras/nras_8gpu_ppcie.json",
    "derived/nearai-vllm-proxy-nras/dstack_quote.json",
}


def payload(path):
    value = json.loads(read(path))
    if isinstance(value, dict):
        value = value["evidence_list"]
    return [(v["evidence"], v["certificate"]) for v in value]


def raw(device):
    return tuple(base64.b64decode(x) for x in device)


def hexed(path):
    return bytes.fromhex(re.sub(rb"\s", b"", read(path)).decode())


def told(line):
    """What a line says of its devices, in short."""
    return ["%s/%s/%s/fwid %s/%s"
            % (g[1], g[2], g[3],
               int(checks(line)["gpu.%d.fwid" % i] == "passed"), g[5])
            for i, g in enumerate(gpus(line))]


def test_manifest():
    listed = {line.split("\t")[0] for line in
              read("MANIFEST.tsv").decode().splitlines()[1:]}
    # reference manifests are no evidence
    listed = {p for p in listed if any(w in p.lower() for w in (
        "nvidia", "gonvtrust", "gpu", "nras"))
              and not p.endswith((".xml", ".swidtag"))}
    used = ({p[0] for p in PAYLOADS} | {f[0] for f in FILES}
            | {f[1] for f in FILES} | OTHERS | ELSEWHERE)
    ok(listed == used, "every GPU file of the manifest has a case (%d)"
       % len(listed), sorted(listed ^ used))


def test_payloads():
    root = read(ROOT)
    for path, verdict, check, what in PAYLOADS:
        devices = payload(path)
        nonce = raw(devices[0])[0][4:36]
        short = path.split("/")[-1]
        for how, given in (("b", devices), ("r", [raw(d) for d in devices])):
            line = judge(given, root, how=how, nonce=nonce)
            good = told(line) == what if isinstance(what, list) else len(
                set(g[4] for g in gpus(line))) == what
            ok(line[0] == verdict and good
               and failed(line) == ([check] if check else []),
               "%s, %d devices: %s" % (short, len(devices),
                                       check or verdict), line)
    ok(read(ROOT) == read("derived/roots/nvidia_device_identity_ca.pem"),
       "the root is the root")


def test_files():
    root = read(ROOT)
    for path, chain, verdict, check, what in FILES:
        line = judge([(hexed(path), read(chain))], root)
        ok(line[0] == verdict and failed(line) == ([check] if check else [])
           and told(line) == ([what] if what else []),
           "%s with %s: %s" % (path.split("/")[-1], chain.split("/")[-1],
                               check or verdict), line)
        if what and "fwid 0" in what:
            ok(checks(line)["gpu.0.fwid"] == "not made",
               "and the firmware's hash is named as not checked")


def real():
    return (hexed(LOCAL + "samples/hopperAttestationReport.txt"),
            read(LOCAL + "samples/hopperCertChain.txt"))


def pems(data):
    begin = b"-----BEGIN"
    return [begin + p.rstrip() + b"\n" for p in data.split(begin)[1:]]


def test_real_chains():
    root, (evidence, chain) = read(ROOT), real()
    certs = pems(chain)
    expect("real", judge([(evidence, chain)], root), OK)
    expect("another nonce", judge([(evidence, chain)], root,
                                  nonce=bytes(32)), INVALID, "gpu.0.nonce")
    expect("six certificates", judge(
        [(evidence, chain + certs[4])], root), INVALID,
        "gpu.0.certificates")
    for i in range(5):
        for name, order in (("without", certs[:i] + certs[i + 1:]),
                            ("twice", certs[:i] + certs[i:i + 1]
                             + certs[i:])):
            line = judge([(evidence, b"".join(order))], root)
            ok(line[0] == INVALID, "certificate %d %s" % (i, name), line)
    for i in range(4):
        order = certs[:i] + [certs[i + 1], certs[i]] + certs[i + 2:]
        expect("certificates %d and %d in turn" % (i, i + 1),
               judge([(evidence, b"".join(order))], root), INVALID,
               "gpu.0.chain")
    expect("a root that is NVIDIA's, and another's", judge(
        [(evidence, chain)], read("derived/roots/nvidia_rim_root.pem")),
        INVALID, "gpu.0.chain")
    other = pems(read(GPU + "blackwellCertChain.txt"))
    expect("the leaf of another architecture", judge(
        [(evidence, b"".join(other[:1] + certs[1:]))], root), INVALID,
        "gpu.0.chain")
    expect("another device's chain", judge(
        [(evidence, b"".join(other))], root), INVALID, "gpu.0.signature")
    expect("nothing", judge([], root), MISSING)
    expect("a byte of evidence", judge([(b"\0", chain)], root,
                                       nonce=bytes(32)),
           INVALID, "gpu.0.layout")
    expect("a chain of a line feed", judge([(evidence, b"\n")], root), INVALID,
           "gpu.0.certificates")
    expect("a DER chain", judge([(evidence, base64.b64decode(b"".join(
        certs[0].split(b"\n")[1:-2])))], root), INVALID,
        "gpu.0.certificates")


def test_real_damage():
    root, (evidence, chain) = read(ROOT), real()
    lines = run([record([(evidence[:i], chain)], root, nonce=evidence[4:36])
                 for i in range(len(evidence))])
    ok({line[0] for line in lines} == {INVALID}, "each of %d prefixes"
       % len(lines))
    # what is signed is signed: a bit of each eighth byte, and all of the
    # ends; test_made has every bit of a smaller piece
    size = len(evidence)
    for first, last in ((0, 100), (size - 160, size)):
        line = judge([(evidence, chain)], root, how="f",
                     flips=b"%d-%d\0" % (first, last))
        ok(line[0] == "0", "each bit of bytes %d to %d flipped"
           % (first, last), line)
    records = []
    for i in range(100, size - 160):
        bad = bytearray(evidence)
        bad[i] ^= 1 << i % 8
        records.append(record([(bytes(bad), chain)], root))
    lines = run(records)
    ok({line[0] for line in lines} == {INVALID},
       "a bit of each of %d bytes between flipped" % len(lines))
    padded = (hexed(TRUSTEE + "hopper_coco_report1.txt"),
              read(TRUSTEE + "hopper_coco_certs1.txt"))
    n = len(padded[0])
    line = judge([padded], root, how="f", flips=b"%d-%d\0" % (n - 8, n))
    ok(line == ["8", str(n - 1), str(n - 1)],
       "of the byte behind a signature no bit counts", line)
    expect("more bytes behind", judge(
        [(padded[0] + b"\xff" * 4000, padded[1])], root), OK)
    expect("too many bytes behind", judge(
        [(padded[0] + bytes(65536), padded[1])], root), INVALID,
        "gpu.base64")


def test_real_lists():
    root = read(ROOT)
    devices = [raw(d) for d in payload(SERIAL + "multi_gpu_hopper.json")]
    expect("four", judge(devices, root), OK)
    expect("one of them twice", judge(devices + devices[2:3], root), INVALID,
           "gpu.distinct")
    line = judge(devices, root)
    ok(checks(line)["gpu.3.revocation"] == "not made",
       "what was not looked at is named")
    # the same chip before and after its firmware changed
    pair = [(hexed(SAMPLES + "hopperAttestationReport.txt"),
             read(SAMPLES + "hopperCertChain.txt")),
            (hexed(GPU + "hopperAttestationReportExpired.txt"),
             read(GPU + "hopperCertChainExpired.txt"))]
    ids = [gpus(judge([p], root))[0][4] for p in pair]
    ok(ids[0] == ids[1] and pems(pair[0][1])[0] != pems(pair[1][1])[0],
       "two leaf certificates, one chip")


def test_real_base64():
    root = read(ROOT)
    evidence, chain = payload(SERIAL + "hopper_evidence.json")[0]
    nonce = raw((evidence, chain))[0][4:36]

    def bad(name, e, c):
        line = judge([(e, c)], root, how="b", nonce=nonce)
        ok(line[0] == INVALID and failed(line) == ["gpu.base64"], name, line)

    expect("base64", judge([(evidence, chain)], root, how="b", nonce=nonce),
           OK)
    bad("a line feed at the end", evidence + "\n", chain)
    bad("a space before", " " + evidence, chain)
    bad("cut", evidence[:-1], chain)
    bad("another letter", evidence[:99] + "-" + evidence[100:], chain)
    bad("no evidence", "", chain)
    bad("no chain", evidence, "")
    bad("a bad chain", evidence, chain[:-1] + "!")
    bad("too long", "A" * (4 * 22000), chain)
    bad("a chain that is too long", evidence, "A" * (4 * 22000))
    line = judge([(evidence, chain)] * 17, root, how="b", nonce=nonce)
    ok(line[0] == INVALID and failed(line) == ["gpu.number"],
       "more devices than there can be", line)


def main():
    if not os.path.exists(os.path.join(EVIDENCE, "MANIFEST.tsv")):
        print("1..0 # SKIP %d real pieces of evidence, not at %s"
              % (len(PAYLOADS) + len(FILES), EVIDENCE))
        return 0
    for test in (test_manifest, test_payloads, test_files,
                 test_real_chains, test_real_damage, test_real_lists,
                 test_real_base64):
        test()
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
