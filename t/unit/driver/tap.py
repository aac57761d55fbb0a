"""TAP for the tests in Python."""

failures = 0
count = 0


def ok(good, name, more=""):
    global failures, count
    count += 1
    if not good:
        failures += 1
    print("%sok %d - %s" % ("" if good else "not ", count, name))
    if not good and more:
        print("# " + str(more))


def skip(name, why):
    global count
    count += 1
    print("ok %d - %s # skip %s" % (count, name, why))


def done():
    """Returns: what to exit with."""
    print("1..%d" % count)
    return 1 if failures else 0
