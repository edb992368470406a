package record

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"hash"
	"slices"

	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/stats"
)

// VisitFigures are what is computed from the samples of one visit.
type VisitFigures struct {
	wall, device, encode float64 // of the fastest
	ok                   bool
	claims               claims
	sum                  [sha256.Size]byte // of all of them as JSON
}

// RoundFigures are what is computed from the samples of a whole round.
type RoundFigures struct {
	singles map[[2]string]singles           // by variant and phase
	metrics map[string]map[string][]float64 // by variant and name: least, median and most of what the plugin reported
	lines   map[string]map[string]hash.Hash // by variant and phase: of samplesDigests, up to and with this round
}

// letGo lets the samples of the round of a number go, and those of the rounds
// before it, which its figures go on from. A round that has ended changes no more.
func (c *Case) letGo(number int) error {
	rounds, i := c.place(number)
	var before *Round
	for k := range i + 1 {
		x := &rounds[k]
		if x.Figures == nil {
			if err := x.reduce(before); err != nil {
				return err
			}
		}
		before = x
	}
	return nil
}

// reduce lets the samples go, once everything that is computed from them is known.
func (d *Round) reduce(before *Round) error {
	f := &RoundFigures{singles: map[[2]string]singles{}, metrics: map[string]map[string][]float64{}, lines: map[string]map[string]hash.Hash{}}
	if before != nil {
		for variant := range before.Figures.lines {
			f.lines[variant] = before.Figures.cloned(variant)
		}
	}
	for i := range d.Visits {
		v := &d.Visits[i]
		if at := [2]string{v.Variant, v.Phase}; f.singles[at].quantiles == nil {
			f.singles[at] = d.singles(v.Variant, v.Phase).reduced()
		}
		if f.lines[v.Variant] == nil {
			f.lines[v.Variant] = map[string]hash.Hash{}
		}
	}
	for _, variant := range d.reporters() {
		f.metrics[variant] = map[string][]float64{}
		for name, values := range d.gather(variant, func(string) bool { return true }) {
			f.metrics[variant][name] = []float64{slices.Min(values), stats.Median(values), slices.Max(values)}
		}
	}
	for variant, sums := range f.lines {
		if err := d.addLines(variant, sums); err != nil {
			return err
		}
	}
	for i := range d.Visits {
		v := &d.Visits[i]
		x := &VisitFigures{claims: v.claims()}
		var err error
		if x.sum, err = v.Samples.sum(); err != nil {
			return fmt.Errorf("round %d, visit %d: %w", d.Index, v.Index, err)
		}
		x.wall, x.device, x.encode, x.ok = v.fastest()
		v.Figures, v.Samples = x, Samples{}
	}
	d.Figures = f
	return nil
}

// reporters are the variants of which the plugin may have reported metrics.
func (d *Round) reporters() (out []string) {
	add := func(variant string) {
		if !slices.Contains(out, variant) {
			out = append(out, variant)
		}
	}
	for i := range d.Prepared {
		add(d.Prepared[i].Variant)
	}
	for i := range d.Visits {
		add(d.Visits[i].Variant)
	}
	for i := range d.Released {
		add(d.Released[i].Variant)
	}
	return out
}

// cloned are the digests of one variant so far, to be gone on with.
func (f *RoundFigures) cloned(variant string) map[string]hash.Hash {
	out := map[string]hash.Hash{}
	for phase, h := range f.lines[variant] {
		c, err := h.(hash.Cloner).Clone()
		if err != nil { // of SHA-256 it is not known to fail
			panic(err)
		}
		out[phase] = c
	}
	return out
}

func (s *Samples) sum() ([sha256.Size]byte, error) {
	raw, err := json.Marshal(s)
	return sha256.Sum256(raw), err
}

// SameSamples says that two rounds hold the same visits with the same samples, of
// which d may have let go.
func (d *Round) SameSamples(o *Round) bool {
	if len(d.Visits) != len(o.Visits) {
		return false
	}
	for i := range d.Visits {
		a, errA := d.Visits[i].sum()
		b, errB := o.Visits[i].sum()
		if errA != nil || errB != nil || a != b {
			return false
		}
	}
	return true
}

func (v *Visit) sum() ([sha256.Size]byte, error) {
	if v.Figures != nil {
		return v.Figures.sum, nil
	}
	return v.Samples.sum()
}

// singles are the single iterations of a variant in one phase of a round.
type singles struct {
	times     []float64
	n         int
	batches   int                 // samples that hold more than one iteration
	quantiles map[float64]float64 // instead of times
}

func (s singles) quantile(share float64) (float64, bool) {
	if s.quantiles == nil {
		return quantile(s.times, share)
	}
	x, ok := s.quantiles[share]
	return x, ok
}

func (s singles) reduced() singles {
	out := singles{n: s.n, batches: s.batches, quantiles: map[float64]float64{}}
	for _, name := range []string{judge.P50, judge.P90, judge.P99, judge.Most} {
		if x, ok := quantile(s.times, judge.Quantile(name)); ok {
			out.quantiles[judge.Quantile(name)] = x
		}
	}
	return out
}
