package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/sim"
)

var update = flag.Bool("update", false, "rewrite the golden table")

// TestMain lets the test's own binary be the worker.
func TestMain(m *testing.M) {
	if os.Getenv(workerVariable) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestTable(t *testing.T) {
	dev, err := sim.Open(t.Context(), sim.Options{})
	if errors.Is(err, metal.ErrUnavailable) {
		t.Skipf("the table has what sim compiles: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	dev.Close()
	var out bytes.Buffer
	o := options{workers: 2, limit: 5 * time.Minute, causes: 10}
	if err := run(t.Context(), "testdata/projects", o, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("testdata/table.md", out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/table.md")
	if err != nil {
		t.Fatal(err)
	}
	if out.String() != string(want) {
		t.Errorf("the table is\n%s\nwant (-update rewrites testdata/table.md)\n%s", &out, want)
	}
}

func TestInterruption(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("called off"))
	err := run(ctx, "testdata/projects", options{workers: 1, limit: time.Minute}, io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "called off") {
		t.Errorf("error is %v, want one that says it was called off", err)
	}
}

func TestEssence(t *testing.T) {
	for _, c := range []struct{ name, said, text, place string }{
		{"clang", "a.metal: does not compile:\na.metal:3:7: error: use of undeclared identifier 'foo'\n  foo();\n", "use of undeclared identifier 'foo'", "a.metal:3:7"},
		{"no column", "a.metal_kernel.json: kernel source does not compile:\na.metal_kernel.json:3: error: unknown type name 'foo'\n", "unknown type name 'foo'", "a.metal_kernel.json:3"},
		{"nvrtc", "does not compile: a.metal(3): error: identifier \"foo\" is undefined\n", "identifier \"foo\" is undefined", "a.metal(3)"},
		{"reader", "does not compile: k/a.metal:3:7: mpp: outside the subset", "mpp: outside the subset", "k/a.metal:3:7"},
		{"no place", "compiling took longer than 1m0s", "compiling took longer than 1m0s", ""},
		{"long", "a.metal:1:1: " + strings.Repeat("ä", 200), strings.Repeat("ä", 157) + "...", "a.metal:1:1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if text, place := essence(c.said); text != c.text || place != c.place {
				t.Errorf("essence is %q at %q, want %q at %q", text, place, c.text, c.place)
			}
		})
	}
}
