"""Misbehaviour of TDX quotes: each breaks one check, and all else is right
and honestly signed."""
from evidence import keys, pki
from evidence.der import date
from evidence.tdx import (KL, PERFMON, PKS, SEPT_VE_DISABLE, TD10, TD15,
                          measurement, u16, u64)
from faults.expect import tdx
from faults.misbehave import flip_bit, number


def _set(name, breaks, doc, **values):
    @tdx(name, breaks, doc)
    def _(q, value):
        for key, new in values.items():
            assert hasattr(q, key), key
            setattr(q, key, new)


# --- header ----------------------------------------------------------------

_set("tdx_version_3", "version", "version 3 over the same body", version=3)
_set("tdx_version_6", "version", "version 6", version=6)
_set("tdx_key_type", "key_type", "attestation key type 3 (P-384)",
     key_type=3)
_set("tdx_tee_type", "tee_type", "tee_type 0 (SGX)", tee_type=0)
_set("tdx_vendor", "vendor", "QE vendor ID of nobody", vendor=b"\x5a" * 16)


@tdx("tdx_body_type", "body", "version 5 with body type 1 (SGX enclave)")
def _(q, value):
    q.version, q.body_type = 5, 1


@tdx("tdx_body_newer", "body", "version 5 with body type 4")
def _(q, value):
    q.version, q.layout, q.body_type = 5, TD15, 4


@tdx("tdx_body_mixed", "body", "version 5, type 2 with the 648 bytes of 3")
def _(q, value):
    q.version, q.layout, q.body_type = 5, TD15, 2


@tdx("tdx_body_size", "format", "version 5, a body size of 4 GiB - 1")
def _(q, value):
    q.version, q.body_type, q.layout = 5, 2, TD10
    q.body_size = 0xffffffff


# --- body ------------------------------------------------------------------


def _bit(name, breaks, doc, bit):
    @tdx(name, breaks, doc)
    def _(q, value):
        q.attributes(bit)


_bit("tdx_debug", "debug", "td_attributes DEBUG", 1)
_bit("tdx_reserved_1", "reserved", "reserved td_attributes bit 1", 1 << 1)
_bit("tdx_reserved_7", "reserved", "reserved td_attributes bit 7", 1 << 7)
_bit("tdx_reserved_29", "reserved", "reserved td_attributes bit 29", 1 << 29)
_bit("tdx_sept_ve", "sept_ve", "SEPT_VE_DISABLE off", SEPT_VE_DISABLE)
_bit("tdx_pks", "", "PKS on, as real machines have it", PKS)
_bit("tdx_kl", "", "key locker on", KL)
_bit("tdx_perfmon", "", "PERFMON on", PERFMON)


@tdx("tdx_servicetd", "servicetd", "mr_servicetd set (version 5, TD 1.5)")
def _(q, value):
    q.version, q.layout, q.body_type = 5, TD15, 3
    q.td["mr_servicetd"] = measurement("service td")


@tdx("tdx_seam_signer", "seam", "mrsigner_seam not zero")
def _(q, value):
    q.td["mrsigner_seam"] = measurement("seam signer")


@tdx("tdx_seam_attributes", "seam", "seam_attributes not zero")
def _(q, value):
    q.td["seam_attributes"] = u64(1)


def _register(field):
    @tdx("tdx_" + field, "measurement", f"another {field}",
         "measurement_mismatch", "policy")
    def _(q, value):
        q.td[field] = measurement("other " + field)


for _field in ("mr_td", "mr_seam", "mr_config_id", "rtmr0", "rtmr1", "rtmr2",
               "rtmr3"):
    _register(_field)


def _data(name, doc, change):
    @tdx(name, "report_data", doc, "report_data_mismatch")
    def _(q, value):
        q.td["report_data"] = change(q.made, q.td["report_data"])


def _bound(made):
    return made.address + bytes(12) + made.nonce


_data("tdx_data_nonce", "report_data of another nonce",
      lambda made, old: b"\x5a" * 32 + bytes(32))
_data("tdx_data_last", "last bit of the nonce in it differs",
      lambda made, old: flip_bit(made.nonce, -1) + bytes(32))
