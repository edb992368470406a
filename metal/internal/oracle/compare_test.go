package main

import (
	"bytes"
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/assay-bench/assay/metal/msl"
)

func TestCompare(t *testing.T) {
	f, h, c := dtypes["float32"], dtypes["float16"], dtypes["complex64"]
	nan := uint64(math.Float32bits(float32(math.NaN())))
	bytesOf := func(t dtype, numbers ...uint64) []byte {
		data := make([]byte, len(numbers)*t.lane().size)
		for i, n := range numbers {
			put(data, t.lane().size, i, n)
		}
		return data
	}
	for _, test := range []struct {
		name        string
		t           dtype
		apple, ours []uint64
		equal       bool
		explained   bool
		first       string
	}{
		{"equal", f, []uint64{f32(1), nan}, []uint64{f32(1), nan}, true, false, ""},
		{"another NaN", f, []uint64{f32(1), nan}, []uint64{f32(1), nan | 1<<31}, false, true, ""},
		{"NaN and a number", f, []uint64{f32(1), nan}, []uint64{f32(1), f32(2)}, false, false, "out[1]: Apple's code gives NaN (0x7fc00000), ours 2 (0x40000000), in[1] is 3 (0x40400000)"},
		{"zeros of two signs", h, []uint64{0x8000}, []uint64{0}, false, false, "out[0]: Apple's code gives -0 (0x8000), ours 0 (0x0000)"},
		{"one step", h, []uint64{0x3c00, 0x3c00}, []uint64{0x3c00, 0x3c01}, false, false, "out[1]: Apple's code gives 1 (0x3c00), ours 1.0009765625 (0x3c01)"},
		{"half of a complex number", c, []uint64{f32(1), f32(2)}, []uint64{f32(1), f32(3)}, false, false, "out[1]: Apple's code gives 2"},
		{"signed", dtypes["int8"], []uint64{127}, []uint64{0xff}, false, false, "Apple's code gives 127, ours -1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := of("", "f").buffer("in", f, bytesOf(f, f32(1), f32(3))).out("out", test.t, 1)
			var o outcome
			in := p.values["in"].data
			o.compare(p, map[string][]byte{"in": in, "out": bytesOf(test.t, test.apple...)}, map[string][]byte{"in": in, "out": bytesOf(test.t, test.ours...)}, causes)
			if o.equal() != test.equal || o.explained() != test.explained || !strings.Contains(o.first, test.first) {
				t.Errorf("equal %t, explained %t, first %q, want %t, %t, %q", o.equal(), o.explained(), o.first, test.equal, test.explained, test.first)
			}
		})
	}
}

func TestCompareOneSided(t *testing.T) {
	p := of("", "f").out("out", dtypes["uint32"], 2)
	var o outcome
	o.compare(p, nil, map[string][]byte{"out": p.values["out"].data}, causes)
	if o.equal() || o.explained() || !strings.Contains(o.first, "out: only our side") {
		t.Errorf("an argument of one side: %+v", o)
	}
}

func TestFlushed(t *testing.T) {
	f, b := dtypes["float32"], dtypes["bfloat16"]
	for _, c := range []struct {
		d    difference
		want bool
	}{
		{difference{f, 0, 1}, true},
		{difference{f, 0x807fffff, 0x80000000}, true},
		{difference{b, 0x807f, 0x8000}, true},
		{difference{f, 0x80000001, 0}, false}, // another sign
		{difference{f, 0x00800000, 0}, false}, // a normal number
		{difference{f, 1, 2}, false},
		{difference{dtypes["float16"], 0, 1}, false}, // half keeps subnormal numbers
	} {
		if got := c.d.flushed(); got != c.want {
			t.Errorf("%#x and %#x of %s: %t, want %t", c.d.apple, c.d.ours, c.d.t.name, got, c.want)
		}
	}
	d := difference{f, 0, 1}
	if explain(causes, []string{"air.fmod"}, d) == "" || explain(causes, []string{"air.exp"}, d) != "" {
		t.Error("the cause is not that of kernels which call fmod alone")
	}
}

