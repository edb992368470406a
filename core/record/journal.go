package record

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/assay-bench/assay/core/internal/atomicfile"
)

// line wraps an event with the CRC-32C of its bytes.
type line struct {
	Sum   string          `json:"sum"`
	Event json.RawMessage `json:"event"`
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Journal is the append-only record of a session. Append returns once the line
// is on disk, so whatever was acknowledged after it survives a crash of
// everything. Safe for concurrent use.
type Journal struct {
	mu     sync.Mutex
	file   *os.File
	seq    uint64
	path   string
	failed error // of the write that ended it
}

// CreateJournal starts a journal in dir, which it creates.
func CreateJournal(dir string) (*Journal, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("the session's journal cannot be written: %w; make that folder writable, or run assay in another one", err)
	}
	path := filepath.Join(dir, "journal.jsonl")
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o644)
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	j := &Journal{file: f, path: path}
	if err := j.lock(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return j, nil
}

// OpenJournal goes on with a journal: it reads its events, cuts off a torn last
// line, and appends to it from then on. Nobody else may write to it meanwhile:
// another open journal of the same path is an error.
func OpenJournal(path string) (*Journal, []Event, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("journal: %w", err)
	}
	j := &Journal{file: f, path: path}
	events, err := j.resume()
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return j, events, nil
}

func (j *Journal) resume() ([]Event, error) {
	if err := j.lock(); err != nil {
		return nil, err
	}
	var events []Event
	n, whole, err := walkEvents(j.file, j.path, func(e Event) error {
		events = append(events, e)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := j.file.Truncate(whole); err != nil {
		return nil, fmt.Errorf("journal %s: cutting off its torn last line: %w", j.path, err)
	}
	j.seq = n
	return events, nil
}

// lock is held until the file is closed, or its process ends.
func (j *Journal) lock() error {
	if err := syscall.Flock(int(j.file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return fmt.Errorf("journal %s: another session writes to it: %w", j.path, err)
	}
	return nil
}

// Path of the journal file.
func (j *Journal) Path() string { return j.path }

// WriteError is a journal that cannot be written: a full disk, mostly. Nothing
// may be measured after it.
type WriteError struct{ Err error }

func (e *WriteError) Error() string { return e.Err.Error() }
func (e *WriteError) Unwrap() error { return e.Err }

// Append writes one event, under the next sequence number, and gives it back. It
// returns once the event is on disk, unless it is one in passing. Its error is a
// *WriteError. After a failed write nothing more is written: a part of the line may
// stand at the end, and only there a reader takes it for a torn one.
func (j *Journal) Append(e Event) (Event, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	e.Seq = j.seq + 1
	b, err := encode(e)
	if err != nil {
		return e, &WriteError{fmt.Errorf("journal %s: %w", j.path, err)}
	}
	if j.failed != nil {
		return e, j.failed
	}
	if err := j.write(b, e); err != nil {
		j.failed = &WriteError{fmt.Errorf("journal %s: %w", j.path, err)}
		return e, j.failed
	}
	j.seq++
	return e, nil
}

func encode(e Event) ([]byte, error) {
	event, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	b, err := json.Marshal(line{Sum: sum(event), Event: event})
	return append(b, '\n'), err
}

func (j *Journal) write(b []byte, e Event) error {
	if _, err := j.file.Write(b); err != nil {
		return fmt.Errorf("%w (free space first; what is already in it is kept)", err)
	}
	if _, ok := e.Data.(Passing); ok {
		return nil
	}
	if err := j.file.Sync(); err != nil {
		return fmt.Errorf("sync: %w", err)
	}
	return nil
}

// Close the file.
func (j *Journal) Close() error { return j.file.Close() }

func sum(b []byte) string { return fmt.Sprintf("%08x", crc32.Checksum(b, castagnoli)) }

// WalkJournal calls f with each event of a journal. A torn last line, as a crash
// leaves it, is dropped and reported by torn; damage anywhere else is an error
// that names the line. It ends at an error of f.
func WalkJournal(path string, f func(Event) error) (torn bool, err error) {
	file, err := atomicfile.Open(path)
	if err != nil {
		return false, fmt.Errorf("journal: %w", err)
	}
	defer file.Close()
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
	br := bufio.NewReader(r)
	for n := 1; ; n++ {
		raw, readErr := br.ReadBytes('\n')
		if len(raw) == 0 && errors.Is(readErr, io.EOF) {
			return events, whole, nil
		}
		if readErr != nil && !errors.Is(readErr, io.EOF) {
			return events, whole, fmt.Errorf("journal %s: %w", path, readErr)
		}
		ev, parseErr := parseLine(bytes.TrimSuffix(raw, []byte("\n")))
		switch {
		case parseErr == nil && readErr == nil:
			if want := events + 1; ev.Seq != want {
				return events, whole, fmt.Errorf("journal %s:%d: event %d where %d belongs: a line is missing", path, n, ev.Seq, want)
			}
			events, whole = events+1, whole+int64(len(raw))
			if err := f(ev); err != nil {
				return events, whole, err
			}
		case isLast(br):
			return events, whole, nil
		default:
			return events, whole, fmt.Errorf("journal %s:%d: %w", path, n, parseErr)
		}
	}
}

func isLast(br *bufio.Reader) bool {
	_, err := br.Peek(1)
	return errors.Is(err, io.EOF)
}

func parseLine(raw []byte) (Event, error) {
	var l line
	if err := json.Unmarshal(raw, &l); err != nil {
		return Event{}, fmt.Errorf("not a journal line: %w", err)
	}
	if got := sum(l.Event); got != l.Sum {
		return Event{}, fmt.Errorf("checksum %s, but the line says %s: it was changed or damaged", got, l.Sum)
	}
	var ev Event
	if err := json.Unmarshal(l.Event, &ev); err != nil {
		return Event{}, fmt.Errorf("not an event: %w", err)
	}
	return ev, nil
}
