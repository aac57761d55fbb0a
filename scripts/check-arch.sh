#!/bin/sh
# Checks the rules of the architecture (doc/architecture.md); writes TAP.
#
#   check-arch.sh       after make

cd "$(dirname "$0")/.." || exit 1

export LC_ALL=C

n=0
bad=0

# check NAME OFFENDERS: passes if there are none
check() {
    n=$((n + 1))
    if [ -z "$2" ]; then
        echo "ok $n - $1"
        return
    fi
    bad=$((bad + 1))
    echo "not ok $n - $1"
    printf '%s\n' "$2" | sed 's/^/# /' >&2
}

check "src/core knows nothing of nginx" \
    "$(grep -n 'ngx_' src/core/*/*.[ch])"

# library HEADER FILES: the other files that include it
library() {
    grep -Els "^#[[:space:]]*include[[:space:]]*<$1>" \
        *.c src/*/*/*.[ch] tools/*.[ch] | grep -Ev "^$2\$"
}
check "cJSON is known to one file alone" \
    "$(library 'cjson/cJSON\.h' src/core/json/ioa_json.c)"
check "libsecp256k1 is known to one file alone" \
    "$(library 'secp256k1[a-z_]*\.h' src/core/crypto/ioa_eip191.c)"
check "OpenSSL's certificates are known to src/core/x509 alone" \
    "$(library 'openssl/x509[a-z0-9_]*\.h' 'src/core/x509/.*')"

# The folders of src/core, and what each may include besides itself and the C
# library: a folder or library, or one header of it.

# folders_table FILE: the table of doc/architecture.md, FOLDER MAY... a line
folders_table() {
    awk -F'|' '
        /^## / { here = $0 == "## The core: folders" }
        here && $2 ~ /^ `[a-z0-9]+\/` $/ {
            gsub(/[`,\/ ]+/, "", $2)
            gsub(/[`,]/, "", $4)
            sub(/all above/, above, $4)
            above = above " " $2
            print $2, tolower($4)
        }' "$1"
}

# folders_check TABLE: includes of ./src/core that the table does not have, and
# edges of the table without an include
folders_check() {
    grep -Eo '^#[[:space:]]*include[[:space:]]*["<][^">]*[">]' \
        src/core/*/*.[ch] /dev/null \
    | sed 's|^src/core/||; s|#.*include[[:space:]]*||; s|"||g
           s/<\(std[a-z]*\|inttypes\|strings\{0,1\}\|emmintrin\|immintrin\)\.h>//
           s|<\(.*\)>|\1|
           s|:\(secp256k1\)\(.*\)$|:\1/\1\2|; s|:\(pthread\)\.h|:\1/\1.h|' \
    | awk -F'[:/]' '
        FILENAME != "-" {
            n = split($0, may, " ")
            for (i = 2; i <= n; i++) {
                allowed[may[1] " " may[i]] = 1
            }
            folder[may[1]] = 1
            next
        }
        !($1 in folder) {
            print $1 "/" $2 ": not in the table"
            next
        }
        $3 == "" {
            next
        }
        NF != 4 {
            print $1 "/" $2 " includes " $3 ": without a folder"
            next
        }
        $1 == $3 {
            next
        }
        $1 " " $3 in allowed {
            used[$1 " " $3] = 1
            next
        }
        $1 " " $3 "/" $4 in allowed {
            used[$1 " " $3 "/" $4] = 1
            next
        }
        {
            print $1 "/" $2 " may not include " $3 "/" $4
        }
        END {
            for (edge in allowed) {
                if (!(edge in used)) {
                    print "in the table, but nobody does: " edge
                }
            }
        }' "$1" -
}
table=$PWD/build/folders
folders_table doc/architecture.md > "$table"
check "each folder of src/core includes what its row in the document allows" \
    "$(folders_check "$table")"

# Not a failure, but a question for a review: does the file have one concern?
find . -name build -prune -o -path './.git' -prune \
        -o -path ./t/data -prune -o -name node_modules -prune \
        -o -type f \( -name '*.[ch]' -o -name '*.p[lmy]' -o -name '*.sh' \
            -o -name '*.t' -o -name '*.js' -o -name '*.mjs' -o -name config \
            -o -name Makefile \) -print \
    | while read -r file; do
          lines=$(wc -l < "$file")
          [ "$lines" -le 500 ] || echo "# $file: $lines lines"
      done

