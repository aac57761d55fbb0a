#!/usr/bin/python3
"""Shows all of the simulator's evidence to the verification library: what is
good must verify, each misbehaviour be refused for the reason it expects.

Speaks TAP.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../driver"))
import selftests

sys.exit(selftests.run(["check.coretest"]))
