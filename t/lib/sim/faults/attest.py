"""Misbehaviour of attestations and of the models list.

Targets: stage "members" an Attest (value is the reply's object), stage "raw"
the same with its body printed; for models a Models object.
"""
import os

from faults.misbehave import number, register


class Attest:
    """An attestation on its way out."""

    def __init__(self, value, machine, server):
        self.value = value
        self.machine = machine
        self.server = server
        self.body = None


def members(name, doc):
    return register(("attest",), "members", name, doc)


def raw(name, doc):
    return register(("attest",), "raw", name, doc)


@register(("attest", "completion"), "ask", "machine",
          "=N: machine N (from 0) answers")
def _(job, value):
    job.machine = job.signer = job.server.machine(number(value, 0))


# --- nonce -----------------------------------------------------------------

def _nonce(name, doc, change):
    @members(name, doc)
    def _(a, value):
        a.value["nonce"] = change(a.value["nonce"])


_nonce("nonce_wrong", "another nonce", lambda n: "5a" * 32)
_nonce("nonce_prefix", "only the first 32 hex digits are right",
       lambda n: n[:32] + "0" * 32)
_nonce("nonce_last", "last hex digit differs",
       lambda n: n[:-1] + "%x" % (int(n[-1], 16) ^ 1))
_nonce("nonce_upper", "right, in upper case", str.upper)
_nonce("nonce_0x", "right, with 0x before it", lambda n: "0x" + n)
_nonce("nonce_short", "first 32 hex digits alone", lambda n: n[:32])
_nonce("nonce_long", "right, with 00 after it", lambda n: n + "00")
_nonce("nonce_space", "right, with a space after it", lambda n: n + " ")
_nonce("nonce_nonhex", "not hex", lambda n: "zz" * 32)
_nonce("nonce_zero", "64 zeros", lambda n: "0" * 64)
_nonce("nonce_empty", "empty string", lambda n: "")
_nonce("nonce_null", "null", lambda n: None)
_nonce("nonce_number", "a number", lambda n: 7)
_nonce("nonce_array", "in an array", lambda n: [n])


@members("nonce_missing", "no nonce member")
def _(a, value):
    del a.value["nonce"]


@members("replay", "the whole reply to an earlier attestation, old nonce")
def _(a, value):
    if a.server.first_attestation is not None:
        a.value = dict(a.server.first_attestation)


# --- address ---------------------------------------------------------------

def _address(name, doc, change):
    @members(name, doc)
    def _(a, value):
        a.value["signing_address"] = change(a.value["signing_address"])


_address("address_lower", "right, lower case", str.lower)
_address("address_upper", "right, upper-case digits",
         lambda x: "0x" + x[2:].upper())
_address("address_checksum", "right bytes, case swapped",
         lambda x: "0x" + x[2:].swapcase())
_address("address_no0x", "without 0x", lambda x: x[2:])
_address("address_0X", "with 0X", lambda x: "0X" + x[2:])
_address("address_short", "19 bytes", lambda x: x[:-2])
_address("address_long", "21 bytes", lambda x: x + "00")
_address("address_odd", "39 digits", lambda x: x[:-1])
_address("address_nonhex", "one digit is g", lambda x: x[:-1] + "g")
_address("address_space", "a space after it", lambda x: x + " ")
_address("address_zero", "20 zero bytes", lambda x: "0x" + "0" * 40)
_address("address_empty", "empty string", lambda x: "")
_address("address_null", "null", lambda x: None)
_address("address_number", "a number", lambda x: int(x, 16))
_address("address_array", "in an array", lambda x: [x])
_address("address_nul", "U+0000 after it", lambda x: x + "\0")


@members("address_missing", "no signing_address member")
def _(a, value):
    del a.value["signing_address"]


@members("address", "=TEXT: this address")
def _(a, value):
    a.value["signing_address"] = value


@members("address_of", "=N: address of machine N")
def _(a, value):
    a.value["signing_address"] = a.server.machine(number(value, 0)).address


@members("address_any", "address of another machine, drawn at random")
def _(a, value):
    others = [n for n in range(a.server.machine_count())
              if n != a.machine.number]
    if others:
        a.value["signing_address"] = a.server.machine(
            a.server.balancer.random["attest"].choice(others)).address


@members("address_new", "an address that was never seen")
def _(a, value):
    a.value["signing_address"] = "0x" + os.urandom(20).hex()


@members("address_forged", "address of the unattested key \"forged\" signs "
         "with")
def _(a, value):
    a.value["signing_address"] = a.server.rogue.address


# --- image digest ----------------------------------------------------------

def _digest(name, doc, change):
    @members(name, doc)
    def _(a, value):
        a.value["image_digest"] = change(a.value.get("image_digest") or "")


