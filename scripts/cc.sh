#!/bin/sh
# A compiler's command, of which one line is printed: what is made.
#
#   cc.sh CC ARGUMENT ...
#
# With V=1 in the environment the whole command is.

if [ -n "${V-}" ]; then
    echo "$*"
    exec "$@"
fi

verb=LINK
name=
out=

for word in "$@"; do
    if [ "$out" = next ]; then
        name=$word
        out=
    fi
    case $word in
        -o) out=next ;;
        -c) verb=CC ;;
        -shared) verb=LINK ;;
    esac
done

# nginx names its objects absolutely
case $name in
    "$PWD"/*) name=${name#"$PWD"/} ;;
    */objs/*) name=objs/${name##*/objs/} ;;
esac

printf '  %-5s %s\n' "$verb" "$name"
exec "$@"
