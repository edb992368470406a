// Package regular opens files by a name that somebody gave, and takes regular files
// only: a pipe would wait for its writer, and a device may have no end. What is
// checked is the file that was opened, not one that stood there before.
//
// It knows nothing of devices; whoever opens such files may import it.
package regular

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// ErrIrregular is why a folder, a pipe, a socket or a device is not opened.
var ErrIrregular = errors.New("it is no regular file")

// ErrTooLarge is why a file is not read; see [Read].
var ErrTooLarge = errors.New("it is too large")

// Open opens a file for reading.
func Open(path string) (*os.File, fs.FileInfo, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // O_NONBLOCK: a pipe is opened at once
	if err != nil {
		if errors.Is(err, syscall.ENXIO) || errors.Is(err, syscall.EOPNOTSUPP) { // a socket
			err = &fs.PathError{Op: "open", Path: path, Err: ErrIrregular}
		}
		return nil, nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: path, Err: ErrIrregular}
	}
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return f, info, nil
}

// Read is the content of a file of at most so many bytes.
func Read(path string, most int64) ([]byte, error) {
	f, _, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(b)) > most {
		err = &fs.PathError{Op: "read", Path: path, Err: fmt.Errorf("%w: it has more than %d bytes", ErrTooLarge, most)}
	}
	if err != nil {
		return nil, err
	}
	return b, nil
}
