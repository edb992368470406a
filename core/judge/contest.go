package judge

import (
	"fmt"
	"math"

	"github.com/assay-bench/assay/core/stats"
)

// A Contest is what rounds say of the candidates of a select block.
type Contest struct {
	Names []string // in source order
	// Values of the aim, one per round, in whose centre the best is found: the
	// larger the better. A candidate without values is never the best.
	Values [][]float64
	// Pair lists by how much candidate i was better than candidate j, one number
	// for each round that has both.
	Pair func(i, j int) []float64
}

// A Standing is one candidate beside the best.
type Standing struct {
	Name     string
	Rounds   int
	Estimate *float64 // of its own values; nil without any
	// Against is by how much it is better than the best (so below 0, as a rule);
	// nil of the best itself, and without rounds that have both.
	Against *stats.Paired
	// Behind says that it is proven worse than the best.
	Behind bool
}

// Best is the index of the candidate with the best estimate, the first of equal
// ones, and where each stands beside it. alpha is the level of each comparison.
// charge is the part of a difference that the machine alone may make. best is -1
// when no candidate has a value.
func (c Contest) Best(alpha, charge float64) (best int, all []Standing, err error) {
	best, all = -1, make([]Standing, len(c.Names))
	for i, name := range c.Names {
		all[i] = Standing{Name: name, Rounds: len(c.Values[i])}
		if len(c.Values[i]) == 0 {
			continue
		}
		own, err := stats.NewPaired(c.Values[i])
		if err != nil {
			return best, nil, fmt.Errorf("candidate %q: %w", name, err)
		}
		x := own.Estimate()
		all[i].Estimate = &x
		if best < 0 || x > *all[best].Estimate {
			best = i
		}
	}
	for i := range all {
		if i == best || best < 0 {
			continue
		}
		d := c.Pair(i, best)
		if len(d) == 0 {
			continue
		}
		if all[i].Against, err = stats.NewPaired(d); err != nil {
			return best, nil, fmt.Errorf("candidate %q: %w", all[i].Name, err)
		}
		all[i].Behind = all[i].Against.PLess(-charge) <= alpha
	}
	return best, all, nil
}

// firstShare is the part of a select block's error that the first rounds have
// where a second race follows them; the race has the rest.
const firstShare = 0.5

// perRace is the error of one select block in one case: the experiment's, shared
// evenly.
func (p Plan) perRace() float64 { return (1 - p.Confidence) / float64(max(1, p.Races)) }

// FirstLevel is the level at which a candidate is told from the best by the first
// rounds. Each of the candidates could have come out best, so they share the
// error: whoever is really best is wrongly left behind with no more than that
// chance, whatever the dependence between the comparisons. Rounds that looks have
// chosen have the share of their look. raced says that a second race follows.
func (p Plan) FirstLevel(rounds, candidates int, raced bool) float64 {
	a := p.perRace() / float64(max(1, candidates)) * p.Looks[p.lookAt(rounds)].Alpha / (1 - p.Confidence)
	if raced {
		a *= firstShare
	}
	return a
}

// RaceLevel is that of the comparisons of a second race.
func (p Plan) RaceLevel(finalists int) float64 {
	return p.perRace() * (1 - firstShare) / float64(max(1, finalists))
}

// RaceRounds raises the rounds of a second race to the fewest at which a winner
// is possible, by the finalists and by the control; 0 stays 0. The note says so.
func (p Plan) RaceRounds(name string, asked, finalists int) (rounds int, note string, err error) {
	if asked == 0 {
		return 0, "", nil
	}
	q := p.ofRace(asked)
	least, err := stats.MinRounds(min(p.RaceLevel(finalists), q.controlShare(q.Looks[0])))
	if err != nil {
		return 0, "", fmt.Errorf("select %q: %w", name, err)
	}
	if asked >= least {
		return asked, "", nil
	}
	return least, fmt.Sprintf("rounds of select %q raised from %d to %d, the fewest at which one of %d finalists can win with %d %s to decide",
		name, asked, least, finalists, max(1, p.Races), plural(max(1, p.Races), "race")), nil
}

// ControlBias is what the control of a race says: the part of a difference that
// the machine alone may make, as a log-ratio. It is infinite where the control has
// too few rounds for any bound: every difference may be the machine's then. Not
// empty, unsound is why nothing may be concluded beside it.
func (p Plan) ControlBias(logRatios []float64) (bias float64, unsound string, err error) {
	if len(logRatios) == 0 {
		return 0, "the control has no rounds", nil
	}
	k, err := readControl(p.ofRace(len(logRatios)), Guardrail{}, 0, Arm{LogRatios: logRatios})
	switch {
	case err != nil:
		return 0, "", err
	case k.Lower == nil:
		return math.Inf(1), "", nil
	case k.bias > usual.mostBias():
		return k.bias, fmt.Sprintf("the control, which is the baseline again, differs from it by more than a winner may rest on: it runs at %s of its speed", between(k.Lower, k.Upper)), nil
	}
	return k.bias, "", nil
}

// ofRace is the plan of a race's rounds, which are looked at once.
func (p Plan) ofRace(rounds int) Plan {
	p.Looks = []Look{{Rounds: rounds, Alpha: 1 - p.Confidence}}
	p.Claims, p.Controls = max(1, p.Claims), max(1, p.Controls, p.Races)
	return p
}
