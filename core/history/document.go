package history

import (
	"encoding/json"
	"time"
)

// DocumentKind and DocumentVersion head every history document. The version
// grows when a field changes meaning.
const (
	DocumentKind    = "assay-history"
	DocumentVersion = 1
)

// A Document is what other tools recorded, in Assay's words. Rates are in the
// phase's unit per second (tok/s), ratios are speed against the baseline.
type Document struct {
	Kind     string     `json:"kind"`
	Version  int        `json:"version"`
	Tool     string     `json:"tool"` // whose records these were
	Files    []File     `json:"files"`
	Rows     []Row      `json:"rows"`
	Rejected []Rejected `json:"rejected"` // with their text, so that nothing is lost
	Warnings []string   `json:"warnings"`

	// Derived by Summarize.
	Controls []Movement `json:"controls"`
	Patches  []Patch    `json:"patches"`
}

// File is one file read. RowsIn = RowsOut + Rejected.
type File struct {
	Name     string          `json:"name"`
	SHA256   string          `json:"sha256"`
	RowsIn   int             `json:"rows_in"`
	RowsOut  int             `json:"rows_out"`
	Rejected int             `json:"rejected"`
	Kind     string          `json:"kind"`           // as the tool's importer calls it
	Unread   string          `json:"unread"`         // why nothing was taken from it; empty: something was
	Meta     json.RawMessage `json:"meta,omitempty"` // what the file says of all its rows
}

// Row is one session's comparison of a patched with an unpatched model.
type Row struct {
	Source   string    `json:"source"` // file:line or file:key
	Time     time.Time `json:"time"`
	DateOnly bool      `json:"date_only,omitempty"` // Time has no hour
	Hardware string    `json:"hardware"`
	OS       string    `json:"os"`
	Runtime  string    `json:"runtime"` // that executed both arms, with its version
	Commit   string    `json:"commit"`  // of the tool, and so of its patches
	// Software is what else is known, by name.
	Software map[string]string `json:"software"`
	Model    string            `json:"model"`     // empty: the row does not say, and nothing is guessed
	Tokens   int               `json:"tokens"`    // asked for
	Produced int               `json:"generated"` // got
	// Setting is what else was configured alike for both arms, such as a
	// quantized KV cache. Empty: nothing is known of any.
	Setting string   `json:"setting"`
	Patches []string `json:"patches"` // sorted
	Label   string   `json:"label"`   // what tells it from others with the same patches
	// Variant is the tool's own name of the patched arm, Capsule the file that holds the
	// measurement by what the row says; both are empty where it does not.
	Variant string `json:"variant,omitempty"`
	Capsule string `json:"capsule,omitempty"`
	Runs    int    `json:"runs"`
	// Phases by name: decode, prefill.
	Phases   map[string]Comparison `json:"phases"`
	Fidelity string                `json:"fidelity"` // PASS, FAIL, SKIP or as the tool says
	Detail   string                `json:"fidelity_detail"`
	Notes    string                `json:"notes"`
	// CopyOf is the source of another row that records the same measurement.
	CopyOf string          `json:"copy_of,omitempty"`
	Raw    json.RawMessage `json:"raw"` // the row as it was
}

// Comparison of both arms in one phase.
type Comparison struct {
	Baseline Series `json:"baseline"`
	Patched  Series `json:"patched"`
	// Published ratio of speed; 0: none.
	Published float64 `json:"published_ratio"`
}

// Series are the rates of one arm's runs. Rate 0: not measured.
type Series struct {
	Rate float64   `json:"rate"` // as published, usually the median of Runs
	Runs []float64 `json:"runs"`
}

// Ratio of speed that the published rates give, 0 without one.
func (c Comparison) Ratio() float64 {
	if c.Baseline.Rate > 0 && c.Patched.Rate > 0 {
		return c.Patched.Rate / c.Baseline.Rate
	}
	return 0
}

