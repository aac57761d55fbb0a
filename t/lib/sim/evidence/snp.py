"""SEV-SNP reports of the test hardware: fields first, then the signature of
the chip's key over them.
"""
import functools
import hashlib
import struct
import uuid

from evidence import keys, pki
from evidence.tdx import measurement

SIZE, SIGNED = 0x4a0, 0x2a0
VLEK_CSP = "CN=sim.example"
GUIDS = {"vcek": "63da758d-e664-4564-adc5-f4b93be8accd",
         "ask": "4ab7b379-bbac-4fe4-a02f-05aef327c782",
         "ark": "c0b406a4-a803-4952-9743-3fb6014cd0ae",
         "vlek": "a8074bc2-a25a-483e-aae6-39c045a0b8a1"}
CPUID = {"Milan": (0x19, 0x01, 0x01), "Genoa": (0x19, 0x11, 0x01),
         "Turin": (0x1a, 0x02, 0x01)}
MEASUREMENT = measurement("snp measurement")

# Bytes of a TCB version, and the numbers of their certificate extensions.
TCB_BYTES = {"bootloader": 0, "tee": 1, "snp": 6, "microcode": 7}
TCB_TURIN = {"fmc": 0, "bootloader": 1, "tee": 2, "snp": 3, "microcode": 7}
TCB = {"fmc": 1, "bootloader": 4, "tee": 0, "snp": 24, "microcode": 0xd9}


def tcb_layout(product):
    return TCB_TURIN if product == "Turin" else TCB_BYTES


def tcb_version(product, tcb):
    out = bytearray(8)
    for name, at in tcb_layout(product).items():
        out[at] = tcb[name]
    return bytes(out)


def extensions(product, tcb):
    """Security versions in the order in which AMD's certificates have them;
    .3.4 to .3.7 are reserved."""
    boot, tee, snp = tcb["bootloader"], tcb["tee"], tcb["snp"]
    if product == "Turin":
        return [(9, tcb["fmc"]), (1, boot), (2, tee), (3, snp), (5, 0),
                (6, 0), (7, 0), (8, tcb["microcode"])]
    return [(1, boot), (2, tee), (4, 0), (5, 0), (6, 0), (7, 0), (3, snp),
            (8, tcb["microcode"])]


def chip_id(product, number):
    """The 64 bytes; a Turin has 8 and zeros."""
    out = hashlib.sha512(f"chip {product} {number}".encode()).digest()
    return out[:8].ljust(64, b"\0") if product == "Turin" else out


def hwid(product, chip):
    return chip[:8] if product == "Turin" else chip


def vcek_key(product, chip, tcb, world=""):
    """Chip and firmware versions make the key."""
    return keys.p384(f"{world}vcek {product} {chip.hex()} "
                     f"{tcb_version(product, tcb).hex()}")


@functools.lru_cache(maxsize=256)
def _vcek(product, chip, versions, world):
    tcb = dict(versions)
    name = product + "-B0" if product == "Milan" else product
    return pki.amd_leaf(
        "SEV-VCEK", vcek_key(product, chip, tcb, world),
        pki.ask(product, world=world), name, extensions(product, tcb),
        hwid=hwid(product, chip))


def vcek(product, chip, tcb, world=""):
    return _vcek(product, chip, tuple(sorted(tcb.items())), world)


def vlek_key(product, tcb):
    return keys.p384(f"vlek {product} {tcb_version(product, tcb).hex()}")


@functools.lru_cache(maxsize=16)
def _vlek(product, versions):
    tcb = dict(versions)
    return pki.amd_leaf(
        "SEV-VLEK", vlek_key(product, tcb), pki.ask(product, vlek=True),
        product, extensions(product, tcb), csp=VLEK_CSP)


def vlek(product, tcb):
    return _vlek(product, tuple(sorted(tcb.items())))


def table(certs):
    """The certificate table of an extended report: [(kind, DER)]."""
    at = 24 * (len(certs) + 1)
    head, rest = b"", b""
    for kind, der in certs:
        head += uuid.UUID(GUIDS[kind]).bytes + struct.pack("<II", at, len(der))
        rest += der
        at += len(der)
    return head + bytes(24) + rest


class Report:
    def __init__(self, number, report_data, version=3, product="Milan",
                 signer="vcek", certs=False):
        self.number = number
        self.product = product
        self.signer = signer
        self.version = version
        self.tcb = dict(TCB)
        self.chip = chip_id(product, number)
        self.policy = 0x30000           # SMT allowed, bit 17 always set
        self.vmpl = 0
        self.algorithm = 1
        self.platform_info = 0x27
        self.flags = 4 if signer == "vlek" else 0
        self.report_data = report_data
        self.measurement = MEASUREMENT
        self.host_data = bytes(32)
        self.versions = {n: tcb_version(product, self.tcb) for n in (
            "current", "reported", "committed", "launch")}
        self.cpuid = CPUID[product] if version >= 3 else (0, 0, 0)
        self.chip_field = bytes(64) if signer == "vlek" else self.chip
        self.patches = {}               # offset: bytes, before signing
        self.key = None                 # None: the right one
        self.with_certs = certs
        self.certificate = None         # None: the right one
        self.slot = None                # in the table; None: the signer's
        self.cut = 0                    # bytes missing at the end
        self.after = []

    def endorsement(self):
        """Certificate of the key that signs, as it ought to be."""
        if self.signer == "vlek":
            return vlek(self.product, self.tcb)
        return vcek(self.product, self.chip, self.tcb)

    def endorsement_key(self):
        if self.signer == "vlek":
            return vlek_key(self.product, self.tcb)
        return vcek_key(self.product, self.chip, self.tcb)

    def signed(self):
        out = bytearray(SIGNED)

        def put(at, raw):
            out[at:at + len(raw)] = raw

        firmware = bytes([29, 55, 1, 0])
        put(0, struct.pack("<IIQ", self.version, 0, self.policy))
        put(0x30, struct.pack("<II", self.vmpl, self.algorithm))
        put(0x38, self.versions["current"])
        put(0x40, struct.pack("<QI", self.platform_info, self.flags))
        put(0x50, self.report_data)
        put(0x90, self.measurement)
        put(0xc0, self.host_data)
        put(0x140, hashlib.sha256(f"report {self.number}".encode()).digest())
        put(0x160, b"\xff" * 32)
        put(0x180, self.versions["reported"])
        put(0x188, bytes(self.cpuid))
        put(0x1a0, self.chip_field)
        put(0x1e0, self.versions["committed"])
        put(0x1e8, firmware + firmware)
        put(0x1f0, self.versions["launch"])
        if self.version >= 5:
            put(0x1f8, struct.pack("<QQ", 3, 3))
        for at, raw in self.patches.items():
            put(at, raw)
        return bytes(out)

    def build(self):
        signed = self.signed()
        key = self.key or self.endorsement_key()
        raw = key.sign_raw(signed)
        half = key.size
        signature = b"".join(
            part[::-1].ljust(72, b"\0") for part in (raw[:half], raw[half:]))
        out = signed + signature.ljust(512, b"\0")
        for change in self.after:
            out = change(out)
        if self.with_certs:
            leaf = self.certificate or self.endorsement()
            ask = pki.ask(self.product, self.signer == "vlek")
            out += table([(self.slot or self.signer, leaf.der),
                          ("ask", ask.der),
                          ("ark", pki.ark(self.product).der)])
        return out[:len(out) - self.cut]
