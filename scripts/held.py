#!/usr/bin/python3
"""What is called while a zone's lock is held: look-ups in memory, or more?

  held.py MODULE.so            after make lockcheck: build/lockcheck/good.so

Every worker waits for that lock.  Read is the code as it was built without
optimization, where calls stand in the order of the source: what a function
calls between its first locking and its last unlocking, what a function whose
name ends in _locked calls, and what these call in turn.  Of other objects,
which are nginx and libraries, they may call what MEMORY names; a call in REASONS
is not followed.  A line for each other call; exit status 1 if there is one.

The audit log has a lock of its own, which is held while a line is written, and
is not looked at.
"""
import re
import subprocess
import sys

PREFIX = "ngx_http_ioattest_"
LOCK = {PREFIX + "store_lock", "ngx_shmtx_lock", "ngx_shmtx_trylock"}
UNLOCK = {PREFIX + "store_unlock", "ngx_shmtx_unlock"}
# ours, which only look at what is watched
OWN_LOCK = re.compile(PREFIX + "audit_|lockcheck$")
INDIRECT = "a function by its address"

# nothing here waits, reads, writes, or calculates for long
MEMORY = {
    "memcmp", "memcpy", "memset", "ngx_cpystrn", "ngx_rbtree_insert",
    "ngx_rbtree_delete", "ngx_slab_calloc_locked", "ngx_slab_alloc_locked",
    "ngx_slab_free_locked", "ngx_str_rbtree_lookup", "__stack_chk_fail",
    "__tls_get_addr", *LOCK, *UNLOCK,
}

ENTERED = "a worker died in a change, and the zone is made anew"
BURY = "between two locks: whether workers live"
FETCHED = "whether the worker lives that fetches what is waited for"
USED = "names of models that are in use, when the census keeps them"
LISTED = "names of a list of models, when one has come; in batches"
BOUND = "a model's name, where a search ends and its bound is kept"
REASONS = {
    ("store_entered", "abort"): ENTERED,
    ("store_entered", "free"): ENTERED,
    ("store_entered", "ngx_log_error_core"): ENTERED,
    ("store_entered", "ngx_slab_init"): ENTERED,
    ("replay_keep", "ngx_alloc"): ENTERED,
    ("store_bury", "__errno_location"): BURY,
    ("store_bury", "kill"): BURY,
    ("document_asked_locked", "__errno_location"): FETCHED,
    ("document_asked_locked", "kill"): FETCHED,
    ("store_try", "usleep"): "between two tries",
    ("used_note_locked", PREFIX + "store_key"): USED,
    ("list_put_locked", PREFIX + "store_key"): LISTED,
    ("bound_key", PREFIX + "store_key"): BOUND,
}


def calls(module):
    """{function: what it calls, in the order in which it is written}."""
    said = subprocess.run(["objdump", "-d", "--no-show-raw-insn", module],
                          stdout=subprocess.PIPE, text=True, check=True).stdout
    found, function = {}, None
    for line in said.splitlines():
        head = re.match(r"[0-9a-f]+ <(.+)>:$", line)
        if head:
            function = head[1]
            found.setdefault(function, [])
            continue
        call = re.search(r"\s(callq?|jmpq?|blr?)\s+(.*)", line)
        if not call or function is None:
            continue
        to = re.search(r"<([^>+]+)>", call[2])
        if to:
            found[function].append(to[1].removesuffix("@plt"))
        elif "<" not in call[2] and not call[1].startswith("jmp"):
            # a jump so is one into the table of a "switch"
            found[function].append(INDIRECT)
    return {name: called for name, called in found.items()
            if not name.endswith("@plt")}


def held(called):
    """What of a function's calls is made with the lock, as it is written."""
    on = [i for i, name in enumerate(called) if name in LOCK]
    off = [i for i, name in enumerate(called) if name in UNLOCK]
    if not on and not off:
        return []
    return called[on[0] + 1 if on else 0:off[-1] if off else None]


def excused(name, one):
    return (name.removeprefix(PREFIX), one) in REASONS


def reached(code):
    """{function: its caller} of all that is called with the lock."""
    seen = {}
    for name, called in code.items():
        if name in LOCK | UNLOCK or OWN_LOCK.match(name):
            continue
        if name.endswith("_locked"):
            seen.setdefault(name, "")
        for one in held(called):
            if not excused(name, one):
                seen.setdefault(one, name)
    todo = list(seen)
    while todo:
        name = todo.pop()
        for one in code.get(name, ()):
            if one not in seen and not excused(name, one):
                seen[one] = name
                todo.append(one)
    return seen


def main(module):
    code = calls(module)
    seen = reached(code)
    if not any(name in code for name in seen):
        sys.exit(f"held.py: {module} has no names, or takes no lock")
    wrong = set()
    for name in code:
        if OWN_LOCK.match(name):
            continue
        for one in code[name] if name in seen else held(code[name]):
            if one not in code and one not in MEMORY \
                    and not excused(name, one):
                wrong.add(f"{name} calls {one}")
    for line in sorted(wrong):
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
