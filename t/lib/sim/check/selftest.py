"""Checks the simulation against recordings of the real agent and against
signatures made elsewhere, and that sim.py's list of names is complete.

Recordings are looked for in $IOATTEST_VECTORS (default ../shared/vectors
beside the repository); t/data/eip191.json is always there.
--doc prints the list of names as sim.py has to have it.
"""
import base64
import collections
import json
import os
import sys
import textwrap

from api import agent, canon, crypto
from faults import misbehave
import sim

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.abspath(os.path.join(HERE, "..", "..", "..", ".."))
VECTORS = os.environ.get("IOATTEST_VECTORS") or os.path.join(
    ROOT, "..", "shared", "vectors")
failures = []


def check(name, what, got, wanted):
    if got != wanted:
        failures.append(f"{name}: {what}: got {str(got)[:200]!r}, wanted "
                        f"{str(wanted)[:200]!r}")
        return False
    return True


# --- signatures ------------------------------------------------------------


def plain(address):
    return address.lower()[2:] if address[:2] == "0x" else address.lower()


def eip191(path):
    """Recover every signature; sign again where the key is given."""
    with open(path) as f:
        cases = json.load(f)["cases"]
    signed = 0
    for c in cases:
        data = base64.b64decode(c["text_b64"])
        found = crypto.recover_text(data, c["signature"])
        same = found is not None and plain(found) == plain(c["address"])
        if c["verdict"] != "policy":
            check(c["name"], "accepted", same, c["verdict"] == "accept")
        if c["verdict"] == "accept" and c.get("private_key"):
            signed += 1
            account = crypto.Account(key_hex=plain(c["private_key"]))
            check(c["name"], "address", plain(account.address),
                  plain(c["address"]))
            check(c["name"], "signature", account.sign(data),
                  c["signature"].lower().removeprefix("0x"))
    print(f"selftest: {len(cases)} signatures of {path} judged, "
          f"{signed} made again")


# --- recordings ------------------------------------------------------------


class Recorded:
    """A machine with the key and digest of a recording."""

    def __init__(self, who):
        self.account = crypto.Account(key_hex=who["test_private_key"])
        self.address = self.account.address
        self.image_digest = who["image_digest"]

    def sign(self, text):
        return self.account.sign(text)

    def evidence(self, nonce):
        return agent.QUOTE_ERROR, agent.GPU_ERROR


def content_type(case):
    for name, value in case["client_request"]["headers"]:
        if name == "content-type":
            return value
    return None


def attestation(case, body):
    try:
        got = agent.attestation(Recorded(case["agent"]), body,
                                content_type(case))
    except canon.Refused as err:
        check(case["name"], "status", err.status, case["status"])
        got = {"detail": err.detail}
        return check(case["name"], "body", canon.compact(got),
                     case["response_body_text"])
    check(case["name"], "status", 200, case["status"])
    wanted = json.loads(case["response_body_text"])
    if not json.loads(body).get("nonce"):
        got["nonce"] = wanted["nonce"]
    return check(case["name"], "body", canon.compact(got),
                 case["response_body_text"])


def stream(case, request):
    """Pieces, event and text of a recorded stream."""
    vllm = case["vllm"]
    if "chunks_b64" not in vllm or vllm["status"] != 200:
        return False
    pieces = [base64.b64decode(p) for p in vllm["chunks_b64"]]
    if "content-encoding" in dict(vllm["headers"]) or any(
            len(p) > 65536 for p in pieces) or case["canonical_response"] \
            is None:
        return False
    sent, held, canonical = canon.relay([p for p in pieces if p])
    if not check(case["name"], "canonical response", canonical,
                 case["canonical_response"]):
        return True
    if not case["complete"] or case["expected"]["text"] is None:
        return True
    machine = Recorded(case["agent"])
    job = agent.Job(request, machine, [])
    job.text = canon.signed_text(request.canonical, canonical)
    fields = agent.seal(job)
    if case["agent"]["signature_0x_prefix"]:
        fields[1][1] = "0x" + fields[1][1]
    event = agent.signature_event(fields)
    if case["agent"]["vllm_provenance"] is None:
        check(case["name"], "stream",
              b"".join(sent) + event + (held or b""),
              base64.b64decode(case["response_body_b64"]))
    return True


