package promote

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/report"
)

// marks are the first and the last line of an experiment's place in a file.
func (p *Promotion) marks() (begin, end string) {
	return fmt.Sprintf("<!-- assay promote %s: what stands up to the next mark is written by assay, and edits are lost -->", p.Experiment),
		fmt.Sprintf("<!-- end of assay promote %s -->", p.Experiment)
}

// Into puts the promotion into a page: in the place of an earlier one of the same
// experiment, else at the end.
func (p *Promotion) Into(page []byte) ([]byte, error) {
	begin, end := p.marks()
	block := begin + "\n" + p.Markdown() + end
	from, to := bytes.Index(page, []byte(begin)), bytes.Index(page, []byte(end))
	switch {
	case bytes.Count(page, []byte(begin)) > 1 || bytes.Count(page, []byte(end)) > 1:
		return nil, fmt.Errorf("the marks of %s are there more than once; delete all but one pair", p.Experiment)
	case from < 0 && to < 0:
		text := strings.TrimRight(string(page), "\n")
		if text != "" {
			text += "\n\n"
		}
		return []byte(text + block + "\n"), nil
	case from < 0 || to < from:
		return nil, errors.New("one of the marks of " + p.Experiment + " is missing, or they are the wrong way round; put them right, or delete both")
	}
	return bytes.Join([][]byte{page[:from], []byte(block), page[to+len(end):]}, nil), nil
}

// Markdown is the table with what others need to repeat it.
func (p *Promotion) Markdown() string {
	var b strings.Builder
	first, last := p.documents[0].Result, p.documents[len(p.documents)-1].Result
	fmt.Fprintf(&b, "\n**%s**: %s in %s, %s.", esc(p.Experiment), esc(p.Verdict), count(len(p.documents), "session"), dates(first.Session.Started, last.Session.Started))
	if text := first.Experiment.Description; text != "" {
		fmt.Fprintf(&b, " %s", esc(text))
	}
	b.WriteString("\n\n| case | variant | question | verdict | in each session | bounds over all |\n|---|---|---|---|---|---|\n")
	for _, row := range p.Rows {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", esc(row.Case), esc(row.Variant), esc(row.question()), esc(row.verdict()), esc(row.estimates()), esc(row.bounds()))
	}
	m := &first.Metadata
	commit := "built from its own commits"
	if m.GitSHA != nil {
		commit = "commit " + *m.GitSHA
	}
	fmt.Fprintf(&b, "\nOn %s (%s, driver %s, %s); plugin %s %s (%s), assay %s, %s. Sessions:", esc(m.Device.Name), esc(m.Device.Kind), esc(orNone(m.Device.Driver)), esc(orNone(m.Device.OSBuild)),
		esc(m.Plugin.Name), esc(m.Plugin.Version), esc(m.Plugin.SHA256), esc(m.Assay.Version), esc(commit))
	for i, d := range p.documents {
		if i > 0 {
			b.WriteString(",")
		}
		fmt.Fprintf(&b, " %s (seed %d)", esc(d.session()), d.Result.Session.Seed)
	}
	b.WriteString(".\n")
	for _, row := range p.Rows {
		if row.Tradeoff != "" {
			fmt.Fprintf(&b, "\n- The loss of %s in %s%s is accepted: %s\n", esc(row.Variant), esc(row.Of), esc(inCase(row.Case)), esc(row.Tradeoff))
		}
	}
	b.WriteString("\n")
	return b.String()
}

func esc(text string) string { return report.Escaped(text) }

func dates(first, last time.Time) string {
	a, b := first.UTC().Format(time.DateOnly), last.UTC().Format(time.DateOnly)
	if a == b {
		return a
	}
	return a + " to " + b
}

func (r *Row) question() string {
	if r.Of == "" {
		return "assert " + r.Name
	}
	return r.Name + " in " + r.Of
}

func (r *Row) verdict() string {
	text := string(r.Verdict)
	switch {
	case r.Tradeoff != "":
		text += ", accepted"
	case r.Warns:
		text += ", only warns"
	case r.Win && r.Of != "" && r.Verdict == judge.Pass:
		text += ", a win"
	}
	return text
}

func (r *Row) amount(x float64) string {
	if r.absolute {
		return judge.Amount(x, r.Unit)
	}
	return fmt.Sprintf("%.4f×", x)
}

func (r *Row) estimates() string {
	var out []string
	for _, x := range r.Estimates {
		out = append(out, r.amount(x))
	}
	return strings.Join(out, ", ")
}

func (r *Row) bounds() string {
	side := func(x *float64) string {
		if x == nil {
			return "–"
		}
		return r.amount(*x)
	}
	if r.Lower == nil && r.Upper == nil {
		return ""
	}
	return side(r.Lower) + " to " + side(r.Upper)
}
