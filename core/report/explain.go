package report

import (
	"fmt"
	"io"
	"math"

	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/record"
	"github.com/assay-bench/assay/core/rejudge"
)

// listed is how many differences are printed of each kind; --json has all.
const listed = 12

// Explain writes how every verdict of a document comes from its samples, and
// where the document says something else.
func Explain(w io.Writer, r *record.Result, rep *rejudge.Report, s Style) {
	s.say(w, "", "%s", s.title(r.Experiment.Name, r.Experiment.Description))
	s.say(w, "  ", "session %s, assay %s, plugin %s %s, %s (%s)", r.Session.ID, r.Metadata.Assay.Version,
		r.Metadata.Plugin.Name, r.Metadata.Plugin.Version, orDash(r.Metadata.Device.Name), orDash(r.Metadata.Device.Kind))
	for i := range rep.Recomputed.Cases {
		c := &rep.Recomputed.Cases[i]
		if len(c.Rounds) == 0 {
			fmt.Fprintf(w, "\n  case %s: nothing was measured\n", c.ID)
			continue
		}
		for _, j := range rep.Judgements {
			if j.Case == c.ID {
				explainJudgement(w, rep.Recomputed, c, j, s)
			}
		}
		var stored []record.AssertResult
		if i < len(r.Cases) {
			stored = r.Cases[i].Asserts
		}
		explainAsserts(w, rep.Recomputed, c, stored, s)
		if len(r.Experiment.Guardrails) == 0 {
			explainUnjudged(w, rep.Recomputed, c, s)
		}
	}
	for i := range rep.Recomputed.Selections {
		fmt.Fprintln(w)
		explainSelection(w, rep.Recomputed, &rep.Recomputed.Selections[i], s)
	}
	fmt.Fprintln(w)
	explainFollows(w, r, rep, s)
}

func explainJudgement(w io.Writer, r *record.Result, c *record.Case, k rejudge.Judgement, s Style) {
	j := k.Judgement
	fmt.Fprintf(w, "\n  %s%s in %s, guardrail %s: %s\n", s.bold(j.Variant), inCase(j.Case), j.Of(), j.Guardrail, s.verdictText(string(j.Verdict)))
	field(w, s, "    ", "rule     ", j.Rule)
	explainNumbers(w, j, s)
	if q := j.Control; q.Estimate != nil {
		floor := "unknown with so few rounds"
		if q.NoiseFloor != nil {
			floor = "±" + judge.Percent(*q.NoiseFloor) + " at the verdict's level"
		}
		s.say(w, "    ", "control  %s, bounds %s, noise floor %s, spread of one round %s", ratio4(q.Estimate), bounds4(q.Lower, q.Upper), floor, judge.Percent(q.Spread))
	}
	if j.Bound == nil && !j.AsIs {
		p := ratioPlot{variant: j.Variant, line: passLine(r, j), bars: barsOf(j)}
		if j.Metric != "" {
			p.one = "the baseline"
		}
		p.points = points(rejudge.PerRoundOf(r, c, j))
		p.write(w, "    ", s)
	}
	field(w, s, "    ", "reason   ", j.Reason)
	if j.AcceptedByTradeoff {
		s.say(w, "    ", "accepted by a written trade-off: %s", j.Tradeoff)
	}
	field(w, s, "    ", "next     ", j.Next)
	if !k.Follows {
		s.say(w, "    ", "%s", s.alarm("does not follow: "+k.Why))
		for i, d := range k.Numbers {
			if i == listed {
				s.say(w, "      ", "and %d more", len(k.Numbers)-listed)
				break
			}
			s.say(w, "      ", "%s: stored %s, from the samples %s", d.Where, shortJSON(d.Stored), shortJSON(d.Want))
		}
	}
}

