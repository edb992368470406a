package report

import (
	"fmt"
	"io"

	"github.com/assay-bench/assay/core/history"
	"github.com/assay-bench/assay/core/judge"
)

// History writes what is remembered of the noise of machines.
func History(w io.Writer, k *history.Knowledge, s Style) {
	if k.Skipped > 0 {
		defer fmt.Fprintf(w, "\n%s could not be read and are left alone\n", Count(k.Skipped, "line"))
	}
	if len(k.Lessons) == 0 {
		s.say(w, "", "no history yet in %s: run once", orDash(k.Path))
		return
	}
	s.say(w, "", "%s in %s", Count(k.Sessions(), "session"), k.Path)
	machine := ""
	var t table
	flush := func() {
		if len(t.rows) > 0 {
			t.writeWithin(w, "  ", s)
		}
	}
	for _, l := range k.Lines() {
		if name := l.MachineName + "  " + l.Machine; name != machine {
			flush()
			machine = name
			fmt.Fprintf(w, "\n%s  %s\n", s.bold(l.MachineName), s.dimmed(l.Machine))
			t = table{right: []bool{false, false, true, true, true, true}}
			t.add(s.dim("plugin"), s.dim("phase"), s.dim("sessions"), s.dim("noise of a round"), s.dim("over all sessions"), s.dim("noise floor at 95 %"), s.dim("last"))
		}
		t.add(plain(l.Plugin), plain(l.Phase), plain(fmt.Sprint(l.Sessions)), plain("±"+judge.Percent(l.Spread)),
			plain(judge.Percent(l.Least)+" to "+judge.Percent(l.Most)), plain(floorText(l.NoiseFloor)), plain(l.Last.UTC().Format("2006-01-02")))
	}
	flush()
}
