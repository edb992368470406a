package history

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/assay-bench/assay/core/stats"
)

// Summarize fills in what is derived: copies, the movement of every control,
// and what the data says of every patch.
func (d *Document) Summarize() error {
	d.markCopies()
	d.Controls, d.Patches = d.movements(), []Patch{}
	for _, phase := range d.phases() {
		ps, err := d.patches(phase)
		if err != nil {
			return err
		}
		d.Patches = append(d.Patches, ps...)
	}
	return nil
}

// samePlace is how near in time two rows with equal readings must be to come
// from one measurement.
const samePlace = time.Minute

// markCopies finds rows that record one measurement twice, as a collection and
// the capsule it was drawn from do. Of copies the first of those that name most counts.
func (d *Document) markCopies() {
	order := make([]int, len(d.Rows))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return d.Rows[a].unnamed() - d.Rows[b].unnamed() })
	for n, i := range order {
		r := &d.Rows[i]
		r.CopyOf = ""
		for _, j := range order[:n] {
			if o := &d.Rows[j]; o.CopyOf == "" && isCopy(o, r) {
				r.CopyOf = o.Source
				break
			}
		}
	}
}

// placed says whether a row names the model and the machine that it is about.
func (r *Row) placed() bool { return r.unnamed() == 0 }

// unnamed counts what a row does not say of its place, the model most of all.
func (r *Row) unnamed() int {
	n := 0
	if r.Model == "" {
		n += 2
	}
	if r.Hardware == "" {
		n++
	}
	return n
}

func isCopy(a, b *Row) bool {
	x, y := a.Phases["decode"], b.Phases["decode"]
	if a.Capsule != "" && a.Capsule == b.Capsule {
		// Sections of one capsule are measurements of their own: their names, models or
		// patches differ.
		return a.Tokens == b.Tokens && agree(a.Variant, b.Variant) && agree(shortName(a.Model), shortName(b.Model)) &&
			x.Baseline.Rate == y.Baseline.Rate && x.Patched.Rate == y.Patched.Rate
	}
	if a.key() != b.key() || !slices.Equal(a.Patches, b.Patches) || !slices.Equal(x.Baseline.Runs, y.Baseline.Runs) || !slices.Equal(x.Patched.Runs, y.Patched.Runs) {
		return false
	}
	// Few readings may be equal by chance; five and more are not.
	return len(x.Baseline.Runs)+len(x.Patched.Runs) >= 5 || len(x.Baseline.Runs) > 0 && a.near(b)
}

// agree says whether two names can be of one thing: equal, or one not given.
func agree(a, b string) bool { return a == "" || b == "" || a == b }

// shortName is a model's name without the hub's owner.
func shortName(model string) string { return model[strings.LastIndex(model, "/")+1:] }

func (r *Row) near(o *Row) bool {
	return !r.DateOnly && !o.DateOnly && r.Time.Sub(o.Time).Abs() < samePlace
}

// beside says whether two rows without an hour are of one file, as the arms of one run.
func (r *Row) beside(o *Row) bool {
	a, _, _ := strings.Cut(r.Source, ":")
	b, _, _ := strings.Cut(o.Source, ":")
	return r.DateOnly && o.DateOnly && a == b && r.Time.Equal(o.Time)
}

// controlKey is what must be alike for two baselines to be the same control.
type controlKey struct {
	hardware, model string
	tokens          int
	setting         string
}

func (r *Row) key() controlKey { return controlKey{r.Hardware, r.Model, r.Tokens, r.Setting} }

func (k controlKey) compare(o controlKey) int {
	for _, c := range []int{strings.Compare(k.model, o.model), k.tokens - o.tokens, strings.Compare(k.setting, o.setting)} {
		if c != 0 {
			return c
		}
	}
	return strings.Compare(k.hardware, o.hardware)
}

func (d *Document) phases() []string {
	var out []string
	for _, r := range d.Rows {
		for p := range r.Phases {
			if !slices.Contains(out, p) {
				out = append(out, p)
			}
		}
	}
	slices.Sort(out)
	return out
}

// baselines of one control and phase: one row per session, in order of time.
func (d *Document) baselines(phase string) map[controlKey][]*Row {
	out := map[controlKey][]*Row{}
	for i := range d.Rows {
		r := &d.Rows[i]
		if r.CopyOf != "" || r.Phases[phase].Baseline.Rate <= 0 || !r.placed() {
			continue
		}
		// Rows of one session may share one measurement of the baseline.
		k := r.key()
		if !slices.ContainsFunc(out[k], func(o *Row) bool {
			x, y := o.Phases[phase].Baseline, r.Phases[phase].Baseline
			return (o.near(r) || o.beside(r)) && x.Rate == y.Rate && slices.Equal(x.Runs, y.Runs)
		}) {
			out[k] = append(out[k], r)
		}
	}
	return out
}

func (d *Document) movements() []Movement {
	out := []Movement{}
	for _, phase := range d.phases() {
		all := d.baselines(phase)
		for _, k := range sortedKeys(all) {
			out = append(out, movement(k, phase, all[k]))
		}
	}
	return out
}

func sortedKeys[V any](m map[controlKey]V) []controlKey {
	var out []controlKey
	for k := range m {
		out = append(out, k)
	}
	slices.SortFunc(out, controlKey.compare)
	return out
}

func movement(k controlKey, phase string, rows []*Row) Movement {
	m := Movement{
		Hardware: k.hardware, Model: k.model, Tokens: k.tokens, Setting: k.setting, Phase: phase, Sessions: len(rows), Alike: []AlikeRange{},
	}
	var rates, within []float64
	byRuntime, days := map[string][]float64{}, map[string]bool{}
	for _, r := range rows {
		b := r.Phases[phase].Baseline
		rates, m.logs = append(rates, b.Rate), append(m.logs, math.Log(b.Rate))
		if len(b.Runs) > 1 && slices.Min(b.Runs) > 0 {
			within = append(within, slices.Max(b.Runs)/slices.Min(b.Runs)-1)
		}
		days[r.Time.Format(time.DateOnly)] = true
		byRuntime[r.Runtime] = append(byRuntime[r.Runtime], b.Rate)
	}
	m.Min, m.Median, m.Max = slices.Min(rates), stats.Median(rates), slices.Max(rates)
	m.Range, m.Days = m.Max/m.Min-1, len(days)
	if len(within) > 0 {
		m.Within = stats.Median(within)
	}
	if len(byRuntime) > 1 {
		for runtime, xs := range byRuntime {
			m.Alike = append(m.Alike, AlikeRange{Runtime: runtime, Sessions: len(xs), Min: slices.Min(xs), Max: slices.Max(xs), Range: slices.Max(xs)/slices.Min(xs) - 1})
		}
		slices.SortFunc(m.Alike, func(a, b AlikeRange) int { return strings.Compare(a.Runtime, b.Runtime) })
	}
	return m
}

func (d *Document) control(k controlKey, phase string) (Movement, bool) {
	i := slices.IndexFunc(d.Controls, func(m Movement) bool {
		return m.Phase == phase && controlKey{m.Hardware, m.Model, m.Tokens, m.Setting} == k
	})
	if i < 0 {
		return Movement{}, false
	}
	return d.Controls[i], true
}

// Name of a patch: its parts and what tells it from others with the same parts.
func (p Patch) Name() string {
	s := strings.Join(p.Patches, "+")
	switch {
	case s == "" && p.Label == "":
		return "no patch"
	case p.Label == "":
		return s
	}
	return strings.TrimSpace(fmt.Sprintf("%s [%s]", s, p.Label))
}
