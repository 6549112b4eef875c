#!/usr/bin/env bash
# Makes the sweeps in results/ again.
set -euo pipefail

usage() {
  cat <<'EOT'
usage: scripts/sweeps.sh [--out DIR] [--seeds N] NAME...

Makes sweeps that results/ shows below DIR (default: results), each with N seeds
(default 5). A sweep that is there is deleted first, unless it was stopped half
way: then it goes on. Each is one `treecast sweep`, which its summary.md names.

In virtual time, some minutes in all:
  fanout-period  fan-outs and sync periods against each other, 25 nodes
  fanout         every fan-out from 1 to 24, with the default period
  frontier       locked, free and eager rounds compared
  scale          stars and trees from 25 to 10 000 nodes (one seed, an hour)

With real processes, half a minute a run:
  headline       what the README shows: challenges 3a to 3e and four periods
  rounds         locked rounds on a star and with k = 5, short to long periods
  schemes        latency targets, free and eager rounds
  depth          a tree of depth 2 within the bounds of challenge 3d
  jitter         latencies drawn at random
  hundred        100 nodes
EOT
}

out=results seeds=5 names=()
while [ $# -gt 0 ]; do
  case $1 in
    -h|--help) usage; exit 0 ;;
    --out) out=${2:?"--out needs a folder, see --help"}; shift 2 ;;
    --seeds) seeds=${2:?"--seeds needs a number, see --help"}; shift 2 ;;
    fanout-period|fanout|frontier|scale|headline|rounds|schemes|depth|jitter|hundred) names+=("$1"); shift ;;
    *) echo "scripts/sweeps.sh: unknown argument $1; see --help" >&2; exit 254 ;;
  esac
done
[ ${#names[@]} -gt 0 ] || { usage >&2; exit 254; }

here=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$here" && go build -buildvcs=true -o "$work/treecast" .)
PATH=$work:$PATH

# settings turns arguments into a list of settings.
list=()
settings() { list=(); for s in "$@"; do list+=(--setting "$s"); done; }

# sweep makes one: NAME, flags.
sweep() {
  local name=$1 more=()
  shift
  if [ -f "$out/$name/sweep.json" ]; then
    if grep -q '"finished"' "$out/$name/sweep.json"; then
      rm -r "${out:?}/$name"
    else
      more=(--resume)
    fi
  fi
  [ "$out" = results ] || more+=(--out "$out")
  treecast sweep "$name" "$@" ${more[@]+"${more[@]}"}
}
virtual() { sweep "$@" --seeds "$seeds"; }
real() { sweep "$@" --seeds "$seeds" --driver process --store "$work/store"; }

for name in "${names[@]}"; do
  case $name in
    fanout-period) virtual $name --num-children 2,3,4,5,8,24 --sync-period 100ms..1800ms/100ms ;;
    fanout) virtual $name --num-children 1..24 ;;
    frontier) virtual $name --rounds locked,free,eager --num-children 5,24 --sync-period 100ms,150ms,200ms,300ms,470ms,800ms,1200ms,1740ms ;;
    scale)
      list=()
      for n in 25 50 100 250 500 1000 2500 5000 10000; do
        for k in $(printf "%s\n" $((n - 1)) 100 71 50 24 10 5 | sort -rnu); do
          if [ "$k" -lt "$n" ] && { [ "$k" -le 24 ] || [ $((k * k)) -ge $((n - k)) ]; }; then list+=(--setting "node-count=$n num-children=$k"); fi
        done
      done
      sweep $name "${list[@]}" --seeds 1 ;;
    headline)
      settings 'node-count=1 rate=10 latency=0' 'node-count=5 rate=10 latency=0' 'num-children=24 sync-period=450ms' \
        'num-children=24 sync-period=280ms' 'num-children=24 sync-period=470ms' 'num-children=24 sync-period=880ms' 'num-children=24 sync-period=1740ms'
      real $name "${list[@]}"
      real $name-partitions --setting 'node-count=5 rate=10 latency=0' --nemesis partition ;;
    rounds)
      settings 'num-children=24 sync-period=280ms' 'num-children=24 sync-period=470ms' 'num-children=24 sync-period=880ms' \
        'num-children=24 sync-period=1740ms' 'num-children=5 sync-period=260ms' 'num-children=5 sync-period=1400ms'
      real $name "${list[@]}" ;;
    schemes)
      settings latency-target=400ms latency-target=600ms latency-target=1s latency-target=2s 'rounds=free sync-period=150ms' \
        'rounds=free sync-period=400ms' 'rounds=free sync-period=800ms' rounds=eager 'rounds=eager num-children=5'
      real $name "${list[@]}" ;;
    depth) real $name --num-children 5 --sync-period 250ms,260ms ;;
    jitter) real $name --latency-dist exponential,uniform --num-children 24,5 --sync-period 470ms ;;
    hundred) real $name --node-count 100 --num-children 10,99 --sync-period 470ms ;;
  esac
done
