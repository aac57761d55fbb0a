"""Certification authorities of the test hardware: in the shape of Intel's,
AMD's and NVIDIA's, with keys of our own.

A world is a whole set of them: "" is the one whose roots the tests trust,
any other ("foreign") has the same names and other keys.
"""
import functools
import hashlib

from evidence import der, keys

PRODUCTS = ("Milan", "Genoa", "Turin")


def _prefix(world):
    return world + " " if world else ""


# --- Intel -----------------------------------------------------------------

PCS = "https://api.trustedservices.intel.com/sgx/certification/v4/pckcrl"
ROOT_CRL = "https://certificates.trustedservices.intel.com/IntelSGXRootCA.der"
SGX = "1.2.840.113741.1.13.1"


def intel_name(cn):
    return der.name(("CN", cn), ("O", "Intel Corporation"),
                    ("L", "Santa Clara"), ("ST", "CA"), ("C", "US"))


def _intel_ca(cn, key, issuer_cn, signer, last, pathlen):
    return der.certificate(
        intel_name(cn), key, intel_name(issuer_cn), signer,
        int.from_bytes(b"\0" + key.identifier, "big"), der.date(2018, 5, 21),
        last, [der.authority_key_id(signer), der.crl_points(ROOT_CRL),
               der.subject_key_id(key),
               der.key_usage(der.CERT_SIGN, der.CRL_SIGN),
               der.basic_constraints(True, pathlen)])


@functools.lru_cache(maxsize=None)
def intel_root(world=""):
    key = keys.p256(_prefix(world) + "sgx root")
    return _intel_ca("Intel SGX Root CA", key, "Intel SGX Root CA", key,
                     der.date(2049, 12, 31, 23, 59, 59), 1)


@functools.lru_cache(maxsize=None)
def intel_ca(world="", kind="Platform"):
    """The authority of PCK certificates: Platform or Processor CA."""
    key = keys.p256(f"{_prefix(world)}sgx {kind}")
    return _intel_ca(f"Intel SGX PCK {kind} CA", key, "Intel SGX Root CA",
                     intel_root(world).key, der.date(2049, 5, 21), 0)


def intel_leaf(cn, key, ca, serial=None, first=None, last=None, ca_bit=False,
               extensions=(), point=ROOT_CRL):
    return der.certificate(
        intel_name(cn), key, ca.subject, ca.key,
        der.serial_for(key.identifier.hex()) if serial is None else serial,
        der.date(2024, 8, 2) if first is None else first,
        der.date(2045, 8, 2) if last is None else last,
        [der.authority_key_id(ca.key), der.crl_points(point),
         der.subject_key_id(key),
         der.key_usage(der.DIGITAL_SIGNATURE, der.NON_REPUDIATION),
         der.basic_constraints(ca_bit), *extensions])


@functools.lru_cache(maxsize=None)
def tcb_signing(world=""):
    key = keys.p256(_prefix(world) + "sgx tcb signing")
    return intel_leaf("Intel SGX TCB Signing", key, intel_root(world))


def sgx_extension(ppid, cpusvn, pcesvn, pceid, fmspc, instance):
    """1.2.840.113741.1.13.1 of a multi-package platform's certificate."""
    def field(path, value):
        return der.seq(der.oid(f"{SGX}.{path}"), value)

    tcb = [field(f"2.{i + 1}", der.integer(svn))
           for i, svn in enumerate(cpusvn)]
    tcb += [field("2.17", der.integer(pcesvn)),
            field("2.18", der.octets(cpusvn))]
    flags = [field(f"7.{i}", der.boolean(True)) for i in (1, 2, 3)]
    return der.extension(SGX, der.seq(
        field("1", der.octets(ppid)), field("2", der.seq(*tcb)),
        field("3", der.octets(pceid)), field("4", der.octets(fmspc)),
        field("5", der.enumerated(1)), field("6", der.octets(instance)),
        field("7", der.seq(*flags))))


# --- AMD -------------------------------------------------------------------

KDS = "https://kdsintf.amd.com"
SNP = "1.3.6.1.4.1.3704.1"


def amd_name(cn):
    return der.name(("OU", "Engineering"), ("C", "US"), ("L", "Santa Clara"),
                    ("ST", "CA"), ("O", "Advanced Micro Devices"), ("CN", cn))


