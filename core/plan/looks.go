package plan

import (
	"github.com/assay-bench/assay/core/config"
	"github.com/assay-bench/assay/core/judge"
)

// Looks plans the looks at an experiment's data as its session will.
func Looks(e *config.Experiment) (judge.Plan, error) {
	return e.Plan(judge.Method{})
}
