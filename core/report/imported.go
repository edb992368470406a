package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/assay-bench/assay/core/history"
)

// Imported writes what the records of another tool can and cannot support.
func Imported(w io.Writer, d *history.Document, s Style) {
	movements(w, d, s)
	for _, phase := range []string{"decode", "prefill"} {
		support(w, d, phase, s)
	}
	fmt.Fprintf(w, "\n%s\n", s.bold("Rows"))
	copies := 0
	for _, r := range d.Rows {
		if r.CopyOf != "" {
			copies++
			s.say(w, "  ", "%s records the same measurement as %s; both are kept, it counts once", r.Source, r.CopyOf)
		}
	}
	for _, r := range d.Rejected {
		s.say(w, "  ", "%s %s: %s", s.alarm("rejected"), r.Source, r.Reason)
	}
	for _, text := range d.Warnings {
		s.say(w, "  ", "warning: %s", text)
	}
	unread := 0
	for _, f := range d.Files {
		if f.Unread != "" {
			unread++
			s.say(w, "  ", "%s: nothing is taken from it: %s", f.Name, f.Unread)
			continue
		}
		s.say(w, "  ", "%s (%s): %s", f.Name, f.Kind, rowsText(f.RowsIn, f.RowsOut, f.Rejected))
	}
	in, out := d.RowsIn()
	text := rowsText(in, out, len(d.Rejected))
	if unread > 0 {
		text += fmt.Sprintf("; nothing of %s of %d", Count(unread, "file"), len(d.Files))
	}
	s.say(w, "", "%s", text)
}

func rowsText(in, out, rejected int) string {
	text := fmt.Sprintf("%s in, %s out", Count(in, "row"), Count(out, "row"))
	if rejected > 0 {
		text += fmt.Sprintf(", %d rejected and kept with their text", rejected)
	}
	return text
}

func movements(w io.Writer, d *history.Document, s Style) {
	s.say(w, "", "%s", s.bold("How far the same control, the unpatched model, moved between sessions"))
	t := table{right: []bool{false, true, false, false, true, true, true, true, true, true, true}}
	t.add(s.dim("model"), s.dim("tokens"), s.dim("setting"), s.dim("phase"), s.dim("sessions"), s.dim("days"), s.dim("min"), s.dim("median"), s.dim("max"), s.dim("range"), s.dim("in a session"))
	for _, m := range d.Controls {
		t.add(plain(shortModel(m.Model)), plain(fmt.Sprint(m.Tokens)), plain(m.Setting), plain(m.Phase), plain(fmt.Sprint(m.Sessions)), plain(fmt.Sprint(m.Days)),
			plain(oneDigit(m.Min)), plain(oneDigit(m.Median)), plain(oneDigit(m.Max)), plain(rangeText(m.Sessions, m.Range)), plain(withinText(m.Within)))
		for _, a := range m.Alike {
			t.add(s.dim("  of these "+a.Runtime), plain(""), plain(""), plain(""), s.dim(fmt.Sprint(a.Sessions)), plain(""),
				s.dim(oneDigit(a.Min)), plain(""), s.dim(oneDigit(a.Max)), s.dim(rangeText(a.Sessions, a.Range)), plain(""))
		}
	}
	t.writeWithin(w, "  ", s)
	fmt.Fprintln(w, "  tok/s; range is max/min - 1; \"in a session\" is the median session's own range over its runs")
}

func support(w io.Writer, d *history.Document, phase string, s Style) {
	var ps []history.Patch
	wins, clear := 0, 0
	for _, p := range d.Patches {
		if p.Phase == phase {
			ps = append(ps, p)
			wins, clear = wins+p.Wins, clear+p.Clear
		}
	}
	if len(ps) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s\n", s.bold("What the data supports: "+phase))
	t := table{right: []bool{false, true, false, true, true, true, true, true, false}}
	t.add(s.dim("model"), s.dim("tokens"), s.dim("patch"), s.dim("sessions"), s.dim("speed"), s.dim("median"), s.dim("control moved"), s.dim("sessions needed"), s.dim("answer"))
	for _, p := range ps {
		need := "–"
		if p.SessionsNeeded > p.Sessions && (p.Support == history.NotSupported || p.Support == history.Unknown) {
			need = fmt.Sprint(p.SessionsNeeded)
		}
		spread := "–"
		switch {
		case p.Sessions == 1:
			spread = ratio(p.Median)
		case p.Sessions > 1:
			spread = fmt.Sprintf("%.3f–%.3f×", p.Min, p.Max)
		}
		t.add(plain(shortModel(p.Model)), plain(strings.TrimSpace(fmt.Sprintf("%d %s", p.Tokens, p.Setting))), plain(shortName(p.Name())), plain(fmt.Sprint(p.Sessions)),
			plain(spread), plain(medianText(p)), plain(controlMoved(p)), plain(need), supportCell(p, s))
	}
	t.writeWithin(w, "  ", s)
	s.say(w, "  ", "%s published in %s; %d of them are larger than the control's own movement, where that is known.", Count(wins, "win"), phase, clear)
	if phase == "decode" {
		field(w, s, "  ", "", "supported: more than the control moved by itself between five sessions or more. only together: no session shows it alone, "+
			"the one-sided 95 % bound over all sessions does. contradictory: other records of the same patch show the contrary. not supported: the control moved as far by itself. unknown: too few sessions of the control. "+
			"sessions needed: to prove the median, four times in five, measured as these were. --json gives the reason of each.")
		field(w, s, "  ", "", "A session measured the unpatched model first and the patched one after it, every time: what heat or warm-up do to the second one "+
			"is in every ratio alike, and more sessions do not average it out. Measure both in turns, with the baseline against itself as a control.")
	}
}

func supportCell(p history.Patch, s Style) cell {
	codes := map[history.Support]string{history.Supported: "32", history.Together: "33", history.Contradictory: "31", history.NotSupported: "31"}
	text := string(p.Support)
	if p.Unfaithful > 0 {
		text += fmt.Sprintf(", tokens changed in %d", p.Unfaithful)
	}
	if p.Unread > 0 {
		text += fmt.Sprintf(", %s unread", Count(p.Unread, "row"))
	}
	c := cell{text: text}
	if code, ok := codes[p.Support]; ok {
		c.paint = s.paint(code)
	}
	return c
}

func medianText(p history.Patch) string {
	if p.Sessions == 0 {
		return "–"
	}
	return fmt.Sprintf("%+.1f %%", 100*(p.Median-1))
}

func controlMoved(p history.Patch) string {
	if p.Support == history.Unknown || p.ControlRange == 0 {
		return "not known"
	}
	return fmt.Sprintf("%.1f %%", 100*p.ControlRange)
}

func rangeText(sessions int, x float64) string {
	if sessions < 2 {
		return "–"
	}
	return fmt.Sprintf("%.1f %%", 100*x)
}

func withinText(x float64) string {
	if x == 0 {
		return "–"
	}
	return fmt.Sprintf("%.1f %%", 100*x)
}

func oneDigit(x float64) string { return fmt.Sprintf("%.1f", x) }

// shortName keeps a table readable; the document has the whole name.
func shortName(s string) string {
	const most = 64
	if short := cut(s, most); short != s {
		return short + "…"
	}
	return s
}

// shortModel leaves the hub's owner out.
func shortModel(m string) string {
	if m == "" {
		return "(not named)"
	}
	parts := strings.Split(m, "/")
	return parts[len(parts)-1]
}
