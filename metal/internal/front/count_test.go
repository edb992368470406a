package front

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assay-bench/assay/metal"
)

// TestDispatched: what is counted is what ran for one iteration, by all that the
// device is told but for buffers.
func TestDispatched(t *testing.T) {
	d, _, b := open(t, metal.Sim)
	at := func(name string, x int, data ...byte) metal.Dispatch {
		return metal.Dispatch{
			Kernel: kernelOf(t, d, "text", name, map[int]any{3: int32(7), 0: true}), Grid: metal.Size{X: x}, Threadgroup: metal.Size{X: 32},
			Args: []metal.Arg{{Buffer: b, Offset: x}, {Bytes: data}},
		}
	}
	must := func(_ metal.Times, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	record := func(iterations ...[]metal.Dispatch) metal.Program {
		t.Helper()
		p, err := d.Record(iterations...)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	// Twice add in the first iteration, once in the others: 4/3.
	p := record([]metal.Dispatch{at("add", 8, 1), at("add", 8, 1)}, []metal.Dispatch{at("add", 8, 1)}, []metal.Dispatch{at("add", 8, 1), at("mul", 8, 1)})
	must(p.Run(t.Context(), 3))
	d.Dispatched(0) // what ran before does not count
	const n = 10
	must(p.Run(t.Context(), n-3))
	p.Release()
	p = record([]metal.Dispatch{at("add", 8, 1), at("add", 8, 1), at("add", 8, 1), at("mul", 8, 1)})
	must(p.Run(t.Context(), 1))
	for range n {
		must(d.Submit(t.Context(), []metal.Dispatch{at("once", 4, 9, 9), at("once", 4, 9, 8)}))
	}
	got := d.Dispatched(n)
	var short []metal.Dispatched
	for _, x := range got {
		short = append(short, metal.Dispatched{Kernel: x.Kernel, Constants: x.Constants, Grid: x.Grid, Count: x.Count, Iterations: x.Iterations})
	}
	want := []metal.Dispatched{ // (7·4/3 + 3)/10, (7/3 + 1)/10, 2
		{Kernel: "add", Constants: "0=true 3=7", Grid: metal.Size{X: 8}, Count: 37, Iterations: 30},
		{Kernel: "mul", Constants: "0=true 3=7", Grid: metal.Size{X: 8}, Count: 1, Iterations: 3},
		{Kernel: "once", Constants: "0=true 3=7", Grid: metal.Size{X: 4}, Count: 2, Iterations: 1},
	}
	if diff := cmp.Diff(want, short); diff != "" {
		t.Errorf("dispatched (-want +got):\n%s", diff)
	}
	if again := d.Dispatched(n); again != nil {
		t.Errorf("counted twice: %v", again)
	}
}

// TestToldApart: dispatches differ in what the device is told, in another process
// too, and not in their buffers.
func TestToldApart(t *testing.T) {
	type told struct {
		text, name string
		constant   any
		grid       int
		memory     []int
		bytes      []byte
		offset     int
	}
	count := func(kind metal.Kind, w told) []metal.Dispatched {
		d, _, b := open(t, kind)
		k := kernelOf(t, d, w.text, w.name, map[int]any{0: w.constant})
		s := metal.Dispatch{
			Kernel: k, Grid: metal.Size{X: w.grid}, Threadgroup: metal.Size{X: 1}, ThreadgroupMemory: w.memory,
			Args: []metal.Arg{{Buffer: b, Offset: w.offset}, {Bytes: w.bytes}},
		}
		if _, err := d.Submit(t.Context(), []metal.Dispatch{s, s}); err != nil {
			t.Fatal(err)
		}
		return d.Dispatched(1)
	}
	base := told{"text", "k", false, 1, []int{16}, []byte{1, 2, 3}, 0}
	for name, c := range map[string]struct {
		change func(*told)
		same   map[metal.Kind]bool
	}{
		"nothing":      {func(*told) {}, map[metal.Kind]bool{metal.CUDA: true, metal.CPU: true}},
		"buffer":       {func(w *told) { w.offset = 8 }, map[metal.Kind]bool{metal.CUDA: true, metal.CPU: true}},
		"source":       {func(w *told) { w.text = "other" }, map[metal.Kind]bool{metal.CPU: true}}, // a twin is in the plugin
		"constant":     {func(w *told) { w.constant = true }, map[metal.Kind]bool{metal.CPU: true}},
		"name":         {func(w *told) { w.name = "l" }, nil},
		"grid":         {func(w *told) { w.grid = 2 }, nil},
		"group memory": {func(w *told) { w.memory = []int{32} }, nil},
		"bytes":        {func(w *told) { w.bytes = []byte{1, 2, 4} }, nil},
		"more bytes":   {func(w *told) { w.bytes = []byte{1, 2, 3, 0} }, nil},
	} {
		w := base
		c.change(&w)
		for _, kind := range []metal.Kind{metal.CUDA, metal.CPU} {
			if diff := cmp.Diff(count(kind, base), count(kind, w)); (diff == "") != c.same[kind] {
				t.Errorf("%s on %s, same is %t:\n%s", name, kind, diff == "", diff)
			}
		}
	}
}

// TestCountingAllocatesNothing: neither way of running pays for the count.
func TestCountingAllocatesNothing(t *testing.T) {
	d, _, b := open(t, metal.CPU)
	k := kernelOf(t, d, "", "k", nil)
	s := []metal.Dispatch{{Kernel: k, Grid: one, Threadgroup: one, Args: []metal.Arg{{Buffer: b}, {Bytes: []byte{1, 2, 3, 4}}}}}
	p, err := d.Record(s, s)
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	if n := testing.AllocsPerRun(50, func() {
		_, err1 := d.Submit(ctx, s)
		err2 := p.(*program).alive(3)
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestTooManyToTell: a device that was told too many different things does not
// know what it ran.
func TestTooManyToTell(t *testing.T) {
	d, _, _ := open(t, metal.CPU)
	k := kernelOf(t, d, "", "k", nil)
	for i := range most + 10 {
		s := metal.Dispatch{Kernel: k, Grid: one, Threadgroup: one, Args: []metal.Arg{{Bytes: []byte{byte(i), byte(i >> 8), byte(i >> 16)}}}}
		if _, err := d.Submit(t.Context(), []metal.Dispatch{s}); err != nil {
			t.Fatal(err)
		}
	}
	if got := d.Dispatched(1); got != nil || len(d.counts) > most+1 {
		t.Errorf("%d kernels of %d entries", len(got), len(d.counts))
	}
}
