package record

import (
	"slices"

	"github.com/assay-bench/assay/core/judge"
)

// Select is a select block as written, with its defaults.
type Select struct {
	Name      string        `json:"name"`
	Aim       string        `json:"aim"`             // maximize or minimize
	Of        string        `json:"of"`              // the expression, as written
	Where     *judge.Assert `json:"where,omitempty"` // who may be selected
	Phase     string        `json:"phase,omitempty"` // the aim is the speed of this phase, and is read from the samples
	Phases    []string      `json:"phases"`          // whose times the aim hangs on
	Exact     bool          `json:"exact"`           // the aim has no noise
	Finalists int           `json:"finalists"`       // at most so many run a second race
	Rounds    int           `json:"rounds"`          // of it, 0: none
	OnTie     string        `json:"on_tie"`          // none, or first
}

// Aims of a Select.
const (
	Maximize = "maximize"
	Minimize = "minimize"
)

// TieFirst names the first of tied variants in source order.
const TieFirst = "first"

// RaceRounds is how many rounds a second race has.
func (s *Select) RaceRounds() int {
	if s.Exact {
		return 0
	}
	return s.Rounds
}

// sign turns the aim's values so that more is better.
func (s *Select) sign() float64 {
	if s.Aim == Minimize {
		return -1
	}
	return 1
}

// Race is what a select block asks of a case once its rounds are measured: who may
// be selected, who of them is a finalist, and the fresh rounds that the finalists
// run against each other, beside the baseline and its control. These rounds enter
// no other figure.
type Race struct {
	Select     string      `json:"select"`
	Candidates []Candidate `json:"candidates"`        // in source order
	LeftOut    []LeftOut   `json:"left_out"`          // who is no candidate, or no finalist for want of room
	Unsound    string      `json:"unsound,omitempty"` // why nobody may be selected
	Finalists  []string    `json:"finalists"`         // none: the first rounds decide
	Goal       int         `json:"goal"`              // counted rounds of the finalists
	Reason     string      `json:"reason"`            // why there is or is not a second race
	Rounds     []Round     `json:"rounds"`
}

// Candidate is a variant that may be selected.
type Candidate struct {
	Variant string `json:"variant"`
	// Values of an aim that the samples alone do not give: one for each counted
	// round of the case, null where the round has none; of an exact aim a single one.
	Values []*float64 `json:"values,omitempty"`
}

// LeftOut is a variant that cannot be selected.
type LeftOut struct {
	Variant string `json:"variant"`
	Reason  string `json:"reason"`
}

// Racing says that rounds of the race are still to be run.
func (x *Race) Racing() bool { return Counted(x.Rounds) < x.Goal }

// Finalist says that a variant runs for the win.
func (x *Race) Finalist(v *Variant) bool { return slices.Contains(x.Finalists, v.Name) }

// Runs says that a variant is an arm of the race's rounds: a finalist, the
// baseline, or its control.
func (x *Race) Runs(v *Variant) bool {
	return v.Role == RoleBaseline || v.Role == RoleControl || x.Finalist(v)
}

// Counted is how many rounds enter the statistics.
func Counted(rounds []Round) (n int) {
	for i := range rounds {
		if rounds[i].Counted {
			n++
		}
	}
	return n
}

// Begun is how many rounds of the case were begun, those of races included.
func (c *Case) Begun() int {
	n := len(c.Rounds)
	for i := range c.Races {
		n += len(c.Races[i].Rounds)
	}
	return n
}

// Round is the one of that number in order of starting, from 1: the case's own,
// then those of its races, which come after them. It is nil if it was not begun.
func (c *Case) Round(number int) *Round {
	if rounds, i := c.place(number); i >= 0 {
		return &rounds[i]
	}
	return nil
}

// place is where the round of that number stands, -1 if it was not begun.
func (c *Case) place(number int) (rounds []Round, i int) {
	if i = number - 1; i < 0 {
		return nil, -1
	}
	if i < len(c.Rounds) {
		return c.Rounds, i
	}
	i -= len(c.Rounds)
	for k := range c.Races {
		if n := len(c.Races[k].Rounds); i >= n {
			i -= n
			continue
		}
		return c.Races[k].Rounds, i
	}
	return nil, -1
}

// everyRound are all rounds of the case, those of races included.
func (c *Case) everyRound() []Round {
	if len(c.Races) == 0 {
		return c.Rounds
	}
	out := append([]Round{}, c.Rounds...)
	for i := range c.Races {
		out = append(out, c.Races[i].Rounds...)
	}
	return out
}

// RaceOf is that of a select block, nil if the case did not come to it.
func (c *Case) RaceOf(selects string) *Race {
	for i := range c.Races {
		if c.Races[i].Select == selects {
			return &c.Races[i]
		}
	}
	return nil
}
