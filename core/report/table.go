package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/assay-bench/assay/core/internal/visible"
)

// table aligns columns by what is seen, so that colour codes take no room. Its
// first row is the head, unless it is bare.
type table struct {
	rows  [][]cell
	right []bool // by column: align right
	bare  bool   // it has no head
}

type cell struct {
	text  string
	paint func(string) string // nil: as it is
}

func plain(s string) cell { return cell{text: s} }

// add takes a row. What others named may have newlines, which would end it.
func (t *table) add(cells ...cell) {
	for i := range cells {
		cells[i].text = visible.Line(cells[i].text)
	}
	t.rows = append(t.rows, cells)
}

// dropEmpty leaves out columns that have nothing below their head.
func (t *table) dropEmpty() {
	for i := len(t.rows[0]) - 1; i > 0; i-- {
		if !slices.ContainsFunc(t.rows[1:], func(row []cell) bool { return i < len(row) && filled(row[i]) }) {
			t.cut(i)
		}
	}
}

func filled(c cell) bool { return c.text != "" && c.text != "–" }

// cut takes a column out.
func (t *table) cut(i int) {
	for k, row := range t.rows {
		t.rows[k] = slices.Delete(row, min(i, len(row)), min(i+1, len(row)))
	}
	t.right = slices.Delete(t.right, min(i, len(t.right)), min(i+1, len(t.right)))
}

// fit leaves out columns until the table is no wider than width, 0 for any: those
// of spare, by their heads, the last one first. It returns those that it left out.
// A table that does not fit without them either keeps them.
func (t *table) fit(indent string, width int, spare []string) (left lack) {
	lean := t.clone()
	left.width = t.width(indent)
	for _, head := range slices.Backward(spare) {
		if lean.fits(indent, width) {
			break
		}
		if i := slices.IndexFunc(lean.rows[0], func(c cell) bool { return c.text == head }); i > 0 {
			lean.cut(i)
			left.heads = append(left.heads, head)
		}
	}
	if !lean.fits(indent, width) {
		return lack{}
	}
	*t = *lean
	return left
}

func (t *table) clone() *table {
	out := &table{right: slices.Clone(t.right)}
	for _, row := range t.rows {
		out.rows = append(out.rows, slices.Clone(row))
	}
	return out
}

// lack is what there was no room for, and the width that has it.
type lack struct {
	heads []string
	width int
}

func (l *lack) add(more lack) {
	for _, head := range more.heads {
		if l.width = max(l.width, more.width); !slices.Contains(l.heads, head) {
			l.heads = append(l.heads, head)
		}
	}
}

func (t *table) fits(indent string, width int) bool { return width == 0 || t.width(indent) <= width }

func (t *table) width(indent string) int {
	used := len(indent) - 2
	for _, n := range t.widths() {
		used += 2 + n
	}
	return used
}

// turned has rows for columns.
func (t *table) turned() *table {
	out := &table{right: []bool{false}}
	for i, head := range t.rows[0] {
		row := []cell{head}
		for _, r := range t.rows[1:] {
			c := plain("")
			if i < len(r) {
				c = r[i]
			}
			row = append(row, c)
		}
		out.rows = append(out.rows, row)
	}
	for range t.rows[1:] {
		out.right = append(out.right, true)
	}
	return out
}

// writeWithin writes the table, and where it is wider than the terminal a sentence
// for each of its rows.
func (t *table) writeWithin(w io.Writer, indent string, s Style) {
	if t.fits(indent, s.Width) {
		t.write(w, indent)
		return
	}
	rows, head := t.rows, func(int) string { return "" }
	if !t.bare {
		rows, head = t.rows[1:], func(i int) string { return t.rows[0][i].text }
	}
	for _, row := range rows {
		var parts []string
		for i, c := range row[1:] {
			if filled(c) {
				parts = append(parts, strings.TrimSpace(head(i+1)+" "+c.painted()))
			}
		}
		s.hang(w, indent, strings.TrimSpace(row[0].text)+": ", "    ", strings.Join(parts, ", "))
	}
}

func (t *table) widths() []int {
	var widths []int
	for _, row := range t.rows {
		for i, c := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(c.text))
		}
	}
	return widths
}

func (t *table) write(w io.Writer, indent string) {
	widths := t.widths()
	for _, row := range t.rows {
		var b strings.Builder
		for i, c := range row {
			gap := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c.text))
			if i > 0 {
				b.WriteString("  ")
			}
			if i < len(t.right) && t.right[i] {
				b.WriteString(gap + c.painted())
			} else {
				b.WriteString(c.painted() + gap)
			}
		}
		fmt.Fprintln(w, strings.TrimRight(indent+b.String(), " "))
	}
}