def _amd_ca(cn, key, issuer_cn, signer, serial, product, kind="vcek"):
    """ARK (signed by itself) has no authority key identifier."""
    crl = der.crl_points(f"{KDS}/{kind}/v1/{product}/crl")
    if key is signer:
        extensions = [der.key_usage(der.CERT_SIGN, der.CRL_SIGN),
                      der.subject_key_id(key), der.basic_constraints(True),
                      crl]
    else:
        extensions = [der.subject_key_id(key), der.authority_key_id(signer),
                      der.basic_constraints(True, 0),
                      der.key_usage(der.CERT_SIGN), crl]
    return der.certificate(
        amd_name(cn), key, amd_name(issuer_cn), signer, serial,
        der.date(2020, 10, 22), der.date(2045, 10, 22), extensions)


@functools.lru_cache(maxsize=None)
def ark(product="Milan", world=""):
    key = keys.rsa(f"{_prefix(world)}ark {product}")
    return _amd_ca(f"ARK-{product}", key, f"ARK-{product}", key, 0x10000,
                   product)


@functools.lru_cache(maxsize=None)
def ask(product="Milan", vlek=False, world=""):
    """ASK, which signs VCEKs, or ASVK, which signs VLEKs."""
    what = "asvk" if vlek else "ask"
    key = keys.rsa(f"{_prefix(world)}{what} {product}")
    cn = f"SEV-VLEK-{product}" if vlek else f"SEV-{product}"
    return _amd_ca(cn, key, f"ARK-{product}", ark(product, world).key,
                   0x10002 if vlek else 0x10001, product,
                   "vlek" if vlek else "vcek")


def amd_leaf(cn, key, ca, product_name, svns, hwid=None, csp=None,
             first=None, last=None):
    """VCEK or VLEK.  svns: [(number of .3.N, value)] in order; hwid: the 64
    raw bytes as AMD has them, without an OCTET STRING of their own."""
    extensions = [der.extension(SNP + ".1", der.integer(0)),
                  der.extension(SNP + ".2", der.ia5(product_name))]
    extensions += [der.extension(f"{SNP}.3.{n}", der.integer(v))
                   for n, v in svns]
    if hwid is not None:
        extensions.append(der.extension(SNP + ".4", hwid))
    if csp is not None:
        extensions.append(der.extension(SNP + ".5", der.ia5(csp)))
    return der.certificate(
        amd_name(cn), key, ca.subject, ca.key, 0,
        der.date(2024, 12, 10) if first is None else first,
        der.date(2044, 12, 10) if last is None else last, extensions)


# --- NVIDIA ----------------------------------------------------------------

OCSP = "http://ocsp.ndis.nvidia.com"
CHIPS = {"HOPPER": "GH100", "BLACKWELL": "GB100", "LS10": "LS_10",
         "NEXT": "GR100"}
FWID = {"HOPPER": "2.23.133.5.4.1", "BLACKWELL": "2.23.133.5.4.1.1",
        "LS10": "2.23.133.5.4.1", "NEXT": "2.23.133.5.4.1"}
SHA384 = "2.16.840.1.101.3.4.2.2"


def _nvidia_ca(pairs, key, issuer, signer, serial, first, more):
    return der.certificate(
        der.name(*pairs), key, issuer, signer, serial, first, der.FOREVER,
        [der.basic_constraints(True), *more,
         der.subject_key_id(key), der.authority_key_id(signer)])


@functools.lru_cache(maxsize=None)
def nvidia_root(world=""):
    key = keys.p384(_prefix(world) + "nvidia root")
    pairs = (("CN", "NVIDIA Device Identity CA"), ("O", "NVIDIA"))
    return _nvidia_ca(pairs, key, der.name(*pairs), key,
                      der.serial_for("nvidia root", 16),
                      der.date(2021, 11, 5),
                      [der.key_usage(der.CERT_SIGN, der.CRL_SIGN)])


