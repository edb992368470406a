package plan

import (
	"time"

	"github.com/assay-bench/assay/core/config"
)

// Race is the second race of a select block, which every case may run.
type Race struct {
	Select    string `json:"select"`
	Finalists int    `json:"finalists"` // at most
	Rounds    int    `json:"rounds"`
}

// races lists the select blocks that may run a second race.
func races(e *config.Experiment) (out []Race) {
	for i := range e.Selects {
		if s := &e.Selects[i]; !s.Exact && s.Rounds > 0 {
			out = append(out, Race{Select: s.Name, Finalists: s.Finalists, Rounds: s.Rounds})
		}
	}
	return out
}

// round is what one that counts takes, with those that are measured again for it.
func (c *Case) round() time.Duration { return time.Duration(float64(c.Round) * (1 + c.again)) }

// raceTime is what the races of a case take: their rounds have the finalists, the
// baseline and the control. A case of two variants has no others than these.
func (x *Experiment) raceTime(c *Case) (all time.Duration) {
	for _, r := range x.Races {
		arms := min(c.Arms, r.Finalists+2)
		all += time.Duration(float64(r.Rounds) * float64(c.round()) * float64(arms) / float64(c.Arms))
	}
	return all
}

// cost fills in what the rounds and the races of the cases take. Rounds are added
// up to a look, and a race is begun, if the budget allows them.
func (x *Experiment) cost() {
	x.Estimate = 0
	var all time.Duration
	for i := range x.Cases {
		c := &x.Cases[i]
		c.Race = x.raceTime(c)
		c.Estimate = c.round()*time.Duration(x.Rounds) + c.Race
		c.Maximum = c.round()*time.Duration(x.MaxRounds) + c.Race
		x.Estimate += c.Estimate
		all += c.Maximum
	}
	x.Maximum = max(x.Estimate, min(all, x.Budget))
}
