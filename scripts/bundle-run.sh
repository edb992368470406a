#!/bin/sh
# Runs parts of an Assay bundle: ./run.sh [PART...]; without one: doctor, suite
# and experiments. README.md says what each part does and needs.
#   doctor       devices, drivers, compilers and what is missing
#   suite        the device suite over golden tensors and random shapes
#   constructs   Metal constructs that third-party kernels use
#   corpus       kernels of public projects against results computed in Go; the
#                projects are folders in the one that METAL_CORPUS names
#   faults       kernels that fault, hang or do not compile, and the other tests
#                of the cuda device (NVIDIA only)
#   broken       the same through `assay run`: each is data of its own variant
#   bench        decode table: microseconds and GB/s (NVIDIA only)
#   experiments  the four experiments
# DEVICE=cuda|apple|cpu|sim   which device; the best one if not set
# RESULTS=folder              where logs and result documents go; ./results
# EFFORT=quick|thorough       of the experiments
set -u
here=$(cd "$(dirname "$0")" && pwd)
RESULTS=${RESULTS:-$here/results}
mkdir -p "$RESULTS"
RESULTS=$(cd "$RESULTS" && pwd)
device=${DEVICE:-}
# Parts run in folders of their own.
[ -z "${METAL_CORPUS:-}" ] || METAL_CORPUS=$(cd "$METAL_CORPUS" && pwd) || exit 2
failed=0

part() { # name folder command...
  name=$1 folder=$2
  shift 2
  echo "== $name"
  (cd "$folder" && "$@") >"$RESULTS/$name.txt" 2>&1
  status=$?
  cat "$RESULTS/$name.txt"
  # Of the experiments, 3 says that the machine was too noisy to judge and 1
  # that a guardrail failed: verdicts, not failures of the bundle. What is broken
  # must end with 4: a plugin failed.
  case $name:$status in
  broken:0) echo "== broken: nothing failed" && failed=1 ;;
  *:0 | experiments:1 | experiments:3 | broken:4) ;;
  *)
    echo "== $name: exit status $status"
    failed=1
    ;;
  esac
}

for what in ${*:-doctor suite experiments}; do
  case $what in
  doctor) part doctor "$here" bin/assay doctor ;;
  suite)
    # Compiling on all cores first is quicker than one kernel at a time when the
    # suite asks for it. Does nothing where there is no NVRTC.
    (cd "$here/tests/cuda" && ASSAY_THOROUGH=1 ./run.test -test.run TestEveryKernelCompiles >/dev/null 2>&1)
    part suite "$here/tests/devicetest" ./run.test -test.run TestDevices -test.v ${device:+-devices $device}
    ;;
  constructs) part constructs "$here/tests/constructs" ./run.test -test.run "TestConstructs${device:+/$device}" -test.v ;;
  corpus) part corpus "$here/tests/corpus" ./run.test -test.run "TestKernels${device:+/$device}" -test.v ;;
  faults) part faults "$here/tests/cuda" ./run.test -test.v ;;
  broken)
    part broken "$RESULTS" "$here/bin/assay" run "$here/tests/broken" --no-color \
      --plugin-dir "$here/tests/broken/plugins" ${device:+--var device=$device}
    ;;
  bench) part bench "$here/tests/cuda" ./run.test -test.run '^$' -test.bench 'Decode|Launch' -test.benchtime 1x ;;
  experiments)
    part experiments "$RESULTS" "$here/bin/assay" run "$here/experiments" --no-color \
      --plugin-dir "$here/bin/plugins" --var "effort=${EFFORT:-quick}" ${device:+--var device=$device}
    ;;
  *)
    sed -n '2,17s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
  esac
done
exit $failed
