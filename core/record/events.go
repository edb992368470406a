package record

import "encoding/json"

// CaseEvent opens a case: its variants as they were resolved, control included.
type CaseEvent struct {
	Case     string                     `json:"case"`
	Matrix   map[string]json.RawMessage `json:"matrix"`
	Variants []Variant                  `json:"variants"`
}

// RoundEvent opens or ends a round. At the end Visits are left out: they have
// their own events.
type RoundEvent struct {
	Case  string `json:"case"`
	Round Round  `json:"round"`
}

// PreparedEvent is what a plugin said of one variant before timing.
type PreparedEvent struct {
	Case    string             `json:"case"`
	Round   int                `json:"round"`
	Variant string             `json:"variant"`
	Checks  []Check            `json:"checks"`
	Metrics map[string]float64 `json:"metrics"`
	Facts   map[string]string  `json:"facts"`
	Bytes   int64              `json:"device_bytes"`
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

// SampleEvent is one acknowledged sample.
type SampleEvent struct {
	Case    string `json:"case"`
	Round   int    `json:"round"`
	Visit   int    `json:"visit"`
	Variant string `json:"variant"`
	Phase   string `json:"phase"`
	Sample  Sample `json:"sample"`
}

// VisitEvent ends a visit. Samples are left out: they have their own events.
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

// ResultEvent says that an experiment's result document was written.
type ResultEvent struct {
	Path    string `json:"path"`
	Status  Status `json:"status"`
	Verdict string `json:"verdict"`
}
