"""Real evidence, for evidencetest.py: what the judge says of samples whose
verdict is known, and whether what is made here has their form, field by
field.
"""
import base64
import json
import os
import subprocess

from cryptography import x509

from check import appraise, appraise_service as service
from evidence import gpu, make, pcs, pki, snp, tdx
from evidence.der import date

HERE = os.path.dirname(os.path.abspath(__file__))
FOLDER = os.environ.get("IOATTEST_EVIDENCE") or os.path.join(
    HERE, "..", "..", "..", "..", "..", "shared", "evidence")
SDK = "NVIDIA+attestation-sdk/nv-attestation-sdk-cpp/unit-tests/testdata/"
DCAP = "Phala-Network+dcap-qvl/sample/"
GO_TDX = "google+go-tdx-guest/testing/testdata/"
TRUSTEE = "confidential-containers+trustee/deps/verifier/test_data/"


def path(name):
    return os.path.join(FOLDER, name)


def read(name):
    with open(path(name), "rb") as f:
        return f.read()


def unhex(raw):
    return bytes.fromhex(raw.decode().strip().removeprefix("0x"))


def dump(der):
    """A DER value's outline: depth, tag and OID of each part, by openssl."""
    out = subprocess.run(
        ["openssl", "asn1parse", "-inform", "DER"], input=der,
        capture_output=True, check=True).stdout.decode()
    lines = []
    for line in out.splitlines():
        head, _, rest = line.partition("l=")
        depth = head.partition("d=")[2].split()[0]
        kind = " ".join(rest.split()[1:])
        name, _, value = kind.partition(":")
        keep = name.split()[-1] in ("OBJECT", "BOOLEAN")
        lines.append(f"{depth} {name.strip()} {value if keep else ''}")
    return lines


def same_outline(check, name, made, real):
    a, b = dump(made), dump(real)
    different = [(x, y) for x, y in zip(a, b) if x != y]
    check(f"real: {name}: parts", len(a), len(b))
    check(f"real: {name}: outline", different[:3], [])


def extensions(cert):
    """[(OID, critical)] in order."""
    return [(e.oid.dotted_string, e.critical) for e in cert.extensions]


def names(cert):
    """[attribute] of issuer and subject, in order."""
    return [[a.oid.dotted_string for a in n]
            for n in (cert.issuer, cert.subject)]


def same_certificate(check, name, made, real):
    made = x509.load_der_x509_certificate(made.der)
    check(f"real: {name}: extensions", extensions(made), extensions(real))
    check(f"real: {name}: names", names(made), names(real))
    check(f"real: {name}: algorithm", made.signature_algorithm_oid,
          real.signature_algorithm_oid)
    check(f"real: {name}: key", made.public_key().key_size,
          real.public_key().key_size)


# --- TDX -------------------------------------------------------------------

QUOTES = (DCAP + "quote-from-tappd.hex", DCAP + "tdx-quote.hex",
          GO_TDX + "tdx_prod_quote_SPR_E4.dat",
          GO_TDX + "quote_v5_sample.dat",
          TRUSTEE + "az-tdx-vtpm/td-quote.bin")


def _quote(check, name):
    raw = read(name)
    if name.endswith(".hex"):
        raw = unhex(raw)
    root = x509.load_der_x509_certificate(
        read("derived/roots/intel_sgx_root_ca.der"))
    want = appraise.Want(b"", b"")
    failed, quote = appraise.tdx(raw, want, root)
    check(f"real: {name}: signatures and chain", failed & {
        "format", "version", "key_type", "tee_type", "vendor", "body",
        "cert_type", "signature", "qe_data", "qe_signature", "chain",
        "pck_extension"}, set())
    return quote


def _own_quote(version, body):
    platform = make.platform(0)
    q = tdx.Quote(platform, bytes(64), version, body)
    raw = q.build()
    root = appraise.load(pki.intel_root().pem)[0]
    return appraise.tdx(raw, appraise.Want(b"", b""), root)[1], platform


