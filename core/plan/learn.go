package plan

import (
	"fmt"
	"time"

	"github.com/assay-bench/assay/core/config"
	"github.com/assay-bench/assay/core/history"
	"github.com/assay-bench/assay/core/judge"
)

// A Detection is what the rounds of a case can find for one guardrail, given
// the noise that this machine last had. Losses, margins and spreads are
// fractions: 0.01 is 1 %.
type Detection struct {
	Guardrail string    `json:"guardrail"`
	Phase     string    `json:"phase"`
	Margin    float64   `json:"margin"`
	Spread    float64   `json:"spread"`   // of one round's log-ratio
	Sessions  int       `json:"sessions"` // that Spread comes from
	Own       bool      `json:"own_case"` // they measured this very case, else others of the plugin
	Last      time.Time `json:"last"`
	// Smallest loss found, four times in five, with `rounds` and `max_rounds`.
	SmallestLoss    float64 `json:"smallest_loss"`
	SmallestLossMax float64 `json:"smallest_loss_max_rounds"`
	// RoundsNeeded to pass a variant without loss, four times in five; 0 for a
	// margin of 0, at which that needs a true gain.
	RoundsNeeded int `json:"rounds_needed"`
}

// Learn replaces assumptions by what earlier sessions on this machine taught:
// round times, and from the noise what the rounds can detect. It also lays out
// the looks as a session will, which may raise the rounds. experiments are
// those that p was made of. machine gives the history's key of a device kind,
// empty when the device is not known.
func (p *Plan) Learn(experiments []*config.Experiment, know *history.Knowledge, machine func(kind string) string) error {
	p.Estimate, p.Maximum = 0, 0
	p.History, p.Sessions = know.Path, know.Sessions()
	for i, e := range experiments {
		l := &learner{x: &p.Experiments[i], e: e, know: know, machine: machine(e.Kind)}
		if err := l.learn(); err != nil {
			return fmt.Errorf("experiment %q: %w", e.Name, err)
		}
		p.Estimate += l.x.Estimate
		p.Maximum += l.x.Maximum
	}
	return nil
}

type learner struct {
	x       *Experiment
	e       *config.Experiment
	know    *history.Knowledge
	machine string
	looks   judge.Plan
}

func (l *learner) learn() error {
	l.layLooks()
	x := l.x
	for i := range x.Cases {
		c := &x.Cases[i]
		c.again = l.times(c)
		if err := l.detect(c); err != nil {
			return fmt.Errorf("case %q: %w", c.ID, err)
		}
	}
	x.cost()
	return nil
}

// layLooks plans the looks as the session does. Where no guardrail needs rounds
// there is nothing to look for, and `rounds` are run.
func (l *learner) layLooks() {
	e, x := l.e, l.x
	var err error
	l.looks, err = Looks(e)
	if err != nil {
		x.Notes = append(x.Notes, err.Error())
		return
	}
	x.Notes = append(x.Notes, l.looks.Notes...)
	x.Rounds, x.MaxRounds = l.looks.Rounds, l.looks.MaxRounds
	if len(l.looks.Looks) == 1 {
		x.MaxRounds = x.Rounds
	}
	for i := range x.Races {
		r := &x.Races[i]
		rounds, note, err := l.looks.RaceRounds(r.Select, r.Rounds, r.Finalists)
		if err != nil {
			note = err.Error()
		}
		r.Rounds = max(r.Rounds, rounds)
		if note != "" {
			x.Notes = append(x.Notes, note)
		}
	}
}

func (l *learner) query(c *Case) history.Query {
	return history.Query{Machine: l.machine, Plugin: l.e.Plugin, Experiment: l.e.Name, Case: c.ID}
}

// times takes the time of a round from the history, and gives how many rounds were
// measured again for each that counted.
func (l *learner) times(c *Case) (again float64) {
	t, ok := l.know.Times(l.query(c), c.Arms, l.x.Visit)
	if !ok || l.machine == "" {
		return 0
	}
	c.Measured = true
	cooldown := time.Duration(c.VisitsPerRound) * l.e.Measure.Cooldown
	if t.Round > 0 {
		c.Round = t.Round + cooldown
		return t.Again
	}
	phases := time.Duration(max(1, len(l.x.Phases)))
	arms := time.Duration(c.Arms)
	visits := time.Duration(float64(l.x.Visit) * t.Visit * float64(c.VisitsPerRound))
	prepared, warmed := max(arms, time.Duration(c.Processes)), arms*phases
	if c.turns(l.e) {
		warmed = time.Duration(c.VisitsPerRound)
	}
	c.Round = time.Duration(c.Processes)*t.Start + prepared*t.Prepare + warmed*t.Warmup + visits + cooldown
	return t.Again
}

func (l *learner) detect(c *Case) error {
	if l.machine == "" || len(l.looks.Looks) == 0 {
		return nil
	}
	for i := range l.e.Guardrails {
		g, asked := l.e.Guardrails[i].In(c.ID)
		if !asked || g.Phase == "" || g.Absolute() || g.Statistic != "" && g.Statistic != judge.Fastest { // the history has the noise of speeds alone
			continue
		}
		q := l.query(c)
		q.Phase = g.Phase
		noise, ok := l.know.Noise(q)
		if !ok {
			continue
		}
		d := Detection{
			Guardrail: g.Name, Phase: g.Phase, Margin: g.Margin, Spread: noise.Spread, Sessions: noise.Sessions, Own: noise.Own, Last: noise.Last,
		}
		var err error
		if d.SmallestLoss, err = l.looks.SmallestLoss(l.x.Rounds, noise.Spread); err != nil {
			return err
		}
		if d.SmallestLossMax, err = l.looks.SmallestLoss(l.x.MaxRounds, noise.Spread); err != nil {
			return err
		}
		if g.Margin > 0 {
			if d.RoundsNeeded, err = l.looks.RoundsFor(g.Margin, noise.Spread); err != nil {
				return err
			}
		}
		c.Detects = append(c.Detects, d)
		if c.SmallestLoss == nil || *c.SmallestLoss < d.SmallestLoss {
			c.SmallestLoss = &d.SmallestLoss
		}
	}
	return nil
}
