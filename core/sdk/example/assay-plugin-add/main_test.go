package main

import (
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/sdk/sdktest"
)

func TestAdd(t *testing.T) {
	r := sdktest.Run(t, plugin(), `{"n": 1000}`)
	if len(r.Samples["add"]) != 3 || len(r.Checks) != 2 {
		t.Errorf("samples %v, checks %v", r.Samples, r.Checks)
	}
}

func TestWrongConfiguration(t *testing.T) {
	h := sdktest.Start(t, plugin())
	if said := h.Refusal(`{"n": 0}`); !strings.Contains(said, `"n": 0 is below`) {
		t.Errorf("the host says %q of no elements", said)
	}
	if said := h.Refusal(`{"threadgroup": 100}`); !strings.Contains(said, "64, 128, 256, 512, 1024") {
		t.Errorf("the host says %q of 100 threads", said)
	}
}
