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
	"slices"
	"sort"

	"github.com/assay-bench/assay/core/history"
	"github.com/assay-bench/assay/core/internal/atomicfile"
)

// maxFile guards against reading something else by mistake.
const maxFile = 256 << 20

// Tool is what the document says of its origin.
const Tool = "zmlx"

// Read adds one file's rows to the document. A file of another shape, or one that
// holds no comparison of a model with and without patches, is listed with the reason.
// An error is a file that cannot be read at all.
func Read(d *history.Document, path string) error {
	raw, err := readFile(path)
	if err != nil {
		return err
	}
	f := &file{doc: d, name: filepath.Base(path), warned: map[string]*warning{}}
	sum := sha256.Sum256(raw)
	f.facts = history.File{Name: f.name, SHA256: hex.EncodeToString(sum[:])}
	if err := f.read(raw); err != nil {
		f.facts.Unread = err.Error()
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

func (f *file) reject(r history.Row, text []byte, reason string) {
	f.facts.Rejected++
	f.doc.Rejected = append(f.doc.Rejected, history.Rejected{Source: r.Source, Reason: reason, Variant: r.Variant, Text: string(text)})
}

func (f *file) accept(r history.Row) {
	f.facts.RowsOut++
	f.doc.Rows = append(f.doc.Rows, r)
}

// A shape is one kind of file: what its object has, and how it is read.
type shape struct {
	kind string
	has  []string // fields, all of them
	read func(*file, map[string]json.RawMessage) error
}

var shapes = []shape{
	{"summary", []string{"suite", "results"}, (*file).summary},
	{"snapshot", []string{"snapshot_name", "rows"}, (*file).snapshot},
	{"end-to-end run", []string{"model", "results", "runs"}, (*file).endToEnd},
	{"stress run", []string{"metadata", "baseline_stats", "patched_stats"}, (*file).stress},
	{"report", []string{"benchmark_metadata"}, (*file).comprehensive},
	{"probe", []string{"meta", "result"}, notCompared("it is of one arm alone, which compares nothing")},
	{"probe", []string{"meta", "delta"}, notCompared("both arms are patched, so that neither is the unpatched model")},
	{"kernel search", []string{"op_name"}, notCompared(ofKernels)},
	{"kernel search", []string{"decisions"}, notCompared(ofKernels)},
	{"kernel search", []string{"candidate_sources"}, notCompared(ofKernels)},
	{"kernel search", []string{"schema_version", "entries"}, notCompared(ofKernels)},
	{"kernel search", []string{"discovered_kernels"}, notCompared(ofKernels)},
	{"microbenchmark", []string{"kind", "speedup_x"}, notCompared(ofKernels)},
	{"kernel search", []string{"target", "best_speedup"}, notCompared(ofKernels)},
}

const ofKernels = "it is about single kernels, not about a model with and without patches"

func notCompared(reason string) func(*file, map[string]json.RawMessage) error {
	return func(*file, map[string]json.RawMessage) error { return errors.New(reason) }
}

// read tells the shapes apart: one object is a capsule or one of shapes, an array or
// lines of objects are a matrix or records of single kernels.
func (f *file) read(raw []byte) error {
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	trimmed := bytes.TrimSpace(raw)
	if len(trimmed) == 0 {
		return errors.New("the file is empty")
	}
	if whole, ok := object(trimmed); ok {
		return f.object(trimmed, whole)
	}
	f.facts.Kind = "matrix"
	var list []json.RawMessage
	if json.Unmarshal(trimmed, &list) == nil {
		if len(list) > 0 {
			if first, ok := object(list[0]); ok {
				if s := shapeOf(first); s != nil {
					f.facts.Kind = s.kind
					return s.read(f, first)
				}
			}
		}
		for i, item := range list {
			f.line(fmt.Sprintf("%s[%d]", f.name, i), item)
		}
	} else {
		lines := bytes.Split(raw, []byte("\n"))
		if bytes.ContainsAny(trimmed[:1], "[{") && !slices.ContainsFunc(lines, isObject) {
			return errors.New("it is neither JSON nor JSON lines")
		}
		for i, line := range lines {
			if line = bytes.TrimSpace(line); len(line) > 0 {
				f.line(fmt.Sprintf("%s:%d", f.name, i+1), line)
			}
		}
	}
	return f.some()
}

func (f *file) object(raw []byte, m map[string]json.RawMessage) error {
	if isCapsule(m) {
		f.facts.Kind = "capsule"
		return f.capsule(m)
	}
	if s := shapeOf(m); s != nil {
		f.facts.Kind = s.kind
		if err := s.read(f, m); err != nil {
			return err
		}
		return f.some()
	}
	if m["model_id"] != nil || m["model"] != nil {
		f.facts.Kind = "matrix"
		f.matrixRow(f.name+":1", raw, m)
		return f.some()
	}
	return errors.New("it is a JSON object of no known shape")
}

func shapeOf(m map[string]json.RawMessage) *shape {
	for i, s := range shapes {
		if !slices.ContainsFunc(s.has, func(name string) bool { return m[name] == nil }) {
			return &shapes[i]
		}
	}
	return nil
}

// some says why not one row was taken.
func (f *file) some() error {
	if f.facts.RowsOut > 0 {
		return nil
	}
	reason := "no row"
	if n := len(f.doc.Rejected); f.facts.Rejected > 0 {
		reason = f.doc.Rejected[n-1].Source + ": " + f.doc.Rejected[n-1].Reason
	}
	return fmt.Errorf("nothing in it is a record of zmlx (%s)", reason)
}

func (f *file) line(source string, line []byte) {
	fields, ok := object(line)
	if !ok {
		f.reject(history.Row{Source: source}, line, "not a JSON object")
		return
	}
	f.matrixRow(source, line, fields)
}

func isObject(line []byte) bool {
	_, ok := object(bytes.TrimSpace(line))
	return ok
}

func object(raw []byte) (map[string]json.RawMessage, bool) {
	var m map[string]json.RawMessage
	if len(raw) == 0 || raw[0] != '{' || json.Unmarshal(raw, &m) != nil {
		return nil, false
	}
	return m, true
}
