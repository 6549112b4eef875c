#!/usr/bin/env bash
# Runs every command that README.md and docs/ show, in a fresh clone.
set -euo pipefail

usage() {
  cat <<'EOT'
usage: scripts/documents.sh [--list] [--only PATTERN]

Clones this repository's last commit, builds treecast onto the PATH, and runs
every command that stands on a line of its own in README.md and docs/, in the
order of the pages. Prints what each came to; the exit code is 1 if one failed.

  --list          show the commands and run none
  --only PATTERN  only commands that match this extended regular expression

The node that stands for one of yours is right if it is alone: that five of it
are judged not valid is as it must be. Ten minutes of fuzzing become one second
of one target. Commands for real Maelstrom are run where it is found, by
MAELSTROM or on the PATH, and named otherwise.
EOT
}

list='' only=''
while [ $# -gt 0 ]; do
  case $1 in
    -h|--help) usage; exit 0 ;;
    --list) list=yes; shift ;;
    --only) only=${2:?"--only needs a pattern, see --help"}; shift 2 ;;
    *) echo "scripts/documents.sh: unknown argument $1; see --help" >&2; exit 254 ;;
  esac
done

here=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
git clone -q "$here" "$work/treecast"
cd "$work/treecast"

# Lines that stand four blanks in and begin as a command does; a backslash joins.
sed -e ':a' -e '/\\$/N; s/\\\n *//; ta' README.md docs/*.md |
  sed -n -E 's/^    ((go |treecast |maelstrom |scripts\/|make ).*)$/\1/p' | { grep -E -- "$only" || true; } > "$work/commands"
[ -s "$work/commands" ] || { echo "scripts/documents.sh: no command matches '$only'" >&2; exit 254; }
if [ -n "$list" ]; then cat "$work/commands"; exit 0; fi

mkdir "$work/bin"
go build -o "$work/bin/treecast" .
go build -o my-node ./testbed/testdata/nodes/transactor # as pages call the node of yours
maelstrom=${MAELSTROM:-$(command -v maelstrom || true)}
[ -z "$maelstrom" ] || ln -s "$maelstrom" "$work/bin/maelstrom"
PATH=$work/bin:$PATH
export XDG_STATE_HOME=$work/state

failed=0
while IFS= read -r command <&3; do
  run=$command
  case $command in
    maelstrom*|scripts/maelstrom.sh*|*maelstrom/store/*)
      [ -n "$maelstrom" ] || { printf '%-9s %s\n' "needs JVM" "$command"; continue; } ;;
    'scripts/fuzz-parsers.sh 10m') run="scripts/fuzz-parsers.sh --only ' FuzzReader$' 1s" ;;
  esac
  began=$SECONDS code=0
  bash -c "$run" > "$work/out" 2>&1 < /dev/null || code=$?
  case $code$command in
    0*) outcome=ok ;;
    1*my-node*|1*'treecast analyze'*) outcome='not valid' ;;
    *) outcome="FAILED $code" failed=1 ;;
  esac
  printf '%-9s %4ds  %s\n' "$outcome" $((SECONDS - began)) "$command"
  [[ $outcome != FAILED* ]] || tail -n 20 "$work/out"
done 3< "$work/commands"
exit $failed
