"""Misbehaviour of GPU evidence: each breaks one check of one GPU (the first,
or =N), and all else is right and honestly signed.
"""
import base64

from evidence import gpu as gpus, keys, pki
from evidence.der import date
from faults.expect import gpu
from faults.misbehave import flip_bit, number


def one(name, breaks, doc, reason=None, needs=""):
    """fn(evidence, group) for the GPU that is meant."""
    def put(fn):
        @gpu(name, breaks, doc, reason, needs)
        def _(group, value):
            fn(group.items[number(value, 0)], group)
        return fn
    return put


# --- what is said ----------------------------------------------------------


@one("gpu_nonce", "nonce", "another nonce, honestly signed")
def _(e, group):
    e.nonce = b"\x5a" * 32


@one("gpu_nonce_last", "nonce", "last bit of the nonce differs")
def _(e, group):
    e.nonce = flip_bit(e.nonce, -1)


def _request(name, doc, head):
    @one(name, "format", doc)
    def _(e, group):
        e.request = head + e.nonce + b"\0"


_request("gpu_request_version", "request of SPDM 1.2", b"\x12\xe0\x01\xff")
_request("gpu_request_code", "a request for something else",
         b"\x11\xe1\x01\xff")
_request("gpu_request_unsigned", "a request without signature",
         b"\x11\xe0\x00\xff")
_request("gpu_request_one", "a request for the first measurement alone",
         b"\x11\xe0\x01\x01")


def _set(name, breaks, doc, **values):
    @one(name, breaks, doc)
    def _(e, group):
        for key, new in values.items():
            assert hasattr(e, key), key
            setattr(e, key, new)


_set("gpu_response_version", "format", "response of SPDM 1.2", spdm=0x12)
_set("gpu_response_code", "format", "an error response", code=0x7f)
_set("gpu_block_count", "format", "63 blocks, said of 64", block_count=63)
_set("gpu_opaque_size", "format", "opaque data longer than all",
     opaque_size=0xffff)


@one("gpu_block_twice", "format", "one index twice")
def _(e, group):
    e.blocks[5] = e.blocks[4]


@one("gpu_block_spec", "format", "a block of another specification")
def _(e, group):
    index, _, kind, value = e.blocks[4]
    e.blocks[4] = (index, 2, kind, value)


@one("gpu_opaque_cut", "format", "an opaque field longer than what is left")
def _(e, group):
    e.opaque.append([200, b"\xff" * 3])
    size = len(e.signed())
    good = e.signed

    def cut():
        raw = good()
        return raw[:size - 5] + b"\x09\0" + raw[size - 3:]
    e.signed = cut


@one("gpu_fwid", "fwid", "another FWID than the certificate's")
def _(e, group):
    e.set_field(gpus.FWID, b"\x5a" * 48)


@one("gpu_fwid_cert", "fwid", "certificate with another FWID")
def _(e, group):
    dev = e.device
    e.chain[0] = pki.nvidia_leaf(dev.arch, dev.phrase, b"\x5a" * 48,
                                 dev.brom)


@one("gpu_fwid_twice", "format", "two FWIDs, the first right")
def _(e, group):
    e.opaque.append([gpus.FWID, b"\x5a" * 48])


@one("gpu_no_fwid", "", "without FWID, as older drivers have it")
def _(e, group):
    e.set_field(gpus.FWID, None)


@one("gpu_opaque_unknown", "", "an opaque field of unknown type")
def _(e, group):
    e.opaque.append([201, b"new"])


@one("gpu_opaque_least", "", "no opaque fields but driver, VBIOS, NVDEC0 "
     "and FWID")
def _(e, group):
    keep = (gpus.FWID, gpus.DRIVER_VERSION, gpus.VBIOS_VERSION, gpus.NVDEC0)
    e.opaque = [f for f in e.opaque if f[0] in keep]


def _field(name, breaks, doc, kind, data):
    @one(name, breaks, doc)
    def _(e, group):
        e.set_field(kind, data)