// explainNumbers writes what a verdict was read off.
func explainNumbers(w io.Writer, j judge.Judgement, s Style) {
	switch {
	case j.Estimate == nil:
		return
	case j.AsIs && j.Bound == nil:
		s.say(w, "    ", "ratio    %s, from %s to %s in %s, as they are", ratio4(j.Estimate), ratio4(j.Lower), ratio4(j.Upper), Count(j.Rounds, "round"))
	case j.AsIs:
		s.say(w, "    ", "value    %s, from %s to %s in %s, as they are", amount(j.Estimate, j), amount(j.Lower, j), amount(j.Upper, j), Count(j.Rounds, "round"))
	case j.Bound != nil:
		s.say(w, "    ", "value    %s, bounds %s to %s; %s, look %d of %d, levels %s to pass and %s to fail",
			amount(j.Estimate, j), amount(j.Lower, j), amount(j.Upper, j), Count(j.Rounds, "round"), j.Look, j.Looks, judge.Percent(j.AlphaPass), judge.Percent(j.AlphaFail))
	default:
		noun := "speed"
		if j.Metric != "" {
			noun = "ratio"
		}
		s.say(w, "    ", "%s    %s, bounds %s, plain medians %s; %s, look %d of %d, levels %s to pass and %s to fail",
			noun, ratio4(j.Estimate), bounds4(j.Lower, j.Upper), ratio4(j.MedianRatio), Count(j.Rounds, "round"), j.Look, j.Looks, judge.Percent(j.AlphaPass), judge.Percent(j.AlphaFail))
	}
}

func amount(x *float64, j judge.Judgement) string {
	if x == nil {
		return "–"
	}
	return judge.Amount(*x, j.Bound.Unit)
}

// explainUnjudged shows the variants of an experiment without guardrails.
func explainUnjudged(w io.Writer, r *record.Result, c *record.Case, s Style) {
	for _, v := range c.Variants {
		for _, phase := range r.Experiment.Measure.Phases {
			p, ok := v.Phases[phase]
			if !ok || p.Ratio == nil || v.Role == record.RoleControl {
				continue
			}
			fmt.Fprintf(w, "\n  %s%s in %s: no guardrail asks about it\n", s.bold(v.Name), inCase(c.ID), phase)
			s.say(w, "    ", "speed    %s, bounds %s, plain medians %s; %s",
				ratio4(&p.Ratio.Estimate), bounds4(p.Ratio.Lower, p.Ratio.Upper), ratio4(&p.Ratio.Median), Count(p.Rounds, "round"))
			bars := []plotBar{{label: "bounds", mark: markVariant, value: p.Ratio.Estimate, lower: p.Ratio.Lower, upper: p.Ratio.Upper}}
			ratioPlot{variant: v.Name, bars: bars, points: points(rejudge.PerRound(c, v.Name, phase))}.write(w, "    ", s)
		}
	}
}

// explainFollows is the conclusion about the document itself.
func explainFollows(w io.Writer, r *record.Result, rep *rejudge.Report, s Style) {
	for _, n := range rep.Notes {
		s.say(w, "", "note: %s", n)
	}
	explainJournal(w, rep.Journal, s)
	if len(rep.Differences) > 0 {
		s.say(w, "", "not from the samples: %s of the document", Count(len(rep.Differences), "value"))
		writeDifferences(w, rep.Differences, "stored", "from the samples", s)
	}
	var bad []rejudge.Judgement
	for _, j := range rep.Judgements {
		if !j.Follows {
			bad = append(bad, j)
		}
	}
	for _, j := range bad {
		s.say(w, "", "%s %s of %s%s in %s (stored %s, from the samples %s): %s", s.alarm("no longer follows:"), j.Guardrail, j.Variant, inCase(j.Case), j.Judgement.Of(),
			orNone(string(j.Stored)), orNone(string(j.Want)), j.Why)
	}
	if rep.Verdict != rep.WantVerdict {
		s.say(w, "", "%s the verdict of the experiment (stored %s, from the samples %s)", s.alarm("no longer follows:"), rep.Verdict, rep.WantVerdict)
	}
	judged := len(rep.Judgements) + asserted(rep.Recomputed)
	switch {
	case rep.Follows && r.Status == record.Skipped:
		s.say(w, "", "The experiment was skipped; there is nothing to judge.")
	case rep.Follows && judged == 0:
		s.say(w, "", "No guardrail was judged; every number of the document follows from its samples.")
	case rep.Follows:
		s.say(w, "", "Verdict %s: it follows from the samples, and so does every other number (%s).", s.verdictText(rep.WantVerdict), Count(judged, "judgement"))
	case len(rep.Differences) == 0:
		s.say(w, "", "Verdict %s follows from the document's samples, but the journal does not vouch for them.", rep.WantVerdict)
	default:
		s.say(w, "", "This document is not what its session wrote. Fetch the original, or measure again.")
	}
}

