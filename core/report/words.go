package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/mitchellh/go-wordwrap"
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

// proseWidth is where sentences are broken, their indent not counted.
const proseWidth = 100

// field writes a labelled sentence, broken into lines that hang under its start.
func field(w io.Writer, indent, label, text string) {
	hang := strings.Repeat(" ", len([]rune(label)))
	const nbsp = "\u00a0" // wordwrap leaves it alone: a number stays with its percent sign
	text = wordwrap.WrapString(strings.ReplaceAll(text, " %", nbsp+"%"), proseWidth)
	for i, line := range strings.Split(strings.ReplaceAll(text, nbsp, " "), "\n") {
		if i > 0 {
			label = hang
		}
		fmt.Fprintf(w, "%s%s%s\n", indent, label, line)
	}
}

// Count is a number with its noun: 1 round, 2 rounds.
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
