#!/usr/bin/python3
"""Runs the simulator's own tests: that what it makes is of the real forms,
that each misbehaviour breaks the one check that it names, and its HTTP.

Speaks TAP.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../driver"))
import selftests

sys.exit(selftests.run(["check.evidencetest", "--tap"], ["check.selftest"],
                       ["check.wiretest"], ["check.fleettest"]))
