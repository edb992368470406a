package record

import (
	"encoding/json"
	"time"

	"github.com/assay-bench/assay/core/judge"
)

// SchemaVersion of result documents. It grows when a field changes meaning.
// Documents from oldestSchema on are read, and written as SchemaVersion.
const (
	SchemaVersion = 2
	oldestSchema  = 1
)

// Status of a result: how far the measuring got, not what it showed.
type Status string

// The statuses, from best to worst.
const (
	Complete Status = "complete"
	Partial  Status = "partial" // interrupted, or some variant could not be measured
	Crashed  Status = "crashed" // a plugin process died and its case could not go on
	Hung     Status = "hung"
	Invalid  Status = "invalid" // the machine could not answer
	Skipped  Status = "skipped" // `when` was false
)

// Result is one experiment of one session. Times are nanoseconds per
// iteration unless a name says otherwise; ratios are speed against the
// baseline, above 1 is faster.
type Result struct {
	SchemaVersion int         `json:"schema_version"`
	Status        Status      `json:"status"`
	Verdict       string      `json:"verdict"` // worst of all judgements: pass, fail, inconclusive, invalid; "none" without guardrails
	Session       Session     `json:"session"`
	Experiment    Experiment  `json:"experiment"`
	Metadata      Metadata    `json:"metadata"`
	Programs      []Program   `json:"programs"`        // that the variants run, the baseline's first; none in documents of schema 1
	Files         []NamedFile `json:"files,omitempty"` // that the variants' configurations name, each once
	Stored        []Stored    `json:"stored_baselines,omitempty"`
	Plan          judge.Plan  `json:"plan"` // the looks and error levels fixed before the data
	Cases         []Case      `json:"cases"`
	Selections    []Selection `json:"selections"`
	Findings      []Finding   `json:"findings"`
	Failures      []Failure   `json:"failures"`
	Probe         *Probe      `json:"device_probe"` // null: nothing failed, so nobody asked
	Diagnostics   []string    `json:"diagnostics"`  // warnings worth keeping
}

// Session is one `assay run` on one machine.
type Session struct {
	ID          string       `json:"id"`
	Started     time.Time    `json:"started"`
	Ended       time.Time    `json:"ended"` // of the last event
	Command     []string     `json:"command"`
	Seed        uint64       `json:"seed"`
	Journal     string       `json:"journal"`
	Source      Source       `json:"source"`
	Resumptions []Resumption `json:"resumptions,omitempty"`
	Budget      *Budget      `json:"budget,omitempty"` // null: the session has none, or was resumed since
	Overhead    Overhead     `json:"overhead"`
}

// Budget is the experiment's part of the session's budget.
type Budget struct {
	Wall  int64 `json:"wall_ns"` // of the experiment, beyond which it begins no round
	Spent bool  `json:"spent"`   // it ended the measuring
}

// Source is what the experiments were read from, for a session that goes on.
type Source struct {
	Folder   string            `json:"folder"` // working folder: what is written is relative to it
	Paths    []string          `json:"paths"`
	Vars     map[string]string `json:"vars"`
	VarFiles []string          `json:"var_files"`
	Only     []string          `json:"only"`
}

// Resumption is a session that went on after it had ended early, on the same
// machine. What was measured before and after stands in one document.
type Resumption struct {
	Time    time.Time `json:"time"`
	Command []string  `json:"command"`
}

// Overhead says where an experiment's wall time went, in nanoseconds.
type Overhead struct {
	Wall       int64 `json:"wall_ns"`
	Visits     int64 `json:"visits_ns"`           // inside Measure, warm-up included
	Warmup     int64 `json:"warmup_ns,omitempty"` // the part of visits_ns that is warm-up
	Prepare    int64 `json:"prepare_ns"`          // inside PrepareCase and ReleaseCase
	Startup    int64 `json:"startup_ns"`          // process start to ready, and device opening
	LockWait   int64 `json:"lock_wait_ns"`
	Yardsticks int64 `json:"yardsticks_ns,omitempty"`
	Quiet      int64 `json:"quiet_wait_ns"` // waiting for other programs to leave the cores alone
	Cooldown   int64 `json:"cooldown_wait_ns,omitempty"`
	Required   int64 `json:"required_wait_ns,omitempty"` // waiting for the machine to be as the experiment requires
	Host       int64 `json:"host_ns"`                    // the rest: host and RPC
}

