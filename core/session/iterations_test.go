package session

import (
	"testing"
	"time"

	"github.com/assay-bench/assay/core/record"
)

// A sample of fewer iterations has more of its beginning in it, so that arms
// that are equal must not get different numbers because one of them was warmed
// up beside another program.
func TestArmsThatAreAlikeGetEquallyManyIterations(t *testing.T) {
	const decode = "decode"
	warm := func(arm string, took time.Duration) record.Warmup {
		return record.Warmup{Variant: arm, Phase: decode, PerNs: float64(took), Windows: 8, Ns: int64(8 * took)}
	}
	arms := []string{"base", "copy", "control"}
	calm := []record.Warmup{warm("base", 560*time.Microsecond), warm("copy", 565*time.Microsecond), warm("control", 555*time.Microsecond)}
	noisy := []record.Warmup{warm("base", 560*time.Microsecond), warm("copy", 1200*time.Microsecond), warm("control", 700*time.Microsecond)}
	again := warm("copy", 100*time.Microsecond)
	again.Again = true
	other, late := warm("elsewhere", 100*time.Microsecond), warm("copy", 100*time.Microsecond)
	late.Visit = 4
	for _, c := range []struct {
		name   string
		rounds [][]record.Warmup
		want   map[string]uint64
	}{
		{"calm", [][]record.Warmup{calm}, map[string]uint64{"base": 3, "copy": 3, "control": 3}},
		{"about as fast", [][]record.Warmup{{warm("base", 590*time.Microsecond), warm("copy", 610*time.Microsecond), warm("control", 800*time.Microsecond)}}, map[string]uint64{"base": 3, "copy": 3, "control": 3}},
		{"noise in this round", [][]record.Warmup{calm, noisy}, map[string]uint64{"base": 3, "copy": 3, "control": 3}},
		{"a slower arm", [][]record.Warmup{{warm("base", 560*time.Microsecond), warm("copy", 1500*time.Microsecond)}}, map[string]uint64{"base": 3, "copy": 1, "control": 0}},
		{"not warm yet", [][]record.Warmup{{}}, map[string]uint64{"base": 0}},
		{"made once more by a resumed session", [][]record.Warmup{append([]record.Warmup{again}, calm...)}, map[string]uint64{"base": 3, "copy": 3}},
		{"between visits", [][]record.Warmup{append([]record.Warmup{late}, calm...)}, map[string]uint64{"base": 3, "copy": 3}},
		{"between visits of an earlier round", [][]record.Warmup{append([]record.Warmup{late}, calm...), calm}, map[string]uint64{"base": 3, "copy": 15}},
		{"an arm of other rounds", [][]record.Warmup{append([]record.Warmup{other}, calm...)}, map[string]uint64{"base": 3}},
	} {
		rc := &record.Case{}
		for i, ws := range c.rounds {
			rc.Rounds = append(rc.Rounds, record.Round{Index: i + 1, Arms: arms, Warmups: ws})
		}
		d := &record.Result{}
		d.Experiment.Measure.Visit, d.Experiment.Measure.Samples = int64(12*time.Millisecond), 8
		r := roundOf(d, rc, &rc.Rounds[len(rc.Rounds)-1], 1)
		for arm, want := range c.want {
			if n := r.iterations(arm, decode); n != want {
				t.Errorf("%s: %d iterations of %s, want %d", c.name, n, arm, want)
			}
		}
	}
}
