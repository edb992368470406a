package session

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/assay-bench/assay/core/config"
	"github.com/assay-bench/assay/core/internal/atomicfile"
	"github.com/assay-bench/assay/core/record"
	"github.com/assay-bench/assay/core/rejudge"
)

// stored takes over from earlier documents what guardrails are held against, so
// that the new document can be judged without them.
func stored(e *config.Experiment, doc *record.Result, p plan) ([]record.Stored, error) {
	var out []record.Stored
	cases := make([]record.Case, len(p.cases))
	for i, c := range p.cases {
		cases[i] = record.Case{ID: c.Case, Variants: c.Variants}
	}
	for _, b := range e.Stored {
		raw, err := atomicfile.Read(b.Path)
		if err != nil {
			return nil, fmt.Errorf("stored_baseline %q: %w", b.Name, err)
		}
		then, err := rejudge.Trusted(b.Path)
		if err != nil {
			return nil, fmt.Errorf("stored_baseline %q: %w", b.Name, err)
		}
		s := doc.StoredFrom(then, b.Name, b.Variant, cases)
		sum := sha256.Sum256(raw)
		s.File, s.SHA256 = b.Path, hex.EncodeToString(sum[:])
		out = append(out, s)
	}
	return out, nil
}
