package cuda

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/internal/compilecache"
)

func TestCloseGivesBackWhatOpenTook(t *testing.T) {
	for _, fails := range []string{"", "cuDevicePrimaryCtxRetain", "cuStreamCreate", "cuEventCreate"} {
		d, f := fakeDevice(t)
		d.cache = cache{compilecache.Dir(t.TempDir())}
		d.cache.markFault("a source")
		dumps := t.TempDir()
		t.Setenv("TMPDIR", dumps)
		if fails != "" {
			f.fails[fails] = always(outOfMemory)
		}
		err := d.start(0)
		if (err == nil) != (fails == "") {
			t.Errorf("%s fails: error %v", fails, err)
		}
		if f.calls["cuCoredumpSetAttributeGlobal"] == 0 {
			t.Fatal("no core dump is asked for")
		}
		if err := d.Close(func() {}); err != nil {
			t.Error(err)
		}
		if left, err := os.ReadDir(dumps); err != nil || len(left) != 0 {
			t.Errorf("%s fails: of core dumps there stays %v, %v", fails, left, err)
		}
		for take, give := range map[string]string{
			"cuDevicePrimaryCtxRetain": "cuDevicePrimaryCtxRelease_v2", "cuStreamCreate": "cuStreamDestroy_v2", "cuEventCreate": "cuEventDestroy_v2",
		} {
			took := f.calls[take]
			if take == fails {
				took = 0
			}
			if f.calls[give] != took {
				t.Errorf("%s fails: %d times %s, %d times %s", fails, took, take, f.calls[give], give)
			}
		}
	}
}

func TestReleaseAfterClose(t *testing.T) {
	d := started(t, cache{})
	b, err := d.NewBuffer(100)
	if err != nil {
		t.Fatal(err)
	}
	if m := d.Memory(); m.Current != 100 {
		t.Errorf("memory is %+v", m)
	}
	d.Close()
	b.Release()
	b.Release()
	if m := d.Memory(); m.Current != 0 || m.Peak != 100 || d.f.calls["cuMemFree_v2"] != 1 {
		t.Errorf("memory is %+v, freed %d times", m, d.f.calls["cuMemFree_v2"])
	}
}

// TestLaunchesAreBounded: neither way of launching fills the driver's queue.
func TestLaunchesAreBounded(t *testing.T) {
	const n = 3 * fencesInFlight * launchesPerFence
	launched := "cuLaunchKernelEx"
	runs := map[string]func(r rig, one metal.Dispatch) error{
		"submit": func(r rig, one metal.Dispatch) error {
			all := make([]metal.Dispatch, n)
			for i := range all {
				all[i] = one
			}
			_, err := r.Submit(t.Context(), all)
			return err
		},
		"program without graphs": func(r rig, one metal.Dispatch) error {
			p := &program{d: r.own, iterations: [][]launch{make([]launch, 1), make([]launch, 2*launchesPerFence)}}
			for _, launches := range p.iterations {
				for i := range launches {
					if err := r.own.prepare(&launches[i], &one); err != nil {
						return err
					}
				}
			}
			_, err := p.submit(t.Context(), []span{{0, 2 * n / (1 + 2*launchesPerFence)}})
			return err
		},
	}
	for name, run := range runs {
		t.Run(name, func(t *testing.T) {
			r := started(t, cache{})
			f := r.f
			f.fails["cuEventQuery"] = always(launchFailed) // the first wait ends the run
			if err := run(r, r.dispatch("k")); !errors.Is(err, metal.ErrFault) || !errors.Is(err, metal.ErrLost) {
				t.Fatalf("error %v, want a fault", err)
			}
			if most := (fencesInFlight + 1) * launchesPerFence; f.calls[launched] != most {
				t.Errorf("%d launches before the first wait, want %d", f.calls[launched], most)
			}
		})
	}
}

// TestALaunchThatFails blames the kernel whose launch it was, unless it tells of
// a fault, which is one of a kernel launched before.
func TestALaunchThatFails(t *testing.T) {
	for r, says := range map[result]string{invalidValue: "kernel second: ", illegalAddress: "one of kernels [first second]"} {
		d := started(t, cache{})
		d.f.fails["cuLaunchKernelEx"] = func(call int) result {
			if call == 2 {
				return r
			}
			return success
		}
		if _, err := d.Submit(t.Context(), []metal.Dispatch{d.dispatch("first"), d.dispatch("second")}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("result %d: error %v, want %q", r, err, says)
		}
	}
}