_field("gpu_no_driver", "records", "no driver version", gpus.DRIVER_VERSION,
       None)
_field("gpu_no_vbios", "records", "no VBIOS version", gpus.VBIOS_VERSION,
       None)
_field("gpu_no_nvdec0", "records", "nothing of NVDEC0", gpus.NVDEC0, None)
_field("gpu_nvdec0", "records", "NVDEC0 neither on nor off", gpus.NVDEC0,
       b"\1")
_field("gpu_feature", "mode", "a mode that is not known", gpus.FEATURE_FLAG,
       b"\x63\0")
_field("gpu_mode_pcie", "mode", "protected PCIe on, and the mode is single",
       gpus.PPCIE, b"\xaa")


@one("gpu_one_block", "shape", "one measurement")
def _(e, group):
    e.blocks = e.blocks[:1]


@one("gpu_short_blocks", "shape", "64 measurements of one byte")
def _(e, group):
    e.blocks = [(index, spec, kind, value[:1])
                for index, spec, kind, value in e.blocks]


# --- versioned records -----------------------------------------------------


def _versioned(name, breaks, doc, change=lambda e: None):
    @one(name, breaks, doc)
    def _(e, group):
        if not e.header:
            e.version()
        change(e)


def _header(name, breaks, doc, header):
    def change(e):
        e.header = header
    _versioned(name, breaks, doc, change)


def _both(e):
    good, header = e.record, e.header

    def record(kind, data):
        e.header = b""
        out = good(kind, data)
        e.header = header
        return out
    e.record = record


def _cover(e):
    """The first record covers the second as well."""
    (first, data), (second, more) = e.opaque[:2]
    e.opaque[:2] = [[first, data + e.record(second, more)]]


_versioned("gpu_records_versioned", "", "versioned records")
_header("gpu_records_minor", "", "records of version 2.7.1, which may have "
        "types that nobody knows", b"NVDAOD\0\0\2\7\1\0")
_header("gpu_records_newer", "format", "records of version 3",
        b"NVDAOD\0\0\3\0\0\0")
_header("gpu_records_profile", "format", "records of another profile",
        b"NVDAOD\1\0\2\0\0\0")


@one("gpu_records_header", "format", "a header of records that is cut off")
def _(e, group):
    e.header = gpus.HEADER[:9]
    e.opaque = []


_versioned("gpu_records_cut", "format", "a versioned record longer than what "
           "is left", lambda e: setattr(e, "opaque_size", len(
               e.header + b"".join(e.record(*f) for f in e.opaque)) - 1))
_versioned("gpu_records_overlap", "records", "the VBIOS' record covers the "
           "next one", _cover)
_versioned("gpu_records_twice", "format", "two versioned records of the "
           "driver", lambda e: e.opaque.append(
               [gpus.DRIVER_VERSION, b"535.00.01\0"]))
_versioned("gpu_records_both", "format", "unversioned records behind the "
           "header of versioned ones", _both)


@one("gpu_records_behind", "format", "versioned records behind unversioned "
     "ones")
def _(e, group):
    plain = b"".join(e.record(*f) for f in e.opaque)
    e.header = plain + gpus.HEADER


@gpu("gpu_ppcie", "mode", "all in protected PCIe mode", "measurement_mismatch")
def _(group, value):
    for e in group.items:
        e.set_field(gpus.PPCIE, b"\xaa")
        e.set_field(gpus.FEATURE_FLAG, b"\2\0")
        e.opaque.append([gpus.SWITCH_PDIS, e.switches()])


@gpu("gpu_switches", "switches", "[of eight in protected PCIe mode] the last "
     "one's NVLinks lead elsewhere", "measurement_mismatch", "switched")
def _(group, value):
    group.items[-1].set_field(gpus.SWITCH_PDIS, bytes(range(18 * 8)))


@one("gpu_alike", "alike", "another mode than the others'",
     "measurement_mismatch")
def _(e, group):
    e.set_field(gpus.FEATURE_FLAG, b"\1\0")


