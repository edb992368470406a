package main

import (
	"context"

	"github.com/assay-bench/assay/core/sdk/search"
)

// propose asks for nothing more. It names pairs that differ in one thing: fused
// against separate, both decided alike; and submitting against replaying, the
// same kernels.
func propose(_ context.Context, in search.Results[Config]) (search.Proposal[Config], error) {
	var out search.Proposal[Config]
	for _, q := range []struct{ base, path Config }{
		{Config{Replay: true}, Config{Replay: true, Fused: true}},
		{Config{}, Config{Fused: true}},
		{Config{Replay: true}, Config{}},
		{Config{Replay: true, Fused: true}, Config{Fused: true}},
	} {
		base, path := find(in.Results, q.base), find(in.Results, q.path)
		if base != nil && path != nil {
			out.Pairs = append(out.Pairs, search.Pair{Base: base.Name, Path: path.Name})
		}
	}
	return out, nil
}

// find is the first result that takes the path that like describes.
func find(results []search.Result[Config], like Config) *search.Result[Config] {
	for i := range results {
		if r := &results[i]; r.Failure == "" && r.Config.Fused == like.Fused && r.Config.Replay == like.Replay {
			return r
		}
	}
	return nil
}