// TestAGraphThatCannotBeRecorded names the launch that failed and leaves no graph.
func TestAGraphThatCannotBeRecorded(t *testing.T) {
	d := started(t, cache{})
	f := d.f
	const captureInvalidated = 901
	f.fails["cuLaunchKernelEx"] = always(invalidValue)
	f.fails["cuStreamEndCapture"] = always(captureInvalidated)
	p, err := d.Record([]metal.Dispatch{d.dispatch("k")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Run(t.Context(), graphMinimum); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("kernel k: cuLaunchKernelEx: unknown error (%d)", invalidValue)) {
		t.Errorf("error %v, want that of the launch", err)
	}
	f.fails = nil
	if _, err := p.Run(t.Context(), graphMinimum); err != nil {
		t.Errorf("the run after it: %v", err)
	}
	p.Release()
	if made, gone := f.calls["cuGraphInstantiateWithFlags"], f.calls["cuGraphExecDestroy"]; made != 1 || gone != 1 || f.calls["cuGraphDestroy"] != 1 {
		t.Errorf("%d graphs made, %d and %d destroyed", made, gone, f.calls["cuGraphDestroy"])
	}
}

// TestAFaultIsNamedWithItsLine: the first process names what was running, the
// next one the kernel and its line, and then no more is asked.
func TestAFaultIsNamedWithItsLine(t *testing.T) {
	dir := compilecache.Dir(t.TempDir())
	fault := func(leaveDump bool) (string, *device) {
		r := started(t, cache{dir})
		d, f := r.own, r.f
		d.origins = map[string]origin{"broken": {"a", "assay_broken"}, "sound": {"b", "assay_sound"}}
		if leaveDump {
			if err := os.WriteFile(d.dump, dump(t, "outofbounds"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		f.fails["cuEventQuery"] = always(illegalAddress)
		_, err := r.Submit(t.Context(), []metal.Dispatch{r.dispatch("sound"), r.dispatch("broken")})
		if !errors.Is(err, metal.ErrFault) {
			t.Fatalf("error %v, want a fault", err)
		}
		return err.Error(), d
	}
	says, d := fault(false)
	if !strings.Contains(says, "one of kernels [broken sound] (run it again to learn the line)") || d.dump != "" {
		t.Errorf("the first fault says %q", says)
	}
	says, d = fault(true)
	if !strings.Contains(says, "kernel broken at broken.metal:4") || d.dump != "" {
		t.Errorf("the second fault says %q, dump %q", says, d.dump)
	}
	if d.cache.faultedLately() {
		t.Error("a fault whose line is known is still asked for")
	}
}

func TestErrorClasses(t *testing.T) {
	d := &device{}
	for _, c := range []struct {
		status result
		is     error
		lost   bool
	}{
		{outOfMemory, metal.ErrOutOfMemory, false},
		{noDevice, metal.ErrUnavailable, false},
		{illegalAddress, metal.ErrFault, true},
		{misalignedAddress, metal.ErrFault, true},
		{assertFailed, metal.ErrFault, true},
		{eccUncorrectable, metal.ErrLost, true},
		{invalidValue, nil, false},
	} {
		d.lost = nil
		err := d.check("cuSomething", int32(c.status), "b", "a", "b")
		if err == nil || (c.is != nil && !errors.Is(err, c.is)) {
			t.Errorf("%d: got %v, want %v", c.status, err, c.is)
		}
		if (d.lost != nil) != c.lost || errors.Is(err, metal.ErrLost) != c.lost {
			t.Errorf("%d: lost is %v, error %v, want %t", c.status, d.lost, err, c.lost)
		}
		if c.lost && !strings.Contains(err.Error(), "[a b]") {
			t.Errorf("%d: %v does not name the kernels that were running", c.status, err)
		}
		if c.lost && d.Lost() == nil {
			t.Errorf("%d: the device goes on", c.status)
		}
	}
	if err := d.check("cuSomething", 0); err != nil {
		t.Errorf("success gives %v", err)
	}
}
