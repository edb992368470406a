package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/assay-bench/assay/core/internal/atomicfile"
)

// WalkJournal calls f with each event of a journal. A torn last line, as a crash
// leaves it, is dropped and reported by torn; damage anywhere else is an error
// that names the line. It ends at an error of f.
func WalkJournal(path string, f func(Event) error) (torn bool, err error) {
	file, err := atomicfile.Open(path)
	if err != nil {
		return false, fmt.Errorf("journal: %w", err)
	}
	defer file.Close() //nolint:errcheck // read only
	_, whole, err := walkEvents(file, path, f)
	if err != nil {
		return false, err
	}
	info, err := file.Stat()
	if err != nil {
		return false, fmt.Errorf("journal: %w", err)
	}
	return info.Size() > whole, nil
}

// ReadJournal lists a journal's events, as WalkJournal has them.
func ReadJournal(path string) (events []Event, torn bool, err error) {
	torn, err = WalkJournal(path, func(e Event) error {
		events = append(events, e)
		return nil
	})
	return events, torn, err
}

// walkEvents also says how many events there are, and how many bytes their lines
// take.
func walkEvents(r io.Reader, path string, f func(Event) error) (events uint64, whole int64, err error) {
	w := walk{path: path, hear: f}
	err = w.run(r)
	return w.seq, w.whole, err
}

// Damage is a place in a journal at which lines cannot be read, or are missing.
type Damage struct {
	Line   int    // the first, from 1
	Lines  int    // that cannot be read
	Events uint64 // that are missing, by the numbers of those around; 0 at the end, where nobody knows
	Torn   bool   // it is the last line, cut off as a crash leaves it
	Reason string
}

func (d Damage) String() string {
	switch {
	case d.Torn:
		return fmt.Sprintf("line %d, the last one, is cut off, as a crash leaves it", d.Line)
	case d.Lines == 0:
		return fmt.Sprintf("line %d: %s", d.Line, d.Reason)
	case d.Lines == 1:
		return fmt.Sprintf("line %d cannot be read: %s", d.Line, d.Reason)
	}
	return fmt.Sprintf("lines %d to %d cannot be read: %s", d.Line, d.Line+d.Lines-1, d.Reason)
}

// walk reads the lines of a journal.
type walk struct {
	path string
	hear func(Event) error
	hurt func(Damage) error // hears of damage; nil: it is an error
	only []byte             // lines without it are no events to hear, and may not be asked for; nil: all are

	seq   uint64 // of the last event
	whole int64  // bytes up to the end of the last whole line
	bad   Damage // lines since then
}

func (w *walk) run(r io.Reader) error {
	lines := newLines(r)
	for n := 1; ; n++ {
		raw, ended, err := lines.next()
		switch {
		case errors.Is(err, io.EOF) && len(raw) == 0:
			return w.end()
		case err != nil && !errors.Is(err, io.EOF):
			return fmt.Errorf("journal %s: %w", w.path, err)
		}
		if w.only != nil && ended && !bytes.Contains(raw, w.only) {
			continue
		}
		if err := w.line(n, raw, ended); err != nil {
			return err
		}
		w.whole = lines.whole(w.whole, w.bad.Lines == 0)
	}
}

// line takes one line. A whole one is heard; of another one, what stands in it
// whole.
func (w *walk) line(n int, raw []byte, ended bool) error {
	e, err := parseLine(raw)
	if err == nil && ended {
		return w.event(n, e)
	}
	if w.hurt == nil && w.bad.Lines > 0 { // the one before was not the last
		return w.broken()
	}
	if w.bad.Lines++; w.bad.Lines == 1 {
		w.bad.Line, w.bad.Reason = n, "it has no end"
		if err != nil {
			w.bad.Reason = err.Error()
		}
	}
	if w.hurt == nil || !ended {
		return nil
	}
	for _, e := range within(raw) {
		if err := w.event(n, e); err != nil {
			return err
		}
	}
	return nil
}

func (w *walk) event(n int, e Event) error {
	if w.only != nil {
		if !bytes.Contains(w.only, []byte(`"`+e.Kind()+`"`)) {
			return nil
		}
		w.seq = max(w.seq, e.Seq-1) // those in between were not asked for
	}
	switch want := w.seq + 1; {
	case w.hurt == nil && w.bad.Lines > 0:
		return w.broken()
	case w.hurt == nil && e.Seq != want:
		return fmt.Errorf("journal %s:%d: event %d where %d belongs, a line is missing: `assay recover %s` makes documents of the others", w.path, n, e.Seq, want, w.path)
	case e.Seq < want:
		return w.hurt(Damage{Line: n, Reason: fmt.Sprintf("event %d stands here once more, and is left out", e.Seq)})
	case e.Seq > want || w.bad.Lines > 0:
		d := w.bad
		if d.Lines == 0 {
			d.Line, d.Reason = n, fmt.Sprintf("event %d where %d belongs: lines are missing before it", e.Seq, want)
		}
		d.Events, w.bad = e.Seq-want, Damage{}
		if err := w.hurt(d); err != nil {
			return err
		}
	}
	w.seq = e.Seq
	return w.hear(e)
}

func (w *walk) broken() error {
	return fmt.Errorf("journal %s:%d: %s: `assay recover %s` makes documents of all other lines", w.path, w.bad.Line, w.bad.Reason, w.path)
}

func (w *walk) end() error {
	if w.bad.Lines == 0 || w.hurt == nil {
		return nil
	}
	w.bad.Torn = w.bad.Lines == 1
	return w.hurt(w.bad)
}

// opening is how every line begins.
var opening = []byte(`{"sum":"`)

// within finds the events that stand whole in a damaged line: two lines are one
// where the newline between them was overwritten.
func within(raw []byte) (out []Event) {
	for i, piece := range bytes.Split(raw, opening) {
		var l line
		if i == 0 || json.NewDecoder(io.MultiReader(bytes.NewReader(opening), bytes.NewReader(piece))).Decode(&l) != nil {
			continue
		}
		if e, err := l.event(); err == nil {
			out = append(out, e)
		}
	}
	return out
}
