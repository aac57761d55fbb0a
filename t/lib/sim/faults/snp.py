"""Misbehaviour of SEV-SNP reports: each breaks one check, and all else is
right and honestly signed.  Where the certificate is what is wrong, the
report brings its certificates along.
"""
import dataclasses

from evidence import der, keys, pki, snp as reports
from evidence.tdx import measurement
from faults.expect import snp
from faults.misbehave import flip_bit, number


def _set(name, breaks, doc, **values):
    @snp(name, breaks, doc)
    def _(r, value):
        for key, new in values.items():
            assert hasattr(r, key), key
            setattr(r, key, new)


def _patch(name, breaks, doc, at, raw, reason=None):
    @snp(name, breaks, doc, reason)
    def _(r, value):
        r.patches[at] = raw


# --- fields ----------------------------------------------------------------

_set("snp_version_1", "version", "report version 1", version=1)
_patch("snp_version_9", "version", "a report version not known", 0,
       b"\x09\0\0\0")
_patch("snp_version_6", "version", "report version 6", 0, b"\x06\0\0\0")
_set("snp_algorithm_0", "algorithm", "signature algorithm 0 (none)",
     algorithm=0)
_set("snp_algorithm_2", "algorithm", "signature algorithm 2", algorithm=2)
_set("snp_debug", "debug", "policy allows debugging", policy=0x30000 | 1 << 19)
_set("snp_policy_17", "reserved", "policy bit 17 off, which is always on",
     policy=0x10000)
_set("snp_policy_high", "reserved", "policy bit 63", policy=0x30000 | 1 << 63)
_set("snp_flags_high", "reserved", "signer info bit 31", flags=1 << 31)
_patch("snp_mbz_4c", "reserved", "reserved byte at 0x4c", 0x4c, b"\1")
_patch("snp_mbz_18b", "reserved", "reserved byte at 0x18b", 0x18b, b"\1")
_patch("snp_mbz_19f", "reserved", "reserved byte at 0x19f", 0x19f, b"\x80")
_patch("snp_mbz_1eb", "reserved", "reserved byte at 0x1eb", 0x1eb, b"\1")
_patch("snp_mbz_1ef", "reserved", "reserved byte at 0x1ef", 0x1ef, b"\1")
_patch("snp_mbz_208", "reserved", "reserved byte at 0x208", 0x208, b"\1")
_patch("snp_mbz_29f", "reserved", "last reserved byte, at 0x29f", 0x29f,
       b"\x80")
_set("snp_signer_2", "signer", "SIGNING_KEY 2, which is no key",
     flags=2 << 2)
_set("snp_signer_none", "signer", "SIGNING_KEY 7 (none)", flags=7 << 2)


@snp("snp_mbz", "reserved", "[=OFFSET]: bit 0 of this byte set, before "
     "signing; default 0x250")
def _(r, value):
    at = number(value, 0x250)
    r.patches[at] = b"\1"


@snp("snp_migrate_ma", "migration", "policy allows a migration agent")
def _(r, value):
    r.policy |= 1 << 18


def _versions(name, breaks, doc, **which):
    """which: by how much these versions' snp is off."""
    @snp(name, breaks, doc, "tcb_rejected")
    def _(r, value):
        for key, by in which.items():
            r.versions[key] = reports.tcb_version(
                r.product, dict(r.tcb, snp=r.tcb["snp"] + by))


_versions("snp_launch", "launch", "launched on newer firmware than runs",
          launch=1)
_versions("snp_committed", "committed", "the reported versions are not "
          "committed: provisional firmware", committed=-1, launch=-1)
_versions("snp_current", "committed", "committed versions newer than those "
          "that run", committed=1)
_patch("snp_provisional_build", "committed", "committed build newer than "
       "that which runs", 0x1ec, b"\x1e", "tcb_rejected")
_patch("snp_provisional_version", "committed", "committed API version newer "
       "than that which runs", 0x1ed, b"\x38", "tcb_rejected")
_patch("snp_uncommitted_build", "", "a newer build runs than is committed",
       0x1e8, b"\x1e")


@snp("snp_vmpl", "vmpl", "[=N]: VMPL N (1)", "measurement_mismatch",
     "policy")
def _(r, value):
    r.vmpl = number(value, 1)


