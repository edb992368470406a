package serve

import (
	"bytes"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/assay-bench/assay/core/page"
	"github.com/assay-bench/assay/core/record"
	"github.com/assay-bench/assay/core/report"
	"github.com/assay-bench/assay/core/trend"
)

// kept is how many pages are kept, so that one that is opened again costs nothing.
const kept = 16

// stale is how old what is known of a folder may be when an index is asked for.
const stale = 2 * time.Second

// documents are those of a folder, as far as pages were asked for.
type documents struct {
	folder string
	index  string // file of core/trend; empty: none is kept
	shown  func(path string) string
	warn   func(error)
	clock  func() time.Time

	mu    sync.Mutex
	read  time.Time
	told  map[string]bool // warnings
	found *trend.Index
	shelf *page.Shelf
	pages []made // the latest last
}

// made is the page of a document as it was.
type made struct {
	address string
	from    os.FileInfo
	text    []byte
}

// shelve reads the folder, unless that was done a moment ago.
func (d *documents) shelve() (*page.Shelf, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.shelf != nil && d.clock().Sub(d.read) < stale {
		return d.shelf, nil
	}
	var err error
	if d.found == nil {
		d.found, err = trend.Read(d.folder, d.index, report.Verdict, d.once)
	} else if x, fault := d.found.Again(d.index, report.Verdict, d.once); fault == nil {
		d.found = x
	} else {
		err = fault
	}
	if err != nil {
		return nil, err
	}
	d.shelf, d.read = page.NewShelf(d.found), d.clock()
	return d.shelf, nil
}

// once warns of each thing once.
func (d *documents) once(err error) {
	if text := err.Error(); !d.told[text] {
		d.told[text] = true
		d.warn(err)
	}
}

// page is the page of a document; nil: there is no such document.
func (d *documents) page(address string) ([]byte, error) {
	shelf, err := d.shelve()
	if err != nil {
		return nil, err
	}
	name, ok := shelf.Document(address)
	if !ok {
		return nil, nil
	}
	path := filepath.Join(d.folder, name)
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if text := d.known(address, info); text != nil {
		return text, nil
	}
	r, err := record.ReadReduced(path)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := page.WriteIn(&out, page.Document{File: d.shown(path), Result: r}, "/"); err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.pages = append(d.pages[max(0, len(d.pages)-kept+1):], made{address, info, out.Bytes()})
	return out.Bytes(), nil
}

func (d *documents) known(address string, info os.FileInfo) []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, m := range d.pages {
		if m.address == address && os.SameFile(m.from, info) && m.from.Size() == info.Size() && m.from.ModTime().Equal(info.ModTime()) {
			return m.text
		}
	}
	return nil
}

// address is that of the page of a document anywhere; empty: it lies outside of the
// folder.
func (d *documents) address(path string) string {
	inside, err := filepath.Rel(d.folder, path)
	if err != nil || !filepath.IsLocal(inside) {
		return ""
	}
	return filepath.ToSlash(record.PageOf(inside))
}
