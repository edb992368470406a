package record

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/assay-bench/assay/core/internal/atomicfile"
	"github.com/assay-bench/assay/metal/filelock"
)

// WriteFile replaces a file, whole or not at all, and makes its folder.
func WriteFile(path string, b []byte) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return &WriteError{fmt.Errorf("result folder %s: %w", dir, err)}
	}
	if err := atomicfile.Write(path, b); err != nil {
		return fmt.Errorf("result: %w", err)
	}
	return nil
}

// plainJSON says without Go's types what a value should not have been.
func plainJSON(err error) error {
	var t *json.UnmarshalTypeError
	if !errors.As(err, &t) {
		return err
	}
	if t.Field == "" {
		return fmt.Errorf("it holds a JSON %s", t.Value)
	}
	return fmt.Errorf("%s cannot be the %s at byte %d", t.Field, t.Value, t.Offset)
}

// AppendJSON adds rows to the JSON array in path, which it creates. Two
// sessions that append at once both land: the file is locked while it is
// rewritten, and replaced whole.
func AppendJSON(path string, add []Row) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return &WriteError{fmt.Errorf("append %s: %w", path, err)}
	}
	lock, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return &WriteError{fmt.Errorf("append %s: %w", path, err)}
	}
	defer lock.Close()
	if err := filelock.Wait(context.Background(), func() error { return filelock.Try(lock, filelock.Exclusive) }, nil); err != nil {
		return fmt.Errorf("append %s: lock %s: %w", path, lock.Name(), err)
	}
	rows, err := ReadRows(path)
	if err != nil {
		return err
	}
	for _, row := range add {
		raw, err := json.Marshal(row)
		if err != nil {
			return fmt.Errorf("append %s: %w", path, err)
		}
		rows = append(rows, raw)
	}
	out, err := json.MarshalIndent(rows, "", "  ")
	if err != nil {
		return fmt.Errorf("append %s: %w", path, err)
	}
	return WriteFile(path, append(out, '\n'))
}

// ReadRows gives the rows that AppendJSON would add to; none if there is no file.
func ReadRows(path string) (rows []json.RawMessage, err error) {
	b, err := atomicfile.Read(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("append: %w", err)
	}
	return parseRows(path, b)
}

func parseRows(path string, b []byte) (rows []json.RawMessage, err error) {
	if len(bytes.TrimSpace(b)) > 0 {
		if err := json.Unmarshal(b, &rows); err != nil {
			return nil, fmt.Errorf("append %s: not a JSON array, left as it is: %w", path, plainJSON(err))
		}
	}
	return rows, nil
}

// LooksLikeResult says whether a file is a JSON object with a schema version,
// which documents begin with.
func LooksLikeResult(path string) bool {
	f, err := atomicfile.Open(path)
	if err != nil {
		return false
	}
	defer f.Close() //nolint:errcheck // read only
	w, found := walker{Decoder: json.NewDecoder(f)}, false
	err = w.object(func(key string) error {
		if found = key == "schema_version"; found {
			return errFound
		}
		return w.Decode(new(json.RawMessage))
	})
	return found && errors.Is(err, errFound)
}

var errFound = errors.New("found")
