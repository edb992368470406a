package sim

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assay-bench/assay/metal"
)

func TestParseFault(t *testing.T) {
	got := parseFault("fault kind=bounds file=my broken kernel.metal line=7 name= stack=0:1f,0:2a")
	want := report{"kind": "bounds", "file": "my broken kernel.metal", "line": "7", "name": "", "stack": "0:1f,0:2a"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
	if got := parseFault("error no kernel k"); got != nil {
		t.Errorf("an error is read as the fault %v", got)
	}
	k := &kernel{}
	for _, stack := range []string{"", "-1:1f", "9:1f", "0", "0:x"} {
		if at := k.place(report{"stack": stack}, nil); at != "" {
			t.Errorf("stack %q is at %q", stack, at)
		}
	}
}

// TestStartOfAChild: a program that is not the runtime says what it is.
func TestStartOfAChild(t *testing.T) {
	echo, err := exec.LookPath("echo")
	if err != nil {
		t.Skip("echo stands in for a built kernel:", err)
	}
	for program, want := range map[string]string{echo: `it says "1"`, filepath.Join(t.TempDir(), "nothing"): "no such file"} {
		if _, err := startHost(t.Context(), program, 1); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "%!") {
			t.Errorf("%s: error %v, want %q", program, err, want)
		}
	}
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) Close() error                { return nil }

// TestACallerWhoLeaves does not make the device look lost.
func TestACallerWhoLeaves(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	h := &host{in: discard{}, lines: make(chan string)}
	if err := h.expect(ctx, "load x"); !errors.Is(err, context.Canceled) || errors.Is(err, metal.ErrLost) {
		t.Errorf("error %v, want the caller's cancellation alone", err)
	}
}

// TestOpenLeavesNothingBehind where there is no folder to cache in.
func TestOpenLeavesNothingBehind(t *testing.T) {
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	t.Setenv("HOME", "")
	t.Setenv("XDG_CACHE_HOME", "")
	if dev, err := Open(t.Context(), Options{Compiler: "no-such-compiler"}); err == nil {
		dev.Close()
		t.Fatal("opened without a compiler")
	}
	if left, err := os.ReadDir(temporary); err != nil || len(left) > 0 {
		t.Errorf("%v are left behind, %v", left, err)
	}
}
