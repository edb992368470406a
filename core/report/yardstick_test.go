package report

import (
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/internal/fakeresult"
	"github.com/assay-bench/assay/core/record"
	"github.com/assay-bench/assay/core/rejudge"
)

func TestBandwidthAndItsYardstick(t *testing.T) {
	for name, o := range map[string]fakeresult.Options{
		"result-yardstick.golden": {},
		// The variant is fast enough to be beyond memory, the baseline is not.
		"result-beyond-yardstick.golden": {Stream: 2.8, Variants: map[string]float64{"fused": 1.4}, Order: []string{"fused"}},
		"result-no-yardstick.golden":     {Stream: -1},
	} {
		r, err := fakeresult.New(o)
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		Result(&b, r, Style{})
		checkGolden(t, name, b.String())
	}
}

// Shares follow from the rounds as every other number does.
func TestSharesAreRecomputed(t *testing.T) {
	for name, edit := range map[string]func(*record.Result){
		"a share":     func(r *record.Result) { r.Cases[0].Variants[1].Phases["decode"].Share.Share = 0.99 },
		"a yardstick": func(r *record.Result) { r.Cases[0].Rounds[2].Yardsticks[0].Ns /= 2 },
	} {
		r, err := fakeresult.New(fakeresult.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if rep, err := rejudge.Check(r); err != nil || !rep.Follows {
			t.Fatalf("%v: %+v", err, rep.Differences)
		}
		edit(r)
		rep, err := rejudge.Check(r)
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for _, d := range rep.Differences {
			if strings.Contains(d.Path, "/of_yardstick/") {
				found++
			}
		}
		if found == 0 {
			t.Errorf("%s was edited, and explain finds %+v", name, rep.Differences)
		}
	}
}
