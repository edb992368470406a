#!/bin/sh
# Makes dist/assay-OS-ARCH/: everything that a machine without Go, compiler or
# network needs to run the experiments and to check its devices. GOOS and GOARCH
# choose the machine; the default is this one. From the repository's root: make bundle
set -eu
export CGO_ENABLED=0
os=$(go env GOOS) arch=$(go env GOARCH)
out=${BUNDLE_DIR:-dist/assay-$os-$arch}
plugins=${PLUGINS:?make bundle names the plugins}

rm -rf "$out"
mkdir -p "$out/bin/plugins" "$out/tests/devicetest" "$out/tests/constructs" "$out/tests/corpus" "$out/tests/cuda"

go build -trimpath -ldflags '-s -w' -o "$out/bin/assay" ./core
for p in $plugins; do
  go build -trimpath -ldflags '-s -w' -o "$out/bin/plugins/assay-plugin-$p" "./plugins/$p"
done
mkdir -p "$out/tests/broken/plugins"
go build -trimpath -ldflags '-s -w' -o "$out/tests/broken/plugins/assay-plugin-broken" ./plugins/internal/broken/assay-plugin-broken
cp plugins/internal/broken/experiments/*.hcl "$out/tests/broken/"
go test -c -trimpath -ldflags '-s -w' -o "$out/tests/devicetest/run.test" ./metal/devicetest
go test -c -trimpath -ldflags '-s -w' -o "$out/tests/constructs/run.test" ./metal/msl/msltest
go test -c -trimpath -ldflags '-s -w' -o "$out/tests/corpus/run.test" ./metal/internal/corpus
go test -c -trimpath -ldflags '-s -w' -o "$out/tests/cuda/run.test" ./metal/cuda

# Tests find their data beside them, as in the repository.
mkdir -p "$out/tests/devicetest/golden"
cp -R metal/devicetest/golden/testdata "$out/tests/devicetest/golden/"
cp -R metal/msl/msltest/testdata "$out/tests/constructs/"
cp -R metal/cuda/testdata "$out/tests/cuda/"
mkdir -p "$out/experiments"
cp experiments/*.hcl "$out/experiments/"
cp -R experiments/decoder "$out/experiments/"
cp -R experiments/mlx "$out/experiments/" # needs a Python with MLX, which the bundle has not
rm -r "$out/experiments/mlx/testdata" "$out/experiments/mlx/mlx_test.go"
# No git on the other machine: results take the commit from this file.
if sha=$(git rev-parse HEAD 2>/dev/null); then
  echo "$sha$(test -z "$(git status --porcelain)" || echo ' dirty')" >"$out/experiments/REVISION"
  cp "$out/experiments/REVISION" "$out/tests/broken/"
fi
cp LICENSE "$out/"
cp scripts/bundle-run.sh "$out/run.sh"
cp scripts/bundle-README.md "$out/README.md"
chmod +x "$out/run.sh"
du -sh "$out"
