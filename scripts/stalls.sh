#!/usr/bin/env bash
# Compares two binaries beside a load that keeps the machine busy.
set -euo pipefail

usage() {
  cat <<'EOT'
usage: scripts/stalls.sh BEFORE AFTER [RUNS]

Runs challenge 3d with the defaults, and 3e with a star at 1740 ms, RUNS times each
(default 10) with either binary in turns and with the same seeds, beside two busy
loops at normal priority. Prints each run's stable and true p99 and max in ms and
whether it passed, and at the end their medians and how many passed. 40 runs of 22 s
take a quarter of an hour; nothing else should run on the machine.
EOT
}

case ${1:-} in -h|--help) usage; exit 0 ;; esac
[ $# -ge 2 ] || { usage >&2; exit 254; }
before=$(realpath "$1") after=$(realpath "$2") runs=${3:-10}

work=$(mktemp -d)
loops=()
for _ in 1 2; do (while :; do :; done) & loops+=($!); done
trap 'kill "${loops[@]}"; rm -rf "$work"' EXIT

run() { # CHALLENGE NAME BINARY SEED NODE-FLAG...
  local challenge=$1 name=$2 binary=$3 seed=$4
  shift 4
  "$binary" test -w broadcast --no-report --health off --store "$work/store" --node-count 25 --time-limit 20 \
    --rate 100 --latency 100 --seed "$seed" -- "$@" >"$work/out" 2>/dev/null || true
  rm -rf "$work/store"
  awk -v c="$challenge" -v n="$name" -v s="$seed" '
    $1 == c { pass = $2 }
    /stable-latencies/ { sub(/.*p99 /, ""); stable = $1 " " $3 }
    /true delivery/ { sub(/.*p99 /, ""); true_ = $1 " " $3 }
    END { print c, n, s, stable, true_, pass }' "$work/out" | tee -a "$work/runs"
}

echo "challenge binary seed stable-p99 max true-p99 max passed"
for seed in $(seq "$runs"); do
  for name in before after; do
    binary=$before
    [ $name = before ] || binary=$after
    run 3d $name "$binary" "$seed"
    run 3e $name "$binary" "$seed" --num-children 24 --sync-period 1740ms
  done
done

median() { sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
echo
for challenge in 3d 3e; do
  for name in before after; do
    of() { awk -v c=$challenge -v n=$name -v k="$1" '$1 == c && $2 == n { print $k }' "$work/runs"; }
    echo "$challenge $name: median of stable p99 $(of 4 | median), max $(of 5 | median), true p99 $(of 6 | median)," \
      "max $(of 7 | median); passed $(of 8 | grep -c PASS || true) of $runs"
  done
done
