package page

import (
	"slices"

	"github.com/assay-bench/assay/core/record"
)

// A figure is a chart, or some below each other, with the numbers that it shows.
type figure struct {
	Title  string
	Note   string   // how to read it, and what it leaves out
	Said   []string // what a plugin concludes of it
	Keys   []key
	Panels []panel
	Table  table
}

// key is a line of a legend.
type key struct {
	Colour string // a variable of the stylesheet
	Mark   string
	Name   string
}

func keyOf(c colour, mark, name string) key { return key{colourNames[c], mark, name} }

// table is one of text: its first column names the rows.
type table struct {
	Caption string
	Head    []string
	Rows    [][]string
}

// dropEmpty leaves out columns that have nothing below their head.
func (t *table) dropEmpty() {
	for i := len(t.Head) - 1; i > 0; i-- {
		if slices.ContainsFunc(t.Rows, func(row []string) bool { return row[i] != "" && row[i] != "–" }) {
			continue
		}
		t.Head = slices.Delete(t.Head, i, i+1)
		for k := range t.Rows {
			t.Rows[k] = slices.Delete(t.Rows[k], i, i+1)
		}
	}
}

// in is a case in a sentence; nothing where there is only one.
func in(c *record.Case) string {
	if c.ID == "default" {
		return ""
	}
	return " in case " + c.ID
}

func roleOf(c *record.Case, role string) string {
	for _, v := range c.Variants {
		if v.Role == role {
			return v.Name
		}
	}
	return ""
}
