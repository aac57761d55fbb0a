"""A second reading of collateral and of NRAS's tokens: names of the checks
that fail, as appraise.py does for evidence.
"""
import base64
import datetime
import hashlib
import json
import time
import urllib.parse

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from check import appraise

SGX = "1.2.840.113741.1.13.1"
ACCEPTED = ("UpToDate", "SWHardeningNeeded")


def _members(text, name):
    """(verbatim inner text, signature) of {"name":{...},"signature":".."}"""
    head = b'{"' + name + b'":'
    mark = b',"signature":"'
    if not text.startswith(head) or mark not in text:
        raise ValueError("form")
    inner, _, rest = text[len(head):].rpartition(mark)
    if not rest.endswith(b'"}'):
        raise ValueError("end")
    return inner, rest[:-2].decode()


def _dates(value):
    now = time.time()

    def seconds(text):
        return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(
            tzinfo=datetime.timezone.utc).timestamp()
    try:
        return seconds(value["issueDate"]) <= now < seconds(
            value["nextUpdate"])
    except (KeyError, ValueError):
        return False


def chain_of(headers, name):
    """The value of an issuer chain's header, by either of its names."""
    name = name.lower()
    return next(v for k, v in headers.items()
                if k.lower() in (name, "sgx-" + name))


def signed_json(fetch, path, name, header, prefix, root, failed):
    """The inner object of a signed document, and its signer; else None."""
    status, headers, body = fetch(path)
    if status != 200:
        failed.add(prefix + "_form")
        return None, None
    chain = chain_of(headers, header)
    certs = appraise.load(urllib.parse.unquote(chain).encode())
    if not appraise.chain_good(certs, root, 2) or appraise.common_name(
            certs[0]) != "Intel SGX TCB Signing":
        failed.add(prefix + "_chain")
        if not certs:
            return None, None
    try:
        inner, signature = _members(body, name)
        value = json.loads(inner)
    except ValueError:
        failed.add(prefix + "_json")
        return None, None
    raw = bytes.fromhex(signature)
    if len(raw) != 64 or not appraise.verifies(
            certs[0].public_key(), raw, inner, hashes.SHA256()):
        failed.add(prefix + "_signature")
    if not _dates(value):
        failed.add(prefix + "_date")
    return value, certs[0]


# --- revocation ------------------------------------------------------------


def current(crl):
    """Whether a list is in its time; older libraries have naive dates."""
    now = datetime.datetime.now(datetime.timezone.utc)
    if hasattr(crl, "last_update_utc"):
        return crl.last_update_utc <= now < crl.next_update_utc
    return crl.last_update <= now.replace(tzinfo=None) < crl.next_update


def unhex(body):
    """A list's DER, where a cache gives it as hex."""
    return bytes.fromhex(body.decode()) if body[:2] == b"30" else body


def _list(fetch, path, issuer, failed):
    status, _, body = fetch(path)
    try:
        body = unhex(body)
        crl = (x509.load_pem_x509_crl(body) if body.startswith(b"-----")
               else x509.load_der_x509_crl(body))
    except ValueError:
        failed.add("crl_form")
        return None
    if crl.issuer != issuer.subject or not crl.is_signature_valid(
            issuer.public_key()):
        failed.add("crl_signature")
        return None
    if not current(crl):
        failed.add("crl_date")
    return crl


def _revocation(fetch, quote, signers, failed):
    leaf, ca, root = quote.pck
    lists = ((_list(fetch, "/sgx/certification/v4/pckcrl?ca=platform"
                           "&encoding=der", ca, failed), [leaf]),
             (_list(fetch, "/IntelSGXRootCA.der", root, failed),
              [ca, *signers]))
    for crl, certs in lists:
        for cert in certs:
            if crl and crl.get_revoked_certificate_by_serial_number(
                    cert.serial_number):
                failed.add("revoked")


# --- levels ----------------------------------------------------------------


def _der(raw):
    """[(tag, value)] of what is in a SEQUENCE's value."""
    out, at = [], 0
    while at < len(raw):
        tag, size = raw[at], raw[at + 1]
        at += 2
        if size & 0x80:
            n = size & 0x7f
            size = int.from_bytes(raw[at:at + n], "big")
            at += n
        out.append((tag, raw[at:at + size]))
        at += size
    return out


def pck_fields(cert):
    """{last part of the OID: value} of the SGX extension, TCB included."""
    prefix = bytes.fromhex("2a864886f84d010d01")
    out = {}

    def walk(items):
        for _, item in items:
            (_, oid), (tag, value) = _der(item)
            path = ".".join(str(n) for n in oid[len(prefix):])
            if tag == 0x30:
                walk(_der(value))
            else:
                out[path] = value
    walk(_der(_der(appraise.extension(cert, SGX))[0][1]))
    return out


def _svns(tcb, name):
    svns = [c["svn"] for c in tcb[name]]
    if len(svns) != 16:
        raise ValueError(name)
    return svns


