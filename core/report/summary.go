package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/record"
)

// warnings are the judgements short of a pass that do not decide the verdict.
func warnings(r *record.Result) (n int) {
	for i := range r.Cases {
		for _, j := range r.Cases[i].Judgements {
			if j.Verdict != judge.Pass && r.OnlyWarns(j.Guardrail) {
				n++
			}
		}
	}
	return n
}

// deciders is the head of a column that has a sentence of its own where it is wide.
const deciders = "decided by"

// Summary closes a session: one line per experiment, then where its wall time went.
func Summary(w io.Writer, results []*record.Result, s Style) {
	fmt.Fprintln(w)
	t := table{right: []bool{false, false, false, true, true, false}}
	t.add(s.dim("experiment"), s.dim("verdict"), s.dim("status"), s.dim("rounds"), s.dim("time"), s.dim(deciders))
	var all record.Overhead
	for _, r := range results {
		o := r.Session.Overhead
		verdict := s.verdict(r.Verdict)
		if n := warnings(r); n > 0 {
			verdict.text += ", " + Count(n, "warning")
		}
		t.add(plain(r.Experiment.Name), verdict, plain(string(r.Status)), plain(roundsText(r)), plain(clock(time.Duration(o.Wall))), plain(decidedBy(r)))
		all.Wall, all.Visits, all.Prepare = all.Wall+o.Wall, all.Visits+o.Visits, all.Prepare+o.Prepare
		all.Startup, all.Quiet, all.Host = all.Startup+o.Startup, all.Quiet+o.Quiet, all.Host+o.Host
		all.Warmup, all.Yardsticks = all.Warmup+o.Warmup, all.Yardsticks+o.Yardsticks
		all.Cooldown, all.Required = all.Cooldown+o.Cooldown, all.Required+o.Required
	}
	t.dropEmpty()
	apart := len(t.fit("", s.Width, []string{deciders}).heads) > 0
	t.writeWithin(w, "", s)
	for _, r := range results {
		if by := decidedBy(r); apart && by != "" {
			s.say(w, "", "%s is decided by %s", r.Experiment.Name, by)
		}
	}
	if all.Wall == 0 {
		return
	}
	share := func(ns int64) string { return fmt.Sprintf("%.1f %%", 100*float64(ns)/float64(all.Wall)) }
	idle := ""
	if all.Cooldown > 0 {
		idle += "cooling down " + share(all.Cooldown) + ", "
	}
	if all.Required > 0 {
		idle += "waiting for what is required of the machine " + share(all.Required) + ", "
	}
	s.say(w, "", "wall time %s: samples %s, warm-up %s, yardsticks %s, preparing and checking %s, starting plugins %s, waiting for other programs %s, %shost %s",
		clock(time.Duration(all.Wall)), share(all.Visits-all.Warmup), share(all.Warmup), share(all.Yardsticks), share(all.Prepare), share(all.Startup), share(all.Quiet), idle, share(all.Host))
}

// roundsText counts the rounds of an experiment, and beside those that count the
// others by what became of them.
func roundsText(r *record.Result) string {
	counted, disturbed, failed, cut := 0, 0, 0, 0
	for i := range r.Cases {
		c := &r.Cases[i]
		for n := 1; n <= c.Begun(); n++ {
			switch d := c.Round(n); {
			case d.Counted:
				counted++
			case d.Ended.IsZero():
				cut++
			case d.Disturbed:
				disturbed++
			default:
				failed++
			}
		}
	}
	var more []string
	for _, x := range []struct {
		n    int
		word string
	}{{disturbed, "disturbed"}, {failed, "failed"}, {cut, "cut short"}} {
		if x.n > 0 {
			more = append(more, fmt.Sprintf("+%d %s", x.n, x.word))
		}
	}
	if len(more) == 0 {
		return fmt.Sprint(counted)
	}
	return fmt.Sprintf("%d (%s)", counted, strings.Join(more, ", "))
}
