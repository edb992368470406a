package main

import (
	"context"
	"slices"

	"github.com/assay-bench/assay/core/sdk/search"
)

// propose asks for nothing more. Its pairs take two differences apart: what
// fusing gives (unfused to resolved) and what deciding at every call takes
// (resolved to checked).
func propose(_ context.Context, in search.Results[Config]) (search.Proposal[Config], error) {
	var out search.Proposal[Config]
	for _, q := range [][2]string{{unfused, resolved}, {resolved, checked}} {
		base, path := find(in.Results, q[0]), find(in.Results, q[1])
		if base != nil && path != nil {
			out.Pairs = append(out.Pairs, search.Pair{Base: base.Name, Path: path.Name})
		}
	}
	return out, nil
}

func find(results []search.Result[Config], path string) *search.Result[Config] {
	i := slices.IndexFunc(results, func(r search.Result[Config]) bool { return r.Failure == "" && r.Config.Path == path })
	if i < 0 {
		return nil
	}
	return &results[i]
}