# Comments cite only documents in the tree, and sections that exist.

# a section or rule of a document: "5", "8.1", or "5.3", rule 3 of section 5
section='
    /^## / { at = $2; sub(/\.$/, "", at); below = 0 }
    /^### / { at = $2; below = 1 }
    /^##/ && at == want { found = 1 }
    /^[0-9]+\. / {
        rule = $1
        sub(/\.$/, "", rule)
        if (!below && at "." rule == want) { found = 1 }
    }
    END { exit !found }'

# cited_in GREP_OPTION ...: grep over all files with comments
cited_in() {
    grep -rI --exclude=check-arch.sh --exclude-dir=data \
        --exclude-dir=seeds --exclude-dir=node_modules \
        --exclude-dir='servroot*' --exclude-dir=__pycache__ "$@" \
        src tools fuzz bench t scripts config Makefile *.c 2>/dev/null
}

# cited: citations of documents or sections that do not exist
cited() {
    cited_in -nwE -e 'AGENT|FORMATS|DESIGN|INTERFACE|HOUSE|FLEET' \
        -e 'HOLD(\.md)? [0-9]' -e 'Floors? F[0-9]'

    # a path that begins with a variable, or is an installed one, is no citation
    cited_in -noE '[$]?[A-Za-z0-9_/.-]*[A-Za-z0-9_]\.md\>( [0-9]+(\.[0-9]+)?)?' \
        | while IFS=: read -r file line what; do
            name=${what%% *}
            case $name in '$'* | usr/*) continue ;; esac
            for at in "$name" "doc/$name" "$(dirname "$file")/$name" ""; do
                [ ! -f "$at" ] || break
            done
            if [ -z "$at" ]; then
                echo "$file:$line: there is no $name"
            elif [ "$name" != "$what" ] \
                && ! awk -v want="${what#* }" "$section" "$at"; then
                echo "$file:$line: there is no $what"
            fi
        done
}

check "comments cite documents that are in the tree" "$(cited)"

# A tree with wrong citations, and three correct ones.
tree=build/arch/cited
rm -rf $tree
mkdir -p $tree/src $tree/doc
cat > $tree/src/a.c <<'END'
/* AGENT 4.2 */
/* Floor F1. */
/* see FORMATS 1.1 */
/* doc/formats.md 1, formats.md 1.2, doc/formats.md 2.1 */
/* doc/formats.md 3 */
/* doc/formats.md 1.3 */
/* doc/formats.md 2.2 */
/* ABSENT.md */
ioa_text = IOA_TEXT_AGENT;
END
cat > $tree/doc/formats.md <<'END'
## 1. One
1. rule
2. rule
## 2. Two
### 2.1 Part
1. rule
2. rule
END
check "a tree that cites what is not there is refused for each of them" \
    "$( (cd $tree && cited) | cut -d: -f2 | sort -n | tr '\n' ' ' \
        | grep -vx '1 2 3 5 6 7 8 ')"

# The core compiles without the path of nginx's headers, so it needs none.
objects=build/arch
rm -rf $objects
mkdir -p $objects/folders/src/core/base $objects/folders/src/core/json

# A tree of four files, each of which violates the table.
printf '#include "json/ioa_json.h"\n' > $objects/folders/src/core/base/ioa_a.h
printf '#include <%s.h>\n' string openssl/sha openssl/evp pthread \
    > $objects/folders/src/core/base/ioa_a.c
printf '#include "ioa_json.h"\n#include <cjson/cJSON.h>\n' \
    > $objects/folders/src/core/json/ioa_b.c
mkdir $objects/folders/src/core/shed
printf '#include "base/ioa_a.h"\n' > $objects/folders/src/core/shed/ioa_c.c
cat > $objects/folders/doc.md << 'END'
## Another table
| `shed/` | not of the core | base |
## The core: folders
| folder | what | may include |
| --- | --- | --- |
| `base/` | what all use | `openssl/sha.h` |
| `json/` | values | all above, cJSON, OpenSSL |
END
cat > $objects/folders/expected << 'END'
base/ioa_a.c may not include openssl/evp.h
base/ioa_a.c may not include pthread/pthread.h
base/ioa_a.h may not include json/ioa_json.h
in the table, but nobody does: json base
in the table, but nobody does: json openssl
json/ioa_b.c includes ioa_json.h: without a folder
shed/ioa_c.c: not in the table
END
check "a core with such includes is refused for each of them" \
    "$( (cd $objects/folders && folders_table doc.md > table \
        && folders_check table) | sort \
        | diff - $objects/folders/expected)"
check "core compiles by itself, with hidden symbols" \
    "$(for file in src/core/*/*.c; do
           ${CC:-cc} -std=c11 -O0 -fPIC -fvisibility=hidden -Isrc/core -c \
               -o "$objects/$(basename "$file" .c).o" "$file" 2>&1
       done)"

