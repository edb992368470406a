package record_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assay-bench/assay/core/internal/fakeresult"
	"github.com/assay-bench/assay/core/record"
)

// document is one of two cases, one of whose checks failed.
func document(t testing.TB) []byte {
	t.Helper()
	r, err := fakeresult.New(fakeresult.Options{Cases: []string{"bits=4", "bits=8"}})
	if err != nil {
		t.Fatal(err)
	}
	r.Cases[1].Rounds[3].Prepared[1].Checks = []record.Check{{Name: "close", Kind: "correctness", When: "before", Value: 2, Limit: 1}}
	path := filepath.Join(t.TempDir(), "a.json")
	if err := record.WriteResult(path, r, nil); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func place(t testing.TB, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.json")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A head is the same whether the document is taken whole or a round at a time, and
// however it is laid out. It has every failed check.
func TestReadHead(t *testing.T) {
	compact := document(t)
	var wide bytes.Buffer
	if err := json.Indent(&wide, compact, "", "  "); err != nil {
		t.Fatal(err)
	}
	want, err := record.StreamHead(place(t, compact))
	if err != nil {
		t.Fatal(err)
	}
	for i := range want.Cases { // a round at a time, the others stand there empty
		want.Cases[i].Rounds = slices.DeleteFunc(want.Cases[i].Rounds, func(x record.Round) bool { return x.Prepared == nil })
	}
	if len(want.Cases[0].Rounds) != 0 || len(want.Cases[1].Rounds) != 1 {
		t.Fatalf("%d and %d rounds", len(want.Cases[0].Rounds), len(want.Cases[1].Rounds))
	}
	for name, text := range map[string][]byte{"as it is written": compact, "laid out": wide.Bytes()} {
		got, err := record.ReadHead(place(t, text))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(asJSON(t, want), asJSON(t, got)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if c := got.Cases[1]; c.Unbelieved(&c.Variants[1]) == "" {
			t.Errorf("%s: the failed check is not seen", name)
		}
	}
	for _, cut := range []int{2, 10, 100, len(compact) / 4, len(compact) / 2, len(compact) - 20} {
		if _, err := record.ReadHead(place(t, compact[:len(compact)-cut])); err == nil || !strings.Contains(err.Error(), "it ends in the middle") {
			t.Errorf("without the last %d bytes: %v", cut, err)
		}
	}
}

func asJSON(t *testing.T, r *record.Result) string {
	t.Helper()
	b, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// What reading documents for an index costs, taken whole and a round at a time.
func BenchmarkHead(b *testing.B) {
	text := document(b)
	path := place(b, text)
	for name, read := range map[string]func(string) (*record.Result, error){"whole": record.ReadHead, "streamed": record.StreamHead} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			began := spent(b)
			for b.Loop() {
				if _, err := read(path); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(spent(b)-began)/float64(b.N), "cpu-ns/op")
		})
	}
}

// spent is the CPU time of this process so far: other programs change it less than the
// wall time.
func spent(b *testing.B) int64 {
	b.Helper()
	var own syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &own); err != nil {
		b.Fatal(err)
	}
	return own.Utime.Nano() + own.Stime.Nano()
}
