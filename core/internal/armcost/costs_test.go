package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/internal/fakeresult"
	"github.com/assay-bench/assay/core/record"
)

func TestCosts(t *testing.T) {
	d, err := fakeresult.New(fakeresult.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range d.Cases[0].Rounds {
		r := &d.Cases[0].Rounds[i]
		r.Processes = []record.Process{
			{Arms: []string{"separate", "control"}, StartupNs: 20e6, OpenNs: 1e6}, {Arms: []string{"fused"}, StartupNs: int64(600e6 + 10e6*float64(i%3)), OpenNs: 250e6},
		}
		r.Prepared = []record.Prepared{{Variant: "fused", HostNs: 3e9}}
		r.Released = []record.Released{{Variant: "fused", HostNs: 40e6}}
		for k := range r.Visits {
			v := &r.Visits[k]
			v.Observed.IdleCPU, v.Observed.TreeRSS = 0.25, 300e6
			v.Samples.HostNs = nil
			for _, wall := range v.Samples.WallNs {
				v.Samples.HostNs = append(v.Samples.HostNs, wall+120_000)
			}
		}
	}
	var out bytes.Buffer
	table := newTable(&out)
	for _, c := range costs(d) {
		table.row(c)
	}
	if err := table.flush(); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(out.String(), "\n")
	if len(lines) != 4 { // a head, two arms and nothing after them
		t.Fatalf("%s", out.String())
	}
	for i, want := range []string{"20ms 1ms 0s 0s 0.250 cores 300 MB 120µs ±", "610ms 250ms 3s 40ms 0.250 cores 300 MB 120µs ±"} {
		if got := strings.Join(strings.Fields(lines[i+1]), " "); !strings.Contains(got, want) {
			t.Errorf("%q is not in %q", want, got)
		}
	}
}
