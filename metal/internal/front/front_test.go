package front

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assay-bench/assay/metal"
)

// fake is a backend that keeps bytes and runs nothing.
type fake struct {
	kind  metal.Kind
	lost  error
	freed int
	ran   []int
}

func (f *fake) Info() metal.Info { return metal.Info{Kind: f.kind} }
func (f *fake) Lost() error      { return f.lost }

func (f *fake) Allocate(bytes int, inUse int64) (Memory, error) {
	if int64(bytes)+inUse > 1<<20 {
		return nil, metal.ErrOutOfMemory
	}
	return &fakeMemory{f, make([]byte, bytes)}, nil
}

func (f *fake) Compile(context.Context, metal.Source) (Library, error) { return f, nil }
func (f *fake) Names() []string                                        { return []string{"k"} }

func (f *fake) Kernel(name string, _ map[int]any) (Kernel, error) {
	if name == "" {
		return nil, metal.ErrNoKernel
	}
	return fakeKernel{}, nil
}

func (f *fake) Record([][]metal.Dispatch) (Program, error) { return f, nil }

func (f *fake) Submit(context.Context, []metal.Dispatch) (metal.Times, error) {
	return metal.Times{Device: 1, Wall: 1}, nil
}

func (f *fake) Run(_ context.Context, n int) (metal.Times, error) {
	f.ran = append(f.ran, n)
	return metal.Times{Device: 1, Wall: 1}, nil
}

func (f *fake) Free() { f.freed++ }

func (f *fake) Close(free func()) error {
	free()
	return nil
}

type fakeMemory struct {
	f *fake
	b []byte
}

func (m *fakeMemory) Bytes() []byte { return m.b }
func (m *fakeMemory) Free()         { m.f.freed++ }

func (m *fakeMemory) Write(offset int, data []byte) error {
	copy(m.b[offset:], data)
	return nil
}

func (m *fakeMemory) Read(offset int, data []byte) error {
	copy(data, m.b[offset:])
	return nil
}

type fakeKernel struct{}

func (fakeKernel) MaxThreads() int     { return 256 }
func (fakeKernel) MaxGroupMemory() int { return 1000 }

// open is a device over a fake with one buffer of 64 bytes.
func open(t *testing.T, kind metal.Kind) (*Device, *fake, metal.Buffer) {
	t.Helper()
	f := &fake{kind: kind}
	d := New(f)
	b, err := d.NewBuffer(64)
	if err != nil {
		t.Fatal(err)
	}
	return d, f, b
}