_data("tdx_data_tail", "nonce, then 32 bytes that are not zero",
      lambda made, old: made.nonce + b"\1" * 32)
_data("tdx_data_zero", "64 zero bytes", lambda made, old: bytes(64))
_data("tdx_data_foreign", "right nonce behind another address",
      lambda made, old: b"\x5a" * 20 + bytes(12) + made.nonce)
_data("tdx_data_padding", "address, 12 bytes that are not zero, nonce",
      lambda made, old: made.address + b"\1" * 12 + made.nonce)
_data("tdx_data_swapped", "nonce, then address and 12 zeros",
      lambda made, old: made.nonce + made.address + bytes(12))
_data("tdx_data_bound_nonce", "address, 12 zeros, another nonce",
      lambda made, old: made.address + bytes(12) + b"\x5a" * 32)


@tdx("tdx_data_downgrade", "report_data", "nonce and zeros, from a machine "
     "that else binds its address", "report_data_mismatch", "bound")
def _(q, value):
    q.td["report_data"] = q.made.nonce + bytes(32)


@tdx("tdx_data_bound", "", "address, 12 zeros, nonce")
def _(q, value):
    q.td["report_data"] = _bound(q.made)


# --- signatures ------------------------------------------------------------


@tdx("tdx_signature", "signature", "quote signed by another key")
def _(q, value):
    q.signing_key = keys.p256("nobody")


@tdx("tdx_signature_zero", "signature", "quote signature of zeros")
def _(q, value):
    at = len(q.signed()) + 4
    q.after.append(lambda b: b[:at] + bytes(64) + b[at + 64:])


@tdx("tdx_flip", "signature", "[=BIT]: a bit of the signed bytes flipped "
     "afterwards; default in the header's user data")
def _(q, value):
    at = number(value, 28 * 8)
    q.after.append(lambda b: flip_bit(b, at))


@tdx("tdx_key", "qe_data", "an attestation key that the QE has not vouched "
     "for, which signs the quote")
def _(q, value):
    import hashlib
    q.qe_report_data = hashlib.sha256(q.key.xy + q.auth).digest()
    q.key = q.signing_key = keys.p256("unvouched")


@tdx("tdx_qe_data", "qe_data", "QE report data of zeros")
def _(q, value):
    q.qe_report_data = bytes(32)


@tdx("tdx_qe_data_tail", "qe_data", "right hash, then bytes not zero")
def _(q, value):
    import hashlib
    q.qe_report_data = hashlib.sha256(q.key.xy + q.auth).digest() + b"\1"


@tdx("tdx_qe_auth", "qe_data", "authentication data changed afterwards")
def _(q, value):
    import hashlib
    q.qe_report_data = hashlib.sha256(q.key.xy + q.auth).digest()
    q.auth = bytes(32)


@tdx("tdx_qe_auth_empty", "", "no authentication data, rightly hashed")
def _(q, value):
    q.auth = b""


@tdx("tdx_qe_signature", "qe_signature", "QE report signed by another key "
     "than the PCK")
def _(q, value):
    q.pck_key = keys.p256("nobody")


@tdx("tdx_qe_report", "qe_signature", "QE report changed after signing")
def _(q, value):
    at = len(q.signed()) + 4 + 134
    q.after.append(lambda b: flip_bit(b, at * 8))


def _qe(name, doc, **values):
    @tdx(name, "qe_identity", doc, needs="collateral")
    def _(q, value):
        q.qe.update(values)


_qe("tdx_qe_mrsigner", "QE of another signer", mrsigner=b"\x5a" * 32)
_qe("tdx_qe_prodid", "another enclave of Intel's", prodid=1)
_qe("tdx_qe_miscselect", "QE with another miscselect", miscselect=1)
_qe("tdx_qe_attributes", "QE with other attributes",
    attributes=bytes([0x35]) + bytes(7) + bytes([0xe7]) + bytes(7))
_qe("tdx_qe_debug", "QE in debug mode",
    attributes=bytes([0x17]) + bytes(7) + bytes([0xe7]) + bytes(7))


@tdx("tdx_qe_svn", "qe_status", "an old QE, out of date", "tcb_rejected",
     "collateral")
