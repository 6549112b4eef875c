#!/usr/bin/env bash
# Fuzzes everything that reads what comes from outside, one target after the
# other, and prints what each came to.
set -euo pipefail

usage() {
  cat <<'EOT'
usage: scripts/fuzz-parsers.sh [--parallel N] [--jobs N] [--only PATTERN] [DURATION]

Runs every Go fuzz test of the tree for DURATION (default 1m; 10m is a thorough
run) and prints a table: executions, inputs that reached new code, outcome.

  --parallel N    workers of one target (default: as many as there are cores)
  --jobs N        targets that run side by side (default 1)
  --only PATTERN  only targets whose "package Name" matches this extended
                  regular expression, e.g. './wire ' or 'FuzzReadRunsCSV$'

A target that fails writes its input to testdata/fuzz of its package, where
every later "go test" tries it again; what it said comes after the table, and
the exit code is 1. What Go finds interesting is kept in its build cache, so
that the next run begins where this one ended.

  scripts/fuzz-parsers.sh 10m
  scripts/fuzz-parsers.sh --only ' FuzzReader$' 1h
EOT
}

duration=1m parallel='' jobs=1 only=''
while [ $# -gt 0 ]; do
  case $1 in
    -h|--help) usage; exit 0 ;;
    --parallel) parallel=${2:?"--parallel needs a number, see --help"}; shift 2 ;;
    --jobs) jobs=${2:?"--jobs needs a number, see --help"}; shift 2 ;;
    --only) only=${2:?"--only needs a pattern, see --help"}; shift 2 ;;
    [0-9]*[smh]) duration=$1; shift ;;
    *) echo "scripts/fuzz-parsers.sh: unknown argument $1; see --help" >&2; exit 254 ;;
  esac
done

cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export work duration parallel

# go test -list prints the names of a package and then "ok package time".
module=$(go list -m)
go test -vet=off -list '^Fuzz' ./... > "$work/list"
awk -v module="$module" '
  /^Fuzz/ { names[++n] = $1; next }
  $1 == "ok" { for (i = 1; i <= n; i++) print "." substr($2, length(module) + 1) " " names[i] }
  { n = 0 }' "$work/list" | { grep -E -- "$only" || true; } > "$work/targets"
[ -s "$work/targets" ] || { echo "scripts/fuzz-parsers.sh: no fuzz test matches '$only'" >&2; exit 254; }

one() { # package, name
  local out="$work/$2.$(echo "$1" | tr / _)" code=0
  # Making shorter what is merely interesting may take a minute for each; a few tries do.
  go test -vet=off -run '^$' -fuzz "^$2\$" -fuzztime "$duration" -fuzzminimizetime 10x ${parallel:+-parallel "$parallel"} "$1" \
    > "$out" 2>&1 || code=$?
  # Go 1.26 may report the end of the time as a failure; then no input is to blame.
  awk -v target="$1 $2" -v code="$code" '
    /^fuzz: elapsed: .*execs: / { sub(/^fuzz: elapsed: /, ""); split($0, f, /[, ]+/); elapsed = f[1]; execs = f[3]; fresh = f[7] }
    /Failing input written to/ { input = $NF }
    /panic: |hung or terminated|out of memory/ { worse = 1 }
    /context deadline exceeded/ { late = 1 }
    END {
      outcome = "passed"
      if (code != 0) outcome = "FAILED"
      if (code != 0 && late && !worse && input == "" && execs > 0) outcome = "passed (ended amid an input)"
      if (input != "") outcome = "FAILED, " input
      printf "| `%s` | %s | %s | %s | %s |\n", target, elapsed, execs, fresh, outcome
    }' "$out" | tee -a "$work/table"
  if tail -n 1 "$work/table" | grep -q FAILED; then mv "$out" "$out.failed"; fi
}
export -f one

echo "| target | time | executions | new inputs kept | outcome |"
echo "| --- | --- | ---: | ---: | --- |"
xargs -P "$jobs" -L 1 bash -c 'one "$@"' _ < "$work/targets"

for out in "$work"/*.failed; do
  [ -e "$out" ] || exit 0
  printf '\n%s\n' "$(basename "$out" .failed)"
  cat "$out"
done
exit 1
