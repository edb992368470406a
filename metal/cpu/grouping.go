package cpu

// grouping sorts work items by expert, so that an expert's weights are read
// and unpacked once for all of its rows of activations. Item p·m+j is row j of
// index pair p; it reads activations row lhs[p]·m+j.
type grouping struct {
	lhs, rhs          []uint32 // lhs nil: pair p reads rows p·m …
	m, experts, nrows int      // rows per pair; experts; rows of activations / m
	count             []uint32 // per expert
	items             []uint32 // sorted by expert
	segments          []segment
}

// segment is the items [start,end) of one expert.
type segment struct{ expert, start, end int }

func newGrouping(lhs, rhs []uint32, m, experts, nrows int) *grouping {
	return &grouping{
		lhs: lhs, rhs: rhs, m: m, experts: experts, nrows: nrows,
		count: make([]uint32, experts), items: make([]uint32, len(rhs)*m),
		segments: make([]segment, 0, min(experts, len(rhs))),
	}
}

// sort reads the indices. It returns the first pair with an index out of
// range, or -1.
func (g *grouping) sort(rhs []uint32) int {
	clear(g.count)
	for p, e := range rhs {
		if int(e) >= g.experts || g.lhs != nil && int(g.lhs[p]) >= g.nrows {
			return p
		}
		g.count[e]++
	}
	g.segments = g.segments[:0]
	start := 0
	for e, c := range g.count {
		if c == 0 {
			continue
		}
		end := start + int(c)*g.m
		g.segments = append(g.segments, segment{e, start, end})
		g.count[e] = uint32(start)
		start = end
	}
	for p, e := range rhs {
		for j := range g.m {
			g.items[g.count[e]] = uint32(p*g.m + j)
			g.count[e]++
		}
	}
	return -1
}

// xrow is the row of activations that an item reads.
func (g *grouping) xrow(item int) int {
	if g.lhs == nil {
		return item
	}
	return int(g.lhs[item/g.m])*g.m + item%g.m
}
