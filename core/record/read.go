package record

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/assay-bench/assay/core/internal/atomicfile"
)

// ReadResult reads a result document and refuses what it does not understand.
func ReadResult(path string) (*Result, error) {
	return read(path, func(int, *Case, *Round) error { return nil })
}

// ReadReduced reads a document to be judged, not to be written: of each round it
// keeps what is computed from its samples, and metrics that a plugin reports with
// them, so that memory does not grow with the samples themselves.
func ReadReduced(path string) (*Result, error) {
	return read(path, func(_ int, c *Case, x *Round) error {
		var before *Round
		if n := len(c.Rounds); n > 0 {
			before = &c.Rounds[n-1]
		}
		return x.reduce(before)
	})
}

// ReadSketch reads a document to be shown: it passes over the samples.
func ReadSketch(path string) (*Result, error) {
	return readRounds(path, withoutSamples, func(int, *Case, *Round) error { return nil })
}

// ReadHead reads a document without its rounds, but for those that the variants'
// checks are computed from.
func ReadHead(path string) (*Result, error) {
	f, err := atomicfile.Open(path)
	if err != nil {
		return nil, fmt.Errorf("result: %w", err)
	}
	defer f.Close() //nolint:errcheck // read only
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("result: %w", err)
	}
	if info.Size() > inMemory {
		return streamHead(path)
	}
	b := documents.Get().(*bytes.Buffer)
	defer documents.Put(b)
	b.Reset()
	b.Grow(int(info.Size()) + bytes.MinRead)
	if _, err := b.ReadFrom(f); err != nil {
		return nil, fmt.Errorf("result: %w", err)
	}
	return readFrom(path, bytes.NewReader(withoutRounds(b.Bytes())), nil, func(int, *Case, *Round) error { return nil })
}

// inMemory is the size up to which a document is taken into memory whole.
const inMemory = 64 << 20

// documents are buffers that documents were read into; nothing that is decoded refers
// to one.
var documents = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// streamHead is ReadHead with one round in memory at a time.
func streamHead(path string) (*Result, error) {
	return readRounds(path, withoutRound, func(int, *Case, *Round) error { return nil })
}

// ReadRound reads one round of a document with its samples, both counted from 0.
func ReadRound(path string, number, round int) (*Round, error) {
	var found *Round
	_, err := read(path, func(i int, c *Case, x *Round) error {
		if i == number && len(c.Rounds) == round {
			kept := *x
			found = &kept
		}
		x.Visits = nil
		return nil
	})
	if err == nil && found == nil {
		err = fmt.Errorf("result %s: it has no round %d in case %d any more", path, round+1, number+1)
	}
	return found, err
}

// read calls each with every round before it is added to its case.
func read(path string, each func(number int, c *Case, x *Round) error) (*Result, error) {
	return readRounds(path, nil, each)
}

func readRounds(path string, cut func([]byte) []byte, each func(number int, c *Case, x *Round) error) (*Result, error) {
	f, err := atomicfile.Open(path)
	if err != nil {
		return nil, fmt.Errorf("result: %w", err)
	}
	defer f.Close() //nolint:errcheck // read only
	return readFrom(path, bufio.NewReaderSize(f, 1<<16), cut, each)
}

