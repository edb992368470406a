package zmlx

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"sort"

	"github.com/assay-bench/assay/core/history"
	"github.com/assay-bench/assay/core/internal/atomicfile"
)

// maxFile guards against reading something else by mistake.
const maxFile = 256 << 20

// Tool is what the document says of its origin.
const Tool = "zmlx"

// Read adds one file's rows to the document. An error is a file that cannot be
// read at all or holds no row of any known shape.
func Read(d *history.Document, path string) error {
	raw, err := readFile(path)
	if err != nil {
		return err
	}
	f := &file{doc: d, name: filepath.Base(path), warned: map[string]*warning{}}
	sum := sha256.Sum256(raw)
	f.facts = history.File{Name: f.name, SHA256: hex.EncodeToString(sum[:])}
	if err := f.read(raw); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	f.facts.RowsIn = f.facts.RowsOut + f.facts.Rejected
	d.Files = append(d.Files, f.facts)
	f.warn()
	return nil
}

func readFile(path string) ([]byte, error) {
	in, err := atomicfile.Open(path)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	raw, err := io.ReadAll(io.LimitReader(in, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(raw) > maxFile {
		return nil, fmt.Errorf("%s: more than %d MiB: not a record of zmlx", path, maxFile>>20)
	}
	return raw, nil
}

// file is one file being read.
type file struct {
	doc    *history.Document
	name   string
	facts  history.File
	warned map[string]*warning
}

// A warning is told once per field, however many rows have it.
type warning struct {
	text  string
	first string
	rows  int
}

func (f *file) note(source, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if w := f.warned[text]; w != nil {
		w.rows++
		return
	}
	f.warned[text] = &warning{text: text, first: source, rows: 1}
}

func (f *file) warn() {
	var all []string
	for _, w := range f.warned {
		s := w.first + ": " + w.text
		if w.rows > 1 {
			s += fmt.Sprintf(" (and in %d more rows)", w.rows-1)
		}
		all = append(all, s)
	}
	sort.Strings(all)
	f.doc.Warnings = append(f.doc.Warnings, all...)
}

func (f *file) reject(source string, text []byte, reason string) {
	f.facts.Rejected++
	f.doc.Rejected = append(f.doc.Rejected, history.Rejected{Source: source, Reason: reason, Text: string(text)})
}

func (f *file) accept(r history.Row) {
	f.facts.RowsOut++
	f.doc.Rows = append(f.doc.Rows, r)
}

// read tells the shapes apart: a whole file that is one object with sections is
// a capsule, an array or lines of objects are a matrix.
func (f *file) read(raw []byte) error {
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	trimmed := bytes.TrimSpace(raw)
	if len(trimmed) == 0 {
		return errors.New("the file is empty")
	}
	if whole, ok := object(trimmed); ok {
		switch {
		case isCapsule(whole):
			return f.capsule(whole)
		case whole["model_id"] != nil || whole["model"] != nil:
			f.matrixRow(f.name+":1", trimmed, whole)
			return nil
		}
		return errors.New("a JSON object, but neither a capsule (a section with \"baseline\" and \"patched\") nor a matrix row (\"model_id\")")
	}
	var list []json.RawMessage
	if json.Unmarshal(trimmed, &list) == nil {
		for i, item := range list {
			f.line(fmt.Sprintf("%s[%d]", f.name, i), item)
		}
	} else {
		for i, line := range bytes.Split(raw, []byte("\n")) {
			if line = bytes.TrimSpace(line); len(line) > 0 {
				f.line(fmt.Sprintf("%s:%d", f.name, i+1), line)
			}
		}
	}
	if f.facts.RowsOut == 0 {
		reason := "no row"
		if n := len(f.doc.Rejected); f.facts.Rejected > 0 {
			reason = f.doc.Rejected[n-1].Source + ": " + f.doc.Rejected[n-1].Reason
		}
		return fmt.Errorf("nothing in it is a record of zmlx (%s)", reason)
	}
	return nil
}

func (f *file) line(source string, line []byte) {
	fields, ok := object(line)
	if !ok {
		f.reject(source, line, "not a JSON object")
		return
	}
	f.matrixRow(source, line, fields)
}

func object(raw []byte) (map[string]json.RawMessage, bool) {
	var m map[string]json.RawMessage
	if len(raw) == 0 || raw[0] != '{' || json.Unmarshal(raw, &m) != nil {
		return nil, false
	}
	return m, true
}
