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

DURATION is a number and s, m or h. A target that fails writes its input to testdata/fuzz of its package, where
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

case $duration in
  *h) seconds=$((${duration%h} * 3600)) ;;
  *m) seconds=$((${duration%m} * 60)) ;;
  *) seconds=${duration%s} ;;
esac

cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export work seconds parallel

# go test -list prints the names of a package and then "ok package time".
module=$(go list -m)
go test -vet=off -list '^Fuzz' ./... > "$work/list"
awk -v module="$module" '
  /^Fuzz/ { names[++n] = $1; next }
  $1 == "ok" { for (i = 1; i <= n; i++) print "." substr($2, length(module) + 1) " " names[i] }
  { n = 0 }' "$work/list" | { grep -E -- "$only" || true; } > "$work/targets"
[ -s "$work/targets" ] || { echo "scripts/fuzz-parsers.sh: no fuzz test matches '$only'" >&2; exit 254; }

one() { # package, name
  local package=$1 name=$2 out="$work/$2.$(echo "$1" | tr / _)" left=$seconds stood=0 execs=0 fresh=0 outcome='' input=''
  while [ -z "$outcome" ]; do
    local code=0
    # Making shorter what is merely interesting may take a minute for each; a few tries do.
    go test -vet=off -run '^$' -fuzz "^$name\$" -fuzztime "${left}s" -fuzzminimizetime 10x ${parallel:+-parallel "$parallel"} "$package" \
      > "$out" 2>&1 || code=$?
    # fuzz: elapsed: 1m30s, execs: 142038 (797/sec), new interesting: 136 (total: 201)
    read -r ran more new < <(awk '
      /^fuzz: elapsed: .*execs: / { split($3, t, /[hms,]+/); s = 0; n = split($3, u, /[0-9,.]+/)
        for (i = 1; i < n; i++) s += t[i] * (u[i + 1] == "h" ? 3600 : u[i + 1] == "m" ? 60 : 1)
        execs = $5; fresh = $9 }
      END { print s + 0, execs + 0, fresh + 0 }' "$out")
    execs=$((execs + more)) fresh=$((fresh + new)) left=$((left - ran))
    input=$(sed -n 's/.*Failing input written to //p' "$out" | tail -n 1)
    if [ $code = 0 ]; then
      outcome=passed
    elif grep -Eq 'hung or terminated unexpectedly(: exit status 2| while minimizing: EOF)' "$out" && [ -n "$input" ] && [ $stood -lt 100 ] &&
      go test -vet=off -timeout 10s -run "^$name\$/^${input##*/}\$" "$package" > /dev/null 2>&1; then
      # Go ends a worker that is 10 s behind, also if it was the machine that kept it from going on.
      rm "$package/$input"
      stood=$((stood + 1))
      [ $left -gt 0 ] || outcome=passed
    elif grep -q 'communicating with fuzzing process: EOF' "$out" && [ -z "$input" ] && [ $stood -lt 100 ]; then
      stood=$((stood + 1)) # likewise; Go blames no input
      [ $left -gt 0 ] || outcome=passed
    elif grep -q 'context deadline exceeded' "$out" && [ -z "$input" ] && [ "$more" -gt 0 ]; then
      outcome=passed # Go 1.26 may report the end of the time as a failure
    else
      outcome="FAILED${input:+, $input}"
      mv "$out" "$out.failed"
    fi
  done
  [ $stood = 0 ] || outcome="$outcome; begun again after stops of the machine: $stood"
  printf '| `%s %s` | %ss | %s | %s | %s |\n' "$package" "$name" $((seconds - left)) "$execs" "$fresh" "$outcome"
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