// Rejected is a row that could not be understood.
type Rejected struct {
	Source  string `json:"source"`
	Reason  string `json:"reason"`
	Variant string `json:"variant,omitempty"` // the patched arm that it is about, where it says that
	Text    string `json:"text"`
}

// Movement is how far one control, the unpatched model, moved between sessions.
type Movement struct {
	Hardware string  `json:"hardware"`
	Model    string  `json:"model"`
	Tokens   int     `json:"tokens"`
	Setting  string  `json:"setting"`
	Phase    string  `json:"phase"`
	Sessions int     `json:"sessions"`
	Days     int     `json:"days"` // that they lie on, by UTC
	Min      float64 `json:"min"`
	Median   float64 `json:"median"`
	Max      float64 `json:"max"`
	Range    float64 `json:"range"` // max/min - 1
	// Within is the median over sessions of a session's own range, of those
	// with two runs or more.
	Within float64 `json:"range_within_sessions"`
	// Alike are the same readings parted by the version of the runtime, which
	// may have moved the control by itself. Empty when there was but one.
	Alike []AlikeRange `json:"same_runtime"`

	logs []float64 // of the rates
}

// AlikeRange is a Movement within one version of the runtime.
type AlikeRange struct {
	Runtime  string  `json:"runtime"`
	Sessions int     `json:"sessions"`
	Min      float64 `json:"min"`
	Max      float64 `json:"max"`
	Range    float64 `json:"range"`
}

// Support says whether the data supports a published win.
type Support string

// The answers, from best to worst.
const (
	// Supported: the speed-up is larger than the control moved by itself.
	Supported Support = "supported"
	// Contradictory: some records show the win, others the contrary.
	Contradictory Support = "contradictory"
	// Together: no session alone shows it, but all of them together do.
	Together Support = "only together"
	// NotSupported: the control moved as far by itself.
	NotSupported Support = "not supported"
	// Unknown: the control was measured in too few sessions to tell how far it
	// moves.
	Unknown Support = "unknown"
	// NoWin: the median speed is not above the baseline's.
	NoWin Support = "no win"
	// NotMeasured: no session has a rate of the patched model.
	NotMeasured Support = "not measured"
)

// Patch is one patch set on one model over all sessions.
type Patch struct {
	Hardware string   `json:"hardware"`
	Model    string   `json:"model"`
	Tokens   int      `json:"tokens"`
	Setting  string   `json:"setting"`
	Patches  []string `json:"patches"`
	Label    string   `json:"label"`
	Phase    string   `json:"phase"`

	Sessions int       `json:"sessions"`
	Ratios   []float64 `json:"ratios"` // one per session, in order of time
	Min      float64   `json:"min"`
	Median   float64   `json:"median"`
	Max      float64   `json:"max"`
	// Wins are the sessions that published a ratio above 1 with fidelity kept,
	// Clear those of them beyond the control's range.
	Wins  int `json:"published_wins"`
	Clear int `json:"wins_beyond_control"`
	// Unfaithful sessions changed the tokens: their speed is no win.
	Unfaithful int `json:"unfaithful"`
	Versions   int `json:"tool_versions"` // of the patch's code over the sessions
	// Unplaced are ratios of the same variant and length whose rows do not say on which
	// model or which machine: they may speak against a patch, never for it.
	Unplaced []float64 `json:"unplaced_ratios"`
	Unread   int       `json:"unread_rows"` // rejected rows of the same variant

	ControlRange float64 `json:"control_range"`
	Support      Support `json:"support"`
	// Lower is the one-sided 95 % bound of the ratio over sessions; null: too few.
	Lower *float64 `json:"lower_over_sessions"`
	// SessionsNeeded to prove the median ratio at 95 %, four times in five, if
	// they are measured as these were; 0: not known.
	SessionsNeeded int    `json:"sessions_needed"`
	Reason         string `json:"reason"`
}

// RowsIn and RowsOut over all files.
func (d *Document) RowsIn() (in, out int) {
	for _, f := range d.Files {
		in, out = in+f.RowsIn, out+f.RowsOut
	}
	return in, out
}
