package vectors

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/core/sdk/search"
)

type part struct {
	Weight float64 `assay:"weight" help:"how much it counts" default:"1" min:"0"`
}

type config struct {
	N       int             `assay:"n" help:"elements, an even number" default:"4" min:"1" max:"8"`
	Fault   string          `assay:"fault" help:"what comes of preparing it" default:"none" oneof:"none,advice,defect"`
	Weights []float64       `assay:"weights" help:"numbers that it answers with" default:"[0.5,2]"`
	Part    map[string]part `assay:"part" help:"a part" label:"name"`
}

// Plugin is the one that the conversations are held with. That of an SDK in another
// language does the same: core/sdk/python/tests/vectors_plugin.py is one.
func Plugin() sdk.Plugin[config] {
	return sdk.Plugin[config]{
		Name: "vectors", Version: "1.0.0", Source: "assay/vectors", Doc: "Answers recorded conversations.", NoDevice: true,
		Phases: []sdk.Phase{
			{Name: "work", Doc: "a little work", Unit: "call", Single: true},
			{Name: "fixed", Doc: "always five iterations", Unit: "tok"},
			{Name: "slow", Doc: "a pause of 50 ms", Unit: "call"},
		},
		Metrics: []sdk.Metric{
			{Name: "size", Unit: "B", Doc: "of the elements", Better: sdk.BetterLower, Exact: true},
			{Name: "left", Unit: "B", Doc: "what is left", Better: sdk.BetterHigher},
		},
		Validate: validate, Prepare: prepare, Propose: propose,
		Bytes:  func(cfg config) int64 { return 8 * int64(cfg.N) },
		Starts: func(config) []sdk.Command { return []sdk.Command{{Argv: []string{"true"}, Folder: "/"}} },
	}
}

func validate(cfg config) (found []sdk.Diagnostic) {
	if cfg.N%2 != 0 {
		found = append(found, sdk.Diagnostic{Path: "n", Code: "n_odd", Summary: "n is odd", Detail: "Use an even number."})
	}
	for _, name := range slices.Sorted(maps.Keys(cfg.Part)) {
		if cfg.Part[name].Weight == 0 {
			found = append(found, sdk.Diagnostic{Warning: true, Path: fmt.Sprintf("part[%q].weight", name), Summary: "the part counts for nothing"})
		}
	}
	return found
}

func prepare(_ context.Context, req sdk.Request[config]) (*sdk.Prepared, error) {
	req.Progress("inputs", 0.5)
	switch req.Config.Fault {
	case "advice":
		return nil, sdk.Diagnostic{Path: "weights[1]", Code: "too_heavy", Summary: "the weight is too heavy", Detail: "Make it lighter."}
	case "defect":
		return nil, errors.New("the third wheel is missing")
	}
	size := 8 * float64(req.Config.N)
	worked := 0.0
	work := func(_ context.Context, n int) error {
		for range 1000 * n {
			worked++
		}
		return nil
	}
	verify := func(context.Context, int) ([]sdk.Check, map[string]float64, error) {
		return []sdk.Check{sdk.Below("wrong_elements", 0, 0)}, nil, nil
	}
	pause := func(ctx context.Context, n int) error {
		for range n {
			time.Sleep(50 * time.Millisecond)
			sdk.Beat(ctx)
		}
		return nil
	}
	return &sdk.Prepared{
		Phases: map[string]sdk.Timed{
			"work":  {Units: 1, Bytes: int64(size), Run: work, Verify: verify},
			"fixed": {Units: 2, Iterations: 5, Run: work},
			"slow":  {Units: 1, Run: pause},
		},
		Metrics: map[string]float64{"size": size}, Facts: map[string]string{"model": "none"},
		Outputs:       map[string]string{"seed": strconv.FormatUint(req.Seed, 10)},
		Numbers:       map[string]sdk.Numbers{"weights": {Values: req.Config.Weights, Tolerance: 0.25}},
		Warnings:      []sdk.Diagnostic{{Code: "small", Summary: "n is small"}},
		SampleMetrics: func() map[string]float64 { return map[string]float64{"left": 1.5} },
		Check: func(context.Context) ([]sdk.Check, map[string]float64, error) {
			return []sdk.Check{{Name: "tokens", Value: 2, Limit: 2, Passed: true, Detail: "2/2 identical", Fidelity: true}}, map[string]float64{"left": 0}, nil
		},
	}, nil
}

// propose tries every even n, the smallest first.
func propose(_ context.Context, in search.Results[config]) (search.Proposal[config], error) {
	tried := []int{}
	for _, r := range in.Results {
		tried = append(tried, r.Config.N)
	}
	for n := 2; n <= 8; n += 2 {
		if !slices.Contains(tried, n) {
			next := in.Results[0].Config
			next.N = n
			return search.Proposal[config]{
				Next:     []search.Next[config]{{Name: fmt.Sprintf("n%d", n), Config: next, Why: "not tried"}},
				Progress: fmt.Sprintf("%d of 4 tried", len(tried)),
			}, nil
		}
	}
	slices.Sort(tried)
	return search.Proposal[config]{
		Pairs:    []search.Pair{{Base: in.Results[0].Name, Path: in.Results[1].Name}},
		Findings: []search.Finding{{Kind: "tried", Summary: "all were tried", Data: map[string]any{"n": tried}, Certainty: search.Shown}},
	}, nil
}
