package session

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/proto/pluginv1"
)

// Numbers that JSON cannot hold, as a plugin may send them.
var impossible = []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64, -math.MaxFloat64}

// Whatever numbers a plugin sends, what is kept of them can be written down.
func TestNumbersThatJSONCannotHold(t *testing.T) {
	for _, x := range impossible {
		m := finite(map[string]float64{"bad": x, "good": 1})
		if _, there := m["bad"]; there || m["good"] != 1 {
			t.Errorf("metrics with %v became %v", x, m)
		}
		checks := checksOf([]*pluginv1.Check{{Value: x, Passed: true}, {Limit: x, Passed: true}}, "before")
		if _, err := json.Marshal(checks); err != nil {
			t.Errorf("checks of %v: %v", x, err)
		}
		if said := checks[0].Passed || strings.Contains(checks[0].Detail, fmt.Sprint("the value is ", x)); !said {
			t.Errorf("a check of %v failed with the detail %q", x, checks[0].Detail)
		}
		facts := map[string]*pluginv1.PhaseFacts{"decode": {UnitsPerIteration: x}}
		if _, err := phaseFactsOf(facts); !errors.Is(err, errNumbers) {
			t.Errorf("%v units per iteration: error %v", x, err)
		}
	}
	if _, err := phaseFactsOf(map[string]*pluginv1.PhaseFacts{"decode": {Yardstick: "cube"}}); !errors.Is(err, errNumbers) {
		t.Errorf("a yardstick that there is not: error %v", err)
	}
	if _, err := phaseFactsOf(map[string]*pluginv1.PhaseFacts{"decode": {UnitsPerIteration: 1, BytesPerIteration: -1}}); !errors.Is(err, errNumbers) {
		t.Errorf("a negative number of bytes: error %v", err)
	}
	if got, err := phaseFactsOf(map[string]*pluginv1.PhaseFacts{"decode": {UnitsPerIteration: 2, BytesPerIteration: 3}, "prefill": {}}); err != nil || got["decode"].Units != 2 || got["decode"].Bytes != 3 || len(got) != 2 {
		t.Errorf("sound facts became %v, error %v", got, err)
	}
}

// What a plugin says of its dispatches is kept as it is, or not at all.
func TestKernelsOf(t *testing.T) {
	good := &pluginv1.Dispatched{Kernel: "k", Grid: []uint32{64}, Threadgroup: []uint32{8, 4, 1, 9}, Count: 3, Iterations: 2}
	got, err := kernelsOf(&pluginv1.Done{Dispatched: []*pluginv1.Dispatched{good}})
	if err != nil || got == nil {
		t.Fatal(got, err)
	}
	if d := got.Dispatched[0]; d.Grid != [3]uint32{64, 1, 1} || d.Threadgroup != [3]uint32{8, 4, 1} || d.Count != 1.5 || d.ThreadgroupMemory == nil {
		t.Errorf("it is kept as %+v", d)
	}
	many := make([]*pluginv1.Dispatched, mostDispatched+1)
	for i := range many {
		many[i] = good
	}
	for name, list := range map[string][]*pluginv1.Dispatched{
		"nothing": nil, "no iterations": {{Kernel: "k", Count: 1}}, "no dispatches": {{Kernel: "k", Iterations: 1}}, "too many": many,
	} {
		if got, err := kernelsOf(&pluginv1.Done{Dispatched: list}); got != nil || err != nil {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// Vectors that stand for output are finite and short, or the plugin is broken.
func TestNumbersOfOutputs(t *testing.T) {
	of := func(tolerance float64, values ...float64) map[string]*pluginv1.Numbers {
		return map[string]*pluginv1.Numbers{"y": {Values: values, Tolerance: tolerance}}
	}
	got, err := numbersOf(of(1e-3, 1, -2))
	if err != nil || len(got["y"].Values) != 2 || got["y"].Tolerance != 1e-3 {
		t.Errorf("%v, %v", got, err)
	}
	bad := []map[string]*pluginv1.Numbers{of(-1, 1), of(1, make([]float64, mostNumbers+1)...)}
	for _, x := range impossible {
		bad = append(bad, of(1, 0, x), of(x, 0))
	}
	for _, in := range bad {
		if _, err := numbersOf(in); !errors.Is(err, errNumbers) {
			t.Errorf("%.60v is taken: %v", in, err)
		}
	}
}