func explainJournal(w io.Writer, j rejudge.Journal, s Style) {
	switch j.State {
	case rejudge.JournalAgrees:
		s.say(w, "", "journal: all %d samples are as %s has them, line by line with its checksum", j.Samples, j.Path)
	case rejudge.JournalMissing:
		path := j.Path
		if path == "" {
			path = "the session's journal"
		}
		s.say(w, "", "journal: %s is not here, so the samples are taken as the document gives them", path)
	case rejudge.JournalDamaged:
		s.say(w, "", "%s %s", s.alarm("journal cannot vouch for the document:"), j.Damage)
	case rejudge.JournalDiffers:
		samples := j.SampleDifferences()
		s.say(w, "", "%s %s of the document, %d of them in samples (%s)", s.alarm("journal differs:"), Count(len(j.Differences), "value"), len(samples), j.Path)
		writeDifferences(w, j.Differences, "document", "journal", s)
	}
	if j.Torn {
		s.say(w, "", "note: the journal's last line was cut off, as a crash leaves it")
	}
}

func writeDifferences(w io.Writer, all []rejudge.Difference, stored, want string, s Style) {
	for i, d := range all {
		if i == listed {
			s.say(w, "  ", "and %d more; --json lists all", len(all)-listed)
			return
		}
		s.say(w, "  ", "%s: %s %s, %s %s", d.Where, stored, shortJSON(d.Stored), want, shortJSON(d.Want))
	}
}

// passLine is the speed that a pass must be proven to exceed.
func passLine(r *record.Result, j judge.Judgement) float64 {
	for _, g := range r.Experiment.Guardrails {
		if g.Name == j.Guardrail && g.Asks(j.Case) {
			return g.MinRatio * (1 - g.Margin)
		}
	}
	return 0
}

func barsOf(j judge.Judgement) []plotBar {
	var out []plotBar
	add := func(label string, mark rune, x, lo, hi *float64) {
		if x != nil {
			out = append(out, plotBar{label: label, mark: mark, value: *x, lower: lo, upper: hi})
		}
	}
	add("bounds", markVariant, j.Estimate, j.Lower, j.Upper)
	add("control", markControl, j.Control.Estimate, j.Control.Lower, j.Control.Upper)
	return out
}

func points(rounds []rejudge.RoundRatio) []plotPoint {
	var out []plotPoint
	for _, d := range rounds {
		out = append(out, plotPoint{label: fmt.Sprint(d.Index), variant: d.Variant, control: d.Control})
	}
	return out
}

func ratio4(x *float64) string {
	if x == nil || math.IsNaN(*x) {
		return "–"
	}
	return fmt.Sprintf("%.4f×", *x)
}

func bounds4(lo, hi *float64) string {
	side := func(x *float64) string {
		if x == nil {
			return "–"
		}
		return fmt.Sprintf("%.4f", *x)
	}
	return "[" + side(lo) + ", " + side(hi) + "]"
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// shortJSON keeps a value on one line.
func shortJSON(raw []byte) string {
	const most = 60
	if len(raw) > most {
		return cut(string(raw), most) + "…"
	}
	return string(raw)
}
