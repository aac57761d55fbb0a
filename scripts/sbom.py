#!/usr/bin/python3
"""The software bill of materials of what was built: CycloneDX 1.5, in JSON.

  sbom.py [FILE ...]      after make; default: build's module and tool

Components are the files, with their SHA-256, and each library that they are
linked with, found as the dynamic linker finds it, with its SHA-256 and, on
Debian, package and version.  What these libraries need in their turn is not
listed: the packages say that.  nginx itself is the host of the module, and is
not linked with it; libc and its parts are listed like the others.

The output depends on the files alone: two runs print the same.
"""
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent
FILES = ["build/ngx_http_ioattest_module.so", "build/ioattest"]


def output(*command):
    return subprocess.run(command, check=True, capture_output=True,
                          text=True).stdout


def version():
    text = (TOP / "src/core/attest/ioattest.h").read_text()
    return re.search(r'^#define IOA_VERSION  "([0-9.]+)"$', text, re.M)[1]


def sha256(path):
    return [{"alg": "SHA-256",
             "content": hashlib.sha256(path.read_bytes()).hexdigest()}]


def needed(path):
    """Names of libraries that the file itself asks for."""
    return re.findall(r"\(NEEDED\).*\[(.+)\]", output("readelf", "-d", path))


def found(path):
    """Where the dynamic linker finds each library, by name."""
    return dict(re.findall(r"^\s*(\S+) => (/\S+)", output("ldd", path), re.M))


def names_of(path):
    """A file may be registered under /lib or under /usr/lib."""
    real = os.path.realpath(path)
    return [path, real, real.removeprefix("/usr"), "/usr" + real]


def packages(paths):
    """(package, version, architecture) of each file that dpkg knows."""
    every = [name for path in paths for name in names_of(path)]
    try:
        said = subprocess.run(["dpkg-query", "-S", *every], text=True,
                              capture_output=True, check=False).stdout
        owners = {line.rsplit(": ", 1)[1]: line.rsplit(": ", 1)[0]
                  for line in said.splitlines() if ": /" in line}
        known = output("dpkg-query", "-W", "-f", "${binary:Package}\t"
                       "${Package}\t${Version}\t${Architecture}\n",
                       *set(owners.values())) if owners else ""
    except OSError:
        return {}
    rows = {row[0]: tuple(row[1:]) for row in
            (line.split("\t") for line in known.splitlines())}
    return {path: rows[owners[name]] for path in paths
            for name in names_of(path) if owners.get(name) in rows}


def library(name, path, known):
    real = pathlib.Path(path).resolve()
    component = {"type": "library", "bom-ref": name, "name": name,
                 "hashes": sha256(real)}
    if known:
        component["version"] = known[1]
        component["purl"] = "pkg:deb/debian/%s@%s?arch=%s" % (
            known[0].replace("+", "%2B"),
            known[1].replace("+", "%2B").replace(":", "%3A"), known[2])
    return component


def main(files):
    own = version()
    components, libraries, depends = [], {}, []
    for file in map(pathlib.Path, files):
        names, where = needed(file), found(file)
        for name in names:
            if name not in where:
                sys.exit(f"sbom.py: {file}: {name} is not found")
            libraries.setdefault(name, where[name])
        components.append({
            "type": "application" if file.suffix != ".so" else "library",
            "bom-ref": file.name, "name": file.name, "version": own,
            "licenses": [{"license": {"id": "BSD-2-Clause"}}],
            "hashes": sha256(file)})
        depends.append({"ref": file.name, "dependsOn": sorted(names)})
    known = packages(libraries.values())
    components += [library(name, path, known.get(path))
                   for name, path in sorted(libraries.items())]
    json.dump({"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
               "metadata": {"component": {
                   "type": "application", "bom-ref": "project",
                   "name": "ioattest", "version": own}},
               "components": components, "dependencies": depends},
              sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main(sys.argv[1:] or [str(TOP / file) for file in FILES])