def real_tdx(check):
    quotes = [_quote(check, name) for name in QUOTES]
    real = quotes[0]
    own, platform = _own_quote(4, "1.0")
    check("real: TD body", len(own.body), len(real.body))
    check("real: header", own.signed[:8], real.signed[:8])
    check("real: vendor", own.signed[12:28], real.signed[12:28])
    check("real: auth", len(own.auth), len(real.auth))
    v5, _ = _own_quote(5, "1.5")
    check("real: v5", (len(v5.signed), v5.signed[48:54]),
          (len(quotes[3].signed), quotes[3].signed[48:54]))
    same_certificate(check, "PCK", platform.leaf, real.pck[0])
    same_certificate(check, "PCK CA", pki.intel_ca(), real.pck[1])
    same_certificate(check, "Intel root", pki.intel_root(), real.pck[2])
    sgx = service.SGX
    same_outline(check, "SGX extension",
                 appraise.extension(own.pck[0], sgx),
                 appraise.extension(real.pck[0], sgx))
    check("real: SGX fields", {k: len(v) for k, v in service.pck_fields(
        own.pck[0]).items()}, {k: len(v) for k, v in service.pck_fields(
            real.pck[0]).items()})


def _members(value, where=""):
    """Names of an object's members, in order, lists by their first item."""
    if isinstance(value, dict):
        return [(where + k, _members(v)) for k, v in value.items()
                if k != "advisoryIDs"]
    if isinstance(value, list):
        return _members(value[0]) if value else []
    return type(value).__name__


def real_collateral(check):
    info = json.loads(read(GO_TDX + "sample_tcbinfo_response_v5"))
    made = json.loads(pcs.tcb_info(0, "A0B06F000000").body())
    check("real: TCB info", _members(made), _members(info))
    identity = json.loads(read(GO_TDX + "sample_qeIdentity_response"))
    made = json.loads(pcs.qe_identity(0).body())
    check("real: QE identity", _members(made), _members(identity))
    for name, issuer in (("pckcrl", pki.intel_ca()),
                         ("rootcrl.der", pki.intel_root())):
        crl = pcs.Crl("x", issuer, 10**9)
        real = x509.load_der_x509_crl(read(GO_TDX + name))
        crl.revoked = crl.revoked[:1] if len(real) else []
        made = x509.load_der_x509_crl(crl.body())
        check(f"real: {name}: extensions", extensions(made),
              extensions(real))
        check(f"real: {name}: entry", [extensions(e) for e in made][:1],
              [extensions(e) for e in real][:1])
    real = json.loads(read(DCAP + "tdx_quote_collateral.json"))
    signer = appraise.load(real["tcb_info_issuer_chain"].encode())[0]
    same_certificate(check, "TCB signing", pki.tcb_signing(), signer)


# --- SNP -------------------------------------------------------------------


def real_snp(check):
    bundle = read("derived/roots/ask_ark_milan.pem") + read(
        "derived/roots/ask_ark_milan_vlek.pem")
    for report, cert in (("test-report.bin", "test-vcek.der"),
                         ("test-vlek-report.bin", "test-vlek.der")):
        want = appraise.Want(b"", b"", at=date(2025, 6, 1), kds=lambda *_:
                             read(TRUSTEE + "snp/" + cert))
        failed = appraise.snp(read(TRUSTEE + "snp/" + report), want, bundle)
        check(f"real: {report}", failed, {"report_data"})
    real = x509.load_der_x509_certificate(read(TRUSTEE + "snp/test-vcek.der"))
    made = snp.vcek("Milan", snp.chip_id("Milan", 0),
                    dict(snp.TCB, microcode=0x73))
    same_certificate(check, "VCEK", made, real)
    same_outline(check, "VCEK", made.der, read(TRUSTEE + "snp/test-vcek.der"))
    real = x509.load_der_x509_certificate(read(TRUSTEE + "snp/test-vlek.der"))
    same_certificate(check, "VLEK", snp.vlek("Milan", snp.TCB), real)
    ask, ark = appraise.load(read("derived/roots/ask_ark_milan.pem"))
    same_certificate(check, "ASK", pki.ask(), ask)
    same_certificate(check, "ARK", pki.ark(), ark)
    turin = x509.load_der_x509_certificate(
        read("virtee+sev/tests/certs_data/vcek_turin.der"))
    made = snp.vcek("Turin", snp.chip_id("Turin", 0), snp.TCB)
    same_certificate(check, "VCEK of Turin", made, turin)


