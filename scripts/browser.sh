#!/bin/sh
# Installs what core/page and core/serve are tested with in a browser, from npm, into
# FOLDER, and runs the tests. Where there is no browser or no npm it says so, and that
# is all.
#
#   sh scripts/browser.sh FOLDER        CHROMIUM=path names the browser
set -eu
playwright=1.65.1 axe=4.14.1
out=$1
browser=${CHROMIUM:-}
for name in chromium google-chrome google-chrome-stable chromium-browser; do
  browser=${browser:-$(command -v $name || true)}
done
[ -n "$browser" ] || { echo "no chromium and no google-chrome: pages are not tested in a browser"; exit 0; }
"$browser" --headless --no-sandbox --disable-gpu --dump-dom about:blank >/dev/null 2>&1 ||
  { echo "$browser does not start: pages are not tested in a browser"; exit 0; }
command -v node >/dev/null && command -v npm >/dev/null || { echo "no node with npm: pages are not tested in a browser"; exit 0; }
mkdir -p "$out"
out=$(cd "$out" && pwd)
if [ "$(cat "$out/versions" 2>/dev/null)" != "$playwright $axe" ]; then
  npm install --silent --no-audit --no-fund --fetch-retries=1 --fetch-timeout=20000 --fetch-retry-maxtimeout=5000 --prefix "$out" "playwright-core@$playwright" "axe-core@$axe" ||
    { echo "npm cannot install playwright-core and axe-core: pages are not tested in a browser"; exit 0; }
  echo "$playwright $axe" >"$out/versions"
fi
ASSAY_BROWSER_TOOLS=$out ASSAY_BROWSER=$browser go test -count 1 -run TestInABrowser -v ./core/page ./core/serve
