package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/assay-bench/assay/core/internal/visible"
	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/record"
)

// casesInFull is how many cases of an experiment a summary shows: pages of CI
// systems take a megabyte.
const casesInFull = 40

// Markdown writes a session for a pull request or the page of a CI run: the
// verdicts, then what is behind them. Cases that passed are folded.
func Markdown(w io.Writer, results []*record.Result) {
	m := &markdown{w: w}
	worst := ""
	t := table{right: []bool{false, false, false, true, false}}
	t.add(plain("experiment"), plain("verdict"), plain("status"), plain("rounds"), plain("decided by"))
	for _, r := range results {
		worst = record.Worse(worst, r.Verdict)
		t.add(plain(r.Experiment.Name), plain(r.Verdict), plain(string(r.Status)), plain(roundsText(r)), plain(orDash(decidedBy(r))))
	}
	m.line("## assay: %s", Escaped(orNone(worst)))
	m.table(&t)
	for _, r := range results {
		m.result(r)
	}
}

type markdown struct{ w io.Writer }

// line writes a paragraph.
func (m *markdown) line(format string, args ...any) {
	fmt.Fprintf(m.w, format+"\n\n", args...)
}

func (m *markdown) result(r *record.Result) {
	m.line("### %s: %s", Escaped(r.Experiment.Name), Escaped(r.Verdict))
	if r.Experiment.Description != "" {
		m.line("%s", Escaped(r.Experiment.Description))
	}
	m.line("%s", Escaped(Verdict(r)))
	if r.Status == record.Skipped {
		return
	}
	d := r.Metadata.Device
	m.line("%s (%s), plugin %s %s, session %s, seed %d.", Escaped(orDash(d.Name)), Escaped(orDash(d.Kind)),
		Escaped(r.Metadata.Plugin.Name), Escaped(r.Metadata.Plugin.Version), Escaped(r.Session.ID), r.Session.Seed)
	if d.Simulated {
		m.line("**Simulated device: correctness only, its times are not measurements.**")
	}
	said := newJudgements(r)
	for i, c := range worstFirst(r) {
		if i == casesInFull {
			m.line("%s more: the result document has all.", Count(len(r.Cases)-i, "case"))
			break
		}
		m.caseOf(r, c, said)
	}
	m.failures(r.Failures)
	for _, f := range r.Findings {
		m.line("- finding%s (%s, %s): %s", Escaped(inCase(f.Case)), Escaped(f.Kind), Escaped(f.Certainty), Escaped(f.Summary))
	}
	for _, note := range r.Diagnostics {
		m.line("- note: %s", Escaped(note))
	}
}

// worstFirst sorts cases by their verdicts, the rest as they stand.
func worstFirst(r *record.Result) []*record.Case {
	var out []*record.Case
	verdict := map[*record.Case]string{}
	for i := range r.Cases {
		out = append(out, &r.Cases[i])
		verdict[&r.Cases[i]] = r.CaseVerdict(&r.Cases[i])
	}
	slices.SortStableFunc(out, func(a, b *record.Case) int {
		x, y := verdict[a], verdict[b]
		switch {
		case x == y:
			return 0
		case record.Worse(x, y) == x:
			return -1
		}
		return 1
	})
	return out
}

func (m *markdown) caseOf(r *record.Result, c *record.Case, said *judgements) {
	verdict := r.CaseVerdict(c)
	title := "case " + c.ID + ": " + verdict
	folded := verdict == string(judge.Pass)
	switch {
	case folded:
		m.line("<details><summary>%s</summary>", Escaped(title))
	case len(r.Cases) > 1 || c.ID != "default":
		m.line("**%s**", Escaped(title))
	}
	for _, phase := range r.Experiment.Measure.Phases {
		if t := phaseRows(r, c, phase, Style{}); t != nil {
			m.table(t)
		} else {
			m.line("%s: nothing was measured.", Escaped(phase))
		}
	}
	if t := metricRows(r, c, Style{}); t != nil {
		m.table(t)
	}
	for _, k := range said.of(c, Style{}) {
		switch {
		case k.earlier != "":
			m.line("- %s: for the reason given in case %s", Escaped(k.about), Escaped(k.earlier))
		case k.next != "":
			m.line("- %s: %s Next: %s", Escaped(k.about), sentence(k.reason), sentence(k.next))
		default:
			m.line("- %s: %s", Escaped(k.about), sentence(k.reason))
		}
	}
	for _, write := range []func(io.Writer, *record.Case, Style){asserts, failedChecks, defects} {
		var b strings.Builder
		write(&b, c, Style{})
		for line := range strings.Lines(b.String()) {
			m.line("- %s", Escaped(strings.TrimSpace(line)))
		}
	}
	if folded {
		m.line("</details>")
	}
}

func (m *markdown) failures(list []record.Failure) {
	for i := range list {
		f := &list[i]
		m.line("- failure%s, round %d, %s: %s", Escaped(inCase(f.Case)), f.Round, Escaped(where(f)), Escaped(f.Message))
	}
}

func (m *markdown) table(t *table) {
	for i, row := range t.rows {
		var cells []string
		for k := range t.rows[0] {
			text := ""
			if k < len(row) {
				text = Escaped(row[k].text)
			}
			cells = append(cells, text)
		}
		fmt.Fprintf(m.w, "| %s |\n", strings.Join(cells, " | "))
		if i > 0 {
			continue
		}
		for k := range cells {
			cells[k] = "---"
			if k < len(t.right) && t.right[k] {
				cells[k] = "--:"
			}
		}
		fmt.Fprintf(m.w, "| %s |\n", strings.Join(cells, " | "))
	}
	fmt.Fprintln(m.w)
}

func sentence(text string) string { return Escaped(text) + "." }

// Escaped is text that Markdown and HTML show as it is, on one line. An @ is
// followed by a character of no width, so that nobody is called.
func Escaped(text string) string { return markdownEscapes.Replace(visible.Line(text)) }

var markdownEscapes = func() *strings.Replacer {
	pairs := []string{"<", "&lt;", ">", "&gt;", "&", "&amp;", "@", "@\u200b", "\t", " "}
	for _, c := range "\\`*_[]#|~" {
		pairs = append(pairs, string(c), `\`+string(c))
	}
	return strings.NewReplacer(pairs...)
}()
