package sdk_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/core/sdk/sdktest"
)

// batches takes two samples at once and remembers what it was asked.
type batches struct {
	sdk.Case // none of its other methods is called
	left     int
	asked    []string
}

func (b *batches) BeginVisit(phase string) { b.asked, b.left = append(b.asked, "begin "+phase), 0 }

func (b *batches) Run(_ context.Context, phase string, n int) (sdk.Times, error) {
	if b.left == 0 {
		b.asked, b.left = append(b.asked, "start"), 2
	}
	b.left--
	return sdk.Times{Wall: time.Duration(n)}, nil
}

func (b *batches) Prepared() sdk.Prepared {
	return sdk.Prepared{Phases: map[string]sdk.PhaseFacts{"load": {Units: 1, Iterations: 1}}}
}

func (b *batches) Close() error { return nil }

// A case hears of each visit before its first sample, so that it can drop what
// is left of another one.
func TestBeginVisit(t *testing.T) {
	b := &batches{}
	h := sdktest.Start(t, sdk.Plugin[struct{}]{
		Name: "batches", Version: "0.1.0", NoDevice: true, Phases: []sdk.Phase{{Name: "load", Unit: "call"}},
		Prepare: func(context.Context, sdk.Request[struct{}]) (sdk.Case, error) { return b, nil },
	})
	h.Open("cpu")
	h.Prepare("a", `{}`, 1)
	for range 2 {
		h.Measure("a", "load", 3)
	}
	want := []string{"begin load", "start", "start", "begin load", "start", "start"}
	if !slices.Equal(b.asked, want) {
		t.Errorf("asked for %q, want %q", b.asked, want)
	}
}
