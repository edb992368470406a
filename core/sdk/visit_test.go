package sdk_test

import (
	"context"
	"slices"
	"testing"

	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/core/sdk/sdktest"
)

// batches takes two samples at once and remembers what it was asked.
type batches struct {
	left  int
	asked []string
}

func (b *batches) plugin() sdk.Plugin[struct{}] {
	return sdk.Plugin[struct{}]{
		Name: "batches", Version: "0.1.0", NoDevice: true, Phases: []sdk.Phase{{Name: "load", Unit: "call"}},
		Prepare: func(context.Context, sdk.Request[struct{}]) (*sdk.Prepared, error) {
			return &sdk.Prepared{
				Phases:     map[string]sdk.Timed{"load": {Units: 1, Iterations: 1, Run: b.run}},
				BeginVisit: func(phase string) { b.asked, b.left = append(b.asked, "begin "+phase), 0 },
			}, nil
		},
	}
}

func (b *batches) run(context.Context, int) error {
	if b.left == 0 {
		b.asked, b.left = append(b.asked, "start"), 2
	}
	b.left--
	return nil
}

// A configuration hears of each visit before its first sample, so that it can drop
// what is left of another one.
func TestBeginVisit(t *testing.T) {
	b := &batches{}
	h := sdktest.Start(t, b.plugin())
	h.Open("cpu")
	h.Prepare("a", `{}`, 1)
	for range 2 {
		// What BeginVisit takes stands between two intents, and is no sample's.
		if first := h.Measure("a", "load", 3)[0]; first.GetSeq() != 3 {
			t.Errorf("the first sample has number %d, want 3, after the intents to begin and to run", first.GetSeq())
		}
	}
	want := []string{"begin load", "start", "start", "begin load", "start", "start"}
	if !slices.Equal(b.asked, want) {
		t.Errorf("asked for %q, want %q", b.asked, want)
	}
}