@snp("snp_vmpl_host", "vmpl_range", "VMPL of all ones, as in a report that "
     "the host asked for")
def _(r, value):
    r.vmpl = 0xffffffff


@snp("snp_measurement", "measurement", "another measurement",
     "measurement_mismatch", "policy")
def _(r, value):
    r.measurement = measurement("other snp measurement")


@snp("snp_host_data", "measurement", "other host data",
     "measurement_mismatch", "policy")
def _(r, value):
    r.host_data = b"\x5a" * 32


@snp("snp_tcb_low", "min_tcb", "old firmware, with the VCEK of that "
     "firmware", "tcb_rejected", "policy")
def _(r, value):
    r.tcb["snp"] = 3
    low = reports.tcb_version(r.product, r.tcb)
    r.versions = dict.fromkeys(r.versions, low)


# --- report data -----------------------------------------------------------


def _data(name, doc, change):
    @snp(name, "report_data", doc, "report_data_mismatch")
    def _(r, value):
        r.report_data = change(r.made)


_data("snp_data_nonce", "report_data of another nonce",
      lambda made: b"\x5a" * 32 + bytes(32))
_data("snp_data_tail", "nonce, then 32 bytes that are not zero",
      lambda made: made.nonce + b"\1" * 32)
_data("snp_data_foreign", "right nonce behind another address",
      lambda made: b"\x5a" * 20 + bytes(12) + made.nonce)


@snp("snp_data_downgrade", "report_data", "nonce and zeros, from a machine "
     "that else binds its address", "report_data_mismatch", "bound")
def _(r, value):
    r.report_data = r.made.nonce + bytes(32)


@snp("snp_data_bound", "", "address, 12 zeros, nonce")
def _(r, value):
    r.report_data = r.made.address + bytes(12) + r.made.nonce


# --- signature -------------------------------------------------------------


@snp("snp_signature", "signature", "signed by a key of nobody")
def _(r, value):
    r.key = keys.p384("nobody")


@snp("snp_key", "signature", "signed by another machine's chip")
def _(r, value):
    chip = reports.chip_id(r.product, r.number + 1)
    r.key = reports.vcek_key(r.product, chip, r.tcb)


@snp("snp_flip", "signature", "[=BIT]: a bit flipped afterwards; default in "
     "the report ID")
def _(r, value):
    at = number(value, 0x140 * 8)
    r.after.append(lambda b: flip_bit(b, at))


def _after(name, breaks, doc, change):
    @snp(name, breaks, doc)
    def _(r, value):
        r.after.append(change)


_after("snp_signature_zero", "signature", "a signature of zeros",
       lambda b: b[:0x2a0] + bytes(512))
_after("snp_signature_r", "signature_form", "r longer than 48 bytes",
       lambda b: b[:0x2a0 + 48] + b"\1" + b[0x2a0 + 49:])
_after("snp_signature_s", "signature_form", "s longer than 48 bytes",
       lambda b: b[:0x2a0 + 72 + 71] + b"\1" + b[0x2a0 + 144:])
_after("snp_signature_tail", "signature_form", "bytes behind r and s",
       lambda b: b[:-1] + b"\1")
_after("snp_truncated", "format", "one byte less",
       lambda b: b[:-1])
_after("snp_half", "format", "592 bytes alone", lambda b: b[:592])


# --- certificates, brought along -------------------------------------------


def _cert(name, breaks, doc, make):
    @snp(name, breaks, doc, needs="certs")
    def _(r, value):
        r.with_certs = True
        r.certificate = make(r)


def _leaf(r, **how):
    """The right certificate but for what is given."""
    how.setdefault("hwid", reports.hwid(r.product, r.chip))
    return pki.amd_leaf(
        how.pop("cn", "SEV-VCEK"), how.pop("key", None)
        or r.endorsement_key(), how.pop("ca", None) or pki.ask(r.product),
        how.pop("name", r.product + "-B0" if r.product == "Milan"
                else r.product),
        reports.extensions(r.product, how.pop("tcb", r.tcb)), **how)


@dataclasses.dataclass
class _Raw:
    der: bytes


