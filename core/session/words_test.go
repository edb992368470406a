package session

import (
	"slices"
	"testing"

	"github.com/assay-bench/assay/core/config"
	"github.com/assay-bench/assay/core/record"
)

// What `when` may compare a status with are the statuses that results have.
func TestStatusWords(t *testing.T) {
	var have []string
	for _, s := range []record.Status{record.Complete, record.Partial, record.Crashed, record.Hung, record.Invalid, record.Skipped} {
		have = append(have, string(s))
	}
	if !slices.Equal(have, config.StatusWords) {
		t.Errorf("statuses are %v, and config knows %v", have, config.StatusWords)
	}
}
