#!/usr/bin/python3
"""NVIDIA's attestation service: what each check refuses, alone, under keys
of our own.

Speaks TAP.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../driver"))
import vendorfeed as vf
from nras import (CHAINS, ISSUER, KID, NONCE, NOW, OTHER, SOMETIMES, Case,
                  device, expect, refused, run_cases, setter)
from vendorfeed import b64url, compact, ok

from cryptography.hazmat.primitives import hashes


def test_good():
    for version in ("3.0", "4.0"):
        expect("all is well, version " + version, "", "ok", version=version)
        expect("the same version in a device's token",
               setter("device", "x-nvidia-ver", version), "ok",
               version=version)
    expect("one device",
           "del c.devices['GPU-0']; c.wanted = 1", "ok")
    expect("the SDK's name of the hash", "c.digest_name = 'SHA256'", "ok")
    expect("nonce in upper case",
           "c.overall['eat_nonce'] = c.overall['eat_nonce'].upper()", "ok")
    expect("digests in upper case",
           "c.submods = lambda s: {k: [a, [b, h.upper()]] "
           "for k, (a, (b, h)) in s.items()}", "ok")
    expect("another member in a header", "c.header['typ'] = 'JWT'", "ok")
    run_cases()
    a = vf.run([Case(8).record()])[0]
    want = ",".join("GPU-%d/HOPPER/550.90.07/96.00.9F.00.01/%s"
                    % (i, device(i)["ueid"]) for i in range(8))
    ok(a[3] == want and a[2] == str(NOW + 3600), "what is said of eight",
       " ".join(a))
    ok(a[5] == "nras.key_set_chain", "the key set's own chain is not made",
       " ".join(a))
    c = Case()
    c.header["kid"] = "x"
    a = vf.run([c.record()])[0]
    ok(a[5] == "nras.key_set_chain,nras.rest", "nor what is behind a failure",
       " ".join(a))
    for model, arch in (("GH100 A01 GSP BROM", "HOPPER"),
                        ("GB100 A01 GSP BROM", "BLACKWELL"),
                        ("GB202", "BLACKWELL"), ("GH200 X", "HOPPER"),
                        ("GA100 A01", None), ("GH10 A01", None),
                        ("GH1000 A01", None), ("gh100", None), ("GH", None),
                        ("XGH100", None), ("GH100X", None)):
        c = Case(1)
        c.devices["GPU-0"]["hwmodel"] = model
        a = vf.run([c.record()])[0]
        ok(a[3].split("/")[1:2] == [arch] if arch
           else a[0] == "gpu_evidence_invalid"
           and a[4] == "nras.claims:hwmodel",
           "%s is %s" % (model, arch), " ".join(a))


def test_times():
    for where in ("overall", "device"):
        for key, offset, good in (
                ("exp", -60, False), ("exp", -59, True), ("exp", 0, True),
                ("nbf", 60, True), ("nbf", 61, False), ("iat", 60, True),
                ("iat", 61, False)):
            expect("%s %s %+d s" % (where, key, offset),
                   setter(where, key, NOW + offset),
                   "ok" if good else "gpu_evidence_invalid",
                   "-" if good else "nras.dates")
        for key in ("exp", "nbf", "iat"):
            refused("%s without %s" % (where, key), setter(where, key, None),
                    "nras.dates")
            refused("%s %s no number" % (where, key),
                    setter(where, key, str(NOW)), "nras.dates")
    run_cases()
    c = Case()
    c.devices["GPU-1"]["exp"] = NOW + 7
    a = vf.run([c.record()])[0]
    ok(a[2] == str(NOW + 7), "expires with the first token", " ".join(a))


def test_claims():
    other = NONCE[:-1] + b"\xff"
    for where in ("overall", "device"):
        for value in ("http://nras.attestation.nvidia.com", ISSUER + "/",
                      "", None, [ISSUER]):
            refused("%s iss %s" % (where, value),
                    setter(where, "iss", value), "nras.issuer")
        for value in (other.hex(), NONCE.hex()[:-2], NONCE.hex() + "00", "",
                      "0x" + NONCE.hex()):
            refused("%s nonce %s" % (where, value),
                    setter(where, "eat_nonce", value), "nras.nonce",
                    "nonce_mismatch")
        for value in (None, 7, [NONCE.hex()]):
            refused("%s nonce %s" % (where, value),
                    setter(where, "eat_nonce", value), "nras.nonce")
    refused("we sent another nonce", lambda c: setattr(c, "nonce", other),
            "nras.nonce", "nonce_mismatch")
    for value in ("NVIDIA-ATTESTATION", None):
        refused("sub %s" % value, setter("overall", "sub", value),
                "nras.subject")
    for value in ("1.0", "2.0", "2", "2.", "2.1", "2.x", "2.-", "2,1", "2.11", "5.0",
                  "10.0", "x.0", "", ":.0", 3.0, None):
        refused("version %s" % value,
                setter("overall", "x-nvidia-ver", value), "nras.version")
    for value in ("2.0", "4.0", "5.0", 3.0):
        refused("version %s of a device's token" % value,
                setter("device", "x-nvidia-ver", value), "nras.version")
    for value in (False, None, "true", 1):
        refused("overall result %s" % value,
                setter("overall", "x-nvidia-overall-att-result", value),
                "nras.result")
    for key, values in (
            ("measres", ("fail", "Success", None, True)),
            ("dbgstat", ("enabled", "disabled-since-boot", None)),
            ("secboot", (False, None, "true")),
            ("oemid", ("5704", 5703, None)),
            ("x-nvidia-gpu-arch-check", (False, None)),
            ("x-nvidia-gpu-attestation-report-parsed", (False, None)),
            ("x-nvidia-gpu-attestation-report-nonce-match", (False, None)),
            ("x-nvidia-gpu-attestation-report-signature-verified",
             (False, None)),
            ("x-nvidia-error-details", ({"code": 4010},)),
            ("ueid", (None, "", 7, "x" * 64)),
            ("hwmodel", (None, "")),
            ("x-nvidia-gpu-driver-version", (None, "5\x01", 5, "x" * 64)),
            ("x-nvidia-gpu-vbios-version", (None, ""))):
        for value in values:
            for version in ("3.0", "4.0"):
                refused("%s %s, version %s" % (key, value, version),
                        setter("device", key, value),
                        "nras.claims:" + key, version=version)
    for name in SOMETIMES:
        for version in ("3.0", "4.0"):
            for value in (False, "true", 1):
                refused("%s %s, version %s" % (name, value, version),
                        setter("device", name, value),
                        "nras.claims:" + name, version=version)
            expect("%s is not said, version %s" % (name, version),
                   setter("device", name, None), "ok", version=version)
    for name in ("x-nvidia-mismatch-measurement-records",
                 "x-nvidia-mismatch-opaque-data-records",
                 "x-nvidia-mismatch-of-tomorrow"):
        for value in ([{"index": 9}], [None], True, "", {}):
            refused("%s %s" % (name, value), setter("device", name, value),
                    "nras.claims:" + name, version="4.0")
        expect("%s is empty" % name, setter("device", name, []), "ok",
               version="4.0")
        expect("%s is null" % name,
               "c.devices['GPU-1']['%s'] = None" % name, "ok", version="4.0")
    expect("error details that are null",
           "c.devices['GPU-1']['x-nvidia-error-details'] = None", "ok")
    for chain, boolean in CHAINS:
        failed = "nras.claims:" + chain
        for value, good in ((False, 0), ("true", 0), (True, 1)):
            expect("%s %s" % (boolean, value),
                   setter("device", boolean, value),
                   "ok" if good else "gpu_evidence_invalid",
                   "-" if good else failed)
        for version in ("3.0", "4.0"):
            refused("%s is not said, version %s" % (chain, version),
                    setter("device", chain, None), failed, version=version)
            refused("%s alone, version %s" % (boolean, version),
                    lambda c, n=chain, b=boolean: (
                        c.devices["GPU-1"].pop(n),
                        c.devices["GPU-1"].update({b: True})),
                    failed, version=version)
        for more in ("response-valid", "nonce-matches"):
            for told, good in ((True, 1), (False, 0), ("true", 0),
                               (None, 0)):
                expect("%s, OCSP %s %s" % (chain, more, told),
                       setter("device", chain, {
                           "x-nvidia-cert-status": "valid",
                           "x-nvidia-cert-ocsp-status": "good",
                           "x-nvidia-cert-ocsp-" + more: told}),
                       "ok" if good else "gpu_evidence_invalid",
                       "-" if good else failed)
        for value in ({}, True, {"x-nvidia-cert-ocsp-status": "good"},
                      {"x-nvidia-cert-status": "valid"},
                      {"x-nvidia-cert-status": "expired",
                       "x-nvidia-cert-ocsp-status": "good"},
                      {"x-nvidia-cert-status": "valid",
                       "x-nvidia-cert-ocsp-status": "unknown"}):
            refused("%s %s" % (chain, value), setter("device", chain, value),
                    failed)
        for key in ("x-nvidia-cert-status", "x-nvidia-cert-ocsp-status"):
            refused("%s %s revoked" % (chain, key),
                    lambda c, k=key, n=chain: c.devices["GPU-1"][n].update(
                        {k: "revoked"}), failed, "revoked")
    run_cases()


def test_devices():
    refused("fewer than wanted", "c.wanted = 3", "nras.count")
    refused("more than wanted", "c.wanted = 1", "nras.count")
    refused("none at all", "c.devices = {}; c.wanted = 0", "nras.count")
    refused("one GPU twice",
            "c.devices['GPU-1']['ueid'] = c.devices['GPU-0']['ueid']",
            "nras.distinct")
    refused("a token more than digests",
            "c.submods = lambda s: {'GPU-0': s['GPU-0']}", "nras.submods")
    refused("a digest more than tokens",
            "c.submods = lambda s: dict(s, x=s['GPU-0'])", "nras.submods")
    refused("digests of other names",
            "c.submods = lambda s: {'GPU-0': s['GPU-0'], "
            "'GPU-2': s['GPU-1']}", "nras.digest")
    refused("digests exchanged",
            "c.submods = lambda s: {'GPU-0': s['GPU-1'], "
            "'GPU-1': s['GPU-0']}", "nras.digest")
    refused("submods no object", "c.submods = lambda s: list(s.items())",
            "nras.submods")
    for name, value in (
            ("name of the form", "['DIGESTS', v[1]]"),
            ("name of the hash", "['DIGEST', ['SHA-384', v[1][1]]]"),
            ("short", "['DIGEST', ['SHA-256', v[1][1][:-2]]]"),
            ("no hex", "['DIGEST', ['SHA-256', 'g' * 64]]"),
            ("a string", "v[1][1]"), ("an object", "{'DIGEST': v[1]}"),
            ("three parts", "v + [1]"),
            ("three parts within", "['DIGEST', v[1] + ['x']]"),
            ("no hash", "['DIGEST', []]"), ("empty", "[]"),
            ("one part", "['DIGEST']"), ("within no list", "['DIGEST', 'x']"),
            ("one part within", "['DIGEST', ['SHA-256']]")):
        refused("digest: " + name,
                "c.submods = lambda s: {k: %s for k, v in s.items()}"
                % value, "nras.digest")
    refused("a device's token is no string",
            "c.reply = lambda r: [r[0], dict(r[1], **{'GPU-0': 1})]",
            "nras.device")
    refused("a device's name is too long",
            "c.devices = {'x' * 64: c.devices['GPU-0']}; c.wanted = 1",
            "nras.device")
    refused("a device's name is not printable",
            "c.devices = {'\\n': c.devices['GPU-0']}; c.wanted = 1",
            "nras.device")
    run_cases()
    for n in (64, 65):
        c = Case(n)
        for i in range(n):
            c.devices["GPU-%d" % i]["ueid"] = str(i)
        a = vf.run([c.record()])[0]
        ok((a[0] == "ok") == (n == 64), "%d devices" % n, a[0] + a[4])


def test_keys():
    refused("unknown kid", "c.header['kid'] = 'x'", "nras.key", unknown="1")
    refused("unknown kid of a device", "c.device_header['kid'] = 'x'",
            "nras.key", unknown="1")
    refused("prefix of a kid", "c.header['kid'] = KID[:-1]", "nras.key",
            unknown="1")
    refused("no key at all", "c.jwks = {'keys': []}", "nras.key",
            unknown="1")
    refused("signed by another key of the set", "c.key = OTHER.key",
            "nras.signature")
    refused("device signed by another key of the set",
            "c.device_key = OTHER.key", "nras.signature")
    refused("signed with another hash", "c.hash = hashes.SHA256()",
            "nras.signature")
    run_cases()


def b64json(obj):
    return b64url(compact(obj))


def replace_part(i, value):
    def change(text):
        parts = text.split(".")
        parts[i] = value
        return ".".join(parts)
    return change


def test_tokens():
    for alg in ("none", "ES256", "HS384", "RS256", "es384", "ES512", "",
                None, 384):
        refused("alg %s" % alg,
                lambda c, a=alg: c.header.update(alg=a), "nras.form")
        refused("device alg %s" % alg,
                lambda c, a=alg: c.device_header.update(alg=a), "nras.form")
    refused("crit", "c.header['crit'] = []", "nras.form")
    for kid in ("", None, 7, "x" * 128):
        refused("kid %s" % kid, lambda c, k=kid: c.header.update(kid=k),
                "nras.form")
    for name, change in (
            ("no signature", lambda t: t.rsplit(".", 1)[0]),
            ("empty signature", replace_part(2, "")),
            ("a fourth part", lambda t: t + "."),
            ("a fourth part, full", lambda t: t + ".e30"),
            ("one part", lambda t: t.split(".")[0]),
            ("nothing", lambda t: ""), ("two dots", lambda t: ".."),
            ("a dot before", lambda t: "." + t),
            ("a space before", lambda t: " " + t),
            ("a line feed behind", lambda t: t + "\n"),
            ("padding", lambda t: t + "="),
            ("padding in the header",
             lambda t: t.replace(".", "=.", 1)),
            ("header no JSON", replace_part(0, b64url(b"{"))),
            ("header a list", replace_part(0, b64json([]))),
            ("header empty", replace_part(0, "")),
            ("a member of the header twice", replace_part(
                0, b64url(b'{"alg":"none","alg":"ES384","kid":"x"}'))),
            ("claims a list", replace_part(1, b64json([1]))),
            ("claims empty", replace_part(1, "")),
            ("standard alphabet", lambda t: t[:-4] + "+/+/"),
            ("signature of 95 bytes",
             lambda t: t.rsplit(".", 1)[0] + "." + b64url(bytes(95))),
            ("signature of 97 bytes",
             lambda t: t.rsplit(".", 1)[0] + "." + b64url(bytes(97))),
            ("longer than may be",
             lambda t: t + "A" * 65536)):
        refused("token: " + name,
                lambda c, f=change: setattr(c, "text", f), "nras.form")
        refused("device token: " + name,
                lambda c, f=change: setattr(
                    c, "tokens", lambda ts, f=f: {k: f(t) for k, t
                                                  in ts.items()}),
                "nras.form")
    for name, sig in (("zero", bytes(96)),
                      ("r zero", bytes(48) + bytes([1] * 48)),
                      ("s zero", bytes([1] * 48) + bytes(48)),
                      ("all ones", b"\xff" * 96)):
        refused("signature " + name,
                lambda c, s=sig: setattr(
                    c, "text", lambda t: t.rsplit(".", 1)[0] + "."
                    + b64url(s)), "nras.signature")
    run_cases()


def test_replies():
    for name, change in (
            ("an object", "{'x': r}"), ("one part", "r[:1]"),
            ("three parts", "r + [1]"), ("empty", "[]"),
            ("bare token", "r[0][1]"), ("JWT in another case",
                                        "[['jwt', r[0][1]], r[1]]"),
            ("token no string", "[['JWT', 1], r[1]]"),
            ("no token", "[['JWT'], r[1]]"),
            ("a third part within", "[r[0] + [1], r[1]]"),
            ("first an object", "[{'JWT': r[0][1]}, r[1]]"),
            ("devices a list", "[r[0], list(r[1].values())]"),
            ("null", "None")):
        refused("reply: " + name, "c.reply = lambda r: %s" % change,
                "nras.reply")
    for name, change in (
            ("no JSON", "compact(r)[:-1]"), ("more behind",
                                             "compact(r) + b'x'"),
            ("empty", "b''"), ("a device twice",
                               "compact(r).replace(b'GPU-1', b'GPU-0')"),
            ("larger than may be", "compact(r) + b' ' * 524288")):
        refused("reply: " + name, "c.reply = lambda r: %s" % change,
                "nras.json")
    run_cases()


test_good()
test_times()
test_claims()
test_devices()
test_keys()
test_tokens()
test_replies()
vf.done()
