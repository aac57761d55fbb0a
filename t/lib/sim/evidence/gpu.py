"""Evidence of the test GPUs: SPDM 1.1 measurements with the GPU's
certificates, and the agent's "gpu" object around them.
"""
import base64
import functools
import hashlib
import struct

from evidence import pki

BLOCKS = 64
# Blocks without content on real boards.
EMPTY = {"HOPPER": {1, 9, 11, *range(13, 22), 24, 25, 29, *range(43, 65)},
         "BLACKWELL": {1, 2, 6, 8, 10, 11, 17, 24, 25, 29, 35,
                       *range(43, 65)},
         "LS10": set()}
DRIVER = {"HOPPER": "580.159.03", "BLACKWELL": "575.32"}
VBIOS = {"HOPPER": "96.00.74.00.20", "BLACKWELL": "97.00.88.00.0F"}
INFO = {"HOPPER": 0x180, "BLACKWELL": 0x1a0, "LS10": 0}
FEATURES = {"spt": 0, "mpt": 1, "ppcie": 2}
ISSUER, AKI, DRIVER_VERSION, GPU_INFO, SKU, VBIOS_VERSION = 1, 2, 3, 4, 5, 6
NVDEC0, MSRSCNT, CPR, FWID, PPCIE, SWITCH_PDIS = 11, 12, 13, 20, 21, 22
OPAQUE_VERSION, CHIP_INFO, FEATURE_FLAG, FSP_SVN = 34, 35, 36, 37
# Versioned records: their header, and the types of values as real ones have
# them.
HEADER = b"NVDAOD\0\0\2\0\0\0"
VALUE_TYPES = {VBIOS_VERSION: 0x86, DRIVER_VERSION: 0x86, MSRSCNT: 0x84,
               CPR: 0x83, FSP_SVN: 0x87, FWID: 1, PPCIE: 0x85,
               OPAQUE_VERSION: 0x86, FEATURE_FLAG: 0x85}
OTHER_VALUE = 0x82
LS10_BLOCKS = 31


def vbios_bytes(text):
    """96.00.74.00.20 as b3.b2.b1.b0.b4 of 8 bytes."""
    b = bytes(int(part, 16) for part in text.split("."))
    return b[3::-1] + b[4:] + bytes(3)


class Device:
    """One GPU of one machine: its keys and certificates."""

    def __init__(self, arch, phrase, world=""):
        self.arch = arch
        self.phrase = phrase
        self.fwid = hashlib.sha384(f"fwid {arch}".encode()).digest()
        self.brom = pki.nvidia_brom(arch, phrase, world)
        self.leaf = pki.nvidia_leaf(arch, phrase, self.fwid, self.brom)
        self.key = self.leaf.key
        self.cas = pki.nvidia_cas(arch, world)

    def chain(self):
        return [self.leaf, self.brom, *self.cas]


@functools.lru_cache(maxsize=None)
def device(arch, machine, index, world=""):
    return Device(arch, f"machine {machine} {arch} device {index}", world)


