package session

import (
	"context"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/assay-bench/assay/core/config"
	"github.com/assay-bench/assay/core/machine"
	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/record"
)

// Options of a session.
type Options struct {
	Programs func(config.Program) (*Plugin, error) // resolves what an arm runs
	Folder   string                                // where results go that have relative paths
	Source   string                                // folder of the configuration, whose commit results name; empty: Folder
	From     record.Source                         // what was read, for `assay resume`
	Command  []string
	Version  string        // of assay
	Seed     uint64        // 0: drawn
	LockPath string        // of the machine lock
	Budget   time.Duration // wall time of what is measured now; 0: no end
	Logger   hclog.Logger

	FollowLinks bool // results and journal may be written where links lead, out of Folder

	// Probe asks in a process of its own whether a device still works. Nil:
	// nobody asks.
	Probe func(ctx context.Context, kind string, index int) error
	// Report hears every event once it is journaled, with the document that it
	// changed, nil for events of the session. It must be quick, and is never
	// called from two goroutines at once.
	Report func(record.Event, *record.Result)

	// What follows is the machine's unless a test says otherwise.

	Clock Clock
	// Observe watches the machine while the process measures and the others wait;
	// what it returns ends that.
	Observe     func(pid int, idle []int) (stop func() record.Observation)
	Environment func(context.Context) record.Environment
	// Others watches which programs keep cores busy beside the session; what it
	// returns ends that, and lists the busiest first. Nil where Observe is not:
	// nobody is named.
	Others func() (stop func() []record.Busy)
}

// Clock is where a session has its time from.
type Clock interface {
	Now() time.Time
	After(time.Duration) <-chan time.Time
}

type systemClock struct{}

func (systemClock) Now() time.Time                         { return time.Now() }
func (systemClock) After(d time.Duration) <-chan time.Time { return time.After(d) }

func (o *Options) defaults() {
	if o.Clock == nil {
		o.Clock = systemClock{}
	}
	if o.Observe == nil {
		observer := machine.NewObserver()
		if o.Others == nil {
			o.Others = observer.Others
		}
		o.Observe = func(pid int, idle []int) func() record.Observation { return observer.Observe(pid, idle...).Stop }
	}
	if o.Environment == nil {
		o.Environment = machine.Environment
	}
	if o.Report == nil {
		o.Report = func(record.Event, *record.Result) {}
	}
	if o.Logger == nil {
		o.Logger = hclog.NewNullLogger()
	}
}

// Plugin is a plugin's binary, checked and described.
type Plugin struct {
	Name, Version string
	Path, SHA256  string
	Describe      *pluginv1.DescribeResponse
}

// binary identifies the plugin in a document.
func (p *Plugin) binary() record.Binary {
	return record.Binary{Name: p.Name, Version: p.Version, SHA256: p.SHA256, SDK: p.Describe.GetSdkVersion()}
}
