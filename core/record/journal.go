package record

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/assay-bench/assay/core/internal/atomicfile"
	"github.com/assay-bench/assay/metal/filelock"
)

// Journal is the append-only record of a session. Once Append returns, the line is
// in the file, so that whatever was acknowledged after it survives the end of host
// and plugin. It is on disk as well, and survives that of the machine, but for what
// happens inside a round: see Hasty. Safe for concurrent use.
type Journal struct {
	mu     sync.Mutex
	file   *os.File
	opened os.FileInfo // which file it is
	seq    uint64
	size   int64 // of the lines that are whole
	path   string
	took   time.Duration // Append, in all
	line   bytes.Buffer  // the last
	synced time.Time     // when it was last put on disk
	failed error         // of the write that ended it
}

// CreateJournal starts a journal in dir, which it creates.
func CreateJournal(dir string) (*Journal, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("the session's journal cannot be written: %w; make that folder writable, or run assay in another one", err)
	}
	path := filepath.Join(dir, "journal.jsonl")
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o644)
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	j := &Journal{file: f, path: path}
	if err := j.lock(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return j, nil
}

// OpenJournal goes on with a journal: it calls f with its events, cuts off a torn
// last line, and appends to it from then on. Nobody else may write to it meanwhile:
// another open journal of the same path is an error.
func OpenJournal(path string, f func(Event) error) (*Journal, error) {
	read, err := atomicfile.Open(path) // says what is no file
	if err == nil {
		err = read.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	j := &Journal{file: file, path: path}
	if err := j.resume(f); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return j, nil
}

func (j *Journal) resume(f func(Event) error) error {
	if err := j.lock(); err != nil {
		return err
	}
	n, whole, err := walkEvents(j.file, j.path, f)
	if err != nil {
		return err
	}
	if err := j.file.Truncate(whole); err != nil {
		return fmt.Errorf("journal %s: cutting off its torn last line: %w", j.path, err)
	}
	j.seq, j.size = n, whole
	return nil
}

// lock is held until the file is closed, or its process ends.
func (j *Journal) lock() error {
	if err := filelock.Try(j.file, filelock.Exclusive); err != nil {
		return fmt.Errorf("journal %s: another session writes to it: %w", j.path, err)
	}
	var err error
	j.opened, err = j.file.Stat()
	return err
}

// Path of the journal file.
func (j *Journal) Path() string { return j.path }

// Reader reads the lines that were written, wherever the file is by now.
func (j *Journal) Reader() *io.SectionReader {
	j.mu.Lock()
	defer j.mu.Unlock()
	return io.NewSectionReader(j.file, 0, j.size)
}

// Took is how long Append took in all.
func (j *Journal) Took() time.Duration {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.took
}

// WriteError is a journal or a document that cannot be written: a full disk, mostly. Nothing
// may be measured after it.
type WriteError struct{ Err error }

func (e *WriteError) Error() string { return e.Err.Error() }
func (e *WriteError) Unwrap() error { return e.Err }

// Append writes one event, under the next sequence number, and gives it back. Its error is a
// *WriteError. After a failed write nothing more is written: a part of the line may
// stand at the end, and only there a reader takes it for a torn one.
func (j *Journal) Append(e Event) (Event, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	began := time.Now()
	defer func() { j.took += time.Since(began) }()
	e.Seq = j.seq + 1
	e.Data = completed(e.Data)
	if err := encode(&j.line, e); err != nil {
		return e, &WriteError{fmt.Errorf("journal %s: %w", j.path, err)}
	}
	if j.failed != nil {
		return e, j.failed
	}
	if err := j.write(e.Data); err != nil {
		j.failed = &WriteError{fmt.Errorf("journal %s: %w", j.path, err)}
		return e, j.failed
	}
	j.seq, j.size = j.seq+1, j.size+int64(j.line.Len())
	return e, nil
}

func (j *Journal) write(d Data) error {
	if err := j.there(); err != nil {
		return err
	}
	hasty, passing := pace(d)
	hurries := (hasty || passing) && time.Since(j.synced) < longestUnsynced
	if !hurries {
		if err := j.found(); err != nil {
			return err
		}
	}
	if _, err := j.file.Write(j.line.Bytes()); err != nil {
		return fmt.Errorf("%w (free space first; what is already in it is kept)", err)
	}
	if hurries || passing {
		return nil
	}
	if err := j.file.Sync(); err != nil {
		return fmt.Errorf("sync: %w", err)
	}
	j.synced = time.Now()
	return nil
}

// longestUnsynced is how seldom what is hasty waits for the disk, and how seldom the
// file is looked for under its name before that or before what passes. The first takes
// up to some milliseconds, as long as a sample does: after each it was 6 % of a session.
const longestUnsynced = time.Second

var errGone = errors.New("it was deleted or moved while the session writes to it; the session ends, and its documents have what was measured")

// there says that the file has a name, and is as it was left. Without that what is
// measured would be lost with the session, or is already.
func (j *Journal) there() error {
	var own unix.Stat_t
	if err := unix.Fstat(int(j.file.Fd()), &own); err != nil {
		return err
	}
	switch {
	case own.Nlink == 0:
		if err := j.found(); err != nil {
			return err // says what is there instead
		}
		return errGone
	case own.Size != j.size:
		return fmt.Errorf("something else wrote to it or cut it, it has %d bytes instead of %d; the session ends, and its documents have what is left", own.Size, j.size)
	}
	return nil
}

// found says that the file is still the one of its name.
func (j *Journal) found() error {
	at, err := os.Stat(j.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errGone
	case err != nil:
		return err
	case !os.SameFile(j.opened, at):
		return errors.New("another file was put in its place while the session writes to it; the session ends, and its documents have what was measured")
	}
	return nil
}

// Close the file.
func (j *Journal) Close() error { return j.file.Close() }
