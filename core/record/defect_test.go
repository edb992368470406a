package record

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assay-bench/assay/core/judge"
)

const ms = int64(time.Millisecond)

// held is a result of three rounds with four visits of each arm. A sample of 10 ms
// reaches the host, whose clock is this script, overhead later.
func held(overhead int64) *Result {
	r := repeatable()
	r.Experiment.Measure.Phases = []string{"decode"}
	c := Case{ID: "c", Variants: []Variant{{Name: "base", Role: RoleBaseline}, {Name: "v", Role: RoleVariant}, {Name: "control", Role: RoleControl}}}
	arms := []string{"base", "v", "control"}
	for range 3 {
		d := Round{Counted: true, Processes: []Process{{Arms: arms}}}
		for _, arm := range arms {
			check := Check{Name: "rel_err", Value: 1e-6, Limit: 1e-3, Passed: true}
			d.Prepared = append(d.Prepared, Prepared{Variant: arm, Checks: []Check{check}, Phases: map[string]PhaseFacts{"decode": {Units: 1, Bytes: 1000}}})
			d.Released = append(d.Released, Released{Variant: arm, Checks: []Check{check}})
			for pass := 1; pass <= 4; pass++ {
				v := Visit{Index: len(d.Visits) + 1, Variant: arm, Phase: "decode", Pass: pass}
				for range 2 {
					v.Samples.Add(Sample{Iterations: 10, WallNs: 10 * ms, DeviceNs: 9 * ms, EncodeNs: ms, HostNs: 10*ms + overhead})
				}
				d.Visits = append(d.Visits, v)
			}
		}
		d.Yardsticks = []Yardstick{{Name: Stream, Arms: arms, Phase: "decode", Pass: 1, Bytes: 10_000_000, Ns: ms}}
		c.Rounds = append(c.Rounds, d)
	}
	r.Cases = []Case{c}
	return r
}

// samples calls f with those of the arm's visits, numbered over all rounds.
func (r *Result) samples(arm string, f func(n int, s *Samples)) {
	n := 0
	for i := range r.Cases[0].Rounds {
		r.Cases[0].Rounds[i].visitsOf(arm, "decode", func(v *Visit) {
			f(n, &v.Samples)
			n++
		})
	}
}

var (
	good      = &Scaling{Iterations: 10, OnceNs: ms, TwiceNs: 2 * ms}
	busy      = &Scaling{Iterations: 10, OnceNs: ms, TwiceNs: 2 * ms, CoresAfter: 0.6}
	started   = &Scaling{Iterations: 1, OnceNs: 2 * ms, TwiceNs: 3 * ms}
	flat      = &Scaling{Iterations: 10, OnceNs: ms, TwiceNs: ms}
	disturbed = &Scaling{Iterations: 10, OnceNs: 3 * ms, TwiceNs: ms}
)

// tried gives the variant a trial in each of the first rounds.
func tried(scalings ...*Scaling) func(*Result) {
	return func(r *Result) {
		for i, s := range scalings {
			d := &r.Cases[0].Rounds[i]
			d.Warmups = append(d.Warmups, Warmup{Variant: "v", Phase: "decode", Scaling: s})
		}
	}
}

func every(column []int64, x int64) {
	for i := range column {
		column[i] = x
	}
}

