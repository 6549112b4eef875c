#!/usr/bin/env bash
# Makes the figures of results/isolation.md again.
set -euo pipefail

usage() {
  cat <<'EOT'
usage: scripts/isolation.sh [--seeds N] [--runs-only]

Runs challenge 3d with real processes in the three modes of isolation, in turns,
with N seeds each (default 5; half a minute a run), and prints a table of means.
Then the benchmarks of results/isolation.md: a hop, the start, a hostile
neighbour, a stuck service, children that are killed. Some 8 minutes for the
runs and 5 for the rest, on a machine that does nothing else.

  --runs-only   only the runs

On a busy machine give it priority, as root: nice -n -15 scripts/isolation.sh.
Real-time priority (chrt) does not do for isolated nodes.
EOT
}

seeds=5 rest=yes
while [ $# -gt 0 ]; do
  case $1 in
    -h|--help) usage; exit 0 ;;
    --seeds) seeds=${2:?"--seeds needs a number, see --help"}; shift 2 ;;
    --runs-only) rest=''; shift ;;
    *) echo "scripts/isolation.sh: unknown argument $1; see --help" >&2; exit 254 ;;
  esac
done
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
go build -o "$work/treecast" .

for seed in $(seq "$seeds"); do
  for mode in none gossip links; do
    echo "seed $seed of $seeds, $mode" >&2
    "$work/treecast" test --bin "$work/treecast" -w broadcast --node-count 25 --time-limit 20 --rate 100 --latency 100 \
      --seed "$seed" --no-report --store "$work/store" -- --num-children 24 --isolate "$mode" > "$work/out" ||
      { echo "seed $seed, $mode: the run failed" >&2; cat "$work/out" >&2; }
    # results.json has a value a line. What follows a name is looked for where it comes next.
    awk -v mode="$mode" '
      function value(line) { sub(/.*: /, "", line); sub(/,$/, "", line); return line + 0 }
      /^  "stats"/ { stats = 1 }
      stats && /^    "count"/ { ops = value($0); stats = 0 }
      /"stable_latencies_ms"/ { want = "stable" }
      /^    "latencies_ms"/ { want = "true" }
      want && /"0\.5":/ { at[want] = value($0); want = "" }
      /^    "servers"/ { servers = 1 }
      servers && /"msgs_per_op"/ { messages = value($0); servers = 0 }
      /"name": / { table = $2; gsub(/[",]/, "", table); rows = 0 }
      /"rows": \[/ { rows = 1; next }
      rows && /^ *\[$/ { field = 0; next }
      rows && /^ *\],?$/ {
        if (table == "usage") cpu += row[2]
        if (table == "children" && row[2] ~ /gossip/) {
          n++; p50[n] = row[20]; p99[n] = row[21]
          if (row[12] > most) most = row[12]
        }
        if (table == "children" && row[2] ~ /link/ && row[12] > mostLink) mostLink = row[12]
        next
      }
      rows { row[++field] = $0; gsub(/[ ,]/, "", row[field]); if (row[field] !~ /"/) row[field] += 0 }
      function median(of, n,   i, j, t) {
        for (i = 2; i <= n; i++) for (j = i; j > 1 && of[j-1] > of[j]; j--) { t = of[j]; of[j] = of[j-1]; of[j-1] = t }
        return of[int((n + 1) / 2)]
      }
      END {
        printf "%s %.4f %.1f %.1f %.1f %.2f %.2f %.1f %.1f\n", mode, messages, at["stable"], at["true"], cpu * 1000 / ops,
          median(p50, n) / 1000, median(p99, n) / 1000, most / 1048576, mostLink / 1048576
      }' "$work/store/latest/results.json" >> "$work/figures"
    rm -rf "$work/store"
  done
done

awk '
  BEGIN {
    split("messages between nodes per operation|stable latency, median of each run, mean, ms|true delivery, median, mean, ms|CPU per operation, all nodes and children, us|hop of a gossip child, median node, p50, ms|p99, ms|private memory of a gossip child, largest, MiB|of a link child, largest, MiB", name, "|")
    print "| means of runs | none | gossip | links |\n| --- | --- | --- | --- |"
  }
  { runs[$1]++; for (i = 2; i <= NF; i++) sum[$1, i] += $i }
  END {
    for (i = 2; i <= 9; i++) {
      line = "| " name[i-1] " |"
      base = sum["none", i] / runs["none"]
      for (m = 1; m <= 3; m++) {
        mode = m == 1 ? "none" : m == 2 ? "gossip" : "links"
        mean = sum[mode, i] / runs[mode]
        line = line (mean == 0 ? " " : sprintf(mean < 100 ? " %.3g" : " %.0f", mean))
        if (m > 1 && base > 0) line = line sprintf(" (%+.1f %%)", 100 * (mean / base - 1))
        line = line " |"
      }
      print line
    }
  }' "$work/figures"
echo "each run (mode, messages, stable, true, CPU, hop p50, p99, memory):"
cat "$work/figures"

[ -n "$rest" ] || exit 0
go test ./isolate -run '^$' -bench Hop -benchtime 5000x -count 3
go test ./testbed/harness -run '^$' -bench 'Start/node=treecast(-gossip|-links)?$' -benchtime 40x
go test ./testbed/harness -run '^$' -bench 'Hostile/.*limits=true|Stuck' -benchtime 5x -timeout 1h
go test ./testbed/harness -run '^$' -bench KillChild -benchtime 60x
