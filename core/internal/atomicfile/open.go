package atomicfile

import (
	"io"
	"os"

	"github.com/assay-bench/assay/metal/regular"
)

// Open opens a regular file for reading, and refuses anything else: a pipe would
// wait for its writer, and a device may have no end.
func Open(path string) (*os.File, error) {
	f, _, err := regular.Open(path)
	return f, err
}

// Read is the content of a regular file.
func Read(path string) ([]byte, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // read only
	return io.ReadAll(f)
}
