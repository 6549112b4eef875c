#!/usr/bin/env bash
# Runs one setting on real Maelstrom and on the embedded test bed, and prints
# their figures side by side.
set -euo pipefail

usage() {
  cat <<'EOT'
usage: scripts/maelstrom.sh [--challenge 3a|3b|3c|3d|3e] [TEST-FLAGS...] [-- NODE-FLAGS...]

Runs treecast on a real Maelstrom and on its own test bed with the same flags
and prints messages per operation and stable latencies of both.

  --challenge NAME   the flags of a Fly.io challenge (default 3d)
  TEST-FLAGS         further flags for both beds, such as --nemesis partition
  NODE-FLAGS         flags for every node, such as --num-children 5

Maelstrom is found by the variable MAELSTROM (the path of its launcher) or as
`maelstrom` on PATH. To get it: install a JVM (Java 17 or later), unpack
maelstrom.tar.bz2 from https://github.com/jepsen-io/maelstrom/releases, and
set MAELSTROM to the script `maelstrom` in it.
EOT
}

here=$(cd "$(dirname "$0")/.." && pwd)
challenge=3d
bed=()
node=()
while [ $# -gt 0 ]; do
  case $1 in
    -h|--help) usage; exit 0 ;;
    --challenge) challenge=${2:?"--challenge needs a name, see --help"}; shift 2 ;;
    --) shift; node=("$@"); break ;;
    *) bed+=("$1"); shift ;;
  esac
done
case $challenge in
  3a) flags=(--node-count 1 --time-limit 20 --rate 10) ;;
  3b) flags=(--node-count 5 --time-limit 20 --rate 10) ;;
  3c) flags=(--node-count 5 --time-limit 20 --rate 10 --nemesis partition) ;;
  3d|3e) flags=(--node-count 25 --time-limit 20 --rate 100 --latency 100) ;;
  *) echo "scripts/maelstrom.sh: no challenge called $challenge; see --help" >&2; exit 254 ;;
esac

maelstrom=${MAELSTROM:-$(command -v maelstrom || true)}
if [ -z "$maelstrom" ] || [ ! -x "$maelstrom" ]; then
  echo "scripts/maelstrom.sh: no Maelstrom found (MAELSTROM is '${MAELSTROM:-}', and it is not on PATH)." >&2
  echo "It needs a JVM and the release from https://github.com/jepsen-io/maelstrom/releases;" >&2
  echo "then: MAELSTROM=/path/to/maelstrom/maelstrom scripts/maelstrom.sh" >&2
  exit 255
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$here" && go build -o "$work/treecast" .)

figures() { # results.edn
  grep -A4 ':servers' "$1" | grep -o ':msgs-per-op [0-9.]*' | head -1
  tr '\n' ' ' < "$1" | grep -o ':stable-latencies {[^}]*}' | tr -s ' '
  tail -1 "$1" | grep -o ':valid? [a-z:]*'
}

set +e
echo "== Maelstrom: -w broadcast ${flags[*]} ${bed[*]-} -- ${node[*]-}"
(cd "$work" && "$maelstrom" test -w broadcast --bin "$work/treecast" "${flags[@]}" ${bed[@]+"${bed[@]}"} -- ${node[@]+"${node[@]}"}) > "$work/maelstrom.log" 2>&1
real=$?
[ -f "$work/store/latest/results.edn" ] || { tail -20 "$work/maelstrom.log" >&2; exit 255; }
figures "$work/store/latest/results.edn"
echo "== treecast's test bed, the same"
mkdir "$work/ours" && (cd "$work/ours" && "$work/treecast" test -w broadcast "${flags[@]}" ${bed[@]+"${bed[@]}"} -- ${node[@]+"${node[@]}"}) > "$work/ours.log" 2>&1
ours=$?
[ -f "$work/ours/store/latest/results.edn" ] || { tail -20 "$work/ours.log" >&2; exit 255; }
figures "$work/ours/store/latest/results.edn"
echo "exit codes: Maelstrom $real, treecast $ours"
[ "$real" -eq 0 ] && [ "$ours" -eq 0 ]
