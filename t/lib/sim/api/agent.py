"""What one machine answers: the attestation agent in front of its vLLM."""
import json
import os
import re

from api import canon, crypto, wire

QUOTE_ERROR = "Error: TDX Interface not found (/sys/kernel/config/tsm)"
GPU_ERROR = {"error": "NVIDIA SDK not installed"}
CREATED = 1760000000
_CACHE_MAX = 20000


class Machine:
    """A signing key, an image digest, and nothing else that lasts."""

    def __init__(self, number, generation=0):
        phrase = f"ioattest sim machine {number}"
        if generation:
            phrase += f" generation {generation}"
        self.number = number
        self.account = crypto.Account(phrase)
        self.address = self.account.address
        self.default_digest = "sha256:" + canon.sha256_hex(
            "ioattest sim image")
        self.image_digest = self.default_digest
        self.cpu_quote = None
        self.gpu = None
        self._signed = {}

    def sign(self, text):
        """personal_sign, remembered: RFC 6979 gives the same each time."""
        out = self._signed.get(text)
        if out is None:
            if len(self._signed) >= _CACHE_MAX:
                self._signed.clear()
            out = self._signed[text] = self.account.sign(text)
        return out

    def evidence(self, nonce):
        """(cpu.quote, gpu) for a nonce: a machine without TEE, unless a test
        has put something else there."""
        return (QUOTE_ERROR if self.cpu_quote is None else self.cpu_quote,
                GPU_ERROR if self.gpu is None else self.gpu)


class Job:
    """One completion on its way through the stages of misbehave.py."""

    def __init__(self, request, machine, plan):
        self.request = request
        self.machine = machine
        self.signer = machine
        self.plan = plan
        self.server = None          # state.State
        self.http = None            # wire.Request
        self.stream = request.stream
        self.content = "echo: " + request.prompt()[:4096]
        self.size = None            # body bytes of the whole answer
        self.chunks = None          # data lines of a stream
        self.body = None            # what vLLM answers, as an object
        self.raw_body = None        # bytes sent instead of the dump of body
        self.pieces = []            # what vLLM streams
        self.text = b""
        self.signature = None
        self.fields = []            # [name, value] of the seal, in order
        self.events = []            # signature events of a stream
        self.reply = None


# --- what vLLM would say ---------------------------------------------------


def _completion(job, content):
    words = len(content.split())
    return {
        "id": "chatcmpl-" + canon.sha256_hex(job.request.canonical)[:32],
        "object": "chat.completion", "created": CREATED,
        "model": job.request.model, "choices": [{
            "index": 0, "message": {
                "role": "assistant", "content": content, "refusal": None,
                "tool_calls": []},
            "logprobs": None, "finish_reason": "stop", "stop_reason": None}],
        "usage": {"prompt_tokens": 7, "total_tokens": 7 + words,
                  "completion_tokens": words},
        "prompt_logprobs": None}


