"""What CPU time is spent on, where perf is there to say it."""
import collections
import re
import shutil
import signal
import subprocess
import time

from rig import Load

HERTZ = 2000
MODULE = "ngx_http_ioattest_module"
NAMES = {"[kernel.kallsyms]": "the kernel", "[unknown]": "what has no name",
         "[vdso]": "the kernel's clock", MODULE: "the module"}


def sampled(rig, port, worker, path, count, models):
    """{(object, function): us} of one response, by samples of the worker.
    Functions of the module alone; the others' are None."""
    at = rig.where + "/perf"
    perf = subprocess.Popen(
        ["perf", "record", "-q", "-e", "cpu-clock", "-F", str(HERTZ), "-o",
         at, "-p", str(worker[0])], stderr=subprocess.DEVNULL)
    time.sleep(0.5)
    Load(port, path, count, worker, models=models)
    perf.send_signal(signal.SIGINT)
    perf.wait()
    said = subprocess.run(
        ["perf", "report", "-i", at, "--stdio", "-F", "sample,dso,sym"],
        stdout=subprocess.PIPE, text=True, check=False,
        stderr=subprocess.DEVNULL).stdout
    found = collections.Counter()
    for n, name, function in re.findall(
            r"(?m)^ +(\d+) +(\S+) +\[.\] (\S+)", said):
        name = re.sub(r"\.so.*", "", name)
        found[name, function if name == MODULE else None] += (
            int(n) * 1e6 / HERTZ / count)
    return found


def listed(found, most):
    return ", ".join(f"{us:.1f} us in {NAMES.get(name, name)}"
                     for name, us in found.most_common(most) if us >= 0.05)


def made_of(rig, port, worker, less, more, count, models=(0, 0)):
    """What the path MORE takes above LESS, object by object: a sentence."""
    if not shutil.which("perf"):
        return "perf is not there, which could say what it is made of"
    over = sampled(rig, port, worker, more, 8 * count, models[1])
    over.subtract(sampled(rig, port, worker, less, 8 * count, models[0]))
    objects, functions = collections.Counter(), collections.Counter()
    for (name, function), us in over.items():
        objects[name] += us
        if function:
            functions[function] += us
    if not objects:
        return "perf sees nothing here of what it is made of"
    return (f"the difference by perf's samples: {listed(objects, 6)}; of the "
            f"module's: {listed(functions, 5)}")
