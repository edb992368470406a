#!/bin/sh
# The second step of action.yml: measures, and ends with 0 for every exit status that
# is allowed. assay itself adds the Markdown to $GITHUB_STEP_SUMMARY and prints
# annotations.
set -eu
out=$(mktemp -d "$RUNNER_TEMP/assay.XXXXXX")
set -- --summary "$out/summary.md" --junit "$out/junit.xml"
while IFS= read -r argument; do
  [ -z "$argument" ] || set -- "$@" "$argument"
done <<ARGUMENTS
${ASSAY_ARGUMENTS:-}
ARGUMENTS
status=0
assay run "$@" "$ASSAY_EXPERIMENTS" || status=$?
echo "status=$status" >>"$GITHUB_OUTPUT"
if [ -e "$out/summary.md" ]; then
  printf 'summary=%s\njunit=%s\n' "$out/summary.md" "$out/junit.xml" >>"$GITHUB_OUTPUT"
fi
case " ${ASSAY_ALLOW:-0 3} " in
*" $status "*) exit 0 ;;
esac
exit "$status"
