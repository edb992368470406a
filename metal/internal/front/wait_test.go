package front

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/assay-bench/assay/metal"
)

func TestWaitsAreBounded(t *testing.T) {
	live := context.Background()
	dead, cancel := context.WithCancel(live)
	cancel()
	if err := Expired(live, time.Second, time.Minute); err != nil {
		t.Errorf("a short wait ends: %v", err)
	}
	if err := Expired(live, time.Hour, time.Minute); !errors.Is(err, metal.ErrTimeout) {
		t.Errorf("a long wait gives %v", err)
	}
	if err := Expired(dead, time.Second, time.Minute); !errors.Is(err, metal.ErrTimeout) || !errors.Is(err, context.Canceled) {
		t.Errorf("a wait that is called off gives %v", err)
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