_digest("digest_other", "another digest", lambda d: "sha256:" + "5a" * 32)
_digest("digest_upper", "upper-case digits",
        lambda d: d[:7] + d[7:].upper())
_digest("digest_noprefix", "without sha256:", lambda d: d[7:])
_digest("digest_short", "one digit less", lambda d: d[:-1])
_digest("digest_space", "a space after it", lambda d: d + " ")
_digest("digest_control", "a line feed inside", lambda d: d + "\nx: leaked")
_digest("digest_long", "4 KiB long", lambda d: d + "0" * 4096)
_digest("digest_empty", "empty string", lambda d: "")
_digest("digest_null", "null", lambda d: None)
_digest("digest_number", "a number", lambda d: 7)
_digest("digest_array", "in an array", lambda d: [d])


@members("digest", "=TEXT: this digest")
def _(a, value):
    a.value["image_digest"] = value


@members("digest_missing", "no image_digest member")
def _(a, value):
    a.value.pop("image_digest", None)


# --- evidence members ------------------------------------------------------

def _member(name, doc, path, value):
    @members(name, doc)
    def _(a, _value):
        at = a.value
        for key in path[:-1]:
            at = at[key]
        if value is Ellipsis:
            at.pop(path[-1], None)
        else:
            at[path[-1]] = value


_member("cpu_missing", "no cpu member", ["cpu"], ...)
_member("cpu_null", "cpu null", ["cpu"], None)
_member("cpu_string", "cpu a string", ["cpu"], "00")
_member("cpu_array", "cpu an array", ["cpu"], [])
_member("cpu_empty", "cpu an empty object", ["cpu"], {})
_member("quote_number", "cpu.quote a number", ["cpu", "quote"], 7)
_member("quote_null", "cpu.quote null", ["cpu", "quote"], None)
_member("quote_empty", "cpu.quote empty", ["cpu", "quote"], "")
_member("quote_odd", "cpu.quote of odd length", ["cpu", "quote"], "040")
_member("quote_short", "cpu.quote of four bytes", ["cpu", "quote"],
        "04000200")
_member("quote_zero", "cpu.quote of 5,000 zero bytes", ["cpu", "quote"],
        "00" * 5000)
_member("gpu_missing", "no gpu member", ["gpu"], ...)
_member("gpu_null", "gpu null", ["gpu"], None)
_member("gpu_string", "gpu a string", ["gpu"], "none")
_member("gpu_array", "gpu an empty array", ["gpu"], [])
_member("gpu_empty", "gpu an empty object", ["gpu"], {})
_member("gpu_status", "gpu {\"status\":...}", ["gpu"],
        {"status": "No GPU found"})
_member("gpu_no_evidence", "gpu with an empty evidence_list", ["gpu"],
        {"nonce": "00" * 32, "arch": "HOPPER", "evidence_list": []})
_member("extra", "an unknown member more", ["extra"], {"a": [1, 2, 3]})


@members("quote", "=HEX: this cpu.quote")
def _(a, value):
    a.value["cpu"] = {"quote": value}


@members("array", "the whole reply in an array")
def _(a, value):
    a.value = [a.value]


# --- the body as text ------------------------------------------------------

def _dup(name, member, doc, first):
    @raw(name, doc)
    def _(a, value):
        other = b'"5a' + b"5a" * 31 + b'"'
        key = f'"{member}":'.encode()
        if first:
            a.body = b"{" + key + other + b"," + a.body[1:]
        else:
            a.body = a.body[:-1] + b"," + key + other + b"}"


for _m, _short in (("nonce", "nonce"), ("signing_address", "address"),
                   ("image_digest", "digest")):
    _dup(f"dup_{_short}", _m, f"{_m} again, with another value, at the end",
         False)
    _dup(f"dup_{_short}_first", _m, f"another {_m} before the right one",
         True)


@raw("dup_same", "nonce twice, the same value")
def _(a, value):
    end = a.body.index(b",")
    a.body = a.body[:end] + b"," + a.body[1:]


@raw("dup_escaped", "a second nonce whose key is written \\u006eonce")
def _(a, value):
    a.body = a.body[:-1] + b',"\\u006eonce":"' + b"5a" * 32 + b'"}'


@raw("key_case", "member names in upper case")
def _(a, value):
    for name in (b"nonce", b"signing_address", b"image_digest"):
        a.body = a.body.replace(b'"' + name + b'":',
                                b'"' + name.upper() + b'":')


@raw("key_escaped", "signing_address with an escaped letter in its name")
def _(a, value):
    a.body = a.body.replace(b'"signing_address":',
                            b'"signing\\u005faddress":')


