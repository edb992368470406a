package report

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/assay-bench/assay/core/compare"
	"github.com/assay-bench/assay/core/internal/fakeresult"
	"github.com/assay-bench/assay/core/internal/jsonfuzz"
	"github.com/assay-bench/assay/core/record"
	"github.com/assay-bench/assay/core/rejudge"
)

// small is a document of which a fuzz target changes one value.
func small(f *testing.F) *jsonfuzz.Text {
	f.Helper()
	r, err := fakeresult.Small()
	if err != nil {
		f.Fatal(err)
	}
	text, err := jsonfuzz.New(r)
	if err != nil {
		f.Fatal(err)
	}
	return text
}

// decode reads a document; nil: it is refused.
func decode(raw []byte) *record.Result {
	var r record.Result
	if json.Unmarshal(raw, &r) != nil {
		return nil
	}
	return &r
}

// FuzzShow: whatever a document holds, it is shown as text.
func FuzzShow(f *testing.F) {
	text := small(f)
	text.Seed(f.Add)
	f.Fuzz(func(t *testing.T, at uint, value []byte) {
		r := decode(text.With(at, value))
		if r == nil {
			return
		}
		var out bytes.Buffer
		Result(&out, r, Style{Color: at%2 == 0, Width: int(at % 120)})
		Summary(&out, []*record.Result{r}, Style{})
		readable(t, out.String())
	})
}

// FuzzExplain: what is judged again is shown as well.
func FuzzExplain(f *testing.F) {
	text := small(f)
	text.Seed(f.Add)
	f.Fuzz(func(t *testing.T, at uint, value []byte) {
		r := decode(text.With(at, value))
		if r == nil {
			return
		}
		rep, err := rejudge.Check(r)
		if err != nil {
			return
		}
		var out bytes.Buffer
		Explain(&out, r, rep, Style{})
		readable(t, out.String())
	})
}

// FuzzCompare: two documents that differ in one value are set side by side.
func FuzzCompare(f *testing.F) {
	text := small(f)
	text.Seed(f.Add)
	whole, err := fakeresult.Small()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, at uint, value []byte) {
		r := decode(text.With(at, value))
		if r == nil {
			return
		}
		for _, pair := range [][2]*record.Result{{whole, r}, {r, whole}} {
			rep, err := compare.Compare("a.json", "b.json", pair[0], pair[1])
			if err != nil {
				continue
			}
			var out bytes.Buffer
			Compare(&out, rep, Style{})
			readable(t, out.String())
		}
	})
}

// readable: it is text in lines.
func readable(t *testing.T, out string) {
	t.Helper()
	if out == "" || !strings.HasSuffix(out, "\n") || !utf8.ValidString(out) {
		t.Fatalf("%q", out)
	}
}