def _filler(job, n):
    """Text of which no two places, and no two answers, are alike."""
    first = int(canon.sha256_hex(job.request.canonical)[:7], 16)
    return "".join(f"{first + i:08x}" for i in range(n // 8 + 1))[:n]


def _sized(job):
    """A JSON value whose dump has exactly job.size bytes."""
    empty = len(json.dumps(_completion(job, "")))
    if job.size >= empty:
        return _completion(job, _filler(job, job.size - empty))
    return 1 if job.size < 2 else "x" * (job.size - 2)


def _chunk(job, delta, finish=None):
    data = canon.compact({
        "id": "chatcmpl-" + canon.sha256_hex(job.request.canonical)[:32],
        "object": "chat.completion.chunk", "created": CREATED,
        "model": job.request.model, "choices": [{
            "index": 0, "delta": delta, "logprobs": None,
            "finish_reason": finish}]})
    return b"data: " + data.encode() + b"\n\n"


def _tokens(job):
    if job.chunks is not None:
        return [f"token{i} " for i in range(job.chunks)]
    if job.size is not None:
        out, left = [], job.size
        while left > 0:
            out.append("x" * min(left, 8192))
            left -= 8192
        return out
    return re.findall(r"\S+\s*", job.content)


def vllm(job):
    """Fill in what the machine's vLLM produces."""
    if not job.stream:
        job.body = (_completion(job, job.content) if job.size is None
                    else _sized(job))
        return
    job.pieces = [_chunk(job, {"role": "assistant", "content": ""})]
    job.pieces += [_chunk(job, {"content": t}) for t in _tokens(job)]
    job.pieces.append(_chunk(job, {}, "stop"))
    job.pieces.append(b"data: [DONE]\n\n")


# --- what the agent makes of it --------------------------------------------


def seal(job):
    """The signed fields, in the order in which the agent gives them."""
    if job.signature is None:
        job.signature = job.signer.sign(job.text)
    fields = [["text", job.text.decode("latin-1")],
              ["signature", job.signature],
              ["signing_address", job.signer.address],
              ["signing_algo", "ecdsa"]]
    if job.machine.image_digest:
        fields.append(["image_digest", job.machine.image_digest])
    return fields


def signature_event(fields):
    """The agent's event; doubles in fields stay doubles in the JSON.  What
    vLLM says of itself has headers of its own, and one member here."""
    vllm = {k[5:]: v for k, v in fields if k.startswith("vllm_")}
    fields = [[k, v] for k, v in fields if not k.startswith("vllm_")]
    if vllm:
        fields.append(["vllm", {**vllm, "model_owned_by": "vllm"}])
    data = ", ".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in fields)
    return b"event: signature\ndata: {" + data.encode() + b"}\n\n"


def answer(job, stage):
    """Run a job.  stage(name, job) is called between the steps."""
    stage("ask", job)
    vllm(job)
    stage("vllm", job)
    if job.stream:
        sent, held, canonical = canon.relay(job.pieces)
    else:
        canonical = canon.compact(job.body)
    if canonical is not None:
        job.text = canon.signed_text(job.request.canonical, canonical)
        stage("text", job)
        job.fields = seal(job)
        stage("seal", job)
    if job.stream:
        job.reply = wire.Reply(200, [
            ["content-type", "text/event-stream; charset=utf-8"]],
            sent, "chunked")
        if job.http is not None and job.http.version == "HTTP/1.0":
            job.reply.framing = "close"
        if canonical is None:
            job.reply.last_chunk = False
        else:
            job.events = [signature_event(job.fields)]
            stage("event", job)
            job.reply.pieces += job.events + ([held] if held else [])
    else:
        body = job.raw_body
        if body is None:
            body = json.dumps(job.body).encode()
        job.reply = wire.Reply(200, job.fields, [body])
        job.reply.headers.append(["content-type", "application/json"])
    stage("wire", job)
    return job.reply


# --- other answers ---------------------------------------------------------


def json_reply(status, value):
    body = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return wire.Reply(status, [["content-type", "application/json"]],
                      [body.encode("utf-8", "backslashreplace")])


def error_reply(status, detail):
    return json_reply(status, {"detail": detail})


def attestation(machine, body, content_type, evidence=None):
    """The members of an attestation, or canon.Refused.  evidence: in place
    of the machine's own."""
    given = canon.parse_object(body, content_type)
    nonce = given.get("nonce")
    if nonce is not None and not isinstance(nonce, str):
        raise canon.Refused(422, [{
            "type": "string_type", "loc": ["body", "nonce"],
            "msg": "Input should be a valid string", "input": nonce}])
    try:
        raw = canon.nonce32(nonce) if nonce else os.urandom(32)
    except ValueError as err:
        raise canon.Refused(500, str(err)) from None
    quote, gpu = (evidence or machine.evidence)(raw)
    out = {"nonce": raw.hex(), "cpu": {"quote": quote}, "gpu": gpu,
           "signing_address": machine.address}
    if machine.image_digest:
        out["image_digest"] = machine.image_digest
    return out
