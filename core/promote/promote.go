package promote

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/record"
)

// Document is a result document with the file that it came from.
type Document struct {
	File   string
	Result *record.Result
}

func (d Document) session() string { return d.Result.Session.ID }

// Row is one judgement or assert, over all sessions.
type Row struct {
	Case      string        `json:"case"`
	Variant   string        `json:"variant"`
	Name      string        `json:"name"` // of the guardrail or assert
	Of        string        `json:"of"`   // quantity of a guardrail
	Verdict   judge.Verdict `json:"verdict"`
	Win       bool          `json:"win"` // in every session
	Warns     bool          `json:"only_warns"`
	Tradeoff  string        `json:"tradeoff"`  // that accepts a fail
	Unit      string        `json:"unit"`      // of an absolute bound; empty: a ratio
	Estimates []float64     `json:"estimates"` // of each session, by time; empty for asserts
	Lower     *float64      `json:"lower"`     // least and most of the bounds
	Upper     *float64      `json:"upper"`

	absolute bool
}

// Promotion of one experiment. It may be written where nothing is missing.
type Promotion struct {
	Experiment string   `json:"experiment"`
	Verdict    string   `json:"verdict"`
	Sessions   []string `json:"sessions"` // by time
	Missing    []string `json:"missing"`
	Rows       []Row    `json:"rows"`

	documents []Document
}

// Promote holds the sessions of one experiment against each other. needed is how many
// there must be. An error is a question that makes no sense.
func Promote(documents []Document, needed int) (*Promotion, error) {
	if len(documents) == 0 {
		return nil, errors.New("no result document; name those of several sessions of one experiment")
	}
	name := documents[0].Result.Experiment.Name
	for _, d := range documents {
		if other := d.Result.Experiment.Name; other != name {
			return nil, fmt.Errorf("%s is of experiment %q and %s of %q; promote one experiment at a time", documents[0].File, name, d.File, other)
		}
	}
	if !plainName(name) {
		return nil, fmt.Errorf("experiment %q: a name with such characters cannot mark its place in a file", name)
	}
	documents = slices.Clone(documents)
	slices.SortStableFunc(documents, func(a, b Document) int { return a.Result.Session.Started.Compare(b.Result.Session.Started) })
	p := &Promotion{Experiment: name, Verdict: documents[0].Result.Verdict, Missing: []string{}, Rows: []Row{}, documents: documents}
	for _, d := range documents {
		p.Sessions = append(p.Sessions, d.session())
	}
	p.independent(needed)
	for _, d := range documents {
		if err := p.sound(d); err != nil {
			return nil, err
		}
	}
	p.alike()
	p.rows()
	return p, nil
}

func plainName(name string) bool {
	return name != "" && !strings.Contains(name, "--") && !strings.ContainsFunc(name, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-.", r))
	})
}

// miss notes what is missing, each once.
func (p *Promotion) miss(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(p.Missing, text) {
		p.Missing = append(p.Missing, text)
	}
}
