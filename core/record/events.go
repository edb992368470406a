package record

import (
	"encoding/json"
	"time"

	"github.com/assay-bench/assay/core/judge"
)

// Every event of measuring names its case and its round. A round's number here
// counts the case's rounds in order of starting, failed attempts and the rounds of
// its races, which come last, included.

// SessionEvent opens a journal.
type SessionEvent struct{ Session }

// WaitingEvent says that another session measures on this machine.
type WaitingEvent struct {
	Holder string `json:"holder"`
}

// OrphansEvent says that processes of sessions that were killed still ran, and were
// ended before anything is measured.
type OrphansEvent struct {
	Processes []Orphan `json:"processes"`
}

// Orphan is a process whose session has ended without it.
type Orphan struct {
	PID  int    `json:"pid"`
	Name string `json:"name"`
}

// ExperimentEvent opens an experiment: its document before anything is measured.
type ExperimentEvent struct {
	Result
	Number int `json:"number"` // of the session's experiments, from 1
	Of     int `json:"of"`
}

// NoteEvent is a warning worth keeping.
type NoteEvent struct {
	Text string `json:"text"`
}

// CaseEvent opens a case: its variants as they were resolved, control included.
type CaseEvent struct {
	Case     string                     `json:"case"`
	Matrix   map[string]json.RawMessage `json:"matrix"`
	Variants []Variant                  `json:"variants"`
	Number   int                        `json:"number"` // of the experiment's cases, from 1
	Of       int                        `json:"of"`
}

// RoundBeginEvent opens a round.
type RoundBeginEvent struct {
	Case  string `json:"case"`
	Round Round  `json:"round"`
	Goal  int    `json:"goal"`           // counted rounds wanted up to the next look
	Total int    `json:"visits"`         // that the round makes if none is made again
	ETA   int64  `json:"eta_ns"`         // of the experiment if no look asks for more; 0: not known
	Race  string `json:"race,omitempty"` // select block whose finalists run it; empty: a round of the case
	// Number is the round's, in order of starting; 0 in older journals.
	Number int `json:"number,omitempty"`
}

// StepEvent says what the session is about to do. It changes no document.
type StepEvent struct {
	Case    string `json:"case"`
	Round   int    `json:"round"`
	Variant string `json:"variant,omitempty"`
	Phase   string `json:"phase,omitempty"`
	Stage   string `json:"stage"`            // start, open, prepare, warm-up, yardstick, visit, wait, release, propose
	Detail  string `json:"detail,omitempty"` // the plugin's own words
	Visit   int    `json:"visit,omitempty"`
	Limit   int64  `json:"limit_ns,omitempty"` // how long it, or a sample of it, may take; 0: not known
}

// ProcessEvent is a plugin process that is connected and has opened its device.
type ProcessEvent struct {
	Case    string  `json:"case"`
	Round   int     `json:"round"`
	Process Process `json:"process"`
}

// PreparedEvent is one variant made ready.
type PreparedEvent struct {
	Case     string   `json:"case"`
	Round    int      `json:"round"`
	Prepared Prepared `json:"prepared"`
}

// WarmupEvent ends one warm-up.
type WarmupEvent struct {
	Case   string `json:"case"`
	Round  int    `json:"round"`
	Warmup Warmup `json:"warmup"`
}

// IntentEvent precedes work that may be fatal.
type IntentEvent struct {
	Case    string `json:"case"`
	Round   int    `json:"round"`
	Variant string `json:"variant"`
	Seq     uint64 `json:"seq"`
	What    string `json:"what"`
}

// SampleEvent is one sample, written before it is acknowledged.
type SampleEvent struct {
	Case    string `json:"case"`
	Round   int    `json:"round"`
	Visit   int    `json:"visit"`
	Variant string `json:"variant"`
	Phase   string `json:"phase"`
	Sample  Sample `json:"sample"`
}

// VisitEvent ends a visit. Its samples are left out: they have their own events.
type VisitEvent struct {
	Case    string   `json:"case"`
	Round   int      `json:"round"`
	Visit   Visit    `json:"visit"`
	Kernels *Kernels `json:"kernels,omitempty"` // of the variant's first visit in the phase
}

// YardstickEvent is a yardstick, measured.
type YardstickEvent struct {
	Case      string    `json:"case"`
	Round     int       `json:"round"`
	Yardstick Yardstick `json:"yardstick"`
}

// WaitEvent is a wait for other programs to leave the cores alone.
type WaitEvent struct {
	Case  string `json:"case"`
	Round int    `json:"round"`
	Wait  Wait   `json:"wait"`
}

// ReleasedEvent is one variant checked after timing and freed.
type ReleasedEvent struct {
	Case     string   `json:"case"`
	Round    int      `json:"round"`
	Released Released `json:"released"`
}

// FailureEvent is a failure.
type FailureEvent struct{ Failure }

