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
	"time"
)

// Kinds of journal events. Data is the type named beside each.
const (
	KindSession    = "session"     // Session
	KindExperiment = "experiment"  // Result, before anything was measured
	KindCase       = "case"        // CaseEvent
	KindVariant    = "variant"     // VariantEvent
	KindRoundBegin = "round_begin" // RoundBeginEvent
	KindPrepared   = "prepared"    // PreparedEvent
	KindWarmup     = "warmup"      // WarmupEvent
	KindReleased   = "released"    // ReleasedEvent
	KindIntent     = "intent"      // IntentEvent
	KindSample     = "sample"      // SampleEvent
	KindVisit      = "visit"       // VisitEvent
	KindRoundEnd   = "round_end"   // RoundEndEvent
	KindFailure    = "failure"     // FailureEvent
	KindProbe      = "probe"       // Probe
	KindLook       = "look"        // LookEvent
	KindFinding    = "finding"     // Finding
	KindCaseEnd    = "case_end"    // CaseEndEvent
	KindResult     = "result"      // ResultEvent
)

// Event is one line of a journal.
type Event struct {
	Seq        uint64          `json:"seq"`
	Time       time.Time       `json:"time"`
	Experiment string          `json:"experiment,omitempty"`
	Kind       string          `json:"kind"`
	Data       json.RawMessage `json:"data"`
}

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
	mu   sync.Mutex
	file *os.File
	seq  uint64
	path string
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
	return &Journal{file: f, path: path}, nil
}

// Path of the journal file.
func (j *Journal) Path() string { return j.path }

// WriteError is a journal that cannot be written: a full disk, mostly. Nothing
// may be measured after it.
type WriteError struct{ Err error }

func (e *WriteError) Error() string { return e.Err.Error() }
func (e *WriteError) Unwrap() error { return e.Err }

// Append writes one event and syncs it to disk. Its error is a *WriteError.
func (j *Journal) Append(experiment, kind string, data any) error {
	if err := j.append(experiment, kind, data); err != nil {
		return &WriteError{err}
	}
	return nil
}

func (j *Journal) append(experiment, kind string, data any) error {
	raw, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("journal %s: %s event: %w", j.path, kind, err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	event, err := json.Marshal(Event{Seq: j.seq + 1, Time: time.Now().UTC(), Experiment: experiment, Kind: kind, Data: raw})
	if err != nil {
		return fmt.Errorf("journal %s: %w", j.path, err)
	}
	b, err := json.Marshal(line{Sum: sum(event), Event: event})
	if err != nil {
		return fmt.Errorf("journal %s: %w", j.path, err)
	}
	if _, err := j.file.Write(append(b, '\n')); err != nil {
		return fmt.Errorf("journal %s: %w (free space, then run again; what is already in it is kept)", j.path, err)
	}
	if err := j.file.Sync(); err != nil {
		return fmt.Errorf("journal %s: sync: %w", j.path, err)
	}
	j.seq++
	return nil
}

// Close the file.
func (j *Journal) Close() error { return j.file.Close() }

func sum(b []byte) string { return fmt.Sprintf("%08x", crc32.Checksum(b, castagnoli)) }

// ReadJournal reads a journal's events. A torn last line, as a crash leaves it,
// is dropped and reported by torn; damage anywhere else is an error that names
// the line.
func ReadJournal(path string) (events []Event, torn bool, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, false, fmt.Errorf("journal: %w", err)
	}
	defer f.Close()
	return readEvents(f, path)
}

func readEvents(r io.Reader, path string) (events []Event, torn bool, err error) {
	br := bufio.NewReader(r)
	for n := 1; ; n++ {
		raw, readErr := br.ReadBytes('\n')
		if len(raw) == 0 && errors.Is(readErr, io.EOF) {
			return events, false, nil
		}
		if readErr != nil && !errors.Is(readErr, io.EOF) {
			return events, false, fmt.Errorf("journal %s: %w", path, readErr)
		}
		ev, parseErr := parseLine(bytes.TrimSuffix(raw, []byte("\n")))
		switch {
		case parseErr == nil && readErr == nil:
			if want := uint64(len(events) + 1); ev.Seq != want {
				return events, false, fmt.Errorf("journal %s:%d: event %d where %d belongs: a line is missing", path, n, ev.Seq, want)
			}
			events = append(events, ev)
		case isLast(br):
			return events, true, nil
		default:
			return events, false, fmt.Errorf("journal %s:%d: %w", path, n, parseErr)
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
