package sdk_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/assay-bench/assay/core/internal/fakedevice"
	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/core/sdk/sdktest"
	"github.com/assay-bench/assay/metal"
)

// writer stands for a program: iteration i of 3 writes i into the output. When
// lazy, it stops writing after its first run, as a kernel that the timed path
// leaves out would.
type writer struct {
	out      metal.Buffer
	runs     int
	lazy     bool
	released bool
}

func (w *writer) Run(_ context.Context, n int) (metal.Times, error) {
	for range n {
		if !w.lazy || w.runs == 0 {
			if err := w.out.Write(0, binary.LittleEndian.AppendUint32(nil, uint32(w.runs%3))); err != nil {
				return metal.Times{}, err
			}
		}
		w.runs++
	}
	return metal.Times{}, nil
}

func (w *writer) Release() { w.released = true }

// one is a plugin whose one phase is timed so.
func one(prepare func(req sdk.Request[struct{}]) (sdk.Timed, error)) sdk.Plugin[struct{}] {
	return sdk.Plugin[struct{}]{
		Name: "one", Version: "0.1.0", Phases: []sdk.Phase{{Name: "decode", Unit: "tok"}}, OpenDevice: fakedevice.Open,
		Prepare: func(_ context.Context, req sdk.Request[struct{}]) (*sdk.Prepared, error) {
			timed, err := prepare(req)
			return &sdk.Prepared{Phases: map[string]sdk.Timed{"decode": timed}}, err
		},
	}
}

func rotating(w *writer) sdk.Plugin[struct{}] {
	return one(func(req sdk.Request[struct{}]) (sdk.Timed, error) {
		buf, err := req.Device.NewBuffer(4)
		w.out = buf
		return sdk.Timed{
			Units: 2, Program: w, Rotation: 3, Outputs: []metal.Arg{{Buffer: buf}},
			Verify: func(_ context.Context, i int) ([]sdk.Check, map[string]float64, error) {
				got := make([]byte, 4)
				err := buf.Read(0, got)
				wrong := 0.0
				if binary.LittleEndian.Uint32(got) != uint32(i) {
					wrong = 1
				}
				return []sdk.Check{sdk.Below("output", wrong, 0)}, nil, err
			},
		}, err
	})
}

// visit runs one sample of so many iterations.
func visit(t *testing.T, h *sdktest.Host, n int) error {
	t.Helper()
	return measure(t, h, &pluginv1.Start{Handle: "a", Phase: "decode", Iterations: uint64(n), Samples: 1}, 1)
}

// Wherever timing stops, the check looks at the iteration that ran last.
func TestVerifyFollowsTheRotation(t *testing.T) {
	for n := range 8 {
		w := &writer{}
		h := sdktest.Start(t, rotating(w))
		h.Open("cpu")
		p, _ := h.Prepare("a", `{}`, 1)
		if c := p.GetChecks(); len(c) != 1 || !c[0].GetPassed() || c[0].GetName() != "decode output" || p.GetPhases()["decode"].GetUnitsPerIteration() != 2 {
			t.Fatalf("prepared %v", p)
		}
		if n > 0 {
			done(t, h, &pluginv1.Start{Handle: "a", Phase: "decode", Iterations: uint64(n), Samples: 1})
		}
		if c := h.Release("a").GetChecks(); len(c) != 1 || !c[0].GetPassed() {
			t.Errorf("after %d timed iterations: %v", n, c)
		}
		if want := max(n, 1) + 1; w.runs != want || !w.released {
			t.Errorf("%d iterations ran, want %d; released %t", w.runs, want, w.released)
		}
	}
}

// What is right before timing must be written again to be right after it.
func TestOutputsAreSpoiled(t *testing.T) {
	h := sdktest.Start(t, rotating(&writer{lazy: true}))
	h.Open("cpu")
	h.Prepare("a", `{}`, 1)
	done(t, h, &pluginv1.Start{Handle: "a", Phase: "decode", Iterations: 3, Samples: 1})
	if c := h.Release("a").GetChecks(); len(c) != 1 || c[0].GetPassed() {
		t.Errorf("%v: timed iterations that write nothing pass", c)
	}
}

