package sdk

import (
	"context"

	"github.com/assay-bench/assay/core/sdk/search"
	"github.com/assay-bench/assay/metal"
)

// version of the SDK, sent in every description.
const version = "0.2.0"

// Plugin is everything an author provides. C is the configuration, a struct whose
// `assay` tags are the schema:
//
//	Bits   int       `assay:"bits" help:"bits of a weight" default:"4" oneof:"2,3,4,6,8"`
//	Eps    float64   `assay:"epsilon,required" min:"0" max:"1"`
//	Note   *string   `assay:"note"`            // a pointer is optional, nil when unset
//	Names  []string  `assay:"names,optional" default:"[\"a\"]"`
//	Layer  []Layer   `assay:"layer" min:"1"`   // repeated block, Layer is a struct
//	Phase  map[string]Phase `assay:"phase" label:"name"` // phase "decode" { … }, by label
//	Prompt string    `assay:"prompt" path:"true"` // arrives absolute, and exists
//	Old    int       `assay:"old,optional" deprecated:"use bits"`
//
// Types are string, bool, every int, uint and float, []T and map[string]T of
// those, and structs as blocks (struct: one block, *struct: at most one,
// []struct: any number, map[string]struct: any number, each with a label).
// Embedded structs are taken as if written out. An attribute is required unless
// it has a default, is a pointer or says optional. Every exported field needs a
// tag; `assay:"-"` leaves it out. The host holds configurations against the
// schema: what the plugin is given fits it, with defaults filled in.
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
	Metrics []Metric // values that preparation, samples and checks may carry

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

	// Prepare makes one configuration ready to run: inputs from the seed, kernels
	// compiled, programs recorded. A Diagnostic returned as error reaches the user
	// as advice; any other error, and any panic, means a broken plugin and ends the
	// process.
	Prepare func(ctx context.Context, req Request[C]) (*Prepared, error)

	// Propose answers with configurations to compare next or with findings.
	// Optional; set, it announces the search capability.
	Propose func(ctx context.Context, in search.Results[C]) (search.Proposal[C], error)

	Tools []Tool // commands beside measuring, such as one that writes an experiment

	// OpenDevice replaces metal/devices.Open, for tests and for plugins that bring a
	// device of their own. index counts the devices of a kind from 0. A device that
	// has a method Synchronize(context.Context) error is asked to before and after
	// each sample. Optional.
	OpenDevice func(ctx context.Context, kind string, index int) (metal.Device, error)
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
	Single bool   // one iteration is a measurement too, so that single iterations can be timed
}

// Better says which way a metric improves.
type Better int

// Directions of a metric; 0: neither.
const (
	BetterLower Better = iota + 1
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
