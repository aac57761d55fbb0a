"""Drives the test filters hashfeed.c and ssefeed.c from Python."""

import os
import struct
import subprocess
import tempfile

OK = 0
RESPONSE_HASH_MISMATCH = 8
MALFORMED_SIGNATURE = 3
STREAM_UNSIGNED = 13
STREAM_TRUNCATED = 14
STREAM_AMBIGUOUS = 15
REQUEST_AMBIGUOUS = 16
MODEL_UNKNOWN = 29


CORE_DIR = os.environ.get("CORE_DIR", "build/core")
PROGRAM = os.path.join(CORE_DIR, "hashfeed")
STREAMS = os.path.join(CORE_DIR, "ssefeed")
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
        p = subprocess.run([program], stdin=f, stdout=subprocess.PIPE,
                           check=False)
    if p.returncode != 0:
        raise SystemExit("%s ended with %d" % (program, p.returncode))
    lines = p.stdout.split(b"\n")[:-1]
    if len(lines) != len(records):
        raise SystemExit("%d lines for %d records" % (len(lines),
                                                      len(records)))
    return lines


def vectors():
    return os.environ.get("IOATTEST_VECTORS", "../shared/vectors")
