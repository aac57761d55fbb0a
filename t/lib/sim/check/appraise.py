"""A second reading of CPU and GPU evidence, apart from the code that makes
it: every check by itself, so that a test can say which ones fail.  Chains are
verified by the openssl command line, signatures by python3-cryptography.
"""
import base64
import functools
import hashlib
import os
import re
import subprocess
import tempfile
import uuid

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.serialization import Encoding

FOLDER = tempfile.TemporaryDirectory(prefix="ioattest-judge-")


def verifies(key, raw, data, digest):
    """Whether raw (r || s) is a signature of data by an EC key."""
    half = len(raw) // 2
    r = int.from_bytes(raw[:half], "big")
    s = int.from_bytes(raw[half:], "big")
    try:
        key.verify(utils.encode_dss_signature(r, s), data, ec.ECDSA(digest))
    except InvalidSignature:
        return False
    return True


def load(pem):
    """Certificates of a PEM text, or None where one of them is broken."""
    found = re.findall(rb"-----BEGIN CERTIFICATE-----.*?"
                       rb"-----END CERTIFICATE-----", pem, re.S)
    try:
        return [x509.load_pem_x509_certificate(p) for p in found]
    except ValueError:
        return None


def der_of(cert):
    return cert.public_bytes(Encoding.DER)


def common_name(cert):
    found = cert.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return found[0].value if found else None


def extension(cert, dotted):
    """Raw value of an extension, or None."""
    try:
        found = cert.extensions.get_extension_for_oid(
            x509.ObjectIdentifier(dotted))
    except x509.ExtensionNotFound:
        return None
    return found.value.value


def _file(data):
    path = os.path.join(FOLDER.name, hashlib.sha256(data).hexdigest())
    if not os.path.exists(path):
        with open(path, "wb") as f:
            f.write(data)
    return path


@functools.lru_cache(maxsize=None)
def openssl_verify(leaf, between, root, strict, at=None):
    """openssl verify over PEM texts, now or at a time."""
    command = ["openssl", "verify", "-CAfile", _file(root)]
    if between:
        command += ["-untrusted", _file(between)]
    if strict:
        command.append("-x509_strict")
    if at is not None:
        command += ["-attime", str(at)]
    done = subprocess.run(command + [_file(leaf)], capture_output=True)
    return done.returncode == 0


def _pem(cert):
    return cert.public_bytes(Encoding.PEM)


def chain_good(certs, root, count):
    """Leaf first, each signed by the next, the last one the trusted root."""
    if certs is None or len(certs) != count:
        return False
    if der_of(certs[-1]) != der_of(root):
        return False
    if any(a.issuer != b.subject for a, b in zip(certs, certs[1:])):
        return False
    constraints = certs[0].extensions
    try:
        if constraints.get_extension_for_class(x509.BasicConstraints).value.ca:
            return False
    except x509.ExtensionNotFound:
        pass
    between = b"".join(_pem(c) for c in certs[1:-1])
    return openssl_verify(_pem(certs[0]), between, _pem(root), True)