// Two times that cannot both be true are an error of the plugin that names both.
func TestTimesAreHeldAgainstTheClock(t *testing.T) {
	own := func(took time.Duration, x sdk.Times) sdk.Timed {
		return sdk.Timed{OwnTimes: func(context.Context, int) (sdk.Times, error) { time.Sleep(took); return x, nil }}
	}
	partial := own(300*time.Millisecond, sdk.Times{Wall: time.Millisecond})
	partial.Partial = true
	for name, tt := range map[string]struct {
		timed sdk.Timed
		want  string // empty: believed
	}{
		"device longer than wall": {own(time.Millisecond, sdk.Times{Wall: time.Millisecond, Device: 2 * time.Millisecond}), "a device time of 2ms is longer than the wall time of 1ms"},
		"encode longer than wall": {own(time.Millisecond, sdk.Times{Wall: time.Millisecond, Encode: 2 * time.Millisecond}), "an encode time of 2ms is longer than the wall time of 1ms"},
		"negative":                {own(time.Millisecond, sdk.Times{Wall: time.Millisecond, Device: -1}), "a device time of -1ns"},
		"longer than the call":    {own(0, sdk.Times{Wall: time.Hour}), "OwnTimes says 1h0m0s, and its calls took"},
		"overflow":                {own(0, sdk.Times{Wall: 1<<63 - 1}), "longer than the calls that they are of"},
		"not waited for":          {own(300*time.Millisecond, sdk.Times{Wall: time.Millisecond}), "OwnTimes says 1ms, and its calls took"},
		"partial":                 {partial, ""},
		"no way":                  {sdk.Timed{}, `phase "decode": Prepare gives 0 of Run, Program and OwnTimes`},
		"two ways":                {sdk.Timed{Run: func(context.Context, int) error { return nil }, Program: &writer{}}, "2 of Run, Program and OwnTimes"},
	} {
		t.Run(name, func(t *testing.T) {
			h := sdktest.Start(t, one(func(sdk.Request[struct{}]) (sdk.Timed, error) { return tt.timed, nil }))
			h.Open("cpu")
			stream, err := h.Client.PrepareCase(t.Context(), &pluginv1.PrepareCaseRequest{Handle: "a", ConfigJson: []byte(`{}`), ConfigDigest: digest(`{}`)})
			for err == nil {
				_, err = stream.Recv()
			}
			if status.Code(err) == codes.Unknown { // io.EOF: prepared
				err = visit(t, h, 1)
			}
			if believed := err == nil || status.Code(err) == codes.InvalidArgument; believed != (tt.want == "") || !believed && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}

// The SDK takes the time between two moments at which the device has nothing to do.
func TestTheClockRunsAfterTheDeviceHasEnded(t *testing.T) {
	var asked []string
	note := func(what string, took time.Duration) error { asked = append(asked, what); time.Sleep(took); return nil }
	h := sdktest.Start(t, one(func(sdk.Request[struct{}]) (sdk.Timed, error) {
		return sdk.Timed{
			Run:         func(context.Context, int) error { return note("submit", 0) },
			Synchronize: func(context.Context) error { return note("wait", 10*time.Millisecond) },
		}, nil
	}))
	h.Open("cpu")
	h.Prepare("a", `{}`, 1)
	got := h.Measure("a", "decode", 1)
	if got[0].GetWallNs() < (10 * time.Millisecond).Nanoseconds() {
		t.Errorf("%v ns for work that the device ended after 10ms", got[0].GetWallNs())
	}
	if want := []string{"wait", "submit", "wait"}; !slices.Equal(asked[:3], want) {
		t.Errorf("asked for %v, want %v first", asked, want)
	}
}

// slowToMake is a program that takes longer to make than to run.
type slowToMake struct{ made int }

func (p *slowToMake) Ready(n int) error {
	p.made = n
	time.Sleep(20 * time.Millisecond)
	return nil
}

func (p *slowToMake) Run(_ context.Context, n int) (metal.Times, error) {
	if n != p.made {
		return metal.Times{}, fmt.Errorf("made for %d iterations, run for %d", p.made, n)
	}
	return metal.Times{}, nil
}

func (p *slowToMake) Release() {}

// What a program makes before it runs is not in its time, so that each of three
// samples is far shorter.
func TestAProgramIsMadeBeforeTheClockRuns(t *testing.T) {
	p := one(func(sdk.Request[struct{}]) (sdk.Timed, error) {
		return sdk.Timed{Iterations: 2, Program: &slowToMake{}}, nil
	})
	fastest := time.Hour
	h := sdktest.Start(t, p)
	h.Open("cpu")
	h.Prepare("a", `{}`, 1)
	for _, s := range h.Measure("a", "decode", 3) {
		fastest = min(fastest, time.Duration(s.GetWallNs()))
	}
	if fastest >= 20*time.Millisecond {
		t.Errorf("the fastest sample took %v, with the 20ms in which it was made", fastest)
	}
}

// waiter is a device of an author's own that can be asked to synchronise.
type waiter struct {
	metal.Device
	asked int
}

func (w *waiter) Synchronize(context.Context) error { w.asked++; return nil }

func TestADeviceOfOnesOwnIsSynchronised(t *testing.T) {
	w := &waiter{}
	p := one(func(sdk.Request[struct{}]) (sdk.Timed, error) {
		return sdk.Timed{Iterations: 1, Run: func(context.Context, int) error { return nil }}, nil
	})
	p.OpenDevice = func(ctx context.Context, kind string, index int) (_ metal.Device, err error) {
		w.Device, err = fakedevice.Open(ctx, kind, index)
		return w, err
	}
	sdktest.Run(t, p, `{}`)
	if w.asked != 6 {
		t.Errorf("synchronised %d times for 3 samples, want before and after each", w.asked)
	}
}

// What Prepare keeps for the end runs then, and when it fails.
func TestCleanup(t *testing.T) {
	for _, fails := range []bool{false, true} {
		var order []int
		h := sdktest.Start(t, one(func(req sdk.Request[struct{}]) (sdk.Timed, error) {
			req.Cleanup(func() { order = append(order, 1) })
			req.Cleanup(func() { order = append(order, 2) })
			if fails {
				return sdk.Timed{}, sdk.Diagnostic{Summary: "no"}
			}
			return sdk.Timed{Run: func(context.Context, int) error { return nil }}, nil
		}))
		h.Open("cpu")
		if p, _ := h.Prepare("a", `{}`, 1); p != nil {
			h.Release("a")
		}
		if !slices.Equal(order, []int{2, 1}) {
			t.Errorf("fails %t: ran %v, want 2 and then 1", fails, order)
		}
	}
}

// A configuration whose warnings cannot be sent has no handle by which the host
// could release it.
func TestCleanupWhereAWarningIsBroken(t *testing.T) {
	ended := false
	p := one(nil)
	p.Prepare = func(_ context.Context, req sdk.Request[struct{}]) (*sdk.Prepared, error) {
		req.Cleanup(func() { ended = true })
		return &sdk.Prepared{
			Phases:   map[string]sdk.Timed{"decode": {Run: func(context.Context, int) error { return nil }}},
			Warnings: []sdk.Diagnostic{{Path: "n[", Summary: "of no path"}},
		}, nil
	}
	h := sdktest.Start(t, p)
	h.Open("cpu")
	stream, err := h.Client.PrepareCase(t.Context(), &pluginv1.PrepareCaseRequest{Handle: "a", ConfigJson: []byte(`{}`), ConfigDigest: digest(`{}`)})
	for err == nil {
		_, err = stream.Recv()
	}
	if !strings.Contains(err.Error(), "of no path") || !ended {
		t.Errorf("cleanup ran: %t, after the error %v", ended, err)
	}
}

func TestCopiesLeaveTheCache(t *testing.T) {
	dev, err := fakedevice.Open(t.Context(), "cpu", 0) // a cache of 1 MiB, memory of 1 GiB
	if err := errors.Join(err); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		cold   bool
		bytes  int64
		copies int
		warned bool // of so many copies
	}{
		{false, 1 << 10, 1, false}, {true, 1 << 20, 3, false}, {true, 1<<20 + 1, 3, false}, {true, 1 << 19, 6, false},
		{true, 4 << 20, 1, false}, {true, 1 << 10, 128, true}, {true, 0, 128, true}, {true, 1 << 40, 1, false},
	} {
		req := sdk.Request[struct{}]{Device: dev, Cold: tt.cold}
		n := req.Copies(tt.bytes)
		if warned := len(req.NotCold("inputs", int64(n)*tt.bytes)) > 0; n != tt.copies || warned != tt.warned {
			t.Errorf("%d bytes, cold %t: %d copies, warned %t; want %d, %t", tt.bytes, tt.cold, n, warned, tt.copies, tt.warned)
		}
	}
}

// The same seed gives the same inputs, another one and another purpose give others.
func TestInputsFollowTheSeed(t *testing.T) {
	draw := func(seed uint64, purpose string) float64 {
		return sdk.Request[struct{}]{Seed: seed}.RNG(purpose).NormFloat64()
	}
	if draw(1, "decode") != draw(1, "decode") {
		t.Error("a seed does not give the same inputs twice")
	}
	if draw(1, "decode") == draw(2, "decode") || draw(1, "decode") == draw(1, "prefill") {
		t.Error("two seeds, or two purposes, share inputs")
	}
}