func TestDefects(t *testing.T) {
	round := func(r *Result, i int) *Round { return &r.Cases[0].Rounds[i] }
	for _, c := range []struct {
		name     string
		overhead int64
		lie      func(r *Result)
		want     string // defects of v
	}{
		{"an honest plugin", 200_000, func(*Result) {}, ""},
		{"the host sees each sample half as long again", 5 * ms, func(*Result) {}, ""},
		{"the plugin's clock ticks a half per cent faster", 0, func(r *Result) {
			r.samples("v", func(_ int, s *Samples) { every(s.WallNs, 10*ms+ms/20) })
		}, ""},
		{"times a tenth of what it does", 90 * ms, func(r *Result) {
			for _, honest := range []string{"base", "control"} {
				r.samples(honest, func(_ int, s *Samples) { every(s.HostNs, 10*ms) })
			}
		}, "less_than_clock"},
		{"only the sample that counts is too fast", 0, func(r *Result) {
			r.samples("v", func(_ int, s *Samples) { s.WallNs[1], s.DeviceNs[1] = ms, ms })
		}, "less_than_clock"},
		{"a busy machine holds up some of the visits", 0, func(r *Result) {
			r.samples("v", func(n int, s *Samples) {
				if n < 5 {
					every(s.HostNs, 100*ms)
				}
			})
		}, ""},
		{"every other visit is too fast", 0, func(r *Result) {
			r.samples("v", func(n int, s *Samples) {
				if n%2 == 0 {
					every(s.HostNs, 100*ms)
				}
			})
		}, "less_than_clock"},
		{"two and a half times too fast on a quiet machine", 15 * ms, func(r *Result) {
			for _, honest := range []string{"base", "control"} {
				r.samples(honest, func(_ int, s *Samples) { every(s.HostNs, 10*ms) })
			}
		}, "less_than_clock"},
		{"a busy machine, where plugins wait for a core between samples", 15 * ms, func(r *Result) {
			for i := range r.Cases[0].Rounds {
				for k := range round(r, i).Visits {
					round(r, i).Visits[k].Contaminated = true
				}
			}
		}, ""},
		{"tiny samples, and the connection takes longer than they do", 400_000, func(r *Result) {
			r.samples("v", func(_ int, s *Samples) {
				every(s.WallNs, 5_000)
				every(s.DeviceNs, 5_000)
				every(s.EncodeNs, 100)
				every(s.HostNs, 405_000)
			})
		}, ""},
		{"a program that the plugin drives is timed in part", 90 * ms, func(r *Result) {
			for i := range r.Cases[0].Rounds {
				for k := range round(r, i).Prepared {
					round(r, i).Prepared[k].Phases["decode"] = PhaseFacts{Iterations: 10}
				}
			}
		}, ""},
		{"a visit claims twice what the host saw", 0, func(r *Result) {
			r.samples("v", func(n int, s *Samples) {
				if n == 7 {
					every(s.WallNs, 20*ms)
				}
			})
		}, "more_than_clock"},
		{"one sample of a visit is an hour long", 0, func(r *Result) {
			r.samples("v", func(n int, s *Samples) {
				if n == 0 {
					s.WallNs[0] = time.Hour.Nanoseconds()
				}
			})
		}, "more_than_clock"},
		{"an older document without the host's clock", 0, func(r *Result) {
			r.samples("v", func(_ int, s *Samples) { s.HostNs = nil; every(s.WallNs, 1e15) })
		}, ""},
		{"ten times the wall time on the device", 0, func(r *Result) {
			r.samples("v", func(_ int, s *Samples) { every(s.DeviceNs, 100*ms) })
		}, "device_beyond_wall"},
		{"the device's clock ticks two per cent faster", 0, func(r *Result) {
			r.samples("v", func(_ int, s *Samples) { every(s.DeviceNs, 10*ms+ms/5) })
		}, ""},
		{"more preparing and submitting than anything", 0, func(r *Result) {
			r.samples("v", func(n int, s *Samples) {
				if n == 3 {
					s.EncodeNs[1] = time.Hour.Nanoseconds()
				}
			})
		}, "encode_beyond_wall"},
		{"the largest numbers that pass", 0, func(r *Result) {
			r.samples("v", func(_ int, s *Samples) { every(s.WallNs, 1e15); every(s.DeviceNs, 1e15) })
		}, "more_than_clock"},
		{"too few visits to tell", 0, func(r *Result) {
			r.Cases[0].Rounds = r.Cases[0].Rounds[:2]
			r.samples("v", func(_ int, s *Samples) { every(s.HostNs, 100*ms) })
		}, ""},
		{"one good trial", 0, tried(busy, busy, good), ""},
		{"two trials say nothing", 0, tried(flat, flat), ""},
		{"half of an iteration is its start", 0, tried(started, started, started), ""},
		{"twice as many iterations in one time", 0, tried(flat, flat, flat), "does_not_scale"},
		{"other programs made fewer iterations take longer", 0, tried(flat, disturbed, flat), ""},
		{"it computes after it answered", 0, tried(busy, busy, busy), "works_on"},
		{"five times what memory gives", 0, func(r *Result) {
			for i := range r.Cases[0].Rounds {
				for k := range round(r, i).Prepared {
					if p := &round(r, i).Prepared[k]; p.Variant == "v" {
						p.Phases["decode"] = PhaseFacts{Bytes: 50_000_000}
					}
				}
			}
		}, "beyond_memory"},
		{"the yardstick was slow in all rounds but one", 0, func(r *Result) {
			for i := range 2 {
				round(r, i).Yardsticks[0].Ns *= 5
			}
		}, ""},
		{"a check that passed above its limit", 0, func(r *Result) {
			round(r, 1).Released[1].Checks = []Check{{Name: "rel_err", Value: 5, Limit: 1e-3, Passed: true}}
		}, "check_contradicts"},
		{"a check that failed below its limit", 0, func(r *Result) {
			round(r, 1).Released[1].Checks = []Check{{Name: "rel_err", Value: 0, Limit: 1e-3}}
		}, ""},
		{"a check that is left out", 0, func(r *Result) { round(r, 2).Prepared[1].Checks = nil }, "checks_change"},
		{"another device", 0, func(r *Result) { round(r, 1).Processes[0].Device.Name = "other" }, "device_changes"},
		{"a device that is simulated now", 0, func(r *Result) { round(r, 2).Processes[0].Device.Simulated = true }, "device_changes"},
		{"another version", 0, func(r *Result) { round(r, 1).Processes[0].Differs = "it says version 2" }, "description_changes"},
		{"numbers out of range", 0, func(r *Result) {
			r.Failures = []Failure{{Case: "c", Round: 1, Variant: "v", Phase: "decode", Kind: ImpossibleNumbers, Message: "sample 2 has impossible times"}}
		}, "impossible_numbers"},
		{"a plugin that died", 0, func(r *Result) {
			r.Failures = []Failure{{Case: "c", Round: 1, Variant: "v", Phase: "decode", Kind: "signal"}}
		}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, reduced := range []bool{false, true} {
				r := held(c.overhead)
				c.lie(r)
				if k := &r.Cases[0]; reduced {
					for i := range k.Rounds {
						var before *Round
						if i > 0 {
							before = &k.Rounds[i-1]
						}
						if err := k.Rounds[i].reduce(before); err != nil {
							t.Fatal(err)
						}
					}
				}
				if err := r.SummarizeCase(&r.Cases[0]); err != nil {
					t.Fatal(err)
				}
				var names []string
				for _, d := range r.Cases[0].Variants[1].Defects {
					names = append(names, d.Name)
					if d.Detail == "" || !slices.ContainsFunc(Defects, func(k struct{ Name, Next string }) bool { return k.Name == d.Name }) {
						t.Errorf("%+v: no detail, or not in the table", d)
					}
				}
				if got := strings.Join(names, " "); got != c.want {
					t.Errorf("reduced %t: defects %q, want %q: %+v", reduced, got, c.want, r.Cases[0].Variants[1].Defects)
				}
			}
		})
	}
}

