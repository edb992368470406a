package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/assay-bench/assay/core/record"
	"github.com/assay-bench/assay/core/stats"
)

// cost of one arm in one case and phase: medians over rounds or samples, as the host
// saw them. NaN-free: what was not seen is 0.
type cost struct {
	name                       string
	ready, open, prepare, free float64 // ns
	idle                       float64 // cores busy with processes that waited for their turn
	memory                     float64 // bytes resident, at most
	beside                     float64 // ns that the host waited for a sample beyond its time
	floor                      *float64
}

// costs are those of a document's arms, the control left out.
func costs(d *record.Result) []cost {
	var out []cost
	for i := range d.Cases {
		c := &d.Cases[i]
		for k := range c.Variants {
			name := c.Variants[k].Name
			if c.Variants[k].Role == record.RoleControl {
				continue
			}
			for _, phase := range phasesOf(c, name) {
				out = append(out, ofArm(d, c, name, phase))
			}
		}
	}
	return out
}

func phasesOf(c *record.Case, arm string) []string {
	var out []string
	for i := 1; i <= c.Begun(); i++ {
		for _, v := range c.Round(i).Visits {
			if v.Variant == arm && !slices.Contains(out, v.Phase) {
				out = append(out, v.Phase)
			}
		}
	}
	return out
}

func ofArm(d *record.Result, c *record.Case, arm, phase string) cost {
	var ready, open, prepare, free, idle, memory, beside []float64
	for i := 1; i <= c.Begun(); i++ {
		r := c.Round(i)
		for _, p := range r.Processes {
			if slices.Contains(p.Arms, arm) {
				ready, open = append(ready, float64(p.StartupNs)), append(open, float64(p.OpenNs))
			}
		}
		for _, p := range r.Prepared {
			if p.Variant == arm {
				prepare = append(prepare, float64(p.HostNs))
			}
		}
		for _, p := range r.Released {
			if p.Variant == arm {
				free = append(free, float64(p.HostNs))
			}
		}
		for _, v := range r.Visits {
			if v.Phase != phase {
				continue
			}
			if v.Variant != arm {
				idle = append(idle, v.Observed.IdleCPU)
				continue
			}
			memory = append(memory, float64(v.Observed.TreeRSS))
			for k, host := range v.Samples.HostNs {
				beside = append(beside, float64(host-v.Samples.WallNs[k]))
			}
		}
	}
	out := cost{
		name: d.Experiment.Name + "/" + arm, ready: median(ready), open: median(open), prepare: median(prepare), free: median(free),
		idle: median(idle), memory: median(memory), beside: median(beside),
	}
	if c.ID != "" {
		out.name += " " + c.ID
	}
	out.name += " " + phase
	for _, k := range c.Controls {
		if k.Phase == phase {
			out.floor = k.NoiseFloor
		}
	}
	return out
}

func median(x []float64) float64 {
	if len(x) == 0 {
		return 0
	}
	return stats.Median(x)
}

type table struct{ w *tabwriter.Writer }

func newTable(out io.Writer) *table {
	t := &table{tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)}
	fmt.Fprintln(t.w, "arm\tstart to ready\topen device\tprepare\trelease\tidle\tresident\tbeside a sample\tnoise floor")
	return t
}

func (t *table) row(c cost) {
	floor := "not known"
	if c.floor != nil {
		floor = fmt.Sprintf("±%.2f %%", 100**c.floor)
	}
	fmt.Fprintf(t.w, "%s\t%s\t%s\t%s\t%s\t%.3f cores\t%.0f MB\t%s\t%s\n", c.name, took(c.ready), took(c.open), took(c.prepare), took(c.free), c.idle, c.memory/1e6, took(c.beside), floor)
}

func (t *table) flush() error { return t.w.Flush() }

// took is a time in three digits.
func took(ns float64) string {
	d := time.Duration(ns)
	switch {
	case d >= time.Second:
		return d.Round(10 * time.Millisecond).String()
	case d >= time.Millisecond:
		return d.Round(100 * time.Microsecond).String()
	}
	return d.Round(time.Microsecond).String()
}
