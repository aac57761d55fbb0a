"""Three readers of event streams, as clients have them.


Each returns [(event, data)] of a body, in order; event is None where the
reader knows none.
"""

BOM = b"\xef\xbb\xbf"


def standard(body):
    """The event stream of the HTML standard, 9.2.6."""
    if body.startswith(BOM):
        body = body[3:]
    text = body.decode("utf-8", "replace")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    seen, event, data = [], "", []
    # what no line end follows is no line
    for line in lines[:-1]:
        if not line:
            if data:
                seen.append((event or "message", "\n".join(data)))
            event, data = "", []
            continue
        name, _, value = line.partition(":")
        if value.startswith(" "):
            value = value[1:]
        if name == "event":
            event = value
        elif name == "data":
            data.append(value)
    return seen


def splitting(body):
    """Lines as Python's splitlines parts them, as requests and httpx give
    them to those who look for data in each."""
    seen = []
    for line in body.decode("utf-8", "replace").splitlines():
        if line.startswith("data:"):
            value = line[5:]
            seen.append((None, value[1:] if value[:1] == " " else value))
    return seen


def plain(body):
    """Lines end in line feeds, and the interesting ones begin so."""
    return [(None, line[6:].decode("utf-8", "replace"))
            for line in body.split(b"\n") if line.startswith(b"data: ")]


def lines_of(value):
    """What splitting() sees of one line's value, by itself."""
    return [data for _, data in splitting(b"data: " + value.encode()
                                          + b"\n\n")]
