package page

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/record"
	"github.com/assay-bench/assay/core/report"
)

// experiment is one result document as the page shows it.
type experiment struct {
	ID       string // of its heading
	Name     string
	About    string
	Verdict  string // one word, also the class of its colour
	Sentence string
	Next     string
	Status   string
	Setting  string // device, plugin, seed
	Warning  string // about all its numbers; empty: none
	Cases    []caseView
	Sweeps   []*figure
	Selects  []sentence
	Findings []sentence
	Failures []failure
	Notes    []sentence
	Facts    []facts
	Commands []command
	Source   string
}

// caseView is one case.
type caseView struct {
	ID         string
	Name       string // empty: the only one
	Verdict    string
	Tables     []table
	Lines      []string // below the tables
	Judgements []judgement
	Asserts    []sentence
	Doubts     []sentence // failed checks and defects
	Figures    []*figure
	Rounds     []*figure
	Drift      *figure
}

// sentence is one with what belongs to it.
type sentence struct {
	Verdict string
	Text    string
	Detail  string
	Next    string
}

type judgement struct {
	Name    string
	Verdict string
	Of      string
	Text    string
	Accepts string // the trade-off that accepts it
	Next    string
}

type failure struct {
	Text   string
	Intent string
	Lines  []string
	Next   string
}

// viewOf is what the page shows of a document. Number tells experiments of a page
// apart.
func viewOf(number int, r *record.Result, file string) experiment {
	e := experiment{
		ID: fmt.Sprintf("e%d", number), Name: r.Experiment.Name, About: r.Experiment.Description,
		Verdict: word(r), Sentence: report.Verdict(r), Status: string(r.Status), Source: r.Experiment.Source,
	}
	if d := r.Decided(); d != nil {
		e.Next = d.Next
	}
	d := r.Metadata.Device
	e.Setting = fmt.Sprintf("%s (%s), plugin %s %s, seed %d", cmp.Or(d.Name, "no device"), cmp.Or(d.Kind, "–"), r.Metadata.Plugin.Name, r.Metadata.Plugin.Version, r.Session.Seed)
	if d.Simulated {
		e.Warning = report.SimulatedText
	}
	drawn := chartedCases(r)
	for i := range r.Cases {
		e.Cases = append(e.Cases, caseOf(r, &r.Cases[i], fmt.Sprintf("%sc%d", e.ID, i+1), drawn[i]))
	}
	if !d.Simulated {
		for _, phase := range r.Experiment.Measure.Phases {
			e.Sweeps = append(e.Sweeps, overMatrix(r, phase)...)
		}
	}
	e.Selects, e.Findings, e.Failures, e.Notes = selections(r), findings(r), failures(r), notes(r)
	if n := len(e.Sweeps); n > charted {
		e.Sweeps, e.Notes = e.Sweeps[:charted], append(e.Notes, sentence{Text: fmt.Sprintf("%d of %d sweeps are shown; the tables of the cases have all numbers", charted, n)})
	}
	e.Facts, e.Commands = factsOf(r), commandsOf(r, file)
	return e
}

// word is the verdict, or why there is none.
func word(r *record.Result) string { return wordOf(r.Status, r.Verdict) }

func wordOf(status record.Status, verdict string) string {
	if status == record.Skipped {
		return string(status)
	}
	if !slices.Contains([]string{"pass", "fail", "inconclusive", "invalid"}, verdict) {
		return "none"
	}
	return verdict
}

// charted is how many cases of a document have charts, so that a browser can open
// its page.
const charted = 60

// chartedCases are those with charts: those that do not pass, then the first others.
func chartedCases(r *record.Result) map[int]bool {
	out := map[int]bool{}
	for _, pass := range []bool{false, true} {
		for i := range r.Cases {
			v := r.CaseVerdict(&r.Cases[i])
			if len(out) < charted && (v == "pass" || v == "none") == pass {
				out[i] = true
			}
		}
	}
	return out
}

