#!/usr/bin/env bash
# Takes the pictures of a run's page that the README shows.
set -euo pipefail

usage() {
  cat <<'EOT'
usage: scripts/page.sh [--out DIR]

Runs challenge 3d with partitions in virtual time, which takes less than a
second, and takes two pictures of the page that the run leaves: page.png, its
top, and page-messages.png, the diagram of messages. Needs a Chromium; any
browser shows the page itself. DIR is results/ unless --out says otherwise.
EOT
}

here=$(cd "$(dirname "$0")/.." && pwd)
out=$here/results
while [ $# -gt 0 ]; do
  case $1 in
    -h|--help) usage; exit 0 ;;
    --out) out=$(cd "${2:?"--out needs a directory, see --help"}" && pwd); shift 2 ;;
    *) echo "scripts/page.sh: unknown argument $1; see --help" >&2; exit 254 ;;
  esac
done

browser=
for name in chromium chromium-browser google-chrome; do
  if command -v "$name" >/dev/null; then browser=$name; break; fi
done
[ -n "$browser" ] || { echo "scripts/page.sh: no Chromium found; install one" >&2; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$here" && go build -buildvcs=auto -o "$work/treecast" .)
cd "$work"
./treecast test -w broadcast --virtual --node-count 25 --time-limit 20 --rate 100 --latency 100 \
  --nemesis partition --nemesis-interval 6 --seed 4 >/dev/null 2>&1
cp -L store/latest/report.html page.html
# A picture begins at the top: what stands above the diagram is left out.
awk '/<section id="verdict"/ { skip = 1 } /<section id="diagram"/ { skip = 0 } !skip' page.html >page-messages.html

shoot() { # PAGE HEIGHT
  "$browser" --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size="1200,$2" \
    --virtual-time-budget=3000 --screenshot="$out/$1.png" "file://$work/$1.html" 2>/dev/null
}
shoot page 1330
shoot page-messages 1090
ls -l "$out/page.png" "$out/page-messages.png"