// readFrom reads a document; path is what messages call it. It lets a round's JSON
// pass cut, unless that is nil.
func readFrom(path string, f io.Reader, cut func([]byte) []byte, each func(number int, c *Case, x *Round) error) (*Result, error) {
	w := walker{json.NewDecoder(f), cut}
	w.DisallowUnknownFields()
	var r Result
	err := w.document(&r, each)
	var syntax *json.SyntaxError
	version := r.SchemaVersion
	switch {
	case errors.As(err, new(*fs.PathError)):
		return nil, fmt.Errorf("result: %w", err)
	case errors.Is(err, io.EOF) && w.InputOffset() == 0:
		return nil, fmt.Errorf("result %s: not a result document: it is empty", path)
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return nil, fmt.Errorf("result %s: it ends in the middle: copy it again, or make it again from its journal with assay recover", path)
	case err != nil && version == 0 && (errors.As(err, &syntax) || errors.As(err, new(*json.UnmarshalTypeError))):
		return nil, fmt.Errorf("result %s: not a result document: %w", path, plainJSON(err))
	case version == 0:
		return nil, fmt.Errorf("result %s: no schema_version: not a result document of assay", path)
	case version < oldestSchema || version > SchemaVersion:
		return nil, fmt.Errorf("result %s: schema version %d, this assay reads %d to %d", path, version, oldestSchema, SchemaVersion)
	case err != nil:
		return nil, fmt.Errorf("result %s: %w", path, plainJSON(err))
	}
	r.SchemaVersion = SchemaVersion
	for i := range r.Cases {
		c := &r.Cases[i]
		if base := c.baseline(); base != nil {
			for j := range c.Variants {
				c.Variants[j].collectChecks(base.Name, c.everyRound())
			}
		}
	}
	return &r, nil
}

// walker reads a document a round at a time.
type walker struct {
	*json.Decoder
	cut func(round []byte) []byte
}

func (w walker) document(r *Result, each func(int, *Case, *Round) error) error {
	err := w.object(func(key string) error {
		if key != "cases" {
			return w.field(r, key)
		}
		return w.list(func() { r.Cases = []Case{} }, func() error {
			var c Case
			err := w.caseOf(&c, func(x *Round) error { return each(len(r.Cases), &c, x) })
			r.Cases = append(r.Cases, c)
			return err
		})
	})
	if err != nil {
		return err
	}
	if _, err := w.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the document")
	}
	return nil
}

func (w walker) caseOf(c *Case, each func(*Round) error) error {
	return w.object(func(key string) error {
		if key != "rounds" {
			return w.field(c, key)
		}
		return w.list(func() { c.Rounds = []Round{} }, func() error {
			var x Round
			if err := w.round(&x); err != nil {
				return err
			}
			err := each(&x)
			c.Rounds = append(c.Rounds, x)
			return err
		})
	})
}

func (w walker) round(x *Round) error {
	if w.cut == nil {
		return w.Decode(x)
	}
	var raw json.RawMessage
	if err := w.Decode(&raw); err != nil {
		return err
	}
	return json.Unmarshal(w.cut(raw), x)
}

// field decodes the value of a key of a struct, and refuses keys that it lacks.
func (w walker) field(to any, key string) error {
	v := reflect.ValueOf(to).Elem()
	for i := range v.NumField() {
		if name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ","); name == key {
			return w.Decode(v.Field(i).Addr().Interface())
		}
	}
	return fmt.Errorf("json: unknown field %q", key)
}

func (w walker) object(each func(key string) error) error {
	if null, err := w.open('{'); null || err != nil {
		return err
	}
	for w.More() {
		key, err := w.Token()
		if err != nil {
			return err
		}
		if err := each(key.(string)); err != nil {
			return err
		}
	}
	_, err := w.Token()
	return err
}

func (w walker) list(begin func(), each func() error) error {
	if null, err := w.open('['); null || err != nil {
		return err
	}
	begin()
	for w.More() {
		if err := each(); err != nil {
			return err
		}
	}
	_, err := w.Token()
	return err
}

func (w walker) open(want json.Delim) (null bool, err error) {
	t, err := w.Token()
	if err != nil || t == nil || t == want {
		return t == nil, err
	}
	kind := map[bool]string{true: "array", false: "object"}[t == json.Delim('[')]
	if !slices.Contains([]any{json.Delim('['), json.Delim('{')}, any(t)) {
		kind = strings.TrimSuffix(fmt.Sprintf("%T", t), "64")
	}
	return false, &json.UnmarshalTypeError{Value: kind, Offset: w.InputOffset()}
}