func caseOf(r *record.Result, c *record.Case, id string, charts bool) caseView {
	v := caseView{ID: id, Verdict: r.CaseVerdict(c)}
	if len(r.Cases) > 1 || c.ID != "default" {
		v.Name = c.ID
	}
	simulated := r.Metadata.Device.Simulated
	for _, phase := range r.Experiment.Measure.Phases {
		v.Tables = append(v.Tables, phaseTable(r, c, phase))
		if text := report.NoiseFloor(c, phase); text != "" {
			v.Lines = append(v.Lines, phase+": "+text)
		}
		if simulated || !charts {
			continue // a chart of times that are no measurements would look like one of some
		}
		v.Figures = appendFigures(v.Figures, forest(r, c, phase))
		v.Figures = append(v.Figures, overConfig(r, c, phase)...)
		v.Figures = appendFigures(v.Figures, shares(r, c, phase), bandwidth(c, phase))
		for i := range c.Variants {
			if a := &c.Variants[i]; a.Role != record.RoleBaseline && a.Role != record.RoleControl {
				v.Rounds = appendFigures(v.Rounds, rounds(r, c, a, phase))
			}
		}
	}
	if t := metricTable(r, c); len(t.Rows) > 0 {
		v.Tables = append(v.Tables, t)
	}
	for _, j := range c.Judgements {
		v.Judgements = append(v.Judgements, judgementOf(r, j))
	}
	for _, a := range c.Asserts {
		v.Asserts = append(v.Asserts, sentence{Verdict: string(a.Answer()), Text: "assert " + a.Name + " for " + a.Variant, Detail: a.Message})
	}
	v.Doubts = doubts(c)
	if charts {
		v.Drift = drift(r, c)
	} else {
		v.Lines = append(v.Lines, fmt.Sprintf("No charts: of %d cases %d have some, those that do not pass first.", len(r.Cases), charted))
	}
	return v
}

func appendFigures(to []*figure, figures ...*figure) []*figure {
	for _, f := range figures {
		if f != nil {
			to = append(to, f)
		}
	}
	return to
}

func judgementOf(r *record.Result, j judge.Judgement) judgement {
	out := judgement{Name: j.Guardrail, Verdict: string(j.Verdict), Of: j.Variant + " in " + j.Of(), Text: j.Reason}
	if r.OnlyWarns(j.Guardrail) {
		out.Name += " (only warns)"
	}
	if j.AcceptedByTradeoff {
		out.Accepts = j.Tradeoff
	}
	if j.Verdict != judge.Pass {
		out.Next = j.Next
	}
	return out
}

// doubts are failed checks and defects.
func doubts(c *record.Case) (out []sentence) {
	for _, v := range c.Variants {
		for _, k := range v.Checks {
			if !k.Passed {
				out = append(out, sentence{Text: fmt.Sprintf("%s check %s failed for %s %s timing", k.Kind, k.Name, v.Name, k.When), Detail: k.Found()})
			}
		}
		for _, d := range v.Defects {
			text := "defect " + d.Name + " of " + v.Name
			if d.Phase != "" {
				text += " in " + d.Phase
			}
			if d.Round > 0 {
				text += fmt.Sprintf(", first in round %d", d.Round)
			}
			out = append(out, sentence{Text: text, Detail: d.Detail})
		}
	}
	return out
}

func selections(r *record.Result) (out []sentence) {
	for _, s := range r.Selections {
		x := sentence{Text: "select " + s.Name + inID(s.Case) + ": " + report.Chosen(&s), Detail: s.Reason}
		for _, l := range s.LeftOut {
			x.Detail += "\nwithout " + l.Variant + ": " + l.Reason
		}
		out = append(out, x)
	}
	return out
}

func findings(r *record.Result) (out []sentence) {
	for _, f := range r.Findings {
		x := sentence{Text: fmt.Sprintf("%s, %s%s: %s", f.Kind, f.Certainty, inID(f.Case), f.Summary), Detail: f.Detail}
		out = append(out, x)
	}
	return out
}

func inID(id string) string {
	if id == "" || id == "default" {
		return ""
	}
	return " in case " + id
}

func failures(r *record.Result) (out []failure) {
	for _, g := range report.Grouped(r.Failures) {
		f := g.Last
		x := failure{Text: fmt.Sprintf("%s%s, %s: %s", g.Rounds, inID(f.Case), report.Where(f), f.Message), Lines: report.LastWords(f), Next: f.NextStep}
		if f.LastIntent != "" {
			x.Intent = fmt.Sprintf("last intent: %s (sample %d was the last one kept)", f.LastIntent, f.LastSeq)
		}
		out = append(out, x)
	}
	return out
}

func notes(r *record.Result) (out []sentence) {
	if text, next := report.ProbeText(r.Probe); text != "" {
		out = append(out, sentence{Text: text, Next: next})
	}
	if text := report.BudgetText(r); text != "" {
		out = append(out, sentence{Text: text})
	}
	for _, d := range r.Diagnostics {
		if r.Status != record.Skipped { // there it is the verdict's sentence
			out = append(out, sentence{Text: d})
		}
	}
	return out
}

// title of a page with several documents, or one.
func title(results []*record.Result) string {
	if len(results) == 1 {
		return strings.TrimSpace(results[0].Experiment.Name + ": " + word(results[0]))
	}
	return report.Count(len(results), "experiment")
}