func TestArguments(t *testing.T) {
	apple := &msl.Kernel{Args: []msl.Arg{
		{Name: "in", Index: 0, Space: msl.Device, Attr: "buffer", Constant: true},
		{Name: "n", Index: 1, Space: msl.Constant, Attr: "buffer", Constant: true, Reference: true},
		{Name: "i", Index: -1, Attr: "thread_position_in_grid"},
	}}
	if got := arguments(apple, apple); len(got) > 0 {
		t.Errorf("a kernel differs from itself: %v", got)
	}
	ours := &msl.Kernel{Args: slices.Clone(apple.Args)}
	ours.Args[0].Constant, ours.Args[1].Index = false, 2
	ours.Args[2].Attr = "thread_position_in_threadgroup"
	got := strings.Join(arguments(apple, ours), "\n")
	for _, want := range []string{"argument in: ", "argument n: Apple's metadata has constant data at buffer(1), read only, and we read \"constant data at buffer(2)", "argument [thread_position_in_grid]", "[thread_position_in_threadgroup]: we read a position, and Apple's metadata has none"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

func TestDiffer(t *testing.T) {
	has := []msl.FunctionConstant{{Name: "align", Type: "bool", Index: 200}, {Name: "more", Type: "int", Index: 1}}
	apple := signature{&msl.Kernel{MaxThreads: 64}, has[:1]}
	if got := differ(apple, signature{&msl.Kernel{MaxThreads: 64}, has}); len(got) > 0 {
		t.Errorf("what Apple's code does not use differs: %v", got)
	}
	got := strings.Join(differ(apple, signature{&msl.Kernel{}, has[1:]}), "\n")
	for _, want := range []string{"at most 64, and we read 0", "function constant align: Apple's metadata has a bool at 200"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

func TestTable(t *testing.T) {
	outcomes := []outcome{
		{family: "a", kernel: "one", numbers: 10, assumed: []string{"air.exp", "air.sin"}},
		{family: "a", kernel: "two", numbers: 10, causes: map[string]int{"NaN": 3}, assumed: []string{"air.exp"}},
		{family: "a", kernel: "three", numbers: 10, bad: 2, first: "out[7] differs"},
		{family: "b", kernel: "four", failed: "our side: does not compile"},
		{family: "b", kernel: "five", neither: "kernel fault: barrier is not reached by all threads of threadgroup 0,0,0"},
		{family: "b", kernel: "six", numbers: 10, arguments: []string{"argument n: differs"}},
	}
	var b bytes.Buffer
	tabulate(&b, outcomes, 0)
	for _, want := range []string{
		"| a                     |       3 |         1 |  33.3 % |         1 |           1 |      0 |       0 |",
		"| b                     |       3 |         1 |  50.0 % |         0 |           0 |      1 |       1 |",
		"Explained by NaN: 3 numbers of 1 kernels.",
		"Neither side runs 1 kernels",
		"air.exp (2), air.sin (1).",
		"three (a): 2 of 10 numbers differ without a known cause\n  out[7] differs",
		"four (b): our side: does not compile", "six (b): argument n: differs",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, &b)
		}
	}
	if n := failures(outcomes); n != 3 {
		t.Errorf("%d failures, want 3", n)
	}
	b.Reset()
	if tabulate(&b, outcomes, 1); !strings.Contains(b.String(), "2 more; -list prints them all") {
		t.Errorf("not all is printed, and that is not said:\n%s", &b)
	}
}

func TestRule(t *testing.T) {
	for text, want := range map[string]bool{
		"k: barrier is not reached by all threads of threadgroup 1": true,
		"40448 bytes of threadgroup memory with variable x":         true,
		"read of 4 bytes at byte 8 of argument x":                   false,
	} {
		if got := rule(errors.New(text)) != ""; got != want {
			t.Errorf("%q breaks a rule is %t, want %t", text, got, want)
		}
	}
}

func TestNamed(t *testing.T) {
	code := "air.bufferair.readair.arg_nameinair.arg_typeBC\x00kernelair.simd_sum.f32air.fast_exp.f32air.convert.f.f32.s.i32air.fast_exp.f16air.wg.barrierair.static_init"
	if got := named("kernel", []byte(code)); !slices.Equal(got, []string{"air.convert", "air.fast_exp", "air.simd_sum", "air.wg.barrier"}) {
		t.Errorf("named are %v", got)
	}
}

func TestInterruption(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("called off"))
	j, ok := find(families(), "v_Absfloat32float32")
	if !ok {
		t.Fatal("no family has the kernel")
	}
	_, err := (&pool{workers: 1}).compare(ctx, &wheel{library: "/nowhere"}, []job{j})
	if err == nil || !strings.Contains(err.Error(), "stopped after 0 of 1 kernels") {
		t.Errorf("error is %v", err)
	}
}