def response(case, request):
    """Headers and body of a recorded signed reply."""
    if case["expected"]["text"] is None:
        return False
    value = json.loads(case["canonical_response"])
    check(case["name"], "canonical response", canon.compact(value),
          case["canonical_response"])
    job = agent.Job(request, Recorded(case["agent"]), [])
    job.text = canon.signed_text(request.canonical,
                                 case["canonical_response"])
    got = dict(agent.seal(job))
    if case["agent"]["signature_0x_prefix"]:
        got["signature"] = "0x" + got["signature"]
    headers = {k: v for k, v in case["response_headers"]}
    for name, value_ in got.items():
        check(case["name"], name, value_, headers.get(name))
    check(case["name"], "body", json.dumps(value).encode(),
          base64.b64decode(case["response_body_b64"]))
    return True


def recording(case, ran):
    body = base64.b64decode(case["client_request"]["body_b64"] or "")
    name = case["name"]
    if case["status"] in (401, 403) and not case["canonical_request"] or \
            case["client_request"]["method"] != "POST":
        ran["not simulated"] += 1
        return
    if case["kind"] == "attest":
        ran["attestations"] += 1
        attestation(case, body)
        return
    try:
        request = canon.Request(body, content_type(case))
    except canon.Refused as err:
        ran["refused requests"] += 1
        check(name, "status", err.status, case["status"])
        return
    if case["canonical_request"] is None:
        check(name, "accepted", True, False)
        return
    ran["requests"] += 1
    check(name, "canonical request", request.canonical,
          case["canonical_request"])
    if case["kind"] == "req" and case["status"] == 500:
        check(name, "forwardable", request.unforwardable() is None, False)
        return
    check(name, "stream", request.stream, case["kind"] == "stream"
          or "text/event-stream" in case["response_head"])
    if request.stream:
        ran["streams"] += stream(case, request)
    elif case["canonical_response"] is not None:
        ran["responses"] += response(case, request)


def recordings():
    folder = os.path.join(VECTORS, "agent", "cases")
    if not os.path.isdir(folder):
        print(f"selftest: no recordings at {VECTORS}: 0 of them run")
        return
    ran = collections.Counter()
    files = sorted(f for f in os.listdir(folder) if f.endswith(".json"))
    for file in files:
        with open(os.path.join(folder, file)) as f:
            recording(json.load(f), ran)
    print(f"selftest: {len(files)} recordings: "
          + ", ".join(f"{n} {k}" for k, n in sorted(ran.items())))


# --- names -----------------------------------------------------------------

STAGES = (
    ("completion", "ask", "what is asked"),
    ("completion", "vllm", "what vLLM says, honestly signed"),
    ("completion", "text", "the text, before it is signed"),
    ("completion", "seal", "the signature and what goes with it"),
    ("completion", "event", "the signature event of a stream"),
    ("completion", "answer", "the answer, after signing"),
    ("completion", "wire", "the HTTP reply (attest and models as well)"),
    ("attest", "ask", "attest: which machine"),
    ("attest", "evidence", "attest: evidence, before it is signed"),
    ("attest", "members", "attest: members"),
    ("attest", "raw", "attest: the JSON text"),
    ("models", "members", "models: entries"),
    ("models", "raw", "models: the JSON text"),
    ("collateral", "reply", "collateral: documents, before they are signed"),
    ("kds", "reply", "kds: certificates and lists"),
    ("nras", "reply", "nras: tokens, before they are signed"),
    ("jwks", "reply", "jwks: keys"),
    ("ocsp", "reply", "ocsp: answers, before they are signed"),
)


def names():
    out, count = [], 0
    for kind, stage, title in STAGES:
        here = [n for n, e in misbehave.REGISTRY[kind].items()
                if e.stage == stage]
        count += len(here)
        out.append("\n" + title + ":")
        out += textwrap.wrap(" ".join(here), 76, initial_indent="  ",
                             subsequent_indent="  ", break_long_words=False)
    return "\n".join(out), count


def documented():
    block, count = names()
    check("sim.py", "list of names (check.selftest --doc prints it)",
          block in sim.__doc__, True)
    print(f"selftest: {count} misbehaviours, all named in sim.py")


def main():
    if sys.argv[1:] == ["--doc"]:
        print(names()[0])
        return 0
    ran = 0
    for path in (os.path.join(ROOT, "t", "data", "eip191.json"),
                 os.path.join(VECTORS, "eip191.json")):
        if os.path.exists(path):
            ran += 1
            eip191(os.path.normpath(path))
    check("eip191.json", "files found", ran > 0, True)
    recordings()
    documented()
    for failure in failures:
        print("selftest: FAILED:", failure)
    print("selftest:", "failed" if failures else "ok")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