// RoundEndEvent closes a round.
type RoundEndEvent struct {
	Case      string      `json:"case"`
	Round     int         `json:"round"`
	Ended     time.Time   `json:"ended"`
	After     Environment `json:"environment_after"`
	Counted   bool        `json:"counted"`
	Disturbed bool        `json:"disturbed"`
	Again     string      `json:"again,omitempty"`      // why it is measured again
	CountedBy int         `json:"rounds_counted"`       // of the case, this one included
	Goal      int         `json:"goal"`                 // as when it began
	ETA       int64       `json:"eta_ns"`               // as when it began
	Device    *Device     `json:"device,omitempty"`     // of journals of schema 1, as the next two
	PID       int         `json:"pid,omitempty"`        //
	StartupNs int64       `json:"startup_ns,omitempty"` //
}

// LookEvent is a planned look at the data of a case.
type LookEvent struct {
	Case string `json:"case"`
	Look Look   `json:"look"`
}

// SearchEvent is one answer of a plugin's search, whole: the variants it adds,
// what is to be measured because of it, and what it found.
type SearchEvent struct {
	Case     string    `json:"case"`
	Search   Search    `json:"search"`
	Variants []Variant `json:"variants"`
	Findings []Finding `json:"findings"`
}

// RaceEvent says who of a case may be selected by a select block, and who runs a
// second race for it.
type RaceEvent struct {
	Case string `json:"case"`
	Race Race   `json:"race"`
}

// CaseEndEvent says how far a case got, and where its variants' time goes.
type CaseEndEvent struct {
	Case     string    `json:"case"`
	Status   Status    `json:"status"`
	Findings []Finding `json:"findings,omitempty"` // the host's, of each variant against the baseline
}

// ProbeEvent is how the device is after failures.
type ProbeEvent struct{ Probe }

// ConcludedEvent is what follows from an experiment's samples, and how its
// asserts and selections, which only the configuration can evaluate, came out.
type ConcludedEvent struct {
	Status     Status                    `json:"status"`
	Verdict    string                    `json:"verdict"`
	After      Environment               `json:"environment_after"`
	Judgements []judge.Judgement         `json:"judgements"`
	Asserts    map[string][]AssertResult `json:"asserts"` // by case
	Selections []Selection               `json:"selections"`
}

// ResultEvent says that an experiment's result document was written.
type ResultEvent struct {
	Path    string `json:"path"`
	Status  Status `json:"status"`
	Verdict string `json:"verdict"`
}

// SessionEndEvent is the last one, unless the host died.
type SessionEndEvent struct {
	Journal string         `json:"journal"`
	Results []ResultSketch `json:"results"`
}

// ResultSketch is the gist of one document.
type ResultSketch struct {
	Experiment string `json:"experiment"`
	Status     Status `json:"status"`
	Verdict    string `json:"verdict"`
}

// ResumedEvent goes on with a session that had ended early.
type ResumedEvent struct{ Resumption }

// VariantEvent adds a variant that the plugin proposed, in journals of schema 1.
type VariantEvent struct {
	Case    string  `json:"case"`
	Variant Variant `json:"variant"`
}

// FindingEvent is a finding, in journals of schema 1.
type FindingEvent struct{ Finding }

func (SessionEvent) kind() string    { return "session" }
func (WaitingEvent) kind() string    { return "waiting" }
func (OrphansEvent) kind() string    { return "orphans" }
func (ExperimentEvent) kind() string { return "experiment" }
func (NoteEvent) kind() string       { return "note" }
func (CaseEvent) kind() string       { return "case" }
func (RoundBeginEvent) kind() string { return "round_begin" }
func (StepEvent) kind() string       { return "step" }
func (ProcessEvent) kind() string    { return "process" }
func (PreparedEvent) kind() string   { return "prepared" }
func (WarmupEvent) kind() string     { return "warmup" }
func (IntentEvent) kind() string     { return "intent" }
func (SampleEvent) kind() string     { return "sample" }
func (VisitEvent) kind() string      { return "visit" }
func (YardstickEvent) kind() string  { return "yardstick" }
func (WaitEvent) kind() string       { return "wait" }
func (ReleasedEvent) kind() string   { return "released" }
func (FailureEvent) kind() string    { return "failure" }
func (RoundEndEvent) kind() string   { return "round_end" }
func (LookEvent) kind() string       { return "look" }
func (SearchEvent) kind() string     { return "search" }
func (RaceEvent) kind() string       { return "race" }
func (CaseEndEvent) kind() string    { return "case_end" }
func (ProbeEvent) kind() string      { return "probe" }
func (ConcludedEvent) kind() string  { return "concluded" }
func (ResultEvent) kind() string     { return "result" }
func (SessionEndEvent) kind() string { return "session_end" }
func (ResumedEvent) kind() string    { return "resumed" }
func (VariantEvent) kind() string    { return "variant" }
func (FindingEvent) kind() string    { return "finding" }

func (WaitingEvent) passing() {}
func (StepEvent) passing()    {}

func (RoundBeginEvent) hasty() {}
func (ProcessEvent) hasty()    {}
func (PreparedEvent) hasty()   {}
func (WarmupEvent) hasty()     {}
func (IntentEvent) hasty()     {}
func (SampleEvent) hasty()     {}
func (VisitEvent) hasty()      {}
func (YardstickEvent) hasty()  {}
func (WaitEvent) hasty()       {}
func (ReleasedEvent) hasty()   {}
