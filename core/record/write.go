package record

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/assay-bench/assay/core/internal/atomicfile"
)

// WriteResult writes a result document, whole or not at all, and makes its
// folder. Samples that its rounds let go are read out of the journal of its
// session, which may be nil for one that has all. The document has no indentation,
// which was half of its size: `assay show --json` prints it with.
func WriteResult(path string, r *Result, journal *io.SectionReader) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("result folder %s: %w", dir, err)
	}
	if err := atomicfile.Stream(path, func(w io.Writer) error { return r.Encode(w, journal) }); err != nil {
		return fmt.Errorf("result: %w", err)
	}
	return nil
}

// Encode writes what WriteResult puts into the file.
func (r *Result) Encode(w io.Writer, journal *io.SectionReader) error {
	var from *source
	if journal != nil {
		from = newSource(journal, r.Experiment.Name)
		defer from.stop()
	}
	out := &writer{w: bufio.NewWriterSize(w, 1<<16), from: from}
	if err := out.document(r); err != nil {
		return err
	}
	out.text("\n")
	return out.w.Flush()
}

// writer writes a document a round at a time, as read reads it. What it writes is
// what json.Marshal would make of the document.
type writer struct {
	w    *bufio.Writer
	from *source // nil: the rounds have their samples
}

func (w *writer) text(s string) { _, _ = w.w.WriteString(s) } // Flush has the error

func (w *writer) document(r *Result) error {
	complete(r)
	return w.object(r, map[string]func() error{"cases": func() error {
		return w.list(len(r.Cases), func(i int) error { return w.caseOf(&r.Cases[i]) })
	}})
}

func (w *writer) caseOf(c *Case) error {
	lean := *c
	lean.Variants = append([]Variant{}, c.Variants...)
	for i := range lean.Variants {
		lean.Variants[i].Checks = nil // they stand in the rounds
	}
	number := 0
	rounds := func(n int) error {
		return w.list(n, func(int) error {
			number++
			return w.round(c, number)
		})
	}
	return w.object(&lean, map[string]func() error{
		"rounds": func() error { return rounds(len(c.Rounds)) },
		"races": func() error {
			return w.list(len(c.Races), func(i int) error {
				x := &c.Races[i]
				return w.object(x, map[string]func() error{"rounds": func() error { return rounds(len(x.Rounds)) }})
			})
		},
	})
}

func (w *writer) round(c *Case, number int) error {
	x := c.Round(number)
	if w.from != nil {
		var err error
		if x, err = w.from.fill(c, number); err != nil {
			return err
		}
	}
	return w.value(x)
}

// object writes the fields of a struct; parts write some of them.
func (w *writer) object(of any, parts map[string]func() error) error {
	v := reflect.ValueOf(of).Elem()
	sep := "{"
	for i := range v.NumField() {
		name, options, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		field := v.Field(i)
		if name == "-" || options == "omitempty" && empty(field) {
			continue
		}
		w.text(sep + `"` + name + `":`)
		sep = ","
		write := parts[name]
		if write == nil {
			write = func() error { return w.value(field.Interface()) }
		}
		if err := write(); err != nil {
			return err
		}
	}
	w.text("}")
	return nil
}

func empty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice, reflect.Map, reflect.String:
		return v.Len() == 0
	}
	return v.IsZero()
}

func (w *writer) list(n int, each func(int) error) error {
	w.text("[")
	for i := range n {
		if i > 0 {
			w.text(",")
		}
		if err := each(i); err != nil {
			return err
		}
	}
	w.text("]")
	return nil
}

func (w *writer) value(v any) error {
	b, err := json.Marshal(v)
	if err == nil {
		_, err = w.w.Write(b)
	}
	return err
}
