"""What a gateway has to do with a stream: a plain statement of the rules.


It reads the whole stream at once and shares no code with the gateway or the
simulated API.  Stream says of one stream

  values     what the agent hashes of it (doc/formats.md 5.3), in order
  comments   how many of its lines are comments
  done       whether the upstream sent its [DONE]
  faults     the reasons for which it may be refused; none: it must pass
  early      the values that may leave before the verdict
  shown      how many of these must; not those behind a value of which readers
             of JSON differ, or whose line is about as long as may be

and parts() takes what a gateway forwarded to pieces.
"""

import hashlib
import json
import re

MARK = b"event: signature\ndata: "
EVENT_MAX = 16384
LINE_MAX = 16384
CUT = re.compile(rb"event: signature\n(d|da|dat|data|data:)?\Z")
BOM = b"\xef\xbb\xbf"

# members of the event that the agent writes
FIVE = ("text", "signature", "signing_address", "signing_algo",
        "image_digest")
VLLM = {"image_digest", "model_id", "model_owned_by"}

# what needs no escape in JSON
PLAIN = re.compile(r"[ !#-\[\]-~]*")

FINISH = ("finish_reason", "tool_calls", "function_call")
NOTHING = (None, "", [], {})


# --- values ---------------------------------------------------------------


def canonical(values):
    """The SHA-256 that the agent signs for a stream's response."""
    text = json.dumps({"chunks": values}, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def agent_values(rest):
    """What the agent hashes of the bytes that it was sent, whoever reads them
    in another way."""
    return [line[6:].decode("utf-8", "replace") for line in rest.split(b"\n")
            if line.startswith(b"data: ")
            and not line.startswith(b"data: [DONE]")]


class Pairs(list):
    """A JSON object with its duplicates."""


def no_constant(name):
    raise ValueError(name)


def read(value, **more):
    return json.loads(value, object_pairs_hook=Pairs, **more)


def finishes(node):
    """Whether a finish or a tool call stands in it, at any depth, its name in
    any case."""
    todo = [node]
    while todo:
        node = todo.pop()
        if isinstance(node, Pairs):
            for name, value in node:
                if name.lower() in FINISH and value not in NOTHING:
                    return True
                todo.append(value)
        elif isinstance(node, list):
            todo.extend(node)
    return False


def holds(value):
    """1 where a value begins the held end, 0 where it does not, None where
    readers of JSON differ on whether it is an object."""
    try:
        node = read(value)
    except (ValueError, RecursionError):
        return 1
    if not isinstance(node, Pairs) or finishes(node):
        return 1
    try:
        read(value, parse_constant=no_constant)
    except ValueError:
        return None
    return 0


# --- lines ----------------------------------------------------------------


def judge(line, ended):
    """(what a line without its line feed is, its value): "hashed", "done",
    "comment", "other" or "ambiguous"."""
    body = line[:-1] if ended and line.endswith(b"\r") else line
    name, colon, value = body.partition(b":")
    space = value.startswith(b" ")
    seen = value[1:] if space else value
    if b"\r" in body:
        return "ambiguous", None
    if name == b"event":
        return ("other" if seen == b"message" else "ambiguous"), None
    if name != b"data":
        return ("comment" if colon and not name else "other"), None
    if seen.startswith(b"[DONE]"):
        return ("done" if seen == b"[DONE]" else "ambiguous"), None
    if not space:
        return "ambiguous", None
    try:
        return "hashed", line[6:].decode()
    except UnicodeDecodeError:
        return "ambiguous", None


def cut(data):
    """(data without its signature events, the events' JSON, fault)."""
    rest, events, at = b"", [], 0
    while True:
        i = data.find(MARK, at)
        if i < 0:
            return rest + data[at:], events, None
        rest += data[at:i]
        start = i + len(MARK)
        end = data.find(b"\n", start)
        if end < 0 or data[end:end + 2] != b"\n\n" or end - start > EVENT_MAX:
            return rest, events, "malformed_signature"
        events.append(data[start:end])
        at = end + 2


def sent(value):
    """A value as it leaves: the CR of a line's end is hashed, but it is no
    reader's data."""
    return value[:-1] if value.endswith("\r") else value


class Stream:
    """What becomes of data, which came to a regular end or did not.

    book: text -> (signature, signing_address) of what trusted keys signed.
    digest: the one image digest that is accepted, or None.
    """

    def __init__(self, data, complete, book, digest):
        self.faults = set()
        self.values = []
        self.comments = 0
        self.done = False
        self.event = None
        self.unclear = False
        rest, events, fault = cut(data)
        self.lines(rest)
        if fault:
            self.faults.add(fault)
        if not complete:
            self.faults.add("stream_truncated")
        if len(events) > 1 or (events and fault):
            self.faults.add("stream_ambiguous")
        elif not events and not fault:
            self.faults |= {"stream_unsigned" if self.done
                            else "stream_truncated"}
        if len(events) == 1 and not fault:
            self.judge_event(events[0], book, digest)
        self.before(data)

    def lines(self, rest):
        if rest.startswith(BOM):
            self.faults.add("stream_ambiguous")
        lines = rest.split(b"\n")
        for i, line in enumerate(lines):
            what, value = judge(line, i < len(lines) - 1)
            if what == "ambiguous" or (
                    self.done and what in ("hashed", "done")):
                self.faults.add("stream_ambiguous")
            elif what == "done":
                self.done = True
            elif what == "hashed":
                self.values.append(value)
            elif what == "comment" and i < len(lines) - 1:
                self.comments += 1
        # of a mark that is cut nobody knows until the end
        self.late = CUT.search(rest) is not None

    # --- the event

    def judge_event(self, raw, book, digest):
        try:
            members = read(raw, parse_constant=no_constant)
        except (ValueError, RecursionError):
            members = None
        if not isinstance(members, Pairs) or not self.is_agents(members):
            self.faults.add("malformed_signature")
            return
        event = dict(members)
        if not set(FIVE[:4]) <= set(event):
            self.faults |= {"no_signature", "image_digest_mismatch"}
            return
        if event["signing_algo"] != "ecdsa":
            self.faults |= {"unsupported_algorithm"}
        signed = book.get(event["text"])
        if signed is None:
            self.faults |= {"malformed_text", "signature_mismatch",
                            "untrusted_address", "malformed_signature"}
        elif signed != (event["signature"].lower(),
                        event["signing_address"].lower()):
            self.faults |= {"signature_mismatch", "untrusted_address",
                            "malformed_signature"}
        if event["text"][65:] != canonical(self.values):
            self.faults.add("response_hash_mismatch")
        if digest and event.get("image_digest") != digest:
            self.faults.add("image_digest_mismatch")
        self.event = event

    def is_agents(self, members):
        names = [name for name, _ in members]
        if len(set(names)) != len(names) or not set(names) <= {*FIVE, "vllm"}:
            return False
        for name, value in members:
            if name == "vllm":
                inner = isinstance(value, Pairs) and [n for n, _ in value]
                if inner is False or len(set(inner)) != len(inner) \
                        or not set(inner) <= VLLM:
                    return False
            elif not isinstance(value, str) or not PLAIN.fullmatch(value):
                return False
        return True

    # --- what leaves before the verdict

    def before(self, data):
        """Whole lines before the first event, up to the one that begins the
        held end or is ambiguous."""
        self.shown, self.grey = 0, False
        self.early = []
        if data.startswith(BOM):
            return
        i = data.find(MARK)
        data = data[:i] if i >= 0 else data
        for line in data.split(b"\n")[:-1]:
            what, value = judge(line, True)
            if what in ("ambiguous", "done") \
                    or re.match(rb"data:\s*\[(?i:done)\]", line):
                return
            if what == "hashed":
                far = len(line) - LINE_MAX
                held = 1 if far > 64 else None if far > -64 else holds(value)
                if held:
                    return
                self.early.append(value)
                if held is None:
                    self.grey = True
                elif not self.grey:
                    self.shown += 1


# --- what a gateway forwarded ---------------------------------------------


LINE = re.compile(rb"([^\n]*)\n")


def parts(body):
    """[(what, bytes)] of a body that is made anew, or ValueError: "value"
    with its bytes, "heartbeat", "done", "signature" and "error" with their
    JSON."""
    out, at = [], 0
    named = None
    while at < len(body):
        if body.startswith(b":\n", at):
            out.append(("heartbeat", b""))
            at += 2
            continue
        found = LINE.match(body, at)
        if not found:
            raise ValueError("cut line at %d" % at)
        line, at = found.group(1), found.end()
        if named is None and line in (b"event: signature", b"event: error"):
            named = line[7:].decode()
            continue
        if not line.startswith(b"data: ") or not body.startswith(b"\n", at):
            raise ValueError("unexpected %r" % line[:60])
        at += 1
        if named:
            out.append((named, line[6:]))
        elif line == b"data: [DONE]":
            out.append(("done", b""))
        else:
            out.append(("value", line[6:]))
        named = None
    if named:
        raise ValueError("an event without data")
    return out
