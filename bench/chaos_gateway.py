"""The gateway of bench/chaos.py: that of the storm, with a clock that is moved
and a binary that is upgraded."""
import collections
import ctypes
import json
import os
import re
import signal
import subprocess
import sys
import time

import storm_gateway
from storm_gateway import COLLATERAL, OWN, TOP, check, location

PR_SET_CHILD_SUBREAPER = 36
VALID = 20                      # s, ioattest_valid
# s, ioattest_timeout; a slot that is lost is free again after twice that, and
# has to be seen before
TIMEOUT = 30
TINY = 256 << 10
LEAP = 55                       # s, of the clock, that its log shows
TIME = re.compile(r"\d+/\d+/\d+ (\d+):(\d+):(\d+) ")
SAID = {"reloads": ": reconfiguring", "upgrades": ": changing binary",
        "killed": "exited on signal 9"}

# location -> what it asks of streams; the judge's words
MODES = {"own": "tail-drop", "both": "hold-drop", "pass": "tail-pass",
         "replay": "hold-drop", "callers": "tail-drop", "tdx": "tail-drop",
         "loop": "hold-pass", "gpu": "tail-drop", "pool": "tail-drop",
         "tiny": "tail-drop",
         "direct": "tail-drop", "file": "tail-drop", "dry": "hold-drop"}
PLAIN = ("ioattest_cpu off", "ioattest_gpu off")
CPU = ("ioattest_cpu tdx sev-snp", "ioattest_gpu off",
       "ioattest_request /_evidence")


def locations(models, digest, policy):
    """DIGEST is what POLICY, a file, has not to say."""
    warm = "ioattest_prewarm " + " ".join(models)
    return {
        "own": PLAIN + (OWN, warm),
        "both": PLAIN + (OWN, "ioattest_bind both", "ioattest_stream hold"),
        "pass": PLAIN + (OWN, "ioattest_signature_event pass"),
        "direct": PLAIN + (OWN, "proxy_buffering off"),
        "replay": PLAIN + (OWN, "ioattest_replay 30s",
                           "ioattest_stream hold"),
        "callers": PLAIN,
        "pool": PLAIN + (OWN, "ioattest_pool all"),
        "file": PLAIN + (OWN, f"ioattest_image_digest {digest}",
                         f"ioattest_policy {policy}"),
        "tdx": CPU + COLLATERAL + (OWN, warm),
        "loop": CPU + COLLATERAL + (
            OWN, "ioattest_thread_pool off", "ioattest_stream hold",
            "ioattest_signature_event pass"),
        "gpu": ("ioattest_gpu local",) + CPU[:1] + CPU[2:] + COLLATERAL
        + (OWN,),
        "dry": PLAIN + (OWN, "ioattest_dry_run on"),
        "tiny": PLAIN + (OWN, "ioattest_models off",
                         "ioattest_model_id $http_x_id"),
    }


class Master:
    """nginx's master, also one that its forerunner has started."""

    def __init__(self, pid):
        self.pid, self.returncode = pid, None

    def send_signal(self, number):
        os.kill(self.pid, number)

    def poll(self):
        if self.returncode is None:
            try:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
            except ChildProcessError:
                return None if os.path.exists(f"/proc/{self.pid}") else 1
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, seconds):
        end = time.monotonic() + seconds
        while self.poll() is None:
            if time.monotonic() > end:
                raise subprocess.TimeoutExpired("nginx", seconds)
            time.sleep(0.05)
        return self.returncode

    def kill(self):
        self.send_signal(signal.SIGKILL)


class Preloaded:
    """A library that nginx alone has loaded, and the number that tells it
    what to do."""

    def __init__(self, where, source, variable):
        name = where + "/" + os.path.basename(source)[:-2]
        self.file, self.library = name, name + ".so"
        subprocess.run([os.environ.get("CC", "cc"), "-O2", "-fno-builtin",
                        "-shared", "-fPIC", "-o", self.library,
                        TOP + "/" + source], check=True)
        with open(self.file, "wb") as f:
            f.write(bytes(16))
        os.environ[variable] = self.file

    def set(self, number):
        with open(self.file, "r+b") as f:
            f.write(number.to_bytes(8, sys.byteorder, signed=True))


