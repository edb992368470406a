package rotation

import (
	"context"
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/cpu"
)

// writer stands for a program: iteration i of 3 writes i into the output. When
// lazy, it stops writing after its first run, as a kernel that the timed path
// leaves out would.
type writer struct {
	out      metal.Arg
	runs     int
	lazy     bool
	released bool
}

func (w *writer) Run(_ context.Context, n int) (metal.Times, error) {
	for range n {
		if !w.lazy || w.runs == 0 {
			if err := w.out.Buffer.Write(0, binary.LittleEndian.AppendUint32(nil, uint32(w.runs%3))); err != nil {
				return metal.Times{}, err
			}
		}
		w.runs++
	}
	return metal.Times{Wall: 1}, nil
}

func (w *writer) Release() { w.released = true }

func newCase(t *testing.T, lazy bool) (*Case, *writer, *bool) {
	t.Helper()
	dev, err := cpu.Open(cpu.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = dev.Close() })
	buf, err := dev.NewBuffer(4)
	if err != nil {
		t.Fatal(err)
	}
	w := &writer{out: metal.Arg{Buffer: buf}, lazy: lazy}
	freed := false
	c, err := New(t.Context(), sdk.Prepared{}, func() { freed = true }, &Phase{
		Name: "decode", Iterations: 3, Runner: w, Outputs: []metal.Arg{w.out}, PhaseFacts: sdk.PhaseFacts{Units: 2, Bytes: 8},
		Verify: func(_ context.Context, i int) ([]sdk.Check, map[string]float64, error) {
			got := make([]byte, 4)
			err := buf.Read(0, got)
			return []sdk.Check{sdk.Below("output", abs(float64(binary.LittleEndian.Uint32(got))-float64(i)), 0)}, nil, err
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c, w, &freed
}

func abs(v float64) float64 { return max(v, -v) }

// Wherever timing stops, the check looks at the iteration that ran last.
func TestCheckFollowsTheRotation(t *testing.T) {
	for n := range 8 {
		c, w, _ := newCase(t, false)
		if p := c.Prepared(); len(p.Checks) != 1 || !p.Checks[0].Passed || p.Checks[0].Name != "decode output" || p.Phases["decode"].Units != 2 {
			t.Fatalf("prepared %+v", p)
		}
		if n > 0 {
			if _, err := c.Run(t.Context(), "decode", n); err != nil {
				t.Fatal(err)
			}
		}
		checks, _, err := c.Check(t.Context())
		if err != nil || len(checks) != 1 || !checks[0].Passed {
			t.Errorf("after %d timed iterations: %v %v", n, checks, err)
		}
		if want := max(n, 1) + 1; w.runs != want {
			t.Errorf("%d iterations ran, want %d", w.runs, want)
		}
	}
}

// What is right before timing must be written again to be right after it.
func TestOutputsAreSpoiled(t *testing.T) {
	c, _, _ := newCase(t, true)
	if _, err := c.Run(t.Context(), "decode", 3); err != nil {
		t.Fatal(err)
	}
	checks, _, err := c.Check(t.Context())
	if err != nil || checks[0].Passed {
		t.Errorf("%v %v: timed runs that write nothing pass", checks, err)
	}
}

func TestCloseFreesEverythingOnce(t *testing.T) {
	c, w, freed := newCase(t, false)
	for range 2 {
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if !w.released || !*freed {
		t.Error("something was not released")
	}
	if _, err := c.Run(t.Context(), "decode", 1); err == nil {
		t.Error("a closed case runs")
	}
}

func TestUnknownPhase(t *testing.T) {
	c, _, _ := newCase(t, false)
	if _, err := c.Run(t.Context(), "prefill", 1); err == nil || !strings.Contains(err.Error(), "prefill") {
		t.Errorf("%v, want an error that names the phase", err)
	}
}

func TestResubmitAsksForEachIterationInTurn(t *testing.T) {
	dev, err := cpu.Open(cpu.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	var asked []int
	fault := errors.New("no kernel")
	r := Resubmit(dev, 3, func(i int) ([]metal.Dispatch, error) {
		asked = append(asked, i)
		return nil, fault
	})
	if _, err := r.Run(t.Context(), 4); !errors.Is(err, fault) {
		t.Errorf("%v, want the decision's error", err)
	}
	if len(asked) != 1 || asked[0] != 0 {
		t.Errorf("asked for %v, want the first iteration only, for it failed", asked)
	}
	if _, err := Replay(dev, 2, func(int) ([]metal.Dispatch, error) { return nil, fault }); !errors.Is(err, fault) {
		t.Errorf("%v, want the decision's error", err)
	}
}
