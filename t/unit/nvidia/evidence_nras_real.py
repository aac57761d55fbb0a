#!/usr/bin/python3
"""NVIDIA's attestation service: key sets, damage of every kind, and what the
real samples say.

IOATTEST_EVIDENCE says where they are (default ../shared/evidence).
Speaks TAP.
"""

import base64
import hashlib
import json
import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../driver"))
import vendorfeed as vf
from nras import LEAF, OTHER, P256, Case, jwk
from vendorfeed import all_ok, b64url, compact, ok


def test_key_sets():
    point = jwk()
    good = [({"keys": []}, 0), ({"keys": [jwk()]}, 1),
            ({"keys": [jwk(x5c=False)]}, 1),
            ({"keys": [jwk(x5c=["of no use here"])]}, 1),
            ({"keys": [jwk(), jwk(OTHER, "b")], "x": 1}, 2),
            ({"keys": [jwk(use="sig", alg="ES384")]}, 1),
            ({"keys": [jwk(), {"kty": "RSA", "kid": "r", "n": "AQ"}]}, 1),
            ({"keys": [jwk(P256, "p", x5c=False, crv="P-256")]}, 0),
            ({"keys": [jwk(use="enc"), jwk(OTHER)]}, 1),
            ({"keys": [jwk(alg="ES256")]}, 0),
            ({"keys": [{k: v for k, v in jwk().items() if k != "kid"}]}, 0),
            ({"keys": [jwk(x5c=False, kid="k%d" % i)
                       for i in range(128)]}, 128)]
    bad = [[], {}, {"keys": {}}, {"keys": None}, {"keys": [1]},
           {"keys": [jwk(), jwk(OTHER)]}, {"keys": [jwk(kid="")]},
           {"keys": [jwk(kid="x" * 128)]},
           {"keys": [jwk(x=point["x"][:-4])]},
           {"keys": [jwk(x=point["x"] + "AAAA")]},
           {"keys": [jwk(x=point["x"] + "=")]}, {"keys": [jwk(y=1)]},
           {"keys": [{k: v for k, v in jwk().items() if k != "y"}]},
           {"keys": [jwk(P256, x5c=False)]},
           {"keys": [jwk(x5c=False, kid="k%d" % i) for i in range(129)]}]

    def names(keys):
        return "".join(sorted({k.get("kid", "") + "\n"
                               for k in keys["keys"]})).encode()

    got = vf.run([("k", [compact(k), names(k)]) for k, _ in good]
                 + [("k", [compact(k)]) for k in bad]
                 + [("k", [compact(good[1][0])[:-1]]),
                    ("k", [compact(good[1][0]) + b" " * 524288]),
                    ("k", [b""])])
    for i, (_, n) in enumerate(good):
        ok(got[i] == [str(n)], "key set %d has %d keys" % (i, n),
           str(got[i]))
    rest = got[len(good):]
    all_ok([i for i, a in enumerate(rest) if a != ["bad"]], len(rest),
           "key sets that are refused")
    c = Case()
    swapped = jwk(x5c=False)
    swapped["x"], swapped["y"] = swapped["y"], swapped["x"]
    c.jwks = {"keys": [swapped]}
    a = vf.run([c.record()])[0]
    ok(a[4] == "nras.signature", "a point that is not on its curve",
       " ".join(a))


def test_base64():
    good = [b"", b"a", b"ab", b"abc", b"\xff\xef\xbe", b"\xfb\xff"]
    bad = [b"A", b"AAAAA", b"AB", b"AAB", b"AA=", b"AA==", b"A A", b"AAAA\n",
           b"++++", b"////", b"AAA\0", b"=", b"\xff\xff\xff"]
    got = vf.run([("b", [b64url(t).encode()]) for t in good]
                 + [("b", [t]) for t in bad])
    all_ok([t for t, a in zip(good, got) if "".join(a) != t.hex()],
           len(good), "base64url")
    all_ok([t for t, a in zip(bad, got[len(good):]) if a != ["bad"]],
           len(bad), "what is no base64url")


