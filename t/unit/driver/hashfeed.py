"""Drives the hash and stream parts of driver from Python."""

import os
import re
import struct
import subprocess
import tempfile

HEADER = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                      "../../../src/core/base/ioa_status.h")

with open(HEADER, encoding="ascii") as header:
    STATUS = re.findall(r"^    IOA_(\w+)(?: = 0)?,", header.read(), re.M)

(OK, MALFORMED_SIGNATURE, RESPONSE_HASH_MISMATCH, STREAM_UNSIGNED,
 STREAM_TRUNCATED, STREAM_AMBIGUOUS, REQUEST_AMBIGUOUS, MODEL_UNKNOWN) = [
    STATUS.index(name) for name in (
        "OK", "MALFORMED_SIGNATURE", "RESPONSE_HASH_MISMATCH",
        "STREAM_UNSIGNED", "STREAM_TRUNCATED", "STREAM_AMBIGUOUS",
        "REQUEST_AMBIGUOUS", "MODEL_UNKNOWN")]


DRIVER = os.path.join(os.environ.get("CORE_DIR", "build/core"), "driver")
PROGRAM = [DRIVER, "hash"]
STREAMS = [DRIVER, "stream"]
SEED = int(os.environ.get("IOA_DIFFER_SEED", "1"))


def rounds(default):
    return int(os.environ.get("IOA_DIFFER_COUNT", default))


def run(records, program=PROGRAM):
    """records: (kind, seed, bytes).  Returns one line of bytes for each."""
    with tempfile.TemporaryFile() as f:
        for kind, seed, data in records:
            f.write(struct.pack("<cII", kind.encode(), seed, len(data)))
            f.write(data)
        f.seek(0)
        p = subprocess.run(program, stdin=f, stdout=subprocess.PIPE,
                           check=False)
    if p.returncode != 0:
        raise SystemExit("%s ended with %d" % (" ".join(program), p.returncode))
    lines = p.stdout.split(b"\n")[:-1]
    if len(lines) != len(records):
        raise SystemExit("%d lines for %d records" % (len(lines),
                                                      len(records)))
    return lines


def vectors():
    return os.environ.get("IOATTEST_VECTORS", "../shared/vectors")