@raw("deep", "[=N]: a member nested N (100) arrays deep")
def _(a, value):
    n = number(value, 100)
    a.body = a.body[:-1] + b',"deep":' + b"[" * n + b"]" * n + b"}"


@raw("big", "[=N]: padded to N bytes (1 MiB + 1) of valid JSON")
def _(a, value):
    missing = number(value, (1 << 20) + 1) - len(a.body) - len(',"pad":""')
    a.body = (a.body[:-1] + b',"pad":"' + b"x" * max(0, missing) + b'"}')


@raw("big_below", "padded to 1 MiB - 1 bytes of valid JSON")
def _(a, value):
    missing = (1 << 20) - 1 - len(a.body) - len(',"pad":""')
    a.body = a.body[:-1] + b',"pad":"' + b"x" * missing + b'"}'


@raw("bad_utf8", "a member with bytes that are not UTF-8")
def _(a, value):
    a.body = a.body[:-1] + b',"x":"\xff\xfe"}'


@raw("spaced", "the same JSON with white space everywhere")
def _(a, value):
    import json
    a.body = json.dumps(a.value, indent=2).encode()


@raw("cut_json", "half of the JSON, framed correctly")
def _(a, value):
    a.body = a.body[:len(a.body) // 2]


# --- models list -----------------------------------------------------------

class Models:
    """The list on its way out."""

    def __init__(self, entries):
        self.entries = entries
        self.value = {"object": "list", "data": entries}
        self.body = None


def models(name, doc, stage="members"):
    return register(("models",), stage, name, doc)


def _each(name, doc, change):
    @models(name, doc)
    def _(m, value):
        for entry in m.entries:
            change(entry)


_each("no_model_id", "entries without model_id",
      lambda e: e.pop("model_id", None))
_each("model_id_null", "model_id null", lambda e: e.update(model_id=None))
_each("model_id_number", "model_id a number", lambda e: e.update(model_id=7))
_each("model_id_empty", "model_id empty", lambda e: e.update(model_id=""))
_each("model_id_long", "model_id of 4 KiB",
      lambda e: e.update(model_id="a" * 4096))
_each("model_id_odd", "model_id with quotes, a line feed and non-ASCII",
      lambda e: e.update(model_id=e["model_id"] + "\"\n\u00e9"))
_each("no_name", "entries without name", lambda e: e.pop("name", None))
_each("no_id", "entries without id", lambda e: e.pop("id", None))
_each("not_attestable", "supports_attestation false everywhere",
      lambda e: e.update(supports_attestation=False))
_each("attestable_missing", "no supports_attestation",
      lambda e: e.pop("supports_attestation", None))
_each("attestable_string", "supports_attestation \"true\"",
      lambda e: e.update(supports_attestation="true"))
_each("attestable_one", "supports_attestation 1",
      lambda e: e.update(supports_attestation=1))


@models("empty_list", "data is []")
def _(m, value):
    m.value["data"] = []


@models("no_data", "no data member")
def _(m, value):
    del m.value["data"]


@models("data_object", "data is an object")
def _(m, value):
    m.value["data"] = {e["id"]: e for e in m.entries}


@models("bare_array", "the array without the object around it")
def _(m, value):
    m.value = m.entries


@models("dup_name", "first name again, with another model_id, at the end")
def _(m, value):
    m.entries.append(dict(m.entries[0], model_id="00000000-0000-4000-8000-"
                          "000000000bad"))


@models("dup_entry", "first entry twice, the same")
def _(m, value):
    m.entries.append(dict(m.entries[0]))


@models("dup_attestable", "first name again, not attestable")
def _(m, value):
    m.entries.append(dict(m.entries[0], supports_attestation=False))


@models("odd_entries", "null, a string and an array among the entries")
def _(m, value):
    m.entries[:0] = [None, "x", []]


@models("many", "[=N]: N (5000) entries more, attestable")
def _(m, value):
    for i in range(number(value, 5000)):
        m.entries.append({"id": f"many/model-{i}", "name": f"many/model-{i}",
                          "model_id": f"many-{i}",
                          "supports_attestation": True})


@models("big", "[=N]: padded to N bytes (4 MiB + 1) of valid JSON", "raw")
def _(m, value):
    missing = number(value, (4 << 20) + 1) - len(m.body) - len(',"pad":""')
    m.body = m.body[:-1] + b',"pad":"' + b"x" * max(0, missing) + b'"}'


@models("deep", "[=N]: a member nested N (100) arrays deep", "raw")
def _(m, value):
    n = number(value, 100)
    m.body = m.body[:-1] + b',"deep":' + b"[" * n + b"]" * n + b"}"


@models("cut_json", "half of the JSON, framed correctly", "raw")
def _(m, value):
    m.body = m.body[:len(m.body) // 2]
