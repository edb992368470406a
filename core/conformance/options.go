package conformance

import (
	"encoding/json"
	"os"
	"path/filepath"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/assay-bench/assay/core/machine"
	"github.com/assay-bench/assay/core/process"
)

// Options of Check and Try.
type Options struct {
	Path   string   // of the binary
	Env    []string // nil: what every plugin gets
	Config string   // file with the arguments of a config block, .hcl or .json; empty: the defaults
	Device string   // kind; empty: auto
	Index  int
	Only   []string // rules to check; empty: all
	Seed   uint64   // of Try; 0: 1

	// Host is a program and its first arguments that calls [Host]: the rule about
	// a stopped host stops it. Empty: that rule is skipped.
	Host []string

	Logger hclog.Logger // nil: nothing is logged
	Limits Limits

	Begin func(Rule)        // hears that a rule begins; may be nil
	Step  func(text string) // hears of preparation's progress; may be nil
	Done  func(Outcome)     // hears of each outcome; may be nil

	once     bool // the description of one process is enough
	onlyOnce bool // no rule is tried again, whatever keeps the machine busy

	// foreign watches the cores that other programs keep busy; nil: this machine's.
	foreign func() (stop func() float64)
}

// Limits are what rules wait for. Zero values are the defaults.
type Limits struct {
	Start    time.Duration // for the handshake: 10 s, the host's own
	Describe time.Duration // for Describe, which has nothing to do: 2 s
	Validate time.Duration // for ValidateConfig: 10 s, the host's own
	Prepare  time.Duration // 10 min
	Silence  time.Duration // in an ordinary visit: 15 s, the host's own
	Beat     time.Duration // the heartbeat asked for in the long visit: 1 s
	Stopped  time.Duration // the host, by SIGSTOP: 3 s
	End      time.Duration // for the process, told to end: 5 s

	devices []string // files that are devices, as patterns; nil: this system's
}

func (o *Options) defaults() error {
	path, err := filepath.Abs(o.Path)
	if err != nil {
		return err
	}
	o.Path = path
	if o.Env == nil {
		o.Env = process.AllowedEnv(os.Environ())
	}
	if o.Device == "" {
		o.Device = "auto"
	}
	if o.Seed == 0 {
		o.Seed = 1
	}
	if o.Begin == nil {
		o.Begin = func(Rule) {}
	}
	if o.Step == nil {
		o.Step = func(string) {}
	}
	if o.foreign == nil {
		o.foreign = func() func() float64 {
			w := machine.NewObserver().Observe(os.Getpid())
			return func() float64 { return w.Stop().ForeignLoad }
		}
	}
	if o.Done == nil {
		o.Done = func(Outcome) {}
	}
	l := &o.Limits
	for at, value := range map[*time.Duration]time.Duration{
		&l.Start: 10 * time.Second, &l.Describe: 2 * time.Second, &l.Validate: 10 * time.Second, &l.Prepare: 10 * time.Minute,
		&l.Silence: 15 * time.Second, &l.Beat: time.Second, &l.Stopped: 3 * time.Second, &l.End: 5 * time.Second,
	} {
		if *at <= 0 {
			*at = value
		}
	}
	if l.devices == nil {
		l.devices = []string{"/dev/nvidia*", "/dev/dri/*", "/dev/kfd"}
	}
	return nil
}

// compact is JSON without white space, as it is sent; nil where it is no JSON.
func compact(raw []byte) json.RawMessage {
	if !json.Valid(raw) {
		return nil
	}
	return raw
}
