package main

import (
	"context"

	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/plugins/internal/attribution"
)

// propose asks for nothing more. Its findings say where the time goes: fused
// against separate, both decided alike; and submitting against replaying, the
// same kernels.
func propose(_ context.Context, in sdk.Results[Config]) (sdk.Proposal[Config], error) {
	var out sdk.Proposal[Config]
	for _, phase := range []string{"decode", "prefill"} {
		for _, q := range []struct{ base, path Config }{
			{Config{Replay: true}, Config{Replay: true, Fused: true}},
			{Config{}, Config{Fused: true}},
			{Config{Replay: true}, Config{}},
			{Config{Replay: true, Fused: true}, Config{Fused: true}},
		} {
			base, path := find(in.Results, q.base), find(in.Results, q.path)
			if base == nil || path == nil {
				continue
			}
			f, ok := attribution.Finding(phase, base.Name, path.Name, base.Phases[phase], path.Phases[phase])
			if ok {
				out.Findings = append(out.Findings, f)
			}
		}
	}
	return out, nil
}

// find is the first result that takes the path that like describes.
func find(results []sdk.Result[Config], like Config) *sdk.Result[Config] {
	for i := range results {
		if r := &results[i]; r.Failure == "" && r.Config.Fused == like.Fused && r.Config.Replay == like.Replay {
			return r
		}
	}
	return nil
}