# skip NAME WHY: a check that cannot be made here
skip() {
    n=$((n + 1))
    echo "ok $n - $1 # skip $2"
}

# nginx may be built without any of these; Debian's has them all.
nginx=build/nginx-module
objs=$nginx/objs
jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)

# each COMMAND ...: with each file of standard input, several at once
each() {
    xargs -P "$jobs" -n 1 "$@" 2>&1
}
glue() {
    printf '%s\n' *.c src/nginx/*/*.c | glue_each "$@"
}
glue_each() {
    each ${CC:-cc} -O -Wall -Wextra -Wno-unused-parameter -Werror -fPIC \
        "$@" -I$objs -I$nginx/src/src/core -I$nginx/src/src/event \
        -I$nginx/src/src/event/modules -I$nginx/src/src/event/quic \
        -I$nginx/src/src/os/unix -I$nginx/src/src/http \
        -I$nginx/src/src/http/modules -I$nginx/src/src/http/v2 \
        -I$nginx/src/src/http/v3 -Isrc/core -Isrc/nginx -I. \
        -c -o /dev/null
}
check "the module compiles for an nginx without --with-debug" \
    "$(glue -DNGX_DEBUG=0)"
check "the module compiles for an nginx without --with-threads" \
    "$(glue -DNGX_THREADS=0)"

# configured DIR SED: nginx's configuration, changed by SED
configured() {
    objs=$1
    mkdir -p "$objs"
    cp $nginx/objs/ngx_auto_headers.h "$objs/"
    sed -E "$2" $nginx/objs/ngx_auto_config.h > "$objs/ngx_auto_config.h"
}

# Without the flags that suppress warnings of OpenSSL's deprecated functions.
configured $objects/bare \
    's/^#define (NGX_(HTTP_|MAIL_|STREAM_)?SSL|NGX_OPENSSL\w*|NGX_QUIC\w*|NGX_HTTP_V[23]|NGX_THREADS) .*//'
check "the module compiles for an nginx without SSL, HTTP/2 and threads" \
    "$(grep -E '^#define NGX_(SSL|THREADS) ' $objs/ngx_auto_config.h
       glue -fsyntax-only)"

# 32 bits, with 64 bits for time_t: types that have equal sizes elsewhere differ.
# The system's own headers for 32 bits come first, other libraries' last.
wide="-m32 -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64
    -idirafter /usr/include/$(${CC:-cc} -print-multiarch 2>/dev/null)"
