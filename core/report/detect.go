package report

import (
	"fmt"
	"io"

	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/plan"
)

// detections says what the rounds of an experiment can find on this machine.
func detections(w io.Writer, e *plan.Experiment, s Style) {
	if len(e.Guardrails) == 0 {
		return
	}
	t := table{right: []bool{false, false, false, true, true, true, true, false}}
	atMax := fmt.Sprintf("by %d", e.MaxRounds)
	t.add(s.dim("guardrail"), s.dim("phase"), s.dim("case"), s.dim("noise"), s.dim("by "+Count(e.Rounds, "round")), s.dim(atMax), s.dim("margin"), s.dim("rounds for it"))
	known, unknown := 0, 0
	for _, c := range e.Cases {
		if len(c.Detects) == 0 {
			unknown++
		}
		for _, d := range c.Detects {
			known++
			t.add(plain(d.Guardrail), plain(d.Phase), plain(c.ID), plain("±"+judge.Percent(d.Spread)), plain(lossText(d.SmallestLoss)), plain(lossText(d.SmallestLossMax)),
				plain(judge.Percent(d.Margin)), roundsFor(d, e.MaxRounds, s))
		}
	}
	if known == 0 && e.Device == "sim" {
		s.say(w, "  ", "sim checks correctness only: its times decide nothing")
		return
	}
	if known == 0 {
		s.say(w, "  ", "no history yet: run once, and this says which loss the rounds can detect here")
		return
	}
	s.say(w, "  ", "smallest loss that can be detected here, four times in five:")
	t.writeWithin(w, "    ", s)
	s.say(w, "    ", "noise of one round, as the control had it in %s", sources(e))
	if unknown > 0 {
		s.say(w, "    ", "no history yet of %s", Count(unknown, "case"))
	}
}

// roundsWorthAdvising is where advice stops being "add rounds".
const roundsWorthAdvising = 200

func roundsFor(d plan.Detection, most int, s Style) cell {
	switch {
	case d.RoundsNeeded == 0:
		return plain("–")
	case d.RoundsNeeded > most && d.RoundsNeeded > roundsWorthAdvising:
		return cell{text: fmt.Sprintf("%d: calm the machine or widen the margin", d.RoundsNeeded), paint: s.paint("33")}
	case d.RoundsNeeded > most:
		return cell{text: fmt.Sprintf("%d, more than max_rounds: raise it or widen the margin", d.RoundsNeeded), paint: s.paint("33")}
	}
	return plain(fmt.Sprint(d.RoundsNeeded))
}

func lossText(loss float64) string {
	if loss >= 1 {
		return "none"
	}
	return judge.Percent(loss)
}

// sources names the sessions that the noise comes from.
func sources(e *plan.Experiment) string {
	sessions, others := 0, 0
	last := e.Cases[0].Detects
	for _, c := range e.Cases {
		for _, d := range c.Detects {
			sessions = max(sessions, d.Sessions)
			if !d.Own {
				others++
			}
			if len(last) == 0 || d.Last.After(last[0].Last) {
				last = []plan.Detection{d}
			}
		}
	}
	text := "the last session"
	if sessions > 1 {
		text = fmt.Sprintf("the last %d sessions", sessions)
	}
	text += last[0].Last.UTC().Format(" up to 2006-01-02")
	if others > 0 {
		text += "; where a case was never measured, in others of this plugin"
	}
	return text
}

// basis says what the estimate of a plan rests on.
func basis(p *plan.Plan) string {
	measured, all := 0, 0
	for _, e := range p.Experiments {
		for _, c := range e.Cases {
			all++
			if c.Measured {
				measured++
			}
		}
	}
	const again = "; what other programs disturb is measured again and comes on top"
	assumed := fmt.Sprintf("%s to start a process, %s to prepare an arm and a warm-up of %s are assumed, and take longer where a program loads a model or compiles",
		nanos(float64(p.Costs.Start)), nanos(float64(p.Costs.Prepare)), Count(int(p.Costs.WarmUpVisits), "visit"))
	switch measured {
	case 0:
		return ": no history yet, so that " + assumed + again
	case all:
		return ", by what rounds took here before, those that were measured again included"
	}
	return fmt.Sprintf(", by what rounds of %d of %d cases took here before; for the others %s", measured, all, assumed+again)
}
