#!/bin/sh
# Holds this host against a plugin that an older SDK built, and an older host
# against a plugin of this SDK: one short session each, and the checks of
# `assay plugin check` for the older plugin.
#
#   sh scripts/compatibility.sh COMMIT     the Makefile has the one that counts
set -eu
old=$1
here=$(cd "$(dirname "$0")/.." && pwd)
cd "$here"
git cat-file -e "$old^{commit}" 2>/dev/null || {
  echo "compatibility: commit $old is not in this clone; fetch the whole history (git fetch --unshallow)" >&2
  exit 1
}
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
mkdir -p "$work/source" "$work/run"
git archive "$old" | tar -x -C "$work/source"

# built SOURCE NAME: a host and a plugin of one age
built() {
  (cd "$1" && go build -o "$work/$2/assay" ./core &&
    go build -o "$work/$2/plugins/assay-plugin-add" ./core/sdk/example/assay-plugin-add)
}
built "$work/source" old
built "$here" new

cat > "$work/run/add.hcl" <<'EOF'
experiment "add" {
  plugin = "add"
  device = "cpu"
  variant "narrow" {
    baseline = true
    config { threadgroup = 128 }
  }
  variant "wide" {
    config { threadgroup = 512 }
  }
  config { n = 4096 }
  measure {
    rounds     = 1
    passes     = 1
    samples    = 2
    visit      = "4ms"
    warmup_max = "10ms"
    budget     = "1s"
  }
}
EOF
cd "$work/run"
export ASSAY_HISTORY=off ASSAY_LOCK="$work/lock"
for pair in "old new" "new old"; do
  set -- $pair
  echo "compatibility: host of $([ "$1" = old ] && echo "$old" || echo here), plugin of $([ "$2" = old ] && echo "$old" || echo here)"
  "$work/$1/assay" run --plugin-dir "$work/$2/plugins" add.hcl
  "$work/new/assay" explain results/add.json > explained || { cat explained; exit 1; }
  rm -r results
done
"$work/new/assay" plugin check "$work/old/plugins/assay-plugin-add"
echo "compatibility: $old and here understand each other"
