#!/usr/bin/env bash
# Runs the settings of three challenges with real processes and in virtual
# time, and prints their figures side by side.
set -euo pipefail

usage() {
  cat <<'EOT'
usage: scripts/agree.sh [--seed N]

Runs the settings of 3d, 3e and 3c once with real processes (about 35 s each)
and once in virtual time, with the same seed, and prints messages per operation
and latency percentiles of both with their differences.

Agreement is at most 5 % of difference in messages per operation, and at most
10 % or 30 ms in a latency. The exit code is 1 if a figure is further apart.
EOT
}

seed=1
while [ $# -gt 0 ]; do
  case $1 in
    -h|--help) usage; exit 0 ;;
    --seed) seed=${2:?"--seed needs a number, see --help"}; shift 2 ;;
    *) echo "scripts/agree.sh: unknown argument $1; see --help" >&2; exit 254 ;;
  esac
done

here=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$here" && go build -o "$work/treecast" .)

# The figures of a run's summary, one a line: name, tab, value.
figures() {
  awk '
    $1 == "msgs-per-op" { print "msgs-per-op, servers\t" $3 }
    $1 == "stable-latencies," || ($1 == "true" && $2 == "delivery,") {
      name = $1 == "true" ? "true delivery" : "stable latency"
      for (i = 3; i < NF; i++)
        if ($i ~ /^(median|p95|p99|max)$/) print name " " $i ", ms\t" $(i + 1)
    }' "$1"
}

one() { # label, flags...
  local label=$1; shift
  for driver in process virtual; do
    local flags=()
    [ $driver = process ] || flags=(--virtual)
    mkdir -p "$work/$label-$driver"
    (cd "$work/$label-$driver" && "$work/treecast" test -w broadcast --seed "$seed" ${flags[@]+"${flags[@]}"} "$@") \
      > "$work/$label.$driver.out" 2> "$work/$label.$driver.err" || {
        echo "scripts/agree.sh: $label with driver $driver ended with exit code $?" >&2
        cat "$work/$label.$driver.out" "$work/$label.$driver.err" >&2
        exit 255
      }
    figures "$work/$label.$driver.out" | sort > "$work/$label.$driver"
  done
  echo "== $label: treecast test -w broadcast --seed $seed $*"
  printf '%-24s %10s %10s %10s %9s\n' figure process virtual difference agrees
  join -t "$(printf '\t')" "$work/$label.process" "$work/$label.virtual" | awk -F '\t' '
    {
      d = $3 - $2; a = d < 0 ? -d : d; share = $2 > 0 ? a / $2 : (a > 0)
      ok = $1 ~ /^msgs/ ? share <= 0.05 : (share <= 0.10 || a <= 30)
      printf "%-24s %10s %10s %9.1f%% %9s\n", $1, $2, $3, ($2 > 0 ? 100 * d / $2 : 0), ok ? "yes" : "NO"
      if (!ok) bad = 1
    }
    END { exit bad }' || apart=1
}

apart=0
export LC_ALL=C # join wants the order of the names to be the one it knows
one 3d --node-count 25 --time-limit 20 --rate 100 --latency 100
one 3e --node-count 25 --time-limit 20 --rate 100 --latency 100 -- --sync-period 1740ms
one 3c --node-count 5 --time-limit 20 --rate 10 --nemesis partition
exit $apart
