package sdk_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/core/sdk/sdktest"
	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/devices"
	"github.com/assay-bench/assay/metal/kernels"
)

// scaleSource reads VEC, and a plugin may forget to set it.
const scaleSource = `#include <metal_stdlib>
using namespace metal;
constant bool VEC [[function_constant(0)]];
kernel void scale(device float4 *x [[buffer(0)]], constant float &by [[buffer(1)]], uint i [[thread_position_in_grid]]) {
  if (VEC) { x[i] = x[i] * by; } else { for (uint k = 0; k < 4; k++) x[i][k] = x[i][k] * by; }
}
`

type scaleConfig struct {
	Vec    bool   `assay:"vec" help:"float4 loads" default:"false"`
	By     int    `assay:"by" help:"factor" default:"2"`
	Submit bool   `assay:"submit" help:"submit every iteration" default:"false"`
	Label  string `assay:"label" help:"reaches no kernel" default:""`
}

func scalePlugin() sdk.Plugin[scaleConfig] {
	return sdk.Plugin[scaleConfig]{
		Name: "scale", Version: "0.1.0", Phases: []sdk.Phase{{Name: "scale", Unit: "call"}},
		Prepare: func(ctx context.Context, req sdk.Request[scaleConfig]) (*sdk.Prepared, error) {
			lib, err := req.Device.Compile(ctx, metal.Source{Name: "scale.metal", Text: scaleSource})
			if err != nil {
				return nil, err
			}
			k, err := lib.Kernel("scale", map[int]any{0: req.Config.Vec})
			if err != nil {
				return nil, err
			}
			x, err := req.Device.NewBuffer(1024)
			if err != nil {
				return nil, err
			}
			once := func(int) ([]metal.Dispatch, error) {
				return []metal.Dispatch{{
					Kernel: k, Args: []metal.Arg{{Buffer: x}, {Bytes: []byte{0, 0, byte(req.Config.By), 0}}},
					Grid: metal.Size{X: 64}, Threadgroup: metal.Size{X: 32},
				}}, nil
			}
			program, err := kernels.Replay(req.Device, 3, once)
			if err != nil {
				return nil, err
			}
			if req.Config.Submit {
				program = kernels.Resubmit(req.Device, 3, once)
			}
			_, err = program.Run(ctx, 2) // preparing runs too, and is no part of a visit
			return &sdk.Prepared{Phases: map[string]sdk.Timed{"scale": {Units: 1, Program: program}}}, err
		},
	}
}

// done runs a visit and returns its end.
func done(t *testing.T, h *sdktest.Host, start *pluginv1.Start) *pluginv1.Done {
	t.Helper()
	stream, err := h.Client.Measure(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Send(&pluginv1.MeasureRequest{Message: &pluginv1.MeasureRequest_Start{Start: start}}); err != nil {
		t.Fatal(err)
	}
	for {
		m, err := stream.Recv()
		if err != nil {
			t.Fatal(err)
		}
		if d := m.GetDone(); d != nil {
			return d
		}
		if seq := max(m.GetSample().GetSeq(), m.GetIntent().GetSeq()); seq > 0 {
			if err := stream.Send(&pluginv1.MeasureRequest{Message: &pluginv1.MeasureRequest_Ack{Ack: &pluginv1.Ack{Seq: seq}}}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestDispatched: without a word of its author a plugin says what an iteration
// dispatched, whatever number of iterations ran and by which way.
func TestDispatched(t *testing.T) {
	dev, err := devices.Open(t.Context(), "sim", 0)
	if errors.Is(err, metal.ErrUnavailable) {
		t.Skip("the test counts dispatches on the simulator:", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := dev.Close(); err != nil {
		t.Fatal(err)
	}
	h := sdktest.Start(t, scalePlugin())
	h.Open("sim")
	config := func(vec bool, by int, submit bool, label string) string {
		return fmt.Sprintf(`{"by":%d,"label":%q,"submit":%t,"vec":%t}`, by, label, submit, vec)
	}
	visits := map[string][]*pluginv1.Dispatched{}
	for handle, c := range map[string]string{
		"plain": config(false, 2, false, ""), "labelled": config(false, 2, false, "fast"), "submitted": config(false, 2, true, ""),
		"vec": config(true, 2, false, ""), "by 3": config(false, 3, false, ""),
	} {
		if p, found := h.Prepare(handle, c, 1); p == nil {
			t.Fatal(found)
		}
		for _, iterations := range []uint64{1, 4, 3} {
			got := done(t, h, &pluginv1.Start{Handle: handle, Phase: "scale", Iterations: iterations, Samples: 2}).GetDispatched()
			if before, ok := visits[handle]; ok {
				if diff := cmp.Diff(before, got, protocmp.Transform()); diff != "" {
					t.Errorf("%s, %d iterations, dispatch something else (-before +now):\n%s", handle, iterations, diff)
				}
			}
			visits[handle] = got
		}
	}
	plain := visits["plain"]
	if len(plain) != 1 || plain[0].GetKernel() != "scale" || plain[0].GetConstants() != "0=false" || plain[0].GetSource() == "" ||
		!cmp.Equal(plain[0].GetGrid(), []uint32{64, 1, 1}) || plain[0].GetCount() != 1 || plain[0].GetIterations() != 1 {
		t.Errorf("an iteration dispatched %v", plain)
	}
	for handle, same := range map[string]bool{"labelled": true, "submitted": true, "vec": false, "by 3": false} {
		if got := cmp.Equal(plain, visits[handle], protocmp.Transform()); got != same {
			t.Errorf("%s dispatched the same as plain: %t, want %t:\n%v", handle, got, same, visits[handle])
		}
	}
}

// TestDispatchedByNone: a plugin without a device of ours does not know.
func TestDispatchedByNone(t *testing.T) {
	b := &batches{}
	h := sdktest.Start(t, b.plugin())
	h.Open("cpu")
	h.Prepare("a", `{}`, 1)
	if got := done(t, h, &pluginv1.Start{Handle: "a", Phase: "load", Samples: 1}).GetDispatched(); got != nil {
		t.Errorf("it says %v", got)
	}
}