def test_damage():
    rnd = random.Random(5)
    record = Case().record()
    whole = record[1][0]
    records = [("n", [whole[:n]] + record[1][1:]) for n in range(len(whole))]
    bad = [n for n, a in enumerate(vf.run(records)) if a[0] == "ok"]
    all_ok(bad, len(records), "every prefix of a reply is refused")
    token = json.loads(whole)[0][1]
    records = [("n", [whole.replace(token.encode(), token[:n].encode())]
                + record[1][1:]) for n in range(len(token))]
    bad = [n for n, a in enumerate(vf.run(records)) if a[0] == "ok"]
    all_ok(bad, len(records), "every prefix of a token is refused")
    records, labels = [], []
    for n in range(rnd.randrange(4), len(whole), 4):
        bit = 1 << rnd.randrange(8)
        records.append(("n", [whole[:n] + bytes([whole[n] ^ bit])
                              + whole[n + 1:]] + record[1][1:]))
        labels.append((n, bit))
    bad = [b for b, a in zip(labels, vf.run(records)) if a[0] == "ok"]
    all_ok(bad, len(records), "a flipped bit is refused")


def claims_of(token):
    text = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def test_real():
    """The key sets that signed them are gone: a reply ends at its key, and
    re-signed with a key of our own, claims unchanged, it passes, unless they are
    of version 2.0, which nobody asks for."""
    skipped = 0
    for path, n in (
            ("NVIDIA+attestation-sdk/nv-attestation-sdk-cpp/unit-tests/"
             "testdata/sample_attestation_data/"
             "hopperClaimsv3_detached_eat.json", 1),
            ("derived/nearai-vllm-proxy-nras/nras_1gpu.json", 1),
            ("derived/nearai-vllm-proxy-nras/nras_8gpu_ppcie.json", 8)):
        data = vf.evidence(path)
        if data is None:
            skipped += 1
            continue
        reply = json.loads(data)
        overall = claims_of(reply[0][1])
        nonce = bytes.fromhex(overall["eat_nonce"])
        keys = compact({"keys": [jwk()]})
        at = str(overall["iat"] + 5).encode()
        a, late, few, again = vf.run(
            [("n", [data, keys, nonce, str(n).encode(), at]),
             resigned(reply, keys, nonce, n, overall["exp"] + 60),
             resigned(reply, keys, nonce, n + 1, overall["iat"]),
             resigned(reply, keys, nonce, n, overall["iat"])])
        base = os.path.basename(path)
        ok(a[0] == "gpu_evidence_invalid" and a[1] == "1"
           and a[4] == "nras.key", base + ": its key is unknown",
           " ".join(a))
        old = overall["x-nvidia-ver"] == "2.0"
        ok(again[4] == "nras.version" if old
           else again[0] == "ok" and len(again[3].split(",")) == n
           and "/HOPPER/" in again[3] and again[2] == str(overall["exp"]),
           base + (": its claims are too old" if old
                   else ": its claims pass"), " ".join(again))
        ok(late[4] == "nras.dates", base + ": not when they have run out",
           " ".join(late))
        ok(few[4] == ("nras.version" if old else "nras.count"), base + ": not for one more device",
           " ".join(few))
        bad = [k for k, t in reply[1].items()
               if hashlib.sha256(t.encode()).hexdigest()
               != overall["submods"][k][1][1]]
        all_ok(bad, len(reply[1]), base + ": digests as they were signed")
    print("# %d of the real samples skipped: not there" % skipped)


def resigned(reply, keys, nonce, n, at):
    c = Case(1)
    tokens = {k: c.token(c.header, claims_of(t), LEAF.key)
              for k, t in reply[1].items()}
    overall = dict(claims_of(reply[0][1]))
    overall["submods"] = {
        k: [v[0], [v[1][0], hashlib.sha256(tokens[k].encode()).hexdigest()]]
        for k, v in overall["submods"].items()}
    text = c.token(c.header, overall, LEAF.key)
    return ("n", [compact([["JWT", text], tokens]), keys, nonce,
                  str(n).encode(), str(at).encode()])


test_key_sets()
test_base64()
test_damage()
test_real()
vf.done()
