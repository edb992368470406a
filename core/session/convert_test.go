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
