package zmlx

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/assay-bench/assay/core/history"
	"github.com/assay-bench/assay/core/internal/jsonfuzz"
	"github.com/assay-bench/assay/core/report"
)

// FuzzRead: every row of a file that changed in one value is kept or rejected, and
// what is kept can be written and shown.
func FuzzRead(f *testing.F) {
	var texts []*jsonfuzz.Text
	files, err := filepath.Glob("testdata/*.json*")
	if err != nil || len(files) == 0 {
		f.Fatal(files, err)
	}
	for _, p := range files {
		raw, err := os.ReadFile(p)
		if err != nil {
			f.Fatal(err)
		}
		raw, _, _ = bytes.Cut(raw, []byte("\n{")) // of rows the first
		text, err := jsonfuzz.New(json.RawMessage(raw))
		if err != nil {
			f.Fatal(err)
		}
		for n := range text.Values() {
			f.Add(uint(len(texts)), uint(n), []byte(jsonfuzz.Seeds[n%len(jsonfuzz.Seeds)]))
		}
		texts = append(texts, text)
	}
	f.Add(uint(0), uint(0), []byte(good+"\n"+good))
	f.Add(uint(0), uint(0), []byte(`[{"model_id":"m","decode_tps_baseline":1e300,"decode_tps_patched":1e-300}]`))
	f.Fuzz(func(t *testing.T, which, at uint, value []byte) {
		d := &history.Document{}
		in := &file{doc: d, name: "f", warned: map[string]*warning{}}
		err := in.read(texts[which%uint(len(texts))].With(at, value))
		in.warn()
		if in.facts.RowsOut != len(d.Rows) || in.facts.Rejected != len(d.Rejected) {
			t.Fatalf("counts %+v, %d rows, %d rejected", in.facts, len(d.Rows), len(d.Rejected))
		}
		if err != nil {
			return
		}
		if err := d.Summarize(); err != nil {
			t.Fatal(err)
		}
		if _, err := json.Marshal(d); err != nil {
			t.Fatal(err)
		}
		report.Imported(io.Discard, d, report.Style{})
	})
}