func kernelOf(t *testing.T, d *Device, text, name string, constants map[int]any) metal.Kernel {
	t.Helper()
	lib, err := d.Compile(t.Context(), metal.Source{Name: "k.metal", Text: text})
	if err != nil {
		t.Fatal(err)
	}
	k, err := lib.Kernel(name, constants)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

var one = metal.Size{X: 1}

// TestWrongDispatches: what is wrong on every kind of device is refused in the same
// words, before anything runs.
func TestWrongDispatches(t *testing.T) {
	d, f, good := open(t, metal.CUDA)
	other, _, foreign := open(t, metal.CUDA)
	released, err := d.NewBuffer(64)
	if err != nil {
		t.Fatal(err)
	}
	released.Release()
	k := kernelOf(t, d, "", "k", nil)
	for name, c := range map[string]struct {
		change func(*metal.Dispatch)
		want   string
	}{
		"no kernel":         {func(s *metal.Dispatch) { s.Kernel = nil }, "the kernel is not of this device"},
		"other's kernel":    {func(s *metal.Dispatch) { s.Kernel = kernelOf(t, other, "", "k", nil) }, "the kernel is not of this device"},
		"no grid":           {func(s *metal.Dispatch) { s.Grid = metal.Size{} }, "kernel k: kernel fault: grid 0x0x0: want at least one thread"},
		"negative grid":     {func(s *metal.Dispatch) { s.Grid.Y = -1 }, "grid 1x-1x0: want at least one thread"},
		"large grid":        {func(s *metal.Dispatch) { s.Grid.Z = 1 << 31 }, "an extent is at most 2^31-1"},
		"grid overflows":    {func(s *metal.Dispatch) { s.Grid = metal.Size{X: 1 << 30, Y: 1 << 30, Z: 1 << 30} }, "more than 9223372036854775807 threads"},
		"many threads":      {func(s *metal.Dispatch) { s.Threadgroup = metal.Size{X: 16, Y: 17} }, "threadgroup 16x17x0: more than 256 threads"},
		"threads overflow":  {func(s *metal.Dispatch) { s.Threadgroup = metal.Size{X: 1 << 22, Y: 1 << 21, Z: 1 << 21} }, "more than 256 threads"},
		"many bytes":        {func(s *metal.Dispatch) { s.Args[1].Bytes = make([]byte, MaxBytes+1) }, "argument 1: 4097 bytes, at most 4096 can be copied"},
		"many arguments":    {func(s *metal.Dispatch) { s.Args = make([]metal.Arg, 32) }, "32 arguments, at most 31"},
		"other's buffer":    {func(s *metal.Dispatch) { s.Args[0].Buffer = foreign }, "argument 0: the buffer is not of this device"},
		"released buffer":   {func(s *metal.Dispatch) { s.Args[0].Buffer = released }, "argument 0: the buffer of 64 bytes was released"},
		"offset behind":     {func(s *metal.Dispatch) { s.Args[0].Offset = 64 }, "argument 0: offset 64 with 1 bytes is outside the buffer of 64 bytes"},
		"offset before":     {func(s *metal.Dispatch) { s.Args[0].Offset = -1 }, "argument 0: offset -1"},
		"group memory":      {func(s *metal.Dispatch) { s.ThreadgroupMemory = []int{512, 481} }, "threadgroup argument 1 of 481 bytes: beside the kernel's own there are 1000 for all"},
		"rounded up":        {func(s *metal.Dispatch) { s.ThreadgroupMemory = []int{993} }, "threadgroup argument 0 of 993 bytes"},
		"huge group memory": {func(s *metal.Dispatch) { s.ThreadgroupMemory = []int{math.MaxInt} }, "threadgroup argument 0"},
		"negative memory":   {func(s *metal.Dispatch) { s.ThreadgroupMemory = []int{16, -1} }, "threadgroup argument 1 of -1 bytes"},
		"many group sizes":  {func(s *metal.Dispatch) { s.ThreadgroupMemory = make([]int, 32) }, "32 threadgroup arguments, at most 31"},
	} {
		t.Run(name, func(t *testing.T) {
			s := metal.Dispatch{Kernel: k, Grid: one, Threadgroup: one, Args: []metal.Arg{{Buffer: good}, {Bytes: []byte{1}}}}
			c.change(&s)
			_, submitted := d.Submit(t.Context(), []metal.Dispatch{s})
			_, recorded := d.Record([]metal.Dispatch{s})
			for _, err := range []error{submitted, recorded} {
				if !errors.Is(err, metal.ErrFault) || !strings.Contains(err.Error(), c.want) {
					t.Errorf("error is %v, want a fault with %q", err, c.want)
				}
			}
		})
	}
	fits := metal.Dispatch{
		Kernel: k, Grid: metal.Size{X: 5, Y: 4, Z: 3}, Threadgroup: metal.Size{X: 256}, ThreadgroupMemory: []int{496, 0, 490},
		Args: []metal.Arg{{Buffer: good, Offset: 63}, {}, {Bytes: make([]byte, MaxBytes)}},
	}
	if _, err := d.Submit(t.Context(), []metal.Dispatch{fits}); err != nil {
		t.Errorf("a dispatch within all limits: %v", err)
	}
	if len(f.ran) != 0 {
		t.Error("something ran")
	}
}

// TestLifetimes: what is closed, lost or released is not used, and freed once.
func TestLifetimes(t *testing.T) {
	d, f, b := open(t, metal.CUDA)
	k := kernelOf(t, d, "", "k", nil)
	s := []metal.Dispatch{{Kernel: k, Grid: one, Threadgroup: one, Args: []metal.Arg{{Buffer: b}}}}
	if _, err := d.Record(); err == nil {
		t.Error("a program without iterations was recorded")
	}
	if _, err := d.Record(s, nil); err == nil || !strings.Contains(err.Error(), "iteration 1 has no dispatches") {
		t.Errorf("an empty iteration: %v", err)
	}
	p, err := d.Record(s)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Run(t.Context(), 0); err == nil {
		t.Error("no iterations were run")
	}
	off, cancel := context.WithCancel(t.Context())
	cancel()
	_, ran := p.Run(off, 1)
	_, submitted := d.Submit(off, s)
	if !errors.Is(ran, context.Canceled) || !errors.Is(submitted, context.Canceled) {
		t.Errorf("called off: %v, %v", ran, submitted)
	}
	b.Release()
	b.Release()
	if _, err := p.Run(t.Context(), 1); !errors.Is(err, metal.ErrFault) || !strings.Contains(err.Error(), "was released") {
		t.Errorf("run with a released buffer: %v", err)
	}
	if err := b.Write(0, []byte{1}); err == nil || b.Bytes() != nil {
		t.Errorf("write after release: %v", err)
	}
	p.Release()
	p.Release()
	if _, err := p.Run(t.Context(), 1); err == nil || f.freed != 2 {
		t.Errorf("run after release: %v; %d freed, want the buffer and the program", err, f.freed)
	}
	alive, err := d.NewBuffer(8)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(d.Close(), d.Close()); err != nil || f.freed != 3 {
		t.Errorf("close: %v, %d freed, want 3", err, f.freed)
	}
	alive.Release()
	_, made := d.NewBuffer(1)
	_, recorded := d.Record(s)
	for _, err := range []error{made, recorded, alive.Read(0, make([]byte, 1))} {
		if !errors.Is(err, metal.ErrLost) || !strings.Contains(err.Error(), "cuda device: device is lost: it was closed") {
			t.Errorf("after close: %v", err)
		}
	}
	if m := d.Memory(); m.Current != 0 || m.Peak != 64 {
		t.Errorf("memory is %+v", m)
	}
}

// TestLost: a device that is lost frees nothing and says why.
func TestLost(t *testing.T) {
	d, f, b := open(t, metal.Apple)
	f.lost = errors.New("the GPU hangs")
	if _, err := d.NewBuffer(1); !errors.Is(err, metal.ErrLost) || !strings.Contains(err.Error(), "the GPU hangs") {
		t.Errorf("a buffer of a lost device: %v", err)
	}
	b.Release()
	if f.freed != 0 || d.Memory().Current != 0 {
		t.Errorf("%d freed, %+v", f.freed, d.Memory())
	}
}

func TestMemory(t *testing.T) {
	d, _, b := open(t, metal.CPU)
	if _, err := d.NewBuffer(0); err == nil {
		t.Error("a buffer of no bytes was made")
	}
	if _, err := d.NewBuffer(1 << 20); !errors.Is(err, metal.ErrOutOfMemory) || !strings.Contains(err.Error(), "beside 64 in use") {
		t.Errorf("a buffer that does not fit: %v", err)
	}
	got := make([]byte, 2)
	if err := errors.Join(b.Write(62, []byte{1, 2}), b.Read(62, got), b.Read(64, nil)); err != nil || !slices.Equal(got, []byte{1, 2}) {
		t.Errorf("read %v, %v", got, err)
	}
	for _, offset := range []int{-1, 63, 64, math.MaxInt} {
		if err := b.Read(offset, got); err == nil || !strings.Contains(err.Error(), "outside the buffer of 64 bytes") {
			t.Errorf("read of 2 bytes at %d: %v", offset, err)
		}
	}
}

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
		err2 := p.(*program).ready(3)
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

func TestBlame(t *testing.T) {
	for want, kernels := range map[string][]string{
		"cuda": nil, "kernel a": {"a", "a"}, "one of kernels [a b]": {"b", "a", "b"},
		"one of kernels [a b c d e f 1 more]": {"a", "b", "c", "d", "e", "f", "g"},
	} {
		if got := Blame(metal.CUDA, kernels); got != want {
			t.Errorf("%v: %q, want %q", kernels, got, want)
		}
	}
}
