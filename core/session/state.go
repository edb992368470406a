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
	if n := len(c.Rounds); n > 0 && c.Rounds[n-1].Ended.IsZero() {
		return &c.Rounds[n-1]
	}
	return nil
}

// counted is how many rounds enter the statistics.
func counted(c *record.Case) (n int) {
	for i := range c.Rounds {
		if c.Rounds[i].Counted {
			n++
		}
	}
	return n
}

// repeated is how many rounds were not counted because other programs disturbed
// them.
func repeated(c *record.Case) (n int) {
	for i := range c.Rounds {
		if c.Rounds[i].Disturbed && !c.Rounds[i].Counted {
			n++
		}
	}
	return n
}

// roundTime is how long the last counted round took, 0 without one.
func roundTime(c *record.Case) time.Duration {
	for i := len(c.Rounds) - 1; i >= 0; i-- {
		if d := &c.Rounds[i]; d.Counted && len(d.Joints) == 0 {
			return d.Ended.Sub(d.Started) - required(d)
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

// overBudget says that so many rounds more would exceed the case's part of the
// experiment's budget. Every case has the same share; what one case leaves over
// the next may use.
func overBudget(d *record.Result, c *record.Case, cases, rounds int) bool {
	ended := len(d.Cases) - 1
	share := float64(ended+1) / float64(cases)
	then := time.Duration(d.Session.Overhead.Wall) + time.Duration(rounds)*roundTime(c)
	return then.Seconds() > time.Duration(d.Experiment.Measure.Budget).Seconds()*share
}

// eta is the time left for the experiment if no look asks for more rounds, and as
// many are measured again as so far.
func eta(d *record.Result, c *record.Case, cases, goal int) time.Duration {
	left := max(goal-counted(c), 0) + (cases-len(d.Cases))*d.Plan.Looks[0].Rounds
	again := 1.0
	if n := counted(c); n > 0 {
		again += float64(repeated(c)) / float64(n)
	}
	return time.Duration(float64(left) * again * float64(roundTime(c)))
}

// separate says that arms of a case run different programs, so that every arm
// has a process of its own.
func separate(c *record.Case) bool {
	return slices.ContainsFunc(c.Variants, func(v record.Variant) bool { return v.Program != c.Variants[0].Program })
}
