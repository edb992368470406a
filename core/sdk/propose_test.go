package sdk

import (
	"math"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/assay-bench/assay/core/proto/pluginv1"
)

// A plugin that hears of too few rounds must not take the lack of a bound for one.
func TestABoundThatIsNotKnownIsNone(t *testing.T) {
	unknown := phaseResult(&pluginv1.PhaseResult{Ratio: 0.5, Rounds: 1})
	known := phaseResult(&pluginv1.PhaseResult{Ratio: 0.5, Rounds: 8, Lower: proto.Float64(0.4), Upper: proto.Float64(0.6)})
	for _, limit := range []float64{0, 1e9, math.MaxFloat64} {
		if unknown.Lower > limit || unknown.Lower > -limit || unknown.Upper < limit {
			t.Errorf("the unknown bounds %v and %v decide at %v", unknown.Lower, unknown.Upper, limit)
		}
	}
	if got := unknown.Speed(); got != "0.500× [interval unknown]" {
		t.Errorf("without bounds: %s", got)
	}
	if got := known.Speed(); got != "0.500× [0.400×, 0.600×]" {
		t.Errorf("with bounds: %s", got)
	}
}
