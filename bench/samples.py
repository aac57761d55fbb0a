"""What CPU time is spent on, where perf is there to say it."""
import collections
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

from rig import CONNECTIONS, Load

HERTZ = 2000
ROUNDS = 4
MODULE = "ngx_http_ioattest_module"
NAMES = {"[kernel.kallsyms]": "the kernel", "[unknown]": "what has no name",
         "[vdso]": "the kernel's clock", MODULE: "the module",
         "[JIT]": "what LuaJIT compiled", "libluajit-5.1": "LuaJIT itself",
         "ngx_http_lua_module": "nginx's Lua module"}
NONE = "perf is not there, which could say what it is made of"

# requests of PATH at PORT, and the processes that answer them
Job = collections.namedtuple(
    "Job", "port pids path count conns models",
    defaults=(CONNECTIONS, 0))


def sampled(rig, job):
    """{(object, function): us} of one response, by samples of its processes.
    Functions of the module alone; the others' are None."""
    at = rig.where + "/perf"
    perf = subprocess.Popen(
        ["perf", "record", "-q", "-e", "cpu-clock", "-F", str(HERTZ), "-o",
         at, "-p", ",".join(map(str, job.pids))], stderr=subprocess.DEVNULL)
    time.sleep(0.5)
    Load(job.port, job.path, job.count, job.pids, job.conns, job.models)
    perf.send_signal(signal.SIGINT)
    perf.wait()
    found = collections.Counter()
    for n, name, function in lines(at):
        found[name, function if name == MODULE else None] += (
            n * 1e6 / HERTZ / job.count)
    return found


def turns(rig, jobs):
    """What sampled() says of each job, all of them in turns."""
    found = [collections.Counter() for _ in jobs]
    for i in range(ROUNDS):
        for n in range(len(jobs))[::1 if i % 2 else -1]:
            one = sampled(rig, jobs[n]._replace(
                count=max(1, jobs[n].count // ROUNDS)))
            found[n].update({key: us / ROUNDS for key, us in one.items()})
    return found


def lines(at):
    """(samples, object, function) of what perf has recorded."""
    said = subprocess.run(
        ["perf", "report", "-i", at, "--stdio", "-F", "sample,dso,sym"],
        stdout=subprocess.PIPE, text=True, check=False,
        stderr=subprocess.DEVNULL).stdout
    for n, name, function in re.findall(
            r"(?m)^ +(\d+) +(\S.*?) +\[.\] (\S+)", said):
        yield int(n), re.sub(r"\.so.*| tid .*", "", name), function


def listed(found, most):
    return ", ".join(f"{us:.1f} us in {NAMES.get(name, name)}"
                     for name, us in found.most_common(most) if us >= 0.05)


def parts(found):
    """({object: us}, {function of the module: us})."""
    objects, functions = collections.Counter(), collections.Counter()
    for (name, function), us in found.items():
        objects[name] += us
        if function:
            functions[function] += us
    return objects, functions


def difference(rig, less, more):
    """What the job MORE takes above LESS, object by object: a sentence."""
    if not shutil.which("perf"):
        return NONE
    base, over = turns(rig, (less, more))
    over.subtract(base)
    objects, functions = parts(over)
    if not objects:
        return "perf sees nothing here of what it is made of"
    said = f"the difference by perf's samples: {listed(objects, 6)}"
    own = listed(functions, 5)
    return said + (f"; of the module's: {own}" if own else "")


def made_of(rig, port, worker, less, more, count, models=(0, 0)):
    """What the path MORE takes above LESS."""
    return difference(rig, *(
        Job(port, worker, path, 8 * count, models=n)
        for path, n in zip((less, more), models)))


def each(rig, jobs):
    """What one response takes by each of JOBS, {name: job}: a sentence."""
    if not shutil.which("perf"):
        return NONE
    return "a response by perf's samples: " + "; ".join(
        f"{name}: {listed(parts(found)[0], 10)}"
        for name, found in zip(jobs, turns(rig, list(jobs.values()))))


def shares(command):
    """What functions a command's own time is spent in: a sentence."""
    if not shutil.which("perf"):
        return NONE
    with tempfile.TemporaryDirectory() as where:
        subprocess.run(["perf", "record", "-q", "-e", "cpu-clock", "-F",
                        str(HERTZ), "-o", where + "/perf", *command],
                       check=False, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        found = collections.Counter()
        for n, name, function in lines(where + "/perf"):
            inside = name == os.path.basename(command[0])
            found[function if inside else NAMES.get(name, name)] += n
    total = sum(found.values())
    if not total:
        return "perf sees nothing here of what it is made of"
    return "its time by perf's samples: " + ", ".join(
        f"{100 * n / total:.0f} % in {name}"
        for name, n in found.most_common(8) if n >= total / 100)
