package main

import (
	"fmt"
	"math"
	"strconv"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/msl"
)

// mostThreads of a threadgroup on any of the devices.
const mostThreads = 1024

// extents reads grid and threadgroup.
func (r *reader) extents(l *launch, in Launch) {
	grid, threads := in.Grid, in.Threadgroup
	switch {
	case grid == nil && in.Threadgroups == nil:
		r.fault(block(l.at), "no_grid", "the grid is missing", "Write grid = [threads], or threadgroups = [count].")
		return
	case grid != nil && in.Threadgroups != nil:
		r.fault(l.at+"threadgroups", "two_grids", "grid and threadgroups exclude each other", "grid counts threads, threadgroups counts threadgroups: delete one.")
		return
	case threads == nil:
		r.fault(block(l.at), "no_threadgroup", "the threadgroup is missing", "Write threadgroup = [256].")
		return
	}
	l.threadgroup = r.extent(l.at+"threadgroup", threads)
	name := "grid"
	if in.Threadgroups != nil {
		name, grid = "threadgroups", in.Threadgroups
	}
	l.grid = r.extent(l.at+name, grid)
	if in.Threadgroups != nil {
		l.grid.X *= l.threadgroup.X
		l.grid.Y *= l.threadgroup.Y
		l.grid.Z *= l.threadgroup.Z
	}
	if n := l.threadgroup.Threads(); n > mostThreads {
		r.fault(l.at+"threadgroup", "too_many_threads", "too many threads", "A threadgroup has at most %d threads, and this has %d. Write a smaller one.", mostThreads, n)
		return
	}
	if most := l.kernel.MaxThreads; most > 0 && l.threadgroup.Threads() > most {
		r.fault(l.at+"threadgroup", "too_many_threads", "too many threads", "%s: %s is declared with max_total_threads_per_threadgroup(%d).", declaredAt(l.kernel.File, l.kernel.Line), l.kernel.Name, most)
	}
}

func (r *reader) extent(at string, n []int) metal.Size {
	out := [3]int{1, 1, 1}
	bad := len(n) < 1 || len(n) > 3
	for i, v := range n {
		bad = bad || v < 1 || v > math.MaxInt32
		if i < 3 {
			out[i] = v
		}
	}
	if bad {
		r.fault(at, "extent", "not an extent", "Write one to three numbers from 1 to 2147483647: x, y and z.")
		return metal.Size{X: 1, Y: 1, Z: 1}
	}
	return metal.Size{X: out[0], Y: out[1], Z: out[2]}
}

// threadgroupMemory wants a length for each threadgroup argument.
func (r *reader) threadgroupMemory(at string, k *msl.Kernel, given map[string]int) (out []int) {
	known := map[string]bool{}
	for _, a := range k.Args {
		if a.Space != msl.Threadgroup {
			continue
		}
		index := strconv.Itoa(a.Index)
		known[a.Name], known[index] = true, true
		n, ok := given[a.Name]
		if !ok {
			n, ok = given[index]
		}
		if !ok || n < 1 {
			r.fault(block(at), "threadgroup_memory", "threadgroup memory without a length", "%s. Write threadgroup_memory = { %s = BYTES }.", place(a), a.Name)
		}
		for len(out) <= a.Index {
			out = append(out, 0)
		}
		out[a.Index] = n
	}
	for _, key := range sorted(given) {
		if !known[key] {
			advice := "Delete this."
			if k.Line > 0 {
				advice = declaredAt(k.File, k.Line) + ": write [[threadgroup(0)]] there, or delete this."
			}
			r.fault(at+label("threadgroup_memory", key), "extra_argument", fmt.Sprintf("%s has no threadgroup argument %q", k.Name, key), "%s", advice)
		}
	}
	return out
}
