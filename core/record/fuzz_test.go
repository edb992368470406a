package record_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"testing"

	"github.com/assay-bench/assay/core/internal/fakeresult"
	"github.com/assay-bench/assay/core/internal/jsonfuzz"
	"github.com/assay-bench/assay/core/record"
)

// FuzzReadJournal: whatever a journal holds, its events are numbered through.
func FuzzReadJournal(f *testing.F) {
	lines := smallJournal(f)
	for _, l := range lines {
		f.Add(l)
	}
	f.Add(bytes.Join(lines[:min(12, len(lines))], nil))
	f.Add([]byte(`{"sum":"00000000","event":{}}` + "\n"))
	f.Add([]byte("\n\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		n := uint64(0)
		_, _, _ = record.WalkEvents(bytes.NewReader(b), "j", func(e record.Event) error {
			if n++; e.Seq != n {
				t.Fatalf("event %d has sequence %d", n, e.Seq)
			}
			return nil
		})
	})
}

// FuzzRecover: whatever stands in an event of a whole journal, documents are made of
// it that JSON can hold and a reader takes, or it is refused.
func FuzzRecover(f *testing.F) {
	var lines [][]byte
	var texts []*jsonfuzz.Text
	for _, line := range smallJournal(f) {
		var l struct{ Event record.Event }
		if err := json.Unmarshal(line, &l); err != nil {
			f.Fatal(err)
		}
		text, err := jsonfuzz.New(l.Event)
		if err != nil {
			f.Fatal(err)
		}
		lines, texts = append(lines, line), append(texts, text)
	}
	for i, text := range texts {
		for n := i % 4; n < min(text.Values(), 40); n += 4 {
			f.Add(uint(i), uint(n), []byte(jsonfuzz.Seeds[(i+n)%len(jsonfuzz.Seeds)]))
		}
	}
	f.Fuzz(func(t *testing.T, which, at uint, value []byte) {
		i := which % uint(len(lines))
		var e record.Event
		if json.Unmarshal(texts[i].With(at, value), &e) != nil {
			return
		}
		made, err := record.RecoverFrom(slices.Concat(bytes.Join(lines[:i], nil), lineOf(t, e), bytes.Join(lines[i+1:], nil)))
		if err != nil {
			return
		}
		for _, d := range made.Documents {
			var raw bytes.Buffer
			if err := d.EncodeWhole(&raw); err != nil {
				t.Fatalf("a recovered document cannot be written: %v", err)
			}
			if _, err := record.ReadFrom("r.json", bytes.NewReader(raw.Bytes())); err != nil {
				t.Fatalf("a recovered document cannot be read: %v", err)
			}
		}
	})
}

// FuzzReadResult: what is read of a document can be written and read again.
func FuzzReadResult(f *testing.F) {
	r, err := fakeresult.Small()
	if err != nil {
		f.Fatal(err)
	}
	text, err := jsonfuzz.New(r)
	if err != nil {
		f.Fatal(err)
	}
	text.Seed(f.Add)
	f.Fuzz(func(t *testing.T, at uint, value []byte) {
		r, err := record.ReadFrom("r.json", bytes.NewReader(text.With(at, value)))
		if err != nil {
			return
		}
		raw, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := record.ReadFrom("r.json", bytes.NewReader(raw)); err != nil {
			t.Fatalf("read, written and not read again: %v", err)
		}
	})
}

// FuzzRows: rows that are taken are there once more after they were written.
func FuzzRows(f *testing.F) {
	f.Add([]byte(`[{"a":1},2,null]`))
	f.Add([]byte(" \n"))
	f.Add([]byte(`{"a":[`))
	f.Fuzz(func(t *testing.T, b []byte) {
		rows, err := record.ParseRows("rows.json", b)
		if err != nil {
			return
		}
		raw, err := json.MarshalIndent(rows, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		again, err := record.ParseRows("rows.json", raw)
		if err != nil || len(again) != len(rows) {
			t.Fatalf("%d rows became %d: %v", len(rows), len(again), err)
		}
	})
}

func lineOf(t testing.TB, e record.Event) []byte {
	t.Helper()
	raw, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Appendf(nil, "{\"sum\":\"%s\",\"event\":%s}\n", record.Sum(raw), raw)
}

// smallJournal is the lines of a session of a few rounds.
func smallJournal(f *testing.F) [][]byte {
	f.Helper()
	dir := f.TempDir()
	if _, err := fakeresult.New(fakeresult.Options{Folder: dir, Single: 1}); err != nil {
		f.Fatal(err)
	}
	var lines [][]byte
	rounds := 0
	_, err := record.WalkJournal(filepath.Join(dir, "journal.jsonl"), func(e record.Event) error {
		if _, ok := e.Data.(record.RoundBeginEvent); ok {
			rounds++
		}
		if rounds > 2 {
			return io.EOF
		}
		lines = append(lines, lineOf(f, e))
		return nil
	})
	if err != nil && err != io.EOF { //nolint:errorlint // as it was given
		f.Fatal(err)
	}
	return lines
}
