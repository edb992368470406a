package record

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/assay-bench/assay/core/internal/atomicfile"
)

// Follower reads the journal of a session that is still writing it, a part at a time.
// It holds neither the file nor a lock of it in between, and reads lines of other kinds
// than it was asked for no further than to their kind.
type Follower struct {
	// Damaged counts whole lines that could not be read.
	Damaged int

	path  string
	kinds map[string]bool
	read  os.FileInfo // which file; nil: none yet
	at    int64       // bytes of it that were read, whole lines
}

// Follow is a follower of the journal at path that hears of events of these kinds.
func Follow(path string, kinds ...Data) *Follower {
	f := &Follower{path: path, kinds: map[string]bool{}}
	for _, k := range kinds {
		f.kinds[k.kind()] = true
	}
	return f
}

// ErrReplaced is why a journal cannot be followed any further: another file is in its
// place, or it was cut before what was read of it.
var ErrReplaced = errors.New("the journal was replaced or cut while it was read")

// More calls hear with the events whose lines ended since the last call. A line without
// an end is left for the next call.
func (f *Follower) More(hear func(Event)) error {
	file, err := atomicfile.Open(f.path)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	defer file.Close() //nolint:errcheck // read only
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	if f.read != nil && (!os.SameFile(f.read, info) || info.Size() < f.at) {
		return fmt.Errorf("journal %s: %w", f.path, ErrReplaced)
	}
	f.read = info
	begin, left := f.at, info.Size()-f.at
	if left == 0 {
		return nil
	}
	in := lines{br: bufio.NewReaderSize(io.NewSectionReader(file, begin, left), int(min(left, 1<<20)))}
	for {
		raw, ended, err := in.next()
		switch {
		case ended:
			f.at = begin + in.read
			f.line(raw, hear)
		case err == nil || errors.Is(err, io.EOF):
			return nil
		default:
			return fmt.Errorf("journal %s: %w", f.path, err)
		}
	}
}

func (f *Follower) line(raw []byte, hear func(Event)) {
	// The first key of that name is the event's: no quote stands unescaped before it.
	_, rest, _ := bytes.Cut(raw, []byte(`"kind":"`))
	kind, _, _ := bytes.Cut(rest, []byte(`"`))
	if _, known := kinds[string(kind)]; known && !f.kinds[string(kind)] {
		return
	}
	if e, err := parseLine(raw); err != nil {
		f.Damaged++
	} else if f.kinds[e.Kind()] {
		hear(e)
	}
}
