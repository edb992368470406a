package session

import (
	"time"

	"github.com/assay-bench/assay/core/record"
)

// EventKind says what happened.
type EventKind string

// What a session reports while it runs.
const (
	Waiting          EventKind = "waiting" // another session measures; Text says which
	ExperimentBegins EventKind = "experiment_begins"
	ExperimentEnds   EventKind = "experiment_ends" // Result is set
	CaseBegins       EventKind = "case_begins"
	RoundBegins      EventKind = "round_begins"
	Step             EventKind = "step"   // Text says what the round is doing
	SampleTaken      EventKind = "sample" // PerIteration is set
	RoundEnds        EventKind = "round_ends"
	LookTaken        EventKind = "look" // Text is the decision's reason
	Searched         EventKind = "searched"
	Failed           EventKind = "failed" // Failure is set
	Noted            EventKind = "noted"  // Text is worth the user's attention
)

// Event is one piece of progress.
type Event struct {
	Kind         EventKind       `json:"event"`
	Experiment   string          `json:"experiment,omitempty"`
	Case         string          `json:"case,omitempty"`
	Variant      string          `json:"variant,omitempty"`
	Phase        string          `json:"phase,omitempty"`
	Round        int             `json:"round,omitempty"`  // the round that runs, or the counted rounds so far
	Rounds       int             `json:"rounds,omitempty"` // planned up to the next look
	Done         int             `json:"done,omitempty"`   // visits, cases or experiments, as Total
	Total        int             `json:"total,omitempty"`
	ETA          time.Duration   `json:"eta_ns,omitempty"` // of this experiment, 0 while unknown
	PerIteration time.Duration   `json:"per_iteration_ns,omitempty"`
	Text         string          `json:"text,omitempty"`
	Failure      *record.Failure `json:"failure,omitempty"`
	Result       *record.Result  `json:"-"`
}
