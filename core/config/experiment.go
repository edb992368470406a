package config

import (
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/schema"
)

// Experiment is one resolved `experiment` block: every expression that can be
// known before measuring has its value.
type Experiment struct {
	Name        string
	Description string
	Plugin      string   // local name, a key of required_plugins or an installed plugin's name; the baseline's where the experiment names none
	Device      string   // KIND, KIND:INDEX or auto, as written; variants may have another
	Kind        string   // of device: what auto comes to, for this plugin on this machine
	Index       int      // of the device among those of its kind
	Classes     []string // of machines that a fleet measures it on, each on its own; a local run measures here
	DependsOn   []string
	When        hcl.Expression // nil: always. Evaluated by EvalWhen once what it depends on is judged

	Cases      []Case
	Phases     []Phase  // that every program of the experiment can time
	Metrics    []Metric // of all its programs
	Measure    Measure
	Stored     []StoredBaseline
	Guardrails []Guardrail
	Tradeoffs  []Tradeoff
	Asserts    []Assert
	Selects    []Select
	Metadata   map[string]cty.Value
	Output     Output

	Range  hcl.Range // of the block's header
	Source string    // the block's text, for the result document

	names *hcl.EvalContext // var, local, device, path and functions
}

// Case is one point of the matrix. ID is "bits=4,tokens=1" with keys sorted,
// or "default" for an experiment without a matrix.
type Case struct {
	ID       string
	Matrix   map[string]cty.Value
	Variants []Variant // in source order; exactly one is the baseline

	names *hcl.EvalContext // the experiment's and matrix
}

// Variant is one thing to compare, its configuration complete: the
// experiment's config merged with the variant's, defaults filled in.
type Variant struct {
	Name     string
	Baseline bool
	Program  Program
	Config   cty.Value
	JSON     []byte    // canonical cty JSON of Config
	Digest   string    // "sha256:" + hex of JSON, a build's folder written as ${build.dir}
	SameAs   string    // the variant that this one equals on purpose; empty: none
	Equals   string    // an earlier variant, the baseline first, of the same program and configuration; empty: none
	Starts   []Command // programs that its plugin starts in turn, as far as it says
	Pending  bool      // its binary is not built yet: Config may be incomplete, JSON and Digest absent

	Description string
	Range       hcl.Range // of the block's header; variants made by for_each share it

	decoded *schema.Decoded
}

// Command is a program that a plugin starts.
type Command struct {
	Argv   []string
	Folder string // absolute, or relative to the folder that assay runs in
}

// Paths lists the arguments of its configuration that are paths.
func (v *Variant) Paths() []schema.Path { return v.decoded.Paths() }

// ControlName is the name of the host's A/A arm; no variant may have it.
const ControlName = "control"

// Baseline is the case's baseline variant.
func (c *Case) Baseline() *Variant {
	for i := range c.Variants {
		if c.Variants[i].Baseline {
			return &c.Variants[i]
		}
	}
	return nil
}

// Residency of arms.
const (
	Together = "together" // alive side by side for a round, in one process if they are one program
	Turns    = "turns"    // each in a process of its own, started and ended for each visit
)

// How often inputs are new.
const (
	PerRound  = "per_round"  // made when an arm is prepared
	PerSample = "per_sample" // made for every sample, by a preparation of its own
)

// Measure is the method asked for; zero values have been replaced by defaults.
type Measure struct {
	Rounds    int           // 8
	MaxRounds int           // 24
	Visit     time.Duration // 50ms: measuring time of one visit
	Samples   int           // 8: samples of one visit, fewer where an iteration is long
	Passes    int           // 3: times there and back over the variants in a round
	Cache     string        // cold
	Budget    time.Duration // 5m: wall time of the experiment, beyond which no rounds are added
	Phases    []string      // empty: every phase of the plugin
	Seed      uint64        // 0: drawn by the host and recorded
	WarmupMax time.Duration // 1s: most warm-up before a visit is taken as it is

	StartTimeout     time.Duration // 1m: of a process, and of its device
	PrepareTimeout   time.Duration // 2m: of a preparation, and of a release
	HeartbeatTimeout time.Duration // 15s: silence longer than this is a hang
	SampleTimeout    time.Duration // 2m: a plugin that completes no sample for so long hangs, whatever it says
	Search           bool          // true: the plugin may propose more to compare, and tell findings
	Residency        string        // Together, or Turns
	Inputs           string        // PerRound, or PerSample
	Cooldown         time.Duration // 0s: idle before each visit
	Require          *Require      // nil: nothing is required of the machine
}

// Assert is a condition on what was measured, asked of each variant.
type Assert struct {
	judge.Assert
	Message hcl.Expression // nil: the host's
	Range   hcl.Range      // of the block's header
}

// Select picks the best variant among those that satisfy Where.
type Select struct {
	Name      string
	Maximize  hcl.Expression // one of Maximize and Minimize is set
	Minimize  hcl.Expression
	Where     *judge.Assert // which variants may be selected; nil: every one
	Finalists int           // 3: that may run a second race
	Rounds    int           // of that race, Measure.Rounds; 0: no second race
	OnTie     string        // TieNone, or TieFirst
	Text      string        // the aim as it is written
	Phase     string        // whose speed the aim is, empty where it is anything else
	Phases    []string      // whose times the aim hangs on
	Exact     bool          // the aim has no noise: it is made of exact metrics
}

// What a tie gives.
const (
	TieNone  = "none"
	TieFirst = "first" // the first of the tied variants in source order
)

// Output says where results go, relative to the working folder.
type Output struct {
	Path   string // default results/<experiment>.json
	Append string // JSON array to append a row to, empty: none
}
