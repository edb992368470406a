package dispatch

import (
	"fmt"
	"io"
)

// Account says what was measured more than once, and what has no result.
func Account(w io.Writer, r *Run) {
	accepted, missing, kept, again := 0, 0, 0, 0
	for _, t := range r.Jobs {
		if t.Failure != nil {
			missing++
			fmt.Fprintf(w, "%s: no result: %s\n", t.label(), t.Failure.Text)
			continue
		}
		if t.Outcome == nil {
			continue
		}
		accepted++
		for _, x := range t.Outcome.Results {
			kept += x.Rounds
		}
		for _, a := range t.Outcome.Abandoned {
			again += a.Rounds
			fmt.Fprintf(w, "%s: %d rounds of worker %s are in no document: %s\n", t.label(), a.Rounds, a.Worker, a.Why)
		}
	}
	fmt.Fprintf(w, "%d jobs have one accepted result each, with %d rounds; %d have none; %d rounds were measured again on another set-up\n", accepted, kept, missing, again)
}
