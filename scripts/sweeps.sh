#!/usr/bin/env bash
# Makes the sweeps in results/ again, in virtual time.
set -euo pipefail

usage() {
  cat <<'EOT'
usage: scripts/sweeps.sh [--out DIR] [NAME...]

Makes the sweeps that results/ shows, all of them or those named, below DIR
(default: results). They take some minutes. A sweep that is there is deleted
first, unless it was stopped half way: then it goes on.

  fanout-period  fan-outs and sync periods against each other, 25 nodes
  fanout         every fan-out from 1 to 24, with the default period
  frontier       locked, free and eager rounds compared
EOT
}

out=results
names=()
while [ $# -gt 0 ]; do
  case $1 in
    -h|--help) usage; exit 0 ;;
    --out) out=${2:?"--out needs a folder, see --help"}; shift 2 ;;
    fanout-period|fanout|frontier) names+=("$1"); shift ;;
    *) echo "scripts/sweeps.sh: unknown argument $1; see --help" >&2; exit 254 ;;
  esac
done
[ ${#names[@]} -gt 0 ] || names=(fanout-period fanout frontier)

here=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$here" && go build -buildvcs=true -o "$work/treecast" .)
PATH=$work:$PATH

for name in "${names[@]}"; do
  more=()
  if [ -f "$out/$name/sweep.json" ]; then
    if grep -q '"finished"' "$out/$name/sweep.json"; then
      rm -r "${out:?}/$name"
    else
      more=(--resume)
    fi
  fi
  [ "$out" = results ] || more+=(--out "$out")
  case $name in
    fanout-period) set -- --num-children 2,3,4,5,8,24 --sync-period 100ms..1800ms/100ms ;;
    fanout) set -- --num-children 1..24 ;;
    frontier) set -- --rounds locked,free,eager --num-children 5,24 --sync-period 100ms,150ms,200ms,300ms,470ms,800ms,1200ms,1740ms ;;
  esac
  treecast sweep "$name" "$@" ${more[@]+"${more[@]}"}
done
