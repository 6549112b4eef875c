#!/usr/bin/env bash
# Makes the README's headline figures again and writes them into the pages.
set -euo pipefail

usage() {
  cat <<'EOT'
usage: scripts/headline.sh [--seeds N] [--figures-only]

Makes the sweeps results/headline and results/headline-partitions with real
processes (scripts/sweeps.sh headline; half a minute a run, eight settings with
N seeds each, default 5: some 20 minutes), and writes their figures into the
tables of README.md and docs/TUNING.md. Look at the difference, and commit it.

  --figures-only   the sweeps are there: only write the figures

On a busy machine give the runs priority, as root on Linux:

  chrt -f 1 scripts/headline.sh
EOT
}

seeds=5 make=yes
while [ $# -gt 0 ]; do
  case $1 in
    -h|--help) usage; exit 0 ;;
    --seeds) seeds=${2:?"--seeds needs a number, see --help"}; shift 2 ;;
    --figures-only) make=''; shift ;;
    *) echo "scripts/headline.sh: unknown argument $1; see --help" >&2; exit 254 ;;
  esac
done
cd "$(dirname "$0")/.."
[ -z "$make" ] || scripts/sweeps.sh --seeds "$seeds" headline

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# One line a setting: its name, verdicts, messages, the least, stable median and
# maximum, true maximum, between tabs. The columns of a summary have names.
for sweep in headline headline-partitions; do
  awk -F ' *\\| *' -v sweep=$sweep '
    /^## All settings/ { table = 1 }
    table && /^\| setting/ { for (i = 2; i < NF; i++) column[$i] = i; next }
    table && /^\| [a-z]/ {
      split($column["valid, strict"], v, /[ ,]+/) # "5, 5 of 5"
      verdict = "valid " v[1] ", strict " v[2] " of " v[4] " runs"
      if (v[1] == v[4] && v[2] == v[4]) verdict = "valid, strict, " v[4] " of " v[4] " runs"
      messages = $column["msgs/op"]
      sub(/ .*/, "", messages) # without its interval
      printf "%s: %s\t%s\t%s\t%s\t%s\t%s\t%s\n", sweep, $2, verdict, messages, $column["least"],
        $column["stable median"], $column["stable max, worst"], $column["true max, worst"]
    }' "results/$sweep/summary.md"
done > "$work/figures"

for page in README.md docs/TUNING.md; do
  awk -F ' *\\| *' -v figures="$work/figures" '
    BEGIN {
      while ((getline line < figures) > 0) {
        split(line, c, "\t")
        if (c[1] ~ /^headline-partitions/) row["3c"] = c[2]
        else if (c[1] ~ /, 1 nodes/) row["3a"] = c[2]
        else if (c[1] ~ /, 5 nodes/) row["3b"] = c[2]
        else if (match(c[1], /P = [0-9]+ ms/)) {
          period = substr(c[1], RSTART + 4, RLENGTH - 4)
          messages = sprintf("%.2f", c[3])
          tuning[period] = messages " | " sprintf("%.2f", c[4]) " | " c[5] " | " c[6] " | " c[7]
          row[period == "450 ms" ? "3d" : period == "1740 ms" ? "3e" : "-"] = messages " msgs/op, median " c[5] ", max " c[6]
        }
      }
    }
    /^\| 3[a-e], / && (substr($2, 1, 2) in row) { print "| " $2 " | " $3 " | " row[substr($2, 1, 2)] " |"; next }
    NF == 8 && ($2 in tuning) { print "| " $2 " | " tuning[$2] " |"; next }
    /^The figures below are from before/ { next } # they no longer are
    { print }' "$page" > "$work/page"
  cat "$work/page" > "$page"
done
git --no-pager diff --stat README.md docs/TUNING.md results/ || true
