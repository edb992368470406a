package trend

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/assay-bench/assay/core/record"
)

// Index is what is known of the documents of a folder.
type Index struct {
	Folder  string  `json:"folder"`
	Entries []Entry `json:"entries"` // by path
	Fresh   int     `json:"fresh"`   // of them read now
}

// Read reads the documents of a folder, of those that file has not as they are now.
// It writes the file, unless that is empty. Sentence says a verdict in words. Unread
// hears of what costs no more than time: a folder that cannot be read, an index that
// cannot be written.
func Read(folder, file string, sentence func(*record.Result) string, unread func(error)) (*Index, error) {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return nil, err
	}
	return read(folder, file, func() map[string]*Entry { return load(folder, file) }, sentence, unread)
}

// Again is Read of a folder whose index is at hand, so that the file is not read.
func (x *Index) Again(file string, sentence func(*record.Result) string, unread func(error)) (*Index, error) {
	known := make(map[string]*Entry, len(x.Entries))
	for i := range x.Entries {
		known[x.Entries[i].Path] = &x.Entries[i]
	}
	return read(x.Folder, file, func() map[string]*Entry { return known }, sentence, unread)
}

// read asks for what is known while it walks the folder.
func read(folder, file string, load func() map[string]*Entry, sentence func(*record.Result) string, unread func(error)) (*Index, error) {
	var known map[string]*Entry
	var loading sync.WaitGroup
	loading.Go(func() { known = load() })
	x := &Index{Folder: folder}
	err := record.Walk(folder, func(path string) error {
		info, err := os.Stat(path)
		if err != nil {
			unread(err)
			return nil
		}
		name, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		x.Entries = append(x.Entries, Entry{Path: name, Size: info.Size(), Modified: info.ModTime()})
		return nil
	}, unread)
	loading.Wait()
	if err != nil {
		return nil, fmt.Errorf("history of %s: %w", folder, err)
	}
	var fresh []int // entries to be read
	for i := range x.Entries {
		e := &x.Entries[i]
		if k := known[e.Path]; k != nil && k.Size == e.Size && k.Modified.Equal(e.Modified) {
			*e = *k
		} else {
			fresh = append(fresh, i)
		}
	}
	x.read(fresh, sentence)
	if file != "" && (len(fresh) > 0 || len(known) != len(x.Entries)) {
		if err := x.save(file); err != nil {
			unread(fmt.Errorf("index: %w", err))
		}
	}
	x.Fresh = len(fresh)
	return x, nil
}

// read fills entries in, on all processors.
func (x *Index) read(entries []int, sentence func(*record.Result) string) {
	next := make(chan int)
	var readers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(entries)) {
		readers.Go(func() {
			for i := range next {
				x.Entries[i].fill(filepath.Join(x.Folder, x.Entries[i].Path), sentence)
			}
		})
	}
	for _, i := range entries {
		next <- i
	}
	close(next)
	readers.Wait()
}

// notResult is the fault of a file that is something else. Nobody is told.
const notResult = "-"

func (e *Entry) fill(path string, sentence func(*record.Result) string) {
	about := *e
	r, err := record.ReadHead(path)
	switch {
	case err == nil:
		*e = entryOf(r)
		e.Sentence = sentence(r)
	case !record.LooksLikeResult(path):
		e.Fault = notResult
		return
	default:
		e.Fault = err.Error()
		return
	}
	e.Path, e.Size, e.Modified = about.Path, about.Size, about.Modified
}

// Results are the entries of documents, oldest first. A copy counts once.
func (x *Index) Results() (out []*Entry) {
	seen := map[[2]string]bool{}
	for i := range x.Entries {
		e := &x.Entries[i]
		if key := [2]string{e.Session, e.Experiment}; e.Fault == "" && !seen[key] {
			seen[key] = true
			out = append(out, e)
		}
	}
	slices.SortStableFunc(out, func(a, b *Entry) int {
		if c := a.Started.Compare(b.Started); c != 0 {
			return c
		}
		return strings.Compare(a.Path, b.Path)
	})
	return out
}

// Faults are the documents that cannot be read, with the reason.
func (x *Index) Faults() []string {
	out := []string{}
	for _, e := range x.Entries {
		if e.Fault != "" && e.Fault != notResult {
			out = append(out, e.Fault)
		}
	}
	return out
}
