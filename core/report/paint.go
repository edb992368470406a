package report

import "github.com/assay-bench/assay/core/internal/visible"

// Style says how to write for a reader.
type Style struct {
	Color    bool
	Width    int  // columns to write within; 0: any number, so that every sentence is one line
	Terminal bool // what is written can be redrawn
	Details  bool // what findings rest on
}

func (s Style) paint(code string) func(string) string {
	if !s.Color {
		return nil
	}
	return func(text string) string { return visible.Sequence("["+code+"m") + text + visible.Sequence("[0m") }
}

func (s Style) bold(text string) string {
	if p := s.paint("1"); p != nil {
		return p(text)
	}
	return text
}

// verdict is a verdict in the colour that it has everywhere.
func (s Style) verdict(v string) cell {
	codes := map[string]string{"pass": "32", "fail": "31", "inconclusive": "33", "invalid": "35"}
	c := cell{text: v}
	if code, ok := codes[v]; ok {
		c.paint = s.paint(code)
	}
	return c
}

func (s Style) dim(text string) cell { return cell{text: text, paint: s.paint("2")} }

// Title is a heading.
func (s Style) Title(text string) string { return s.bold(text) }