// Experiment is the resolved configuration and its source.
type Experiment struct {
	Name        string                     `json:"name"`
	Description string                     `json:"description"`
	Plugin      string                     `json:"plugin"`
	Device      string                     `json:"device"` // as asked for
	DependsOn   []string                   `json:"depends_on"`
	Measure     Measure                    `json:"measure"`
	Units       map[string]string          `json:"units"`                  // phase: what one iteration produces
	MetricUnits map[string]string          `json:"metric_units,omitempty"` // of metrics that the plugins declare
	Guardrails  []Guardrail                `json:"guardrails"`
	Tradeoffs   Tradeoffs                  `json:"tradeoffs"`
	Selects     []Select                   `json:"selects,omitempty"`
	Asserts     []judge.Assert             `json:"asserts,omitempty"` // none in older documents, whose conditions are in the source alone
	Metadata    map[string]json.RawMessage `json:"metadata"`          // the author's own
	Source      string                     `json:"source"`            // HCL text
}

// Measure is the method with every default filled in.
type Measure struct {
	Rounds      int      `json:"rounds"`
	MaxRounds   int      `json:"max_rounds"`
	Visit       int64    `json:"visit_ns"`
	Samples     int      `json:"samples"` // of a visit, fewer where an iteration is long
	Passes      int      `json:"passes"`  // times there and back in a round
	Cache       string   `json:"cache"`
	Budget      int64    `json:"budget_ns"`
	Phases      []string `json:"phases"`
	Confidence  float64  `json:"confidence"`
	WarmupMax   int64    `json:"warmup_max_ns"`
	WarmupAgree float64  `json:"warmup_agree"` // a gain over the last windows of a warm-up that is too small to wait for
	Search      bool     `json:"search"`       // the plugin may ask for more
	Residency   string   `json:"residency"`    // together or turns, of programs that differ; empty in documents of schema 1
	Prepare     int64    `json:"prepare_timeout_ns"`
	Heartbeat   int64    `json:"heartbeat_timeout_ns"`
	Start       int64    `json:"start_timeout_ns,omitempty"`  // 0: before it could be set
	Sample      int64    `json:"sample_timeout_ns,omitempty"` // 0: before there was one
	Cooldown    int64    `json:"cooldown_ns,omitempty"`       // idle before each visit
	Inputs      string   `json:"inputs,omitempty"`            // per_round or per_sample; empty in documents of before
	Require     *Require `json:"require,omitempty"`
}

// Require is what the machine must be like while the experiment measures. A
// quantity that cannot be read does not meet it.
type Require struct {
	Power          string   `json:"power,omitempty"`
	Thermal        string   `json:"thermal,omitempty"`
	MinClock       float64  `json:"min_clock,omitempty"`        // share of the highest clock seen in the experiment
	MaxForeignLoad *float64 `json:"max_foreign_load,omitempty"` // cores
	Wait           int64    `json:"wait_ns"`                    // longest wait before a round
}

// Guardrail as written, one for each set of cases with the same bounds.
type Guardrail = judge.Guardrail

// Case is one point of the matrix with everything measured in it.
type Case struct {
	ID         string                     `json:"id"`
	Matrix     map[string]json.RawMessage `json:"matrix"`
	Status     Status                     `json:"status"`
	Variants   []Variant                  `json:"variants"` // baseline, variants, control
	Rounds     []Round                    `json:"rounds"`
	Controls   []Control                  `json:"controls"`
	Judgements []judge.Judgement          `json:"judgements"`
	Asserts    []AssertResult             `json:"asserts"`
	Looks      []Look                     `json:"looks"`
	Searches   []Search                   `json:"searches,omitempty"`
	Races      []Race                     `json:"races,omitempty"` // one for each select block, in their order
}

// Search is one answer of the plugin's search in a case.
type Search struct {
	Progress string   `json:"progress"` // the plugin's own words
	Chosen   []string `json:"chosen"`   // variants to measure because of it
	Goal     int      `json:"goal"`     // counted rounds of the case by which they are measured
	Done     bool     `json:"done"`     // nothing more is asked for
}

// Control is what the A/A arm says of one phase, whether or not a guardrail
// looks at it. Bounds are one-sided at the method's uncorrected confidence;
// null where so few rounds give none.
type Control struct {
	Phase      string   `json:"phase"`
	Rounds     int      `json:"rounds"`
	Estimate   float64  `json:"estimate"`
	Lower      *float64 `json:"lower"`
	Upper      *float64 `json:"upper"`
	NoiseFloor *float64 `json:"noise_floor"` // half-width of this interval, as a share; judgements carry that of their stricter level
	Spread     float64  `json:"spread"`      // standard deviation of one round's log-ratio
}

// Look is one planned look at the data of a case.
type Look struct {
	Rounds    int    `json:"rounds"`
	Stop      bool   `json:"stop"`
	AddRounds int    `json:"add_rounds"` // to the next look
	Reason    string `json:"reason"`
}

// Roles of a variant.
const (
	RoleBaseline = "baseline"
	RoleVariant  = "variant"
	RoleControl  = "control"
	RoleProposed = "proposed" // asked for by the plugin's search
)