def _(q, value):
    q.qe["svn"] = 4


@tdx("tdx_qe_svn_none", "qe_status", "a QE older than every level",
     "tcb_rejected", "collateral")
def _(q, value):
    q.qe["svn"] = 0


# --- the PCK chain ---------------------------------------------------------


def _chain(name, doc, make, breaks="chain"):
    @tdx(name, breaks, doc)
    def _(q, value):
        q.chain = make(q)


def _foreign(q):
    q.pck_key = keys.p256("foreign pck")
    return [q.platform.pck("foreign", key=q.pck_key),
            pki.intel_ca("foreign"), pki.intel_root("foreign")]


_chain("tdx_root", "a whole chain under another root of the same name",
       _foreign)
_chain("tdx_root_shown", "foreign leaf and CA, the true root behind them",
       lambda q: _foreign(q)[:2] + [pki.intel_root()])
_chain("tdx_root_last", "true leaf and CA, a foreign self-signed root last",
       lambda q: q.chain[:2] + [pki.intel_root("foreign")])
_chain("tdx_chain_swapped", "CA before leaf",
       lambda q: [q.chain[1], q.chain[0], q.chain[2]])
_chain("tdx_chain_reversed", "root first", lambda q: q.chain[::-1])
_chain("tdx_chain_no_ca", "leaf and root alone",
       lambda q: [q.chain[0], q.chain[2]])
_chain("tdx_chain_leaf", "leaf alone", lambda q: q.chain[:1])
_chain("tdx_chain_four", "leaf twice", lambda q: q.chain[:1] + q.chain)
_chain("tdx_pck_expired", "PCK certificate expired",
       lambda q: [q.platform.pck(last=date(2025, 1, 1)), *q.chain[1:]])
_chain("tdx_pck_future", "PCK certificate not yet valid",
       lambda q: [q.platform.pck(first=date(2044, 1, 1)), *q.chain[1:]])


@tdx("tdx_ca_leaf", "chain", "the platform CA in the leaf's place, its key "
     "signing the QE report")
def _(q, value):
    q.pck_key = pki.intel_ca().key
    q.chain = q.chain[1:]


@tdx("tdx_leaf_ca", "chain", "a PCK under another machine's PCK, which is "
     "no CA")
def _(q, value):
    q.pck_key = keys.p256("below a leaf")
    q.chain = [q.platform.pck(key=q.pck_key, ca=q.platform.leaf), *q.chain]
    del q.chain[2]


@tdx("tdx_self_signed", "chain", "one self-signed certificate")
def _(q, value):
    q.chain = [pki.intel_root("foreign")]
    q.pck_key = q.chain[0].key


@tdx("tdx_signer_tcb", "chain", "Intel's TCB signing certificate in the "
     "PCK's place")
def _(q, value):
    q.chain = [pki.tcb_signing(), pki.intel_root()]
    q.pck_key = q.chain[0].key


@tdx("tdx_pck_plain", "pck_extension", "a leaf without Intel's extension",
     needs="collateral")
def _(q, value):
    ca = pki.intel_ca()
    q.chain[0] = pki.intel_leaf("Intel SGX PCK Certificate",
                                q.platform.key, ca)


@tdx("tdx_pck_cn", "pck_extension", "a leaf of another name with Intel's "
     "extension", needs="collateral")
def _(q, value):
    q.chain[0] = q.platform.pck(cn="Intel SGX PCK")


_chain("tdx_pck_root", "PCK certificate signed by the root itself",
       lambda q: [q.platform.pck(ca=pki.intel_root()),
                  pki.intel_root()])
_chain("tdx_tcb_signer_ca", "PCK certificate signed by the TCB signer",
       lambda q: [q.platform.pck(ca=pki.tcb_signing()),
                  pki.tcb_signing(), pki.intel_root()])


@tdx("tdx_chain_pem", "chain", "broken base64 in the leaf's PEM")
def _(q, value):
    good = q.pem_chain()
    q.chain_data = good[:60] + b"!!!!" + good[64:]


@tdx("tdx_chain_empty", "chain", "no certificates")
def _(q, value):
    q.chain_data = b""


@tdx("tdx_chain_garbage", "chain", "zeros instead of PEM")
def _(q, value):
    q.chain_data = bytes(2000)


