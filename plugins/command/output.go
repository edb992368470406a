package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"regexp"
	"strings"

	"github.com/assay-bench/assay/core/sdk"
)

// expectation is what the output is held against; the zero value is nothing.
type expectation struct {
	same    bool           // as in every other start, and as the baseline's
	pattern *regexp.Regexp // that a line must match
	ignore  []*regexp.Regexp
}

func (e expectation) asked() bool { return e.same || e.pattern != nil }

// text is the output without figures: its digest, its beginning, and whether a
// line matched.
type text struct {
	want    expectation
	digest  hash.Hash
	begins  []byte
	matched bool
}

// begins is how many bytes of the output are kept for messages.
const begins = 200

func newText(want expectation) text { return text{want: want, digest: sha256.New()} }

func (t *text) line(line []byte) {
	if p := t.want.pattern; p != nil && p.Match(line) {
		t.matched = true
	}
	for _, re := range t.want.ignore {
		line = re.ReplaceAllLiteral(line, nil)
	}
	if len(line) == 0 {
		return
	}
	t.digest.Write(line)
	t.digest.Write([]byte{'\n'})
	if room := begins + 1 - len(t.begins); room > 0 {
		t.begins = append(append(t.begins, line[:min(room, len(line))]...), ' ')
	}
}

func (t *text) sum() string { return hex.EncodeToString(t.digest.Sum(nil)) }

// fidelity counts the outputs that are not what they should be.
type fidelity struct {
	want   expectation
	first  string // digest of the first output
	begins string
	seen   int
	wrong  int
	odd    string // beginning of the first output that was wrong
}

func (f *fidelity) add(t *text) {
	f.seen++
	sum, beginning := t.sum(), excerpt(t.begins, begins)
	if f.seen == 1 {
		f.first, f.begins = sum, beginning
	}
	if f.want.pattern != nil && !t.matched || f.want.same && sum != f.first {
		if f.wrong == 0 {
			f.odd = beginning
		}
		f.wrong++
	}
}

// facts show what the output looks like.
func (f *fidelity) facts(into map[string]string) {
	if f.want.asked() {
		into["output"] = f.begins
	}
}

// outputs let the host compare arms.
func (f *fidelity) outputs() map[string]string {
	if !f.want.same {
		return nil
	}
	return map[string]string{"output": f.first}
}

// checks has nothing while nothing could have failed: one output equals itself.
func (f *fidelity) checks() []sdk.Check {
	if f.want.pattern == nil && (!f.want.same || f.seen < 2) {
		return nil
	}
	c := sdk.Below("output", float64(f.wrong), 0)
	c.Fidelity = true
	var is []string
	if f.want.pattern != nil {
		is = append(is, fmt.Sprintf("match %q", f.want.pattern))
	}
	if f.want.same {
		is = append(is, fmt.Sprintf("equal the first one (%q)", f.begins))
	}
	c.Detail = fmt.Sprintf("%d of %d outputs %s", f.seen-f.wrong, f.seen, strings.Join(is, " and "))
	if f.wrong > 0 {
		c.Detail += fmt.Sprintf("; not this one: %q", f.odd)
	}
	return []sdk.Check{c}
}

func dotted(path []string) string { return strings.Join(path, ".") }
