"""The report: figures by name, aims, and how both are written down."""
import datetime
import glob
import os
import platform
import re
import statistics
import subprocess
import textwrap

from rig import TOP

PAGE = os.path.join(TOP, "doc/bench.md")
BEGIN, END = "<!-- make bench: begin -->\n", "<!-- make bench: end -->\n"
# what a number is of; of "13,000 requests a second" that is all but the number
OF = r"(?:answers|attestations|events|req|requests|responses|streams)"
UNIT = (r"(?:[nuµμm]?s|(?:nano|micro|milli)?seconds?|%|per ?cent|times|x|×"
        r"|-fold|instructions|recover(?:ie)?s|rps"
        rf"|(?:{OF} )?(?:a|per) (?:second|minute)|{OF}/(?:s|sec|min)(?!\w)"
        r"|[KMG]i?[Bb]/s)").replace(" ?", r"\s*").replace(" ", r"\s+")
MARK = re.compile(rf"(\d[\d,]*(?:\.\d+)?)(\s*(?:{UNIT}|[KkMG]i?B))?"
                  r"<!-- bench: (\w+) -->")


# a load average above which others use the machine too
BUSY = 0.7
# a ratio of medians is this much away from the median of ratios: a note
FAR = 0.05


def shown(value):
    """Three digits, as far as they are behind the point."""
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def quartiles(values):
    """(median, lower and upper quartile or None) of values, or of one."""
    if not isinstance(values, (list, tuple)):
        return values, None
    if len(values) < 4:
        return statistics.median(values), None
    low, middle, high = statistics.quantiles(values, method="inclusive")
    return middle, (low, high)


def between(spread):
    return f"{shown(spread[0])} to {shown(spread[1])}" if spread else ""


class Book:
    def __init__(self):
        self.figures, self.aims, self.notes = [], [], []
        self.lacking = []       # what could not be measured
        self.busy = os.getloadavg()[0] > BUSY

    def part(self, title):
        print(f"\n{title}", flush=True)

    def figure(self, name, values, unit, what):
        """A figure: the median of VALUES, or one value.  Returns VALUES."""
        value, spread = quartiles(values)
        self.figures.append((name, value, unit, between(spread), what))
        print(f"  {what:58} {shown(value):>9} {unit}"
              + (f" ({between(spread)})" if spread else ""), flush=True)
        return values

    def ratio(self, name, above, below, what):
        """A figure: the median of ABOVE / BELOW of each turn.  It is not the
        ratio of their medians where the machine was faster in some turns
        than in others; a note says so where it is far from it."""
        ratios = [a / b for a, b in zip(above, below, strict=True)]
        self.figure(name, ratios, "x", what)
        turns = statistics.median(ratios)
        medians = statistics.median(above) / statistics.median(below)
        if abs(medians / turns - 1) > FAR:
            self.say(f"{name}: {shown(turns)}, of each turn, is not the "
                     f"{shown(medians)} of the two medians: the machine was "
                     "faster in some turns than in others. What is compared "
                     "within a turn is to be believed; CPU times and rates of "
                     "these turns are not to be compared with other parts'.")
        return ratios

    def aim(self, what, measured, limit, least=False, unit="x", rest=None,
            unsure=False):
        """What was wanted of the median of MEASURED, or of a value: at most
        LIMIT, or at least; unsure where LIMIT is between the quartiles, or
        UNSURE says what it hangs on.
        REST says of what is not met what it is made of; it may be a function
        that finds out."""
        value, spread = quartiles(measured)
        good = value >= limit if least else value <= limit
        verdict = "met" if good else "missed"
        if spread and spread[0] < limit < spread[1]:
            verdict = "unsure"
        rest = None if good else rest() if callable(rest) else rest
        if good and unsure:
            verdict, rest = "unsure", unsure
        word = "at least" if least else "at most"
        said = f"{shown(value)} {unit}" + (
            f" ({between(spread)})" if spread else "")
        self.aims.append((what, f"{word} {limit:g} {unit}", said, verdict,
                          rest))
        print(f"  aim: {what}: {word} {limit:g} {unit}; {said}: "
              f"{verdict if verdict == 'met' else verdict.upper()}"
              + (f"; {rest}" if rest else ""), flush=True)
        return verdict == "met"

    def unmeasured(self, what, why):
        self.aims.append((what, "", "", "not measured", why))
        print(f"  aim: {what}: not measured: {why}")
        self.lacking.append(what)

    def lacks(self, what, why):
        """WHAT was not measured: a report without it is not written down."""
        self.say(f"{what}: not measured: {why}")
        self.lacking.append(what)

    def say(self, text):
        self.notes.append(text)
        print(textwrap.fill(text, 78, initial_indent="  ",
                            subsequent_indent="  "), flush=True)

    def end(self):
        counts = {}
        for aim in self.aims:
            counts[aim[3]] = counts.get(aim[3], 0) + 1
        print("\nAims: " + ", ".join(f"{n} {word}" for word, n in
                                     sorted(counts.items())))

    # --- written down ------------------------------------------------------

    def text(self, uses, minutes):
        out = [BEGIN, f"Measured on {today()}, in {minutes:.0f} minutes.\n\n"]
        out += [f"- {line}\n" for line in uses]
        if self.busy:
            out.append("\n**The machine was not quiet**: others used it too. "
                       "Measure again before you believe this.\n")
        out += ["\n### Aims\n\n| what | wanted | measured | |\n",
                "| --- | --- | --- | --- |\n"]
        out += [f"| {a[0]} | {a[1]} | {a[2]} | {bold(a[3])} |\n"
                for a in self.aims]
        rests = [a for a in self.aims if a[4]]
        if rests:
            out.append("\nOf those that are not met:\n\n")
            out += [fill(f"- **{a[0]}**: {a[4]}") for a in rests]
        out += ["\n### Figures\n\n| name | median | | quartiles | |\n"
                "| --- | --- | --- | --- | --- |\n"]
        out += [f"| {n} | {shown(v)} | {u} | {q} | {w} |\n"
                for n, v, u, q, w in self.figures]
        if self.notes:
            out.append("\n### Notes\n\n")
            out += [fill(f"- {note}") for note in self.notes]
        return "".join(out) + END

    def write(self, uses, minutes):
        with open(PAGE) as f:
            before, _, rest = f.read().partition(BEGIN)
            after = rest.partition(END)[2]
        with open(PAGE, "w") as f:
            f.write(before + self.text(uses, minutes) + after)
        print(f"\nwritten: doc/bench.md{self.quote()}")

    def quote(self):
        """Puts the figures where documents quote them, each with as many
        digits as stand there."""
        values = {n: v for n, v, *_ in self.figures}
        changed = ""
        for name in quoting():
            with open(name) as f:
                text = f.read()
            new = MARK.sub(lambda m: f"{like(m[1], values[m[3]])}"
                           f"{m[2] or ''}<!-- bench: {m[3]} -->"
                           if m[3] in values else m[0], text)
            if new != text:
                with open(name, "w") as f:
                    f.write(new)
                changed += f", {os.path.relpath(name, TOP)}"
        return changed


