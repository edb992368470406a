package sdk

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assay-bench/assay/metal/devices"
)

// What an author gives under a name that the plugin does not declare would be
// dropped or shown as nothing, so it is a defect that is said.

// declared checks the names of a plugin's devices, phases and metrics.
func (s *Server[C]) declared() error {
	kinds := slices.DeleteFunc(devices.Kinds(), func(kind string) bool { return kind == devices.Auto })
	for _, d := range s.plugin.Devices {
		if !slices.Contains(kinds, d) {
			return fmt.Errorf("plugin %s: runs on device %q, want one of %s", s.plugin.Name, d, strings.Join(kinds, ", "))
		}
	}
	for what, names := range map[string][]string{"phase": s.phases(), "metric": s.metrics()} {
		for i, name := range names {
			if name == "" || slices.Contains(names[:i], name) {
				return fmt.Errorf("plugin %s: %s %q has no name or the name of another", s.plugin.Name, what, name)
			}
		}
	}
	return nil
}

func (s *Server[C]) phases() []string {
	var names []string
	for _, p := range s.plugin.Phases {
		names = append(names, p.Name)
	}
	return names
}

func (s *Server[C]) metrics() []string {
	var names []string
	for _, m := range s.plugin.Metrics {
		names = append(names, m.Name)
	}
	return names
}

// known checks the names in what a case gives. where says which call gave it.
func known[V any](where, what string, given map[string]V, declared []string) error {
	for name := range given {
		if !slices.Contains(declared, name) {
			return fmt.Errorf("%s gives %s %q; the plugin declares %s", where, what, name, orNone(declared))
		}
	}
	return nil
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}
