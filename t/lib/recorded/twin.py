#!/usr/bin/python3
"""A twin of a recorded GPU: its own evidence and its own key, under a chain
with the same names, serial numbers and extensions whose authorities' keys are
ours, so that a responder of ours can speak of its certificates.

  twin.py EVIDENCE.json DIR [--never] NUMBER=REASON ...

Writes DIR/root.pem and DIR/reply.json, and prints the nonce.  Unless --never,
asks "openssl ocsp", with a list of its own, for answers about certificates 1
to 3, which are DIR/answers/ocsp_0_1.der and so on, and has them verified by
"openssl ocsp" again: it prints what that says of each.  REASON as OpenSSL
names it: certificateHold, keyCompromise; -: unknown.
"""
import base64
import datetime
import json
import os
import re
import subprocess
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

KEYS = (x509.SubjectKeyIdentifier, x509.AuthorityKeyIdentifier)
PEM = serialization.Encoding.PEM
DAY = datetime.timedelta(days=1)


def chain_of(text):
    return [x509.load_pem_x509_certificate(part) for part in re.findall(
        b"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n?", text,
        re.S)]


def certificate(subject, issuer, public, signer, serial, first, last,
                extensions):
    builder = x509.CertificateBuilder(
        subject_name=subject, issuer_name=issuer, public_key=public,
        serial_number=serial, not_valid_before=first, not_valid_after=last)
    for value, critical in extensions:
        builder = builder.add_extension(value, critical)
    builder = builder.add_extension(
        x509.SubjectKeyIdentifier.from_public_key(public), False)
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(
            signer.public_key()), False)
    return builder.sign(signer, hashes.SHA384())


def twins(real):
    """(certificates, keys) of the twin, leaf first; the leaf's key is the
    board's own and nobody has it."""
    ours = [None] + [ec.generate_private_key(ec.SECP384R1())
                     for _ in real[1:]]
    made = []
    for i, cert in enumerate(real):
        made.append(certificate(
            cert.subject, cert.issuer,
            ours[i].public_key() if ours[i] else cert.public_key(),
            ours[min(i + 1, len(real) - 1)], cert.serial_number,
            cert.not_valid_before, cert.not_valid_after,
            [(e.value, e.critical) for e in cert.extensions
             if not isinstance(e.value, KEYS)]))
    return made, ours


def delegate(issuer, signer):
    key = ec.generate_private_key(ec.SECP384R1())
    now = datetime.datetime.utcnow()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "responder")])
    cert = certificate(
        name, issuer.subject, key.public_key(), signer, 77, now - DAY,
        now + DAY, [(x509.ExtendedKeyUsage(
            [ExtendedKeyUsageOID.OCSP_SIGNING]), False)])
    return cert, key


def openssl(*args):
    done = subprocess.run(["openssl", "ocsp", *args], capture_output=True,
                          text=True)
    return done.stdout + done.stderr


def answer(folder, i, cert, issuer, key, reason):
    """Asks openssl's responder, and lets openssl judge what it says."""
    def file(name, data):
        path = f"{folder}/{name}_{i}"
        with open(path, "wb") as f:
            f.write(data)
        return path
    by, by_key = delegate(issuer, key)
    paths = {n: file(n, c.public_bytes(PEM)) for n, c in (
        ("cert", cert), ("issuer", issuer), ("by", by))}
    paths["key"] = file("key", by_key.private_bytes(
        PEM, serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption()))
    then = (datetime.datetime.utcnow() - DAY).strftime("%y%m%d%H%M%SZ")
    status = f"R\t491231235959Z\t{then},{reason}" if reason \
        else "V\t491231235959Z\t"
    serial = f"{cert.serial_number:X}"
    serial = "0" * (len(serial) % 2) + serial
    index = file("index", b"" if reason == "-" else
                 f"{status}\t{serial}\tunknown\t/CN=x\n".encode())
    out = f"{folder}/answers/ocsp_0_{i}.der"
    openssl("-issuer", paths["issuer"], "-cert", paths["cert"], "-reqout",
            f"{folder}/request_{i}")
    openssl("-index", index, "-CA", paths["issuer"], "-rsigner", paths["by"],
            "-rkey", paths["key"], "-reqin", f"{folder}/request_{i}",
            "-respout", out, "-ndays", "1")
    said = openssl("-respin", out, "-issuer", paths["issuer"], "-cert",
                   paths["cert"], "-CAfile", paths["issuer"],
                   "-partial_chain", "-no_nonce")
    found = re.search(r": (good|revoked|unknown)$", said, re.M)
    print(i, "verified" if "Response verify OK" in said else "refused",
          found[1] if found else "-")


def main(path, folder, *more):
    with open(path) as f:
        item = json.load(f)[0]
    real = chain_of(base64.b64decode(item["certificate"]))
    made, ours = twins(real)
    item = {"certificate": base64.b64encode(b"".join(
        c.public_bytes(PEM) for c in made)).decode(),
        "evidence": item["evidence"], "nonce": item["nonce"]}
    os.makedirs(folder + "/answers", exist_ok=True)
    with open(folder + "/root.pem", "wb") as f:
        f.write(made[-1].public_bytes(PEM))
    with open(folder + "/reply.json", "w") as f:
        json.dump({"nonce": item["nonce"], "signing_address": "0x" + "1" * 40,
                   "cpu": {}, "gpu": {"nonce": item["nonce"],
                                      "arch": "HOPPER",
                                      "evidence_list": [item]}}, f)
    print(item["nonce"])
    if more[:1] == ("--never",):
        return
    reasons = dict(m.split("=") for m in more)
    for i in (1, 2, 3):
        answer(folder, i, made[i], made[i + 1], ours[i + 1],
               reasons.get(str(i)))


if __name__ == "__main__":
    main(*sys.argv[1:])
