package history

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/assay-bench/assay/core/internal/atomicfile"
	"github.com/assay-bench/assay/core/record"
	"github.com/assay-bench/assay/metal/filelock"
)

// Store is the history file. Several sessions may append to it at once.
type Store struct {
	path string
	off  bool
}

// Open finds the store: $ASSAY_HISTORY, else assay/history.jsonl under
// $XDG_STATE_HOME, else under ~/.local/state. ASSAY_HISTORY=off keeps none.
// Nothing is created before the first Append.
func Open(getenv func(string) string) (*Store, error) {
	switch p := getenv("ASSAY_HISTORY"); p {
	case "":
	case "off":
		return &Store{off: true}, nil
	default:
		return &Store{path: p}, nil
	}
	state := getenv("XDG_STATE_HOME")
	if !filepath.IsAbs(state) { // the XDG specification: relative paths are to be ignored
		home := getenv("HOME")
		if home == "" {
			return nil, errors.New("history: neither XDG_STATE_HOME nor HOME is set; ASSAY_HISTORY=FILE says where to keep it")
		}
		state = filepath.Join(home, ".local", "state")
	}
	return &Store{path: filepath.Join(state, "assay", "history.jsonl")}, nil
}

// Append adds what a result teaches, in one write under a lock.
func (s *Store) Append(r *record.Result) error {
	lessons := Lessons(r)
	if s.off || len(lessons) == 0 {
		return nil
	}
	var b bytes.Buffer
	for _, l := range lessons {
		raw, err := json.Marshal(l)
		if err != nil {
			return fmt.Errorf("history: case %q: %w", l.Case, err)
		}
		b.Write(append(raw, '\n'))
	}
	if err := s.write(b.Bytes()); err != nil {
		return fmt.Errorf("history: %w (ASSAY_HISTORY=FILE keeps it elsewhere, ASSAY_HISTORY=off keeps none)", err)
	}
	return nil
}

func (s *Store) write(lines []byte) error {
	if err := os.MkdirAll(filepath.Dir(s.path), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(s.path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := lock(f); err != nil {
		return fmt.Errorf("lock %s: %w", s.path, err)
	}
	// A writer that died may have left half a line: end it, so that it spoils
	// no other.
	if end, err := f.Seek(0, io.SeekEnd); err != nil {
		return err
	} else if end > 0 {
		last := make([]byte, 1)
		if _, err := f.ReadAt(last, end-1); err != nil {
			return err
		}
		if last[0] != '\n' {
			lines = append([]byte{'\n'}, lines...)
		}
	}
	if _, err := f.Write(lines); err != nil {
		return err
	}
	return f.Close() // and with it the lock
}

// lockPatience bounds the wait for another writer, whose write takes
// milliseconds. Closing the file unlocks it.
const lockPatience = 2 * time.Second

func lock(f *os.File) error {
	ctx, cancel := context.WithTimeout(context.Background(), lockPatience)
	defer cancel()
	return filelock.Wait(ctx, func() error { return filelock.Try(f, filelock.Exclusive) }, nil)
}

// Load reads what is known. A missing file is an empty history; lines that
// cannot be read, such as a torn tail, are counted in Skipped.
func (s *Store) Load() (*Knowledge, error) {
	k := &Knowledge{Path: s.path}
	if s.off {
		return k, nil
	}
	f, err := atomicfile.Open(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return k, nil
	}
	if err != nil {
		return nil, fmt.Errorf("history: %w", err)
	}
	defer f.Close()
	if err := k.read(f); err != nil {
		return nil, fmt.Errorf("history %s: %w", s.path, err)
	}
	return k, nil
}

func (k *Knowledge) read(r io.Reader) error {
	br := bufio.NewReader(r)
	for {
		raw, err := br.ReadBytes('\n')
		if line := bytes.TrimSpace(raw); len(line) > 0 {
			var l Lesson
			if json.Unmarshal(line, &l) == nil && l.Version == lessonVersion && l.usable() {
				k.Lessons = append(k.Lessons, l)
			} else {
				k.Skipped++
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// usable refuses lines whose numbers no session could have written.
func (l *Lesson) usable() bool {
	if l.Machine == "" || l.Rounds < 1 || l.Arms < 1 || len(l.Phases) == 0 {
		return false
	}
	for _, ns := range []int64{l.VisitNs, l.RoundNs, l.StartNs, l.Prepare, l.WarmupNs, l.RealNs} {
		if ns < 0 || ns > int64(1000*time.Hour) {
			return false
		}
	}
	for _, p := range l.Phases {
		if p.Rounds < 2 || p.Spread < 0 || p.Spread > 100 {
			return false
		}
	}
	return true
}

// Keep appends the results of a session. What cannot be kept is a warning on
// w: a read-only home must not fail a session that measured.
func Keep(getenv func(string) string, results []*record.Result, w io.Writer) {
	s, err := Open(getenv)
	for _, r := range results {
		if err == nil {
			err = s.Append(r)
		}
	}
	if err != nil {
		fmt.Fprintf(w, "assay: warning: %v\n", err)
	}
}
