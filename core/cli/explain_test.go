package cli

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/internal/fakeresult"
	"github.com/assay-bench/assay/core/record"
)

// A single edited sample is found whether or not it moves anything, and the
// message names the sample and the verdict that rests on it.
func TestExplainFindsOneEditedSample(t *testing.T) {
	dir := t.TempDir()
	r, err := fakeresult.New(fakeresult.Options{Folder: filepath.Join(dir, "run")})
	if err != nil {
		t.Fatal(err)
	}
	explain := func() (Status, string) {
		path := filepath.Join(dir, "r.json")
		if err := record.WriteResult(path, r, nil); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		code := Main(context.Background(), []string{"explain", path}, Streams{Out: &out, Err: &out}, func(string) string { return "" })
		return code, out.String()
	}
	if code, out := explain(); code != Passed {
		t.Fatalf("untouched: status %d\n%s", code, out)
	}
	for round := range r.Cases[0].Rounds {
		visit := &r.Cases[0].Rounds[round].Visits[round%6]
		visit.Samples.WallNs[round%5]++
		code, out := explain()
		visit.Samples.WallNs[round%5]--
		for _, want := range []string{"no longer follows: no_decode_regression of fused in decode", "journal differs: 1 value of the document, 1 of them in samples", "sample"} {
			if code != Failed || !strings.Contains(out, want) {
				t.Errorf("round %d, %s: status %d, want %d and %q in\n%s", round+1, visit.Variant, code, Failed, want, out)
			}
		}
	}
}
