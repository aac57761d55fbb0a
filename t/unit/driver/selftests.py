"""Runs tests of the simulator, one check each."""

import os
import subprocess
import sys

import tap

HERE = os.path.dirname(os.path.abspath(__file__))
SIM = os.path.join(HERE, "..", "..", "lib", "sim")


def one(command):
    done = subprocess.run([sys.executable, "-m", *command],
                          env={**os.environ, "PYTHONPATH": SIM},
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True)
    lines = done.stdout.splitlines()
    bad = [line for line in lines if line.startswith("not ok")
           or "SKIP" in line]

    tap.ok(done.returncode == 0 and not bad and lines,
           "%s (%d lines)" % (command[0], len(lines)),
           " / ".join(bad[:4] or lines[-4:]))


def run(*commands):
    """Returns: what to exit with."""
    for command in commands:
        one(command)
    return tap.done()
