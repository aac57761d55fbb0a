"""TDX quotes of the test hardware.

A Quote holds what will be said, field by field; build() then signs that as
the hardware would, so that a misbehaviour changes one field and no more.
"""
import hashlib
import struct

from evidence import keys, pki

FMSPC = bytes.fromhex("a0b06f000000")
PCEID = b"\0\0"
CPUSVN = bytes([2, 2, 2, 2, 3, 1, 0, 3]) + bytes(8)
PCESVN = 11
TEE_TCB_SVN = bytes([5, 1, 2]) + bytes(13)      # TDX module 1.5, version 5
VENDOR = bytes.fromhex("939a7233f79c4ca9940a0db3957f0607")
QE_MRSIGNER = bytes.fromhex("dc9e2a7c6f948f17474e34a7fc43ed03"
                            "0f7c1563f1babddf6340c82e0e54a8c5")
QE_PRODID, QE_SVN = 2, 6
QE_ATTRIBUTES = bytes([0x15]) + bytes(7) + bytes([0xe7]) + bytes(7)
SEPT_VE_DISABLE, PKS, KL, PERFMON = 1 << 28, 1 << 30, 1 << 31, 1 << 63

# Offsets in a body; the version 1.5 adds the last two.
TD10 = (("tee_tcb_svn", 16), ("mr_seam", 48), ("mrsigner_seam", 48),
        ("seam_attributes", 8), ("td_attributes", 8), ("xfam", 8),
        ("mr_td", 48), ("mr_config_id", 48), ("mr_owner", 48),
        ("mr_owner_config", 48), ("rtmr0", 48), ("rtmr1", 48),
        ("rtmr2", 48), ("rtmr3", 48), ("report_data", 64))
TD15 = TD10 + (("tee_tcb_svn2", 16), ("mr_servicetd", 48))


def measurement(what):
    return hashlib.sha384(b"ioattest sim " + what.encode()).digest()


MEASUREMENTS = {n: measurement(n) for n in (
    "mr_td", "mr_seam", "rtmr0", "rtmr1", "rtmr2", "rtmr3")}
MEASUREMENTS["mr_config_id"] = bytes(48)


def u16(value):
    return struct.pack("<H", value)


def u32(value):
    return struct.pack("<I", value)


def u64(value):
    return struct.pack("<Q", value)


def _half(phrase):
    return hashlib.sha256(phrase.encode()).digest()[:16]


class Platform:
    """A machine's processor: its PCK and the certificate for it."""

    def __init__(self, number):
        self.phrase = f"machine {number}"
        self.key = keys.p256("pck " + self.phrase)
        self.attestation_key = keys.p256("attestation " + self.phrase)
        self._leaf = None

    @property
    def leaf(self):
        if self._leaf is None:
            self._leaf = self.pck()
        return self._leaf

    def pck(self, world="", ca=None, key=None, **how):
        """A PCK certificate, as it is or changed."""
        ext = pki.sgx_extension(
            _half("ppid " + self.phrase), how.pop("cpusvn", CPUSVN),
            how.pop("pcesvn", PCESVN), PCEID, how.pop("fmspc", FMSPC),
            _half("instance " + self.phrase))
        return pki.intel_leaf(
            how.pop("cn", "Intel SGX PCK Certificate"), key or self.key,
            ca or pki.intel_ca(world), extensions=[ext],
            point=pki.PCS + "?ca=platform&encoding=der", **how)

    def chain(self):
        return [self.leaf, pki.intel_ca(), pki.intel_root()]


class Quote:
    def __init__(self, platform, report_data, version=4, body="1.0",
                 trailing=b""):
        self.platform = platform
        # header and body
        self.version = version
        self.key_type = 2
        self.tee_type = 0x81
        self.vendor = VENDOR
        self.user_data = _half("user data " + platform.phrase) + bytes(4)
        self.layout = TD15 if version == 5 and body == "1.5" else TD10
        self.body_type = 3 if self.layout is TD15 else 2
        self.body_size = None           # None: what is right
        self.td = dict.fromkeys((n for n, _ in TD15))
        self.td.update(
            MEASUREMENTS, tee_tcb_svn=TEE_TCB_SVN, tee_tcb_svn2=TEE_TCB_SVN,
            td_attributes=u64(SEPT_VE_DISABLE),
            xfam=bytes.fromhex("e702060000000000"), report_data=report_data)
        # quoting enclave
        self.qe = {"cpusvn": CPUSVN, "miscselect": 0,
                   "attributes": QE_ATTRIBUTES, "mrsigner": QE_MRSIGNER,
                   "prodid": QE_PRODID, "svn": QE_SVN}
        self.auth = bytes(range(32))
        self.qe_report_data = None      # None: what is right
        # keys: those that are shown, and those that sign
        self.key = self.signing_key = platform.attestation_key
        self.pck_key = platform.key
        self.cert_type = 6
        self.chain_type = 5
        self.chain = platform.chain()
        self.chain_data = None          # None: PEM of the chain
        self.signature_size = None      # None: what is right
        self.trailing = trailing
        self.after = []                 # functions over the finished bytes

    def attributes(self, bit):
        """One bit of td_attributes turned over."""
        value = int.from_bytes(self.td["td_attributes"], "little")
        self.td["td_attributes"] = u64(value ^ bit)

    def td_body(self):
        return b"".join((self.td[name] or bytes(size))
                        for name, size in self.layout)

    def signed(self):
        body = self.td_body()
        head = (u16(self.version) + u16(self.key_type) + u32(self.tee_type)
                + bytes(4) + self.vendor + self.user_data)
        if self.version == 5:
            size = len(body) if self.body_size is None else self.body_size
            head += u16(self.body_type) + u32(size)
        return head + body

    def qe_report(self):
        data = self.qe_report_data
        if data is None:
            data = hashlib.sha256(self.key.xy + self.auth).digest()
        qe = self.qe
        return (qe["cpusvn"] + u32(qe["miscselect"]) + bytes(28)
                + qe["attributes"] + hashlib.sha256(b"mrenclave").digest()
                + bytes(32) + qe["mrsigner"] + bytes(96)
                + u16(qe["prodid"]) + u16(qe["svn"]) + bytes(60)
                + data.ljust(64, b"\0"))

    def pem_chain(self):
        if self.chain_data is not None:
            return self.chain_data
        return b"".join(cert.pem for cert in self.chain)

    def certification(self):
        """(type, data) that vouches for the attestation key."""
        chain = self.pem_chain()
        inner = u16(self.chain_type) + u32(len(chain)) + chain
        if self.cert_type != 6:
            return self.cert_type, chain
        report = self.qe_report()
        return 6, (report + self.pck_key.sign_raw(report)
                   + u16(len(self.auth)) + self.auth + inner)

    def build(self):
        signed = self.signed()
        kind, data = self.certification()
        rest = (self.signing_key.sign_raw(signed) + self.key.xy + u16(kind)
                + u32(len(data)) + data)
        size = len(rest) if self.signature_size is None \
            else self.signature_size
        out = signed + u32(size) + rest + self.trailing
        for change in self.after:
            out = change(out)
        return out
