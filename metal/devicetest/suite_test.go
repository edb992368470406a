package devicetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/cpu"
	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/kernels"
)

func TestBits(t *testing.T) { Bits(t) }

// recorder is a T outside go test.
type recorder struct{ errors, logs []string }

func (r *recorder) Helper()                   {}
func (r *recorder) Logf(f string, a ...any)   { r.logs = append(r.logs, fmt.Sprintf(f, a...)) }
func (r *recorder) Errorf(f string, a ...any) { r.errors = append(r.errors, fmt.Sprintf(f, a...)) }

// sabotaged is a device that answers to a kernel's name with another kernel,
// replays less than was recorded, or has words of its own for misuse.
type sabotaged struct {
	metal.Device
	swap    map[string]string
	forgets bool
	mumbles bool
}

type sabotagedLibrary struct {
	metal.Library
	swap map[string]string
}

func (d sabotaged) Compile(ctx context.Context, src metal.Source) (metal.Library, error) {
	lib, err := d.Device.Compile(ctx, src)
	return sabotagedLibrary{lib, d.swap}, err
}

func (l sabotagedLibrary) Kernel(name string, constants map[int]any) (metal.Kernel, error) {
	if other, ok := l.swap[name]; ok {
		name = other
	}
	return l.Library.Kernel(name, constants)
}

func (d sabotaged) Record(iterations ...[]metal.Dispatch) (metal.Program, error) {
	if d.forgets && len(iterations) > 0 && len(iterations[0]) > 1 {
		iterations[0] = iterations[0][:len(iterations[0])-1]
	}
	p, err := d.Device.Record(iterations...)
	if err != nil && d.mumbles {
		err = errors.New("something is wrong")
	}
	return p, err
}

// A suite that a wrong device passes is worth nothing.
func TestSuiteCatchesWrongDevices(t *testing.T) {
	for _, c := range []struct {
		what, want string
		device     sabotaged
	}{
		{"nothing", "", sabotaged{}},
		{"fma for no fma", "random moe_combine_fp32_no_fma_f32", sabotaged{swap: map[string]string{"moe_combine_fp32_no_fma_f32": "moe_combine_fp32_f32"}}},
		{"no fma for fma", "random moe_combine_fp32_f32", sabotaged{swap: map[string]string{"moe_combine_fp32_f32": "moe_combine_fp32_no_fma_f32"}}},
		{"add for swiglu", "moe block", sabotaged{swap: map[string]string{"swiglu_f32": "add_f32"}}},
		{"swiglu for add", "random add f32: y", sabotaged{swap: map[string]string{"add_f32": "swiglu_f32"}}},
		{"a missing kernel", "no such kernel", sabotaged{swap: map[string]string{"rope_f32": "ropes_f32"}}},
		{"an error of its own", "contract: dispatches: record of no thread", sabotaged{mumbles: true}},
		{"a forgetful replay", "other bits than submitting once", sabotaged{forgets: true}},
	} {
		dev, err := cpu.Open(cpu.Options{})
		if err != nil {
			t.Fatal(err)
		}
		c.device.Device = dev
		r := &recorder{}
		report := Run(context.Background(), r, c.device, Options{DTypes: []dtype.DType{dtype.F32}, Bits: []int{4}, Groups: []int{64}})
		all := strings.Join(r.errors, "\n")
		switch {
		case c.want == "" && (report.Failures > 0 || len(r.errors) > 0):
			t.Errorf("a right device failed:\n%s", all)
		case c.want != "" && (report.Failures == 0 || !strings.Contains(all, c.want)):
			t.Errorf("%s: want a failure naming %q, got\n%s", c.what, c.want, all)
		}
		if err := dev.Close(); err != nil {
			t.Error(err)
		}
	}
}

// Every op has a random test, of whatever kind.
func TestEveryOpIsTried(t *testing.T) {
	tried := map[string]bool{
		"topk_gating": true, "moe_combine": true, "progressive_swiglu": true, // random_moe.go
		"gather_qmm_combine_products": true, "gather_qmm_combine_sum": true, // random_prefill.go
		"rope_cache": true, "cache_append": true, "sdpa_split": true, "sdpa_merge": true, // random_cache.go
	}
	for _, trial := range trials {
		tried[trial.op] = true
	}
	for _, o := range kernels.All() {
		if !tried[o.Name] {
			t.Errorf("op %s has no trial", o.Name)
		}
		delete(tried, o.Name)
	}
	for name := range tried {
		t.Errorf("%s is tried and no op", name)
	}
}

// A device that no longer answers is not asked again, and a cancelled suite is
// no pass.
func TestSuiteStops(t *testing.T) {
	dev, err := cpu.Open(cpu.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	r := &recorder{}
	lost := lostDevice{dev, new(int)}
	if report := Run(context.Background(), r, lost, Options{}); report.Failures == 0 || *lost.asked != 1 {
		t.Errorf("a lost device was asked %d times, %d failures", *lost.asked, report.Failures)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if report := Run(ctx, r, dev, Options{}); report.Failures == 0 {
		t.Error("a cancelled suite passed")
	}
}

type lostDevice struct {
	metal.Device
	asked *int
}

func (d lostDevice) Submit(context.Context, []metal.Dispatch) (metal.Times, error) {
	*d.asked++
	return metal.Times{}, fmt.Errorf("submit: %w", metal.ErrLost)
}
