#!/usr/bin/env bash
# Makes the figures of results/apps.md again.
set -euo pipefail

usage() {
  cat <<'EOT'
usage: scripts/apps.sh [--virtual] [--seeds N] [--at-once N] [--out DIR] PART...

Prints rows of results/apps.md: the run, how many are valid and strict, messages
per operation between servers of each, and the worst delivery or lag. Parts:

  rows    the challenges' own command lines, seeds 1 to N (default 3 with
          processes: 20 minutes; 20 with --virtual: 2 minutes)
  minute  60 s of kill, pause and partition, seeds 1 to N (default 10), so many
          at once (default 1: 80 minutes with processes; two on two cores: 40)
  cpu     CPU of a request beside the official library, and starts (4 minutes)

With processes on an idle machine; in virtual time on any. A run that is not
valid and strict is named with the command that makes it again: look whether
some kind of operation had no live node to reach, then make another. Runs are
kept below DIR (default: store).
EOT
}

driver=process seeds='' at_once=1 out='' parts=()
while [ $# -gt 0 ]; do
  case $1 in
    -h|--help) usage; exit 0 ;;
    --virtual) driver=virtual; shift ;;
    --seeds) seeds=${2:?"--seeds needs a number, see --help"}; shift 2 ;;
    --at-once) at_once=${2:?"--at-once needs a number, see --help"}; shift 2 ;;
    --out) out=${2:?"--out needs a folder, see --help"}; shift 2 ;;
    rows|minute|cpu) parts+=("$1"); shift ;;
    *) echo "scripts/apps.sh: unknown argument $1; see --help" >&2; exit 254 ;;
  esac
done
[ ${#parts[@]} -gt 0 ] || { usage >&2; exit 254; }

cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export out=${out:-store} driver work
go build -o "$work/treecast" .

# one makes a run and leaves a line of figures: verdicts, messages, delivery or lag.
one() {
  local number=$1 seed=$2 how=(--bin "$work/treecast")
  shift 2
  [ "$driver" = process ] || how=(--virtual)
  "$work/treecast" test "${how[@]}" --no-report --store "$out" --seed "$seed" "$@" >"$work/$number.$seed.txt" 2>/dev/null || true
  awk '
    / valid\?/ { valid = $2 }
    / strict\?/ { strict = $2 }
    /msgs-per-op/ { messages = $3 }
    /true delivery/ && worst == "" { for (i = 1; i < NF; i++) if ($i == "max") worst = sprintf("%.2f", $(i + 1) / 1000) }
    /worst-realtime-lag/ && match($0, /"lag":[0-9.e-]+/) { worst = sprintf("%.2f", substr($0, RSTART + 6, RLENGTH - 6)) }
    / files / { files = $2 }
    /run it again/ { sub(/.*again */, ""); again = $0 }
    END {
      print valid == "true" && strict == "true", messages, worst == "" ? "-" : worst
      if (valid != "true" || strict != "true") printf "not valid and strict: %s\n  %s\n", files, again >"/dev/stderr"
    }' "$work/$number.$seed.txt" >"$work/$number.$seed.row"
}
export -f one

# row makes the runs of a command line, and prints their row.
number=0
row() {
  local n=$1
  shift
  number=$((number + 1))
  seq "$n" | xargs -P "$at_once" -I{} bash -c 'one "$@"' one "$number" {} "$@"
  for seed in $(seq "$n"); do cat "$work/$number.$seed.row"; done | awk -v line="$*" -v driver="$driver" '
    { good += $1; sum += $2; messages = messages (NR > 1 ? ", " : "") $2; worsts = worsts (NR > 1 ? ", " : "") $3; if ($3 != "-" && $3 > worst) worst = $3 }
    END {
      if (NR > 10) { messages = sprintf("mean %.4f", sum / NR); worsts = "at most " worst }
      printf "| `%s` | %d of %d | %s | %s |\n", line, good, NR, messages, worsts
    }'
}

rows() {
  local n=${seeds:-3}
  [ "$driver" = process ] || n=${seeds:-20}
  printf '| command line | valid and strict | messages per operation | worst delivery or lag, s |\n| --- | --- | --- | --- |\n'
  row "$n" -w unique-ids --node-count 3 --rate 1000 --time-limit 30 --availability total --nemesis partition
  for w in g-counter pn-counter; do
    row "$n" -w $w --node-count 3 --rate 100 --time-limit 20
    row "$n" -w $w --node-count 3 --rate 100 --time-limit 20 --nemesis partition
  done
  row "$n" -w g-set --node-count 5 --rate 100 --time-limit 20
  row "$n" -w g-set --node-count 5 --rate 100 --time-limit 20 --nemesis partition
  row "$n" -w kafka --node-count 2 --concurrency 2n --rate 1000 --time-limit 20
  row "$n" -w kafka --node-count 3 --concurrency 2n --rate 1000 --time-limit 20 --nemesis partition,kill --nemesis-interval 3
  local txn=(-w txn-rw-register --node-count 2 --concurrency 2n --rate 1000 --time-limit 20 --availability total --consistency-models read-committed)
  row "$n" "${txn[@]}"
  row "$n" "${txn[@]}" --nemesis partition
}

minute() {
  local n=${seeds:-10} all=(--time-limit 60 --nemesis kill,pause,partition --nemesis-interval 3)
  printf '| command line | valid and strict | messages per operation | worst delivery or lag, s |\n| --- | --- | --- | --- |\n'
  row "$n" -w unique-ids --node-count 3 --rate 1000 "${all[@]}"
  row "$n" -w g-counter --node-count 3 --rate 100 "${all[@]}"
  row "$n" -w pn-counter --node-count 3 --rate 100 "${all[@]}"
  row "$n" -w g-set --node-count 5 --rate 100 "${all[@]}"
  row "$n" -w kafka --node-count 3 --concurrency 2n --rate 300 "${all[@]}"
  row "$n" -w txn-rw-register --node-count 2 --concurrency 2n --rate 300 --consistency-models read-committed "${all[@]}"
}

cpu() {
  go test ./testbed/harness -run '^$' -bench Request -benchtime 100000x -count 5
  go test ./testbed/harness -run '^$' -bench 'Start/node=(treecast|library)$' -benchtime 40x -count 3
}

for part in "${parts[@]}"; do "$part"; done
