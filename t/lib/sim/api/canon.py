"""What io.net's agent makes of a request and of a response before it hashes
them: JSON parsing, the coercions of its request model, canonical strings.
"""
import hashlib
import json
import math
import re
import sys

# The agent takes 9,000 levels and refuses 20,000.
sys.setrecursionlimit(12000)

DECLARED = ("messages", "model", "temperature", "max_tokens", "stream",
            "top_p", "frequency_penalty", "presence_penalty", "stop", "n",
            "logprobs")


class Refused(Exception):
    """The agent answers with an error of its own, unsigned."""

    def __init__(self, status, detail):
        super().__init__(status, detail)
        self.status = status
        self.detail = detail


def compact(value):
    return json.dumps(value, separators=(",", ":"))


def sha256_hex(data):
    if isinstance(data, str):
        data = data.encode("ascii")
    return hashlib.sha256(data).hexdigest()


def signed_text(canonical_request, canonical_response):
    return (sha256_hex(canonical_request) + ":"
            + sha256_hex(canonical_response)).encode()


# --- coercions -------------------------------------------------------------


def _problem(kind, name, message, value):
    if isinstance(value, float) and not math.isfinite(value):
        value = None
    return Refused(422, [{"type": kind, "loc": ["body", name],
                          "msg": message, "input": value}])


def _to_float(name, value):
    if isinstance(value, (bool, int, float)):
        try:
            return float(value)
        except OverflowError:
            raise _problem("float_type", name, "Input should be a valid "
                           "number", value) from None
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            raise _problem("float_parsing", name, "Input should be a valid "
                           "number, unable to parse string as a number",
                           value) from None
    raise _problem("float_type", name, "Input should be a valid number", value)


_INT = re.compile(r"[+-]?[0-9]+(?:_[0-9]+)*(?:\.0+)?")


def _to_int(name, value):
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        if value.is_integer() and -2.0**63 <= value < 2.0**63:
            return int(value)
        raise _problem("int_from_float", name, "Input should be a valid "
                       "integer, got a number with a fractional part", value)
    if isinstance(value, str):
        if _INT.fullmatch(value.strip()):
            return int(value.strip().split(".")[0])
        raise _problem("int_parsing", name, "Input should be a valid integer, "
                       "unable to parse string as an integer", value)
    raise _problem("int_type", name, "Input should be a valid integer", value)


_TRUE = {"1", "true", "t", "yes", "y", "on"}
_FALSE = {"0", "false", "f", "no", "n", "off"}


def _to_bool(name, value):
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float)) and value in (0, 1):
        return bool(value)
    if isinstance(value, str) and value.lower() in _TRUE | _FALSE:
        return value.lower() in _TRUE
    if isinstance(value, (int, float, str)):
        raise _problem("bool_parsing", name, "Input should be a valid "
                       "boolean, unable to interpret input", value)
    raise _problem("bool_type", name, "Input should be a valid boolean", value)


def _to_str(name, value):
    if not isinstance(value, str):
        raise _problem("string_type", name, "Input should be a valid string",
                       value)
    return value


def _to_list(name, value):
    if not isinstance(value, list):
        raise _problem("list_type", name, "Input should be a valid list",
                       value)
    return value


_COERCE = {"messages": _to_list, "model": _to_str, "temperature": _to_float,
           "max_tokens": _to_int, "stream": _to_bool, "top_p": _to_float,
           "frequency_penalty": _to_float, "presence_penalty": _to_float,
           "n": _to_int, "logprobs": _to_bool}


# --- requests --------------------------------------------------------------


def parse_json(body, content_type=None):
    """The body as the agent's framework reads it."""
    kind = (content_type or "application/json").split(";")[0].strip().lower()
    if not re.fullmatch(r"application/(?:json|[^/]*\+json)", kind):
        raise Refused(422, [{
            "type": "model_attributes_type", "loc": ["body"],
            "msg": "Input should be a valid dictionary or object to extract "
                   "fields from", "input": body.decode("latin-1")[:200]}])
    if not body:
        raise Refused(422, [{"type": "missing", "loc": ["body"],
                             "msg": "Field required", "input": None}])
    try:
        return json.loads(body)
    except json.JSONDecodeError as err:
        raise Refused(422, [{
            "type": "json_invalid", "loc": ["body", err.pos],
            "msg": "JSON decode error", "input": {},
            "ctx": {"error": err.msg}}]) from None
    except (ValueError, RecursionError):
        raise Refused(400, "There was an error parsing the body") from None


