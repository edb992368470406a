package record

import (
	"encoding/json"
	"time"
)

// Every event of measuring names its case and its round. A round's number here
// counts the case's rounds in order of starting, failed attempts included.

// CaseEvent opens a case: its variants as they were resolved, control included.
type CaseEvent struct {
	Case     string                     `json:"case"`
	Matrix   map[string]json.RawMessage `json:"matrix"`
	Variants []Variant                  `json:"variants"`
}

// VariantEvent adds a variant that the plugin proposed to a case.
type VariantEvent struct {
	Case    string  `json:"case"`
	Variant Variant `json:"variant"`
}

// RoundBeginEvent opens a round.
type RoundBeginEvent struct {
	Case  string `json:"case"`
	Round Round  `json:"round"`
}

// RoundEndEvent closes a round.
type RoundEndEvent struct {
	Case      string      `json:"case"`
	Round     int         `json:"round"`
	Ended     time.Time   `json:"ended"`
	After     Environment `json:"environment_after"`
	Device    Device      `json:"device"`
	PID       int         `json:"pid"`
	StartupNs int64       `json:"startup_ns"`
	Counted   bool        `json:"counted"`
	Disturbed bool        `json:"disturbed"`
}

// PreparedEvent is one variant made ready.
type PreparedEvent struct {
	Case     string   `json:"case"`
	Round    int      `json:"round"`
	Prepared Prepared `json:"prepared"`
}

// ReleasedEvent is one variant checked after timing and freed.
type ReleasedEvent struct {
	Case     string   `json:"case"`
	Round    int      `json:"round"`
	Released Released `json:"released"`
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
	Case  string `json:"case"`
	Round int    `json:"round"`
	Visit Visit  `json:"visit"`
}

// LookEvent is a planned look at the data of a case.
type LookEvent struct {
	Case string `json:"case"`
	Look Look   `json:"look"`
}

// FailureEvent is a failure and whether its variant leaves the case with it.
type FailureEvent struct {
	Failure
	StruckOut bool `json:"struck_out"`
}

// CaseEndEvent says how far a case got.
type CaseEndEvent struct {
	Case   string `json:"case"`
	Status Status `json:"status"`
}

// ResultEvent says that an experiment's result document was written.
type ResultEvent struct {
	Path    string `json:"path"`
	Status  Status `json:"status"`
	Verdict string `json:"verdict"`
}