class Evidence:
    """What one GPU says."""

    def __init__(self, dev, nonce, driver=None, vbios=None, features=None,
                 records="unversioned"):
        arch = dev.arch
        self.device = dev
        self.nonce = nonce
        self.request = None             # None: what is right
        self.blocks = [self.block(i) for i in range(1, BLOCKS + 1)]
        self.block_count = None
        self.spdm = 0x11
        self.code = 0x60
        self.responder = hashlib.sha256(b"responder " + nonce
                                        + dev.phrase.encode()).digest()
        self.opaque = self.fields(arch, driver or DRIVER[arch],
                                  vbios or VBIOS[arch], features)
        self.opaque_size = None
        self.header = b""               # of versioned records
        if records == "versioned":
            self.version()
        self.key = dev.key
        self.chain = dev.chain()
        self.pem = None                 # None: PEM of the chain
        self.trailing = b""
        self.after = []

    def block(self, index):
        value = bytes(48)
        if index not in EMPTY[self.device.arch]:
            value = hashlib.sha384(
                f"{self.device.arch} block {index}".encode()).digest()
        return (index, 1, 1, value)

    def fields(self, arch, driver, vbios, features):
        """[[type, data]] of the opaque part, in a board's order."""
        counts = [0] * 64
        for i in range(BLOCKS):
            counts[i] = int(i + 1 not in EMPTY[arch])
        out = [[VBIOS_VERSION, vbios_bytes(vbios)], [14, b"\xa1\4\0\0"],
               [15, b"862\0\0\0\0\0\0"], [16, b"0\0\0\0\0"],
               [17, b"1010\0"], [18, b"0205\0"], [19, b"\0\0"],
               [DRIVER_VERSION, driver.encode() + b"\0"],
               [GPU_INFO, struct.pack("<Q", INFO[arch])],
               [MSRSCNT, struct.pack("<64I", *counts)],
               [CPR, b"\0\xc0\1\0"], [NVDEC0, b"\x55"],
               [FWID, self.device.fwid]]
        if arch == "BLACKWELL":
            return out + [[33, b"\7\7"], [OPAQUE_VERSION, b"\0\0"]]
        ppcie = features == "ppcie"
        if ppcie:
            out.append([SWITCH_PDIS, self.switches()])
        return out + [[PPCIE, b"\xaa" if ppcie else b"\x55"],
                      [OPAQUE_VERSION, b"\1\0"],
                      [FEATURE_FLAG, struct.pack(
                          "<H", FEATURES[features or "spt"])]]

    def version(self):
        """As drivers since CUDA 13.5 write records."""
        self.header = HEADER
        self.set_field(OPAQUE_VERSION, b"\0\2")
        self.opaque.insert(12, [FSP_SVN, b"\0\0"])

    def record(self, kind, data):
        """Bytes of a record."""
        out = struct.pack("<H", kind)
        if self.header:
            out += struct.pack("<H", VALUE_TYPES.get(kind, OTHER_VALUE))
        return out + struct.pack("<H", len(data)) + data

    def switches(self):
        """The switch of each of 18 NVLinks: four of one machine."""
        machine = self.device.phrase.split(" device ")[0]
        pdis = [hashlib.sha256(f"{machine} switch {i}".encode()).digest()[:8]
                for i in range(4)]
        first = self.device.phrase[-1:].encode()[0]
        return b"".join(pdis[(first + i) % 4] for i in range(18))

    def set_field(self, kind, data):
        """Changes a field; data None takes it away."""
        self.opaque = [f for f in self.opaque
                       if f[0] != kind or data is not None]
        for field in self.opaque:
            if field[0] == kind:
                field[1] = data

    def signed(self):
        request = self.request
        if request is None:
            request = b"\x11\xe0\x01\xff" + self.nonce + b"\0"
        record = b"".join(
            struct.pack("<BBHBH", index, spec, len(value) + 3, kind,
                        len(value)) + value
            for index, spec, kind, value in self.blocks)
        opaque = self.header + b"".join(self.record(kind, data)
                                        for kind, data in self.opaque)
        count = (len(self.blocks) if self.block_count is None
                 else self.block_count)
        size = len(opaque) if self.opaque_size is None else self.opaque_size
        return (request + bytes([self.spdm, self.code, 0, 0, count])
                + len(record).to_bytes(3, "little") + record
                + self.responder + struct.pack("<H", size) + opaque)

    def build(self):
        signed = self.signed()
        out = signed + self.key.sign_raw(signed) + self.trailing
        for change in self.after:
            out = change(out)
        return out

    def item(self):
        """An element of evidence_list."""
        pem = self.pem
        if pem is None:
            pem = b"".join(cert.pem for cert in self.chain)
        return {"certificate": base64.b64encode(pem).decode(),
                "evidence": base64.b64encode(self.build()).decode()}


class Switch(Evidence):
    """What an NVSwitch (LS10) says."""

    def __init__(self, machine, nonce):
        super().__init__(device("LS10", machine, 0), nonce, "-", "0.0.0.0.0")
        self.blocks = self.blocks[:LS10_BLOCKS]
        self.opaque = [
            [VBIOS_VERSION, b"96.10.55.00.01"],
            [SWITCH_PDIS, self.responder[:8]],
            [MSRSCNT, struct.pack("<26I", *[1] * 26)],
            [26, bytes(128)], [23, b"\xec\0"], [24, b"\2\0"], [25, b"\1\0"]]


class Group:
    """The GPUs of a machine, answering to one nonce."""

    def __init__(self, machine, nonce, count, arch="HOPPER", **how):
        self.nonce_hex = nonce.hex()
        self.arch = "HOPPER"            # a constant in the agent
        self.machine = machine
        self.items = [Evidence(device(arch, machine, i), nonce, **how)
                      for i in range(count)]
        self.before = []                # functions over self, then built
        self.after = []                 # functions over the list of items
        self.more = {}                  # members of the whole

    def build(self):
        for change in self.before:
            change(self)
        items = [e.item() for e in self.items]
        for change in self.after:
            items = change(items)
        return {"nonce": self.nonce_hex, "arch": self.arch,
                "evidence_list": items, **self.more}
