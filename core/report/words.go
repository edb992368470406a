package report

import (
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/mitchellh/go-wordwrap"

	"github.com/assay-bench/assay/core/internal/visible"
)

// verdictText is a verdict in its colour, outside of a table.
func (s Style) verdictText(v string) string { return s.verdict(v).painted() }

func (s Style) dimmed(text string) string { return s.dim(text).painted() }

// alarm is what must not be overlooked.
func (s Style) alarm(text string) string { return cell{text: text, paint: s.paint("31")}.painted() }

func (c cell) painted() string {
	if c.paint == nil {
		return c.text
	}
	return c.paint(c.text)
}

// proseWidth is where labelled sentences are broken on no terminal, their indent
// not counted.
const proseWidth = 100

// field writes a labelled sentence, broken into lines that hang under its start.
func field(w io.Writer, s Style, indent, label, text string) {
	s.hang(w, indent, label, strings.Repeat(" ", seen(label)), text)
}

// Item writes text beside a label, on a terminal broken into lines that stand below
// its start; elsewhere only where it is.
func (s Style) Item(w io.Writer, label, text string) {
	rest := strings.Repeat(" ", seen(label))
	if s.Width == 0 {
		fmt.Fprintln(w, strings.TrimRight(label+strings.ReplaceAll(text, "\n", "\n"+rest), " "))
		return
	}
	s.hang(w, "", label, rest, text)
}

// say writes a sentence, on a terminal broken into lines that hang two columns
// under its start; elsewhere it is one line, which grep finds.
func (s Style) say(w io.Writer, indent, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if s.Width == 0 {
		fmt.Fprintln(w, indent+text)
		return
	}
	s.hang(w, indent, "", "  ", text)
}

// hang writes text after first, broken into lines that begin with rest.
func (s Style) hang(w io.Writer, indent, first, rest, text string) {
	const nbsp = "\u00a0" // wordwrap leaves it alone
	width := proseWidth
	if s.Width > 0 {
		width = max(s.Width-len(indent)-len(rest), 30)
	}
	lead := max(seen(first)-len(rest), 0)
	text = together.ReplaceAllStringFunc(text, func(t string) string { return strings.ReplaceAll(t, " ", nbsp) })
	wrapped := strings.TrimPrefix(wordwrap.WrapString(strings.Repeat(nbsp, lead)+visible.Unmarked(text), uint(width)), strings.Repeat(nbsp, lead))
	wrapped = visible.Recoloured(wrapped, text)
	for i, line := range strings.Split(strings.ReplaceAll(wrapped, nbsp, " "), "\n") {
		if i > 0 {
			first = rest
		}
		fmt.Fprintln(w, strings.TrimRight(indent+first+line, " "))
	}
}

// together is what stays on one line: a number with its percent sign, and a
// command, which is to be copied.
var together = regexp.MustCompile("`[^`]{1,70}`|[0-9] %")

// seen is how many columns text takes.
func seen(text string) int { return utf8.RuneCountInString(visible.Unmarked(text)) }

// title is an experiment's name and what it is about.
func (s Style) title(name, description string) string {
	return strings.TrimRight(s.bold(name)+"  "+description, " ")
}

// Count is a number with its noun: 1 round, 2 rounds.
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// listOf writes names as people list them: a, b and c.
func listOf(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}