@gpu("gpu_17", "number", "17 GPUs")
def _(group, value):
    nonce, arch = group.items[0].nonce, group.items[0].device.arch
    group.items = [gpus.Evidence(gpus.device(arch, group.machine, i), nonce)
                   for i in range(17)]


def _all(name, breaks, doc, kind, data):
    """Of all GPUs, or of that with this number alone."""
    @gpu(name, breaks, doc, "measurement_mismatch", "policy")
    def _(group, value):
        at = number(value, -1)
        for e in group.items if at < 0 else [group.items[at]]:
            e.set_field(kind, data)


_all("gpu_driver", "driver", "[=N]: another driver version",
     gpus.DRIVER_VERSION, b"535.00.01\0")
_all("gpu_vbios", "vbios", "[=N]: another VBIOS version", gpus.VBIOS_VERSION,
     gpus.vbios_bytes("96.00.00.00.01"))


# --- signature -------------------------------------------------------------


@one("gpu_signature", "signature", "signed by another key")
def _(e, group):
    e.key = keys.p384("nobody")


@one("gpu_flip", "signature", "a bit of a measurement flipped afterwards")
def _(e, group):
    e.after.append(lambda b: flip_bit(b, (37 + 8 + 55 * 3 + 10) * 8))


@one("gpu_nonce_patched", "signature", "an old report with the nonce "
     "written into it")
def _(e, group):
    nonce, e.nonce = e.nonce, b"\x5a" * 32
    e.after.append(lambda b: b[:4] + nonce + b[36:])


@one("gpu_signature_zero", "signature", "a signature of zeros")
def _(e, group):
    at = len(e.signed())
    e.after.append(lambda b: b[:at] + bytes(96) + b[at + 96:])


@one("gpu_truncated", "format", "without its last byte")
def _(e, group):
    e.after.append(lambda b: b[:-1])


