package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/assay-bench/assay/core/record"
)

// Failure says in a line what went wrong while the session goes on, and in
// another what happens next. The rest is in the result, which ends the session.
func Failure(w io.Writer, f *record.Failure, s Style) {
	message, _, more := strings.Cut(strings.TrimSpace(f.Message), "\n")
	if more {
		message += " …"
	}
	s.say(w, "  ", "round %d%s: %s failed: %s", f.Round, inCase(f.Case), where(f), message)
	if f.NextStep != "" {
		s.say(w, "    ", "next: %s", f.NextStep)
	}
}

func where(f *record.Failure) string {
	text := f.Stage
	if f.Variant != "" {
		text += " of variant " + f.Variant
	}
	if f.Phase != "" {
		text += " in " + f.Phase
	}
	return text
}

// failures writes those that are alike as one.
func failures(w io.Writer, list []record.Failure, s Style) {
	for _, g := range Grouped(list) {
		failure(w, g.Last, g.Rounds, s)
	}
}

// Failures are those that are alike but for the round, with what came after the
// last of them.
type Failures struct {
	Last   *record.Failure
	Rounds string // round 3, or rounds 3 to 5
}

// Grouped are failures in their order, those that are alike as one.
func Grouped(list []record.Failure) (out []Failures) {
	for i := 0; i < len(list); {
		n := 1
		for i+n < len(list) && alike(&list[i], &list[i+n]) {
			n++
		}
		last := &list[i+n-1]
		rounds := fmt.Sprintf("round %d", last.Round)
		if n > 1 {
			rounds = fmt.Sprintf("rounds %d to %d", list[i].Round, last.Round)
		}
		out = append(out, Failures{last, rounds})
		i += n
	}
	return out
}

// Where a failure happened: its stage, the variant and the phase.
func Where(f *record.Failure) string { return where(f) }

// LastWords are the lines of a plugin's output that tell most of its death.
func LastWords(f *record.Failure) []string { return lastWords(f, 6) }

func alike(a, b *record.Failure) bool {
	return a.Case == b.Case && a.Variant == b.Variant && a.Phase == b.Phase && a.Stage == b.Stage && a.Message == b.Message && b.Round == a.Round+1
}

func failure(w io.Writer, f *record.Failure, rounds string, s Style) {
	s.say(w, "  ", "failure%s, %s, %s: %s", inCase(f.Case), rounds, where(f), f.Message)
	if f.LastIntent != "" {
		s.say(w, "    ", "last intent: %s (sample %d was the last one kept)", f.LastIntent, f.LastSeq)
	}
	for _, l := range LastWords(f) {
		fmt.Fprintf(w, "    | %s\n", l)
	}
	if f.NextStep != "" {
		s.say(w, "    ", "next: %s", f.NextStep)
	}
}

// lastWords are the lines that tell most of a death: the panic's first ones,
// else the last ones on stderr that are no log records.
func lastWords(f *record.Failure, n int) []string {
	if len(f.Panic) > 0 {
		return f.Panic[:min(n, len(f.Panic))]
	}
	var out []string
	for _, l := range f.Stderr {
		if !strings.HasPrefix(l, `{"@`) {
			out = append(out, l)
		}
	}
	return out[max(0, len(out)-n):]
}
