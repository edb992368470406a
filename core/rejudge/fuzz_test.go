package rejudge

import (
	"encoding/json"
	"testing"

	"github.com/assay-bench/assay/core/internal/fakeresult"
	"github.com/assay-bench/assay/core/internal/jsonfuzz"
	"github.com/assay-bench/assay/core/record"
)

// Whatever a document holds, it is judged or refused.
func FuzzCheck(f *testing.F) {
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
		var r record.Result
		if json.Unmarshal(text.With(at, value), &r) != nil {
			return
		}
		rep, err := Check(&r)
		if err == nil && rep.Follows != (len(rep.Differences) == 0) {
			t.Fatalf("follows %v with %d differences", rep.Follows, len(rep.Differences))
		}
	})
}
