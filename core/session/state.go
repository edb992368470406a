package session

import (
	"slices"
	"time"

	"github.com/assay-bench/assay/core/process"
	"github.com/assay-bench/assay/core/record"
)

// What follows reads a document, and nothing else.

// strikesOut is how often a variant may fail before its case goes on without
// it, and how often what no variant is to blame for may fail before the case
// ends.
const strikesOut = 2

// openCase is the case under way, nil if there is none.
func openCase(d *record.Result) *record.Case {
	if n := len(d.Cases); n > 0 && d.Cases[n-1].Status == record.Partial {
		return &d.Cases[n-1]
	}
	return nil
}

// openRound is the round under way, nil if there is none.
func openRound(c *record.Case) *record.Round {
	if x := c.Round(c.Begun()); x != nil && x.Ended.IsZero() {
		return x
	}
	return nil
}

// under is the race whose rounds are being run, nil while the case's own are.
func under(c *record.Case) *record.Race {
	if n := len(c.Races); n > 0 && len(c.Races[n-1].Rounds) > 0 {
		return &c.Races[n-1]
	}
	return nil
}

// rounds are those that the last one belongs to: the case's, or a race's.
func rounds(c *record.Case) []record.Round {
	if x := under(c); x != nil {
		return x.Rounds
	}
	return c.Rounds
}

// repeated is how many rounds were not counted because other programs disturbed
// them.
func repeated(rounds []record.Round) (n int) {
	for i := range rounds {
		if rounds[i].Disturbed && !rounds[i].Counted {
			n++
		}
	}
	return n
}

// roundTime is how long a round of so many arms takes, by the last counted one; 0
// without one.
func roundTime(c *record.Case, arms int) time.Duration {
	for i := c.Begun(); i > 0; i-- {
		if d := c.Round(i); d.Counted && len(d.Joints) == 0 {
			took := d.Ended.Sub(d.Started) - required(d)
			if len(d.Arms) > 0 && arms != len(d.Arms) {
				took = time.Duration(float64(took) * float64(arms) / float64(len(d.Arms)))
			}
			return took
		}
	}
	return 0
}

// required is how long a round waited for the machine to be as required, which
// says nothing of the next one.
func required(d *record.Round) (waited time.Duration) {
	for _, w := range d.Waits {
		if w.For == record.WaitRequired {
			waited += time.Duration(w.Ns)
		}
	}
	return waited
}

func variantNamed(c *record.Case, name string) *record.Variant {
	i := slices.IndexFunc(c.Variants, func(v record.Variant) bool { return v.Name == name })
	return &c.Variants[i]
}

// living lists the arms of a choice that can still be measured.
func living(c *record.Case, choice func(*record.Variant) bool) []string {
	var out []string
	for i := range c.Variants {
		if v := &c.Variants[i]; v.Failure == "" && choice(v) {
			out = append(out, v.Name)
		}
	}
	return out
}

// asked chooses what the author asked for, and the control.
func asked(v *record.Variant) bool { return v.Role != record.RoleProposed }

// worthwhile says that arms hold a baseline and something to compare with it.
func worthwhile(c *record.Case, arms []string) bool {
	baseline, compared := false, false
	for _, name := range arms {
		switch variantNamed(c, name).Role {
		case record.RoleBaseline:
			baseline = true
		case record.RoleVariant, record.RoleProposed:
			compared = true
		}
	}
	return baseline && compared
}

// dead says why a case cannot go on; empty: it can.
func dead(d *record.Result, c *record.Case) string {
	for i := range d.Failures {
		if f := &d.Failures[i]; f.Case == c.ID && f.Variant == "" && f.StruckOut {
			return f.Message
		}
	}
	if !worthwhile(c, living(c, asked)) {
		return "no variant is left to compare with a baseline"
	}
	return ""
}

// failed says that an attempt at a round ended in a failure.
func failed(d *record.Result, c *record.Case, round int) bool {
	return slices.ContainsFunc(d.Failures, func(f record.Failure) bool {
		return f.Case == c.ID && f.Round == round && f.Stage != stagePropose
	})
}

// strikes counts the failures of one variant in a case, or with an empty name
// those that no variant is to blame for.
func strikes(d *record.Result, c *record.Case, variant string) (n int) {
	for i := range d.Failures {
		if f := &d.Failures[i]; f.Case == c.ID && f.Variant == variant && f.Stage != stagePropose {
			n++
		}
	}
	return n
}

// ending is the status of a case that ends.
func ending(d *record.Result, c *record.Case) record.Status {
	lost := dead(d, c) != "" || slices.ContainsFunc(c.Variants, func(v record.Variant) bool { return v.Failure != "" })
	if !lost {
		return record.Complete
	}
	for i := len(d.Failures) - 1; i >= 0; i-- {
		if f := &d.Failures[i]; f.Case == c.ID && f.Stage != stagePropose {
			if f.Kind == string(process.KindHang) {
				return record.Hung
			}
			break
		}
	}
	return record.Crashed
}

// overBudget says that so many rounds more of so many arms would exceed the case's
// part of the experiment's budget. Every case has the same share; what one case
// leaves over the next may use.
func overBudget(d *record.Result, c *record.Case, cases, rounds, arms int) bool {
	ended := len(d.Cases) - 1
	share := float64(ended+1) / float64(cases)
	then := time.Duration(d.Session.Overhead.Wall) + time.Duration(rounds)*roundTime(c, arms)
	return then.Seconds() > time.Duration(d.Experiment.Measure.Budget).Seconds()*share
}

// eta is the time left for the experiment if no look asks for more rounds, every
// select block for its race, and as many are measured again as so far.
func eta(d *record.Result, c *record.Case, cases, goal int) time.Duration {
	arms, later := len(living(c, asked)), cases-len(d.Cases)
	left := time.Duration(later*d.Plan.Looks[0].Rounds) * roundTime(c, arms)
	own, of := arms, rounds(c)
	if x := under(c); x != nil {
		own = len(living(c, x.Runs))
	}
	left += time.Duration(max(goal-record.Counted(of), 0)) * roundTime(c, own)
	for i := range d.Experiment.Selects {
		s := &d.Experiment.Selects[i]
		races := later
		if i >= len(c.Races) {
			races++
		}
		left += time.Duration(races*s.RaceRounds()) * roundTime(c, min(arms, s.Finalists+2))
	}
	again := 1.0
	if n := record.Counted(of); n > 0 {
		again += float64(repeated(of)) / float64(n)
	}
	return time.Duration(again * float64(left))
}

// separate says that arms of a case run different programs, so that every arm
// has a process of its own.
func separate(c *record.Case) bool {
	return slices.ContainsFunc(c.Variants, func(v record.Variant) bool { return v.Program != c.Variants[0].Program })
}
