package main

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"sync"
	"text/tabwriter"
	"time"
)

// columns count problems; each is 0 where all is well.
var columns = []string{"samples", "orphans", "leftovers", "hangs", "status", "verdicts", "documents", "text", "unnamed", "other"}

// row is what became of the sessions of one kind of fault.
type row struct {
	tried, acked, found int
	problems            map[string]int
	late                time.Duration
}

// table counts trials. It is filled from several goroutines.
type table struct {
	mu    sync.Mutex
	rows  map[string]*row
	again []string
	modes []*trial // of the hostile plugin
}

func (t *table) add(x *trial) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.rows == nil {
		t.rows = map[string]*row{}
	}
	r := t.rows[x.kind]
	if r == nil {
		r = &row{problems: map[string]int{}}
		t.rows[x.kind] = r
	}
	r.tried, r.acked, r.found, r.late = r.tried+1, r.acked+x.acked, r.found+x.found, max(r.late, x.late)
	for _, p := range x.problems {
		r.problems[p.column]++
	}
	if x.mode.Name != "" {
		t.modes = append(t.modes, x)
	}
	if len(x.problems) > 0 {
		t.again = append(t.again, fmt.Sprintf("make chaos N=1 SEED=%d FAULT=%s", x.seed, x.id()))
	}
}

func (t *table) failed() bool { return len(t.again) > 0 }

func (t *table) print(seed uint64, took time.Duration) {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "fault\ttried\tacked\tfound\t")
	for _, c := range columns {
		fmt.Fprint(w, c, "\t")
	}
	fmt.Fprintln(w, "past bound\t")
	all := row{problems: map[string]int{}}
	for _, kind := range slices.Sorted(maps.Keys(t.rows)) {
		r := t.rows[kind]
		r.print(w, kind)
		all.tried, all.acked, all.found, all.late = all.tried+r.tried, all.acked+r.acked, all.found+r.found, max(all.late, r.late)
		for c, n := range r.problems {
			all.problems[c] += n
		}
	}
	all.print(w, "all")
	_ = w.Flush()
	fmt.Printf("seed %d, %v\n", seed, took.Round(time.Second))
	for _, line := range t.again {
		fmt.Println("failed:", line)
	}
}

func (r *row) print(w *tabwriter.Writer, kind string) {
	fmt.Fprintf(w, "%s\t%d\t%d\t%d\t", kind, r.tried, r.acked, r.found)
	for _, c := range columns {
		fmt.Fprintf(w, "%d\t", r.problems[c])
	}
	fmt.Fprintf(w, "%v\t\n", r.late.Round(time.Millisecond))
}
