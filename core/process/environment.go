package process

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/assay-bench/assay/core/internal/proctree"
	"github.com/assay-bench/assay/core/sdk/wire"
)

// Var is a variable that reached a plugin, as a document holds it.
type Var struct {
	Name   string `json:"name"`
	Value  string `json:"value"`  // "set" where Secret
	Source string `json:"source"` // allowed, inherited or experiment
	Secret bool   `json:"secret"` // it looks like one: its value is not recorded
}

// Sources of a Var. Of a name with several sources the last of these counts.
const (
	SourceAllowed    = "allowed"    // passed to every plugin
	SourceInherited  = "inherited"  // the host's own value, named by `inherit`
	SourceExperiment = "experiment" // given in `env`
)

// concealed stands for the value of a secret.
const concealed = "set"

// allowedNames and allowedPrefixes are what a plugin needs to find its tools,
// caches and devices. Everything else, tokens above all, stays with the host.
var (
	allowedNames = map[string]bool{
		"PATH": true, "HOME": true, "USER": true, "TMPDIR": true, "LANG": true, "TZ": true,
		"XDG_CACHE_HOME": true, "LD_LIBRARY_PATH": true, "DYLD_LIBRARY_PATH": true,
		"GOMAXPROCS": true, "GODEBUG": true, "GOCOVERDIR": true, "CC": true, "CXX": true,
		"SSL_CERT_FILE": true, "DEVELOPER_DIR": true, "SDKROOT": true,
	}
	allowedPrefixes = []string{"LC_", "MTL_", "METAL_", "CUDA_", "NVIDIA_", "ASSAY_"}
	// Values for `assay` itself. Plugins may get them only if they are named.
	refusedPrefixes = []string{"ASSAY_VAR_"}
)

// The host sets these itself: they carry the handshake, the lifeline, the
// log level and the mark of the process tree, and make a plugin's panic readable.
var (
	reservedNames    = map[string]bool{wire.EnvLifeline: true, wire.EnvLogLevel: true, envTraceback: true, proctree.EnvMark: true}
	reservedPrefixes = []string{"PLUGIN_", "ASSAY_PLUGIN_"}
)

const envTraceback = "GOTRACEBACK"

// Environment is what a plugin gets of the host's environment, of env and of
// the host's variables that inherit names, sorted by name, and what a document
// says of it. A name in inherit that the host does not have is left out.
// An error names the variable that cannot be set.
func Environment(host []string, env map[string]string, inherit []string) (environ []string, vars []Var, err error) {
	hosts := map[string]string{}
	for _, entry := range host {
		if name, value, ok := strings.Cut(entry, "="); ok && name != "" {
			hosts[name] = value
		}
	}
	found := map[string]Var{}
	for name, value := range hosts {
		if allowedEnv(name) {
			found[name] = Var{Name: name, Value: value, Source: SourceAllowed}
		}
	}
	for _, name := range inherit {
		if err := settable(name); err != nil {
			return nil, nil, fmt.Errorf("inherit: %w", err)
		}
		if value, ok := hosts[name]; ok {
			found[name] = Var{Name: name, Value: value, Source: SourceInherited}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(env)) {
		err := settable(name)
		if err == nil && strings.ContainsRune(env[name], 0) {
			err = fmt.Errorf("the value of %s holds a NUL byte, which no environment can", name)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("env: %w", err)
		}
		found[name] = Var{Name: name, Value: env[name], Source: SourceExperiment}
	}
	for _, name := range slices.Sorted(maps.Keys(found)) {
		v := found[name]
		environ = append(environ, name+"="+v.Value)
		if v.Secret = secretName(name, v.Value) || secretValue(v.Value); v.Secret {
			v.Value = concealed
		}
		vars = append(vars, v)
	}
	return environ, vars, nil
}

// settable says why a variable of this name cannot be given to a plugin.
func settable(name string) error {
	switch {
	case name == "":
		return errors.New("a variable has an empty name")
	case strings.ContainsAny(name, "=\x00"):
		return fmt.Errorf("%q is no name of a variable: it holds '=' or a NUL byte", name)
	case reserved(name):
		return fmt.Errorf("%s is set by assay itself, for the connection to the plugin; take it out", name)
	}
	return nil
}

func reserved(name string) bool { return reservedNames[name] || hasAnyPrefix(name, reservedPrefixes) }

// AllowedEnv keeps what every plugin may see of an environment.
func AllowedEnv(environ []string) []string {
	var out []string
	for _, entry := range environ {
		if name, _, _ := strings.Cut(entry, "="); allowedEnv(name) {
			out = append(out, entry)
		}
	}
	return out
}

func allowedEnv(name string) bool {
	if reserved(name) || hasAnyPrefix(name, refusedPrefixes) || secretName(name, "") {
		return false
	}
	return allowedNames[name] || hasAnyPrefix(name, allowedPrefixes)
}

func hasAnyPrefix(s string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(s, p) })
}
