package diag

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/mitchellh/go-wordwrap"

	"github.com/assay-bench/assay/core/internal/visible"
)

var (
	red    = visible.Sequence("[1;31m")
	yellow = visible.Sequence("[1;33m")
	bold   = visible.Sequence("[1m")
	dim    = visible.Sequence("[2m")
	reset  = visible.Sequence("[0m")
)

// Write writes diags as text, tidied, and a last line that counts them.
// files gives the source lines; color asks for terminal escapes; width wraps
// the details, 0 does not.
//
//	Error: Unsupported argument
//
//	  experiments/speed.hcl:12:5, in experiment "speed" > variant "fused" > config
//	  12 |     fusd = true
//	     |     ^^^^
//	  with matrix.bits = 4
//
//	  An argument named "fusd" is not expected here. Did you mean "fused"?
func Write(w io.Writer, diags hcl.Diagnostics, files map[string]*hcl.File, color bool, width int) error {
	diags = Tidy(diags)
	if len(diags) == 0 {
		return nil
	}
	p := painter{on: color}
	var b strings.Builder
	for _, d := range diags {
		writeOne(&b, describe(d, files), p, width)
	}
	b.WriteString(Count(diags) + "\n")
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("writing diagnostics: %w", err)
	}
	return nil
}

func writeOne(b *strings.Builder, d Diagnostic, p painter, width int) {
	title := p.paint(red, "Error:")
	if d.Severity == "warning" {
		title = p.paint(yellow, "Warning:")
	}
	fmt.Fprintf(b, "%s %s\n\n", title, p.paint(bold, d.Summary))
	if d.Range != nil {
		fmt.Fprintf(b, "  %s:%d:%d", d.Range.File, d.Range.Start.Line, d.Range.Start.Column)
		if d.Context != "" {
			fmt.Fprintf(b, ", in %s", d.Context)
		}
		b.WriteString("\n")
		writeSnippet(b, d.Snippet, p)
		if len(d.Values) > 0 {
			parts := make([]string, len(d.Values))
			for i, v := range d.Values {
				parts[i] = v.Name + " = " + v.Value
			}
			fmt.Fprintf(b, "  with %s\n", strings.Join(parts, ", "))
		}
		b.WriteString("\n")
	}
	if d.Detail != "" {
		detail := d.Detail
		if width > 20 {
			detail = wordwrap.WrapString(detail, uint(width-2))
		}
		for line := range strings.SplitSeq(detail, "\n") {
			if line == "" {
				b.WriteString("\n")
				continue
			}
			fmt.Fprintf(b, "  %s\n", line)
		}
		b.WriteString("\n")
	}
}

func writeSnippet(b *strings.Builder, s *Snippet, p painter) {
	if s == nil {
		return
	}
	const most = 200 // a longer line would only bury the message
	before, marked, after := s.Code[:s.Start], s.Code[s.Start:s.End], s.Code[s.End:]
	if len(s.Code) > most {
		before, marked, after = tail(before, most/2), head(marked, most/2), ""
	}
	// Tabs keep their width in the caret line.
	indent := strings.Map(func(r rune) rune {
		if r == '\t' {
			return r
		}
		return ' '
	}, before)
	number := fmt.Sprintf("  %d", s.Line)
	fmt.Fprintf(b, "%s %s%s%s\n", p.paint(dim, number+" |"), before, p.paint(bold, marked), after)
	carets := strings.Repeat("^", max(1, utf8.RuneCountInString(marked)))
	fmt.Fprintf(b, "%s %s%s\n", p.paint(dim, strings.Repeat(" ", len(number))+" |"), indent, p.paint(red, carets))
}

func head(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}

func tail(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[len(r)-n:])
	}
	return s
}

type painter struct{ on bool }

func (p painter) paint(code, s string) string {
	if !p.on || s == "" {
		return s
	}
	return code + s + reset
}
