package page

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/assay-bench/assay/core/record"
)

// Written is what became of a folder.
type Written struct {
	Index   string   `json:"index"`
	Pages   int      `json:"pages"`   // of documents
	New     int      `json:"new"`     // of them written now
	Skipped []string `json:"skipped"` // what could not be read or written, and why
}

// Beside writes the page of a document next to it, and gives its path.
func Beside(document, shown string) (string, error) {
	r, err := record.ReadReduced(document)
	if err != nil {
		return "", err
	}
	path := record.PageOf(document)
	return path, save(filepath.Dir(document), path, func(w io.Writer) error {
		return Write(w, []Document{{File: shown, Result: r}})
	})
}

// Folder writes a page beside each result document of a folder and of those in it,
// and an index of them, newest first. One document is in memory at a time. A page
// that is newer than its document, and was made by this version, is left as it is.
// Shown is what a page calls the file of its document.
func Folder(folder, version string, shown func(path string) string) (*Written, error) {
	version += " " + edition
	out := &Written{Skipped: []string{}}
	var rows []row
	seen := map[[2]string]bool{}
	err := record.Walk(folder, func(path string) error {
		if !record.LooksLikeResult(path) {
			return nil
		}
		r, fresh, err := one(folder, path, version, shown)
		if err != nil {
			out.Skipped = append(out.Skipped, err.Error())
			return nil
		}
		if key := [2]string{r.Session, r.Experiment}; !seen[key] { // else a copy
			seen[key] = true
			rows = append(rows, r)
		}
		if fresh {
			out.New++
		}
		return nil
	}, func(err error) { out.Skipped = append(out.Skipped, err.Error()) })
	if err != nil {
		return nil, fmt.Errorf("reports of %s: %w", folder, err)
	}
	if out.Pages = len(rows); out.Pages == 0 {
		return nil, errors.Join(fmt.Errorf("%s holds no result document that can be read (assay run writes them)", folder), because(out.Skipped))
	}
	slices.SortStableFunc(rows, func(a, b row) int {
		return cmp.Or(b.Started.Compare(a.Started), strings.Compare(a.Experiment, b.Experiment), strings.Compare(a.Page, b.Page))
	})
	out.Index, err = writeIndex(folder, rows, out.Skipped)
	return out, err
}

func because(skipped []string) error {
	if len(skipped) == 0 {
		return nil
	}
	return errors.New(skipped[0])
}

// one is the row of a document, whose page it writes unless that is up to date.
func one(folder, document, version string, shown func(string) string) (r row, fresh bool, err error) {
	info, err := os.Stat(document)
	if err != nil {
		return row{}, false, err
	}
	path := record.PageOf(document)
	address, err := filepath.Rel(folder, path)
	if err != nil {
		return row{}, false, err
	}
	address = filepath.ToSlash(address)
	if r, ok := current(path, info, version); ok && r.Page == address {
		return r, false, nil
	}
	result, err := record.ReadReduced(document)
	if err != nil {
		return row{}, false, err
	}
	r = rowOf(result)
	r.Page, r.Size, r.Version = address, info.Size(), version
	v := viewOfAll([]Document{{File: shown(document), Result: result}})
	v.Row = &r
	v.Back = strings.Repeat("../", strings.Count(address, "/")) + "index.html"
	return r, true, save(folder, path, func(w io.Writer) error { return send(w, "page", v) })
}