# --- GPU -------------------------------------------------------------------

REPORTS = (("HOPPER", "hopperAttestationReport.txt", "hopperCertChain.txt"),
           ("BLACKWELL",
            "sample_attestation_data/gpu/blackwellAttestationReport.txt",
            "sample_attestation_data/gpu/blackwellCertChain.txt"))


def _leaf_outline(check, arch, made, real):
    dotted = pki.FWID[arch]
    same_outline(check, f"{arch} FWID", appraise.extension(made, dotted),
                 appraise.extension(real, dotted))
    for cert, what in ((made, "made"), (real, "real")):
        check(f"real: {arch}: FWID read, {what}",
              len(appraise._fwid(cert) or b""), 48)


def real_gpu(check):
    root = appraise.load(read("derived/roots/nvidia_device_identity_ca.pem"))
    for arch, report, chain in REPORTS:
        raw, pem = unhex(read(SDK + report)), read(SDK + chain)
        spdm = appraise.Spdm(raw)
        item = {"evidence": base64.b64encode(raw).decode(),
                "certificate": base64.b64encode(pem).decode()}
        want = appraise.Want(spdm.nonce, b"")
        check(f"real: {report}", appraise.gpu(
            {"evidence_list": [item]}, want, root[0]), set())
        own = gpu.Evidence(gpu.device(arch, 0, 0), bytes(32))
        made = appraise.Spdm(own.build())
        check(f"real: {arch}: opaque fields",
              {k: len(v) for k, v in made.fields.items()},
              {k: len(v) for k, v in spdm.fields.items()})
        check(f"real: {arch}: order", list(made.fields), list(spdm.fields))
        check(f"real: {arch}: blocks",
              {k: len(v) for k, v in made.blocks.items()},
              {k: len(v) for k, v in spdm.blocks.items()})
        check(f"real: {arch}: size", len(own.build()), len(raw))
        real = appraise.load(pem)
        for i, cert in enumerate(own.chain):
            if arch == "HOPPER" or i in (0, 3, 4):
                same_certificate(check, f"{arch} certificate {i}", cert,
                                 real[i])
        _leaf_outline(check, arch, appraise.load(own.chain[0].pem)[0],
                      real[0])
    switch = json.loads(read(
        "NVIDIA+attestation-sdk/common-test-data/serialized_test_evidence/"
        "switch_evidence_ls10.json"))[0]
    raw = base64.b64decode(switch["evidence"])
    real, made = appraise.Spdm(raw), appraise.Spdm(
        gpu.Switch(0, bytes(32)).build())
    check("real: switch", ({k: len(v) for k, v in made.fields.items()},
                           len(made.blocks)),
          ({k: len(v) for k, v in real.fields.items()}, len(real.blocks)))


# --- NRAS ------------------------------------------------------------------


def _claims(text):
    out = [json.loads(service._b64(p)) for p in text.split(".")[:2]]
    return [sorted((k, type(v).__name__) for k, v in c.items()) for c in out]


def real_nras(check):
    from evidence import nras
    samples = ((SDK + "sample_attestation_data/hopperClaimsv3_detached_eat"
                ".json", "3.0"),
               ("derived/nearai-vllm-proxy-nras/nras_8gpu_ppcie.json", "2.0"))
    for name, version in samples:
        real = json.loads(read(name))
        answer = nras.Answer("00" * 32, len(real[1]), version, 7, 10**9,
                             [str(i) for i in range(len(real[1]))])
        made = json.loads(answer.body())
        check(f"real: NRAS {version}: overall", _claims(made[0][1]),
              _claims(real[0][1]))
        check(f"real: NRAS {version}: device", _claims(made[1]["GPU-0"]),
              _claims(real[1]["GPU-0"]))
        check(f"real: NRAS {version}: devices", sorted(made[1]),
              sorted(real[1]))


def run(check):
    if not os.path.isdir(FOLDER):
        print(f"# evidencetest: no evidence at {FOLDER}: 5 groups skipped")
        return
    for group in (real_tdx, real_collateral, real_snp, real_gpu, real_nras):
        group(check)
