package sdk

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/assay-bench/assay/metal/devices"
)

// What an author gives under a name that the plugin does not declare would be
// dropped or shown as nothing, so it is a defect that is said.

// declared checks the names of a plugin's devices, phases and metrics.
func (s *server[C]) declared() error {
	kinds := slices.DeleteFunc(devices.Kinds(), func(kind string) bool { return kind == devices.Auto })
	for _, d := range s.plugin.Devices {
		if !slices.Contains(kinds, d) {
			return fmt.Errorf("plugin %s: runs on device %q, want one of %s", s.plugin.Name, d, strings.Join(kinds, ", "))
		}
	}
	_, err := distinct(s.plugin.Name, s.plugin.Phases, s.plugin.Metrics)
	return err
}

// names are what one configuration may give values for.
type names struct{ phases, metrics []string }

// timed refuses a phase that the configuration does not have.
func (n names) timed(phase string) error {
	if !slices.Contains(n.phases, phase) {
		return status.Errorf(codes.InvalidArgument, "phase %q is not one of %s", phase, strings.Join(n.phases, ", "))
	}
	return nil
}

// declare adds what the configuration declares to what the plugin does.
func (s *server[C]) declare(cfg C) (phases []Phase, metrics []Metric, all names, err error) {
	if s.plugin.Declare != nil {
		phases, metrics = s.plugin.Declare(cfg)
	}
	all, err = distinct(s.plugin.Name, slices.Concat(s.plugin.Phases, phases), slices.Concat(s.plugin.Metrics, metrics))
	return phases, metrics, all, err
}

// distinct refuses empty names and names that two phases, or two metrics, have.
func distinct(plugin string, phases []Phase, metrics []Metric) (names, error) {
	var all names
	check := func(what, name string, seen []string) error {
		if name == "" || slices.Contains(seen, name) {
			return fmt.Errorf("plugin %s: %s %q has no name or the name of another", plugin, what, name)
		}
		return nil
	}
	for _, p := range phases {
		if err := check("phase", p.Name, all.phases); err != nil {
			return all, err
		}
		all.phases = append(all.phases, p.Name)
	}
	for _, m := range metrics {
		if err := check("metric", m.Name, all.metrics); err != nil {
			return all, err
		}
		all.metrics = append(all.metrics, m.Name)
	}
	return all, nil
}

// fixed lists the phases whose samples have a number of iterations of their
// own. Single phases have none: they are asked for one iteration at a time.
func fixed(found map[string]Timed, phases []Phase) (map[string]uint64, error) {
	out := map[string]uint64{}
	for name, f := range found {
		single := slices.ContainsFunc(phases, func(p Phase) bool { return p.Name == name && p.Single })
		switch {
		case f.Iterations == 0:
			continue
		case f.Iterations < 0 || f.Iterations > maxIterations:
			return nil, fmt.Errorf("phase %q: Prepare gives %d iterations; want 0 to %d", name, f.Iterations, maxIterations)
		case single && f.Iterations != 1:
			return nil, fmt.Errorf("phase %q: Prepare gives %d iterations of each sample; it is declared as one whose single iterations can be timed", name, f.Iterations)
		}
		out[name] = uint64(f.Iterations)
	}
	return out, nil
}

// known checks the names in what a plugin gives. where says which call gave it.
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
