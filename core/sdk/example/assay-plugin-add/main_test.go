package main

import (
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
	found := h.Validate(`{"n": 0, "threadgroup": 100}`)
	if len(found) != 2 || found[0].GetPath()[0].GetName() != "n" || found[1].GetPath()[0].GetName() != "threadgroup" {
		t.Errorf("diagnostics = %v", found)
	}
}
