package page

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/assay-bench/assay/core/report"
)

// perPage is how many sessions a page of an index lists.
const perPage = 250

// index is one page of an index.
type index struct {
	Title   string
	Row     *row // none: it is no document's page
	Name    string
	Number  int // from 1
	Of      int
	Newer   string // addresses; empty: there is none
	Older   string
	Latest  []row // of each experiment, on the first page
	Rows    []row
	Skipped []string
	From    string // where what sessions do is asked for; empty: they are not followed
	Live    []Live
}

func (x index) follows() bool { return x.From != "" }

// writeIndex writes the pages of an index and gives the path of the first.
func writeIndex(folder string, rows []row, skipped []string) (string, error) {
	absolute, err := filepath.Abs(folder)
	if err != nil {
		return "", err
	}
	name := filepath.Base(absolute)
	of := pagesOf(len(rows))
	for n := 1; n <= of; n++ {
		x := indexPage(name, rows, skipped, n)
		if err := save(folder, filepath.Join(folder, indexName(n)), func(w io.Writer) error { return send(w, "index", x) }); err != nil {
			return "", err
		}
	}
	for n := of + 1; ; n++ { // of an index that was longer
		path := filepath.Join(folder, indexName(n))
		text, err := headOf(path)
		if err != nil || text == nil || !ours(text) {
			break
		}
		if err := os.Remove(path); err != nil {
			return "", fmt.Errorf("page: %w", err)
		}
	}
	return filepath.Join(folder, indexName(1)), nil
}

// pagesOf is how many pages an index has, one at least.
func pagesOf(rows int) int { return max(1, (rows+perPage-1)/perPage) }

// indexPage is the page of a number, from 1.
func indexPage(name string, rows []row, skipped []string, number int) index {
	x := index{Title: "Reports of " + name, Name: name, Number: number, Of: pagesOf(len(rows))}
	x.Rows = rows[min(len(rows), (number-1)*perPage):min(len(rows), number*perPage)]
	if number == 1 {
		x.Skipped = skipped
		if len(rows) > 1 { // else it would stand there twice
			x.Latest = latest(rows)
		}
	} else {
		x.Newer = indexName(number - 1)
	}
	if number < x.Of {
		x.Older = indexName(number + 1)
	}
	return x
}

func indexName(number int) string {
	if number == 1 {
		return "index.html"
	}
	return fmt.Sprintf("index-%d.html", number)
}

// latest are the first rows of each experiment, the worst verdicts first.
func latest(rows []row) (out []row) {
	seen := map[string]bool{}
	for _, r := range rows {
		if !seen[r.Experiment] {
			seen[r.Experiment] = true
			out = append(out, r)
		}
	}
	slices.SortStableFunc(out, func(a, b row) int { return slices.Index(worstFirst, a.Verdict) - slices.Index(worstFirst, b.Verdict) })
	return out
}

// Sessions counts the rows of all pages, in words.
func (x index) Sessions() string {
	if x.Of > 1 {
		return fmt.Sprintf("Page %d of %d", x.Number, x.Of)
	}
	return report.Count(len(x.Rows), "result")
}

// Setting is what else a row says.
func (r row) Setting() string {
	text := r.Session + ", " + report.Count(r.Cases, "case")
	if r.Device != "" {
		text += ", " + r.Device
	}
	if r.Status != "complete" {
		text += ", " + r.Status
	}
	return text
}

// When a session began.
func (r row) When() string { return moment(r.Started) }