@one("gpu_half", "format", "half of it")
def _(e, group):
    e.after.append(lambda b: b[:len(b) // 2])


@one("gpu_empty_evidence", "format", "no bytes at all")
def _(e, group):
    e.after.append(lambda b: b"")


@one("gpu_trailing", "", "one byte behind the signature")
def _(e, group):
    e.trailing = b"\0"


# --- certificates ----------------------------------------------------------


def _foreign(e):
    return gpus.device(e.device.arch, 0, 0, "foreign")


def _chain(name, doc, make):
    @one(name, "chain", doc)
    def _(e, group):
        e.chain = make(e, e.chain)


def _foreign_root(e, chain):
    other = _foreign(e)
    e.key = other.key
    return other.chain()


_chain("gpu_root", "a whole chain under another root of the same name",
       _foreign_root)
_chain("gpu_root_shown", "foreign certificates, the true root last",
       lambda e, c: _foreign_root(e, c)[:4] + [pki.nvidia_root()])
_chain("gpu_root_last", "true certificates, a foreign root last",
       lambda e, c: c[:4] + [pki.nvidia_root("foreign")])
_chain("gpu_chain_swapped", "two CAs in the wrong order",
       lambda e, c: [c[0], c[1], c[3], c[2], c[4]])
_chain("gpu_chain_reversed", "root first", lambda e, c: c[::-1])
_chain("gpu_chain_4", "without the root", lambda e, c: c[:4])
_chain("gpu_chain_gap", "without the Provisioner ICA",
       lambda e, c: c[:2] + c[3:])
_chain("gpu_chain_6", "root twice", lambda e, c: c + c[4:])
_chain("gpu_chain_1", "leaf alone", lambda e, c: c[:1])
_chain("gpu_leaf_expired", "leaf expired",
       lambda e, c: [pki.nvidia_leaf(
           e.device.arch, e.device.phrase, e.device.fwid, e.device.brom,
           last=date(2025, 1, 1))] + c[1:])


@one("gpu_leaf_ca", "chain", "the boot ROM's CA as leaf, its key signing")
def _(e, group):
    e.key = e.device.brom.key
    e.chain = e.chain[1:]


@one("gpu_below_leaf", "chain", "a certificate signed by the leaf, which is "
     "no CA")
def _(e, group):
    dev = e.device
    fake = pki.nvidia_leaf(dev.arch, "below a leaf", dev.fwid, e.chain[0])
    e.key = fake.key
    e.chain = [fake] + e.chain


@one("gpu_chain_empty", "chain", "no certificates")
def _(e, group):
    e.pem = b""


@one("gpu_chain_pem", "chain", "broken base64 in the leaf's PEM")
def _(e, group):
    good = b"".join(c.pem for c in e.chain)
    e.pem = good[:60] + b"!!!!" + good[64:]


@one("gpu_chip_next", "switch", "a GPU of a generation that nobody knows")
def _(e, group):
    new = gpus.device("NEXT", group.machine, 91)
    e.key, e.chain = new.key, new.chain()


# --- all GPUs --------------------------------------------------------------


@gpu("gpu_arch_mixed", "arch", "the last GPU is of another architecture",
     "measurement_mismatch", "policy")
def _(group, value):
    old = group.items[-1]
    arch = "BLACKWELL" if old.device.arch == "HOPPER" else "HOPPER"
    group.items[-1] = new = gpus.Evidence(
        gpus.device(arch, group.machine, 90), old.nonce)
    for kind, data in old.opaque:
        if kind in (gpus.DRIVER_VERSION, gpus.VBIOS_VERSION):
            new.set_field(kind, data)


@gpu("gpu_duplicate", "duplicate", "the last evidence is that of the first "
     "GPU")
def _(group, value):
    group.after.append(lambda items: items[:-1] + items[:1])


@gpu("gpu_duplicate_new", "duplicate", "the first GPU speaks twice, in other "
     "words")
def _(group, value):
    group.items[-1] = gpus.Evidence(group.items[0].device,
                                    group.items[0].nonce)
    group.items[-1].responder = bytes(32)


@gpu("gpu_switch", "switch", "an NVSwitch among the GPUs")
def _(group, value):
    group.items[-1] = gpus.Switch(group.machine, group.items[0].nonce)


@gpu("gpu_count", "count", "one GPU less", "gpu_evidence_missing", "policy")
def _(group, value):
    group.items.pop()


# --- the object ------------------------------------------------------------


def _item(name, doc, change, breaks="format"):
    @gpu(name, breaks, doc)
    def _(group, value):
        group.after.append(lambda items: [change(dict(items[0]))]
                           + items[1:])


_item("gpu_base64", "evidence that is not base64",
      lambda i: dict(i, evidence="!" + i["evidence"][1:]))
_item("gpu_certificate_base64", "certificate that is not base64",
      lambda i: dict(i, certificate="!" + i["certificate"][1:]), "chain")
_item("gpu_certificate_der", "certificate in DER",
      lambda i: dict(i, certificate=base64.b64encode(
          gpus.device("HOPPER", 0, 0).leaf.der).decode()), "chain")
_item("gpu_evidence_missing", "an element without evidence",
      lambda i: {"certificate": i["certificate"]})
_item("gpu_certificate_missing", "an element without certificate",
      lambda i: {"evidence": i["evidence"]}, "chain")
_item("gpu_evidence_number", "evidence a number",
      lambda i: dict(i, evidence=7))


@gpu("gpu_arch_said", "", "\"arch\" of the JSON says another architecture")
def _(group, value):
    group.arch = "BLACKWELL"


@gpu("gpu_members", "", "further members in \"gpu\" and in each device, and "
     "other values of known ones, that a service might heed")
def _(group, value):
    group.more = {"claims_version": "2.0", "nonce": "ff" * 32,
                  "ocsp_allow_cert_hold": True, "arch": "BLACKWELL"}
    group.after.append(lambda items: [
        dict(i, arch="BLACKWELL", nonce="ff" * 32, policy={}) for i in items])
