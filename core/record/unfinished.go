package record

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/assay-bench/assay/core/internal/atomicfile"
	"github.com/assay-bench/assay/metal/filelock"
)

// Ending says how far a session got, by the last line of its journal.
type Ending int

// The endings.
const (
	Ended   Ending = iota // it wrote every document, or had nothing to write
	Early                 // it ended by itself with a document that is partial
	Killed                // it wrote no end: its host was killed, or could not write any more
	Running               // its journal is being written
)

// lastLine bounds how much of a journal is read for its last line: the end of a
// session takes some hundred bytes for each experiment.
const lastLine = 1 << 20

// EndingOf reads how the session of a journal ended. It reads the last line only.
func EndingOf(path string) (Ending, error) {
	f, err := atomicfile.Open(path)
	if err != nil {
		return 0, fmt.Errorf("journal: %w", err)
	}
	defer f.Close()
	if err := filelock.Try(f, filelock.Shared); errors.Is(err, filelock.ErrHeld) {
		return Running, nil
	}
	info, err := f.Stat()
	if err != nil {
		return 0, fmt.Errorf("journal: %w", err)
	}
	raw := make([]byte, min(info.Size(), lastLine))
	if _, err := f.ReadAt(raw, info.Size()-int64(len(raw))); err != nil && !errors.Is(err, io.EOF) {
		return 0, fmt.Errorf("journal %s: %w", path, err)
	}
	raw = bytes.TrimSuffix(raw, []byte("\n"))
	e, err := parseLine(raw[bytes.LastIndexByte(raw, '\n')+1:])
	if err != nil { // torn, or longer than the end of a session is
		return Killed, nil
	}
	end, ok := e.Data.(SessionEndEvent)
	switch {
	case !ok:
		return Killed, nil
	case slices.ContainsFunc(end.Results, func(r ResultSketch) bool { return r.Status == Partial }):
		return Early, nil
	}
	return Ended, nil
}