wide_name="core and module compile with 32 bits, and 64 for the time"
echo '#include <stdio.h>
#include <stdint.h>
#include <time.h>
char t[sizeof(time_t) == 8 && sizeof(void *) == 4 ? 1 : -1];' > $objects/try.c
if ${CC:-cc} $wide -c -o $objects/try.o $objects/try.c 2>/dev/null; then
    configured $objects/wide \
        's/^(#define NGX_PTR_SIZE) .*/\1  4/
         s/^(#define NGX_MAX_SIZE_T_VALUE) .*/\1  2147483647L/
         s/^(#define NGX_SIZE_T_LEN) .*/\1  (sizeof("-2147483648") - 1)/'
    check "$wide_name" \
        "$(printf '%s\n' src/core/*/*.c \
               | each ${CC:-cc} $wide -std=c11 -O -Wall -Wextra -Werror \
                     -Isrc/core -fsyntax-only
           # shellcheck disable=SC2086
           glue $wide -fsyntax-only)"
else
    skip "$wide_name" "no compiler for 32 bits: gcc-multilib"
fi
objs=$nginx/objs

check "each header of the module stands alone" \
    "$(mkdir -p $objects/alone
       for header in src/nginx/*/*.h; do
           alone=$objects/alone/$(basename "$header" .h).c
           echo "#include \"$header\"" > "$alone"
           echo "$alone"
       done | glue_each)"

# The folders of src/nginx, in their order: scripts/rooms.awk.  Checked are the
# includes of each file, and the symbols of other objects that its object uses;
# every file may use the module's descriptor, by which nginx finds our data.

# rooms_included: FROM TO HOW, one edge a line
rooms_included() {
    for file in src/nginx/*/*.[ch] ngx_http_ioattest_module.c; do
        sed -n 's/^#[[:space:]]*include[[:space:]]*"\([a-z]*\/ngx_.*\)"/\1/p' \
            "$file" | sed "s|^|$file |; s|\$| include|"
    done | sed 's|src/nginx/||g; s|^ngx_http_ioattest_module|module/module|
                s|ngx_http_ioattest_||g'
}

# rooms_objects: each source and its object
rooms_objects() {
    for file in src/nginx/*/*.c; do
        room=$(basename "$(dirname "$file")")
        echo "$file $nginx/objs/addon/$room/$(basename "$file" .c).o"
    done
    echo ngx_http_ioattest_module.c \
        $nginx/objs/addon/*/ngx_http_ioattest_module.o
}

# rooms_linked: FROM TO SYMBOL, one edge a line
rooms_linked() {
    rooms_objects | while read -r file object; do
        nm -g "$object" | sed "s|^|$file |"
    done | sed 's|^src/nginx/||; s|^ngx_http_ioattest_module|module/module|
                s|ngx_http_ioattest_||; s|\.c | |' | awk '
        NF == 4 { owner[$4] = $1 }
        NF == 3 && $2 == "U" && $3 != "ngx_http_ioattest_module" {
            user[++n] = $1
            used[n] = $3
        }
        END {
            for (i = 1; i <= n; i++) {
                if (used[i] in owner) {
                    print user[i], owner[used[i]], used[i]
                }
            }
        }'
}

# rooms_check ALLOWED: the offenders
rooms_check() {
    { rooms_included; rooms_linked; } | awk -v allowed="$1" -f "$rooms"
}

rooms=$PWD/scripts/rooms.awk

check "each file of the module has its object, and no older one: make" \
    "$(rooms_objects | while read -r file object; do
           [ -f "$object" ] || echo "$file: no $object"
           [ ! "$file" -nt "$object" ] || echo "$file: $object is older"
       done)"

check "no room uses a later one, and no file itself by way of others" \
    "$(rooms_check "")"

# A tree of four files, each of which violates a rule.
tree=$objects/rooms
addon=$nginx/objs/addon
mkdir -p $tree/src/nginx/zone $tree/src/nginx/gate \
    $tree/$addon/zone $tree/$addon/gate $tree/$addon/top

# planted ROOM NAME USES INCLUDE
planted() {
    file=$tree/src/nginx/$1/ngx_http_ioattest_$2.c
    printf '#include "%s"\nvoid %s(void);\nvoid %s(void);\nvoid %s(void) { %s(); }\n' \
        "$4" "$2" "$3" "$2" "$3" > "$file"
    ${CC:-cc} -I$tree/src/nginx -c \
        -o $tree/$addon/"$1/ngx_http_ioattest_$2.o" "$file"
}
: > $tree/src/nginx/gate/ngx_http_ioattest_gate.h
planted zone low   high gate/ngx_http_ioattest_gate.h
planted gate high  one  gate/ngx_http_ioattest_gate.h
planted gate one   two  gate/ngx_http_ioattest_gate.h
planted gate two   one  gate/ngx_http_ioattest_gate.h
: > $tree/ngx_http_ioattest_module.c
${CC:-cc} -c -o $tree/$addon/top/ngx_http_ioattest_module.o \
    $tree/ngx_http_ioattest_module.c

