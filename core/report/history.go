package report

import (
	"fmt"
	"io"

	"github.com/assay-bench/assay/core/history"
)

// History writes what is remembered of the noise of machines.
func History(w io.Writer, k *history.Knowledge, s Style) {
	if k.Skipped > 0 {
		defer fmt.Fprintf(w, "\n%s could not be read and are left alone\n", Count(k.Skipped, "line"))
	}
	if len(k.Lessons) == 0 {
		fmt.Fprintf(w, "no history yet in %s: run once\n", orDash(k.Path))
		return
	}
	fmt.Fprintf(w, "%s in %s\n", Count(k.Sessions(), "session"), k.Path)
	machine := ""
	var t table
	flush := func() {
		if len(t.rows) > 0 {
			t.write(w, "  ")
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
		t.add(plain(l.Plugin), plain(l.Phase), plain(fmt.Sprint(l.Sessions)), plain("±"+percent(l.Spread)),
			plain(percent(l.Least)+" to "+percent(l.Most)), plain(floorText(l.NoiseFloor)), plain(l.Last.UTC().Format("2006-01-02")))
	}
	flush()
}
