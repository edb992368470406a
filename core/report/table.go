package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/assay-bench/assay/core/internal/visible"
)

// table aligns columns by what is seen, so that colour codes take no room.
type table struct {
	rows  [][]cell
	right []bool // by column: align right
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
		filled := slices.ContainsFunc(t.rows[1:], func(row []cell) bool {
			return i < len(row) && row[i].text != "" && row[i].text != "–"
		})
		if !filled {
			t.cut(i, i+1)
		}
	}
}

// cut takes columns out.
func (t *table) cut(from, to int) {
	for k, row := range t.rows {
		t.rows[k] = slices.Delete(row, min(from, len(row)), min(to, len(row)))
	}
	t.right = slices.Delete(t.right, min(from, len(t.right)), min(to, len(t.right)))
}

// writeWithin writes the table side by side as far as width goes, 0 for any, and
// the columns that are left below, each time after the first one.
func (t *table) writeWithin(w io.Writer, width int) {
	widths := t.widths()
	end, used := 1, widths[0]
	for end < len(widths) && (width == 0 || end == 1 || used+2+widths[end] <= width) {
		used += 2 + widths[end]
		end++
	}
	if end == len(widths) {
		t.write(w, "")
		return
	}
	left, right := t.clone(), t.clone()
	left.cut(end, len(widths))
	right.cut(1, end)
	left.write(w, "")
	right.writeWithin(w, width)
}

func (t *table) clone() *table {
	out := &table{right: slices.Clone(t.right)}
	for _, row := range t.rows {
		out.rows = append(out.rows, slices.Clone(row))
	}
	return out
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
			text := c.text
			if c.paint != nil {
				text = c.paint(text)
			}
			if i > 0 {
				b.WriteString("  ")
			}
			if i < len(t.right) && t.right[i] {
				b.WriteString(gap + text)
			} else {
				b.WriteString(text + gap)
			}
		}
		fmt.Fprintln(w, strings.TrimRight(indent+b.String(), " "))
	}
}
