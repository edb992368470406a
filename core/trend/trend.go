package trend

import (
	"cmp"
	"slices"
	"strings"

	"github.com/assay-bench/assay/core/compare"
)

// Trend is the speed of one variant in one phase of one case over sessions.
type Trend struct {
	Experiment string `json:"experiment"`
	Case       string `json:"case"`
	Variant    string `json:"variant"`
	Phase      string `json:"phase"`
	Steps      []Step `json:"steps"` // oldest first
}

// Step is one session.
type Step struct {
	Session string `json:"session"`
	File    string `json:"file"`
	Started string `json:"started"`
	Speed
	// Change is faster or slower where the speed changed here: its interval and that of
	// the session that began the level before it have no point in common, and so has the
	// session after it, which confirms it.
	Change    compare.Answer `json:"change,omitempty"`
	By        float64        `json:"by,omitempty"` // of the speed, a fraction
	Confirmed bool           `json:"confirmed,omitempty"`
	// Begins says why the sessions before are another series.
	Begins string `json:"begins,omitempty"`
	// Differs names what it was measured with that the session before it had not.
	Differs []string `json:"differs,omitempty"`
}

// Trends of documents, oldest first. Those of simulated devices are left out.
func Trends(results []*Entry) []*Trend {
	type key struct{ experiment, id, variant, phase string }
	var out []*Trend
	by := map[key]*Trend{}
	before := map[key]*Entry{}
	for _, e := range results {
		if e.Simulated {
			continue
		}
		for _, s := range e.Speeds {
			k := key{e.Experiment, s.Case, s.Variant, s.Phase}
			if by[k] == nil {
				by[k] = &Trend{Experiment: k.experiment, Case: k.id, Variant: k.variant, Phase: k.phase}
				out = append(out, by[k])
			}
			step := Step{Session: e.Session, File: e.Path, Started: e.Started.UTC().Format("2006-01-02 15:04"), Speed: s}
			if last := before[k]; last != nil {
				step.Differs = differs(last, e)
			}
			before[k] = e
			by[k].Steps = append(by[k].Steps, step)
		}
	}
	for _, t := range out {
		t.findChanges()
	}
	slices.SortStableFunc(out, func(a, b *Trend) int {
		return cmp.Or(strings.Compare(a.Experiment, b.Experiment), strings.Compare(a.Case, b.Case), strings.Compare(a.Phase, b.Phase), strings.Compare(a.Variant, b.Variant))
	})
	return out
}

func differs(a, b *Entry) (out []string) {
	if a.Machine != b.Machine {
		out = append(out, "machine")
	}
	for i, p := range a.Setup {
		if i < len(b.Setup) && p != b.Setup[i] {
			out = append(out, p.Name)
		}
	}
	return out
}

// findChanges marks where the speed changed. A level begins with a session; the
// sessions after it are held against that one, so that a slow drift is seen too.
func (t *Trend) findChanges() {
	var level *Step
	for i := range t.Steps {
		s := &t.Steps[i]
		if i > 0 && s.Config != t.Steps[i-1].Config {
			s.Begins, level = "configured differently", nil
		}
		if s.Unbelieved != "" {
			continue
		}
		if level == nil {
			level = s
			continue
		}
		answer, by := compare.Change(&level.Ratio, &s.Ratio)
		if answer != compare.Faster && answer != compare.Slower {
			continue
		}
		if next := t.after(i); next != nil {
			if again, _ := compare.Change(&level.Ratio, &next.Ratio); again != answer {
				continue // one session alone
			}
			s.Confirmed = true
		}
		s.Change, s.By, level = answer, *by, s
	}
}

// after is the next session of the same series that may be held against others.
func (t *Trend) after(i int) *Step {
	for k := i + 1; k < len(t.Steps) && t.Steps[k].Config == t.Steps[i].Config; k++ {
		if s := &t.Steps[k]; s.Unbelieved == "" {
			return s
		}
	}
	return nil
}

// Quiet is how quiet a machine was in a phase.
type Quiet struct {
	Machine  string  `json:"machine"`
	Phase    string  `json:"phase"`
	Sessions int     `json:"sessions"`
	Least    float64 `json:"least"` // noise floors at 95 %, fractions
	Median   float64 `json:"median"`
	Most     float64 `json:"most"`
}

// Machines are the noise floors of documents.
func Machines(results []*Entry) (out []Quiet) {
	type key struct{ machine, phase string }
	floors, sessions := map[key][]float64{}, map[key]map[string]bool{}
	for _, e := range results {
		for _, f := range e.Floors {
			k := key{e.Machine, f.Phase}
			if e.Simulated {
				continue
			}
			if sessions[k] == nil {
				sessions[k] = map[string]bool{}
			}
			floors[k] = append(floors[k], f.Share)
			sessions[k][e.Session] = true
		}
	}
	for k, all := range floors {
		slices.Sort(all)
		out = append(out, Quiet{k.machine, k.phase, len(sessions[k]), all[0], all[len(all)/2], all[len(all)-1]})
	}
	slices.SortFunc(out, func(a, b Quiet) int {
		return cmp.Or(strings.Compare(a.Machine, b.Machine), strings.Compare(a.Phase, b.Phase))
	})
	return out
}
