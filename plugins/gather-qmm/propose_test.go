package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assay-bench/assay/core/sdk/search"
)

func TestPairsDifferInOneThing(t *testing.T) {
	measured := func(name string, cfg Config) search.Result[Config] {
		return search.Result[Config]{Name: name, Config: cfg}
	}
	broken := measured("fused", Config{Replay: true, Fused: true})
	broken.Failure = "crashed"
	for name, c := range map[string]struct {
		results []search.Result[Config]
		want    []search.Pair
	}{
		"three paths": {[]search.Result[Config]{
			measured("separate", Config{Replay: true}), measured("fused", Config{Replay: true, Fused: true}), measured("fused-submitted", Config{Fused: true}),
		}, []search.Pair{{Base: "separate", Path: "fused"}, {Base: "fused", Path: "fused-submitted"}}},
		"one could not be measured": {[]search.Result[Config]{measured("separate", Config{Replay: true}), broken}, nil},
	} {
		p, err := propose(t.Context(), search.Results[Config]{Results: c.results})
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(c.want, p.Pairs); d != "" || len(p.Next) != 0 || len(p.Findings) != 0 {
			t.Errorf("%s: pairs (-want +got)\n%s, %d proposals, %d findings", name, d, len(p.Next), len(p.Findings))
		}
	}
}
