package cuda

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assay-bench/assay/metal"
)

// TestDispatchedByGraphs: what a replayed graph holds counts as what was recorded,
// and as much as launches one by one.
func TestDispatchedByGraphs(t *testing.T) {
	r := started(t, cache{})
	first, second := r.dispatch("first"), r.dispatch("second")
	p, err := r.Record([]metal.Dispatch{first, second}, []metal.Dispatch{first, first})
	if err != nil {
		t.Fatal(err)
	}
	const n = 1000
	if _, err := p.Run(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	if r.f.calls["cuGraphLaunch"] == 0 || r.f.calls["cuLaunchKernelEx"] >= 2*n {
		t.Errorf("%d graphs and %d kernels were launched, want graphs", r.f.calls["cuGraphLaunch"], r.f.calls["cuLaunchKernelEx"])
	}
	replayed := r.Dispatched(n)
	for range n / 2 {
		for _, one := range [][]metal.Dispatch{{first, second}, {first, first}} {
			if _, err := r.Submit(t.Context(), one); err != nil {
				t.Fatal(err)
			}
		}
	}
	if diff := cmp.Diff(replayed, r.Dispatched(n)); diff != "" {
		t.Errorf("(-replayed +submitted):\n%s", diff)
	}
	for _, d := range replayed {
		if want := map[string]uint64{"first": 3, "second": 1}[d.Kernel]; d.Count != want || d.Iterations != 2 {
			t.Errorf("%s was dispatched %d times in %d iterations, want %d in 2", d.Kernel, d.Count, d.Iterations, want)
		}
	}
}