def _highest_first(levels, svns):
    """[(SVNs, level)]: the order of the text means nothing."""
    out = sorted(((svns(x["tcb"]), i) for i, x in enumerate(levels)),
                 reverse=True)
    if len({str(key) for key, _ in out}) < len(out):
        raise ValueError("two levels alike")
    return [(key, levels[i]) for key, i in out]


def _level(info, fields, tee):
    """The highest level that fits, or None."""
    cpu = [int.from_bytes(fields[f"2.{i}"], "big") for i in range(1, 17)]
    pce = int.from_bytes(fields["2.17"], "big")
    for (sgx, low, tdx), level in _highest_first(
            info["tcbLevels"], lambda tcb: (
                _svns(tcb, "sgxtcbcomponents"), tcb["pcesvn"],
                _svns(tcb, "tdxtcbcomponents"))):
        if pce >= low and all(a >= b for a, b in zip(cpu, sgx)) and all(
                a >= b for a, b in zip(tee, tdx)):
            return level
    return None


def _accepted(levels, svn):
    """Whether the highest level up to svn is one that may be."""
    fits = [x for key, x in _highest_first(levels, lambda t: t["isvsvn"])
            if svn >= key]
    return bool(fits) and fits[0]["tcbStatus"] in ACCEPTED


def _module(info, quote, failed):
    svn, version = quote.body[0], quote.body[1]
    identity = info["tdxModule"]
    if version:
        found = [m for m in info.get("tdxModuleIdentities", [])
                 if m["id"] == f"TDX_{version:02X}"]
        if not found:
            failed.add("module")
            return
        identity = found[0]
    if bytes.fromhex(identity["mrsigner"]) != quote.body[64:112]:
        failed.add("module")
        return
    if not _accepted(identity.get("tcbLevels", []), svn):
        failed.add("module_status")


def _tcb(info, quote, failed):
    fields = pck_fields(quote.pck[0])
    if info.get("id") != "TDX" or info.get("version") != 3 \
            or info.get("tcbType") != 0 or not info.get("tcbLevels") \
            or "tcbEvaluationDataNumber" not in info:
        failed.add("tcb_form")
        return
    if info["fmspc"].lower() != fields["4"].hex() \
            or info["pceId"] != fields["3"].hex():
        failed.add("tcb_fmspc")
        return
    try:
        level = _level(info, fields, quote.body[:16])
    except (ValueError, KeyError):
        failed.add("tcb_form")
        return
    if level is None:
        failed.add("level")
    elif level["tcbStatus"] not in ACCEPTED:
        failed.add("status")
    try:
        _module(info, quote, failed)
    except ValueError:
        failed.add("tcb_form")


def _masked(raw, mask):
    return bytes(a & b for a, b in zip(raw, mask))


def _qe(identity, qe, failed):
    if identity.get("id") != "TD_QE" or identity.get("version") != 2 \
            or not identity.get("tcbLevels") \
            or "tcbEvaluationDataNumber" not in identity:
        failed.add("qe_form")
        return
    for name, at, size in (("miscselect", 16, 4), ("attributes", 48, 16)):
        mask = bytes.fromhex(identity[name + "Mask"])
        if _masked(qe[at:at + size], mask) != bytes.fromhex(identity[name]):
            failed.add("qe_identity")
    if qe[128:160].hex().upper() != identity["mrsigner"] \
            or int.from_bytes(qe[256:258], "little") != identity["isvprodid"]:
        failed.add("qe_identity")
    svn = int.from_bytes(qe[258:260], "little")
    try:
        if not _accepted(identity["tcbLevels"], svn):
            failed.add("qe_status")
    except ValueError:
        failed.add("qe_form")


def collateral(fetch, quote, root):
    """All that is asked of Intel's service about a good quote."""
    failed = set()
    fmspc = pck_fields(quote.pck[0])["4"].hex()
    info, signer = signed_json(
        fetch, f"/tdx/certification/v4/tcb?fmspc={fmspc}", b"tcbInfo",
        "TCB-Info-Issuer-Chain", "tcb", root, failed)
    identity, other = signed_json(
        fetch, "/tdx/certification/v4/qe/identity", b"enclaveIdentity",
        "SGX-Enclave-Identity-Issuer-Chain", "qe", root, failed)
    if info is not None:
        _tcb(info, quote, failed)
    if identity is not None:
        _qe(identity, quote.qe, failed)
    _revocation(fetch, quote, [s for s in (signer, other) if s], failed)
    return failed


# --- NRAS ------------------------------------------------------------------


def _b64(text):
    return base64.b64decode(text + "=" * (-len(text) % 4), b"-_",
                            validate=True)


def _keys(fetch):
    """{kid: public key} of what can be used."""
    out = {}
    try:
        entries = json.loads(fetch("/.well-known/jwks.json")[2])["keys"]
    except (ValueError, KeyError):
        return out
    for e in entries:
        if e.get("kty") != "EC" or e.get("crv") != "P-384":
            continue
        try:
            out[e["kid"]] = ec.EllipticCurvePublicKey.from_encoded_point(
                ec.SECP384R1(), b"\x04" + _b64(e["x"]) + _b64(e["y"]))
        except ValueError:
            pass
    return out


