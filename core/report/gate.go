package report

import (
	"fmt"
	"io"

	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/record"
)

// Gate writes the judgements of one document's variants against another's.
func Gate(w io.Writer, r *record.Result, margin float64, s Style) {
	fmt.Fprintf(w, "\n%s\n", s.bold(fmt.Sprintf("Gate: B against A, margin %s", judge.Percent(margin))))
	said := newJudgements(r)
	for i := range r.Cases {
		c := &r.Cases[i]
		if len(r.Cases) > 1 || c.ID != "default" {
			fmt.Fprintf(w, "  case %s\n", c.ID)
		}
		said.write(w, c, s)
	}
	fmt.Fprintf(w, "  verdict: %s\n", s.verdictText(r.Verdict))
}