@tdx("tdx_chain_nul", "", "PEM with a NUL behind it")
def _(q, value):
    q.chain_data = q.pem_chain() + b"\0"


# --- framing ---------------------------------------------------------------


_set("tdx_cert_type_5", "cert_type", "PEM chain at once, no QE report",
     cert_type=5)


@tdx("tdx_cert_type_3", "cert_type", "certification data 3, an encrypted "
     "PPID")
def _(q, value):
    q.cert_type, q.chain_data = 3, bytes(404)


@tdx("tdx_inner_type_3", "cert_type", "an encrypted PPID behind the QE's "
     "report")
def _(q, value):
    q.chain_type, q.chain_data = 3, bytes(404)


_set("tdx_inner_type_6", "cert_type", "type 6 within type 6", chain_type=6)


@tdx("tdx_truncated", "format", "[=N]: without its last N (100) bytes")
def _(q, value):
    q.trailing = b""
    q.after.append(lambda b: b[:-number(value, 100)])


@tdx("tdx_cut", "format", "[=N]: its first N (636) bytes alone")
def _(q, value):
    q.after.append(lambda b: b[:number(value, 636)])


@tdx("tdx_size_more", "format", "signature data one byte longer than what "
     "is in it")
def _(q, value):
    at = len(q.signed())
    q.trailing = q.trailing or bytes(8)
    q.after.append(lambda b: b[:at] + (int.from_bytes(
        b[at:at + 4], "little") + 1).to_bytes(4, "little") + b[at + 4:])


@tdx("tdx_size_huge", "format", "signature data of 4 GiB - 1")
def _(q, value):
    q.signature_size = 0xffffffff


@tdx("tdx_auth_huge", "format", "65,535 bytes of authentication data, said "
     "to be")
def _(q, value):
    at = len(q.signed()) + 4 + 134 + 448
    q.after.append(lambda b: b[:at] + u16(0xffff) + b[at + 2:])


@tdx("tdx_garbage", "format", "bytes without sense")
def _(q, value):
    q.after.append(lambda b: bytes(i * 7 & 0xff for i in range(len(b))))


@tdx("tdx_trailing", "", "[=N]: N (70) zeros behind it")
def _(q, value):
    q.trailing = bytes(number(value, 70))


@tdx("tdx_trailing_odd", "", "39 bytes that are not zero behind it")
def _(q, value):
    q.trailing = bytes(range(1, 40))


# --- the platform, against collateral --------------------------------------


def _platform(name, breaks, doc, reason="tcb_rejected", **values):
    @tdx(name, breaks, doc, reason, "collateral")
    def _(q, value):
        q.chain[0] = q.platform.pck(**values)


_platform("tdx_tcb_old", "status", "cpusvn of an outdated level",
          cpusvn=bytes([1, 1, 2, 2, 2, 1, 0, 2]) + bytes(8))
_platform("tdx_tcb_none", "level", "cpusvn below every level",
          cpusvn=bytes(16))
_platform("tdx_tcb_pcesvn", "status", "pcesvn of an outdated level",
          pcesvn=5)
_platform("tdx_tcb_revoked", "status", "the level that is Revoked",
          "revoked", cpusvn=bytes([1] * 6 + [0, 1]) + bytes(8))


_platform("tdx_tcb_higher", "", "every version above the newest level's",
          reason="", cpusvn=bytes([255] * 16), pcesvn=65535)


@tdx("tdx_tee_tcb_svn", "status", "tee_tcb_svn of an outdated level",
     "tcb_rejected", "collateral")
def _(q, value):
    q.td["tee_tcb_svn"] = bytes([5, 1, 1]) + bytes(13)


@tdx("tdx_module_old", "module_status", "an outdated TDX module",
     "tcb_rejected", "collateral")
def _(q, value):
    q.td["tee_tcb_svn"] = bytes([4, 1, 2]) + bytes(13)


@tdx("tdx_module_unknown", "module", "a TDX module without identity",
     "tcb_rejected", "collateral")
def _(q, value):
    q.td["tee_tcb_svn"] = bytes([5, 9, 2]) + bytes(13)