// Nothing rests on a variant with a defect, nor on a comparison with one.
func TestNothingRestsOnADefect(t *testing.T) {
	for _, bad := range []int{-1, 0, 1, 2, 3} {
		c := &Case{Variants: []Variant{
			{Name: "base", Role: RoleBaseline}, {Name: "v", Role: RoleVariant}, {Name: "control", Role: RoleControl}, {Name: "other", Role: RoleVariant},
		}}
		if bad >= 0 {
			c.Variants[bad].Defects = []Defect{{Name: LessThanClock}}
		}
		about := bad == 0 || bad == 1 || bad == 2
		for _, verdict := range []judge.Verdict{judge.Pass, judge.Fail, judge.Inconclusive} {
			j := repeatable().believe(judge.Judgement{Variant: "v", Verdict: verdict, Win: verdict == judge.Pass}, c)
			if invalid := j.Verdict == judge.Invalid; invalid != about || about && (j.Win || !strings.Contains(j.Reason, LessThanClock) || j.Next == "") {
				t.Errorf("a defect of variant %d made of %s %+v", bad, verdict, j)
			}
		}
		if why := c.Ineligible(&c.Variants[1]); (why != "") != (bad == 1) {
			t.Errorf("a defect of variant %d: the variant may not be selected because %q", bad, why)
		}
	}
}

// docs/method.md explains every defect, and no other.
func TestDocumentedDefects(t *testing.T) {
	page, err := os.ReadFile("../../docs/method.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "| defect | it is found when |")
	table, _, _ = strings.Cut(table, "\n\n")
	for _, d := range Defects {
		if !strings.Contains(table, "\n| `"+d.Name+"` |") {
			t.Errorf("docs/method.md has no line for %s", d.Name)
		}
	}
	if lines := strings.Count(table, "\n| `"); lines != len(Defects) {
		t.Errorf("docs/method.md has %d defects, there are %d", lines, len(Defects))
	}
}
