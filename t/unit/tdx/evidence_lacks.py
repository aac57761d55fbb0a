#!/usr/bin/python3
"""Which SVN is short, in words: of a platform, a TDX module and a QE that are
out of date, and of those that no level fits.

Speaks TAP.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../driver"))
import vendorfeed as vf
from collateral import DAY, Case, isv, level
from vendorfeed import ok, rfc3339

BETTER = rfc3339(1000 * DAY)[:10]
cases = []


def case(name, change, lacks, part=None):
    """lacks: of all parts; part: what one part's check says, or None."""
    c = Case()
    exec(change, {**globals(), "c": c})
    cases.append((name, c, lacks, part))


def run():
    for (name, _, lacks, part), a in zip(
            cases, vf.run([c[1].record() for c in cases])):
        said = [x.replace("_", " ") for x in a[7:9]]
        ok(said[0] == lacks and (part is None or part in
                                 said[1].split("|")), name, " ".join(a))
    cases.clear()


def test_parts():
    case("up to date: nothing", "", "-", "UpToDate")
    case("another status: nothing", "c.quote['pcesvn'] = 10", "-",
         "ConfigurationNeeded")
    case("revoked: nothing", "c.quote['pcesvn'] = 5", "-", "Revoked")
    case("PCESVN", "c.quote['pcesvn'] = 9",
         "PCESVN is 9, 11 is needed for UpToDate (%s)" % BETTER,
         "OutOfDate: PCESVN is 9, 11 is needed for UpToDate (%s)" % BETTER)
    case("an SGX component", "c.quote['pck'][1] = 1",
         "SGX component 2 is 1, 2 is needed for UpToDate (%s)" % BETTER)
    case("the last TDX component",
         "c.quote['pcesvn'] = 11; [c.tcb['tcbLevels'][i]['tcb']"
         "['tdxtcbcomponents'][15].update(svn=7) for i in (0, 1)]",
         "TDX component 16 is 0, 7 is needed for UpToDate (%s)" % BETTER)
    case("the module", "c.quote['tee'][0] = 3",
         "TDX module svn is 3, 4 is needed for UpToDate (%s)" % BETTER,
         "OutOfDate: TDX module svn is 3, 4 is needed for UpToDate (%s)"
         % BETTER)
    case("the QE", "c.quote['svn'] = 3",
         "QE isvsvn is 3, 4 is needed for UpToDate (%s)" % BETTER)
    case("the module's version is no TDX component", "c.quote['pcesvn'] = 9; "
         "c.quote['tee'] = [2, 3, 2] + [0] * 13; "
         "c.tcb['tdxModuleIdentities'][0]['tcbLevels'][0]['tcb']['isvsvn'] "
         "= 2", "PCESVN is 9, 11 is needed for UpToDate (%s)" % BETTER)
    case("version 0: the module is TDX component 1",
         "c.quote['tee'] = [4, 0, 2] + [0] * 13",
         "TDX component 1 is 4, 5 is needed for UpToDate (%s)" % BETTER)
    case("several parts", "c.quote['pcesvn'] = 9; c.quote['svn'] = 3",
         "PCESVN is 9, 11 is needed for UpToDate (%s); "
         "QE isvsvn is 3, 4 is needed for UpToDate (%s)" % (BETTER, BETTER))
    case("no room for the third: it is said",
         "c.quote.update(pcesvn=9, svn=3); c.quote['tee'][0] = 3; "
         "c.quote['pck'][1] = 1",
         "SGX component 2 is 1, 2 is needed, PCESVN is 9, 11 is needed for "
         "UpToDate (%s); TDX module svn is 3, 4 is needed for UpToDate (%s)"
         "..." % (BETTER, BETTER),
         "OutOfDate: QE isvsvn is 3, 4 is needed for UpToDate (%s)" % BETTER)
    run()


def test_names():
    named = "c.quote['pck'][1] = 1; c.tcb['tcbLevels'][0]['tcb']" \
        "['sgxtcbcomponents'][1].update(%s)"
    tail = " is 1, 2 is needed for UpToDate (%s)" % BETTER
    for name, members, words in (
            ("category and type", "category='BIOS', type='Early Microcode "
             "Update'", " (BIOS, Early Microcode Update)"),
            ("category alone", "category='OS/VMM'", " (OS/VMM)"),
            ("type alone", "type='TXT SINIT'", " (TXT SINIT)"),
            ("none that is text", "category=1, type=None", ""),
            ("empty", "category='', type=''", ""),
            ("32 bytes", "type='x' * 32", " (%s)" % ("x" * 32)),
            ("too long", "type='x' * 33", "")):
        case("words for a component: " + name, named % members,
             "SGX component 2" + words + tail)
    run()


def test_targets():
    case("the nearest level that is UpToDate",
         "c.quote['pcesvn'] = 9; c.tcb['tcbLevels'].append("
         "level(12, 'UpToDate', 1200 * DAY, (3, 3), (5, 0, 2)))",
         "PCESVN is 9, 11 is needed for UpToDate (%s)" % BETTER)
    case("none is: one that is not out of date",
         "c.quote['pcesvn'] = 9; del c.tcb['tcbLevels'][0]",
         "PCESVN is 9, 10 is needed for ConfigurationNeeded (%s)" % BETTER)
    case("a revoked one is no target",
         "c.quote['pcesvn'] = 9; "
         "[x.update(tcbStatus='Revoked') for x in c.tcb['tcbLevels'][:2]]",
         "Intel has no better level")
    case("no better level", "c.quote['svn'] = 3; "
         "c.qe['tcbLevels'] = [isv(4, 'OutOfDate', 9 * DAY), "
         "isv(3, 'OutOfDate', 8 * DAY)]", "Intel has no better level",
         "OutOfDate: Intel has no better level")
    case("no level fits", "c.quote['pcesvn'] = 4", "-",
         "no level fits: PCESVN is 4, 11 is needed for UpToDate (%s)"
         % BETTER)
    case("all that is short, as far as there is room",
         "c.quote['pck'] = [0] * 16; c.quote['pcesvn'] = 0; "
         "c.tcb['tcbLevels'] = [level(11, 'UpToDate', 1000 * DAY, "
         "(255,) * 16, (255,) * 16)]", "-",
         "no level fits: SGX component 1 is 0, 255 is needed, "
         "SGX component 2 is 0, 255 is needed, SGX component 3 is 0, "
         "255 is needed, SGX component 4 is 0, 255 is needed and 27 more "
         "for UpToDate (%s)" % BETTER)
    two = "c.quote['pck'][0:2] = [1, 1]; c.tcb['tcbLevels'][2]['tcb']" \
        "['sgxtcbcomponents'][0]['svn'] = 1; [x.update(category='OS/VMM', " \
        "type='y' * %d) for x in c.tcb['tcbLevels'][0]['tcb']" \
        "['sgxtcbcomponents']]"
    case("with words for both", two % 24,
         "SGX component 1 (OS/VMM, %s) is 1, 2 is needed, SGX component 2 "
         "(OS/VMM, %s) is 1, 2 is needed for UpToDate (%s)"
         % ("y" * 24, "y" * 24, BETTER))
    case("numbers where there is no room for words", two % 32,
         "SGX component 1 is 1, 2 is needed, SGX component 2 is 1, 2 is "
         "needed for UpToDate (%s)" % BETTER)
    run()


test_parts()
test_names()
test_targets()
vf.done()
