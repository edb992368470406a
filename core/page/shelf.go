package page

import (
	"io"
	"path/filepath"
	"slices"

	"github.com/assay-bench/assay/core/record"
	"github.com/assay-bench/assay/core/trend"
)

// Shelf is a folder of documents whose pages are made when somebody asks for one.
type Shelf struct {
	name    string
	rows    []row // newest first
	skipped []string
	paths   map[string]string // of documents in the folder, by the addresses of their pages
}

// NewShelf is the folder of an index.
func NewShelf(x *trend.Index) *Shelf {
	s := &Shelf{name: filepath.Base(x.Folder), skipped: x.Faults(), paths: map[string]string{}}
	for i := range x.Entries {
		if e := &x.Entries[i]; e.Fault == "" {
			s.paths[addressOf(e)] = e.Path
		}
	}
	results := x.Results()
	slices.Reverse(results)
	for _, e := range results {
		s.rows = append(s.rows, row{
			Page: addressOf(e), Experiment: e.Experiment, Verdict: wordOf(e.Status, e.Verdict), Sentence: e.Sentence, Status: string(e.Status),
			Session: e.Session, Started: e.Started, Device: e.Device, Cases: e.Cases,
		})
	}
	return s
}

func addressOf(e *trend.Entry) string { return filepath.ToSlash(record.PageOf(e.Path)) }

// Index writes the page of an index that has this address, with what sessions do. It
// says whether there is such a page.
func (s *Shelf) Index(w io.Writer, address string, sessions []Live) (bool, error) {
	for n := 1; n <= pagesOf(len(s.rows)); n++ {
		if address == indexName(n) {
			x := indexPage(s.name, s.rows, s.skipped, n)
			if n == 1 {
				x.From, x.Live = NowPath, sessions
			}
			return true, send(w, "index", x)
		}
	}
	return false, nil
}

// Document is the path, in the folder, of the document whose page has this address.
func (s *Shelf) Document(address string) (path string, ok bool) {
	path, ok = s.paths[address]
	return path, ok
}

// WriteIn writes the page of a document with the way back to an index at that address.
func WriteIn(w io.Writer, d Document, back string) error {
	v := viewOfAll([]Document{d})
	v.Back = back
	return send(w, "page", v)
}