class Gateway(storm_gateway.Gateway):
    patience = 15

    def __init__(self, args, where, api, evidence, ports, models):
        super().__init__(args, where, api)
        self.evidence, self.ports, self.models = evidence, ports, models
        self.clock = Preloaded(where, "t/lib/clock.c", "IOATTEST_CLOCK")
        self.preload = [self.clock.library]
        self.hold = None
        with open(self.binary, "rb") as f:
            san = b"__asan_init" in f.read()
        if not san:
            # sanitizers have a memcmp() of their own, and are slow enough
            self.hold = Preloaded(where, "bench/chaos_hold.c",
                                  "IOATTEST_HOLD")
            self.preload.append(self.hold.library)
        self.digests, self.upgrades, self.alive = [], 0, []
        self.reloads = self.leaps = self.shift = 0
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        os.environ["ASAN_OPTIONS"] += ":verify_asan_link_order=0"

    def start(self):
        os.environ["LD_PRELOAD"] = ":".join(self.preload)
        try:
            super().start()
        finally:
            del os.environ["LD_PRELOAD"]
        self.process.wait()
        try:
            with open(self.where + "/pid") as f:
                self.process = Master(int(f.read()))
        except OSError:
            sys.exit(f"nginx does not start: see {self.where}/error.log")

    def write(self, calm=False):
        """The configuration; with what digests are accepted now."""
        lanes = "".join(
            f"upstream lane{i} {{ server 127.0.0.1:{p}; keepalive 32; }}\n"
            for i, p in enumerate(self.ports))
        lanes += "map $http_x_lane $lane { default lane0; " + "".join(
            f"{i} lane{i}; " for i in range(len(self.ports))) + "}\n"
        # what has not left its parent cannot be upgraded
        main = "daemon on; " + "".join(f"env {name}; " for name in (
            "LD_PRELOAD", "IOATTEST_CLOCK", "IOATTEST_HOLD", "ASAN_OPTIONS",
            "UBSAN_OPTIONS"))
        http = f"""
    ioattest_zone io:{storm_gateway.ZONE}; ioattest_zone tiny:{TINY};
    ioattest_ssl_verify off;
    ioattest_request /_attestation; ioattest_models /_models;
    ioattest_cpu_trusted_certificate {self.where}/cpu.pem;
    ioattest_gpu_trusted_certificate {self.where}/gpu.pem;
    ioattest_timeout {TIMEOUT}s; ioattest_wait 60s; ioattest_fail_timeout 200ms;
    ioattest_valid {VALID}s; ioattest_attempts 120;
    {"ioattest_background off;" if calm else ""}
    ioattest_image_digest {" ".join(self.digests)};"""
        server = f"""
        location = /_evidence {{ internal; proxy_pass
            http://127.0.0.1:{self.evidence}/v1/private/attestation; }}
"""
        policy = self.where + "/policy.json"
        with open(policy + ".new", "w") as f:
            json.dump({"image_digests": self.digests[1:]}, f)
        os.rename(policy + ".new", policy)
        for name, lines in locations(self.models, self.digests[0],
                                     policy).items():
            if self.args.lie == "off":
                lines = ()
            elif calm:
                lines = [x for x in lines if "prewarm" not in x]
            zone = "tiny" if name == "tiny" else "io"
            protect = "off" if self.args.lie == "off" else f"zone={zone}"
            server += location(
                name, *lines, protect=f"ioattest {protect};",
                to=f"$lane/{name}/completions")
        self.configure(None, http, server, main=main, lanes=lanes)

    def reload(self):
        self.reloads += 1
        super().reload()

    def step(self, shift):
        """Sets the wall clock: so many seconds from the true one."""
        self.leaps += abs(shift - self.shift) >= LEAP
        self.shift = shift
        self.clock.set(shift)

    def said(self):
        """What has happened, as nginx's log has it."""
        out, last = collections.Counter(), None
        for line in self.log():
            for what, words in SAID.items():
                out[what] += words in line
            if m := TIME.match(line):
                at = (int(m[1]) * 60 + int(m[2])) * 60 + int(m[3])
                if last is not None:
                    by = abs(at - last)
                    # not over midnight
                    out["leaps"] += LEAP <= min(by, 86400 - by)
                last = at
        return out

    def zone(self, name="io"):
        return self.zones()[name]

    def upgrade(self, gap=0.5):
        """USR2, WINCH, QUIT, as a package does it.  True where it went, None
        where the one before has not ended yet."""
        if not self.ended(0):
            return None
        old, file = self.process, self.where + "/pid"
        old.send_signal(signal.SIGUSR2)
        for _ in range(800):
            time.sleep(0.05)
            try:
                with open(file) as f:
                    pid = int(f.read())
            except (OSError, ValueError):
                continue
            if pid != old.pid and self.children(pid):
                break
        else:
            check("binary upgrades", "no new master", "one")
            return False
        time.sleep(gap)
        old.send_signal(signal.SIGWINCH)
        time.sleep(gap)
        old.send_signal(signal.SIGQUIT)
        self.alive.append(old)
        self.process = Master(pid)
        self.left.clear()
        self.upgrades += 1
        return True

    def reloaded(self, before, seconds=30):
        """Waits until none of the workers of before takes a new request."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and any(
                self.takes_requests(pid) for pid in before):
            time.sleep(0.02)

    @staticmethod
    def takes_requests(pid):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as f:
                title = f.read()
            return title != b"" and b"shutting down" not in title
        except OSError:
            return False

    def everyone(self):
        """All workers, of the masters before as well."""
        return [pid for m in [self.process, *self.alive]
                for pid in self.children(m.pid)]

    def kill_in_lock(self, seconds):
        """Of some seconds: the hold is on until one is found."""
        if self.hold:
            self.hold.set(1)
        try:
            return super().kill_in_lock(seconds)
        finally:
            if self.hold:
                self.hold.set(0)

    def ended(self, seconds=60):
        """Whether the masters before this one have ended."""
        end = time.monotonic() + seconds
        while True:
            self.alive = [m for m in self.alive if m.poll() is None]
            if not self.alive or time.monotonic() > end:
                return not self.alive
            time.sleep(0.05)