def parse_object(body, content_type=None):
    value = parse_json(body, content_type)
    if value is None:
        raise Refused(422, [{"type": "missing", "loc": ["body"],
                             "msg": "Field required", "input": None}])
    if not isinstance(value, dict):
        raise Refused(422, [{
            "type": "model_attributes_type", "loc": ["body"],
            "msg": "Input should be a valid dictionary or object to extract "
                   "fields from", "input": value}])
    return value


# What io.net's public schema fills in where a request has no such member.
FRONT = {"temperature": 0.7, "top_p": 1, "frequency_penalty": 0,
         "presence_penalty": 0, "n": 1, "logprobs": False,
         "tool_choice": "none", "parallel_tool_calls": False,
         "stream_options": {"include_usage": True}}


def front(given, defaults):
    """The request as the API's front sends it on to an agent: the members
    that it lacks are added behind its own, also inside of objects that both
    have."""
    out = dict(given)
    for name, value in defaults.items():
        if name not in out:
            out[name] = value
        elif isinstance(value, dict) and isinstance(out[name], dict):
            out[name] = front(out[name], value)
    return out


class Request:
    """A completion request after the agent's model has seen it."""

    def __init__(self, body, content_type=None, defaults=None):
        given = front(parse_object(body, content_type), defaults or {})
        fields = {}
        for name in DECLARED:
            value = given.get(name)
            if value is not None and name in _COERCE:
                value = _COERCE[name](name, value)
            fields[name] = value
        if "stream" not in given:
            fields["stream"] = False
        for name, value in given.items():
            if name not in fields:
                fields[name] = value
        self.fields = {k: v for k, v in fields.items() if v is not None}
        self.canonical = compact(self.fields)
        self.stream = bool(fields["stream"])
        self.model = fields["model"]

    def unforwardable(self):
        """Why the agent's HTTP client cannot send this on, or None."""
        try:
            json.dumps(self.fields, ensure_ascii=False,
                       allow_nan=False).encode()
        except ValueError as err:
            return str(err)
        return None

    def prompt(self):
        """Text of the last message, for the echo; empty if there is none."""
        messages = self.fields.get("messages")
        last = messages[-1] if messages else None
        content = last.get("content") if isinstance(last, dict) else None
        return content if isinstance(content, str) else ""


# --- responses -------------------------------------------------------------

DONE = b"data: [DONE]"


def stream_canonical(upstream):
    """Canonical response of a stream, from all bytes that vLLM sent."""
    chunks = []
    for line in upstream.decode().split("\n"):
        if line.startswith("data: ") and not line.startswith("data: [DONE]"):
            chunks.append(line[6:])
    return compact({"chunks": chunks})


def relay(pieces):
    """Pieces of vLLM to (pieces sent before the event, held piece or None,
    canonical response or None where the agent aborts)."""
    sent, held = [], None
    for piece in pieces:
        try:
            piece.decode()
        except UnicodeDecodeError:
            return sent, None, None
        if DONE in piece:
            held = piece
        else:
            sent.append(piece)
    return sent, held, stream_canonical(b"".join(pieces))


def nonce32(value):
    """The agent's prepare_nonce; ValueError with its detail otherwise."""
    text = value.lower().replace("0x", "")
    try:
        raw = bytes.fromhex(text)
    except ValueError:
        raise ValueError("Nonce Error: Invalid hex string provided.") from None
    if len(raw) > 32:
        raise ValueError("Nonce Error: Nonce too long. Maximum 32 "
                         "bytes (64 hex characters) allowed.")
    return raw.ljust(32, b"\0")
