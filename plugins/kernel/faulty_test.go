package main

import (
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/sdk/sdktest"
)

// faulty is a configuration with one fault, or with none if want is empty.
type faulty struct {
	config object
	path   string
	want   string              // in the detail
	mend   func(object) object // as the advice says; nil: it says what cannot be done here
}

// hold validates the configuration, and what its advice leads to.
func (f faulty) hold(t *testing.T) {
	t.Helper()
	h := sdktest.Start(t, plugin())
	found := h.Validate(asJSON(t, f.config))
	if f.want == "" {
		if len(found) > 0 {
			t.Errorf("%v", found)
		}
		return
	}
	if len(found) != 1 || pathOf(found[0]) != f.path || !strings.Contains(found[0].GetDetail(), f.want) {
		t.Errorf("%v, want one fault at %q that says %q", found, f.path, f.want)
	}
	if f.mend == nil {
		return
	}
	if found := h.Validate(asJSON(t, f.mend(f.config))); len(found) > 0 {
		t.Errorf("its advice leads to %v", found)
	}
}
