package report

import (
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/record"
)

func TestFailuresThatAreAlikeAreOne(t *testing.T) {
	f := func(round int, message, next string) record.Failure {
		return record.Failure{Variant: "fast", Stage: "prepare", Round: round, Message: message, NextStep: next}
	}
	var b strings.Builder
	failures(&b, []record.Failure{
		f(1, "no such kernel", "the round is tried again"), f(2, "no such kernel", "the case goes on"),
		f(3, "out of memory", "the round is tried again"), f(5, "out of memory", "the case ends"),
	}, Style{})
	const want = `  failure, rounds 1 to 2, prepare of variant fast: no such kernel
    next: the case goes on
  failure, round 3, prepare of variant fast: out of memory
    next: the round is tried again
  failure, round 5, prepare of variant fast: out of memory
    next: the case ends
`
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}
