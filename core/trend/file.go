package trend

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/assay-bench/assay/core/compare"
	"github.com/assay-bench/assay/core/internal/atomicfile"
)

// form of the index file. One of another form is made again.
const form = 2

// header is the first line of the file. An entry stands in each of the others.
type header struct {
	Form   int              `json:"assay_index"`
	Folder string           `json:"folder"`
	Setups [][]compare.Part `json:"setups"` // that entries name by their place
}

var newline = []byte("\n")

// load reads the entries of the index file, by path, on all processors. Whatever is
// wrong with it, it is made again.
func load(folder, file string) map[string]*Entry {
	text, err := atomicfile.Read(file)
	if err != nil {
		return nil
	}
	first, rest, whole := bytes.Cut(text, newline)
	var h header
	if !whole || json.Unmarshal(first, &h) != nil || h.Form != form || h.Folder != folder {
		return nil
	}
	var readers sync.WaitGroup
	var spoilt atomic.Bool
	parts := chunks(rest, runtime.GOMAXPROCS(0))
	read := make([][]Entry, len(parts))
	for i, part := range parts {
		readers.Go(func() {
			entries, ok := parse(part, h.Setups)
			if !ok {
				spoilt.Store(true)
			}
			read[i] = entries
		})
	}
	readers.Wait()
	if spoilt.Load() {
		return nil
	}
	out := make(map[string]*Entry, bytes.Count(rest, newline))
	for _, entries := range read {
		for i := range entries {
			out[entries[i].Path] = &entries[i]
		}
	}
	return out
}

// chunks cuts lines into n parts of about the same size, or fewer.
func chunks(lines []byte, n int) (out [][]byte) {
	for size := len(lines)/n + 1; len(lines) > 0; {
		end := len(lines)
		if size < end {
			if next := bytes.IndexByte(lines[size:], '\n'); next >= 0 {
				end = size + next + 1
			}
		}
		out, lines = append(out, lines[:end]), lines[end:]
	}
	return out
}

// parse reads lines, all of which must be whole.
func parse(lines []byte, setups [][]compare.Part) (out []Entry, ok bool) {
	out = make([]Entry, 0, bytes.Count(lines, newline))
	for line := range bytes.Lines(lines) {
		out = append(out, Entry{})
		e := &out[len(out)-1]
		if !bytes.HasSuffix(line, newline) || json.Unmarshal(line, e) != nil || e.SetupAt < 0 || e.SetupAt > len(setups) {
			return nil, false
		}
		if e.SetupAt > 0 {
			e.Setup = setups[e.SetupAt-1]
		}
	}
	return out, true
}

func (x *Index) save(file string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	h := header{Form: form, Folder: x.Folder, Setups: [][]compare.Part{}}
	places := map[string]int{}
	for i := range x.Entries {
		e := &x.Entries[i]
		if e.Setup == nil {
			continue
		}
		key := fmt.Sprintf("%q", e.Setup)
		if places[key] == 0 {
			h.Setups = append(h.Setups, e.Setup)
			places[key] = len(h.Setups)
		}
		e.SetupAt = places[key]
	}
	return atomicfile.Stream(file, func(w io.Writer) error {
		out := bufio.NewWriter(w)
		enc := json.NewEncoder(out)
		if err := enc.Encode(h); err != nil {
			return err
		}
		for i := range x.Entries {
			if err := enc.Encode(&x.Entries[i]); err != nil {
				return err
			}
		}
		return out.Flush()
	})
}
