#!/bin/sh
# temporal-server.sh builds Temporal's server and its tool for SQL databases into a
# folder: sh scripts/temporal-server.sh FOLDER. It takes some minutes, and 4 GB of memory
# and of disk. Nothing of it becomes a dependency of assay-fleet.
set -eu

VERSION=v1.32.1
[ $# = 1 ] || { echo "usage: sh scripts/temporal-server.sh FOLDER" >&2; exit 2; }
mkdir -p "$1"
out=$(cd "$1" && pwd)
if [ "$(cat "$out/VERSION" 2>/dev/null)" = "$VERSION" ] && [ -x "$out/temporal-server" ]; then
  echo "$out/temporal-server is $VERSION already"
  exit
fi
cd "$out" # out of the repository's module
export CGO_ENABLED=0 GOFLAGS= GOBIN="$out"
go install -p 1 -ldflags "-s -w" "go.temporal.io/server/cmd/server@$VERSION"
mv server temporal-server
go install -p 1 -ldflags "-s -w" "go.temporal.io/server/cmd/tools/sql@$VERSION"
mv sql temporal-sql-tool
rm -rf schema
cp -r "$(go env GOMODCACHE)/go.temporal.io/server@$VERSION/schema/postgresql/v12" schema
chmod -R u+w schema
echo "$VERSION" >VERSION
echo "$out: temporal-server, temporal-sql-tool, schema"