cat > $objects/rooms.expected << 'END'
allowed, but not there: gate/one>gate/low
in a circle: gate/one uses gate/two
in a circle: gate/two uses gate/one
zone/low uses gate/high, of a later room: high
zone/low.c uses gate/gate.h, of a later room: include
END
check "a tree with such uses is refused for each of them" \
    "$( (cd $tree && rooms_check "gate/one>gate/low") | sort \
        | diff - $objects/rooms.expected)"

# Where libxml2 or libcurl is not there, the tool is built without what
# includes it.
xml=$(pkg-config --cflags libxml-2.0 2>/dev/null) && with_xml=yes || with_xml=
pkg-config --exists libcurl 2>/dev/null && with_curl=yes || with_curl=
tools=$(for file in tools/*.c; do
            if [ -z "$with_xml" ] \
                && grep -Eq '<libxml/|"rim_node\.h"' "$file"; then
                continue
            fi
            if [ -z "$with_curl" ] && grep -Eq '<curl/' "$file"; then
                continue
            fi
            echo "$file"
        done)
check "libxml2 is known to ioattest rim alone" \
    "$(library 'libxml/[a-z0-9]*\.h' 'tools/rim_(xml|node)\.[ch]')"
check "libcurl is known to one file of the tool alone" \
    "$(library 'curl/[a-z]*\.h' 'tools/attest_curl\.c')"

# The targets of libFuzzer, which only "make fuzz" builds, by clang.
fuzz=$(for file in fuzz/*.c; do
           [ -n "$with_xml" ] || ! grep -Eq '<libxml/' "$file" || continue
           echo "$file"
       done)
check "what fuzz/ has compiles" \
    "$(# shellcheck disable=SC2086
       printf '%s\n' $fuzz \
           | each ${CC:-cc} -std=c11 -Wall -Wextra -Werror -fsyntax-only \
                 -Isrc/core -Itools -Ifuzz/nginx -Isrc/nginx $xml)"

# nginx's configure has clang warn of this, and treats warnings as errors.
clang="-Wconditional-uninitialized -fsyntax-only"
clang_name="core, tool and module compile with clang, without a warning"
if command -v clang >/dev/null 2>&1; then
    check "$clang_name" \
        "$(# shellcheck disable=SC2086
           printf '%s\n' src/core/*/*.c $tools \
               | each clang -std=c11 -O -Wall -Wextra -Werror $clang \
                     -Isrc/core $xml
           # shellcheck disable=SC2086
           CC=clang && glue $clang)"
else
    skip "$clang_name" "no clang: scripts/deps.sh fuzz"
fi

check "no setter writes all directives through one type" \
    "$(grep -nE '\(ngx_(flag|int|uint)_t \*\) \(p \+ cmd->offset\)' \
        src/nginx/*/*.c)"

# The library exports the functions of a list, and its public header is the only
# one of src/core that the module and the tool include.
objects_of="build/core/tool/*.o $nginx/objs/addon/*/ngx_http_ioattest_*.o"
check "the library exports what the module and the tool call, and no more" \
    "$({ nm -u $objects_of | awk '$2 ~ /^ioa_/ { print $2 }' | sort -u \
             | diff src/core/ioattest.sym -
         nm -g --defined-only build/libioattest.a | awk 'NF == 3 { print $3 }' \
             | sort | diff src/core/ioattest.sym -; } 2>&1)"
check "the module and the tool include attest/ioattest.h alone of src/core" \
    "$(grep -n '^#[[:space:]]*include[[:space:]]*"[a-z0-9]*/ioa' \
        *.c src/nginx/*/*.[ch] tools/*.[ch] \
        | grep -v '"attest/ioattest\.h"')"

module=${MODULE:-build/ngx_http_ioattest_module.so}
check "the module exports its descriptor and nothing else" \
    "$(nm -D --defined-only "$module" 2>&1 \
        | awk '$NF !~ /^ngx_module(s|_names|_order)$/')"

check "the module has no symbol that nobody will define" \
    "$(nm -D --undefined-only "$module" 2>&1 | awk '$NF ~ /^ioa_/')"

# nginx has these counters if it was built with stub_status, and only then.
check "the module loads without stub_status" \
    "$(nm -D --undefined-only "$module" 2>&1 \
       | awk '$NF ~ /^ngx_stat_/ && $1 !~ /^[vw]$/')"

echo "1..$n"
[ $bad = 0 ]
