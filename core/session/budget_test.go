package session

import (
	"testing"
	"time"

	"github.com/assay-bench/assay/core/record"
)

// Rounds that would exceed the case's part of the budget are not begun; what
// earlier cases left over may be used.
func TestBudget(t *testing.T) {
	for _, c := range []struct {
		name                 string
		cases, ended, rounds int
		want                 bool
	}{
		{"one round fits", 1, 0, 1, false},
		{"all to the next look fit", 1, 0, 50, false},
		{"the last of them would not", 1, 0, 70, true},
		{"the first of two cases has half", 2, 0, 50, true},
		{"the second has what is left", 2, 1, 50, false},
	} {
		d := &record.Result{Cases: make([]record.Case, c.ended+1)}
		d.Experiment.Measure.Budget = time.Hour.Nanoseconds()
		now := &d.Cases[c.ended]
		now.Rounds = []record.Round{{Counted: true, Started: time.Unix(0, 0), Ended: time.Unix(60, 0)}}
		if got := overBudget(d, now, c.cases, c.rounds, 3); got != c.want {
			t.Errorf("%s: over the budget %t, want %t", c.name, got, c.want)
		}
	}
}