_cert("snp_certs", "", "certificates brought along", lambda r: None)
_cert("snp_root", "chain", "certificate of a foreign ASK",
      lambda r: _leaf(r, ca=pki.ask("Milan", world="foreign")))
_cert("snp_vcek_expired", "chain", "certificate expired",
      lambda r: _leaf(r, last=der.date(2025, 1, 1)))
_cert("snp_vcek_future", "chain", "certificate not yet valid",
      lambda r: _leaf(r, first=der.date(2044, 1, 1)))
_cert("snp_vcek_ark", "chain", "VCEK signed by the ARK itself",
      lambda r: _leaf(r, ca=pki.ark(r.product)))
_cert("snp_vcek_asvk", "chain", "VCEK signed by the VLEKs' authority",
      lambda r: _leaf(r, ca=pki.ask(r.product, vlek=True)))
_cert("snp_vcek_cn", "signer", "certificate named SEV-VLEK",
      lambda r: _leaf(r, cn="SEV-VLEK"))
_cert("snp_vcek_garbage", "chain", "zeros in the certificate's place",
      lambda r: _Raw(bytes(1200)))
_cert("snp_tcb_cert", "tcb", "certificate for older firmware than reported",
      lambda r: _leaf(r, tcb=dict(r.tcb, microcode=0x10)))
_cert("snp_hwid", "hwid", "certificate of another chip, over this one's key",
      lambda r: _leaf(r, hwid=reports.chip_id(r.product, 99)))
_cert("snp_hwid_short", "hwid", "hwID of one byte",
      lambda r: _leaf(r, hwid=b"\1"))
_cert("snp_hwid_none", "hwid", "no hwID", lambda r: _leaf(r, hwid=None))
_cert("snp_hwid_der", "", "hwID as an OCTET STRING of its own",
      lambda r: _leaf(r, hwid=der.octets(reports.hwid(r.product, r.chip))))
_cert("snp_product_name", "product", "certificate of another product's name",
      lambda r: _leaf(r, name="Genoa" if r.product == "Milan"
                      else "Milan-B0"))


@snp("snp_product", "product", "CPUID of another product", needs="certs")
def _(r, value):
    r.with_certs = True
    r.version = max(r.version, 3)
    r.cpuid = reports.CPUID["Genoa" if r.product == "Milan" else "Milan"]


@snp("snp_reported_tcb", "tcb", "newer versions reported than the "
     "certificate is for", needs="certs")
def _(r, value):
    r.with_certs = True
    new = dict(r.tcb, microcode=r.tcb["microcode"] + 1)
    r.versions = dict.fromkeys(r.versions, reports.tcb_version(
        r.product, new))


@snp("snp_chip", "hwid", "another chip_id than the certificate's",
     needs="certs")
def _(r, value):
    r.with_certs = True
    r.chip_field = reports.chip_id(r.product, 99)


@snp("snp_chip_zero", "", "chip_id masked (zeros)", needs="certs")
def _(r, value):
    r.with_certs = True
    r.chip_field = bytes(64)


@snp("snp_claims_vlek", "signer", "said to be signed by a VLEK, signed by a "
     "VCEK, whose certificate is in the VLEK's place", needs="certs")
def _(r, value):
    r.with_certs = True
    r.flags, r.slot = 4, "vlek"


@snp("snp_vlek", "", "signed by a VLEK, which comes along", needs="certs")
def _(r, value):
    r.with_certs = True
    r.signer, r.flags, r.chip_field = "vlek", 4, bytes(64)


@snp("snp_vlek_claims_vcek", "signer", "said to be signed by a VCEK, signed "
     "by a VLEK, whose certificate is in the VCEK's place", needs="certs")
def _(r, value):
    r.with_certs = True
    r.signer, r.flags, r.slot = "vlek", 0, "vcek"


@snp("snp_vlek_ask", "chain", "VLEK under the VCEKs' authority",
     needs="certs")
def _(r, value):
    r.with_certs = True
    r.signer, r.flags, r.chip_field = "vlek", 4, bytes(64)
    r.certificate = _leaf(r, cn="SEV-VLEK", hwid=None,
                          csp=reports.VLEK_CSP, name=r.product)


@snp("snp_table_cut", "format", "certificate table that points behind its "
     "end", needs="certs")
def _(r, value):
    r.with_certs = True
    r.cut = 600
