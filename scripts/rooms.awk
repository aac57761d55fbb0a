# The folders (rooms) of src/nginx and their order: no room may use a later one,
# and there are no circular uses between files.
#
#   awk -f rooms.awk -v allowed='FROM>TO ...' < edges
#
# An edge is a line: a file, the file that it uses, and the symbol, as in
# "gate/gate request/wait ngx_http_ioattest_wait_begin".  An allowed edge must
# exist, so that it is removed from the list with its reason.

BEGIN {
    n = split("zone audit request subrequest attest gate response status module",
              rooms, " ")
    for (i = 1; i <= n; i++) {
        place[rooms[i]] = i
    }

    n = split(allowed, list, " ")
    for (i = 1; i <= n; i++) {
        known[list[i]] = 1
    }
}

# room FILE: its place in the order
function room(file,    parts) {
    split(file, parts, "/")
    if (!(parts[1] in place)) {
        print file ": in none of the rooms"
        return 0
    }
    return place[parts[1]]
}

{
    edge = $1 ">" $2

    if ($1 == $2) {
        next
    }

    if (edge in known) {
        met[edge] = 1
        next
    }

    if (room($1) < room($2)) {
        print $1 " uses " $2 ", of a later room: " $3
        next
    }

    if (!(edge in seen)) {
        seen[edge] = 1
        from[++edges] = $1
        to[edges] = $2
        uses[$1] = uses[$1] " " $2
    }
}

# reach A B: 1 if A uses B, directly or by way of others
function reach(a, b,    list, n, i) {
    if (a == b) {
        return 1
    }
    passed[a] = 1
    n = split(uses[a], list, " ")
    for (i = 1; i <= n; i++) {
        if (!(list[i] in passed) && reach(list[i], b)) {
            return 1
        }
    }
    return 0
}

END {
    for (edge in known) {
        if (!(edge in met)) {
            print "allowed, but not there: " edge
        }
    }

    for (i = 1; i <= edges; i++) {
        split("", passed)
        if (reach(to[i], from[i])) {
            print "in a circle: " from[i] " uses " to[i]
        }
    }
}
