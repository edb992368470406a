package process

import (
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"
	"google.golang.org/grpc"
)

// Options say what to start and how.
type Options struct {
	Path   string   // the binary
	SHA256 string   // hex digest, verified before each exec; empty: not checked
	Args   []string // arguments after the path

	Name     string       // in log lines; empty: from Path
	Logger   hclog.Logger // nil: nothing is logged
	LogLevel hclog.Level  // what the plugin is asked to log; NoLevel: Logger's level

	Env          []string      // the whole environment, as Environment makes it; nil: AllowedEnv(os.Environ())
	StartTimeout time.Duration // 0: 1 min
	Lock         *os.File      // inherited, so that what it locks stays locked while the plugin lives; nil: none

	Dial []grpc.DialOption // more of the connection's, such as interceptors that record what is said
}

// Deadlines of calls whose context has none. OpenDevice, PrepareCase and
// ReleaseCase do real work and take longer.
const (
	startLimit     = 60 * time.Second
	describeLimit  = 5 * time.Second
	validateLimit  = 10 * time.Second
	openLimit      = 60 * time.Second
	prepareLimit   = 10 * time.Minute
	releaseLimit   = 2 * time.Minute
	yardstickLimit = 60 * time.Second
	proposeLimit   = 60 * time.Second
)

// silenceLimit is the heartbeat interval when Start asks for none, sampleLimit the
// time for a sample where the handler says nothing.
const (
	silenceLimit = 15 * time.Second
	sampleLimit  = 2 * time.Minute
)

// Bounds of what a plugin may send in one answer or visit. Nobody reads more, and
// all of it is journaled.
const (
	mostDiagnostics = 200
	mostIntents     = 200    // without a sample in between
	mostProgress    = 10_000 // steps of one preparation
)

// name is what log lines and messages call the plugin.
func (o *Options) name() string {
	if o.Name != "" {
		return o.Name
	}
	return strings.TrimPrefix(filepath.Base(o.Path), "assay-plugin-")
}
