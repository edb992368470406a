#!/bin/sh
# Unpacks the archive that `make release` made for this machine, and runs an
# experiment in a folder elsewhere with nothing but it. From the repository's root.
set -eu
release=$PWD/dist/release
name=$(cd "$release" && ls -d assay_v*_"$(go env GOOS)_$(go env GOARCH)".tar.gz)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$release" && if command -v sha256sum >/dev/null; then sha256sum -c SHA256SUMS; else shasum -a 256 -c SHA256SUMS; fi)

mkdir "$work/unpacked" "$work/elsewhere"
tar -xzf "$release/$name" -C "$work/unpacked"
assay=$work/unpacked/${name%.tar.gz}/bin/assay
cat >"$work/elsewhere/echo.hcl" <<'HCL'
experiment "echo" {
  plugin = "command"
  device = "cpu"
  config {
    run { argv = ["sh", "-c", "sleep 0.02; echo eval: 90.5 tok/s"] }
    phase "decode" {
      pattern = "eval: ([0-9.]+) tok/s"
      unit    = "tok/s"
    }
  }
  variant "a" { baseline = true }
  variant "b" {
    env = { B = "1" }
  }
  measure {
    rounds     = 1
    max_rounds = 1
    samples    = 2
    passes     = 1
    warmup_max = "0s"
  }
}
HCL
cd "$work/elsewhere"
# Nothing of this machine's own: no plugins of the user, no folders of the environment.
env -i PATH="$PATH" HOME="$work" "$assay" run
grep -q '"status": *"complete"' results/echo.json
HOME=$work "$assay" plugin list
