package record

import "time"

// Round is what was measured in fresh plugin processes: one for all arms where
// they run one program, else one for each.
type Round struct {
	Index     int                 `json:"index"` // from 1
	Attempt   int                 `json:"attempt"`
	Started   time.Time           `json:"started"`
	Ended     time.Time           `json:"ended"`
	Seed      uint64              `json:"seed"`
	Order     map[string][]string `json:"order"` // phase: variants in order of the first pass; the second is its reverse, and each further pair has an order of its own
	Before    Environment         `json:"environment_before"`
	After     Environment         `json:"environment_after"`
	Processes []Process           `json:"processes"`
	Prepared  []Prepared          `json:"prepared"`
	Warmups   []Warmup            `json:"warmups"`
	Waits     []Wait              `json:"waits,omitempty"`
	Visits    []Visit             `json:"visits"`
	Released  []Released          `json:"released"`
	Arms      []string            `json:"arms"`      // variants measured in this round, control included
	Counted   bool                `json:"counted"`   // every variant was visited: the round enters the statistics
	Disturbed bool                `json:"disturbed"` // a visit stayed contaminated by other programs
	Joints    []Joint             `json:"joints,omitempty"`

	Yardsticks []Yardstick `json:"yardsticks,omitempty"`

	Figures *RoundFigures `json:"-"` // stand in for samples that were let go
}

// Joint is a place at which a round was cut by the end of its session, and went
// on in fresh processes when the session was resumed.
type Joint struct {
	Time    time.Time `json:"time"`
	Visits  int       `json:"visits"`  // that had ended
	Samples int       `json:"samples"` // of the visit that was under way
}

// Process is one plugin process of a round.
type Process struct {
	Arms      []string `json:"arms"` // that it measures
	Program   int      `json:"program"`
	PID       int      `json:"pid"`
	StartupNs int64    `json:"startup_ns"` // process start to ready
	OpenNs    int64    `json:"open_ns"`    // opening the device
	Device    Device   `json:"device"`
	Differs   string   `json:"differs,omitempty"` // how it describes itself otherwise than before the session
	Remade
}

// Remade marks what a resumed session had to do once more: the processes of
// before were gone.
type Remade struct {
	Joint int  `json:"joint,omitempty"` // joints of the round before it
	Again bool `json:"again,omitempty"` // the round had it already
}

// Yardstick is how fast a process moved memory between two visits of a pass, in
// the fastest of a few goes. It is no arm: nothing is concluded from it.
type Yardstick struct {
	Name    string   `json:"name"` // stream or copy
	Arms    []string `json:"arms"` // that the process measures, which are held against it
	Phase   string   `json:"phase"`
	Pass    int      `json:"pass"`
	Bytes   int64    `json:"bytes"` // read plus written
	Ns      int64    `json:"ns"`    // 0: not measured
	HostNs  int64    `json:"host_ns"`
	Problem string   `json:"problem,omitempty"` // why it was not measured
}

// Wait is a wait in which nothing was measured.
type Wait struct {
	Visit int      `json:"visit"`           // contaminated one before it, for a quiet moment; the one after it, for a cooldown; 0: none
	For   string   `json:"for,omitempty"`   // WaitCooldown or WaitRequired; empty: a quiet moment
	Unmet []string `json:"unmet,omitempty"` // what was required and not met at its end
	Busy  []string `json:"busy,omitempty"`  // programs that kept the cores busy, the busiest first
	Ns    int64    `json:"ns"`
}

// What a wait is for, when it is not for other programs to leave the cores alone.
const (
	WaitCooldown = "cooldown"
	WaitRequired = "required"
)

// Prepared is what the plugin said of one variant before timing.
type Prepared struct {
	Variant     string                `json:"variant"`
	Checks      []Check               `json:"checks"`
	Metrics     map[string]float64    `json:"metrics"`
	Facts       map[string]string     `json:"facts"`
	Outputs     map[string]string     `json:"outputs,omitempty"` // digests of what is computed, which must be the baseline's
	Numbers     map[string]Numbers    `json:"numbers,omitempty"` // vectors that stand for numeric output, which must be near the baseline's
	Phases      map[string]PhaseFacts `json:"phases"`
	DeviceBytes int64                 `json:"device_bytes"`
	PrepareNs   int64                 `json:"prepare_ns"`       // the plugin's one-time cost, such as repacking
	HostNs      int64                 `json:"host_ns"`          // the whole preparation by the host's clock
	Writes      []int                 `json:"writes,omitempty"` // of the document's files, those that changed in the arm's first preparation of the case: its own output, held against nothing
	Remade
}

// Numbers are a vector that stands for what a variant computes.
type Numbers struct {
	Values    []float64 `json:"values"`
	Tolerance float64   `json:"tolerance"` // largest distance from the baseline's, relative to the longer of the two
}

// PhaseFacts of one variant in one phase.
type PhaseFacts struct {
	Units      float64 `json:"units_per_iteration"`
	Bytes      int64   `json:"bytes_per_iteration"`
	Iterations uint64  `json:"iterations,omitempty"` // of every sample, fixed by the plugin
	Yardstick  string  `json:"yardstick,omitempty"`  // that bytes are held against; empty: stream
}

