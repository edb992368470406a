package rejudge

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/record"
)

// A Report says whether a document's conclusions follow from its samples.
type Report struct {
	// Follows is true when nothing derived differs and the journal, where there
	// is one, agrees.
	Follows     bool         `json:"follows"`
	Verdict     string       `json:"verdict"`      // as stored
	WantVerdict string       `json:"want_verdict"` // as computed from the samples
	Differences []Difference `json:"differences"`
	Judgements  []Judgement  `json:"judgements"`
	Journal     Journal      `json:"journal"`
	// Notes are what a reader should know and what fails nothing.
	Notes []string `json:"notes"`

	// Recomputed is the document as its samples want it.
	Recomputed *record.Result `json:"-"`
}

// Check computes everything derived of a document once more from its raw
// rounds. It changes nothing in r. An error is a document that no verdict can
// be computed from at all.
func Check(r *record.Result) (*Report, error) {
	want := withoutDerived(r)
	out := &Report{Verdict: r.Verdict, Differences: []Difference{}, Judgements: []Judgement{}, Notes: []string{}, Recomputed: want}
	if err := recompute(want); err != nil {
		return nil, fmt.Errorf("judging %s again: %w", r.Experiment.Name, err)
	}
	out.WantVerdict = want.Verdict
	all, err := differences(nil, withoutRounds(r), withoutRounds(want)) // they share the rounds
	if err != nil {
		return nil, err
	}
	more, err := checkLooks(r, want)
	if err != nil {
		return nil, err
	}
	reworded := false
	for _, d := range append(all, more...) {
		path := steps(d.Path)
		if isWording(path) {
			reworded = true
			continue
		}
		if d.Where == "" {
			d.Where = locate(longer(r, want, path), path)
		}
		out.Differences = append(out.Differences, d)
	}
	if reworded {
		out.Notes = append(out.Notes, "some sentences are worded differently from what this assay writes; numbers and verdicts are compared, sentences are not")
	}
	for i := range want.Cases {
		out.Judgements = append(out.Judgements, judgementsOf(r, want, i, out.Differences)...)
	}
	out.Follows = len(out.Differences) == 0
	return out, nil
}

// recompute replaces everything that a session derives. The samples, what the
// author asked for and what was observed stay.
func recompute(r *record.Result) error {
	if err := recomputePlan(r); err != nil {
		return err
	}
	if r.Status == record.Skipped {
		return nil
	}
	for i := range r.Cases {
		for j := range r.Cases[i].Variants {
			v := &r.Cases[i].Variants[j]
			v.PeakBytes = 0 // a maximum over rounds, which starts from none
			if preparedOnce(r.Cases[i].Rounds, v.Name) {
				v.DeviceBytes, v.PrepareNs = 0, 0
			}
		}
	}
	if err := r.Summarize(); err != nil {
		return err
	}
	return reselect(r)
}

func preparedOnce(rounds []record.Round, variant string) bool {
	return slices.ContainsFunc(rounds, func(d record.Round) bool {
		return slices.ContainsFunc(d.Prepared, func(p record.Prepared) bool { return p.Variant == variant })
	})
}

// recomputePlan lays the looks out again. Fewer claims or rounds than the
// experiment asks for would make every level too lenient.
func recomputePlan(r *record.Result) error {
	m, e := r.Plan.Method, r.Experiment
	m.Rounds, m.MaxRounds = max(m.Rounds, e.Measure.Rounds), max(m.MaxRounds, e.Measure.MaxRounds)
	if e.Measure.Confidence > 0 {
		m.Confidence = e.Measure.Confidence
	}
	p, err := judge.PlanFor(m, r.JudgeGuardrails(), r.Experiment.Asserts, r.Places())
	if err != nil {
		return err
	}
	r.Plan.Method, r.Plan.Looks = p.Method, p.Looks
	return nil
}

// withoutDerived is a copy that may be summarized without a change to r. It
// shares the rounds, which hold the samples and which nothing changes.
func withoutDerived(r *record.Result) *record.Result {
	out := *r
	out.Cases, out.Selections = slices.Clone(r.Cases), slices.Clone(r.Selections)
	for i := range out.Cases {
		out.Cases[i].Variants = slices.Clone(out.Cases[i].Variants)
		out.Cases[i].Races = slices.Clone(out.Cases[i].Races)
	}
	return &out
}

// withoutRounds is a copy to be compared as JSON.
func withoutRounds(r *record.Result) *record.Result {
	out := *r
	out.Cases = slices.Clone(r.Cases)
	for i := range out.Cases {
		c := &out.Cases[i]
		c.Rounds, c.Races = nil, slices.Clone(c.Races)
		for k := range c.Races {
			c.Races[k].Rounds = nil
		}
	}
	return &out
}

// isWording says that a path leads to a sentence of a judgement, an assert or a
// selection, or of the host's finding.
func isWording(path []string) bool {
	if n := len(path); n > 1 && path[0] == "selections" || n > 3 && path[2] == "races" {
		return path[n-1] == "reason"
	}
	if len(path) == 3 && path[0] == "findings" {
		return path[2] == "summary" || path[2] == "detail"
	}
	if len(path) == 7 && path[4] == "defects" {
		return path[6] == "detail"
	}
	return len(path) == 5 && (path[2] == "judgements" && slices.Contains(wording, path[4]) || path[2] == "asserts" && path[4] == "message")
}

// longer is the document that has something at the path, for naming it.
func longer(r, want *record.Result, path []string) *record.Result {
	if strings.Contains(locate(r, path), "judgements ") {
		return want
	}
	return r
}
