package report

import (
	"fmt"
	"io"
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

// Summary closes a session: one line per experiment, then where its wall time went.
func Summary(w io.Writer, results []*record.Result, s Style) {
	fmt.Fprintln(w)
	t := table{right: []bool{false, false, false, true, true}}
	t.add(s.dim("experiment"), s.dim("verdict"), s.dim("status"), s.dim("rounds"), s.dim("time"))
	var all record.Overhead
	for _, r := range results {
		rounds, repeated := 0, 0
		for i := range r.Cases {
			for _, d := range r.Cases[i].Rounds {
				if d.Counted {
					rounds++
				} else {
					repeated++
				}
			}
		}
		counted := fmt.Sprint(rounds)
		if repeated > 0 {
			counted += fmt.Sprintf(" (+%d repeated)", repeated)
		}
		o := r.Session.Overhead
		verdict := s.verdict(r.Verdict)
		if n := warnings(r); n > 0 {
			verdict.text += ", " + Count(n, "warning")
		}
		t.add(plain(r.Experiment.Name), verdict, plain(string(r.Status)), plain(counted), plain(clock(time.Duration(o.Wall))))
		all.Wall, all.Visits, all.Prepare = all.Wall+o.Wall, all.Visits+o.Visits, all.Prepare+o.Prepare
		all.Startup, all.Quiet, all.Host = all.Startup+o.Startup, all.Quiet+o.Quiet, all.Host+o.Host
		all.Warmup += o.Warmup
	}
	t.write(w, "")
	if all.Wall == 0 {
		return
	}
	share := func(ns int64) string { return fmt.Sprintf("%.1f %%", 100*float64(ns)/float64(all.Wall)) }
	fmt.Fprintf(w, "wall time %s: samples %s, warm-up %s, preparing and checking %s, starting plugins %s, waiting for other programs %s, host %s\n",
		clock(time.Duration(all.Wall)), share(all.Visits-all.Warmup), share(all.Warmup), share(all.Prepare), share(all.Startup), share(all.Quiet), share(all.Host))
}