@functools.lru_cache(maxsize=None)
def nvidia_cas(arch="HOPPER", world=""):
    """[Provisioner ICA, chip's Identity, root]"""
    family = CHIPS["HOPPER" if arch == "LS10" else arch]
    root = nvidia_root(world)
    top = keys.p384(f"{_prefix(world)}nvidia {family} identity")
    usage = der.key_usage(der.CERT_SIGN, der.CRL_SIGN)
    identity = _nvidia_ca(
        (("CN", f"NVIDIA {family} Identity"), ("O", "NVIDIA Corporation")),
        top, root.subject, root.key, der.serial_for(family, 16),
        der.date(2022, 1, 12),
        [usage, der.crl_points("http://crl.ndis.nvidia.com/crl/l1-root.crl"),
         der.ocsp_url(OCSP)])
    chip = CHIPS[arch]
    key = keys.p384(f"{_prefix(world)}nvidia {chip} provisioner")
    crl = f"http://crl.ndis.nvidia.com/crl/l2-{chip.lower()}.crl"
    ica = _nvidia_ca(
        (("CN", f"NVIDIA {chip} Provisioner ICA 1"),
         ("O", "NVIDIA Corporation"), ("C", "US")),
        key, identity.subject, top, der.serial_for(chip + " ica", 16),
        der.date(2022, 3, 1),
        [usage, der.crl_points(crl), der.ocsp_url(OCSP)])
    return [ica, identity, root]


def _unit(arch):
    return f"{CHIPS[arch]} A01 " + ("FSP" if arch == "LS10" else "GSP")


def _device_name(serial, size, cn):
    return der.name(("serialNumber", f"{serial:0{2 * size}X}"), ("C", "US"),
                    ("O", "NVIDIA Corporation"), ("CN", cn))


def nvidia_brom(arch, phrase, world=""):
    """Identity of one GPU's boot ROM."""
    ica = nvidia_cas(arch, world)[0]
    key = keys.p384(f"{_prefix(world)}{phrase} brom")
    serial = der.serial_for(phrase + " brom", 9)
    return der.certificate(
        _device_name(serial, 9, _unit(arch) + " BROM"), key,
        ica.subject, ica.key, serial, der.date(2020, 10, 17), der.FOREVER,
        [der.basic_constraints(True), der.key_usage(der.CERT_SIGN),
         der.subject_key_id(key), der.authority_key_id(ica.key)])


def fwid_extension(arch, fwid, device_key):
    """Firmware's digest, as HOPPER and as BLACKWELL have it (TCG DICE)."""
    one = der.seq(der.oid(SHA384), der.octets(fwid))
    if arch != "BLACKWELL":
        return der.extension(FWID[arch], der.seq(
            der.integer(1), device_key.public_der, one))
    two = der.seq(der.oid(SHA384), der.octets(bytes(48)))
    return der.extension(FWID[arch], der.seq(
        der.ctx_raw(0, b"NVIDIA"), der.ctx_raw(1, b"GB100 A01 GSP"),
        der.ctx_raw(2, b"01"), der.ctx_raw(3, b"\1"), der.ctx_raw(4, b"\0"),
        der.ctx_raw(5, b"\0"), der.ctx(6, one, two),
        der.ctx_raw(7, bytes.fromhex("0080000001")),
        der.ctx_raw(8, b"\xc0"), der.ctx_raw(9, b"\0")))


def nvidia_leaf(arch, phrase, fwid, brom, last=der.FOREVER, key=None):
    """Attestation key of one GPU's firmware."""
    chip = CHIPS[arch]
    key = key or keys.p384(phrase + " ak")
    serial = der.serial_for(phrase + " ak", 20)
    unique = hashlib.sha256(phrase.encode()).hexdigest()[:16].upper()
    other = der.seq(der.ctx(0, der.oid("1.3.6.1.4.1.412.274.1"),
                            der.ctx(0, der.utf8(f"NVIDIA:{chip}:{unique}"))))
    return der.certificate(
        _device_name(serial, 20, _unit(arch) + " FMC LF"), key,
        brom.subject, brom.key, serial, der.date(2020, 10, 17), last,
        [der.key_usage(der.DIGITAL_SIGNATURE), der.subject_key_id(key),
         der.authority_key_id(brom.key), der.extension("2.5.29.17", other),
         fwid_extension(arch, fwid, brom.key)])


# --- what tests trust ------------------------------------------------------


def cpu_roots():
    """PEM: Intel's root, and ARK, ASK and ASVK of every product."""
    certs = [intel_root()]
    for product in PRODUCTS:
        certs += [ark(product), ask(product), ask(product, vlek=True)]
    return b"".join(c.pem for c in certs)


def gpu_roots():
    return nvidia_root().pem
