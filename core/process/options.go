package process

import (
	"path/filepath"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"
)

// Options say what to start and how.
type Options struct {
	Path   string   // the binary
	SHA256 string   // hex digest, verified before each exec; empty: not checked
	Args   []string // arguments after the path

	Name     string       // in log lines; empty: from Path
	Logger   hclog.Logger // nil: nothing is logged
	LogLevel hclog.Level  // what the plugin is asked to log; NoLevel: Logger's level

	Env          []string      // the whole environment; nil: AllowedEnv(os.Environ())
	StartTimeout time.Duration // 0: 10 s
}

// Deadlines of calls that should be quick. The caller's context may shorten
// them; OpenDevice, PrepareCase and ReleaseCase do real work and take longer.
const (
	startLimit    = 10 * time.Second
	describeLimit = 5 * time.Second
	validateLimit = 10 * time.Second
	openLimit     = 60 * time.Second
	prepareLimit  = 10 * time.Minute
	releaseLimit  = 2 * time.Minute
	proposeLimit  = 60 * time.Second
)

// silenceLimit is the heartbeat interval when Start asks for none.
const silenceLimit = 15 * time.Second

// name is what log lines and messages call the plugin.
func (o *Options) name() string {
	if o.Name != "" {
		return o.Name
	}
	return strings.TrimPrefix(filepath.Base(o.Path), "assay-plugin-")
}

// allowed environment: what a plugin needs to find its tools, caches and
// devices. Everything else, tokens above all, stays with the host.
var (
	allowedNames = map[string]bool{
		"PATH": true, "HOME": true, "USER": true, "TMPDIR": true, "LANG": true, "TZ": true,
		"XDG_CACHE_HOME": true, "LD_LIBRARY_PATH": true, "DYLD_LIBRARY_PATH": true,
		"GOMAXPROCS": true, "GODEBUG": true, "GOCOVERDIR": true, "CC": true, "CXX": true,
		"SSL_CERT_FILE": true, "DEVELOPER_DIR": true, "SDKROOT": true,
	}
	allowedPrefixes = []string{"LC_", "MTL_", "METAL_", "CUDA_", "NVIDIA_", "ASSAY_"}
	refusedPrefixes = []string{"ASSAY_VAR_", "ASSAY_PLUGIN_"}
)

// AllowedEnv keeps what plugins may see of an environment.
func AllowedEnv(environ []string) []string {
	var out []string
	for _, entry := range environ {
		name, _, _ := strings.Cut(entry, "=")
		if allowedEnv(name) {
			out = append(out, entry)
		}
	}
	return out
}

func allowedEnv(name string) bool {
	for _, p := range refusedPrefixes {
		if strings.HasPrefix(name, p) {
			return false
		}
	}
	upper := strings.ToUpper(name)
	for _, secret := range []string{"TOKEN", "SECRET", "PASSWORD", "API_KEY", "CREDENTIAL"} {
		if strings.Contains(upper, secret) {
			return false
		}
	}
	if allowedNames[name] {
		return true
	}
	for _, p := range allowedPrefixes {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return false
}
