package sdk

import (
	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/metal"
)

// mostDispatched bounds what is said of one visit: beyond it what ran is not known.
const mostDispatched = 4096

func protoDispatched(list []metal.Dispatched) []*pluginv1.Dispatched {
	if len(list) > mostDispatched {
		return nil
	}
	var out []*pluginv1.Dispatched
	for _, d := range list {
		p := &pluginv1.Dispatched{
			Kernel: d.Kernel, Constants: d.Constants, Source: d.Source, Grid: extents(d.Grid), Threadgroup: extents(d.Threadgroup),
			Arguments: d.Arguments, Count: d.Count, Iterations: d.Iterations,
		}
		for _, n := range d.ThreadgroupMemory {
			p.ThreadgroupMemory = append(p.ThreadgroupMemory, uint64(n))
		}
		out = append(out, p)
	}
	return out
}

func extents(s metal.Size) []uint32 {
	return []uint32{uint32(s.X), uint32(max(s.Y, 1)), uint32(max(s.Z, 1))}
}