// Variant is one thing compared, with what is known of it over all rounds.
type Variant struct {
	Name         string                  `json:"name"`
	Role         string                  `json:"role"`
	Config       json.RawMessage         `json:"config"`
	ConfigDigest string                  `json:"config_digest"`
	Program      int                     `json:"program"`          // index into the document's programs
	Files        []int                   `json:"files,omitempty"`  // indexes into the document's files
	Equals       string                  `json:"equals,omitempty"` // an earlier variant of the same program and configuration
	Why          string                  `json:"why,omitempty"`    // of a proposed one
	Facts        map[string]string       `json:"facts"`
	Metrics      map[string]float64      `json:"metrics"`          // median over rounds
	Checks       []Check                 `json:"checks,omitempty"` // last round's and failed ones; computed from the rounds, not written
	DeviceBytes  int64                   `json:"device_bytes"`
	PeakBytes    int64                   `json:"peak_device_bytes"`
	PrepareNs    int64                   `json:"prepare_ns"`     // median one-time cost
	SamplesSHA   map[string]string       `json:"samples_sha256"` // by phase; see samplesDigests
	Phases       map[string]PhaseSummary `json:"phases"`
	Kernels      map[string]Kernels      `json:"kernels,omitempty"` // of its first visit, by phase; every visit has its digest
	Failure      string                  `json:"failure,omitempty"`
	Defects      []Defect                `json:"defects,omitempty"`
}

// Check is one comparison with an independent reference.
type Check struct {
	Name   string  `json:"name"`
	Kind   string  `json:"kind"`  // correctness or fidelity
	When   string  `json:"when"`  // before or after timing
	Value  float64 `json:"value"` // math.MaxFloat64 for one that JSON cannot hold; Detail says which
	Limit  float64 `json:"limit"` // as Value
	Passed bool    `json:"passed"`
	Detail string  `json:"detail"`
}

// PhaseSummary is one variant in one phase over all rounds.
type PhaseSummary struct {
	Rounds      int       `json:"rounds"`
	WallNs      Estimate  `json:"wall_ns"` // multi-run median: the median over rounds
	DeviceNs    float64   `json:"device_ns"`
	EncodeNs    float64   `json:"encode_ns"`
	UnitsPerSec float64   `json:"units_per_second"` // tok/s or calls/s, from wall
	Units       float64   `json:"units_per_iteration"`
	Bytes       int64     `json:"bytes_per_iteration"`
	GBps        float64   `json:"effective_gb_per_second"`           // from device time where there is one
	Share       *Share    `json:"of_yardstick,omitempty"`            // of GBps; nil without yardsticks
	CopyShare   float64   `json:"share_of_copy_bandwidth,omitempty"` // of documents from before yardsticks, whose copy rate was measured once
	Ratio       *Ratio    `json:"ratio"`                             // nil for the baseline
	LogRatios   []float64 `json:"log_ratios"`                        // per round, ln(t_baseline/t_variant)
}

// Share is how much of a yardstick a variant's effective bandwidth is, each pass
// held against the yardstick of that pass. Of a round counts the median over its
// passes, of all rounds the median, with its two-sided interval at the method's
// confidence. A bound that this few rounds cannot give is null.
type Share struct {
	Yardstick  string   `json:"yardstick"` // stream or copy
	Rounds     int      `json:"rounds"`
	GBps       float64  `json:"gb_per_second"` // of the yardstick, median over rounds
	Share      float64  `json:"share"`
	Lower      *float64 `json:"lower"`
	Upper      *float64 `json:"upper"`
	Impossible bool     `json:"impossible,omitempty"` // the whole interval is beyond what memory gives
}

// Estimate with the bounds of its interval.
type Estimate struct {
	Value float64 `json:"value"`
	Lower float64 `json:"lower"`
	Upper float64 `json:"upper"`
}

// Ratio of speed against the baseline. Lower and Upper are one-sided bounds at
// the method's uncorrected confidence; judgements carry the corrected ones.
// A bound that this few rounds cannot give is null.
type Ratio struct {
	Estimate float64  `json:"estimate"` // Hodges-Lehmann
	Median   float64  `json:"median"`   // ratio of multi-run medians
	Lower    *float64 `json:"lower"`
	Upper    *float64 `json:"upper"`
}

// AssertResult is one assert for one variant.
type AssertResult = judge.AssertResult

// Finding is a structured conclusion, of a plugin or of the host (KindSameKernels).
type Finding struct {
	Case      string          `json:"case"`
	Kind      string          `json:"kind"`
	Summary   string          `json:"summary"`
	Detail    string          `json:"detail"`
	Certainty string          `json:"certainty"`
	Data      json.RawMessage `json:"data,omitempty"`
}
