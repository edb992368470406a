package record_test

import (
	"encoding/json"
	"testing"

	"github.com/assay-bench/assay/core/internal/fakeresult"
	"github.com/assay-bench/assay/core/record"
)

// Numbers that no plugin may send stand in journals that others wrote. What cannot
// be computed of them is unknown, and the document can be written.
func TestNumbersThatOverflow(t *testing.T) {
	for name, change := range map[string]func(*record.Result){
		"units": func(r *record.Result) {
			for i := range r.Cases[0].Rounds {
				for _, p := range r.Cases[0].Rounds[i].Prepared {
					facts := p.Phases["decode"]
					facts.Units = 1e308
					p.Phases["decode"] = facts
				}
			}
		},
		"rate of copies": func(r *record.Result) { r.Metadata.Device.CopyRate = 5e-324 },
	} {
		r, err := fakeresult.New(fakeresult.Options{})
		if err != nil {
			t.Fatal(err)
		}
		change(r)
		if err := r.Summarize(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, v := range r.Cases[0].Variants {
			if s := v.Phases["decode"]; name == "units" && s.UnitsPerSec != 0 || s.Rounds == 0 {
				t.Errorf("%s: %q has %v units per second, of %d rounds", name, v.Name, s.UnitsPerSec, s.Rounds)
			}
		}
		if _, err := json.Marshal(r); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
