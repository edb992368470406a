#!/bin/sh
# The first step of action.yml: builds assay and the plugins that are asked for
# where the later steps find them.
set -eu
bin="$RUNNER_TEMP/assay/bin"
mkdir -p "$bin/plugins"
cd "$GITHUB_ACTION_PATH"
export CGO_ENABLED=0
go build -trimpath -ldflags "-s -w" -o "$bin/assay" ./core
for p in ${ASSAY_PLUGINS:-}; do
  go build -trimpath -ldflags "-s -w" -o "$bin/plugins/assay-plugin-$p" "./plugins/$p"
done
echo "$bin" >>"$GITHUB_PATH"
