"""Reference values that the simulated GPUs meet: files as "ioattest rim" writes
them (doc/formats.md 10.6).
"""
import base64
import json
import struct
import time

# what an H100's manifests have
INDICES = {"driver": [7, *range(21, 41)], "vbios": [*range(7), *range(8, 13)]}


def seen(evidence):
    """(values, records): what a GPU measures, as manifests count it, and what
    it says of itself."""
    values, records, at = {}, {}, 45
    for _ in range(evidence[41]):
        size = struct.unpack_from("<H", evidence, at + 5)[0]
        values[evidence[at] - 1] = evidence[at + 7:at + 7 + size].hex()
        at += 7 + size
    end = at + 34 + struct.unpack_from("<H", evidence, at + 32)[0]
    at += 34
    while at < end:
        kind, size = struct.unpack_from("<HH", evidence, at)
        records[kind] = evidence[at + 4:at + 4 + size]
        at += 4 + size
    return values, records


def rims(gpu):
    """The manifests of a Hopper GPU's driver and VBIOS; gpu: as in a reply."""
    values, records = seen(base64.b64decode(gpu["evidence"]))
    word = {n: records[n].replace(b"\0", b"").decode() for n in (3, 15, 17, 18)}
    vbios = ".".join(f"{records[6][i]:02X}" for i in (3, 2, 1, 0, 4))
    names = {"driver": (word[3], f"NV_GPU_DRIVER_GH100_{word[3]}", "d1"),
             "vbios": (vbios, "_".join(["NV_GPU_VBIOS", word[17], word[18],
                                        word[15], vbios.replace(".", "")]),
                       "f1")}
    until = time.strftime("%Y-%m-%dT%H:%M:%SZ",
                          time.gmtime(time.time() + 100 * 86400))
    return [{"kind": kind, "chip": "GH100", "rim": rim, "id": name,
             "sha256": sha * 32, "not_after": until, "min_svn": {},
             "measurements": {str(i): [values[i]] for i in INDICES[kind]}}
            for kind, (rim, name, sha) in names.items()]


def file(*manifests):
    return json.dumps({"version": 1, "rims": list(manifests)})
