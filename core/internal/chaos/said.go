package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/assay-bench/assay/core/internal/hostile"
	"github.com/assay-bench/assay/core/internal/visible"
	"github.com/assay-bench/assay/core/record"
)

// said is what the session said of its plugin: failures, defects, failed checks and
// verdicts of the document, or where there is none what was printed, in one line.
func (t *trial) said() (out []string) {
	r, err := record.ReadResult(t.path("results", "x.json"))
	if err != nil {
		return []string{strings.Join(strings.Fields(t.hosts[0].printed()), " ")}
	}
	if r.OutOfBudget() {
		out = append(out, outOfBudget)
	}
	for i := range r.Failures {
		f := &r.Failures[i]
		out = append(out, fmt.Sprintf("%s while %s: %s", f.Kind, f.Stage, f.Message))
	}
	for i := range r.Cases {
		for _, v := range r.Cases[i].Variants {
			for _, d := range v.Defects {
				out = append(out, fmt.Sprintf("%s: %s", d.Name, d.Detail))
			}
			for _, k := range v.Checks {
				if !k.Passed {
					out = append(out, fmt.Sprintf("failed check %s %s timing: %s", k.Name, k.When, k.Found()))
				}
			}
		}
		for _, j := range r.Cases[i].Judgements {
			out = append(out, fmt.Sprintf("verdict %s of %s: %s", j.Verdict, j.Variant, j.Reason))
		}
	}
	return out
}

// naming is the text that names what the mode did; empty: none does. Of a mode that
// does nothing worth a name it is the slower arm's verdict.
func (t *trial) naming() string {
	const before = 60 // bytes
	want := cmp.Or(t.mode.Says, "of slow: ")
	for _, text := range t.says {
		if at := strings.Index(text, want); at >= 0 {
			return strings.ToValidUTF8(text[max(0, at-before):], "")
		}
	}
	return ""
}

// outOfBudget is said of a session that ended before it had seen enough.
const outOfBudget = "out of budget"

// named: assay said what the mode did. On a machine that is too busy for the budget
// there may be too few visits to doubt anything.
func (t *trial) named() {
	late := t.mode.Effect != hostile.Ended && slices.Contains(t.says, outOfBudget)
	if t.mode.Name != "" && t.naming() == "" && !late {
		t.bad("unnamed", "assay should say %q, and said %q", cmp.Or(t.mode.Says, "a verdict"), t.says)
	}
}

// printModes is a line for each mode of the plugin: what was said of it, and what
// else was wrong.
func (t *table) printModes(to io.Writer) {
	const most = 120 // runes of a line
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "mode\teffect\tstatus\tsaid")
	slices.SortStableFunc(t.modes, func(a, b *trial) int { return strings.Compare(a.name, b.name) })
	for _, x := range t.modes {
		said := []rune(strings.Join(strings.Fields(visible.Text(x.naming())), " "))
		line := string(said[:min(len(said), most)])
		for _, p := range x.problems {
			line += fmt.Sprintf(" [%s]", p.column)
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\n", x.name, x.mode.Effect, x.hosts[0].status, line)
	}
	_ = w.Flush()
}