class Cursor:
    """Reads on, ValueError where there is too little."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, size):
        if size > len(self.data) - self.at:
            raise ValueError("short")
        out = self.data[self.at:self.at + size]
        self.at += size
        return out

    def number(self, size):
        return int.from_bytes(self.take(size), "little")

    def rest(self):
        return len(self.data) - self.at


def data_layout(data, want):
    """Which layout report_data has, or None."""
    if data == want.nonce + bytes(32):
        return "nonce"
    if data == want.address + bytes(12) + want.nonce:
        return "address-nonce"
    return None


def check_data(data, want, failed):
    found = data_layout(data, want)
    if found is None or want.layout not in ("auto", found):
        failed.add("report_data")


class Want:
    """What the verifier knows: nonce, address, roots, policy."""

    def __init__(self, nonce, address, layout="auto", policy=None,
                 kds=None, at=None):
        self.nonce = nonce
        self.address = address
        self.layout = layout
        self.policy = policy
        self.kds = kds
        self.at = at


# --- TDX -------------------------------------------------------------------

BODY = {2: 584, 3: 648}
REGISTERS = {"mr_seam": 16, "mr_td": 136, "mr_config_id": 184, "rtmr0": 328,
             "rtmr1": 376, "rtmr2": 424, "rtmr3": 472}
VENDOR = "939a7233f79c4ca9940a0db3957f0607"


class Tdx:
    """A quote taken apart; ValueError where it cannot be."""

    def __init__(self, raw, failed):
        c = Cursor(raw)
        head = c.take(48)
        self.version = int.from_bytes(head[:2], "little")
        if self.version not in (4, 5):
            failed.add("version")
        if head[2:4] != b"\2\0":
            failed.add("key_type")
        if head[4:8] != b"\x81\0\0\0":
            failed.add("tee_type")
        if head[12:28].hex() != VENDOR:
            failed.add("vendor")
        size = 584
        if self.version == 5:
            kind, size = c.number(2), c.number(4)
            if BODY.get(kind) != size:
                failed.add("body")
        self.body = c.take(size)
        self.signed = raw[:c.at]
        data = Cursor(c.take(c.number(4)))
        self.signature, self.key = data.take(64), data.take(64)
        self.cert_type = data.number(2)
        cert = Cursor(data.take(data.number(4)))
        if data.rest():
            raise ValueError("signature data")
        self.chain = None
        if self.cert_type != 6:
            failed.add("cert_type")
            return
        self.qe, self.qe_signature = cert.take(384), cert.take(64)
        self.auth = cert.take(cert.number(2))
        if cert.number(2) != 5:
            failed.add("cert_type")
            return
        self.chain = cert.take(cert.number(4))
        if cert.rest():
            raise ValueError("certification data")


def p256(xy):
    return ec.EllipticCurvePublicKey.from_encoded_point(
        ec.SECP256R1(), b"\x04" + xy)


def _td_policy(body, want, failed):
    attributes = int.from_bytes(body[120:128], "little")
    if attributes & 1:
        failed.add("debug")
    if attributes & (0xfe | 1 << 29):
        failed.add("reserved")
    if not attributes & 1 << 28:
        failed.add("sept_ve")
    if any(body[64:120]):
        failed.add("seam")
    if any(body[600:648]):
        failed.add("servicetd")
    if want.policy:
        for name, at in REGISTERS.items():
            if body[at:at + 48].hex() != want.policy[name]:
                failed.add("measurement")


def tdx(raw, want, root):
    """Names of the checks that fail, and the quote (or None)."""
    failed = set()
    try:
        q = Tdx(raw, failed)
    except ValueError:
        return {"format"}, None
    _td_policy(q.body, want, failed)
    check_data(q.body[520:584], want, failed)
    if not verifies(p256(q.key), q.signature, q.signed, hashes.SHA256()):
        failed.add("signature")
    if q.chain is None:
        return failed, None
    if q.qe[320:] != hashlib.sha256(q.key + q.auth).digest() + bytes(32):
        failed.add("qe_data")
    certs = load(q.chain.rstrip(b"\0"))
    if not chain_good(certs, root, 3):
        failed.add("chain")
        return failed, None
    if not verifies(certs[0].public_key(), q.qe_signature, q.qe,
                    hashes.SHA256()):
        failed.add("qe_signature")
    q.pck = certs
    if common_name(certs[0]) != "Intel SGX PCK Certificate" \
            or extension(certs[0], "1.2.840.113741.1.13.1") is None:
        failed.add("pck_extension")
        return failed, None
    return failed, q


# --- SNP -------------------------------------------------------------------

SNP = "1.3.6.1.4.1.3704.1."
PRODUCTS = {(0x19, 0x01): "Milan", (0x19, 0x11): "Genoa",
            (0x1a, 0x02): "Turin"}
SVN = {"Turin": {0: "3.9", 1: "3.1", 2: "3.2", 3: "3.3", 7: "3.8"}}
SVN_OLD = {0: "3.1", 1: "3.2", 6: "3.3", 7: "3.8"}
TABLE = {"63da758d-e664-4564-adc5-f4b93be8accd": "vcek",
         "a8074bc2-a25a-483e-aae6-39c045a0b8a1": "vlek"}


def _reserved(r, version):
    """Whether a bit is set that must be zero."""
    zero = (0x4c, 0x50), (0x18b, 0x1a0), (0x1eb, 0x1ec), (0x1ef, 0x1f0), \
        (0x208, 0x2a0)
    policy = int.from_bytes(r[8:16], "little")
    flags = int.from_bytes(r[0x48:0x4c], "little")
    return (any(any(r[a:b]) for a, b in zero) or policy >> 26
            or not policy & 1 << 17 or flags >> 5
            or version < 5 and any(r[0x1f8:0x208])
            or version < 3 and any(r[0x188:0x18b]))


def _table(raw):
    """DER of VCEK or VLEK in an extended report."""
    at, found = 0, None
    while True:
        entry = raw[at:at + 24]
        if len(entry) < 24:
            raise ValueError("table")
        if not any(entry):
            return found
        start = int.from_bytes(entry[16:20], "little")
        size = int.from_bytes(entry[20:24], "little")
        if start + size > len(raw):
            raise ValueError("table entry")
        if str(uuid.UUID(bytes=entry[:16])) in TABLE:
            found = raw[start:start + size]
        at += 24


def _svns(cert, product):
    out = bytearray(8)
    for at, path in SVN.get(product, SVN_OLD).items():
        value = extension(cert, SNP + path)
        out[at] = int.from_bytes(value[2:], "big")
    return bytes(out)


def _snp_cert(r, cert, product, failed):
    """Checks of the certificate against the report."""
    name = extension(cert, SNP + "2")[2:].decode().partition("-")[0]
    issuer = cert.issuer.get_attributes_for_oid(
        x509.NameOID.COMMON_NAME)[0].value
    said = (r[0x48] >> 2) & 7
    kind = {"SEV-VCEK": 0, "SEV-VLEK": 1}.get(common_name(cert))
    if said not in (0, 1) or kind != said:
        failed.add("signer")
    if name != product:
        failed.add("product")
    wanted = "SEV-VLEK-" if extension(cert, SNP + "5") else "SEV-"
    if issuer not in (wanted + p for p in PRODUCTS.values()):
        failed.add("chain")
    if _svns(cert, name) != r[0x180:0x188]:
        failed.add("tcb")
    chip = r[0x1a0:0x1e0]
    if wanted == "SEV-" and any(chip):
        hwid = extension(cert, SNP + "4") or b""
        if len(hwid) in (10, 66) and hwid[0] == 4:
            hwid = hwid[2:]
        if len(hwid) not in (8, 64) or hwid.ljust(64, b"\0") != chip:
            failed.add("hwid")


def _newer(one, two):
    return any(a > b for a, b in zip(one, two))


def _snp_policy(r, want, failed):
    if int.from_bytes(r[8:16], "little") & 1 << 19:
        failed.add("debug")
    if int.from_bytes(r[8:16], "little") & 1 << 18:
        failed.add("migration")
    vmpl = int.from_bytes(r[0x30:0x34], "little")
    if vmpl > 3:
        failed.add("vmpl_range")
    current, reported, committed, launch = (
        r[at:at + 8] for at in (0x38, 0x180, 0x1e0, 0x1f0))
    if _newer(reported, committed) or _newer(committed, current) \
            or r[0x1ec:0x1ef][::-1] > r[0x1e8:0x1eb][::-1]:
        failed.add("committed")
    if _newer(launch, committed) or _newer(launch, current):
        failed.add("launch")
    if not want.policy:
        return
    if 0 < vmpl <= 3:
        failed.add("vmpl")
    if r[0x90:0xc0].hex() != want.policy["measurement"] or any(
            r[0xc0:0xe0]):
        failed.add("measurement")
    if any(a < b for a, b in zip(r[0x180:0x188], want.policy["tcb"])):
        failed.add("min_tcb")


def snp(raw, want, bundle):
    """Names of the checks that fail.  bundle: PEM of ARKs, ASKs, ASVKs."""
    failed = set()
    if len(raw) < 1184:
        return {"format"}
    r = raw[:1184]
    version = int.from_bytes(r[:4], "little")
    if version not in (2, 3, 4, 5):
        failed.add("version")
    if r[0x34:0x38] != b"\1\0\0\0":
        failed.add("algorithm")
    if _reserved(r, version if version in (2, 3, 5) else 3):
        failed.add("reserved")
    if any(r[0x2a0 + 48:0x2a0 + 72]) or any(r[0x2a0 + 120:]):
        failed.add("signature_form")
    _snp_policy(r, want, failed)
    check_data(r[0x50:0x90], want, failed)
    product = PRODUCTS.get((r[0x188], r[0x189]), "Milan")
    try:
        der = _table(raw[1184:]) if len(raw) > 1184 else want.kds(
            product, r[0x1a0:0x1e0], r[0x180:0x188])
        if der is None:
            raise ValueError("no certificate")
    except ValueError:
        return failed | {"format"}
    try:
        cert = x509.load_der_x509_certificate(der)
    except ValueError:
        return failed | {"chain"}
    _snp_cert(r, cert, product, failed)
    if not openssl_verify(_pem(cert), b"", bundle, False, want.at):
        failed.add("chain")
    half = [r[at:at + 48][::-1] for at in (0x2a0, 0x2a0 + 72)]
    if not verifies(cert.public_key(), b"".join(half), r[:0x2a0],
                    hashes.SHA384()):
        failed.add("signature")
    return failed


# --- GPU -------------------------------------------------------------------


class Spdm:
    """One GPU's bytes taken apart; ValueError where they cannot be."""

    def __init__(self, raw):
        c = Cursor(raw)
        request = c.take(37)
        if request[:4] != b"\x11\xe0\x01\xff" or request[36]:
            raise ValueError("request")
        self.nonce = request[4:36]
        head = c.take(5)
        if head[:2] != b"\x11\x60":
            raise ValueError("response")
        self.blocks = {}
        record = Cursor(c.take(c.number(3)))
        while record.rest():
            index, spec, size = (record.number(1), record.number(1),
                                 record.number(2))
            if spec != 1 or index in self.blocks:
                raise ValueError("block")
            value = Cursor(record.take(size))
            value.take(1)
            self.blocks[index] = value.take(value.number(2))
        if len(self.blocks) != head[4]:
            raise ValueError("number of blocks")
        c.take(32)
        self.fields = {}
        self.value_types = self._fields(c.take(c.number(2)))
        self.signed = raw[:c.at]
        self.signature = c.take(96)

    def _fields(self, opaque):
        """The type of each value, none where records are not versioned."""
        types, versioned = {}, opaque.startswith(b"NVDAOD")
        opaque = Cursor(opaque)
        if versioned:
            header = opaque.take(12)
            if header[6:8] != b"\0\0" or header[8] > 2 or header[11]:
                raise ValueError("version of the fields")
        while opaque.rest():
            kind = opaque.number(2)
            if kind in self.fields:
                raise ValueError("field twice")
            if versioned:
                types[kind] = opaque.number(2)
            self.fields[kind] = opaque.take(opaque.number(2))
        return types


