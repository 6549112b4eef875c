#!/usr/bin/env bash
# Measures what a request costs a treecast node, beside a node of the official
# library and a bare loop, in one run, and writes results/node.md.
set -euo pipefail

usage() {
  cat <<'EOT'
usage: scripts/bench-node.sh [--out FILE] [FLAGS OF scripts/feed...]

Builds treecast and the two nodes it is compared with, feeds each the same
requests and prints CPU per request, throughput, memory and start. With --out
the table goes to a file. Needs Go and about two minutes with the defaults.

  scripts/bench-node.sh --requests 50000 --runs 3
  go run ./scripts/feed --help
EOT
}

case ${1-} in -h|--help) usage; exit 0 ;; esac

here=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$here"
go build -o "$work/" . ./testbed/testdata/nodes/library ./testbed/testdata/nodes/loop ./scripts/feed

# Each process is started in a directory of its own, so the journal is new.
nodes=("treecast --journal off=$work/treecast --journal off" "library=$work/library" "loop=$work/loop"
  "treecast with its journal=$work/treecast --journal journal")
made=scripts/bench-node.sh
[ $# -eq 0 ] || made="$made $*"
"$work/feed" --made-by "$made" "$@" "${nodes[@]}"