def _token(text, keys, failed):
    """Claims of a token that verifies, else None."""
    parts = text.split(".")
    if len(parts) != 3:
        failed.add("form")
        return None
    header, claims = (json.loads(_b64(p)) for p in parts[:2])
    if header.get("alg") != "ES384":
        failed.add("alg")
        return None
    key = keys.get(header.get("kid"))
    if key is None:
        failed.add("kid")
        return None
    raw = _b64(parts[2])
    if len(raw) != 96 or not appraise.verifies(
            key, raw, text.rpartition(".")[0].encode(), hashes.SHA384()):
        failed.add("signature")
        return None
    return claims


def _common(claims, nonce, failed):
    now = time.time()
    if claims.get("iss") != "https://nras.attestation.nvidia.com":
        failed.add("issuer")
    times = [claims.get("nbf"), claims.get("exp")]
    if not all(isinstance(t, int) for t in times) or not (
            times[0] <= now + 60 and now < times[1] + 60):
        failed.add("time")
    if claims.get("eat_nonce") != nonce:
        failed.add("nonce")


def _submods(overall, tokens, failed):
    listed = overall.get("submods")
    if not isinstance(listed, dict) or set(listed) != set(tokens):
        failed.add("devices")
        return False
    for name, text in tokens.items():
        kind, (algorithm, digest) = listed[name]
        if kind != "DIGEST" or algorithm not in ("SHA-256", "SHA256") or \
                digest != hashlib.sha256(text.encode()).hexdigest():
            failed.add("digest")
    return True


def _chain(said):
    return (said.get("x-nvidia-cert-status"),
            said.get("x-nvidia-cert-ocsp-status")) == ("valid", "good") \
        and said.get("x-nvidia-cert-ocsp-response-valid", True) is True \
        and said.get("x-nvidia-cert-ocsp-nonce-matches", True) is True


def _serial(item):
    """Of the leaf's certificate, in decimal."""
    pem = base64.b64decode(item["certificate"])
    return str(x509.load_pem_x509_certificate(pem).serial_number)


def nras(fetch, body, nonce, items, versions=("3.0", "4.0")):
    """Names of the checks that an answer fails.  items: what was sent;
    versions of claims."""
    failed = set()
    value = json.loads(body)
    if not isinstance(value, list) or len(value) != 2:
        return {"form"}
    keys = _keys(fetch)
    overall = _token(value[0][1], keys, failed)
    if overall is None:
        return failed
    _common(overall, nonce, failed)
    version = overall.get("x-nvidia-ver")
    if version not in versions:
        failed.add("version")
    if overall.get("x-nvidia-overall-att-result") is not True:
        failed.add("overall")
    if _submods(overall, value[1], failed) and len(value[1]) != len(items):
        failed.add("count")
    ueids = []
    for text in value[1].values():
        claims = _token(text, keys, failed)
        if claims is None:
            continue
        _common(claims, nonce, failed)
        ueids.append(claims["ueid"])
        if claims.get("x-nvidia-ver", version) != version:
            failed.add("version")
        if version != "2.0" and not all(
                f"x-nvidia-gpu-{of}-cert-chain" in claims for of in (
                    "attestation-report", "driver-rim", "vbios-rim")):
            failed.add("device")
        if (claims.get("measres"), claims.get("secboot"),
                claims.get("dbgstat")) != ("success", True, "disabled"):
            failed.add("device")
        if any(v is False or isinstance(v, dict) and not _chain(v)
               for k, v in claims.items() if k.startswith("x-nvidia-gpu-")):
            failed.add("device")
        if any(v for k, v in claims.items()
               if k.startswith("x-nvidia-mismatch-")):
            failed.add("device")
    if len(set(ueids)) < len(ueids):
        failed.add("ueid")
    elif len(ueids) == len(items) and \
            set(ueids) != {_serial(item) for item in items}:
        failed.add("sent")
    return failed


# --- KDS -------------------------------------------------------------------


def kds_crl(fetch, product, bundle):
    """Whether ARK's list is sound, and names no ASK."""
    failed = set()
    certs = appraise.load(bundle)

    def named(cn):
        return next(c for c in certs if appraise.common_name(c) == cn)
    try:
        crl = x509.load_der_x509_crl(fetch(f"/vcek/v1/{product}/crl")[2])
        good = crl.issuer == named(f"ARK-{product}").subject and \
            crl.is_signature_valid(named(f"ARK-{product}").public_key())
    except (ValueError, InvalidSignature):
        good = False
    except TypeError:
        good = None
    if good is False:
        return {"crl_signature"}
    if not current(crl):
        failed.add("crl_date")
    if crl.get_revoked_certificate_by_serial_number(
            named(f"SEV-{product}").serial_number):
        failed.add("revoked")
    return failed