def _fwid(cert):
    """The FWID of a leaf, as its architecture has it."""
    value = extension(cert, "2.23.133.5.4.1")
    if value is not None:
        return value[-48:]
    value = extension(cert, "2.23.133.5.4.1.1")
    if value is None:
        return None
    marker = bytes.fromhex("060960864801650304020204 30".replace(" ", ""))
    at = value.index(marker) + len(marker)
    return value[at:at + 48]


def _gpu_item(item, want, root, failed):
    """(arch, serial) of one GPU, or None."""
    try:
        spdm = Spdm(base64.b64decode(item["evidence"], validate=True))
    except (ValueError, KeyError, TypeError):
        failed.add("format")
        return None
    try:
        certs = load(base64.b64decode(item["certificate"], validate=True))
    except (ValueError, KeyError):
        certs = None
    if spdm.nonce != want.nonce:
        failed.add("nonce")
    if not chain_good(certs, root, 5):
        failed.add("chain")
        return None
    arch = common_name(certs[0]).split()[0]
    if arch not in ("GH100", "GB100"):
        failed.add("switch")
        return None
    if not verifies(certs[0].public_key(), spdm.signature, spdm.signed,
                    hashes.SHA384()):
        failed.add("signature")
    if 20 in spdm.fields and spdm.fields[20] != _fwid(certs[0]):
        failed.add("fwid")
    if [len(b) for b in spdm.blocks.values()] != [48] * 64:
        failed.add("shape")
    if 3 not in spdm.fields or len(spdm.fields.get(6, b"")) != 8 \
            or spdm.fields.get(11) not in (b"\x55", b"\xaa"):
        failed.add("records")
    mode = spdm.fields.get(21, b"\x55"), spdm.fields.get(36, b"\0\0")
    if mode != (b"\xaa", b"\2\0") if (want.policy or {}).get("switched") \
            else mode[0] != b"\x55" or mode[1] > b"\1\0":
        failed.add("mode")
    if want.policy:
        if 3 in spdm.fields and spdm.fields[3].rstrip(b"\0").decode() != \
                want.policy["driver"]:
            failed.add("driver")
        b = spdm.fields.get(6, b"")
        shown = ".".join(f"{b[i]:02X}" for i in (3, 2, 1, 0, 4) if b)
        if b and shown != want.policy["vbios"]:
            failed.add("vbios")
    pdis = spdm.fields.get(22, b"")
    return (arch, certs[0].serial_number, mode, spdm.fields.get(3),
            spdm.fields.get(6), frozenset(
                pdis[at:at + 8] for at in range(0, len(pdis), 8)))


def gpu(value, want, root):
    """Names of the checks that fail."""
    failed, seen = set(), []
    if len(value["evidence_list"]) > 16:
        return {"number"}
    for item in value["evidence_list"]:
        found = _gpu_item(item, want, root, failed)
        if found:
            seen.append(found)
    if len({one[0] for one in seen}) > 1:
        failed.add("arch")
    if len({one[1] for one in seen}) < len(seen):
        failed.add("duplicate")
    if len({one[2:5] for one in seen}) > 1 and not failed:
        failed.add("alike")
    if (want.policy or {}).get("switched") and (
            len(seen) != 8 or len({one[5] for one in seen}) != 1
            or len(seen[0][5]) != 4):
        failed.add("switches")
    if want.policy and len(value["evidence_list"]) != want.policy["count"]:
        failed.add("count")
    return failed