// Released is what the plugin said of one variant after timing.
type Released struct {
	Variant   string             `json:"variant"`
	Checks    []Check            `json:"checks"`
	Metrics   map[string]float64 `json:"metrics"`
	PeakBytes int64              `json:"peak_device_bytes"`
	HostNs    int64              `json:"host_ns"`
}

// Warmup of one variant in one phase.
type Warmup struct {
	Variant    string   `json:"variant"`
	Phase      string   `json:"phase"`
	Windows    int      `json:"windows"`
	Ns         int64    `json:"ns"`
	Stable     bool     `json:"stable"`     // the last windows show no gain; false: warmup_max ended it
	Spread     float64  `json:"spread"`     // of the last windows, as a share
	Iterations uint64   `json:"iterations"` // that filled a sample
	PerNs      float64  `json:"per_iteration_ns"`
	Visit      int      `json:"visit,omitempty"` // the last one before it, after a wait and in turns
	Scaling    *Scaling `json:"scaling,omitempty"`
	Remade
}

// Visit is the samples taken of one variant before moving to the next.
type Visit struct {
	Index        int         `json:"index"` // order in the round, from 1
	Variant      string      `json:"variant"`
	Phase        string      `json:"phase"`
	Pass         int         `json:"pass"` // 1 there, 2 back, and so on
	Started      time.Time   `json:"started"`
	HostNs       int64       `json:"host_ns"` // the host's own clock around the visit
	Samples      Samples     `json:"samples"`
	Contaminated bool        `json:"contaminated"`
	Reasons      []string    `json:"reasons,omitempty"`
	Unmet        []string    `json:"unmet,omitempty"` // those of the reasons that are requirements of the experiment
	Superseded   bool        `json:"superseded"`      // a cleaner visit in the same place of the order stands in for it
	Observed     Observation `json:"observed"`
	PeakBytes    int64       `json:"peak_device_bytes"`
	Checks       []Check     `json:"checks,omitempty"`  // of the preparation that each sample has, where inputs are new per sample; passed ones once
	Kernels      string      `json:"kernels,omitempty"` // digest of what one iteration dispatched; empty: not known

	Figures *VisitFigures `json:"-"` // stand in for Samples that were let go
}

// Ended is false of a visit that the end of its process or session cut short.
func (v *Visit) Ended() bool { return v.Pass > 0 }

// Failure is something that went wrong, kept as data.
type Failure struct {
	Case       string   `json:"case"`
	Round      int      `json:"round"`
	Attempt    int      `json:"attempt"`
	Variant    string   `json:"variant"`
	Phase      string   `json:"phase"` // decode, prefill, … or empty
	Stage      string   `json:"stage"` // start, open, prepare, warm-up, visit, release, propose
	Kind       string   `json:"kind"`  // exited, signal, panic, hang, gpu_fault, protocol, …
	Code       int      `json:"exit_code"`
	Signal     string   `json:"signal"`
	Message    string   `json:"message"`
	LastIntent string   `json:"last_intent"`
	LastSeq    uint64   `json:"last_acked_seq"`
	MaxRSS     int64    `json:"max_rss_bytes"`
	Panic      []string `json:"panic"`
	Stderr     []string `json:"stderr_tail"`
	NextStep   string   `json:"next_step"`
	StruckOut  bool     `json:"struck_out"` // the variant, or without one the case, is measured no more
}

// Probe is how the device answered a process of its own after the experiment's
// failures, so that readers know what the next experiment found.
type Probe struct {
	Time    time.Time `json:"time"`
	Kind    string    `json:"device_kind"`
	Healthy bool      `json:"healthy"`
	Message string    `json:"message"` // why not; empty: healthy
}

// Environment is the state of the machine at one moment.
type Environment struct {
	Time         time.Time `json:"time"`
	Load1        float64   `json:"load1"`
	CPUMHz       float64   `json:"cpu_mhz"`
	FreeMemory   int64     `json:"free_memory_bytes"`
	ThermalState string    `json:"thermal_state"` // nominal, fair, serious, critical; empty: unknown
	Celsius      float64   `json:"celsius"`       // hottest sensor, 0: unknown
	PowerSource  string    `json:"power_source"`  // ac, battery; empty: unknown
	LowPower     bool      `json:"low_power"`
	GPUBusy      *float64  `json:"gpu_busy,omitempty"` // share of its time that the GPU was busy, whoever used it; null: unknown
}

// Observation is what was seen of the machine during one visit.
type Observation struct {
	ForeignLoad float64 `json:"foreign_load"`             // cores busy with processes of no plugin of the session
	WaitShare   float64 `json:"wait_share"`               // share of the visit that threads of the plugin's process tree waited for a core
	Steal       float64 `json:"steal"`                    // share taken by the hypervisor
	TreeCPU     float64 `json:"tree_cpu,omitempty"`       // cores busy with the plugin's process tree
	TreeRSS     int64   `json:"tree_rss_bytes,omitempty"` // highest sum of resident bytes seen over the tree; shared pages count in each process
	IdleCPU     float64 `json:"idle_cpu,omitempty"`       // cores busy with the plugin processes that waited
	LoadUnknown bool    `json:"load_unknown,omitempty"`   // the system does not tell what other programs do, or a part of the visit is from before its session was resumed
	MHzBefore   float64 `json:"mhz_before"`
	MHzAfter    float64 `json:"mhz_after"`
}