def bold(word):
    return word if word == "met" else f"**{word}**"


def fill(text):
    return textwrap.fill(text, 98, subsequent_indent="  ",
                         break_on_hyphens=False) + "\n"


def like(pattern, value):
    """VALUE with as many digits behind the point as PATTERN."""
    digits = len(pattern.partition(".")[2])
    return f"{value:,.{digits}f}"


def quoting():
    """Documents that may quote the report, by marks behind its figures."""
    names = [f"{TOP}/{n}" for n in ("README.md", "SECURITY.md")]
    return names + [f"{TOP}/doc/{n}" for n in sorted(os.listdir(TOP + "/doc"))
                    if n.endswith(".md") and n != "bench.md"]


def stating():
    """Those, and where marks would be in the way: no figure may be there."""
    return quoting() + sorted(
        glob.glob(f"{TOP}/doc/policies/*.md")
        + glob.glob(f"{TOP}/contrib/**/*.md", recursive=True)
        + glob.glob(f"{TOP}/contrib/**/*.yml", recursive=True)) + [
            f"{TOP}/{n}" for n in ("CHANGES", "HACKING.md")]


# --- the machine -----------------------------------------------------------


def today():
    return datetime.date.today().isoformat()


def first(command, pattern):
    try:
        said = subprocess.run(command, stdout=subprocess.PIPE, text=True,
                              stderr=subprocess.STDOUT, check=False).stdout
    except OSError:
        return "none"
    found = re.search(pattern, said)
    return found[1] if found else "none"


def package(name):
    return first(["dpkg-query", "-W", "-f", "${db:Status-Status} ${Version}\n",
                  name], r"(?m)^installed (\S+)")


def others():
    """Versions of what ioattest is compared with, as far as it is there."""
    found = [(name, package(p)) for name, p in (
        ("nginx-lua", "libnginx-mod-http-lua"),
        ("LuaJIT", "libluajit2-5.1-2"), ("LuaJIT", "libluajit-5.1-2"),
        ("nettle", "libnettle8"), ("nettle", "libnettle8t64"),
        ("Python", "python3"), ("uvloop", "python3-uvloop"),
        ("Cryptodome", "python3-pycryptodome"))]
    found.append(("Node", first(["node", "--version"], r"^v(\S+)")))
    return ", ".join(f"{name} {version}" for name, version in found
                     if version != "none")


def commit():
    """The commit of the sources; "-dirty" behind it where they differ from
    it, "none" where there is no repository."""
    return first(["git", "-C", TOP, "describe", "--always", "--dirty"],
                 r"^(?!fatal)(\S+)$")


def why_not():
    """Why a report of these sources may not be written down, or None: what
    was measured has to be there for whoever reads it."""
    at = commit()
    if at == "none":
        return "these sources are not in a repository"
    return "there are changes that are not committed" \
        if at.endswith("-dirty") else None


def machine():
    """What it was measured on, and with what."""
    with open("/proc/cpuinfo") as f:
        info = f.read()
    with open("/proc/meminfo") as f:
        memory = int(re.search(r"MemTotal:\s+(\d+)", f.read())[1])
    cpu = re.search(r"model name\s*: (.*)", info)
    with open(TOP + "/src/core/attest/ioattest.h") as f:
        version = re.search(r'IOA_VERSION\s+"(.*)"', f.read())[1]
    system = first(["sh", "-c", ". /etc/os-release; echo $PRETTY_NAME"],
                   r"(.*)")
    libraries = [f"{name} {package(p)}" for name, p in (
        ("libsecp256k1", "libsecp256k1-dev"), ("OpenSSL", "libssl-dev"))]
    nginx = first(["nginx", "-v"], r"nginx/(\S+)")
    compiler = first([os.environ.get("CC", "cc"), "--version"], r"(.*)")
    return [
        f"ioattest {version}, commit {commit()}",
        f"{os.cpu_count()} x {cpu[1] if cpu else platform.machine()}, "
        f"{memory / 1e6:.1f} GB; Linux {platform.release()}, {system}",
        f"nginx {nginx}, {', '.join(libraries)}, {compiler}",
        *([f"Compared with: {others()}"] if others() else []),
    ]


def load_average():
    return "load average %.2f" % os.getloadavg()[0]
