package rejudge

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assay-bench/assay/core/internal/fakeresult"
	"github.com/assay-bench/assay/core/record"
)

// reports is what explain says of a document that was read whole, and of one
// whose samples were let go while it was read.
func reports(t *testing.T, path string) (whole, reduced string) {
	t.Helper()
	of := func(read func(string) (*record.Result, error)) string {
		r, err := read(path)
		if err != nil {
			t.Fatal(err)
		}
		rep := check(t, r)
		if err := rep.CheckJournal(path, r); err != nil {
			t.Fatal(err)
		}
		raw, err := json.MarshalIndent(struct {
			*Report
			Cases any
		}{rep, withoutRounds(rep.Recomputed).Cases}, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	return of(record.ReadResult), of(record.ReadReduced)
}

func TestReducedDocumentsAreJudgedAlike(t *testing.T) {
	many := fakeresult.EveryQuantity()
	many.Cases, many.Phases = []string{"bits=4", "bits=8"}, []string{"decode", "prefill"}
	few := fakeresult.EveryQuantity()
	few.Single = 1
	for name, o := range map[string]fakeresult.Options{
		"batches": {}, "every quantity": fakeresult.EveryQuantity(), "many cases": many, "too few": few,
	} {
		o.MaxRounds, o.Folder = 8, filepath.Join(t.TempDir(), "run")
		_, path := stored(t, o)
		whole, reduced := reports(t, path)
		if diff := cmp.Diff(whole, reduced); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
		// One edited sample is named as well.
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		raw = regexp.MustCompile(`"wall_ns":\[\d+`).ReplaceAll(raw, []byte(`"wall_ns":[1234567`))
		if err := os.WriteFile(path, raw, 0o644); err != nil {
			t.Fatal(err)
		}
		whole, edited := reports(t, path)
		if diff := cmp.Diff(whole, edited); diff != "" || edited == reduced {
			t.Errorf("%s, edited:\n%s", name, diff)
		}
	}
}

// What stays in memory of a document does not grow with its samples.
func TestMemoryDoesNotGrowWithSamples(t *testing.T) {
	held := func(path string, read func(string) (*record.Result, error)) int64 {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		r, err := read(path)
		if err != nil {
			t.Fatal(err)
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		runtime.KeepAlive(r)
		return int64(after.HeapAlloc) - int64(before.HeapAlloc)
	}
	paths := map[int]string{}
	for _, n := range []int{50, 500} {
		_, paths[n] = stored(t, fakeresult.Options{Single: n})
	}
	few, many := held(paths[50], record.ReadReduced), held(paths[500], record.ReadReduced)
	whole := held(paths[500], record.ReadResult)
	if many > 2*few || whole < 4*many {
		t.Errorf("%d bytes of a document, %d of one with ten times the samples, %d with them", few, many, whole)
	}
}
