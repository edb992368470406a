package machine

import (
	"cmp"
	"context"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/assay-bench/assay/core/record"
)

const (
	// named is how many programs are named, and namedCores from how many cores on.
	named      = 3
	namedCores = 0.05
)

// Others watches which programs keep cores busy that are neither this one nor a
// plugin that was observed. What it returns ends that, and names the busiest,
// processes of one name together. A process that began and ended in between is
// not seen.
func (o *Observer) Others() (stop func() []record.Busy) {
	before, began := o.census(), time.Now()
	return func() []record.Busy {
		after, wall := o.census(), time.Since(began)
		cores := map[string]float64{}
		for pid, p := range after {
			ran := p.ran
			if was, ok := before[pid]; ok && was.began == p.began {
				ran -= was.ran
			}
			if ran > 0 && wall > 0 {
				cores[nameOf(pid)] += ran.Seconds() / wall.Seconds()
			}
		}
		var out []record.Busy
		for name, c := range cores {
			if name != "" && c >= namedCores {
				out = append(out, record.Busy{Name: name, Cores: c})
			}
		}
		slices.SortFunc(out, func(a, b record.Busy) int { return cmp.Or(cmp.Compare(b.Cores, a.Cores), cmp.Compare(a.Name, b.Name)) })
		return out[:min(len(out), named)]
	}
}

// census looks at every process that is not this session's.
func (o *Observer) census() map[int]proc {
	o.mu.Lock()
	ours := maps.Clone(o.trees.members)
	o.mu.Unlock()
	out := map[int]proc{}
	for _, pid := range processes() {
		if pid == os.Getpid() || ours[pid] != nil {
			continue
		}
		if p, ok := look(pid); ok {
			out[pid] = p
		}
	}
	return out
}

// Unreadable names the quantities of a [record.Require] that this machine does not
// tell, as experiments write them.
func Unreadable(ctx context.Context) (out []string) {
	e := Environment(ctx)
	for _, q := range []struct {
		name string
		told bool
	}{
		{"power", e.PowerSource != ""},
		{"thermal", e.ThermalState != ""},
		{"min_clock", e.CPUMHz > 0},
		{"max_foreign_load", readCounters().known},
	} {
		if !q.told {
			out = append(out, q.name)
		}
	}
	return out
}
