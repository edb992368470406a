package sdk

import (
	"context"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/assay-bench/assay/metal"
)

// Version of the SDK, sent in every description.
const Version = "0.1.0"

// Plugin is everything an author provides. C is the configuration: a struct
// whose `assay` tags are the schema (see Schema).
type Plugin[C any] struct {
	Name    string // letters, digits and dashes; the binary is assay-plugin-NAME
	Version string // semantic version
	Source  string // OWNER/NAME, what required_plugins calls it; empty: any source is taken for right
	Doc     string // markdown: what is measured and why, for people

	// NoDevice is for plugins that drive other programs and need no memory or
	// kernels of Assay's. They count as running on cpu: it opens at once, is called
	// what the machine's processor is, and takes neither memory nor threads.
	NoDevice bool

	Devices []string // kinds it runs on, empty: any
	Phases  []Phase  // what can be timed, at least one unless there is Declare
	Metrics []Metric // values that Prepared, samples and Check may carry

	// Declare names the phases and metrics that this configuration has beside
	// those above, for a plugin whose configuration names them. Of a configuration
	// in which Validate finds a fault it says what it can: the fault may be a file
	// that a build is still to make. Optional.
	Declare func(cfg C) (phases []Phase, metrics []Metric)

	// Starts lists every other program that measuring the configuration starts,
	// so that `assay plan` can say so, and so that the host can digest their
	// files. Optional.
	Starts func(cfg C) []Command
	// Validate looks for faults that the schema cannot express. It touches no
	// device. Optional.
	Validate func(cfg C) []Diagnostic
	// Bytes estimates the device memory a configuration needs. Optional.
	Bytes func(cfg C) int64

	// Prepare makes one configuration ready to run: inputs from the seed,
	// kernels compiled, programs recorded, result compared with a reference.
	// A Diagnostic returned as error reaches the user as advice; any other
	// error, and any panic, means a broken plugin and ends the process.
	Prepare func(ctx context.Context, req Request[C]) (Case, error)

	// Propose answers with configurations to compare next or with findings.
	// Optional; set, it announces the search capability.
	Propose func(ctx context.Context, in Results[C]) (Proposal[C], error)

	Tools []Tool // commands beside measuring, such as one that writes an experiment
}

// Command is a program that a plugin starts.
type Command struct {
	Argv   []string // a first element without a slash is looked for in $PATH
	Folder string   // that it is started in; empty: the one that the plugin runs in
}

// Phase is something that can be timed.
type Phase struct {
	Name   string // "decode", "prefill" or your own
	Doc    string
	Unit   string // what one iteration produces: "tok", "call"
	Single bool   // Run(…, 1) is a measurement too, so that single iterations can be timed
}

// Better says which way a metric improves.
type Better int

// Directions of a metric.
const (
	BetterUnknown Better = iota
	BetterLower
	BetterHigher
)

// Metric describes a named value.
type Metric struct {
	Name   string
	Unit   string
	Doc    string
	Better Better
	Exact  bool // the same in every round, as a count or a size is
}

// Times of one Run, for all of its iterations together.
type Times = metal.Times

// Request asks Prepare for one configuration.
type Request[C any] struct {
	Config C
	Device metal.Device
	Seed   uint64   // inputs are a function of it and of Config only
	Cold   bool     // weights must come from memory, not from a cache: rotate over enough copies
	Phases []string // the phases that will be measured

	// Progress reports a preparation step ("compile", "upload", "reference")
	// and how much of it is done, 0 to 1. Never nil.
	Progress func(step string, fraction float64)
	Log      hclog.Logger
}

// Case is one prepared configuration. Its methods, Prepare and everything else
// that touches the device are called one at a time, from one goroutine.
type Case interface {
	// Prepared says what preparation found. Called once, after Prepare.
	Prepared() Prepared
	// Run does n iterations of a phase back to back, waits for all of them and
	// returns their times together. The timed path must not allocate.
	Run(ctx context.Context, phase string, n int) (Times, error)
	// Check compares with the reference once more, after timing.
	Check(ctx context.Context) (checks []Check, metrics map[string]float64, err error)
	Close() error
}

// SampleMetrics may be implemented by a Case that has values per sample. It is
// called after each timed Run, outside the timed span.
type SampleMetrics interface {
	SampleMetrics() map[string]float64
}

// VisitBeginner may be implemented by a Case that takes several samples at once
// and gives them out one by one. BeginVisit is called before the first Run of
// each visit: samples that are left from another visit must be dropped, because
// they were taken while another arm had its turn.
type VisitBeginner interface {
	BeginVisit(phase string)
}

// Prepared is what a preparation found.
type Prepared struct {
	Checks   []Check
	Metrics  map[string]float64
	Facts    map[string]string     // stamped into the result: model, epsilon, threadgroup, …
	Outputs  map[string]string     // what is computed, by name, as a digest or in words, which the host holds against the baseline's
	Numbers  map[string]Numbers    // vectors, by name, that stand for numeric output, which the host holds against the baseline's
	Phases   map[string]PhaseFacts // by phase name
	Bytes    int64                 // device memory that this case keeps; 0: the SDK asks the device
	Time     time.Duration         // one-time cost worth reporting; 0: the SDK's clock around Prepare
	Warnings []Diagnostic
}

// Numbers are a vector that stands for output which may differ by rounding: the
// output itself if it is short, else a projection that keeps distances and is the
// same in all arms, being drawn from the seed. At most 4096 finite values.
type Numbers struct {
	Values    []float64
	Tolerance float64 // largest distance from the baseline's, relative to the longer of the two
}

// PhaseFacts turn times into rates.
type PhaseFacts struct {
	Units float64 // tokens or calls of one iteration
	Bytes int64   // memory that one iteration must move at least

	// Yardstick is what the device can do at best with such bytes, which the host
	// measures beside them: metal.Stream, or empty, of bytes that are mostly read,
	// as weights are; metal.Copy of as many written as read.
	Yardstick metal.Yardstick

	// Iterations of every sample, where you cannot run any other number, such as
	// those of a script that repeats itself; 0: as many as make a sample.
	Iterations int
}

// Check is one comparison with an independent reference.
type Check struct {
	Name     string // "rel_err", "tokens"
	Value    float64
	Limit    float64
	Passed   bool
	Detail   string // "200/200 identical"
	Fidelity bool   // compares model output (tokens) rather than numbers
}

// Below is a check that passes when value <= limit; NaN never passes.
func Below(name string, value, limit float64) Check {
	return Check{Name: name, Value: value, Limit: limit, Passed: value <= limit}
}
